package gateway

import (
	"context"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// conn is the connection that the generated handlers call through: no network
// and no marshalling, just the interceptors and the engine.
type conn struct {
	engine     *engine.Engine
	operations *operation.Set
	intercept  grpc.UnaryServerInterceptor
}

func newConn(e *engine.Engine, ops *operation.Set, interceptors []grpc.UnaryServerInterceptor) *conn {
	return &conn{e, ops, chain(interceptors)}
}

// Invoke implements grpc.ClientConnInterface. The reply stays empty: the answer
// goes to the exchange, to be written as it is.
func (c *conn) Invoke(ctx context.Context, method string, request, _ any, _ ...grpc.CallOption) error {
	x := exchangeOf(ctx)
	op := c.operations.ByMethod(method)
	if x == nil || op == nil {
		return status.Errorf(codes.Unimplemented, "method %s is not part of this service", method)
	}
	message := request.(proto.Message)
	if err := op.BindPath(message.ProtoReflect(), x.path); err != nil {
		return engine.RequestFailure(op, err)
	}
	ctx = metadata.NewIncomingContext(ctx, x.metadata)
	ctx = grpc.NewContextWithServerTransportStream(ctx, stream{method, x})
	ctx = engine.WithVerbatim(ctx, &x.in)
	_, err := c.intercept(ctx, message, &grpc.UnaryServerInfo{FullMethod: method}, func(ctx context.Context, _ any) (any, error) {
		var err error
		x.out, err = c.engine.Do(ctx, op, message, &x.in) // ServeHTTP releases it
		return nil, err
	})
	return err
}

// NewStream implements grpc.ClientConnInterface.
func (c *conn) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("the contract has no streams")
}

// chain makes one interceptor of several, the first outermost, as grpc does for
// a server of its own.
func chain(all []grpc.UnaryServerInterceptor) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, last grpc.UnaryHandler) (any, error) {
		next := last
		for i := len(all) - 1; i >= 0; i-- {
			inner := next
			next = func(ctx context.Context, req any) (any, error) { return all[i](ctx, req, info, inner) }
		}
		return next(ctx, req)
	}
}

// stream lets interceptors set headers as they do on the gRPC face. Trailers
// have no place in an answer that is written in one piece.
type stream struct {
	method string
	x      *exchange
}

func (s stream) Method() string { return s.method }

func (s stream) SetHeader(md metadata.MD) error {
	if s.x.header == nil { // as always but in theory: requestID sets all at once
		s.x.header = md
	} else {
		s.x.header = metadata.Join(s.x.header, md)
	}
	return nil
}

func (s stream) SendHeader(md metadata.MD) error { return s.SetHeader(md) }

func (s stream) SetTrailer(metadata.MD) error { return nil }
