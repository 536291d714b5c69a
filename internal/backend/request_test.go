package backend_test

import (
	"net/http"
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
			name:    "what must not stand in a path is escaped",
			request: backend.Request{Method: "GET", Path: "/users/a\r\nX: y"},
			line:    "GET /users/a%0D%0AX:%20y HTTP/1.1", rest: accept + end,
		},
		{
			name:    "a path that could be taken for a host",
			request: backend.Request{Method: "GET", Path: "//other.example/x"},
			line:    "GET //other.example/x HTTP/1.1", rest: accept + end,
		},
		{
			name:    "the query is not written anew",
			request: backend.Request{Method: "GET", Path: "/x", RawQuery: "b=2&a=1&expand=a,b&c;d&e=%zz&f=1#2"},
			line:    "GET /x?b=2&a=1&expand=a,b&c;d&e=%zz&f=1#2 HTTP/1.1", rest: accept + end,
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

// TestARequestThatCannotBeSentIsAnError: the operations escape properly, so this
// is a mistake in this program. The error goes to a log and must not hold ids.
func TestARequestThatCannotBeSentIsAnError(t *testing.T) {
	t.Parallel()
	w := answering(t, "HTTP/1.1 204 No Content\r\n\r\n")
	for name, request := range map[string]backend.Request{
		"a path with a broken escape":   {Method: "GET", Path: "/users/jane%2"},
		"a query with a line break":     {Method: "GET", Path: "/users", RawQuery: "name=jane\r\nX: y"},
		"a header with a line break":    {Method: "GET", Path: "/users", Header: http.Header{"Authorization": {"Bearer jane\r\nX: y"}}},
		"a verb that is not a token":    {Method: "GET /", Path: "/users"},
		"a header whose name is broken": {Method: "GET", Path: "/users", Header: http.Header{"X\r\nY": {"jane"}}},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := newTransport(t, w.url).Do(t.Context(), &request)
			if err == nil || strings.Contains(err.Error(), "jane") {
				t.Errorf("got %v, %v; want an error without the id", answer, err)
			}
		})
	}
	if got := w.got(); len(got) != 0 {
		t.Errorf("the upstream got %q", got)
	}
}

func TestABaseURLThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := backend.NewTransport(backend.TransportOptions{BaseURL: "http://[::1"}); err == nil {
		t.Error("no error")
	}
}
