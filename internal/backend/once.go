package backend

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// once keeps net/http from sending a request twice, and notes how far it came. By
// itself net/http repeats what the upstream's protocol promises not to have looked
// at (a stream that is refused or reset with PROTOCOL_ERROR, one beyond the last of
// a GOAWAY), any number of times, and over HTTP/1.1 what it takes for idempotent
// when its connection ends. A promise is no proof, and whether a call is made again
// is to be decided in one place.
//
// net/http asks for a connection before each attempt and tells when it has
// written the request's head. The second time it asks after that is a repetition:
// the request is cancelled there. As long as nothing was written another
// connection is welcome: one that was kept may turn out to be dead.
//
// All but sent belongs to the goroutine of the request.
type once struct {
	trace  httptrace.ClientTrace
	cancel context.CancelFunc
	// idempotent is what net/http takes the request for. Over HTTP/1.1 it makes no
	// second attempt for any other unless nothing got through of what it wrote.
	idempotent bool

	asked     bool        // for a connection
	conn      net.Conn    // the last that it got
	sent      atomic.Bool // the head of the request may be on its way
	cancelled bool
}

// sendOnce returns the context of a request that is sent once. The caller calls
// cancel when it has read the answer.
func sendOnce(ctx context.Context) (context.Context, *once) {
	o := &once{}
	ctx, o.cancel = context.WithCancel(ctx)
	o.trace.GetConn = func(string) {
		o.asked = true
		o.another()
	}
	o.trace.GotConn = func(info httptrace.GotConnInfo) {
		// Over HTTP/2 nothing is written once the context is cancelled. Over HTTP/1.1
		// the connection may have won, so that it is closed first.
		if o.another() && !speaksHTTP2(info.Conn) {
			info.Conn.Close()
		}
		o.conn = info.Conn
	}
	o.trace.WroteHeaders = func() { o.sent.Store(true) }
	return httptrace.WithClientTrace(ctx, &o.trace), o
}

// another is told of each connection; it tells whether that is one too many.
func (o *once) another() bool {
	switch {
	case !o.sent.Load():
		return false
	case !o.idempotent && !speaksHTTP2(o.conn):
		o.sent.Store(false)
		return false
	default:
		o.cancelled = true
		o.cancel()
		return true
	}
}

func speaksHTTP2(conn net.Conn) bool {
	c, ok := conn.(*tls.Conn)
	return ok && c.ConnectionState().NegotiatedProtocol == "h2"
}

// takenForIdempotent tells what net/http makes of a request, as http.Transport
// documents it.
func takenForIdempotent(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	default:
		return r.Header["Idempotency-Key"] != nil || r.Header["X-Idempotency-Key"] != nil
	}
}
