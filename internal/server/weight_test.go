package server

import (
	"fmt"
	"runtime"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// swollen is wire forms of a message that are small for what they become: each field
// again and again, with next to nothing in it, at every depth, of types not seen before.
func swollen(md protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool, wrap func([]byte) []byte, each func([]byte)) {
	if seen[md.FullName()] {
		return
	}
	seen[md.FullName()] = true
	kinds := map[string]bool{}
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		kind := fmt.Sprint(fd.Kind(), fd.IsList(), fd.Message() != nil && seen[fd.Message().FullName()])
		if kinds[kind] && (fd.Message() == nil || seen[fd.Message().FullName()]) {
			continue // one of a kind will do
		}
		kinds[kind] = true
		var field []byte
		switch {
		case fd.Kind() == protoreflect.MessageKind, fd.Kind() == protoreflect.StringKind, fd.Kind() == protoreflect.BytesKind:
			field = protowire.AppendBytes(protowire.AppendTag(nil, fd.Number(), protowire.BytesType), nil)
		case fd.IsList(): // packed
			field = protowire.AppendBytes(protowire.AppendTag(nil, fd.Number(), protowire.BytesType), make([]byte, 64))
		default:
			field = protowire.AppendVarint(protowire.AppendTag(nil, fd.Number(), protowire.VarintType), 1)
		}
		var all []byte
		for range 10_000 / len(field) {
			all = append(all, field...)
		}
		each(wrap(all))
		if fd.Kind() == protoreflect.StringKind {
			each(wrap(protowire.AppendString(protowire.AppendTag(nil, fd.Number(), protowire.BytesType), string(make([]byte, 10_000)))))
		}
		if fd.Kind() == protoreflect.MessageKind {
			swollen(fd.Message(), seen, func(inner []byte) []byte {
				return wrap(protowire.AppendBytes(protowire.AppendTag(nil, fd.Number(), protowire.BytesType), inner))
			}, each)
		}
	}
}

// Of no request, however it is made, does more stay in memory than its weight.
func TestNoRequestBecomesMoreThanItsWeight(t *testing.T) {
	ops, err := operation.Compile(protoregistry.GlobalFiles, usersv1.File_genesyscloud_users_v1_users_service_proto.Package())
	if err != nil {
		t.Fatal(err)
	}
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	w, tried, seen := newWeights(ops), 0, map[protoreflect.FullName]bool{}
	for _, op := range ops.All() {
		swollen(op.NewRequest().ProtoReflect().Descriptor(), seen, func(b []byte) []byte { return b }, func(wire []byte) {
			const copies = 4 // so that noise does not matter
			tried++
			weight := w.of(op, wire)
			messages, bodies := make([]proto.Message, copies), make([][]byte, copies)
			before := live()
			for i := range messages {
				messages[i] = op.NewRequest()
				if proto.Unmarshal(wire, messages[i]) != nil {
					return
				}
				bodies[i], _ = op.Body(nil, messages[i].ProtoReflect())
			}
			if became := (int(live()) - int(before)) / copies; became > weight-2*len(wire) {
				t.Errorf("%s: %d bytes, beginning with %.20x, became %d; their weight is %d", op.Name, len(wire), wire, became, weight)
			}
			runtime.KeepAlive(messages)
			runtime.KeepAlive(bodies)
		})
	}
	t.Logf("%d requests", tried)
}

// An honest request weighs a few times its size.
func TestHonestRequestsWeighLittle(t *testing.T) {
	t.Parallel()
	ops, err := operation.Compile(protoregistry.GlobalFiles, usersv1.File_genesyscloud_users_v1_users_service_proto.Package())
	if err != nil {
		t.Fatal(err)
	}
	request := &usersv1.PatchUsersBulkRequest{}
	for range 50 {
		request.Body = append(request.Body, &usersv1.PatchUser{Id: proto.String("88df10aa-e95e-486c-9620-ca7c8b907441"), AcdAutoAnswer: proto.Bool(true)})
	}
	wire, err := proto.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	if weight := newWeights(ops).of(ops.ByName("PatchUsersBulk"), wire); weight > 15*len(wire) {
		t.Errorf("%d bytes weigh %d", len(wire), weight)
	}
}
