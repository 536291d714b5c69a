package backend_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchboard-gw/switchboard/internal/backend"
)

// zip compresses; it makes tables readable.
func zip(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

// ok is a 200 of JSON with more header lines and a body whose length is told.
func ok(body string, header ...string) string {
	return reply("200 OK", body, append(header, "Content-Type: application/json")...)
}

func reply(status, body string, header ...string) string {
	return head(status, append(header, fmt.Sprint("Content-Length: ", len(body)))...) + body
}

func head(status string, header ...string) string {
	return "HTTP/1.1 " + status + "\r\n" + strings.Join(append(header, "\r\n"), "\r\n")
}

// chunked is a body in chunks, without the end that makes it whole.
func chunked(chunks ...string) string {
	var b strings.Builder
	for _, chunk := range chunks {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(chunk), chunk)
	}
	return b.String()
}

const (
	asGzip   = "Content-Encoding: gzip"
	asChunks = "Transfer-Encoding: chunked"
	asJSON   = "Content-Type: application/json"
	last     = "0\r\n\r\n"
)

func TestAnswersArriveWhole(t *testing.T) {
	t.Parallel()
	full := strings.Repeat("x", limit)
	tests := []struct {
		name, wire string
		status     int
		body       string
	}{
		{"with a length", ok(`{"id":"7"}`), 200, `{"id":"7"}`},
		{"in chunks", head("200 OK", asJSON, asChunks) + chunked(`{"id`, `":"7"}`) + last, 200, `{"id":"7"}`},
		{"to the end of the connection", head("200 OK", asJSON) + `{"id":"7"}`, 200, `{"id":"7"}`},
		{"compressed", ok(zip(`{"id":"7"}`), asGzip), 200, `{"id":"7"}`},
		{"compressed, in chunks", head("200 OK", asJSON, asGzip, asChunks) + chunked(zip(`{"id":"7"}`)) + last, 200, `{"id":"7"}`},
		{"compressed, in two members", ok(zip(`{"id"`)+zip(`:"7"}`), asGzip), 200, `{"id":"7"}`},
		{"said to be compressed by nothing", ok(`{}`, "Content-Encoding: identity"), 200, `{}`},
		{"empty", ok(""), 200, ""},
		{"empty and said to be compressed", ok("", asGzip), 200, ""},
		{"no content", head("204 No Content"), 204, ""},
		{"after a hint", head("103 Early Hints", "Link: </x>") + ok(`{}`), 200, `{}`},
		{"as long as the bound", ok(full), 200, full},
		{"in chunks as long as the bound", head("200 OK", asJSON, asChunks) + chunked(full[:9], full[9:]) + last, 200, full},
		{"compressed from as much as the bound", ok(zip(full), asGzip), 200, full},
		{"an accepted job", reply("202 Accepted", `{"jobId":"1"}`, asJSON), 202, `{"jobId":"1"}`},
		{"an error", reply("409 Conflict", `{"code":"general.conflict"}`, asJSON), 409, `{"code":"general.conflict"}`},
		{"a compressed error", reply("400 Bad Request", zip(`{"code":"bad"}`), asJSON, asGzip), 400, `{"code":"bad"}`},
		{"a proxy's error page", reply("502 Bad Gateway", "<html>", "Content-Type: text/html"), 502, "<html>"},
		{"a status nobody knows", reply("599 Odd", `{}`, asJSON), 599, `{}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := newTransport(t, answering(t, test.wire).url).Do(t.Context(), get("/x"))
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != test.status || string(got.Body) != test.body {
				t.Errorf("got %d %.100q, want %d %.100q", got.Status, got.Body, test.status, test.body)
			}
		})
	}
}

func TestHeadersOfAnAnswerArriveAsSent(t *testing.T) {
	t.Parallel()
	w := answering(t, reply("429 Too Many Requests", zip("{}"), asJSON, asGzip, "Retry-After: 7", "inin-correlation-id: c", "X-Two: 1", "X-Two: 2"))
	got, err := newTransport(t, w.url).Do(t.Context(), get("/x"))
	if err != nil {
		t.Fatal(err)
	}
	want := http.Header{"Content-Type": {"application/json"}, "Retry-After": {"7"}, "Inin-Correlation-Id": {"c"}, "X-Two": {"1", "2"}}
	if diff := cmp.Diff(want, got.Header); diff != "" {
		t.Errorf("less what spoke of the compressed form (-want +got):\n%s", diff)
	}
}

func TestAnAnswerThatIsOfNoUseIsAnError(t *testing.T) {
	t.Parallel()
	over := strings.Repeat("secret", limit/6+1)
	whole := zip(strings.Repeat("secret ", 100))
	damaged := func(at int) string { // of the compressed form, at an offset from its start or its end
		b := []byte(whole)
		b[(at+len(b))%len(b)] ^= 0xff
		return string(b)
	}
	tests := []struct {
		name, wire string
		fault      backend.AnswerFault
	}{
		{"a length that is not reached", head("200 OK", asJSON, "Content-Length: 99") + `{"secret":`, backend.Truncated},
		{"a length, and then nothing", head("200 OK", asJSON, "Content-Length: 99"), backend.Truncated},
		{"an error that breaks off", head("500 No", asJSON, "Content-Length: 99") + `{"secret":`, backend.Truncated},
		{"chunks without an end", head("200 OK", asJSON, asChunks) + chunked(`{"secret":1}`), backend.Truncated},
		{"no chunk", head("200 OK", asJSON, asChunks), backend.Truncated},
		{"a chunk that is cut off", head("200 OK", asJSON, asChunks) + "99\r\n{\"secret", backend.Truncated},
		{"a chunk of no known length", head("200 OK", asJSON, asChunks) + chunked("secret") + "zz\r\n", backend.Truncated},
		{"a compressed body that is cut off", ok(whole[:len(whole)/2], asGzip), backend.Truncated},
		{"a compressed body without its checksum", ok(whole[:len(whole)-8], asGzip), backend.Truncated},
		{"a compressed body cut off in its header", ok(whole[:5], asGzip), backend.Truncated},
		{"a compressed body to the end of a connection that breaks", head("200 OK", asJSON, asGzip) + whole[:len(whole)-1], backend.Truncated},
		{"a compressed body that is damaged", ok(damaged(12), asGzip), backend.Malformed},
		{"a compressed body with a block of no known kind", ok(whole[:10]+"\x07"+whole[11:], asGzip), backend.Malformed},
		{"a wrong checksum", ok(damaged(-8), asGzip), backend.Malformed},
		{"a plain body that is said to be compressed", ok(strings.Repeat("secret", 9), asGzip), backend.Malformed},
		{"a compression that was not asked for", ok("secret", "Content-Encoding: br"), backend.Malformed},
		{"a body compressed twice", ok(zip(whole), "Content-Encoding: gzip, gzip"), backend.Malformed},
		{"a length over the bound", ok(over), backend.TooLarge},
		{"a length over every bound", head("200 OK", asJSON, "Content-Length: 9223372036854775807"), backend.TooLarge},
		{"chunks over the bound", head("200 OK", asJSON, asChunks) + chunked(over) + last, backend.TooLarge},
		{"a compressed body over the bound", ok(zip(over), asGzip), backend.TooLarge},
		{"a login page", reply("200 OK", "<html>secret", "Content-Type: text/html; charset=utf-8"), backend.NotJSON},
		{"a page that is not even named well", reply("200 OK", "secret", "Content-Type: "+strings.Repeat("x", 999)), backend.NotJSON},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := newTransport(t, answering(t, test.wire).url).Do(t.Context(), get("/x"))
			var fault *backend.AnswerError
			if !errors.As(err, &fault) || got != nil {
				t.Fatalf("got %v, %v; want an AnswerError", got, err)
			}
			if fault.Fault != test.fault || !strings.HasPrefix(test.wire, fmt.Sprint("HTTP/1.1 ", fault.Status)) {
				t.Errorf("got %q with status %d, want %q", fault.Fault, fault.Status, test.fault)
			}
			if text := err.Error(); strings.Contains(text, "secret") || len(text) > 200 {
				t.Errorf("the error repeats the answer: %s", text)
			}
		})
	}
}

// TestACompressedAnswerIsVerified although it goes on as it came: what the client
// could not read, or what would burst it, must not be a success. Unpacked it is
// judged the same.
func TestACompressedAnswerIsVerified(t *testing.T) {
	t.Parallel()
	whole := zip(`{"id":"` + strings.Repeat("7", 100) + `"}`)
	stored := func(text string) string { // not compressed at all
		var b bytes.Buffer
		w, _ := gzip.NewWriterLevel(&b, gzip.NoCompression)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		return b.String()
	}
	named := func(name string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Name, w.Comment, w.Extra = name, name, []byte(name)
		_, _ = w.Write([]byte("{}"))
		_ = w.Close()
		return b.String()
	}
	flipped := func(at int) string {
		b := []byte(whole)
		b[at] ^= 0xff
		return string(b)
	}
	const good backend.AnswerFault = ""
	tests := []struct {
		name, body string
		fault      backend.AnswerFault
	}{
		{"one member", whole, good},
		{"two members", zip(`{"id"`) + zip(`:"7"}`), good},
		{"an empty member between", zip("{") + zip("") + zip("}"), good},
		{"no member", "", good},
		{"an empty member", zip(""), good},
		{"a name and a comment", named("secret"), good},
		{"as much as the bound", zip(strings.Repeat("x", limit)), good},
		{"as much as the bound in members", zip(strings.Repeat("x", limit-1)) + zip("x"), good},
		{"not compressed within", stored(strings.Repeat("x", limit/2)), good},
		{"one byte over the bound", zip(strings.Repeat("x", limit+1)), backend.TooLarge},
		{"one byte over the bound in members", zip(strings.Repeat("x", limit)) + zip("x"), backend.TooLarge},
		{"a bomb", zip(strings.Repeat("x", 300*limit)), backend.TooLarge},
		{"a bomb in a second member", zip("{}") + zip(strings.Repeat("x", 300*limit)), backend.TooLarge},
		{"garbage behind it", whole + "secret garbage", backend.Malformed},
		{"zeros behind it", whole + strings.Repeat("\x00", 512), backend.Malformed},
		{"garbage behind two", whole + whole + "secret garbage", backend.Malformed},
		{"a second member that is damaged", whole + flipped(15), backend.Malformed},
		{"a second member without its end", whole + whole[:len(whole)-1], backend.Truncated},
		{"a second member's first byte", whole + whole[:1], backend.Truncated},
		{"no gzip", strings.Repeat("secret ", 9), backend.Malformed},
		{"another method", flipped(2), backend.Malformed},
		{"reserved flags", whole[:3] + "\xe0" + whole[4:], backend.Malformed},
		{"a damaged block", flipped(11), backend.Malformed},
		{"a wrong checksum", flipped(len(whole) - 8), backend.Malformed},
		{"a wrong length", flipped(len(whole) - 4), backend.Malformed},
		{"the head alone", whole[:10], backend.Truncated},
		{"half a head", whole[:5], backend.Truncated},
		{"half", whole[:len(whole)/2], backend.Truncated},
		{"no checksum", whole[:len(whole)-8], backend.Truncated},
		{"half a checksum", whole[:len(whole)-6], backend.Truncated},
	}
	for _, test := range tests {
		for framing, wire := range map[string]string{
			"with a length": ok(test.body, asGzip),
			"in chunks":     head("200 OK", asJSON, asGzip, asChunks) + strings.TrimPrefix(chunked(test.body), "0\r\n\r\n") + last,
			"to the end":    head("200 OK", asJSON, asGzip) + test.body,
		} {
			t.Run(test.name+", "+framing, func(t *testing.T) {
				t.Parallel()
				url := answering(t, wire).url // which ends each connection
				unpacked, err := newTransport(t, url).Do(t.Context(), get("/x"))
				packed, packedErr := newTransport(t, url).Do(t.Context(), &backend.Request{Method: "GET", Path: "/x", AcceptGzip: true})
				if test.fault == good {
					if err != nil || packedErr != nil {
						t.Fatal(err, packedErr)
					}
					if string(packed.Body) != test.body {
						t.Errorf("got %q, want it as it came", packed.Body)
					}
					if text := unzip(t, test.body); string(unpacked.Body) != text {
						t.Errorf("unpacked: got %.100q, want %.100q", unpacked.Body, text)
					}
					return
				}
				for way, err := range map[string]error{"unpacked": err, "passed on": packedErr} {
					var fault *backend.AnswerError
					if !errors.As(err, &fault) || fault.Fault != test.fault || strings.Contains(err.Error(), "secret") {
						t.Errorf("%s: got %v, want %q", way, err, test.fault)
					}
				}
			})
		}
	}
}

// unzip is the standard library's opinion.
func unzip(t *testing.T, text string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(text))
	if errors.Is(err, io.EOF) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// FuzzCompressedAnswer holds both ways of a compressed answer against the standard
// library's decompression.
func FuzzCompressedAnswer(f *testing.F) {
	f.Add([]byte(zip("{}")), byte(0))
	f.Add([]byte(zip("{")+zip("}")), byte(3))
	f.Add([]byte(zip(strings.Repeat("x", limit+1))), byte(1))
	f.Add([]byte(zip(strings.Repeat("{}", 999))), byte(200))
	f.Add([]byte("\x1f\x8b\x08"), byte(1))
	f.Fuzz(func(t *testing.T, body []byte, pieces byte) {
		var want []byte
		r, err := gzip.NewReader(bytes.NewReader(body))
		if err == nil {
			want, err = io.ReadAll(io.LimitReader(r, limit+1))
		}
		good := (err == nil || errors.Is(err, io.EOF)) && len(want) <= limit
		for _, keep := range []bool{false, true} {
			wire := canned(func() *http.Response {
				return &http.Response{
					StatusCode: 200, ContentLength: -1, Header: http.Header{"Content-Encoding": {"gzip"}},
					Body: io.NopCloser(inPieces(body, int(pieces))),
				}
			})
			b, err := backend.NewTransportOver(backend.TransportOptions{BaseURL: "http://upstream.test", MaxResponseBytes: limit}, wire)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := b.Do(t.Context(), &backend.Request{Method: "GET", Path: "/x", AcceptGzip: keep})
			switch {
			case (err == nil) != good && (!keep || len(body) <= limit):
				t.Fatalf("kept %v: got %v, want it good: %v", keep, err, good)
			case err == nil && !keep && !bytes.Equal(answer.Body, want):
				t.Errorf("got %q, want %q", answer.Body, want)
			case err == nil && keep && !bytes.Equal(answer.Body, body):
				t.Errorf("kept: got %q, want %q", answer.Body, body)
			}
		}
	})
}

// canned is a wire on which one answer comes.
type canned func() *http.Response

func (c canned) RoundTrip(*http.Request) (*http.Response, error) { return c(), nil }

// inPieces gives n bytes at a time; 0: all.
func inPieces(text []byte, n int) io.Reader {
	if n == 0 {
		return bytes.NewReader(text)
	}
	return &pieces{text, n}
}

type pieces struct {
	left []byte
	n    int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.left[:min(p.n, len(p.left))])
	p.left = p.left[n:]
	return n, nil
}

// TestOnlyTheBeginningOfAnErrorIsRead, whatever the bound for successes.
func TestOnlyTheBeginningOfAnErrorIsRead(t *testing.T) {
	t.Parallel()
	const most = 64 << 10
	text := strings.Repeat("0123456789abcdef", 1<<16)
	tests := []struct {
		name, wire string
		length     int
		cut        bool
	}{
		{"short", reply("500 No", text[:100], asJSON), 100, false},
		{"up to the bound", reply("500 No", text[:most], asJSON), most, false},
		{"one byte more", reply("500 No", text[:most+1], asJSON), most, true},
		{"a length of all there is", head("404 No", "Content-Length: 9223372036854775807") + text, most, true},
		{"in chunks", head("429 No", asChunks) + chunked(text[:most-1], text[:1]) + last, most, false},
		{"in chunks, more", head("429 No", asChunks) + chunked(text[:most-1], text), most, true},
		{"to the end of the connection", head("503 No") + text, most, true},
		{"a redirect", reply("302 Found", text), most, true},
		{"compressed", reply("400 No", zip(text[:most]), asGzip), most, false},
		{"compressed, more", reply("400 No", zip(text[:most+1]), asGzip), most, true},
		{"compressed, more, and broken behind it", reply("400 No", zip(text)[:len(zip(text))-9], asGzip), most, true},
	}
	for _, test := range tests {
		for _, bound := range []int64{1 << 10, 1 << 30} {
			for _, keep := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %d, %v", test.name, bound, keep), func(t *testing.T) {
					t.Parallel()
					b, err := backend.NewTransport(backend.TransportOptions{BaseURL: answering(t, test.wire).url, MaxResponseBytes: bound})
					if err != nil {
						t.Fatal(err)
					}
					got, err := b.Do(t.Context(), &backend.Request{Method: "GET", Path: "/x", AcceptGzip: keep})
					if err != nil {
						t.Fatal(err)
					}
					if string(got.Body) != text[:test.length] && test.name != "in chunks" && test.name != "in chunks, more" || len(got.Body) != test.length || got.Truncated != test.cut {
						t.Errorf("got %d bytes, cut %v; want %d, %v", len(got.Body), got.Truncated, test.length, test.cut)
					}
					if test.cut && got.Header.Get("Content-Length") != "" || got.Header.Get("Content-Encoding") != "" {
						t.Errorf("headers of another body: %v", got.Header)
					}
				})
			}
		}
	}
}

// TestAStatusThatIsNoneIsNoAnswer over both protocols: a client could do nothing
// with it, and 000 makes a panic of net/http's server.
func TestAStatusThatIsNoneIsNoAnswer(t *testing.T) {
	t.Parallel()
	noStatus := func(t *testing.T, answer *backend.Response, err error) {
		var fault *backend.AnswerError
		if answer != nil || !errors.As(err, &fault) || fault.Fault != backend.NoStatus {
			t.Errorf("got %v, %v; want %q", answer, err, backend.NoStatus)
		}
	}
	for _, status := range []string{"000", "001", "007", "099", "101", "600", "666", "999"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			for _, keep := range []bool{false, true} {
				w := answering(t, reply(status+" Odd", "{}", asJSON, "Connection: Upgrade", "Upgrade: websocket"))
				answer, err := newTransport(t, w.url).Do(within(t), &backend.Request{Method: "GET", Path: "/x", AcceptGzip: keep})
				noStatus(t, answer, err)
			}
			if status == "101" { // over HTTP/2 it is a hint like others
				return
			}
			up := serveFrames(t, func(s stream) bool { s.answer(status, "{}"); return true })
			answer, err := newTransport(t, up.url).Do(within(t), get("/x"))
			noStatus(t, answer, err)
		})
	}
	for _, status := range []string{"-1", "0", "2", "1000", "99999999"} {
		t.Run("HTTP/2, "+status, func(t *testing.T) {
			t.Parallel()
			up := serveFrames(t, func(s stream) bool { s.answer(status, "{}"); return true })
			answer, err := newTransport(t, up.url).Do(within(t), get("/x"))
			noStatus(t, answer, err)
		})
	}
}

func TestWhatPassesForJSON(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]bool{
		"":                                      true, // not said
		"application/json":                      true,
		"application/json; charset=utf-8":       true,
		"Application/JSON;charset=UTF-8":        true,
		"application/json; charset":             true,
		"application/json; charset=a;charset=b": true,
		"application/problem+json":              true,
		"text/json":                             true,
		"text/plain":                            true,
		"text/html":                             false,
		"text/html; application/json":           false,
		"application/octet-stream":              false,
		"application/jsonp":                     false,
		"json":                                  false,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			wire := reply("200 OK", "{}")
			if kind != "" {
				wire = reply("200 OK", "{}", "Content-Type: "+kind)
			}
			_, err := newTransport(t, answering(t, wire).url).Do(t.Context(), get("/x"))
			if passes := err == nil; passes != want {
				t.Errorf("got %v, want it to pass: %v", err, want)
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"http://other.invalid/login", "/login", "", ":", "http://[::1", "//%zz"} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			w := answering(t, head(fmt.Sprint(status, " Moved"), "Location: "+location, "Content-Length: 0"))
			got, err := newTransport(t, w.url).Do(t.Context(), get("/x"))
			if err != nil {
				t.Errorf("%d to %q: %v", status, location, err)
				continue
			}
			if got.Status != status || got.Header.Get("Location") != location || len(w.got()) != 1 {
				t.Errorf("%d to %q: got %d, %v after %d requests", status, location, got.Status, got.Header, len(w.got()))
			}
		}
	}
}

// TestMemoryDoesNotFollowTheAnswer counts what is allocated for answers that are
// thousands of times the bound. It is not parallel: the count is the process's.
func TestMemoryDoesNotFollowTheAnswer(t *testing.T) {
	const allowed = 16 << 20
	mega := strings.Repeat("x", 1<<20)
	endless := func(first, piece string) func(int, net.Conn) bool {
		pieceBytes := []byte(piece)
		return func(_ int, conn net.Conn) bool {
			_, err := conn.Write([]byte(first))
			for range 100 {
				if err == nil {
					_, err = conn.Write(pieceBytes)
				}
			}
			return false
		}
	}
	tests := []struct {
		name  string
		serve func(int, net.Conn) bool
	}{
		{"100 MB with their length", endless(head("200 OK", asJSON, "Content-Length: 104857600"), mega)},
		{"100 MB in chunks", endless(head("200 OK", asJSON, asChunks), chunked(mega))},
		{"100 MB of an error", endless(head("500 No", "Content-Length: 104857600"), mega)},
		{"1 GB in 1 MB of an error in gzip", endless(head("500 No", asGzip), strings.Repeat(zip(mega), 10))},
		{"1 GB in 1 MB of gzip", endless(head("200 OK", asJSON, asGzip), strings.Repeat(zip(mega), 10))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			gone := make(chan struct{})
			w := serveBytes(t, func(n int, conn net.Conn) bool { defer close(gone); return test.serve(n, conn) })
			b := newTransport(t, w.url)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			answer, err := b.Do(t.Context(), get("/x"))
			runtime.ReadMemStats(&after)
			<-gone // the rest is not waited for: the connection is closed
			var fault *backend.AnswerError
			cut := err == nil && answer.Truncated && answer.Status == 500
			if !cut && (!errors.As(err, &fault) || fault.Fault != backend.TooLarge) {
				t.Fatalf("got %v, %v, want %q", answer, err, backend.TooLarge)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > allowed {
				t.Errorf("%d bytes were allocated for an answer of at most %d", grown, limit)
			}
		})
	}
}

// TestALengthIsNotBelievedBeforeItCame: a bound of 1 GiB is allowed, and a length
// is only a claim.
func TestALengthIsNotBelievedBeforeItCame(t *testing.T) {
	w := answering(t, head("200 OK", asJSON, "Content-Length: 1073741824")+"{")
	b, err := backend.NewTransport(backend.TransportOptions{BaseURL: w.url, MaxResponseBytes: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = b.Do(t.Context(), get("/x"))
	runtime.ReadMemStats(&after)
	var fault *backend.AnswerError
	if !errors.As(err, &fault) || fault.Fault != backend.Truncated {
		t.Errorf("got %v, want %q", err, backend.Truncated)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
		t.Errorf("%d bytes were allocated for one that came", grown)
	}
}
