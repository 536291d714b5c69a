package backend_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
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
	case strings.Contains(err.Error(), "jane"):
		t.Errorf("the error holds the id: %v", err)
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

func TestTLSThatFails(t *testing.T) {
	t.Parallel()
	start := func(conf func(*httptest.Server)) string {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = quiet
		conf(s)
		t.Cleanup(s.Close)
		return s.URL
	}
	tests := []struct{ name, url, want string }{
		{"a certificate of an unknown authority", start(func(s *httptest.Server) {
			s.TLS = &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
			s.StartTLS()
		}), "certificate"},
		{"TLS 1.1 only", start(func(s *httptest.Server) {
			s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
			s.StartTLS()
		}), "protocol version"},
		{"no TLS at all", strings.Replace(start((*httptest.Server).Start), "http:", "https:", 1), "TLS"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, request := range janes {
				_, err := newTransport(t, test.url).Do(t.Context(), request)
				checkConnError(t, err, false)
				if !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %q, want it to speak of %q", err, test.want)
				}
			}
		})
	}
}

// selfSigned is a certificate that no root vouches for.
func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestAConnectionThatBreaksBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	reset := func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) }
	say := func(text string) func(net.Conn) {
		return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
	}
	for name, last := range map[string]func(net.Conn){
		"it is closed":                        func(net.Conn) {},
		"it is reset":                         reset,
		"it breaks in the status":             say("HTTP/1.1 20"),
		"it breaks in the headers":            say("HTTP/1.1 200 OK\r\nContent-Ty"),
		"it breaks after a hint":              say(head("103 Early Hints")),
		"it speaks another protocol":          say("SSH-2.0-OpenSSH_9.9\r\n"),
		"its headers go over the bound":       say(head("200 OK", "X: "+strings.Repeat("x", 65<<10)) + "{}"),
		"its hints go over the bound":         say(strings.Repeat(head("103 Early Hints", "X: "+strings.Repeat("x", 1<<10)), 100) + ok("{}")),
		"its lengths contradict each other":   say(head("200 OK", "Content-Length: 1", "Content-Length: 2") + "{}"),
		"its length is not one":               say(head("200 OK", "Content-Length: -1") + "{}"),
		"its transfer encoding is not chunks": say(head("200 OK", "Transfer-Encoding: gzip") + "{}"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serveBytes(t, func(_ int, conn net.Conn) bool { last(conn); return false })
			for _, request := range janes {
				_, err := newTransport(t, w.url).Do(t.Context(), request)
				checkConnError(t, err, true)
			}
			if got := len(w.got()); got != len(janes) {
				t.Errorf("the upstream got %d requests, want %d", got, len(janes))
			}
		})
	}
}

// TestHeadersUpToTheBoundPass is the other side of the bound above.
func TestHeadersUpToTheBoundPass(t *testing.T) {
	t.Parallel()
	w := answering(t, ok("{}", "X: "+strings.Repeat("x", 60<<10)))
	if _, err := newTransport(t, w.url).Do(t.Context(), get("/x")); err != nil {
		t.Error(err)
	}
}

// TestADialThatTimesOutIsNoDeadline: the time that a dial may take is ours, yet
// net's error for it passes for context.DeadlineExceeded.
func TestADialThatTimesOutIsNoDeadline(t *testing.T) {
	t.Parallel()
	_, timeout := (&net.Dialer{Timeout: time.Nanosecond}).Dial("tcp", "127.0.0.1:1")
	if !errors.Is(timeout, context.DeadlineExceeded) {
		t.Fatalf("net's error has changed: %v", timeout)
	}
	b, err := backend.NewTransportOver(backend.TransportOptions{BaseURL: "http://upstream.test"}, failing{timeout})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Do(t.Context(), get("/users/jane"))
	checkConnError(t, err, false)
	if !strings.Contains(err.Error(), "i/o timeout") {
		t.Errorf("got %q, want the reason in it", err)
	}
}

// failing is a wire that brings nothing but an error.
type failing struct{ error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.error }

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
