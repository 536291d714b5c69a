package call

import (
	"context"

	"google.golang.org/grpc"
)

// Stream is a stream of a call as its handler sees it: with the context that the
// chain has made, and every message that comes in checked.
func (c *Chain) Stream(ctx context.Context, call *Call, from grpc.ServerStream) grpc.ServerStream {
	return &stream{from, ctx, c, call}
}

type stream struct {
	grpc.ServerStream
	ctx   context.Context //nolint:containedctx // grpc's own way to hand a context to a handler of streams.
	chain *Chain
	call  *Call
}

// Context implements grpc.ServerStream.
func (s *stream) Context() context.Context { return s.ctx }

// RecvMsg implements grpc.ServerStream.
func (s *stream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	return s.chain.Check(s.call, m)
}
