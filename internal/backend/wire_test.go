package backend_test

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/backend"
)

const userAgent = "switchboard/test"

// limit bounds the answers of newTransport's upstream, in bytes.
const limit = 64 << 10

func newTransport(t testing.TB, baseURL string) backend.Backend {
	t.Helper()
	b, err := backend.NewTransport(backend.TransportOptions{BaseURL: baseURL, MaxResponseBytes: limit, UserAgent: userAgent})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// quiet is for servers that are meant to meet errors.
var quiet = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)

func get(path string) *backend.Request { return &backend.Request{Method: http.MethodGet, Path: path} }

// wire is an upstream of bytes: it shows each request as it was on the wire and
// lets the test write the answer.
type wire struct {
	url string

	mu          sync.Mutex
	requests    []string
	connections []net.Conn
}

// serveBytes starts a wire. handle answers the nth request (from 0) of all; the
// connection is kept as long as it returns true.
func serveBytes(t *testing.T, handle func(n int, conn net.Conn) (keep bool)) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveBytesOn(t, l, handle)
}

func serveBytesOn(t *testing.T, l net.Listener, handle func(n int, conn net.Conn) (keep bool)) *wire {
	t.Helper()
	w := &wire{url: "http://" + l.Addr().String()}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			w.mu.Lock()
			w.connections = append(w.connections, conn)
			w.mu.Unlock()
			running.Go(func() {
				defer conn.Close()
				in := &recorder{Reader: conn}
				buffered := bufio.NewReader(in)
				for n, ok := w.record(in, buffered); ok && handle(n, conn); n, ok = w.record(in, buffered) {
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); w.hangUp(); running.Wait() })
	return w
}

func (w *wire) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, conn := range w.connections {
		conn.Close()
	}
}

// recorder keeps what was read from a connection.
type recorder struct {
	io.Reader
	read bytes.Buffer
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.read.Write(p[:n])
	return n, err
}

// record takes the next request off a connection and returns its number.
func (w *wire) record(in *recorder, buffered *bufio.Reader) (int, bool) {
	r, err := http.ReadRequest(buffered)
	if err != nil {
		return 0, false
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return 0, false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests = append(w.requests, in.read.String())
	in.read.Reset()
	return len(w.requests) - 1, true
}

func (w *wire) got() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests
}

// answering serves the same bytes to every request and hangs up.
func answering(t *testing.T, answer string) *wire {
	return serveBytes(t, func(_ int, conn net.Conn) bool {
		_, _ = io.WriteString(conn, answer)
		return false
	})
}
