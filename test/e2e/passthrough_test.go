package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reasonIn is the reason of an error body that is the server's own, or nothing.
func reasonIn(text []byte) string {
	var body struct{ Code string }
	if json.Unmarshal(text, &body) != nil {
		return ""
	}
	reason, _ := strings.CutPrefix(body.Code, "switchboard.")
	return reason
}

// outcome is how a request ends that does not reach the upstream, or does: 200.
type outcome struct {
	status int
	reason string
	allow  string
}

// Which paths and verbs pass in which mode. An operation's path is never passed
// through, with whatever verb; what could pass and does not is no 404.
func TestWhatPassesThrough(t *testing.T) {
	up := newUpstream(t)
	paths := map[string]string{ // what each is
		"/api/v2/users/u":                         "typed", // GET, PATCH, DELETE
		"/api/v2/users/u/routingskills/s":         "typed", // PUT, DELETE
		"/api/v2/analytics/users/details/query":   "typed", // POST
		"/api/v2/organizations/me":                "listed",
		"/api/v2/organizations/me/x":              "listed",
		"/api/v2/organizations/mex":               "other",
		"/api/v2/organizations":                   "other",
		"/api/v2/routing/skills":                  "listed",
		"/api/v2/routing/users/u/nothing/typed":   "listed",
		"/api/v2/routing":                         "other",
		"/api/v2/routingx/skills":                 "other",
		"/api/v2/authorization/divisions/home":    "other",
		"/api/v2/users/u/nothing/of/the/contract": "other",
		"/api/v1/organizations/me":                "outside",
		"/api/v2":                                 "outside",
		"/oauth/authorize":                        "outside",
		"/API/V2/organizations/me":                "outside",
		"/nothing":                                "outside",
		"/platform/api/v2/organizations/me":       "outside",
		"/api/v2x/organizations/me":               "outside",
		"/api%2Fv2/organizations/me":              "outside",
		"/%61pi/v2/organizations/me":              "outside",
		"//api/v2/organizations/me":               "outside",
		"/.//api/v2/organizations/me":             "outside",
		"/api/v2;x=1/organizations/me":            "outside",
	}
	typed := map[string]string{
		"/api/v2/users/u": "DELETE, GET, PATCH", "/api/v2/users/u/routingskills/s": "DELETE, PUT", "/api/v2/analytics/users/details/query": "POST",
	}
	const list = "--http-passthrough-paths=/api/v2/routing/,/api/v2/organizations/me"
	calls := 0
	for mode, args := range map[string][]string{
		"off": nil, "read": {"--http-passthrough=read"}, "all": {"--http-passthrough=all"},
		"read here": {"--http-passthrough=read", list}, "all here": {"--http-passthrough=all", list},
	} {
		p := start(t, up.URL, args...)
		for path, what := range paths {
			for _, verb := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"} {
				read := verb == "GET" || verb == "HEAD"
				write := slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE"}, verb)
				want := outcome{status: 200}
				switch allowed := typed[path]; {
				case allowed != "" && !slices.Contains(strings.Split(allowed, ", "), verb):
					want = outcome{405, "wrong_verb", allowed}
				case allowed != "":
				case what == "outside":
					want = outcome{404, "unknown_path", ""}
				case mode == "off", strings.HasSuffix(mode, "here") && what == "other":
					want = outcome{501, "not_this_api", ""}
				case !read && !write:
					want = outcome{405, "wrong_verb", "DELETE, GET, HEAD, PATCH, POST, PUT"}
				case write && strings.HasPrefix(mode, "read"):
					want = outcome{405, "passthrough_reads", "GET, HEAD"}
				}
				answer, text := p.rest(verb, path+"?a=b", nil)
				calls++
				got := outcome{answer.StatusCode, reasonIn(text), answer.Header.Get("Allow")}
				if verb == "HEAD" { // whose answers have no body
					want.reason = ""
				}
				if got != want {
					t.Errorf("%s: %s %s: %+v, want %+v: %s", mode, verb, path, got, want, text)
				}
				if answer.Header.Get("X-Request-Id") == "" {
					t.Errorf("%s: %s %s: no request id", mode, verb, path)
				}
				sent := up.take()
				if reached := len(sent) == 1 && sent[0].verb == verb && sent[0].path == path && sent[0].query == "a=b"; reached != (want.status == 200) || len(sent) > 1 {
					t.Errorf("%s: %s %s: the upstream got %+v", mode, verb, path, sent)
				}
				switch setting := map[string]string{"not_this_api": "--http-passthrough", "passthrough_reads": "--http-passthrough=read"}[want.reason]; {
				case !strings.Contains(string(text), setting):
					t.Errorf("%s: %s %s: %s does not name %s", mode, verb, path, text, setting)
				}
			}
		}
	}
	t.Logf("%d calls", calls)
}

