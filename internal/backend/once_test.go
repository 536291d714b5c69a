package backend_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/test/bufconn"

	"github.com/switchboard-gw/switchboard/internal/backend"
)

// everyRequest is one of each verb, without and with a body, and what net/http
// takes for a promise that it may be repeated.
func everyRequest() []*backend.Request {
	var all []*backend.Request
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"} {
		all = append(all, &backend.Request{Method: method, Path: "/x"}, &backend.Request{Method: method, Path: "/x", Body: []byte(`{}`)})
	}
	return append(all,
		&backend.Request{Method: "POST", Path: "/x", Header: http.Header{"Idempotency-Key": {"k"}}},
		&backend.Request{Method: "PATCH", Path: "/x", Header: http.Header{"X-Idempotency-Key": {"k"}}, Body: []byte(`{}`)},
		large)
}

// large is still on its way when its head is answered.
var large = &backend.Request{Method: "PUT", Path: "/x", Body: make([]byte, 100<<10)}

// within bounds a call that should not take long at all.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// rude are the ways of an HTTP/2 upstream to give a request back, those among
// them that promise that it was not looked at.
func rude() map[string]func(stream) (keep bool) {
	ways := map[string]func(stream) bool{
		"hangs up": func(stream) bool { return false },
		"resets the connection": func(s stream) bool {
			_ = s.Conn.(interface{ NetConn() net.Conn }).NetConn().(*net.TCPConn).SetLinger(0)
			return false
		},
		"hangs up in the head of the answer": func(s stream) bool {
			_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: []byte{0x88}})
			return false
		},
		"hangs up after a hint": func(s stream) bool {
			_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: []byte{0x48, 3, '1', '0', '3'}, EndHeaders: true})
			return false
		},
		"breaks the protocol": func(s stream) bool { _ = s.WriteRawFrame(http2.FrameData, 0, 0, []byte("x")); return true },
		"sends no status": func(s stream) bool {
			_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, EndHeaders: true, EndStream: true})
			return true
		},
	}
	for code := range http2.ErrCode(15) { // one more than there are
		ways[fmt.Sprint("RST_STREAM ", code)] = func(s stream) bool { _ = s.WriteRSTStream(s.id, code); return true }
	}
	for _, code := range []http2.ErrCode{http2.ErrCodeNo, http2.ErrCodeProtocol} {
		for name, last := range map[string]func(stream) uint32{
			"0":                func(stream) uint32 { return 0 },
			"the one before":   func(s stream) uint32 { return s.id - min(s.id, 2) },
			"this one":         func(s stream) uint32 { return s.id },
			"all":              func(stream) uint32 { return math.MaxInt32 },
			"all, and then 0":  func(s stream) uint32 { _ = s.WriteGoAway(math.MaxInt32, http2.ErrCodeNo, nil); return 0 },
			"this, and then 0": func(s stream) uint32 { _ = s.WriteGoAway(s.id, http2.ErrCodeNo, nil); return 0 },
		} {
			goAway := func(s stream) { _ = s.WriteGoAway(last(s), code, []byte("words")) }
			ways[fmt.Sprintf("GOAWAY %v of %s and hangs up", code, name)] = func(s stream) bool { goAway(s); return false }
			ways[fmt.Sprintf("GOAWAY %v of %s and RST_STREAM", code, name)] = func(s stream) bool {
				goAway(s)
				_ = s.WriteRSTStream(s.id, http2.ErrCodeRefusedStream)
				return true
			}
		}
	}
	return ways
}

