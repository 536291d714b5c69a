package e2e

import (
	"bytes"
	"context"
	bigendian "encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// flood is how the requests of a flood go.
type flood struct {
	name        string
	connections int
	streams     int // of each connection
	client      func() *transport
	url         func(*process) string
	contentType string
	message     func(size int) []byte
}

// transport is a client whose connections can be closed, whatever is on them.
type transport struct {
	http.RoundTripper
	mu    sync.Mutex
	conns []net.Conn
}

func (c *transport) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns = append(c.conns, conn)
	return conn, err
}

func (c *transport) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

func overHTTP1() *transport {
	c := &transport{}
	c.RoundTripper = &http.Transport{DialContext: c.dial}
	return c
}

func overHTTP2() *transport {
	c := &transport{}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	c.RoundTripper = &http.Transport{
		DialContext: c.dial, Protocols: protocols, MaxConnsPerHost: 1,
		HTTP2: &http.HTTP2Config{StrictMaxConcurrentRequests: true},
	}
	return c
}

// grpcText is a message of so many bytes: PatchUser with a long name.
func grpcText(size int) []byte {
	body := append([]byte{0x12}, varint(size)...) // UpdateUser.name
	body = append(body, bytes.Repeat([]byte("x"), size)...)
	request := append([]byte{0x0a, 1, 'u', 0x12}, varint(len(body))...)
	request = append(request, body...)
	return append(bigendian.BigEndian.AppendUint32([]byte{0}, uint32(len(request))), request...)
}

func varint(n int) []byte { return bigendian.AppendUvarint(nil, uint64(n)) }

func jsonText(size int) []byte {
	return []byte(`{"name":"` + string(bytes.Repeat([]byte("x"), size)) + `"}`)
}

// endless is a body that stops before its end, or trickles to it.
type endless struct {
	text    []byte
	trickle time.Duration
	stop    <-chan struct{}
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.text) > 1000 {
		n := copy(p, e.text[:len(e.text)-1000])
		e.text = e.text[n:]
		return n, nil
	}
	if e.trickle == 0 || len(e.text) == 0 {
		<-e.stop
		return 0, io.EOF
	}
	select {
	case <-e.stop:
		return 0, io.EOF
	case <-time.After(e.trickle):
	}
	n := copy(p, e.text[:1])
	e.text = e.text[n:]
	return n, nil
}

func (e *endless) Close() error { return nil }

const patchUser = "/genesyscloud.users.v1.UsersService/PatchUser"

// TestUnfinishedRequestsAreBounded: however a client sends much and finishes nothing,
// the memory of the process is bounded, small calls of others are served meanwhile,
// receipt ends, and afterwards all is as before.
func TestUnfinishedRequestsAreBounded(t *testing.T) {
	const budget, size = 32 << 20, 498_000
	grpcURL := func(p *process) string { return "http://" + p.GRPC + patchUser }
	restURL := func(p *process) string { return "http://" + p.HTTP + "/api/v2/users/u" }
	for _, f := range []flood{
		{"gRPC, 14 connections", 14, 100, overHTTP2, grpcURL, "application/grpc", grpcText},
		{"gRPC, 1 connection", 1, 100, overHTTP2, grpcURL, "application/grpc", grpcText},
		{"gRPC, a connection each", 700, 1, overHTTP2, grpcURL, "application/grpc", grpcText},
		{"h2c, 14 connections", 14, 100, overHTTP2, restURL, "application/json", jsonText},
		{"h2c, 1 connection", 1, 100, overHTTP2, restURL, "application/json", jsonText},
		{"HTTP/1.1", 700, 1, overHTTP1, restURL, "application/json", jsonText},
	} {
		for _, trickle := range []time.Duration{0, 3 * time.Millisecond} {
			t.Run(fmt.Sprintf("%s, every %v", f.name, trickle), func(t *testing.T) {
				up := newUpstream(t)
				up.do(answering(1))
				p := startPlain(t, up.URL, fmt.Sprintf("--max-inflight-bytes=%d", budget), fmt.Sprintf("--max-response-bytes=%d", min(budget/2, 32<<20)), "--timeout=2s", "--max-timeout=2s", "--pprof", "--log-level=error")
				p.neighboursAreServed()
				before, resident := p.calm(up), p.peak()
				stop := make(chan struct{})
				ctx, cancel := context.WithCancel(t.Context())
				var attack errgroup.Group
				var clients []*transport
				for range f.connections {
					client := f.client()
					clients = append(clients, client)
					for range f.streams {
						attack.Go(func() error {
							r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url(p), &endless{f.message(size), trickle, stop})
							if err != nil {
								return err
							}
							r.Header.Set("Content-Type", f.contentType)
							if f.contentType == "application/json" {
								r.Method, r.ContentLength = http.MethodPatch, size+11
							}
							answer, err := client.RoundTrip(r)
							if err == nil { // refused, or cut off: what it is does not matter
								_, _ = io.Copy(io.Discard, answer.Body)
								_ = answer.Body.Close()
							}
							return nil
						})
					}
				}
				eventually(t, func() bool { return p.memory().Used > 4<<20 }, func() string { return "the flood does not come" })
				p.neighboursAreServed()
				eventually(t, func() bool { return p.memory().Used == 0 }, func() string { return fmt.Sprintf("receipt does not end: %+v", p.memory()) })
				p.neighboursAreServed()
				t.Logf("resident %d MiB before, %d MiB at most", resident, p.peak())
				if most := resident + budget>>20 + 64; p.peak() > most {
					t.Errorf("%d MiB were resident, want no more than %d", p.peak(), most)
				}
				close(stop)
				cancel()
				must(t, attack.Wait())
				for _, client := range clients {
					client.close()
				}
				p.asBefore(up, before)
			})
		}
	}
}