// What passes through is passed on as it is, in both directions, with the same token
// and headers as the operations of the contract.
func TestWhatPassesThroughIsVerbatim(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL, "--http-passthrough=all", "--http-api-prefix=/team/genesys")
	for name, c := range map[string]struct {
		status       int
		body         string
		header       []string
		back, hidden []string // headers that the client gets, or does not
	}{
		"a success":            {200, `{"b":2, "a":1,"a":null}`, []string{"Etag", `"1"`, "Set-Cookie", "a=b", "Inin-Ratelimit-Count", "7"}, []string{"Etag", "Inin-Ratelimit-Count", "Inin-Correlation-Id"}, []string{"Set-Cookie"}},
		"something new":        {201, `{"id":"1"}`, []string{"Location", "/api/v2/routing/skills/1"}, []string{"Location"}, nil},
		"nothing":              {204, "", nil, nil, []string{"Content-Type"}},
		"a redirect":           {302, "", []string{"Location", "https://elsewhere.example/x"}, []string{"Location"}, nil},
		"not modified":         {304, "", []string{"Etag", `"1"`}, []string{"Etag"}, nil},
		"a refusal":            {400, `{"message":"m","code":"bad.request"}`, nil, nil, nil},
		"nothing there":        {404, `{"message":"m","code":"not.found"}`, nil, nil, nil},
		"a conflict":           {409, `{"message":"m","code":"general.conflict"}`, nil, nil, nil},
		"not there any more":   {410, `gone`, nil, nil, nil},
		"too many requests":    {429, `{"message":"m","code":"too.many.requests.retry.after"}`, []string{"Retry-After", "7"}, []string{"Retry-After"}, nil},
		"a failure":            {500, `{"message":"m","code":"internal"}`, nil, nil, nil},
		"something unheard of": {599, `{}`, nil, nil, nil},
	} {
		up.reply(c.status, c.body, c.header...)
		const sent = " {\"name\":\"\\u00fc\", \"name\":1e400}\n"
		answer, text := p.rest(http.MethodPost, "/team/genesys/api/v2/routing/skills/a%2Fb?x=%2F&x=+&&y", []byte(sent),
			"Accept-Language", "de", "If-Match", `"1"`, "X-Request-Id", "id-1", "Cookie", "a=b", "X-Forwarded-For", "1.2.3.4",
			"X-Http-Method-Override", "DELETE", "Accept-Encoding", "identity", "Content-Type", "application/json; charset=utf-8")
		if answer.StatusCode != c.status || string(text) != c.body || answer.Header.Get("X-Request-Id") != "id-1" {
			t.Errorf("%s: %d %v %q", name, answer.StatusCode, answer.Header, text)
		}
		for _, header := range c.back {
			if answer.Header.Get(header) == "" {
				t.Errorf("%s: the answer lacks %s: %v", name, header, answer.Header)
			}
		}
		for _, header := range c.hidden {
			if answer.Header.Get(header) != "" {
				t.Errorf("%s: the answer has %s: %v", name, header, answer.Header)
			}
		}
		got := up.one(t)
		got.header.Del("User-Agent")
		want := recorded{"POST", "/api/v2/routing/skills/a%2Fb", "x=%2F&x=+&&y", http.Header{
			"Authorization": {"Bearer " + serviceToken}, "Accept-Language": {"de"}, "If-Match": {`"1"`},
			"Accept": {"application/json"}, "Accept-Encoding": {"gzip"}, "Content-Type": {"application/json"}, "Content-Length": {fmt.Sprint(len(sent))},
		}, []byte(sent)}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(recorded{})); diff != "" {
			t.Errorf("%s: the upstream got (-want +got):\n%s", name, diff)
		}
	}

	up.do(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "400000000") // of what a GET would bring
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Etag", `"2"`)
	})
	if answer, text := p.rest(http.MethodHead, "/team/genesys/api/v2/routing/skills", nil); answer.StatusCode != 200 || answer.Header.Get("Etag") != `"2"` || len(text) > 0 {
		t.Errorf("HEAD: %d %v %q", answer.StatusCode, answer.Header, text)
	}
	if got := up.one(t); got.verb != http.MethodHead {
		t.Errorf("the upstream got %+v", got)
	}
	for _, path := range []string{"/api/v2/routing/skills", "/team/genesys/oauth/token", "/team/genesys/../api/v2/routing/skills", "/team/genesysapi/v2/routing/skills"} {
		if answer, text := p.rest(http.MethodGet, path, nil); answer.StatusCode != http.StatusNotFound || reasonIn(text) != "unknown_path" {
			t.Errorf("%s: %d %s", path, answer.StatusCode, text)
		}
	}
	if got := up.take(); len(got) > 0 {
		t.Errorf("the upstream got %+v", got)
	}
}

