// Package call is the one object that stands for a call from its edge to the
// upstream and back, and the chain that every call passes.
//
// An edge (the gRPC server, the REST gateway, whatever else takes calls) makes a
// Call of what came in, hands it to the Chain together with what shall happen at its
// end, and sends what it finds in the Call afterwards. An edge adapts and decides
// nothing: who may call, what is logged, how long a call may take and all else that
// every call shares is a step of the chain (chain.go, steps.go), unary or stream
// (stream.go).
//
// It imports operation, for the facts of what is called, inflight, for the memory
// of the caller's connection, and failure. It knows no face and no upstream.
package call

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/switchboard-gw/switchboard/internal/inflight"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// HeaderRequestID names the metadata and HTTP header of a request's id: taken from
// the caller, or made up, and always sent back.
const HeaderRequestID = "x-request-id"

// Face is an edge that calls come in by, as logs and figures name it.
type Face string

// The faces.
const (
	GRPC    Face = "grpc"
	REST    Face = "rest"
	Connect Face = "connect" // and gRPC-Web
)

// Call is one call. It belongs to the goroutine that serves it; what is shared with
// others (the messages of a stream, the memory) says so itself.
type Call struct {
	Face Face
	// Method is the gRPC path, such as /genesyscloud.users.v1.UsersService/GetUser.
	Method string
	// Operation is what is called: of the contract, or one that stands for a path of
	// the upstream that is none of it (operation.Untyped). Nil for an RPC that is no
	// operation of the upstream, such as those of health.
	Operation *operation.Operation
	// Caller is who calls.
	Caller Caller
	// Request is the message; nil for an operation that is untyped, and for a stream,
	// whose messages come one by one and pass Check.
	Request proto.Message
	// Verbatim is what a REST client sent, to be passed on as it is; nil where the
	// request is the message alone, and for a stream.
	Verbatim *Verbatim
	// Metadata is what came in beside the message, by lower-case names. Nil where
	// it is in the context, as grpc keeps it; Value finds it in either.
	Metadata metadata.MD
	// Memory is the account of the caller's connection; nil for none.
	Memory *inflight.Account

	// ID is the request's id, once the first step has passed.
	ID string
	// Deadline is when the call ends at the latest, once the last step has passed;
	// zero for a stream that came without one.
	Deadline time.Time
	// Header and Trailer are what the answer carries beside its message, by
	// lower-case names; nil while there is nothing. The edge sends them.
	Header, Trailer metadata.MD
	// Result is the answer, in the form that the end of the chain and the edge have
	// agreed upon.
	Result any

	end Handler
}

// Caller is who makes a call, as far as it is known.
type Caller struct {
	// Address is the network address of the peer, with its port; nil where it is
	// not known.
	Address net.Addr
	// TLS is the state of the connection; nil without TLS.
	TLS *tls.ConnectionState
	// Principal names an authenticated caller; empty for one that is not.
	Principal string
}

// Verbatim is what a REST client sent, to be passed on as it is instead of being
// built from the message.
type Verbatim struct {
	// Path is the escaped path of an operation that is untyped; any other makes its
	// own of the message.
	Path   string
	Query  string
	Header http.Header
	Body   []byte // nil: none
	// AcceptGzip says that the client reads compressed answers.
	AcceptGzip bool
}

// Value returns the values of an entry of what came in beside the message, by its
// lower-case name.
func (c *Call) Value(ctx context.Context, name string) []string {
	if c.Metadata != nil {
		return c.Metadata[name]
	}
	return metadata.ValueFromIncomingContext(ctx, name)
}

// SetHeader sets an entry of the answer's header, by its lower-case name.
func (c *Call) SetHeader(name string, values ...string) {
	if c.Header == nil {
		c.Header = make(metadata.MD, 4)
	}
	c.Header[name] = values
}

// SetTrailer sets an entry of the answer's trailer, by its lower-case name.
func (c *Call) SetTrailer(name string, values ...string) {
	if c.Trailer == nil {
		c.Trailer = metadata.MD{}
	}
	c.Trailer[name] = values
}
