package conns

import (
	"bufio"
	"context"
	"encoding/binary"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Requests makes a connection one that keeps books of the streams on it. A gRPC server
// keeps a message in parts until it is whole, outside of anybody's control: the parts
// are admitted to the memory, and a request whose parts find no room is reset. One
// that comes in a single frame, as nearly all do, costs nothing. And an answer whose
// stream was reset may never be heard of again: it is forgotten.
//
// What it is given must speak HTTP/2 in clear (RFC 9113): behind TLS, that is. The
// reader gets no more than one frame at a time, so that what is known here is what it
// has seen; it need not have a buffer.
func Requests(plain net.Conn, of *Conn) net.Conn {
	r := &requests{Conn: plain, of: of, in: bufio.NewReaderSize(plain, readBuffer), left: prefaceLength}
	of.requests.Store(r)
	return r
}

const (
	// prefaceLength is the length of what a client sends first (RFC 9113, section 3.4).
	prefaceLength = 24
	// readBuffer is as large as the one that grpc would have.
	readBuffer = 32 << 10
)

// requests follows the frames of both directions. Reads and writes are each from one
// goroutine at a time, as of every net.Conn with a protocol on it.
type requests struct {
	net.Conn
	of *Conn

	// What follows is the reader's.
	in     *bufio.Reader
	ready  []byte // heads of frames, and a frame of our own, that come before in
	heads  [frameHeaderLength]byte
	left   int    // bytes of a payload (or the preface) that are still in in
	opened uint32 // the stream whose head has come last
	reset  uint32 // the stream whose reset is with the server; 0: none

	writing sync.Mutex // guards what follows
	out     frames
	resets  []byte // frames that go out between two others

	unfinished atomic.Int32     // how many are in parts: mostly none
	mu         sync.Mutex       // guards what follows
	parts      map[uint32]parts // by stream
	bytes      int              // of all parts
	ended      [256]uint32      // the streams that have ended last
	next       uint8            // where the next one goes
	closed     bool
}

// parts is what has come of one request.
type parts struct {
	bytes int
	since time.Time
	whole bool // the client has done its part
}

// perFrame is what a server keeps for each part beside its bytes, so that many
// tiny ones count.
const perFrame = 128

// Read implements net.Conn.
func (r *requests) Read(p []byte) (int, error) {
	if len(r.ready) == 0 && r.left == 0 {
		if err := r.head(); err != nil {
			return 0, err
		}
	}
	if len(r.ready) > 0 {
		n := copy(p, r.ready)
		r.ready = r.ready[n:]
		return n, nil
	}
	n, err := r.in.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

// head makes the head of the next frame ready. The server has dealt with all that came
// before.
func (r *requests) head() error {
	if r.reset != 0 {
		// An answer to the stream is in the books by now, or its call knows of the end.
		r.of.account.Forget(r.reset)
		r.reset = 0
	}
	head, err := r.in.Peek(frameHeaderLength)
	if err != nil {
		return err
	}
	f := frameOf(head)
	r.left, r.ready = f.length, append(r.heads[:0], head...)
	_, _ = r.in.Discard(len(head)) // are there
	switch f.kind {
	case frameHeaders:
		r.opened = max(r.opened, f.stream)
	case frameReset:
		r.reset = f.stream
		r.end(f.stream)
	case frameData:
		if f.flags&flagEndStream == 0 && f.length > 0 && f.stream <= r.opened && !r.add(f.stream, f.length+perFrame) {
			return r.refuse(f.stream)
		}
	}
	if f.flags&flagEndStream != 0 && (f.kind == frameData || f.kind == frameHeaders) {
		r.finish(f.stream)
	}
	return nil
}

// refuse resets a stream for both sides. What still comes of it counts for the flow
// control of the connection, and is thrown away.
func (r *requests) refuse(stream uint32) error {
	r.of.set.log.Log(context.Background(), "stalled_client", slog.LevelWarn, "a client's unfinished requests find no room; one is refused", slog.String("peer", r.of.RemoteAddr().String()))
	r.ready = append(resetOf(r.ready[:0:0], stream), r.ready...)
	r.reset = stream
	r.end(stream)
	r.writing.Lock()
	defer r.writing.Unlock()
	r.resets = resetOf(r.resets, stream)
	if !r.out.between() {
		return nil // goes with the rest of the frame
	}
	_, err := r.Conn.Write(r.resets)
	r.resets = r.resets[:0]
	return err
}

// Write implements net.Conn.
func (r *requests) Write(p []byte) (written int, err error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	if len(r.resets) > 0 {
		end := r.watch(p, true)
		if written, err = r.Conn.Write(p[:end]); err != nil || !r.out.between() {
			return written, err
		}
		_, err = r.Conn.Write(r.resets)
		if r.resets = r.resets[:0]; err != nil || written == len(p) {
			return written, err
		}
	}
	r.watch(p[written:], false)
	n, err := r.Conn.Write(p[written:])
	return written + n, err
}

// watch takes note of what the server writes, or of the frame that has begun alone. It
// returns how far it came.
func (r *requests) watch(p []byte, alone bool) int {
	for rest := p; ; {
		if alone && r.out.have == 0 && r.out.skip <= len(rest) {
			end := len(p) - len(rest) + r.out.skip
			r.out.skip = 0
			return end
		}
		var f frame
		var ok bool
		if f, rest, ok = r.out.next(rest); !ok {
			return len(p)
		}
		switch {
		case f.kind == frameReset:
			r.of.account.Forget(f.stream)
			r.end(f.stream)
		case f.kind == frameHeaders && f.flags&flagEndStream != 0:
			r.end(f.stream)
		}
	}
}

// Close implements net.Conn.
func (r *requests) Close() error {
	err := r.Conn.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of.account.Dismiss(r.bytes)
	r.parts, r.bytes = nil, 0
	r.closed = true
	return err
}

// add takes room for a part of a request, and tells whether there was some.
func (r *requests) add(stream uint32, n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || slices.Contains(r.ended[:], stream) {
		return true // what still comes of one that has ended is thrown away
	}
	p := r.parts[stream]
	if !r.of.account.Admit(p.bytes, n) {
		return false
	}
	if r.parts == nil {
		r.parts = map[uint32]parts{}
	}
	if p.bytes == 0 {
		p.since = time.Now()
	}
	p.bytes += n
	r.bytes += n
	r.parts[stream] = p
	r.unfinished.Store(int32(len(r.parts)))
	return true
}

// finish notes that the client has done its part of a request; the room is given back
// when the server has taken the message over.
func (r *requests) finish(stream uint32) {
	if r.unfinished.Load() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if p, ok := r.parts[stream]; ok {
		p.whole = true
		r.parts[stream] = p
	}
}

// end notes that a stream has ended, by whomever.
func (r *requests) end(stream uint32) {
	r.mu.Lock()
	r.ended[r.next] = stream
	r.next++
	r.mu.Unlock()
	r.settle(stream)
}

// settle gives back the room of a request that is in other books, or that nobody
// wants.
func (r *requests) settle(stream uint32) {
	if r.unfinished.Load() == 0 {
		return
	}
	r.mu.Lock()
	p := r.parts[stream]
	delete(r.parts, stream)
	r.bytes -= p.bytes
	r.unfinished.Store(int32(len(r.parts)))
	r.mu.Unlock()
	r.of.account.Dismiss(p.bytes)
}

// stalled is how many bytes came of requests that began before then and are not
// finished.
func (r *requests) stalled(since time.Time) (bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.parts {
		if !p.whole && p.since.Before(since) {
			bytes += int64(p.bytes)
		}
	}
	return bytes
}

// A frame is the head of an HTTP/2 frame (RFC 9113, section 4.1).
type frame struct {
	length int
	kind   byte
	flags  byte
	stream uint32
}

const (
	frameHeaderLength = 9

	frameData    = 0x0
	frameHeaders = 0x1
	frameReset   = 0x3

	flagEndStream = 0x1

	// errCalm is ENHANCE_YOUR_CALM (section 7), which is RESOURCE_EXHAUSTED to clients of
	// gRPC.
	errCalm     = 0xb
	resetLength = frameHeaderLength + 4
)

func frameOf(head []byte) frame {
	return frame{
		length: int(head[0])<<16 | int(head[1])<<8 | int(head[2]),
		kind:   head[3],
		flags:  head[4],
		stream: binary.BigEndian.Uint32(head[5:]) & (1<<31 - 1),
	}
}

// resetOf appends the frame that resets a stream (section 6.4).
func resetOf(b []byte, stream uint32) []byte {
	b = append(b, 0, 0, 4, frameReset, 0)
	b = binary.BigEndian.AppendUint32(b, stream)
	return binary.BigEndian.AppendUint32(b, errCalm)
}

// frames finds the heads of frames in a stream of bytes that comes in pieces.
type frames struct {
	skip int // bytes of a payload that are still to come
	head [frameHeaderLength]byte
	have int // bytes of head that have come
}

// between tells whether the next byte is the first of a head.
func (s *frames) between() bool { return s.skip == 0 && s.have == 0 }

// next consumes bytes up to the end of the next head, and returns it with the rest.
// false: there is none in what has come so far.
func (s *frames) next(p []byte) (f frame, rest []byte, ok bool) {
	if s.skip >= len(p) {
		s.skip -= len(p)
		return f, nil, false
	}
	p = p[s.skip:]
	s.skip = 0
	n := copy(s.head[s.have:], p)
	if s.have += n; s.have < frameHeaderLength {
		return f, nil, false
	}
	s.have = 0
	f = frameOf(s.head[:])
	s.skip = f.length
	return f, p[n:], true
}
