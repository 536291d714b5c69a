package server

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/failure"
	"github.com/switchboard-gw/switchboard/internal/inflight"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// edge makes calls of what comes in over gRPC, in three ways that differ in what grpc
// hands over: operations of the contract, other unary RPCs, and streams.
type edge struct {
	face     call.Face
	chain    *call.Chain
	engine   *engine.Engine
	weights  weights
	stopping chan struct{} // closed when streams shall end
}

// operation is the one handler of all operations. The interceptor that grpc offers it
// is unary, whose work it does itself, with less ado.
func (e *edge) operation(op *operation.Operation) grpc.MethodHandler {
	return func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		c := &call.Call{Face: e.face, Method: op.FullMethod, Operation: op}
		identify(ctx, c)
		from, end := arrivalOf(ctx), e.engine.Wire
		message, taken, err := e.receive(ctx, op, c.Memory, decode)
		from.received()
		if err != nil {
			end = func(context.Context, *call.Call) error { return err }
		} else {
			c.Request = message
			defer c.Memory.Unreserve(taken)
		}
		err = e.chain.Do(ctx, c, end)
		wire, _ := c.Result.(*inflight.Body)
		if err == nil {
			if full := takeCopies(ctx, len(wire.Bytes())); full != nil {
				err = engine.RequestFailure(op, full)
			}
		}
		if err := e.answer(ctx, c, err); err != nil {
			wire.Release() // a step has other plans, or there is none
			return nil, err
		}
		answerPlain(ctx)
		debt := from.owe(c, wire)
		if ended := ctx.Err(); ended != nil {
			debt.Settle() // grpc might drop it and never say so
			return nil, failure.Present(ended)
		}
		return frame{debt}, nil
	}
}

// answer sends what goes beside the message, and gives a failure the form that goes
// over the wire.
func (e *edge) answer(ctx context.Context, c *call.Call, err error) error {
	if sendErr := grpc.SetHeader(ctx, c.Header); sendErr != nil && err == nil {
		err = sendErr
	}
	if err != nil {
		err = failure.Present(err)
		delete(c.Trailer, engine.TrailerDrift) // there is no room for both
		for name, values := range engine.ErrorTrailer(err) {
			c.SetTrailer(name, values...)
		}
	}
	if len(c.Trailer) > 0 {
		if sendErr := grpc.SetTrailer(ctx, c.Trailer); sendErr != nil && err == nil {
			err = sendErr
		}
	}
	return err
}

// unary is the interceptor of all other unary RPCs.
func (e *edge) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	c := &call.Call{Face: e.face, Method: info.FullMethod}
	c.Request, _ = request.(proto.Message)
	identify(ctx, c)
	err := e.chain.Do(ctx, c, func(ctx context.Context, c *call.Call) (err error) {
		c.Result, err = next(ctx, request)
		return err
	})
	if err := e.answer(ctx, c, err); err != nil {
		return nil, err
	}
	return c.Result, nil
}

// stream is the interceptor of all streams.
func (e *edge) stream(service any, ss grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	ctx := ss.Context()
	c := &call.Call{Face: e.face, Method: info.FullMethod}
	identify(ctx, c)
	err := e.chain.Do(ctx, c, func(ctx context.Context, c *call.Call) error {
		if err := ss.SetHeader(c.Header); err != nil {
			return err
		}
		return e.untilStop(ctx, func(ctx context.Context) error {
			return next(service, e.chain.Stream(ctx, c, receiving{ss, arrivalOf(ctx)}))
		})
	})
	if err != nil {
		err = failure.Present(err)
		ss.SetTrailer(metadata.Join(c.Trailer, engine.ErrorTrailer(err)))
	}
	return err
}

// untilStop runs a stream's handler until it returns, or the server stops: then its
// context ends, and soon afterwards the stream does, even if the handler waits for a
// message.
func (e *edge) untilStop(ctx context.Context, handle func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type outcome struct {
		err      error
		panicked any
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			o.panicked = recover()
			done <- o
		}()
		o.err = handle(ctx)
	}()
	select {
	case o := <-done:
		if o.panicked != nil {
			panic(o.panicked) // the chain knows what to do with it
		}
		return o.err
	case <-e.stopping:
	}
	stopping := failure.New(codes.Unavailable, "stopping", "the server stops; another replica goes on")
	cancel(stopping)
	select {
	case <-done:
	case <-time.After(streamGrace):
	}
	return stopping
}

// streamGrace is how long a stream may take to end itself when the server stops.
const streamGrace = time.Second
