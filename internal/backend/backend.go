// Package backend is the upstream side of Switchboard: it takes one request
// that is already in the upstream's own terms (verb, escaped path, query, JSON
// body) and brings back the upstream's answer, with everything a bare client
// forgets done on the way. Each concern is a Middleware in a file of its own;
// cmd/server chains them. The package knows no protobuf message and no gRPC.
package backend

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/switchboard-gw/switchboard/internal/inflight"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// Request is one call in the upstream's terms. It is immutable once handed to a
// Backend: a retry sends the same bytes again.
//
// It prints as its verb and operation, whatever the verb of fmt or the encoder:
// the rest holds tokens and personal data.
type Request struct {
	// Operation is what is being called; decorators read its name and verb.
	Operation *operation.Operation
	// Method is the HTTP verb.
	Method string
	// Path is the escaped path, from the leading slash, without the query.
	Path string
	// RawQuery is the encoded query without the question mark.
	RawQuery string
	// Header holds what the caller may pass on; the transport adds its own.
	// Nil is allowed.
	Header http.Header
	// Authorization, if there is any, takes the place of the header's: the service's
	// own token.
	Authorization []string
	// Body is the JSON body. Nil means that the request has none, which is not
	// the same as an empty one.
	Body []byte
	// AcceptGzip takes the body of a success compressed, if the upstream sends it
	// so: whoever passes it on to a client that reads gzip need not undo it.
	AcceptGzip bool
	// Memory is the account that the answer's body is taken from; nil leaves it to
	// the garbage collector. Length is what is known of answers of this kind, and
	// learns from this one; nil: nothing. Second is how much longer another form of
	// the body may be that will be written from it, and whose room is to be taken with
	// it; 0: there is none.
	Memory *inflight.Account
	Length *inflight.Estimate
	Second int
}

// Format implements fmt.Formatter.
func (r Request) Format(w fmt.State, _ rune) {
	text, _ := r.MarshalText()
	_, _ = w.Write(text)
}

// MarshalText implements encoding.TextMarshaler.
func (r Request) MarshalText() ([]byte, error) {
	if r.Operation == nil {
		return []byte(r.Method), nil
	}
	return []byte(r.Method + " " + r.Operation.Name), nil
}

// Response is the upstream's answer with a status from 200 to 599. It owns its body: who
// gets it releases it, and who shares it retains it before.
type Response struct {
	// Status is the HTTP status code.
	Status int
	// Header holds the answer's headers as the upstream sent them.
	Header http.Header
	// Body is the body; never longer than the transport's bound. It is
	// compressed where the request accepts that and Header has Content-Encoding,
	// else decompressed. It may be empty. Nobody may change it, or use it after
	// Release.
	Body []byte
	// Truncated says that the body goes on where Body ends. Only one of an error does:
	// more than its first 64 KiB are not read.
	Truncated bool
	// Memory is where Body lies; nil leaves it to the garbage collector.
	Memory *inflight.Body
}

// Retain adds a reference to the answer's memory.
func (r *Response) Retain() { r.Memory.Retain() }

// Release ends a reference to the answer's memory, and the body with the last one.
func (r *Response) Release() { r.Memory.Release() }

// Owe hands the answer's memory to a client's connection, with the caller's
// reference (inflight.Account.Owe).
func (r *Response) Owe(to *inflight.Account, due time.Time) *inflight.Debt {
	return to.Owe(r.Memory, due)
}

// Second returns an empty body for another form of the answer, with room for size
// bytes. It has what Request.Second took for it and waits only for what that lacks;
// the error is an *inflight.FullError.
func (r *Response) Second(ctx context.Context, size int) (*inflight.Body, error) {
	return r.Memory.Second(ctx, size)
}

// Backend performs one call. An error means that there is no answer at all (no
// connection, no token, the deadline passed, an answer that broke off or ran
// over the bound); an answer with an error status is a Response. Implementations
// are safe for concurrent use and must not change or keep req.
type Backend interface {
	Do(ctx context.Context, req *Request) (*Response, error)
}

// Func makes a function a Backend.
type Func func(ctx context.Context, req *Request) (*Response, error)

// Do implements Backend.
func (f Func) Do(ctx context.Context, req *Request) (*Response, error) { return f(ctx, req) }

// Middleware adds one concern to a Backend.
type Middleware func(next Backend) Backend

// Chain wraps last in the given middlewares; the first named is the outermost.
func Chain(last Backend, middlewares ...Middleware) Backend {
	for i := len(middlewares) - 1; i >= 0; i-- {
		last = middlewares[i](last)
	}
	return last
}
