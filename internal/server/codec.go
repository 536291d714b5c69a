package server

import (
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"

	"github.com/switchboard-gw/switchboard/internal/inflight"
)

// frame is an answer that is in wire form already. It is the pool of its one
// buffer: grpc puts that back when the last byte is on its way, or when nobody
// wants it any more. Where it never does, since the connection ended first, the
// connection's account knows what it owes.
type frame struct{ *inflight.Debt }

// Get implements mem.BufferPool; nothing calls it.
func (frame) Get(n int) *[]byte { b := make([]byte, n); return &b }

// Put implements mem.BufferPool.
func (f frame) Put(*[]byte) { f.Settle() }

// codec is grpc's own protobuf codec, but for frames, which it sends as they
// are: marshalling an answer a second time would cost more than the rest of the
// call.
type codec struct{}

// protobuf is what grpc registers for everything that is not a frame.
var protobuf = encoding.GetCodecV2(proto.Name)

func (codec) Name() string { return proto.Name }

func (codec) Marshal(v any) (mem.BufferSlice, error) {
	if f, ok := v.(frame); ok {
		return mem.BufferSlice{mem.NewBuffer(f.Buffer(), f)}, nil
	}
	return protobuf.Marshal(v)
}

func (codec) Unmarshal(data mem.BufferSlice, v any) error {
	if in, ok := v.(*incoming); ok {
		in.keep(data)
		return nil
	}
	return protobuf.Unmarshal(data, v)
}
