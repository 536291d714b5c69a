package gateway

import (
	"context"

	"github.com/fullstorydev/grpchan/inprocgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/switchboard-gw/switchboard/internal/call"
)

// inProcess calls services of our own, unary or streams, without a network: they are
// registered with it as with a gRPC server, and their RPCs pass the chain as those
// over gRPC do.
type inProcess struct{ *inprocgrpc.Channel }

func newInProcess(chain *call.Chain) *inProcess {
	p := &inProcess{&inprocgrpc.Channel{}}
	p.WithServerUnaryInterceptor(func(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		c := callOf(ctx, info.FullMethod)
		c.Request, _ = request.(proto.Message)
		err := chain.Do(ctx, c, func(ctx context.Context, c *call.Call) (err error) {
			c.Result, err = next(ctx, request)
			return err
		})
		if err != nil {
			return nil, err
		}
		return c.Result, nil
	})
	p.WithServerStreamInterceptor(func(service any, ss grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
		c := callOf(ss.Context(), info.FullMethod)
		return chain.Do(ss.Context(), c, func(ctx context.Context, c *call.Call) error {
			return next(service, chain.Stream(ctx, c, ss))
		})
	})
	return p
}

// callOf is the exchange's call, as one of a method that is no operation.
func callOf(ctx context.Context, method string) *call.Call {
	x := exchangeOf(inprocgrpc.ClientContext(ctx))
	if x == nil {
		return &call.Call{Face: call.REST, Method: method, Metadata: metadata.MD{}}
	}
	c := &x.call
	c.Method, c.Verbatim = method, nil
	return c
}