// TestOneCallIsOneRequestOverHTTP2 whatever the upstream does and promises, on a
// new connection and on one that was good before, at the head of the request and
// at its end.
func TestOneCallIsOneRequestOverHTTP2(t *testing.T) {
	t.Parallel()
	for name, way := range rude() {
		for _, after := range []int{0, 1} { // good answers before
			t.Run(fmt.Sprintf("%s, after %d", name, after), func(t *testing.T) {
				t.Parallel()
				var bad, atHead atomic.Bool
				up := serveFrames(t, func(s stream) bool {
					switch {
					case bad.Load() && s.head == atHead.Load():
						return way(s)
					case !bad.Load() && !s.head:
						s.answer("200", "{}")
					}
					return true
				})
				calls := 0
				try := func(request *backend.Request) {
					b := newTransport(t, up.url)
					bad.Store(false)
					for range after {
						calls++
						if _, err := b.Do(within(t), get("/x")); err != nil {
							t.Fatal(err)
						}
					}
					bad.Store(true)
					calls++
					answer, err := b.Do(within(t), request)
					if answer != nil {
						t.Fatalf("%s: got %v", request.Method, answer)
					}
					checkConnError(t, err, true)
					if got, _ := up.got(); len(got) != calls {
						t.Errorf("%s with %d bytes: the upstream got %d requests of %d calls", request.Method, len(request.Body), len(got), calls)
						calls = len(got)
					}
				}
				for i, request := range everyRequest() {
					if i%3 == 0 || !strings.HasPrefix(name, "GOAWAY") { // of those there are many
						try(request)
					}
				}
				atHead.Store(true)
				try(large)
				up.end()
				if got, _ := up.got(); len(got) != calls {
					t.Errorf("%d requests came late", len(got)-calls)
				}
			})
		}
	}
}

// TestOneCallIsOneRequestOverHTTP1 on a new connection, where net/http repeats
// nothing, and on one that was good before.
func TestOneCallIsOneRequestOverHTTP1(t *testing.T) {
	t.Parallel()
	say := func(text string) func(net.Conn) {
		return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
	}
	for name, last := range map[string]func(net.Conn){
		"hangs up":                      func(net.Conn) {},
		"resets the connection":         func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) },
		"closes one way":                func(conn net.Conn) { _ = conn.(*net.TCPConn).CloseWrite(); _, _ = io.Copy(io.Discard, conn) },
		"hangs up after the first byte": say("H"),
		"hangs up in the status":        say("HTTP/1.1 20"),
		"hangs up in the head":          say("HTTP/1.1 200 OK\r\nContent-Ty"),
		"hangs up after a hint":         say(head("103 Early Hints")),
		"hangs up in a refusal":         say("HTTP/1.1 408 Request Timeout\r\n"),
		"speaks another protocol":       say("SSH-2.0-OpenSSH_9.9\r\n"),
	} {
		for _, after := range []int{0, 1, 3} {
			t.Run(fmt.Sprintf("%s, after %d", name, after), func(t *testing.T) {
				t.Parallel()
				for _, request := range everyRequest() {
					w := serveBytes(t, func(n int, conn net.Conn) bool {
						if n < after {
							_, _ = io.WriteString(conn, ok("{}"))
							return true
						}
						last(conn)
						return false
					})
					b := newTransport(t, w.url)
					for range after {
						if _, err := b.Do(within(t), get("/x")); err != nil {
							t.Fatal(err)
						}
					}
					answer, err := b.Do(within(t), request)
					if answer != nil {
						t.Fatalf("%s: got %v", request.Method, answer)
					}
					checkConnError(t, err, true)
					if got := len(w.got()); got != after+1 {
						t.Errorf("%s with %d bytes: the upstream got %d requests, want %d", request.Method, len(request.Body), got, after+1)
					}
				}
			})
		}
	}
}

// TestALoginIsOneRequest: the login host counts them.
func TestALoginIsOneRequest(t *testing.T) {
	t.Parallel()
	for name, way := range rude() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up := serveFrames(t, func(s stream) bool { return s.head || way(s) })
			_, err := backend.NewTokens(credentials(up.url)).Lease(within(t))
			checkTokenError(t, err, "cannot be reached")
			up.end()
			if got, _ := up.got(); len(got) != 1 {
				t.Errorf("the login host got %d requests", len(got))
			}
		})
	}
}

// TestAConnectionThatEndedMeanwhileFailsNobody: as long as nothing was sent,
// another connection is as good.
func TestAConnectionThatEndedMeanwhileFailsNobody(t *testing.T) {
	t.Parallel()
	goAway := func(last uint32, code http2.ErrCode) func(stream) bool {
		return func(s stream) bool { s.answer("200", "{}"); _ = s.WriteGoAway(last, code, nil); return true }
	}
	for name, way := range map[string]func(stream) bool{
		"closed":          func(s stream) bool { s.answer("200", "{}"); return false },
		"GOAWAY":          goAway(1, http2.ErrCodeNo),
		"GOAWAY of all":   goAway(math.MaxInt32, http2.ErrCodeNo),
		"GOAWAY in anger": goAway(1, http2.ErrCodeEnhanceYourCalm),
	} {
		t.Run("HTTP/2, "+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network := bufconn.Listen(64 << 10)
				up := serveFramesOn(t, network, func(s stream) bool { return s.head || way(s) })
				callAll(t, "https://example.com", network, func() (int, int) { requests, connections := up.got(); return len(requests), connections })
			})
		})
	}
	t.Run("HTTP/1.1, closed", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			network := bufconn.Listen(64 << 10)
			w := serveBytesOn(t, network, func(_ int, conn net.Conn) bool { _, _ = io.WriteString(conn, ok("{}")); return false })
			callAll(t, "http://example.com", network, func() (int, int) { return len(w.got()), len(w.connections) })
		})
	})
}