// A path that a server less strict than this one could take for another is refused,
// in every mode alike.
func TestPathVariantsDoNotPass(t *testing.T) {
	up := newUpstream(t)
	for _, args := range [][]string{nil, {"--http-passthrough=all"}, {"--http-passthrough=all", "--http-passthrough-paths=/api/v2/routing/"}} {
		p := start(t, up.URL, args...)
		for _, path := range []string{
			"/api/v2/", "/api/v2//", "/api/v2//users/u", "/api/v2/users//u", "/api/v2/users/u/", "/api/v2/users/u//", "/api/v2/./users/u",
			"/api/v2/routing/", "/api/v2/routing//skills", "/api/v2/routing/skills/", "/api/v2/routing/./skills", "/api/v2/routing/skills/.",
			"/api/v2/routing/..", "/api/v2/routing/../users/u", "/api/v2/routing/../../../oauth/token", "/api/v2/routing/%2e%2e/users/u",
			"/api/v2/routing/%2E%2E%2Fusers%2Fu", "/api/v2/routing/..%2f..%2f..%2foauth%2ftoken", "/api/v2/routing/..%5cusers%5cu", "/api/v2/routing/..\\users",
			"/api/v2/routing/%252e%252e/users/u", "/api/v2/routing/%25252e%25252e%25252fusers", "/api/v2/routing/..;/users/u", "/api/v2/routing/.;x=1/users/u",
			"/api/v2/routing/%20/skills", "/api/v2/routing/%20../users", "/api/v2/routing/%09", "/api/v2/routing/%00", "/api/v2/routing/x%00", "/api/v2/routing/x%0d%0aHost:%20evil",
			"/api/v2/routing/%ff", "/api/v2/routing/%c0%af", "/api/v2/routing/%C2%85", "/api/v2/routing/" + strings.Repeat("x", 1025),
			"/api/v2/users;x=1/u", "/api/v2/users/u;x=1/", "/api/v2/USERS/u", "/api/v2/Users/u/RoutingStatus", "/api/v2/%75sers/u", "/api/v2/user%73/u",
			"/api/v2/%2575sers/u", "/api/v2/users%2Fu", "/api/v2/users%2fu%2froutingstatus", "/api/v2/users%252Fu", "/api/v2/users%5Cu", "/api/v2/users%3Fid=u",
			"/api/v2/users%23", "/api/v2/users%20/u", "/api/v2/users%3Bx=1/u", "/api/v2/routing%2Fusers%2Fu%2Futilization",
		} {
			for _, verb := range []string{"GET", "POST", "DELETE"} {
				answer, text := p.rest(verb, path, nil)
				if answer.StatusCode != http.StatusBadRequest || reasonIn(text) != "invalid_argument" {
					t.Errorf("%v: %s %s: %d %s", args, verb, path, answer.StatusCode, text)
				}
				if sent := up.take(); len(sent) > 0 {
					t.Fatalf("%v: %s %s: the upstream got %+v", args, verb, path, sent)
				}
			}
		}
	}
	p := start(t, up.URL, "--http-passthrough=all", "--http-passthrough-paths=/api/v2/routing/")
	for _, path := range []string{"/api/v2/Routing/skills", "/api/v2/routing%2Fskills", "/api/v2/routing;x=1/skills", "/api/v2/routing%20/skills", "/api/v2/outing/skills"} {
		if answer, text := p.rest("GET", path, nil); answer.StatusCode != http.StatusNotImplemented || len(up.take()) > 0 {
			t.Errorf("%s: %d %s", path, answer.StatusCode, text)
		}
	}
	for sent, want := range map[string]string{
		"/api/v2/%72outing/s%6bills": "/api/v2/routing/skills", "/api/v2/routing/a;b": "/api/v2/routing/a%3Bb", "/api/v2/routing/a%2Fb%20c": "/api/v2/routing/a%2Fb%20c",
	} {
		if answer, text := p.rest("GET", sent, nil); answer.StatusCode != 200 {
			t.Errorf("%s: %d %s", sent, answer.StatusCode, text)
		} else if got := up.one(t); got.path != want {
			t.Errorf("%s arrived as %s", sent, got.path)
		}
	}
}

