package backend_test

import (
	"bytes"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchboard-gw/switchboard/internal/backend"
)

// TestRequestsGoOutByteForByte compares whole requests as the upstream gets them.
func TestRequestsGoOutByteForByte(t *testing.T) {
	t.Parallel()
	const (
		accept   = "Accept: application/json\r\nAccept-Encoding: gzip\r\n"
		jsonBody = "Content-Type: application/json\r\n"
		end      = "\r\n"
	)
	tests := []struct {
		name    string
		prefix  string // of the base URL's path
		request backend.Request
		line    string
		rest    string // after Host and User-Agent
	}{
		{
			name:    "GET",
			request: backend.Request{Method: "GET", Path: "/api/v2/users/me", RawQuery: "expand=a%2Cb&expand=c"},
			line:    "GET /api/v2/users/me?expand=a%2Cb&expand=c HTTP/1.1", rest: accept + end,
		},
		{
			name:    "PATCH with a body",
			request: backend.Request{Method: "PATCH", Path: "/api/v2/users/7", Body: []byte(`{"version":3, "name":"Zoë"}`)},
			line:    "PATCH /api/v2/users/7 HTTP/1.1",
			rest:    "Content-Length: 28\r\n" + accept + jsonBody + end + `{"version":3, "name":"Zoë"}`,
		},
		{
			name:    "DELETE without a body",
			request: backend.Request{Method: "DELETE", Path: "/api/v2/users/7"},
			line:    "DELETE /api/v2/users/7 HTTP/1.1", rest: accept + end,
		},
		{
			name:    "DELETE with a body",
			request: backend.Request{Method: "DELETE", Path: "/api/v2/users/7", Body: []byte(`["a"]`)},
			line:    "DELETE /api/v2/users/7 HTTP/1.1", rest: "Content-Length: 5\r\n" + accept + jsonBody + end + `["a"]`,
		},
		{
			name:    "POST without a body says so",
			request: backend.Request{Method: "POST", Path: "/api/v2/users/7/invite"},
			line:    "POST /api/v2/users/7/invite HTTP/1.1", rest: "Content-Length: 0\r\n" + accept + end,
		},
		{
			name:    "PUT with an empty body",
			request: backend.Request{Method: "PUT", Path: "/x", Body: []byte{}},
			line:    "PUT /x HTTP/1.1", rest: "Content-Length: 0\r\n" + accept + jsonBody + end,
		},
		{
			name:    "escapes in the path stay as they are",
			request: backend.Request{Method: "GET", Path: "/users/a%2Fb%2fc%25d%3Fe%20%C3%A9/x+y:z"},
			line:    "GET /users/a%2Fb%2fc%25d%3Fe%20%C3%A9/x+y:z HTTP/1.1", rest: accept + end,
		},
		{
			name:    "a path that could be taken for a host",
			request: backend.Request{Method: "GET", Path: "//other.example/x"},
			line:    "GET //other.example/x HTTP/1.1", rest: accept + end,
		},
		{
			name:    "the query is not written anew",
			request: backend.Request{Method: "GET", Path: "/x", RawQuery: "b=2&a=1&expand=a,b&c;d&e=%c3%A9&/?:@!$'()*+,=~-._"},
			line:    "GET /x?b=2&a=1&expand=a,b&c;d&e=%c3%A9&/?:@!$'()*+,=~-._ HTTP/1.1", rest: accept + end,
		},
		{
			name:    "what must not stand in a query is escaped",
			request: backend.Request{Method: "GET", Path: "/x", RawQuery: "a=1 HTTP/1.1\r\nX: y&b=[\"<é>\"]&c=%zz%4&d=1#2|{^}`\\\x00\x7f%"},
			line:    "GET /x?a=1%20HTTP/1.1%0D%0AX:%20y&b=%5B%22%3C%C3%A9%3E%22%5D&c=%25zz%254&d=1%232%7C%7B%5E%7D%60%5C%00%7F%25 HTTP/1.1", rest: accept + end,
		},
		{
			name: "a base URL with a path", prefix: "/gw%2Fx/genesys",
			request: backend.Request{Method: "GET", Path: "/api/v2/users/a%2Fb"},
			line:    "GET /gw%2Fx/genesys/api/v2/users/a%2Fb HTTP/1.1", rest: accept + end,
		},
		{
			name: "a base URL with a slash at its end", prefix: "/gw/",
			request: backend.Request{Method: "GET", Path: "/x"},
			line:    "GET /gw/x HTTP/1.1", rest: accept + end,
		},
		{
			name: "the caller's headers, less those of its connection and those that are ours",
			request: backend.Request{Method: "GET", Path: "/x", Header: http.Header{
				"authorization":       {"Bearer t"},
				"X-Custom":            {"1", "2"},
				"Connection":          {"keep-alive, X-Hop"},
				"x-hop":               {"no"},
				"Keep-Alive":          {"no"},
				"Proxy-Authenticate":  {"no"},
				"proxy-authorization": {"no"},
				"Proxy-Connection":    {"no"},
				"TE":                  {"trailers"},
				"Trailer":             {"no"},
				"Transfer-Encoding":   {"chunked"},
				"Upgrade":             {"h2c"},
				"Host":                {"other.example"},
				"Content-Length":      {"99"},
				"Accept-Encoding":     {"br"},
				"Accept":              {"text/html"},
				"User-Agent":          {"no"},
			}},
			line: "GET /x HTTP/1.1", rest: accept + "Authorization: Bearer t\r\nX-Custom: 1\r\nX-Custom: 2\r\n" + end,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := answering(t, "HTTP/1.1 204 No Content\r\n\r\n")
			before := test.request
			before.Header = test.request.Header.Clone()
			if _, err := newTransport(t, w.url+test.prefix).Do(t.Context(), &test.request); err != nil {
				t.Fatal(err)
			}
			head := test.line + "\r\nHost: " + strings.TrimPrefix(w.url, "http://") + "\r\nUser-Agent: " + userAgent + "\r\n"
			if diff := cmp.Diff([]string{head + test.rest}, w.got()); diff != "" {
				t.Errorf("on the wire (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, test.request); diff != "" {
				t.Errorf("the request was changed:\n%s", diff)
			}
		})
	}
}

