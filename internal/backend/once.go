package backend

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"sync/atomic"
)

// once keeps net/http from sending a request twice, and notes how far it came. By itself it repeats what the
// upstream's protocol promises not to have looked at (a stream that is refused or
// reset with PROTOCOL_ERROR, one beyond the last of a GOAWAY), any number of
// times, and over HTTP/1.1 a GET or what has an Idempotency-Key whose connection
// ends. A promise is no proof, and whether a call is made again is to be decided
// in one place.
//
// net/http asks for a connection before each attempt and tells when it has
// written the request's head. The second time it asks after that is a repetition:
// the request is cancelled there. As long as nothing was written another
// connection is welcome: one that was kept may turn out to be dead.
type once struct {
	trace     httptrace.ClientTrace
	cancel    context.CancelFunc
	asked     atomic.Bool // for a connection
	connected atomic.Bool
	sent      atomic.Bool // the head of the request may be on its way
	cancelled atomic.Bool
}

// sendOnce returns the context of a request that is sent once. The caller calls
// cancel when it has read the answer.
func sendOnce(ctx context.Context) (context.Context, *once) {
	o := &once{}
	ctx, o.cancel = context.WithCancel(ctx)
	o.trace.GetConn = func(string) {
		o.asked.Store(true)
		o.another()
	}
	o.trace.GotConn = func(info httptrace.GotConnInfo) {
		o.connected.Store(true)
		// Over HTTP/2 nothing is written once the context is cancelled. Over HTTP/1.1
		// the connection may have won, so that it is closed first.
		if o.another() && !speaksHTTP2(info) {
			info.Conn.Close()
		}
	}
	o.trace.WroteHeaders = func() { o.sent.Store(true) }
	return httptrace.WithClientTrace(ctx, &o.trace), o
}

// another is told of each connection; it tells whether that is one too many.
func (o *once) another() bool {
	if !o.sent.Load() {
		return false
	}
	o.cancelled.Store(true)
	o.cancel()
	return true
}

func speaksHTTP2(info httptrace.GotConnInfo) bool {
	conn, ok := info.Conn.(*tls.Conn)
	return ok && conn.ConnectionState().NegotiatedProtocol == "h2"
}
