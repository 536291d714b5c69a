package conns

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"

	"github.com/switchboard-gw/switchboard/internal/inflight"
)

// heads reads the heads of frames from a text that comes in pieces of these sizes.
func heads(text []byte, sizes func() int) (all []frame) {
	var s frames
	for len(text) > 0 {
		n := min(max(1, sizes()), len(text))
		for rest := text[:n]; ; {
			f, more, ok := s.next(rest)
			if !ok {
				break
			}
			all, rest = append(all, f), more
		}
		text = text[n:]
	}
	return all
}

// The heads are those that a real writer of frames wrote, however the bytes come.
func TestHeadsAreFoundHoweverTheyCome(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var text bytes.Buffer
		var want []frame
		framer := http2.NewFramer(&text, nil)
		for range random.IntN(20) {
			stream := random.Uint32N(1<<31-1) + 1
			payload := make([]byte, random.IntN(1<<random.IntN(15)))
			switch end := random.IntN(2) == 0; random.IntN(4) {
			case 0:
				_ = framer.WriteData(stream, end, payload)
				want = append(want, frame{len(payload), frameData, endFlag(end), stream})
			case 1:
				_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: payload, EndStream: end, EndHeaders: true})
				want = append(want, frame{len(payload), frameHeaders, endFlag(end) | 0x4, stream})
			case 2:
				_ = framer.WriteRSTStream(stream, http2.ErrCodeCancel)
				want = append(want, frame{4, frameReset, 0, stream})
			default:
				_ = framer.WriteSettings()
				want = append(want, frame{0, 4, 0, 0})
			}
		}
		for _, sizes := range []func() int{
			func() int { return 1 << 30 }, func() int { return 1 }, func() int { return 9 }, func() int { return 1 + random.IntN(40) },
		} {
			if got := heads(text.Bytes(), sizes); !slices.Equal(got, want) {
				t.Fatalf("got %v, want %v", got, want)
			}
		}
	}
}

func endFlag(end bool) byte {
	if end {
		return flagEndStream
	}
	return 0
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("\x00\x00\x02\x00\x01\x00\x00\x00\x05ab\x00\x00\x00\x04\x00\x00\x00\x00\x00"), uint8(3))
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		whole := heads(text, func() int { return len(text) })
		if got := heads(text, func() int { return int(size) }); !slices.Equal(got, whole) {
			t.Errorf("in pieces of %d: %v, whole: %v", size, got, whole)
		}
	})
}

// pipe is a connection of the set whose other end a test holds.
func pipe(t *testing.T, budget *inflight.Budget) (server net.Conn, client net.Conn, of *Conn) {
	t.Helper()
	s := New(budget, discard)
	ours, theirs := net.Pipe()
	of = s.add(ours)
	t.Cleanup(func() { _ = theirs.Close(); _ = of.Close() })
	return Requests(of, of), theirs, of
}

// A served is both ends of a connection that keeps books of its streams.
type served struct {
	t                  *testing.T
	budget             *inflight.Budget
	server, client     net.Conn
	of                 *Conn
	toServer, toClient *http2.Framer
}

func serve(t *testing.T) *served {
	t.Helper()
	s := &served{t: t, budget: inflight.NewBudget(1 << 20)}
	s.server, s.client, s.of = pipe(t, s.budget)
	s.toServer, s.toClient = http2.NewFramer(s.client, nil), http2.NewFramer(s.server, nil)
	s.send(len(http2.ClientPreface), func() error { _, err := s.client.Write([]byte(http2.ClientPreface)); return err })
	return s
}

// send writes from the client, and the server reads so many bytes of it.
func (s *served) send(length int, write func() error) {
	s.t.Helper()
	done := make(chan error, 1)
	go func() { done <- write() }()
	for in := make([]byte, length); len(in) > 0; {
		n, err := s.server.Read(in)
		if err != nil {
			s.t.Fatal(err)
		}
		in = in[n:]
	}
	if err := <-done; err != nil {
		s.t.Fatal(err)
	}
}

