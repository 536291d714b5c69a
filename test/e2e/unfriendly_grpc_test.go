package e2e

import (
	"bytes"
	stdgzip "compress/gzip"
	"context"
	bigendian "encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/status"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// A client whose connection dies in the middle of an answer takes nothing with it,
// however often.
func TestClientsThatDieInTheMiddleOfAnAnswerOweNothing(t *testing.T) {
	up := newUpstream(t)
	up.do(answering(1 << 20))
	p := start(t, up.URL, "--max-inflight-bytes=8MiB", "--max-response-bytes=4MiB", "--pprof")
	p.largeNeighboursAreServed()
	before := p.calm(up)
	for i := range 50 {
		c := dialHTTP2(t, p.GRPC, http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(i * 1000)})
		must(t, c.call(1, getUsers, &usersv1.GetUsersRequest{}))
		for { // until the answer has begun
			f, err := c.ReadFrame()
			must(t, err)
			if _, begun := f.(*http2.MetaHeadersFrame); begun {
				break
			}
		}
		must(t, c.Close())
	}
	for range 50 {
		answer := halfAnAnswer(t, p)
		must(t, answer.Body.Close()) // and the connection with it
	}
	p.largeNeighboursAreServed()
	p.asBefore(up, before)
}

// halfAnAnswer is a page over REST whose beginning has been read.
func halfAnAnswer(t *testing.T, p *process) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(within(t), http.MethodGet, "http://"+p.HTTP+"/api/v2/users", http.NoBody)
	must(t, err)
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	must(t, err)
	_, err = io.ReadFull(answer.Body, make([]byte, 1000))
	must(t, err)
	return answer
}

// A client that gives up a call, at whatever moment, keeps its connection and all
// other calls on it: an answer that comes too late is not one that it does not read.
func TestClientsMayGiveUpCallsAtAnyMoment(t *testing.T) {
	up := newUpstream(t)
	up.do(answering(200_000))
	p := start(t, up.URL, "--max-inflight-bytes=64MiB", "--timeout=2s", "--pprof")
	before := p.calm(up)
	conn := p.dial()
	users := usersv1.NewUsersServiceClient(conn)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	var all sync.WaitGroup
	var whole atomic.Int64
	for range 16 {
		all.Go(func() {
			for ctx.Err() == nil {
				call, giveUp := context.WithTimeout(ctx, 2*time.Second)
				time.AfterFunc(time.Duration(rand.IntN(20_000))*time.Microsecond, giveUp)
				_, err := users.GetUsers(call, &usersv1.GetUsersRequest{})
				switch status.Code(err) {
				case codes.OK:
					whole.Add(1)
				case codes.Canceled, codes.DeadlineExceeded:
				default:
					t.Errorf("a call ended with %v", err)
				}
				giveUp()
			}
		})
	}
	all.Wait()
	t.Logf("%d calls were not given up", whole.Load())
	eventually(t, func() bool { return p.memory().Used == 0 }, func() string { return "memory is not given back" })
	opened := p.memory().Connections
	time.Sleep(8 * time.Second) // longer than an answer may lie unread
	if m := p.memory(); m.Connections != opened {
		t.Errorf("%d connections were open, now %d", opened, m.Connections)
	}
	must(t, conn.Close())
	p.asBefore(up, before)
}

// The same at full speed, with nothing between the wire and the server: answers meet
// resets at every moment, and none is taken for one that is not read.
func TestAnswersThatMeetAResetAreNotOwed(t *testing.T) {
	up := newUpstream(t)
	up.do(answering(1))
	p := start(t, up.URL, "--timeout=1s", "--max-timeout=1s", "--log-level=error")
	c := dialHTTP2(t, p.GRPC)
	var reading errgroup.Group
	reading.Go(func() error { _, err := io.Copy(io.Discard, c.Conn); return err })
	stream := uint32(1)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		first := stream
		for range 20 {
			must(t, c.call(stream, getUser, &usersv1.GetUserRequest{UserId: "u"}))
			stream += 2
		}
		time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
		for ; first < stream; first += 2 {
			must(t, c.WriteRSTStream(first, http2.ErrCodeCancel))
		}
	}
	var m memory
	eventually(t, func() bool { m = p.memory(); return m.Used == 0 }, func() string { return fmt.Sprintf("after %d calls: %+v", stream/2, m) })
	if m.Connections != 1 {
		t.Error("the connection was closed")
	}
	_ = c.Close()
	_ = reading.Wait()
}