// Whoever writes the request line by hand reaches no other host, login or operation.
func TestNoRequestLinePassesElsewhere(t *testing.T) {
	up, other := newUpstream(t), newUpstream(t)
	p := start(t, up.URL, "--http-passthrough=all")
	elsewhere := strings.TrimPrefix(other.URL, "http://")
	ours := "Host: " + p.HTTP + "\r\nConnection: close\r\n"
	for line, c := range map[string]struct {
		header string
		status int
		path   string // as the upstream gets it; empty: it does not
	}{
		"GET http://" + elsewhere + "/api/v2/routing/skills HTTP/1.1":        {ours, 200, "/api/v2/routing/skills"},
		"GET //" + elsewhere + "/api/v2/routing/skills HTTP/1.1":             {ours, 404, ""},
		"GET /api/v2/routing/skills HTTP/1.1":                                {"Host: " + elsewhere + "\r\nConnection: close\r\n", 200, "/api/v2/routing/skills"},
		"CONNECT " + elsewhere + " HTTP/1.1":                                 {"Host: " + elsewhere + "\r\nConnection: close\r\n", 404, ""},
		"GET /api/v2/@" + elsewhere + "/x HTTP/1.1":                          {ours, 200, "/api/v2/%40" + strings.ReplaceAll(elsewhere, ":", "%3A") + "/x"},
		"GET /api/v2/http:%2F%2F" + elsewhere + " HTTP/1.1":                  {ours, 400, ""},
		"POST /api/v2/../../oauth/token HTTP/1.1":                            {ours + "Content-Length: 0\r\n", 400, ""},
		"POST /api/v2/x/%2e%2e/%2e%2e/%2e%2e/oauth/token HTTP/1.1":           {ours + "Content-Length: 0\r\n", 400, ""},
		"GET /api/v2/routing/skills HTTP/1.1 ":                               {ours, 400, ""},
		"GET /api/v2/routing/skills x HTTP/1.1":                              {ours, 400, ""},
		"GET /api/v2/routing/skills#/../users/u HTTP/1.1":                    {ours, 400, ""},
		"GET /api/v2/routing/skills?/../../users HTTP/1.1":                   {ours, 200, "/api/v2/routing/skills"},
		"POST /api/v2/routing/skills HTTP/1.1":                               {ours + "X-HTTP-Method-Override: DELETE\r\nX-Original-URL: /api/v2/users/u\r\nX-Rewrite-URL: /api/v2/users/u\r\nContent-Length: 0\r\n", 200, "/api/v2/routing/skills"},
		"POST /api/v2/routing/skills?_method=DELETE HTTP/1.1":                {ours + "Content-Length: 0\r\n", 200, "/api/v2/routing/skills"},
		"POST /api/v2/routing/queues HTTP/1.1":                               {ours + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", 200, "/api/v2/routing/queues"},
		"POST /api/v2/routing/queues/x HTTP/1.1":                             {ours + "Content-Length: 0\r\nContent-Length: 4\r\n", 400, ""},
		"GET /api/v2/genesyscloud.users.v1.UsersService/GetUser HTTP/1.1":    {ours + "Content-Type: application/grpc\r\nTe: trailers\r\n", 200, "/api/v2/genesyscloud.users.v1.UsersService/GetUser"},
		"OPTIONS * HTTP/1.1":                                                 {ours, 200, ""}, // net/http's own answer
		"GET /api/v2/routing/skills HTTP/2.0":                                {ours, 505, ""},
		"GET api/v2/routing/skills HTTP/1.1":                                 {ours, 400, ""},
		"GET http://" + elsewhere + "/../api/v2/routing/skills HTTP/1.1":     {ours, 404, ""},
		"GET http://u:p@" + elsewhere + "/oauth/token HTTP/1.1":              {ours, 405, ""},
		"GET /api/v2/oauth/token HTTP/1.1":                                   {ours, 200, "/api/v2/oauth/token"}, // of the API, if there were one
		"GET /api/v2/routing/skills?a=b&x=%0d%0aAuthorization:%20y HTTP/1.1": {ours, 200, "/api/v2/routing/skills"},
	} {
		conn, err := net.Dial("tcp", p.HTTP)
		must(t, err)
		_, err = io.WriteString(conn, line+"\r\n"+c.header+"\r\n")
		must(t, err)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		text, _ := io.ReadAll(answer.Body)
		_ = conn.Close()
		if answer.StatusCode != c.status {
			t.Errorf("%s: %d %s, want %d", line, answer.StatusCode, text, c.status)
		}
		sent := up.take()
		switch {
		case c.path == "" && len(sent) > 0:
			t.Errorf("%s: the upstream got %+v", line, sent)
		case c.path != "" && (len(sent) != 1 || sent[0].path != c.path || !strings.HasPrefix(line, sent[0].verb+" ")):
			t.Errorf("%s: the upstream got %+v, want %s", line, sent, c.path)
		}
		for _, r := range sent {
			if len(r.header["X-Original-Url"])+len(r.header["X-Rewrite-Url"])+len(r.header["X-Http-Method-Override"])+len(r.header["Te"]) > 0 {
				t.Errorf("%s: the upstream got %v", line, r.header)
			}
		}
	}
	if sent := other.take(); len(sent) > 0 {
		t.Errorf("another host got %+v", sent)
	}
}

// What a client brings is received under the same rules as for an operation.
func TestBodiesThatPassThroughAreBounded(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL, "--http-passthrough=all", "--max-request-bytes=64KiB", "--timeout=2s")
	const path = "/api/v2/routing/skills"
	full := bytes.Repeat([]byte(" "), 64<<10)
	for name, c := range map[string]struct {
		body    []byte
		header  []string
		status  int
		reason  string
		arrives bool
	}{
		"none":                 {nil, nil, 200, "", true},
		"as much as may be":    {full, nil, 200, "", true},
		"one byte more":        {append(full, ' '), nil, 413, "request_too_large", false},
		"broken JSON":          {[]byte(`{"a":`), nil, 200, "", true}, // the upstream's to judge
		"no JSON":              {[]byte("\x00\xff"), nil, 200, "", true},
		"text":                 {[]byte("a"), []string{"Content-Type", "text/plain"}, 415, "unsupported_type", false},
		"a form with a file":   {[]byte("a"), []string{"Content-Type", "multipart/form-data; boundary=x"}, 415, "unsupported_type", false},
		"something unheard":    {[]byte("a"), []string{"Content-Type", "application/octet-stream"}, 415, "unsupported_type", false},
		"JSON of another kind": {[]byte("{}"), []string{"Content-Type", "application/merge-patch+json"}, 200, "", true},
		"compressed":           {[]byte("a"), []string{"Content-Encoding", "gzip"}, 415, "unsupported_coding", false},
		"of a page elsewhere":  {[]byte("{}"), []string{"Sec-Fetch-Site", "cross-site"}, 403, "cross_site", false},
		"of another origin":    {[]byte("{}"), []string{"Origin", "https://evil.example"}, 403, "cross_site", false},
	} {
		for _, verb := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			answer, text := p.rest(verb, path, c.body, c.header...)
			if answer.StatusCode != c.status || c.status != 200 && reasonIn(text) != c.reason {
				t.Errorf("%s by %s: %d %s", name, verb, answer.StatusCode, text)
			}
			sent := up.take()
			if arrived := len(sent) == 1; arrived != c.arrives || arrived && !bytes.Equal(sent[0].body, c.body) {
				t.Errorf("%s by %s: the upstream got %+.200v", name, verb, sent)
			}
		}
	}
	for name, c := range map[string]struct {
		body   string
		status string
	}{
		"chunks without end":   {"Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1000\r\n"+strings.Repeat(" ", 4096)+"\r\n", 17), "413"},
		"a body that stops":    {"Content-Length: 100\r\n\r\n{", "408"},
		"chunks that are none": {"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
	} {
		conn, err := net.Dial("tcp", p.HTTP)
		must(t, err)
		_, err = io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+c.body)
		must(t, err)
		line, err := bufio.NewReader(conn).ReadString('\n')
		_ = conn.Close()
		if !strings.HasPrefix(line, "HTTP/1.1 "+c.status) {
			t.Errorf("%s: %q (%v), want %s", name, line, err, c.status)
		}
		if sent := up.take(); len(sent) > 0 {
			t.Errorf("%s: the upstream got %+v", name, sent)
		}
	}
}

