package backend_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http2"

	"github.com/switchboard-gw/switchboard/internal/backend"
)

// http2Server counts its connections.
func http2Server(t testing.TB, handle http.HandlerFunc) (url string, connections *atomic.Int32) {
	t.Helper()
	connections = new(atomic.Int32)
	s := httptest.NewUnstartedServer(handle)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = quiet
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL, connections
}

func TestHTTP2RequestsArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	type request struct {
		Proto, Method, URI, Body string
		Length                   int64
		Header                   http.Header
	}
	var got request
	url, _ := http2Server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = request{r.Proto, r.Method, r.RequestURI, string(body), r.ContentLength, r.Header}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, zip(`{"id":"7"}`))
	})
	answer, err := newTransport(t, url).Do(t.Context(), &backend.Request{
		Method: "PATCH", Path: "/users/a%2Fb%25", RawQuery: "expand=a,b", Body: []byte("{}"),
		Header: http.Header{"Authorization": {"Bearer t"}, "Connection": {"X-Hop"}, "X-Hop": {"no"}, "Te": {"trailers"}},
	})
	if err != nil || answer.Status != 200 || string(answer.Body) != `{"id":"7"}` {
		t.Fatalf("got %v, %v", answer, err)
	}
	want := request{"HTTP/2.0", "PATCH", "/users/a%2Fb%25?expand=a,b", "{}", 2, http.Header{
		"Accept": {"application/json"}, "Accept-Encoding": {"gzip"}, "Authorization": {"Bearer t"},
		"Content-Length": {"2"}, "Content-Type": {"application/json"}, "User-Agent": {userAgent},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the upstream got (-want +got):\n%s", diff)
	}
}

// TestHTTP2SurvivesABadAnswer: the answers below end their call only, not the
// connection that it shares with others.
func TestHTTP2SurvivesABadAnswer(t *testing.T) {
	t.Parallel()
	type judge func(t *testing.T, err error)
	fault := func(want backend.AnswerFault) judge {
		return func(t *testing.T, err error) {
			var fault *backend.AnswerError
			if !errors.As(err, &fault) || fault.Fault != want {
				t.Errorf("got %v, want %q", err, want)
			}
		}
	}
	noAnswer := func(t *testing.T, err error) { checkConnError(t, err, true) }
	begin := func(w http.ResponseWriter, length string) {
		w.Header().Set("Content-Type", "application/json")
		if length != "" {
			w.Header().Set("Content-Length", length)
		}
		_, _ = io.WriteString(w, "{")
		_ = http.NewResponseController(w).Flush()
	}
	mega := strings.Repeat("x", 1<<20)
	tests := []struct {
		name  string
		serve http.HandlerFunc
		judge judge
	}{
		{"the stream is reset before the answer", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, noAnswer},
		{"the headers go over the bound", func(w http.ResponseWriter, _ *http.Request) {
			for range 66 {
				w.Header().Add("X", mega[:1<<10])
			}
		}, noAnswer},
		{"the stream is reset in the body", func(w http.ResponseWriter, _ *http.Request) {
			begin(w, "")
			panic(http.ErrAbortHandler)
		}, fault(backend.Truncated)},
		{"a length that is not reached", func(w http.ResponseWriter, _ *http.Request) { begin(w, "99") }, fault(backend.Truncated)},
		{"a length over the bound", func(w http.ResponseWriter, _ *http.Request) { begin(w, "104857600") }, fault(backend.TooLarge)},
		{"100 MB", func(w http.ResponseWriter, _ *http.Request) {
			begin(w, "")
			for range 100 {
				if _, err := io.WriteString(w, mega); err != nil {
					return
				}
			}
		}, fault(backend.TooLarge)},
		{"1 GB in gzip", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			bomb := zip(mega)
			for range 1000 {
				if _, err := io.WriteString(w, bomb); err != nil {
					return
				}
			}
		}, fault(backend.TooLarge)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			url, connections := http2Server(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/bad" {
					test.serve(w, r)
				}
			})
			b := newTransport(t, url)
			for range 3 {
				_, err := b.Do(t.Context(), get("/bad"))
				test.judge(t, err)
				if answer, err := b.Do(t.Context(), get("/good")); err != nil || answer.Status != 200 {
					t.Errorf("afterwards: %v, %v", answer, err)
				}
			}
			if got := connections.Load(); got != 1 {
				t.Errorf("%d connections were made, want 1", got)
			}
		})
	}
}

// TestHowMuchAnUpstreamMaySendUnread: net/http's documentation allows less for a
// connection than its code does.
func TestHowMuchAnUpstreamMaySendUnread(t *testing.T) {
	t.Parallel()
	up := serveFrames(t, func(s stream) bool { s.answer("200", "{}"); return true })
	if _, err := newTransport(t, up.url).Do(t.Context(), get("/x")); err != nil {
		t.Fatal(err)
	}
	up.end()
	if !slices.Contains(up.settings, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 256 << 10}) {
		t.Errorf("for a stream: %v", up.settings)
	}
	if up.window != 32<<20 {
		t.Errorf("for the connection: %d more than HTTP/2 begins with", up.window)
	}
}

// TestAnAnswerIsLargerThanTheBuffers of its stream and its connection.
func TestAnAnswerIsLargerThanTheBuffers(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("x", 40<<20)
	url, _ := http2Server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
	b, err := backend.NewTransport(backend.TransportOptions{BaseURL: url, MaxResponseBytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := b.Do(t.Context(), get("/x")); err != nil || string(answer.Body) != body {
		t.Errorf("got %v", err)
	}
}

// TestADeadHTTP2ConnectionIsGivenUp: when a firewall forgets a connection,
// nothing says so, and one HTTP/2 connection carries all calls.
func TestADeadHTTP2ConnectionIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network := &pipes{connections: make(chan net.Conn), closed: make(chan struct{})}
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		s.Listener.Close()
		s.Listener, s.EnableHTTP2 = network, true
		s.StartTLS()
		defer s.Close()
		wire := backend.NewHTTP(network.dial)
		defer wire.CloseIdleConnections()
		b, err := backend.NewTransportOver(backend.TransportOptions{BaseURL: "https://example.com", MaxResponseBytes: limit}, wire)
		if err != nil {
			t.Fatal(err)
		}
		call := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			_, err := b.Do(ctx, get("/x"))
			return err
		}
		if err := call(); err != nil {
			t.Fatal(err)
		}
		network.dead().swallow()
		if err := call(); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want the deadline", err)
		}
		time.Sleep(time.Minute)
		if err := call(); err != nil {
			t.Errorf("a minute later: %v", err)
		}
	})
}

// pipes is a network in memory.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
	close       sync.Once

	mu     sync.Mutex
	newest *pipe
}

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	c := &pipe{Conn: near, swallowing: make(chan struct{})}
	p.mu.Lock()
	p.newest = c
	p.mu.Unlock()
	p.connections <- far
	return c, nil
}

func (p *pipes) dead() *pipe {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.newest
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.connections:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.close.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443} }

// pipe is a connection of which the far side may stop hearing.
type pipe struct {
	net.Conn
	swallowing chan struct{}
}

func (p *pipe) swallow() { close(p.swallowing) }

func (p *pipe) Write(b []byte) (int, error) {
	select {
	case <-p.swallowing:
		return len(b), nil
	default:
		return p.Conn.Write(b)
	}
}