// One connection with a window of nothing and all the streams it may have.
func TestAConnectionThatReadsNothingCostsTheOthersNothing(t *testing.T) {
	up := newUpstream(t)
	up.do(answering(1 << 20))
	p := start(t, up.URL, "--max-inflight-bytes=32MiB", "--max-response-bytes=16MiB", "--timeout=2s", "--max-timeout=2s", "--pprof")
	p.largeNeighboursAreServed()
	before := p.calm(up)
	c := dialHTTP2(t, p.GRPC, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	for i := range 100 {
		must(t, c.call(uint32(2*i+1), getUsers, &usersv1.GetUsersRequest{}))
	}
	eventually(t, func() bool { return p.memory().Used > 4<<20 }, func() string { return "no answer is unread" })
	p.neighboursAreServed()
	p.largeNeighboursAreServed()
	c.isClosed()
	p.asBefore(up, before)
}

// Small answers, too, end with their connection a few seconds after their deadline.
func TestSmallAnswersMayNotLieUnreadForLongEither(t *testing.T) {
	up := newUpstream(t)
	up.do(answering(1))
	p := start(t, up.URL, "--timeout=1s", "--max-timeout=1s", "--pprof")
	before := p.calm(up)
	c := dialHTTP2(t, p.GRPC, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	must(t, c.call(1, getUser, &usersv1.GetUserRequest{UserId: "u"}))
	c.isClosed()
	p.asBefore(up, before)
}

// Streams are bounded, whatever a client makes of the settings.
func TestStreamsPerConnectionAreBounded(t *testing.T) {
	up := newUpstream(t)
	release := make(chan struct{})
	var inside, most atomic.Int64
	up.do(func(w http.ResponseWriter, r *http.Request) {
		n := inside.Add(1)
		defer inside.Add(-1)
		for {
			if m := most.Load(); n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
		answering(1)(w, r)
	})
	p := start(t, up.URL, "--pprof")
	before := p.calm(up)
	for name, open := range map[string]func(c *rawHTTP2, stream uint32) error{
		"gRPC": func(c *rawHTTP2, stream uint32) error {
			return c.call(stream, getUser, &usersv1.GetUserRequest{UserId: "u"})
		},
		"REST": func(c *rawHTTP2, stream uint32) error { return c.get(stream, "/api/v2/users/u") },
	} {
		address := p.GRPC
		if name == "REST" {
			address = p.HTTP
		}
		c := dialHTTP2(t, address)
		var reading errgroup.Group
		reading.Go(func() error { _, err := io.Copy(io.Discard, c.Conn); return err })
		for i := range 400 {
			if err := open(c, uint32(2*i+1)); err != nil {
				break // the server may have had enough
			}
		}
		eventually(t, func() bool { return inside.Load() > 0 }, func() string { return "no call is there" })
		_ = c.Close()
		_ = reading.Wait()
		eventually(t, func() bool { return inside.Load() == 0 }, func() string { return "calls of a client that is gone go on" })
	}
	if most.Load() > 100+10 {
		t.Errorf("%d calls at a time", most.Load())
	}
	close(release)
	p.asBefore(up, before)
}

// Opening and resetting streams as fast as one can costs nobody else anything.
func TestRapidResets(t *testing.T) {
	up := newUpstream(t)
	up.do(answering(1))
	p := start(t, up.URL, "--pprof")
	p.neighboursAreServed()
	before := p.calm(up)
	for name, open := range map[string]func(c *rawHTTP2, stream uint32) error{
		p.GRPC: func(c *rawHTTP2, stream uint32) error {
			return c.call(stream, getUser, &usersv1.GetUserRequest{UserId: "u"})
		},
		p.HTTP: func(c *rawHTTP2, stream uint32) error { return c.get(stream, "/api/v2/users/u") },
	} {
		var attack errgroup.Group
		for range 4 {
			c := dialHTTP2(t, name)
			attack.Go(func() error { _, _ = io.Copy(io.Discard, c.Conn); return nil })
			attack.Go(func() error {
				defer func() { _ = c.Close() }()
				for i := range 20_000 {
					if open(c, uint32(2*i+1)) != nil || c.WriteRSTStream(uint32(2*i+1), http2.ErrCodeCancel) != nil {
						return nil
					}
				}
				return nil
			})
		}
		p.neighboursAreServed()
		must(t, attack.Wait())
	}
	p.asBefore(up, before)
}

// A client that compresses is understood, whatever it compresses is bounded when it
// is unpacked, and its answers lie in the same books as all others.
func TestRequestsMayBeCompressed(t *testing.T) {
	up := newUpstream(t)
	up.do(answering(1 << 20))
	p := startPlain(t, up.URL, "--max-inflight-bytes=32MiB", "--max-response-bytes=16MiB", "--timeout=2s", "--max-timeout=2s", "--pprof", "--log-level=error")
	p.neighboursAreServed()
	p.largeNeighboursAreServed()
	before, resident := p.calm(up), p.peak()
	conn := p.dial()
	users := usersv1.NewUsersServiceClient(conn)
	name := strings.Repeat("x", 400_000)
	up.take()
	_, err := users.PatchUser(within(t), &usersv1.PatchUserRequest{UserId: "u", Body: &usersv1.UpdateUser{Name: &name}}, grpc.UseCompressor(gzip.Name))
	must(t, err)
	if r := up.one(t); len(r.body) < len(name) {
		t.Errorf("the upstream got %d bytes", len(r.body))
	}
	// A bomb: small on the wire, more than any request may be when it is unpacked.
	name = strings.Repeat("x", 8<<20)
	_, err = users.PatchUser(within(t), &usersv1.PatchUserRequest{UserId: "u", Body: &usersv1.UpdateUser{Name: &name}}, grpc.UseCompressor(gzip.Name))
	if status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a bomb: %v", err)
	}
	must(t, conn.Close())
	// Answers to a client that compresses and does not read.
	c := dialHTTP2(t, p.GRPC, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	var packed bytes.Buffer
	w := stdgzip.NewWriter(&packed)
	must(t, w.Close())
	for i := range 100 {
		stream := uint32(2*i + 1)
		must(t, c.open(stream, false, ":method", "POST", ":scheme", "http", ":path", getUsers, ":authority", "a", "content-type", "application/grpc", "te", "trailers", "grpc-encoding", "gzip", "grpc-accept-encoding", "gzip"))
		must(t, c.WriteData(stream, true, append(bigendian.BigEndian.AppendUint32([]byte{1}, uint32(packed.Len())), packed.Bytes()...)))
	}
	eventually(t, func() bool { return p.memory().Used > 4<<20 }, func() string { return "what is unread is not counted" })
	p.neighboursAreServed()
	c.isClosed()
	if most := resident + 32 + 64; p.peak() > most {
		t.Errorf("%d MiB were resident, want no more than %d", p.peak(), most)
	}
	p.asBefore(up, before)
}

// What a request that cannot be served is told: over gRPC that is ours to say only
// where grpc hands it over.
func TestWhatMakesNoMessageIsTheCallersToMend(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL, "--timeout=1s", "--max-timeout=1s")
	for name, c := range map[string]struct {
		text []byte
		end  bool
		want codes.Code
	}{
		"garbage":          {[]byte{0, 0, 0, 0, 2, 0xff, 0xff}, true, codes.InvalidArgument},
		"nothing":          {nil, true, codes.Internal},
		"half a message":   {[]byte{0, 0, 0, 0, 9, 1}, true, codes.Internal},
		"too large":        {[]byte{0, 0, 0xff, 0xff, 0xff, 1}, true, codes.ResourceExhausted},
		"never finished":   {[]byte{0, 0, 0, 0, 9, 1}, false, codes.DeadlineExceeded},
		"whole, not ended": {[]byte{0, 0, 0, 0, 0}, false, codes.DeadlineExceeded},
	} {
		c2 := dialHTTP2(t, p.GRPC)
		must(t, c2.open(1, false, ":method", "POST", ":scheme", "http", ":path", getUsers, ":authority", "a", "content-type", "application/grpc", "te", "trailers"))
		must(t, c2.WriteData(1, c.end, c.text))
		got := c2.trailers(1)
		if code := codes.Code(numeral(t, got["grpc-status"])); code != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := up.take(); len(got) > 0 {
		t.Errorf("the upstream got %d calls", len(got))
	}
}

// trailers are what a call ends with.
func (c *rawHTTP2) trailers(stream uint32) map[string]string {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	for {
		f, err := c.ReadFrame()
		must(c.t, err)
		if head, ok := f.(*http2.MetaHeadersFrame); ok && head.StreamID == stream && head.StreamEnded() {
			all := map[string]string{}
			for _, field := range head.Fields {
				all[field.Name] = field.Value
			}
			return all
		}
	}
}

func numeral(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	must(t, err)
	return n
}

// Heads of requests are bounded, in size and in time.
func TestHeadsAreBounded(t *testing.T) {
	up := newUpstream(t)
	up.do(answering(1))
	p := startPlain(t, up.URL, "--pprof", "--log-level=error")
	p.neighboursAreServed()
	before, resident := p.calm(up), p.peak()
	value := strings.Repeat("v", 3000) // goes into the table, and is a byte from then on
	for name, address := range map[string]string{"gRPC": p.GRPC, "REST": p.HTTP} {
		for _, many := range []int{5000, 20} {
			c := dialHTTP2(t, address)
			var reading errgroup.Group
			reading.Go(func() error { _, err := io.Copy(io.Discard, c.Conn); return err })
			for i := range 100 {
				fields := []string{":method", "POST", ":scheme", "http", ":path", patchUser, ":authority", "a", "content-type", "application/grpc", "te", "trailers"}
				for range many {
					fields = append(fields, "x", value)
				}
				if c.open(uint32(2*i+1), false, fields...) != nil {
					break // it has had enough
				}
			}
			_ = c.Close()
			_ = reading.Wait()
		}
		// CONTINUATION without an end.
		c := dialHTTP2(t, address)
		var reading errgroup.Group
		reading.Go(func() error { _, err := io.Copy(io.Discard, c.Conn); return err })
		must(t, c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x82}}))
		block := bytes.Repeat([]byte{0x00, 1, 'x', 1, 'y'}, 3000)
		for i := 0; c.WriteContinuation(1, false, block) == nil; i++ {
			if i > 10_000 {
				t.Errorf("%s: a head without end is read for ever", name)
				break
			}
		}
		_ = c.Close()
		_ = reading.Wait()
	}
	p.neighboursAreServed()
	t.Logf("resident %d MiB before, %d MiB at most", resident, p.peak())
	if most := resident + 96; p.peak() > most {
		t.Errorf("%d MiB were resident, want no more than %d", p.peak(), most)
	}
	p.asBefore(up, before)
}