// reply writes a frame from the server.
func (s *served) reply(write func() error) {
	s.t.Helper()
	done := make(chan error, 1)
	go func() { done <- write() }()
	if _, err := http2.NewFramer(nil, s.client).ReadFrame(); err != nil {
		s.t.Fatal(err)
	}
	if err := <-done; err != nil {
		s.t.Fatal(err)
	}
}

func (s *served) open(stream uint32) {
	s.t.Helper()
	s.send(9+1, func() error {
		return s.toServer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte{0x83}, EndHeaders: true})
	})
}

func (s *served) data(stream uint32, size int, end bool) {
	s.t.Helper()
	s.send(9+size, func() error { return s.toServer.WriteData(stream, end, make([]byte, size)) })
}

func (s *served) reset(stream uint32) {
	s.t.Helper()
	s.send(9+4, func() error { return s.toServer.WriteRSTStream(stream, http2.ErrCodeCancel) })
}

// taken checks how much is taken: bytes in so many frames.
func (s *served) taken(bytes, frames int) {
	s.t.Helper()
	if got, want := s.budget.Used(), int64(bytes+frames*perFrame); got != want {
		s.t.Fatalf("%d bytes are taken, want %d", got, want)
	}
}

// What a client has sent of a request is in the books until the server has the whole
// in its own; what is given up by either side, or comes after that, is not.
func TestUnfinishedRequestsAreCounted(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, stream := range []uint32{1, 3, 5, 7, 9, 11, 13} {
		s.open(stream)
	}
	if s.of.Opening() != 13 {
		t.Errorf("the stream %d is opened", s.of.Opening())
	}
	s.data(1, 100, true) // whole in one frame: costs nothing
	s.taken(0, 0)
	s.data(3, 1000, false)
	s.data(5, 10_000, false)
	s.data(3, 1000, false)
	s.taken(12_000, 3)
	if got := s.of.unfinished(time.Now().Add(time.Hour)); got != 12_000+3*perFrame {
		t.Errorf("%d bytes are unfinished", got)
	}
	s.data(3, 0, true)
	s.taken(12_000, 3) // whole, but nobody has it
	if got := s.of.unfinished(time.Now().Add(time.Hour)); got != 10_000+perFrame {
		t.Errorf("%d bytes are unfinished by the client", got)
	}
	s.of.Received(3)
	s.taken(10_000, 1)
	s.reset(5)
	s.taken(0, 0)
	s.data(5, 100, false) // a client that goes on all the same
	s.data(99, 100, false)
	s.taken(0, 0)
	s.data(7, 500, false)
	s.reply(func() error { return s.toClient.WriteRSTStream(7, http2.ErrCodeCancel) })
	s.taken(0, 0)
	s.data(7, 500, false) // was on its way already
	s.taken(0, 0)
	s.data(9, 500, false)
	s.reply(func() error {
		return s.toClient.WriteHeaders(http2.HeadersFrameParam{StreamID: 9, BlockFragment: []byte{0x88}, EndHeaders: true, EndStream: true})
	})
	s.taken(0, 0)
	s.data(11, 500, false)
	_ = s.server.Close()
	s.taken(0, 0)
}

// An answer whose stream is reset, by either side, is forgotten: but not before the
// server has dealt with the reset, when it may still take it up.
func TestWhatIsOwedToAStreamThatWasResetIsForgotten(t *testing.T) {
	t.Parallel()
	s := serve(t)
	owe := func(stream uint32) {
		body, err := s.of.Account().Take(t.Context(), 4096)
		if err != nil {
			t.Fatal(err)
		}
		s.of.Account().OweTo(stream, body, time.Now().Add(time.Hour))
	}
	for _, stream := range []uint32{1, 3, 5} {
		s.open(stream)
		owe(stream)
	}
	s.reset(3)
	owe(3) // the call did not know yet
	if got := s.budget.Used(); got != 4*4096 {
		t.Fatalf("%d bytes are taken", got)
	}
	s.open(7) // now the server reads on
	if got := s.budget.Used(); got != 2*4096 {
		t.Errorf("%d bytes are taken after the reset of one stream", got)
	}
	s.reply(func() error { return s.toClient.WriteRSTStream(1, http2.ErrCodeCancel) })
	if got := s.budget.Used(); got != 4096 {
		t.Errorf("%d bytes are taken after a reset by the server", got)
	}
}

