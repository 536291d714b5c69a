package conns

import (
	"bytes"
	"math/rand/v2"
	"net"
	"slices"
	"testing"

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

// What a client has sent of requests that it has not finished is in the books; what
// is finished, given up by either side, or comes after that is not.
func TestUnfinishedRequestsAreCounted(t *testing.T) {
	t.Parallel()
	budget := inflight.NewBudget(1 << 20)
	server, client, _ := pipe(t, budget)
	toServer, toClient := http2.NewFramer(client, nil), http2.NewFramer(server, nil)
	in := make([]byte, 64<<10)
	receive := func(want int) {
		t.Helper()
		for got := 0; got < want; {
			n, err := server.Read(in)
			if err != nil {
				t.Fatal(err)
			}
			got += n
		}
	}
	send := func(length int, write func() error) {
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- write() }()
		receive(length)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	reply := func(write func() error) {
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- write() }()
		if _, err := http2.NewFramer(nil, client).ReadFrame(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	data := func(stream uint32, size int, end bool) {
		t.Helper()
		send(9+size, func() error { return toServer.WriteData(stream, end, make([]byte, size)) })
	}
	taken := func(want int64) {
		t.Helper()
		if got := budget.Used(); got != want {
			t.Fatalf("%d bytes are taken, want %d", got, want)
		}
	}
	send(len(http2.ClientPreface), func() error { _, err := client.Write([]byte(http2.ClientPreface)); return err })
	data(1, 100, true) // whole in one frame: costs nothing
	taken(0)
	data(3, 1000, false)
	data(5, 10_000, false)
	data(3, 1000, false)
	taken(12_000)
	data(3, 0, true)
	taken(10_000)
	send(13, func() error { return toServer.WriteRSTStream(5, http2.ErrCodeCancel) })
	taken(0)
	data(7, 500, false)
	reply(func() error { return toClient.WriteRSTStream(7, http2.ErrCodeCancel) })
	taken(0)
	data(7, 500, false) // was on its way already
	taken(0)
	data(9, 500, false)
	reply(func() error {
		return toClient.WriteHeaders(http2.HeadersFrameParam{StreamID: 9, BlockFragment: []byte{0x88}, EndHeaders: true, EndStream: true})
	})
	taken(0)
	data(11, 500, false)
	_ = server.Close()
	taken(0)
}