// What the upstream answers is bounded as an operation's answers are, whatever it
// claims and however it is packed.
func TestAnswersThatPassThroughAreBounded(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL, "--http-passthrough=all", "--max-response-bytes=8MiB", "--max-inflight-bytes=32MiB")
	const path, large = "/api/v2/routing/queues", 300 << 20
	spaces := bytes.Repeat([]byte(" "), 1<<20)
	flood := func(w io.Writer) {
		for range large / len(spaces) {
			if _, err := w.Write(spaces); err != nil {
				return
			}
		}
	}
	pack := func(w http.ResponseWriter, write func(io.Writer)) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		write(z)
		_ = z.Close()
	}
	// Packed once: under the race detector that takes as long as a call may.
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	must(t, err)
	flood(z)
	must(t, z.Close())
	page := []byte(`{"entities":[` + strings.Repeat(`{"name":"Ann"},`, 5000) + `{}]}`)
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		want   []byte // nil: it is of no use
	}{
		"300 MiB that say so": {func(w http.ResponseWriter) { w.Header().Set("Content-Length", fmt.Sprint(large)); flood(w) }, nil},
		"300 MiB in chunks":   {func(w http.ResponseWriter) { flood(w) }, nil},
		"300 MiB in a few": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes())
		}, nil},
		"a page":             {func(w http.ResponseWriter) { _, _ = w.Write(page) }, page},
		"a packed page":      {func(w http.ResponseWriter) { pack(w, func(z io.Writer) { _, _ = z.Write(page) }) }, page},
		"a page that breaks": {func(w http.ResponseWriter) { w.Header().Set("Content-Length", "99"); _, _ = w.Write([]byte("{")) }, nil},
		"a packing that breaks": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte("nonsense"))
		}, nil},
		"another packing": {func(w http.ResponseWriter) { w.Header().Set("Content-Encoding", "br"); _, _ = w.Write(page) }, nil},
		"a login page": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>")
		}, nil},
	} {
		up.do(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			c.answer(w)
		})
		for _, coding := range []string{"identity", "gzip"} {
			answer, text := p.rest(http.MethodGet, path, nil, "Accept-Encoding", coding)
			if answer.Header.Get("Content-Encoding") == "gzip" {
				z, err := gzip.NewReader(bytes.NewReader(text))
				must(t, err)
				text, err = io.ReadAll(z)
				must(t, err)
			}
			switch {
			case c.want == nil && (answer.StatusCode != http.StatusBadGateway || reasonIn(text) != "bad_upstream_answer"):
				t.Errorf("%s, %s: %d %.200s", name, coding, answer.StatusCode, text)
			case c.want != nil && (answer.StatusCode != 200 || !bytes.Equal(text, c.want)):
				t.Errorf("%s, %s: %d %.200s", name, coding, answer.StatusCode, text)
			}
		}
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil || raceEnabled {
		return // the server's memory cannot be looked at here, or is not only its own
	}
	var peak int
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	_, err = fmt.Sscanf(after, "%d kB", &peak)
	must(t, err)
	t.Logf("at its peak the server had %d MiB", peak>>10)
	if peak<<10 > large {
		t.Errorf("at its peak the server had %d MiB", peak>>10)
	}
}

