package backend_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/inflight"
)

// BenchmarkCall is a call with the service's token over a connection that is
// kept. Over HTTP/1.1 the upstream allocates nothing.
func BenchmarkCall(b *testing.B) {
	call := func(b *testing.B, url string, request *backend.Request) {
		chain := backend.Chain(newTransport(b, url), backend.Authorize(backend.AuthAuto, (&login{}).tokens(1)))
		if _, err := chain.Do(b.Context(), request); err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := chain.Do(b.Context(), request); err != nil {
				b.Fatal(err)
			}
		}
	}
	post := &backend.Request{Method: http.MethodPost, Path: "/users", Body: []byte(`{"name":"x"}`)}
	b.Run("HTTP1/GET", func(b *testing.B) { call(b, answeringFast(b, ok(`{"id":"7"}`)), get("/users/7")) })
	b.Run("HTTP1/POST", func(b *testing.B) { call(b, answeringFast(b, ok(`{"id":"7"}`)), post) })
	handle := func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{"application/json"}
		_, _ = io.WriteString(w, `{"id":"7"}`)
	}
	b.Run("HTTP2/GET", func(b *testing.B) { url, _ := http2Server(b, handle); call(b, url, get("/users/7")) })
	b.Run("HTTP2/POST", func(b *testing.B) { url, _ := http2Server(b, handle); call(b, url, post) })
}

// BenchmarkCompressedAnswer is an answer that the upstream sends in gzip: unpacked,
// and passed on as it is.
func BenchmarkCompressedAnswer(b *testing.B) {
	for _, payload := range []string{"user_expanded", "users_page_100"} {
		text, err := os.ReadFile("../transcode/testdata/" + payload + ".json")
		if err != nil {
			b.Fatal(err)
		}
		for _, keep := range []bool{false, true} {
			way := map[bool]string{false: "unpacked", true: "passed on"}[keep]
			b.Run(payload+"/"+way, func(b *testing.B) {
				upstream, err := backend.NewTransport(backend.TransportOptions{
					BaseURL: answeringFast(b, ok(zip(string(text)), asGzip)), MaxResponseBytes: 64 << 20,
				})
				if err != nil {
					b.Fatal(err)
				}
				request := &backend.Request{
					Method: http.MethodGet, Path: "/x", AcceptGzip: keep, Memory: inflight.NewBudget(64 << 20).Internal(), Length: &inflight.Estimate{},
				}
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					answer, err := upstream.Do(b.Context(), request)
					if err != nil {
						b.Fatal(err)
					}
					answer.Release()
				}
			})
		}
	}
}

// answeringFast is an upstream whose requests have at most one line as body.
func answeringFast(b *testing.B, answer string) (url string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	text := []byte(answer)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			b.Cleanup(func() { conn.Close() })
			go func() {
				in := make([]byte, 4<<10)
				for {
					n, err := conn.Read(in)
					if err != nil {
						return
					}
					if bytes.HasPrefix(in[:n], []byte("POST")) == bytes.HasSuffix(in[:n], []byte("}")) {
						_, _ = conn.Write(text)
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}
