package transcode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
)

// maxFields is how many fields a message may have: a decoder keeps a bit for
// each on its stack.
const maxFields = 256

// Compiler turns message descriptors into tables, each once, and owns the
// working memory of the decoders that use them. It is safe for concurrent use.
type Compiler struct {
	mu     sync.Mutex
	tables map[protoreflect.MessageDescriptor]*table
	enums  map[protoreflect.EnumDescriptor]*enum
	slots  int // hint slots given out

	decoders sync.Pool // of *decoder
}

// NewCompiler returns a compiler without tables.
func NewCompiler() *Compiler {
	return &Compiler{
		tables: map[protoreflect.MessageDescriptor]*table{},
		enums:  map[protoreflect.EnumDescriptor]*enum{},
	}
}

// Message returns the table of a message type and compiles it, and all that it
// reaches, when it is new. The error names each field that has no JSON form here:
// oneofs, groups, extensions, bytes, unsigned and fixed-width integers, maps
// with other keys than strings, and well-known types other than Timestamp,
// Struct, Value, ListValue and Empty.
func (c *Compiler) Message(md protoreflect.MessageDescriptor) (*Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// What fails half way leaves nothing behind.
	b := builder{tables: maps.Clone(c.tables), enums: maps.Clone(c.enums), slots: c.slots}
	t, err := b.message(md)
	if err != nil {
		return nil, fmt.Errorf("message %s cannot be transcoded: %w", md.FullName(), err)
	}
	c.tables, c.enums, c.slots = b.tables, b.enums, b.slots
	return &Message{t, c, c.slots}, nil
}

type builder struct {
	tables map[protoreflect.MessageDescriptor]*table
	enums  map[protoreflect.EnumDescriptor]*enum
	slots  int
}

func (b *builder) slot() int {
	b.slots++
	return b.slots - 1
}

// wellKnown are the messages whose JSON is not an object of their fields.
var wellKnown = map[protoreflect.FullName]op{
	"google.protobuf.Timestamp": opTimestamp,
	"google.protobuf.Struct":    opStruct,
	"google.protobuf.Value":     opValue,
	"google.protobuf.ListValue": opListValue,
	"google.protobuf.Empty":     opMessage,
}

func (b *builder) message(md protoreflect.MessageDescriptor) (*table, error) {
	if t := b.tables[md]; t != nil {
		return t, nil // or is being compiled: messages may contain themselves
	}
	t := &table{name: string(md.FullName()), op: opMessage, slot: b.slot()}
	b.tables[md] = t
	if known, ok := wellKnown[md.FullName()]; ok {
		t.op = known
		if known != opMessage {
			return t, nil
		}
	} else if md.FullName().Parent() == "google.protobuf" {
		return nil, fmt.Errorf("%s has no JSON form in this contract", md.FullName())
	}
	if md.ExtensionRanges().Len() > 0 || md.IsMapEntry() {
		return nil, fmt.Errorf("%s has extensions or is a map entry", md.FullName())
	}
	for i := range md.Oneofs().Len() {
		if od := md.Oneofs().Get(i); !od.IsSynthetic() {
			return nil, fmt.Errorf("%s is a oneof, which JSON cannot tell apart", od.FullName())
		}
	}
	count := md.Fields().Len()
	if count > maxFields {
		return nil, fmt.Errorf("%s has %d fields, more than %d", md.FullName(), count, maxFields)
	}
	t.fields = make([]field, count)
	t.sparse = map[uint64]*field{}
	var names []string
	var indices []int32
	var problems []error
	for i := range t.fields {
		fd := md.Fields().Get(i)
		f := &t.fields[i]
		if err := b.field(f, fd); err != nil {
			problems = append(problems, fmt.Errorf("field %s: %w", fd.FullName(), err))
			continue
		}
		f.index, f.owner = uint8(i), t
		if f.elem != nil {
			f.elem.owner, f.elem.jsonName = t, f.jsonName
		}
		names, indices = append(names, fd.JSONName()), append(indices, int32(i))
		if f.number < denseNumbers {
			for uint64(len(t.dense)) <= f.number {
				t.dense = append(t.dense, nil)
			}
			t.dense[f.number] = f
		} else {
			t.sparse[f.number] = f
		}
	}
	t.names = newLookup(names, indices)
	return t, errors.Join(problems...)
}

// field compiles a field with its shape.
func (b *builder) field(f *field, fd protoreflect.FieldDescriptor) error {
	f.slot, f.details = int32(b.slot()), &details{number: uint64(fd.Number())}
	f.protoName = string(fd.Name())
	facts, _ := proto.GetExtension(fd.Options(), apiv1.E_Field).(*apiv1.Field)
	f.baseVersion = facts.GetBaseVersion()
	f.setName(fd.JSONName())
	switch {
	case fd.IsMap():
		if fd.MapKey().Kind() != protoreflect.StringKind {
			return fmt.Errorf("a map with keys of kind %s", fd.MapKey().Kind())
		}
		f.op, f.elem = opMap, &field{details: &details{number: 2}}
		f.setTag(protowire.BytesType)
		return b.single(f.elem, fd.MapValue())
	case fd.IsList():
		f.op, f.elem = opList, &field{details: &details{number: f.number}}
		if fd.IsPacked() {
			f.op = opPacked
			f.setTag(protowire.BytesType)
		}
		err := b.single(f.elem, fd)
		if f.op == opPacked {
			f.elem.tagLen = 0
		}
		return err
	default:
		return b.single(f, fd)
	}
}

