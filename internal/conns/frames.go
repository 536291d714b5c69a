package conns

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Requests makes a connection one that counts what a client has sent of requests
// that it has not finished: a gRPC server keeps a message in parts until it is whole,
// outside of anybody's control. The parts are taken from the connection's account,
// and a client whose parts find no room loses its connection. A request that comes in
// one frame, as nearly all do, costs nothing. What it is given must speak HTTP/2 in
// clear (RFC 9113): behind TLS, that is.
func Requests(plain net.Conn, of *Conn) net.Conn {
	r := &requests{Conn: plain, of: of, in: frames{skip: prefaceLength}}
	of.requests.Store(r)
	return r
}

// prefaceLength is the length of what a client sends first (RFC 9113, section 3.4).
const prefaceLength = 24

// requests follows the frames of both directions. Reads and writes are each from one
// goroutine at a time, as of every net.Conn with a protocol on it.
type requests struct {
	net.Conn
	of      *Conn
	in, out frames

	unfinished atomic.Int32     // how many are in parts: mostly none
	mu         sync.Mutex       // guards what follows
	parts      map[uint32]parts // by stream
	ended      [256]uint32      // the streams that the server ended last
	next       uint8            // where the next one goes
	closed     bool
}

// parts is what has come of one request.
type parts struct {
	bytes int
	since time.Time
}

// errNoRoom ends a connection whose unfinished requests find no room.
var errNoRoom = errors.New("the connection's unfinished requests are too large")

// roomTimeout is how long parts of requests may wait for room. All else on the
// connection waits with them.
const roomTimeout = 5 * time.Second

// Read implements net.Conn.
func (r *requests) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	for rest := p[:n]; ; {
		var f frame
		var ok bool
		if f, rest, ok = r.in.next(rest); !ok {
			return n, err
		}
		switch {
		case f.kind == frameData && f.flags&flagEndStream == 0:
			if !r.add(f.stream, f.length) {
				r.of.give("a client's unfinished requests find no room; its connection is closed")
				return 0, errNoRoom
			}
		case f.kind == frameData, f.kind == frameReset, f.kind == frameHeaders && f.flags&flagEndStream != 0:
			r.settle(f.stream)
		}
	}
}

// Write implements net.Conn.
func (r *requests) Write(p []byte) (int, error) {
	for rest := p; ; {
		var f frame
		var ok bool
		if f, rest, ok = r.out.next(rest); !ok {
			break
		}
		if f.kind == frameReset || f.kind == frameHeaders && f.flags&flagEndStream != 0 {
			r.end(f.stream)
		}
	}
	return r.Conn.Write(p)
}

// Close implements net.Conn.
func (r *requests) Close() error {
	err := r.Conn.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for stream, p := range r.parts {
		r.of.account.Unreserve(p.bytes)
		delete(r.parts, stream)
	}
	r.closed = true
	return err
}

// add takes room for a part of a request, and tells whether there was some.
func (r *requests) add(stream uint32, n int) bool {
	ctx, cancel := context.WithTimeout(context.Background(), roomTimeout)
	defer cancel()
	for n > 0 {
		part := min(n, maxPart)
		if r.of.account.Reserve(ctx, part) != nil {
			return false
		}
		r.mu.Lock()
		if r.closed || slices.Contains(r.ended[:], stream) {
			closed := r.closed
			r.mu.Unlock()
			r.of.account.Unreserve(part)
			return !closed // what still comes of one that has ended is thrown away
		}
		if r.parts == nil {
			r.parts = map[uint32]parts{}
		}
		p := r.parts[stream]
		if p.bytes == 0 {
			p.since = time.Now()
		}
		p.bytes += part
		r.parts[stream] = p
		r.unfinished.Store(int32(len(r.parts)))
		r.mu.Unlock()
		n -= part
	}
	return true
}

// maxPart is what is taken at once: a small one, for the account.
const maxPart = 64 << 10

// end notes that the server wants no more of a request.
func (r *requests) end(stream uint32) {
	r.mu.Lock()
	r.ended[r.next] = stream
	r.next++
	r.mu.Unlock()
	r.settle(stream)
}

// settle gives back the room of a request that is whole, or that nobody wants.
func (r *requests) settle(stream uint32) {
	if r.unfinished.Load() == 0 {
		return
	}
	r.mu.Lock()
	p := r.parts[stream]
	delete(r.parts, stream)
	r.unfinished.Store(int32(len(r.parts)))
	r.mu.Unlock()
	r.of.account.Unreserve(p.bytes)
}

// stalled is how many bytes came of requests that began before then and are not
// finished.
func (r *requests) stalled(since time.Time) (bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.parts {
		if p.since.Before(since) {
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
)

// frames finds the heads of frames in a stream of bytes that comes in pieces.
type frames struct {
	skip int // bytes of a payload (or the preface) that are still to come
	head [frameHeaderLength]byte
	have int // bytes of head that have come
}

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
	f = frame{
		length: int(s.head[0])<<16 | int(s.head[1])<<8 | int(s.head[2]),
		kind:   s.head[3],
		flags:  s.head[4],
		stream: binary.BigEndian.Uint32(s.head[5:]) & (1<<31 - 1),
	}
	s.skip = f.length
	return f, p[n:], true
}
