package gateway

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/failure"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// conn is the connection that the generated handlers call through: no network
// and no marshalling, just the chain and the engine. RPCs that are no operations
// go to services of our own (inprocess.go).
type conn struct {
	engine     *engine.Engine
	operations *operation.Set
	chain      *call.Chain
	own        *inProcess
}

// Invoke implements grpc.ClientConnInterface. The reply of an operation stays empty:
// the answer goes to the exchange, to be written as it is.
func (c *conn) Invoke(ctx context.Context, method string, request, reply any, options ...grpc.CallOption) error {
	x := exchangeOf(ctx)
	op := c.operations.ByMethod(method)
	switch {
	case x == nil:
		return failure.New(codes.Internal, "internal", "the method "+method+" was called outside of a request")
	case op == nil:
		return c.own.Invoke(ctx, method, request, reply, options...)
	}
	message := request.(proto.Message)
	x.call.Method, x.call.Operation, x.call.Request = method, op, message
	// Path and query are read again, since the generated handlers take too much for
	// good and too little.
	if err := op.BindPath(message.ProtoReflect(), x.path); err != nil {
		return engine.RequestFailure(op, err)
	}
	if err := op.BindQuery(message.ProtoReflect(), x.verbatim.Query); err != nil {
		return engine.RequestFailure(op, err)
	}
	return c.chain.Do(ctx, &x.call, c.engine.Verbatim)
}

// NewStream implements grpc.ClientConnInterface.
func (c *conn) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption) (grpc.ClientStream, error) {
	return c.own.NewStream(ctx, desc, method, options...)
}