// Errors of what passes through are those of a call: a write that may have happened
// says so, a read does not, and the log has a line by the name of the method without
// the path.
func TestErrorsOfWhatPassesThrough(t *testing.T) {
	var p *process
	cases := map[string]struct {
		answer   http.HandlerFunc
		status   int
		reason   string
		happened bool // for a write
		kind     string
	}{
		"silence":         {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 504, "deadline_exceeded", true, "deadline_exceeded"},
		"a broken answer": {raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), 502, "bad_upstream_answer", true, "bad_upstream_answer"},
		"a broken line":   {raw(""), 503, "upstream_unreachable", true, "upstream_unreachable"},
		"a refused token": {replying(401, `{"code":"bad.credentials"}`), 503, "service_token_refused", false, "service_token_refused"},
		"a failure":       {replying(500, `{"code":"internal"}`), 500, "", false, "upstream_error"}, // verbatim
		"a refusal":       {replying(404, `{"code":"not.found"}`), 404, "", false, ""},
	}
	t.Run("calls", func(t *testing.T) {
		up := newUpstream(t)
		p = start(t, up.URL, "--http-passthrough=all", "--log-level=info", "--timeout=300ms")
		for name, c := range cases {
			up.do(c.answer)
			for _, verb := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
				answer, text := p.rest(verb, "/api/v2/routing/secret-path", nil, "X-Request-Id", verb+"-"+strings.ReplaceAll(name, " ", "-"))
				var body struct{ MessageParams map[string]string }
				_ = json.Unmarshal(text, &body)
				said := body.MessageParams["MAY_HAVE_HAPPENED"] == "true"
				if answer.StatusCode != c.status || c.reason != "" && reasonIn(text) != c.reason || said != (c.happened && verb != "GET") {
					t.Errorf("%s by %s: %d %s", name, verb, answer.StatusCode, text)
				}
			}
		}
		up.take()
	})
	lines := map[any]map[string]any{}
	for _, line := range p.logged() {
		lines[line["request_id"]] = line
	}
	for name, c := range cases {
		for _, verb := range []string{"GET", "POST"} {
			line := lines[verb+"-"+strings.ReplaceAll(name, " ", "-")]
			switch {
			case c.kind == "" && line != nil:
				t.Errorf("%s is the caller's: %v", name, line)
			case c.kind != "" && (line["kind"] != c.kind || line["method"] != "passthrough" || line["face"] != "rest"):
				t.Errorf("%s by %s: %v", name, verb, line)
			}
		}
	}
	if strings.Contains(p.log.String(), "secret-path") {
		t.Errorf("the log has a path:\n%s", p.log)
	}
}