// single compiles one value of a field, whatever its shape.
func (b *builder) single(f *field, fd protoreflect.FieldDescriptor) (err error) {
	f.slot = int32(b.slot())
	wireType := protowire.BytesType
	switch fd.Kind() {
	case protoreflect.StringKind:
		f.op = opString
	case protoreflect.BoolKind:
		f.op, wireType = opBool, protowire.VarintType
	case protoreflect.Int32Kind:
		f.op, wireType = opInt32, protowire.VarintType
	case protoreflect.Int64Kind:
		f.op, wireType = opInt64, protowire.VarintType
	case protoreflect.DoubleKind:
		f.op, wireType = opDouble, protowire.Fixed64Type
	case protoreflect.FloatKind:
		f.op, wireType = opFloat, protowire.Fixed32Type
	case protoreflect.EnumKind:
		f.op, wireType = opEnum, protowire.VarintType
		f.enum, err = b.enum(fd.Enum())
	case protoreflect.MessageKind:
		f.table, err = b.message(fd.Message())
		if err == nil {
			f.op = f.table.op
		}
	default:
		return fmt.Errorf("the kind %s", fd.Kind())
	}
	f.setTag(wireType)
	return err
}

func (f *field) setTag(wireType protowire.Type) {
	var tag [8]byte
	f.tagLen = uint8(len(protowire.AppendTag(tag[:0], protowire.Number(f.number), wireType)))
	f.tag = binary.LittleEndian.Uint64(tag[:])
}

func (f *field) setName(name string) {
	f.jsonName = []byte(name)
	quoted, _ := appendString(nil, []byte(name)) // a descriptor's names are valid UTF-8
	key := append(quoted, ':')
	f.key = string(key)
	if len(key) > math.MaxUint8 {
		f.key0 = 1 // with a mask of 0
		return
	}
	f.keyLen, f.keyRest = uint8(len(key)), string(key[min(16, len(key)):])
	f.key0, f.mask0 = keyWord(key)
	f.key1, f.mask1 = keyWord(key[min(8, len(key)):])
	f.key2, f.mask2 = keyWord(key[min(16, len(key)):])
	f.key3, f.mask3 = keyWord(key[min(24, len(key)):])
}

// keyWord packs up to eight bytes and a mask that covers them.
func keyWord(b []byte) (word, mask uint64) {
	for i := range min(8, len(b)) {
		word |= uint64(b[i]) << (8 * i)
		mask |= 0xFF << (8 * i)
	}
	return word, mask
}

// enum compiles an enum by the contract's convention: number 0 stands for
// absent, number 1 for a value that the contract does not know, all others have
// the upstream's string in an option.
func (b *builder) enum(ed protoreflect.EnumDescriptor) (*enum, error) {
	if e := b.enums[ed]; e != nil {
		return e, nil
	}
	e := &enum{name: string(ed.FullName()), strings: map[int32]string{}}
	var names []string
	var numbers []int32
	hasUnrecognized := false
	for i := range ed.Values().Len() {
		vd := ed.Values().Get(i)
		if vd.Number() < 0 {
			return nil, fmt.Errorf("enum value %s has a negative number", vd.FullName())
		}
		upstream, _ := proto.GetExtension(vd.Options(), apiv1.E_Upstream).(string)
		hasUnrecognized = hasUnrecognized || vd.Number() == unrecognized
		if !proto.HasExtension(vd.Options(), apiv1.E_Upstream) {
			if vd.Number() > unrecognized {
				return nil, fmt.Errorf("enum value %s lacks the option %s", vd.FullName(), apiv1.E_Upstream.TypeDescriptor().FullName())
			}
			continue
		}
		if vd.Number() <= unrecognized {
			return nil, fmt.Errorf("enum value %s stands for no value of the upstream and has the option %s", vd.FullName(), apiv1.E_Upstream.TypeDescriptor().FullName())
		}
		quoted, err := appendString(nil, []byte(upstream))
		if err != nil {
			return nil, fmt.Errorf("enum value %s: the option %s is not UTF-8", vd.FullName(), apiv1.E_Upstream.TypeDescriptor().FullName())
		}
		for _, other := range names {
			if other == upstream {
				return nil, fmt.Errorf("enum %s has two values for the upstream's %q", ed.FullName(), upstream)
			}
		}
		e.strings[int32(vd.Number())] = string(quoted)
		names, numbers = append(names, upstream), append(numbers, int32(vd.Number()))
	}
	if !hasUnrecognized {
		return nil, fmt.Errorf("enum %s lacks the value number %d for what the upstream adds later", ed.FullName(), unrecognized)
	}
	e.names = newLookup(names, numbers)
	b.enums[ed] = e
	return e, nil
}
