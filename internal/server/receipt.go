package server

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/tap"
	protobufs "google.golang.org/protobuf/proto"

	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/conns"
	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/failure"
	"github.com/switchboard-gw/switchboard/internal/inflight"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// arrival is the context of a call on a connection of ours. It knows which of its
// streams the call is.
type arrival struct {
	context.Context //nolint:containedctx // It is one.
	conn            *conns.Conn
	stream          uint32
}

type arrivalKey struct{}

// Value implements context.Context.
func (a *arrival) Value(key any) any {
	if key == (arrivalKey{}) {
		return a
	}
	return a.Context.Value(key)
}

// arrivalOf is the arrival of a call; nil for one that has no connection of ours.
func arrivalOf(ctx context.Context) *arrival {
	a, _ := ctx.Value(arrivalKey{}).(*arrival)
	return a
}

// account is the connection's memory.
func (a *arrival) account() *inflight.Account {
	if a == nil {
		return nil
	}
	return a.conn.Account()
}

// received says that a message of the call has come and is in other books.
func (a *arrival) received() {
	if a != nil {
		a.conn.Received(a.stream)
	}
}

// owe hands an answer to the connection.
func (a *arrival) owe(c *call.Call, wire *inflight.Body) *inflight.Debt {
	due := c.Deadline.Add(conns.Grace)
	if a == nil {
		return c.Memory.Owe(wire, due)
	}
	return a.account().OweTo(a.stream, wire, due)
}

// arrive is told of each call when its head has come, by the goroutine that reads from
// the connection. Those of operations get their deadline now, so that a message that
// never comes to its end does not stay either.
func arrive(chain *call.Chain, ops *operation.Set) tap.ServerInHandle {
	return func(ctx context.Context, info *tap.Info) (context.Context, error) {
		conn := (*conns.Conn)(nil)
		if p, ok := peer.FromContext(ctx); ok {
			if of, ok := p.AuthInfo.(connection); ok {
				conn = of.conn
			}
		}
		if ops.ByMethod(info.FullMethodName) != nil {
			// grpc ends the context that this one is made from with the call.
			ctx, _ = chain.Limit(ctx)
		}
		if conn == nil {
			return ctx, nil
		}
		return &arrival{ctx, conn, conn.Opening()}, nil
	}
}

// incoming is a request on its way in. The codec leaves it undecoded, since grpc
// hands a message over before the client has done its part of the call: until then
// the parts count as those of an unfinished request.
type incoming struct{ wire mem.BufferSlice }

// keep takes the message over from grpc.
func (in *incoming) keep(data mem.BufferSlice) {
	in.wire.Free() // of a client that sends two
	data.Ref()
	in.wire = data
}

// receive receives the message of an operation, and takes the memory for what it
// becomes; the caller gives taken back at the end of the call.
func (e *edge) receive(ctx context.Context, op *operation.Operation, memory *inflight.Account, decode func(any) error) (_ protobufs.Message, taken int, err error) {
	var in incoming
	defer func() { in.wire.Free() }()
	if err := decode(&in); err != nil {
		return nil, 0, err // grpc has answered
	}
	size := in.wire.Len()
	text := in.wire.MaterializeToBuffer(mem.DefaultBufferPool())
	defer text.Free()
	if size > tinyRequest {
		if weight := e.weights.of(op, text.ReadOnlyData()); weight > smallRequest {
			if err := memory.Reserve(ctx, weight); err != nil {
				return nil, 0, engine.RequestFailure(op, err)
			}
			taken = weight
		}
	}
	message := op.NewRequest()
	err = protobufs.Unmarshal(text.ReadOnlyData(), message)
	if taken > 0 { // the wire form is done with
		memory.Unreserve(2 * size)
		taken -= 2 * size
	}
	if err != nil {
		memory.Unreserve(taken)
		return nil, 0, failure.New(codes.InvalidArgument, "invalid_argument", op.Name+": the request is no message of the type "+string(message.ProtoReflect().Descriptor().FullName()))
	}
	return message, taken, nil
}

const (
	// smallRequest is what a request may become that is not worth counting.
	smallRequest = 16 << 10
	// tinyRequest is the size of a request that cannot become much more than that.
	tinyRequest = 256
)

// receiving is a stream whose messages are in other books as soon as they have come.
type receiving struct {
	grpc.ServerStream
	from *arrival
}

// RecvMsg implements grpc.ServerStream.
func (r receiving) RecvMsg(m any) error {
	defer r.from.received()
	return r.ServerStream.RecvMsg(m)
}

// answerPlain keeps grpc from compressing the answer for a client that compresses: it
// would do so into buffers that are in nobody's books, for as long as the client does
// not read.
func answerPlain(ctx context.Context) {
	stream, ok := grpc.ServerTransportStreamFromContext(ctx).(interface{ RecvCompress() string })
	if ok && stream.RecvCompress() != "" {
		_ = grpc.SetSendCompressor(ctx, "identity") // all clients read that
	}
}