// A request that finds no room is reset for both sides, and its neighbours go on.
func TestAnUnfinishedRequestThatFindsNoRoomIsReset(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		inside, outside := http2.NewFramer(nil, s.server), http2.NewFramer(nil, s.client)
		s.open(1)
		s.open(3)
		// Alone on its connection a request may have all there is.
		for range 15 {
			s.data(1, 16<<10, false) // of a quarter of a mebibyte
		}
		frames := make(chan http2.Frame, 2)
		go func() { // as the one who reads for the server
			for range 2 {
				f, err := inside.ReadFrame()
				if err != nil {
					t.Error(err)
					return
				}
				frames <- f
			}
		}()
		sent := make(chan error)
		go func() { sent <- s.toServer.WriteData(3, false, make([]byte, 16<<10)) }()
		f, err := outside.ReadFrame()
		if reset, ok := f.(*http2.RSTStreamFrame); !ok || reset.StreamID != 3 || reset.ErrCode != http2.ErrCodeEnhanceYourCalm {
			t.Fatalf("the client got %v, %v", f, err)
		}
		if reset, ok := (<-frames).(*http2.RSTStreamFrame); !ok || reset.StreamID != 3 {
			t.Error("the server got no reset")
		}
		if data, ok := (<-frames).(*http2.DataFrame); !ok || data.StreamID != 3 || len(data.Data()) != 16<<10 {
			t.Error("the server got no data, which count for its flow control")
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		s.taken(15*16<<10, 15)
		s.data(3, 1000, false) // was on its way
		s.data(1, 1000, false)
		s.taken(15*16<<10+1000, 16)
		_ = s.server.Close()
		s.taken(0, 0)
	})
}

// A reset of ours goes between two frames, wherever the server's writes end.
func TestOurResetsGoBetweenFrames(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var text, got bytes.Buffer
		framer := http2.NewFramer(&text, nil)
		for stream := range uint32(random.IntN(8)) {
			_ = framer.WriteData(2*stream+1, false, make([]byte, random.IntN(50)))
		}
		r := &requests{Conn: &writer{to: &got}, of: New(inflight.NewBudget(1<<20), discard).add(&writer{})}
		refused := 0
		for rest := text.Bytes(); len(rest) > 0; {
			if random.IntN(3) == 0 {
				refused++
				if err := r.refuse(uint32(1000 + refused)); err != nil {
					t.Fatal(err)
				}
			}
			n := 1 + random.IntN(len(rest))
			if written, err := r.Write(rest[:n]); written != n || err != nil {
				t.Fatal(written, err)
			}
			rest = rest[n:]
		}
		resets, data := 0, 0
		for _, f := range heads(got.Bytes(), func() int { return got.Len() }) {
			switch {
			case f.kind == frameReset && f.stream == uint32(1000+resets+1):
				resets++
			case f.kind == frameData && f.stream == uint32(2*data+1):
				data++
			default:
				t.Fatalf("%+v after %d resets and %d frames", f, resets, data)
			}
		}
		if resets != refused || got.Len() != text.Len()+refused*resetLength {
			t.Fatalf("%d resets of %d", resets, refused)
		}
	}
}

// writer is the half of a connection that is written to.
type writer struct {
	net.Conn
	to io.Writer
}

func (w *writer) Write(p []byte) (int, error) { return w.to.Write(p) }
func (w *writer) RemoteAddr() net.Addr        { return &net.TCPAddr{} }