// The token is found as for an operation.
func TestWhoseTokenPassesThrough(t *testing.T) {
	up := newUpstream(t)
	const path = "/api/v2/organizations/me"
	for mode, c := range map[string]map[string]outcome{ // by the caller's Authorization
		"auto":    {"": {200, serviceToken, ""}, "Bearer callers": {200, "callers", ""}, "Basic YTpi": {401, "bad_authorization", ""}, "Bearer a b": {401, "bad_authorization", ""}},
		"service": {"": {200, serviceToken, ""}, "Bearer callers": {200, serviceToken, ""}, "Basic YTpi": {401, "bad_authorization", ""}},
		"caller":  {"": {401, "no_caller_token", ""}, "Bearer callers": {200, "callers", ""}, "bearer callers": {200, "callers", ""}},
	} {
		p := start(t, up.URL, "--http-passthrough=read", "--upstream-auth="+mode)
		for authorization, want := range c {
			var header []string
			if authorization != "" {
				header = []string{"Authorization", authorization}
			}
			answer, text := p.rest(http.MethodGet, path, nil, header...)
			if answer.StatusCode != want.status || want.status == 401 && reasonIn(text) != want.reason {
				t.Errorf("%s with %q: %d %s", mode, authorization, answer.StatusCode, text)
			}
			sent := up.take()
			switch {
			case want.status == 401 && len(sent) > 0:
				t.Errorf("%s with %q: the upstream got %+v", mode, authorization, sent)
			case want.status == 200 && (len(sent) != 1 || !strings.EqualFold(sent[0].header.Get("Authorization"), "Bearer "+want.reason)):
				t.Errorf("%s with %q: the upstream got %+v", mode, authorization, sent)
			}
		}
	}
}
