package backend_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// frames is an upstream of HTTP/2 frames: the test decides what goes out, and
// when a connection ends.
type frames struct {
	url string

	mu          sync.Mutex
	requests    []string // the verbs, as they came
	connections []net.Conn
	settings    []http2.Setting // of the last connection
	window      uint32          // and what its own is made larger by
	running     sync.WaitGroup
	listener    net.Listener
}

// stream is a request that has come: its head, or all of it.
type stream struct {
	*http2.Framer
	net.Conn

	id   uint32
	n    int  // the number of the request among all, from 0
	head bool // its body is still to come
}

// serveFrames starts such an upstream on the loopback. handle is called for the head of a request
// that has a body, and for the end of each; the connection is kept as long as it
// returns true.
func serveFrames(t testing.TB, handle func(s stream) (keep bool)) *frames {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveFramesOn(t, l, handle)
}

func serveFramesOn(t testing.TB, l net.Listener, handle func(s stream) (keep bool)) *frames {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	certificates := server.TLS.Certificates
	server.Close()
	f := &frames{url: "https://" + l.Addr().String(), listener: l}
	l = tls.NewListener(l, &tls.Config{Certificates: certificates, NextProtos: []string{"h2"}})
	f.running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.connections = append(f.connections, conn)
			f.mu.Unlock()
			f.running.Go(func() { defer conn.Close(); f.serve(conn, handle) })
		}
	})
	t.Cleanup(f.end)
	return f
}

// end hangs up and waits until nothing can come any more.
func (f *frames) end() {
	f.listener.Close()
	f.mu.Lock()
	for _, conn := range f.connections {
		conn.Close()
	}
	f.mu.Unlock()
	f.running.Wait()
}

// got is what has come until now.
func (f *frames) got() (requests []string, connections int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.requests...), len(f.connections)
}

func (f *frames) serve(conn net.Conn, handle func(stream) bool) {
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(conn, preface); err != nil {
		return
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	const enough = 1 << 20
	if framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: enough}) != nil || framer.WriteWindowUpdate(0, enough) != nil {
		return
	}
	numbers := map[uint32]int{}
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		s := stream{Framer: framer, Conn: conn, id: frame.Header().StreamID}
		var ended bool
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			f.noteSettings(frame)
			if !frame.IsAck() && framer.WriteSettingsAck() != nil {
				return
			}
			continue
		case *http2.WindowUpdateFrame:
			f.mu.Lock()
			if f.window == 0 {
				f.window = frame.Increment
			}
			f.mu.Unlock()
			continue
		case *http2.PingFrame:
			if !frame.IsAck() && framer.WritePing(true, frame.Data) != nil {
				return
			}
			continue
		case *http2.MetaHeadersFrame:
			f.mu.Lock()
			numbers[s.id] = len(f.requests)
			f.requests = append(f.requests, frame.PseudoValue("method"))
			f.mu.Unlock()
			ended = frame.StreamEnded()
		case *http2.DataFrame:
			if ended = frame.StreamEnded(); !ended {
				continue
			}
		default:
			continue
		}
		s.n, s.head = numbers[s.id], !ended
		if !handle(s) {
			return
		}
	}
}

func (f *frames) noteSettings(frame *http2.SettingsFrame) {
	if frame.IsAck() {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.settings = nil
	_ = frame.ForeachSetting(func(s http2.Setting) error { f.settings = append(f.settings, s); return nil })
}

// answer writes an answer's head and, where it is not the end, its body.
func (s stream) answer(status, body string, header ...string) {
	var head bytes.Buffer
	encoder := hpack.NewEncoder(&head)
	_ = encoder.WriteField(hpack.HeaderField{Name: ":status", Value: status})
	_ = encoder.WriteField(hpack.HeaderField{Name: "content-type", Value: "application/json"})
	for i := 0; i+1 < len(header); i += 2 {
		_ = encoder.WriteField(hpack.HeaderField{Name: header[i], Value: header[i+1]})
	}
	const most = 16 << 10 // of a frame
	fragment, rest := head.Bytes()[:min(most, head.Len())], head.Bytes()[min(most, head.Len()):]
	err := s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: fragment, EndHeaders: len(rest) == 0, EndStream: body == ""})
	for len(rest) > 0 {
		fragment, rest = rest[:min(most, len(rest))], rest[min(most, len(rest)):]
		err = errors.Join(err, s.WriteContinuation(s.id, len(rest) == 0, fragment))
	}
	if body != "" {
		err = errors.Join(err, s.WriteData(s.id, true, []byte(body)))
	}
	_ = err // the client may have gone
}
