package backend_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/switchboard-gw/switchboard/internal/backend"
)

// checkConnError wants a ConnError that tells nothing of the request and cannot
// be taken for the end of the caller's context.
func checkConnError(t *testing.T, err error, sent bool) {
	t.Helper()
	var conn *backend.ConnError
	switch {
	case !errors.As(err, &conn):
		t.Fatalf("got %v, want a ConnError", err)
	case conn.Sent != sent:
		t.Errorf("sent is %v, want %v: %v", conn.Sent, sent, err)
	case conn.Kind == "" || conn.Error() != string(conn.Kind):
		t.Errorf("the error says more than its kind: %v", err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		t.Errorf("passes for the end of the caller's context: %v", err)
	}
}

var janes = []*backend.Request{
	{Method: http.MethodGet, Path: "/users/jane", RawQuery: "q=jane"},
	{Method: http.MethodPost, Path: "/users/jane", Body: []byte(`{"name":"jane"}`)},
}

func TestNoConnection(t *testing.T) {
	t.Parallel()
	url := "http://" + deafAddress(t)
	for _, request := range janes {
		_, err := newTransport(t, url).Do(t.Context(), request)
		checkConnError(t, err, false)
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("got %v, want the reason to be kept", err)
		}
	}
}

// deafAddress is one where nobody listens and, since a connection has it, nobody
// can start to.
func deafAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.LocalAddr().String()
}

// TestHeadersUpToTheBoundPass is the other side of the bound above.
func TestHeadersUpToTheBoundPass(t *testing.T) {
	t.Parallel()
	w := answering(t, ok("{}", "X: "+strings.Repeat("x", 60<<10)))
	if _, err := newTransport(t, w.url).Do(t.Context(), get("/x")); err != nil {
		t.Error(err)
	}
}

func TestTheEndOfTheCallersContext(t *testing.T) {
	t.Parallel()
	why := errors.New("the caller hung up")
	// The upstream is silent where the test says, and tells when it got there.
	places := map[string]string{
		"before the answer":       "",
		"in the headers":          "HTTP/1.1 200 OK\r\nContent-",
		"in the body":             head("200 OK", asJSON, "Content-Length: 99") + "{",
		"in the chunks":           head("200 OK", asJSON, asChunks) + chunked("{"),
		"in the compressed body":  head("200 OK", asJSON, asGzip, asChunks) + chunked(zip("{}")[:12]),
		"in the body of an error": head("500 No", asJSON, "Content-Length: 99"),
	}
	for place, text := range places {
		silent := func(t *testing.T) (*wire, <-chan struct{}) {
			arrived, done := make(chan struct{}), make(chan struct{})
			w := serveBytes(t, func(_ int, conn net.Conn) bool {
				_, _ = io.WriteString(conn, text)
				close(arrived)
				<-done
				return false
			})
			t.Cleanup(func() { close(done) }) // before serveBytes waits
			return w, arrived
		}
		t.Run("cancelled "+place, func(t *testing.T) {
			t.Parallel()
			w, arrived := silent(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			go func() { <-arrived; cancel(why) }()
			got, err := newTransport(t, w.url).Do(ctx, get("/x"))
			if got != nil || !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
				t.Errorf("got %v, %v; want the context's error and its cause", got, err)
			}
		})
		t.Run("deadline "+place, func(t *testing.T) {
			t.Parallel()
			w, _ := silent(t)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			got, err := newTransport(t, w.url).Do(ctx, get("/x"))
			if got != nil || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, %v; want the context's error", got, err)
			}
		})
	}
	t.Run("over from the start", func(t *testing.T) {
		t.Parallel()
		w := answering(t, ok("{}"))
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		got, err := newTransport(t, w.url).Do(ctx, get("/x"))
		if got != nil || !errors.Is(err, context.Canceled) || !errors.Is(err, why) || len(w.got()) != 0 {
			t.Errorf("got %v, %v after %d requests", got, err, len(w.got()))
		}
	})
}