// TestARequestThatCannotBeSentIsAnError that goes to a log and must not hold ids.
func TestARequestThatCannotBeSentIsAnError(t *testing.T) {
	t.Parallel()
	w := answering(t, "HTTP/1.1 204 No Content\r\n\r\n")
	requests := map[string]backend.Request{
		"a header with a line break":    {Method: "GET", Path: "/users", Header: http.Header{"Authorization": {"Bearer jane\r\nX: y"}}},
		"a header with a NUL":           {Method: "GET", Path: "/users", Header: http.Header{"If-Match": {"jane\x00"}}},
		"a verb that is not a token":    {Method: "GET /", Path: "/users"},
		"a header whose name is broken": {Method: "GET", Path: "/users", Header: http.Header{"X\r\nY": {"jane"}}},
	}
	for _, path := range []string{
		"", "users/jane", "*", "/users/jane%2", "/users/jane%", "/users/jane%zz", "/users/ja ne", "/users/jane HTTP/1.1\r\nX: y\r\n",
		"/users/jane?x", "/users/jane#x", "/users/[jane]", "/users/jane\\x", "/users/janë", "/users/jane\x00", "/users/jane\xff", "http://other.example/jane",
	} {
		requests["the path "+path] = backend.Request{Method: "GET", Path: path}
	}
	for name, request := range requests {
		t.Run(name, func(t *testing.T) {
			answer, err := newTransport(t, w.url).Do(t.Context(), &request)
			if !errors.Is(err, backend.ErrUnsendable) || strings.Contains(err.Error(), "jane") {
				t.Errorf("got %v, %v; want ErrUnsendable without the id", answer, err)
			}
		})
	}
	if got := w.got(); len(got) != 0 {
		t.Errorf("the upstream got %q", got)
	}
}

// FuzzRequestTarget holds the target as net/http writes it against the grammar of
// RFC 3986 as expressions: a path goes out as it is or not at all, a query with
// the same meaning and, where it has the grammar, as it is.
func FuzzRequestTarget(f *testing.F) {
	const pchar = `[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2}`
	paths := regexp.MustCompile(`^/(` + pchar + `|/)*$`)
	queries := regexp.MustCompile(`^(` + pchar + `|[/?])*$`)
	f.Add("/users/a%2Fb", "expand=a,b&q=%C3%A9")
	f.Add("/users/a b", "q=a b HTTP/1.1\r\nX: y")
	f.Add("//x/../%2e", "%zz%4%%%41#[]|é\x00\xff")
	f.Fuzz(func(t *testing.T, path, query string) {
		var lines []string
		wire := sending(func(r *http.Request) (*http.Response, error) {
			var text bytes.Buffer
			if err := r.Write(&text); err != nil {
				return nil, err
			}
			line, _, _ := strings.Cut(text.String(), "\r\n")
			lines = append(lines, line, "GET "+r.URL.RequestURI()+" HTTP/1.1") // the latter is what HTTP/2 sends
			return &http.Response{StatusCode: 204, Header: http.Header{}, Body: http.NoBody}, nil
		})
		b, err := backend.NewTransportOver(backend.TransportOptions{BaseURL: "http://upstream.test/gw%2Fx/"}, wire)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.Do(t.Context(), &backend.Request{Method: http.MethodGet, Path: path, RawQuery: query})
		if !paths.MatchString(path) {
			if !errors.Is(err, backend.ErrUnsendable) || lines != nil {
				t.Fatalf("%q: got %v and sent %q", path, err, lines)
			}
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", path, err)
		}
		for _, line := range lines {
			target, whole := strings.CutSuffix(line, " HTTP/1.1")
			target, asIs := strings.CutPrefix(target, "GET /gw%2Fx"+path)
			if !whole || !asIs {
				t.Fatalf("%q, %q: sent %q", path, query, line)
			}
			sent := strings.TrimPrefix(target, "?")
			switch {
			case (query != "") != (target != sent), !queries.MatchString(sent), decoded(sent) != decoded(query):
				t.Errorf("%q: sent %q", query, line)
			case queries.MatchString(query) && sent != query:
				t.Errorf("%q was written anew: %q", query, line)
			}
		}
	})
}

// sending is a wire that shows what is sent.
type sending func(*http.Request) (*http.Response, error)

func (s sending) RoundTrip(r *http.Request) (*http.Response, error) { return s(r) }

// decoded undoes the escapes and takes all else for itself.
func decoded(text string) string {
	return regexp.MustCompile(`(?s)%[0-9A-Fa-f]{2}`).ReplaceAllStringFunc(text, func(escape string) string {
		b, _ := strconv.ParseUint(escape[1:], 16, 8)
		return string([]byte{byte(b)})
	})
}

func TestABaseURLThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"http://[::1", "http://upstream.test/[a]"} {
		if _, err := backend.NewTransport(backend.TransportOptions{BaseURL: url}); err == nil {
			t.Errorf("%s: no error", url)
		}
	}
}