// Requests that have come and wait for an upstream that hangs are bounded, too.
func TestWholeRequestsThatWaitAreBounded(t *testing.T) {
	const budget, size = 32 << 20, 498_000
	up := newUpstream(t)
	release := make(chan struct{})
	up.do(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch && r.ContentLength > 1000 {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
		answering(1)(w, r)
	})
	p := startPlain(t, up.URL, fmt.Sprintf("--max-inflight-bytes=%d", budget), fmt.Sprintf("--max-response-bytes=%d", min(budget/2, 32<<20)), "--timeout=4s", "--max-timeout=4s", "--pprof", "--log-level=error")
	p.neighboursAreServed()
	before, resident := p.calm(up), p.peak()
	var attack errgroup.Group
	var clients []*transport
	for range 6 {
		client := overHTTP2()
		clients = append(clients, client)
		for range 100 {
			attack.Go(func() error {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+p.GRPC+patchUser, bytes.NewReader(grpcText(size)))
				if err != nil {
					return err
				}
				r.Header.Set("Content-Type", "application/grpc")
				if answer, err := client.RoundTrip(r); err == nil {
					_, _ = io.Copy(io.Discard, answer.Body)
					_ = answer.Body.Close()
				}
				return nil
			})
		}
	}
	eventually(t, func() bool { return p.memory().Used > 4<<20 }, func() string { return "the flood does not come" })
	p.neighboursAreServed()
	must(t, attack.Wait())
	close(release)
	for _, client := range clients {
		client.close()
	}
	t.Logf("resident %d MiB before, %d MiB at most", resident, p.peak())
	if most := resident + budget>>20 + 64; p.peak() > most {
		t.Errorf("%d MiB were resident, want no more than %d", p.peak(), most)
	}
	p.asBefore(up, before)
}

// A small message that is large when it is decoded counts as what it becomes.
func TestMessagesCountAsWhatTheyBecome(t *testing.T) {
	const budget = 32 << 20
	up := newUpstream(t)
	up.do(answering(1))
	p := startPlain(t, up.URL, fmt.Sprintf("--max-inflight-bytes=%d", budget), fmt.Sprintf("--max-response-bytes=%d", min(budget/2, 32<<20)), "--pprof", "--log-level=error")
	p.neighboursAreServed()
	before, resident := p.calm(up), p.peak()
	request := &usersv1.PatchUsersBulkRequest{}
	for range 240_000 {
		request.Body = append(request.Body, &usersv1.PatchUser{})
	}
	conn := p.dial()
	users := usersv1.NewUsersServiceClient(conn)
	var all errgroup.Group
	for range 50 {
		all.Go(func() error {
			if _, err := users.PatchUsersBulk(within(t), request); err == nil {
				return fmt.Errorf("a quarter of a million of patches is accepted")
			}
			return nil
		})
	}
	must(t, all.Wait())
	must(t, conn.Close())
	t.Logf("resident %d MiB before, %d MiB at most", resident, p.peak())
	if most := resident + budget>>20 + 192; p.peak() > most { // one of them is always decoded
		t.Errorf("%d MiB were resident, want no more than %d", p.peak(), most)
	}
	p.asBefore(up, before)
}

// One operation that hangs upstream, before or after the head of its answers, stops
// no other.
func TestAnOperationThatHangsStopsNoOther(t *testing.T) {
	for name, c := range map[string]struct {
		callers int
		length  int // -1: not said
		head    bool
	}{
		"20 pages, before the head":                {20, 4 << 20, false},
		"20 pages, after the head":                 {20, 4 << 20, true},
		"300 of unseen size, before the head":      {300, -1, false},
		"300 of unseen size, after the head":       {300, -1, true},
		"300 that say that they are 20 MiB, after": {300, 20 << 20, true},
	} {
		t.Run(name, func(t *testing.T) {
			up := newUpstream(t)
			release := make(chan struct{})
			up.do(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/api/v2/users" {
					answering(1)(w, r)
					return
				}
				if c.head {
					w.Header().Set("Content-Type", "application/json")
					if c.length >= 0 {
						w.Header().Set("Content-Length", fmt.Sprint(c.length))
					}
					w.WriteHeader(http.StatusOK)
					_ = http.NewResponseController(w).Flush()
				}
				select {
				case <-release:
				case <-r.Context().Done():
				}
			})
			p := start(t, up.URL, "--timeout=20s", "--pprof", "--log-level=error")
			p.neighboursAreServed()
			before := p.calm(up)
			ctx, cancel := context.WithCancel(t.Context())
			var callers sync.WaitGroup
			conn := p.dial()
			for i := range c.callers {
				callers.Go(func() {
					if i%2 == 0 {
						_, err := usersv1.NewUsersServiceClient(conn).GetUsers(ctx, &usersv1.GetUsersRequest{})
						if code := status.Code(err); code != codes.Canceled {
							t.Errorf("one that hangs got %v", err)
						}
						return
					}
					r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.HTTP+"/api/v2/users", http.NoBody)
					if err != nil {
						t.Error(err)
						return
					}
					if answer, err := http.DefaultTransport.RoundTrip(r); err == nil {
						_ = answer.Body.Close()
					}
				})
			}
			eventually(t, func() bool {
				up.mu.Lock()
				defer up.mu.Unlock()
				return len(up.requests) >= min(c.callers, 150+100)
			}, func() string { return "they do not come through" })
			p.neighboursAreServed()
			cancel()
			callers.Wait()
			close(release)
			must(t, conn.Close())
			p.asBefore(up, before)
		})
	}
}