// callAll makes every call, each when the connection of the last one has ended.
func callAll(t *testing.T, url string, network *bufconn.Listener, got func() (requests, connections int)) {
	wire := backend.NewHTTP(func(ctx context.Context, _, _ string) (net.Conn, error) { return network.DialContext(ctx) })
	defer wire.CloseIdleConnections()
	b, err := backend.NewTransportOver(backend.TransportOptions{BaseURL: url, MaxResponseBytes: limit}, wire)
	if err != nil {
		t.Fatal(err)
	}
	for i, request := range everyRequest() {
		if request.Method == http.MethodHead {
			request.Method = http.MethodGet // the upstream sends a body
		}
		if _, err := b.Do(t.Context(), request); err != nil {
			t.Errorf("%s: %v", request.Method, err)
		}
		synctest.Wait()
		if requests, connections := got(); requests != i+1 || connections != i+1 {
			t.Errorf("%d requests on %d connections, want %d each", requests, connections, i+1)
		}
	}
}

// TestAWriteThatDidNotGetThroughIsWrittenAgain where that is certain: the kept
// connection takes no byte any more. net/http does not say so of what it takes for
// idempotent, of large bodies, and over HTTP/2.
func TestAWriteThatDidNotGetThroughIsWrittenAgain(t *testing.T) {
	t.Parallel()
	for _, request := range everyRequest() {
		t.Run(request.Method, func(t *testing.T) {
			t.Parallel()
			w := serveBytes(t, func(_ int, conn net.Conn) bool { _, _ = io.WriteString(conn, ok("{}")); return true })
			var deaf atomic.Pointer[deafened]
			wire := backend.NewHTTP(func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				c := &deafened{Conn: conn}
				deaf.CompareAndSwap(nil, c)
				return c, err
			})
			defer wire.CloseIdleConnections()
			b, err := backend.NewTransportOver(backend.TransportOptions{BaseURL: w.url, MaxResponseBytes: limit}, wire)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.Do(within(t), get("/x")); err != nil {
				t.Fatal(err)
			}
			deaf.Load().now.Store(true)
			_, err = b.Do(within(t), request)
			want := 2
			if request == large || request.Method == "GET" || request.Method == "HEAD" || request.Method == "OPTIONS" || len(request.Header) > 0 {
				checkConnError(t, err, true)
				want = 1
			} else if err != nil {
				t.Error(err)
			}
			if got := len(w.got()); got != want {
				t.Errorf("the upstream got %d requests, want %d", got, want)
			}
		})
	}
}

// deafened is a connection that takes nothing any more from a time on.
type deafened struct {
	net.Conn
	now atomic.Bool
}

func (d *deafened) Write(b []byte) (int, error) {
	if d.now.Load() {
		return 0, syscall.EPIPE
	}
	return d.Conn.Write(b)
}

// TestAConnectionThatIsFullFailsNobody: the upstream takes one request at a time
// on each of its connections, and says so when it has the first.
func TestAConnectionThatIsFullFailsNobody(t *testing.T) {
	t.Parallel()
	up := serveFrames(t, func(s stream) bool {
		if s.n == 0 {
			_ = s.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 1})
		}
		s.answer("200", "{}")
		return true
	})
	b := newTransport(t, up.url)
	var calls sync.WaitGroup
	const n = 30
	for range n {
		calls.Go(func() {
			if _, err := b.Do(within(t), &backend.Request{Method: http.MethodPost, Path: "/x"}); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	up.end()
	if got, _ := up.got(); len(got) != n {
		t.Errorf("%d requests for %d calls", len(got), n)
	}
}
