package server

import (
	"reflect"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/switchboard-gw/switchboard/internal/operation"
)

// weights tell how much memory a request takes while it is served, from its wire form:
// the message in Go and its JSON, which may be a hundred times as large. A list of
// empty messages has two bytes for each. It is a bound from above, for honest requests
// a few times their size.
type weights []*weight // by the operation's index

// weight is what is known of a type of message.
type weight struct {
	size   int // of the message in Go, without what its fields point to
	fields map[protowire.Number]fieldWeight
}

type fieldWeight struct {
	name    int     // in JSON
	message *weight // nil: a scalar
	numbers bool    // a list that may come packed
}

const (
	// perField is what a field takes beside its content: a pointer, a head of a
	// string, the place in a list.
	perField = 40
	// perNumber is what a number in a list takes, in Go and in JSON.
	perNumber = 16 + 24
	// growth, in quarters, is what JSON takes in a buffer that has grown to hold it.
	growth = 5
	// maxDepth is how deep messages are looked into; below, all bytes are taken for
	// the worst.
	maxDepth = 64
	worst    = 256
	// unknownSize is that of a type that is not linked.
	unknownSize = 512
)

// newWeights learns the types of all requests.
func newWeights(ops *operation.Set) weights {
	w, known := make(weights, len(ops.All())), map[protoreflect.FullName]*weight{}
	for _, op := range ops.All() {
		w[op.Index] = learn(op.NewRequest().ProtoReflect().Descriptor(), known)
	}
	return w
}

func learn(md protoreflect.MessageDescriptor, known map[protoreflect.FullName]*weight) *weight {
	if m := known[md.FullName()]; m != nil {
		return m
	}
	m := &weight{size: unknownSize, fields: map[protowire.Number]fieldWeight{}}
	known[md.FullName()] = m
	if mt, err := protoregistry.GlobalTypes.FindMessageByName(md.FullName()); err == nil {
		m.size = int(reflect.TypeOf(mt.Zero().Interface()).Elem().Size())
	}
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		f := fieldWeight{name: len(fd.JSONName()) + len(`"":,`)}
		switch fd.Kind() {
		case protoreflect.MessageKind, protoreflect.GroupKind:
			f.message = learn(fd.Message(), known)
		case protoreflect.StringKind, protoreflect.BytesKind:
		case protoreflect.EnumKind:
			for j := range fd.Enum().Values().Len() { // in JSON it is its name
				f.name = max(f.name, len(fd.JSONName())+len(fd.Enum().Values().Get(j).Name()))
			}
			f.numbers = fd.IsList()
		default:
			f.numbers = fd.IsList()
		}
		m.fields[fd.Number()] = f
	}
	return m
}

// of is the weight of a request.
func (w weights) of(op *operation.Operation, wire []byte) int {
	return 2*len(wire) + w[op.Index].weigh(wire, maxDepth)
}

func (m *weight) weigh(wire []byte, depth int) int {
	total := m.size
	for len(wire) > 0 {
		number, kind, n := protowire.ConsumeTag(wire)
		if n < 0 {
			return total
		}
		wire = wire[n:]
		f := m.fields[number]
		total += perField + f.name
		if kind != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(number, kind, wire); n < 0 {
				return total
			}
			wire = wire[n:]
			total += perNumber
			continue
		}
		text, n := protowire.ConsumeBytes(wire)
		if n < 0 {
			return total
		}
		wire = wire[n:]
		switch {
		case f.message == nil && f.numbers:
			total += len(text) * (perNumber + f.name)
		case f.message == nil:
			total += len(text) + inJSON(text)*growth/4
		case depth == 0:
			total += worst * (len(text) + 1)
		default:
			total += f.message.weigh(text, depth-1)
		}
	}
	return total
}

// inJSON is the length of a text in JSON.
func inJSON(text []byte) int {
	n := len(text)
	for _, c := range text {
		if c < ' ' || c == '"' || c == '\\' || c == 0x7F {
			n += len(`\u0000`) - 1
		}
	}
	return n
}
