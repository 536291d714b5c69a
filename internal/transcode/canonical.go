package transcode

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// The slow path of the encoder: unusual wire form is rewritten so that each
// singular field is there once, each list and map in one row, and each key of a
// map once. The rules are protobuf's own: of scalars the last counts, parts of a
// message are one message when put together, a key of a map is replaced by a
// later one, and of the kinds of a Value only the last counts.
//
// What is wrong with the wire beyond that is copied as it is, for the encoder to
// find.

// maxWireDepth bounds the nesting of messages: free-form JSON takes three of them
// for one object.
const maxWireDepth = 3*maxDepth + 3

// canonical rewrites a message.
func canonical(t *table, wire []byte) ([]byte, error) {
	return rewriter{}.message(nil, t, t.op, wire)
}

type rewriter struct{ depth int }

// occurrences are the values of one field, each from its tag to its end.
type occurrences struct {
	number protowire.Number
	field  *field
	chunks []chunk
}

type chunk struct {
	wireType protowire.Type
	all      []byte // with the tag
	value    []byte // without the tag; for a message also without its length
}

// gather sorts the fields of a message by their first appearance. fieldOf
// returns nil for a field that is copied as it is.
func gather(wire []byte, fieldOf func(uint64) *field) ([]*occurrences, error) {
	var inOrder []*occurrences
	byNumber := map[protowire.Number]*occurrences{}
	for len(wire) > 0 {
		number, wireType, n := protowire.ConsumeTag(wire)
		if n < 0 {
			return nil, errWire
		}
		size := protowire.ConsumeFieldValue(number, wireType, wire[n:])
		if size < 0 {
			return nil, errWire
		}
		c := chunk{wireType, wire[:n+size], wire[n : n+size]}
		if wireType == protowire.BytesType {
			c.value, _ = protowire.ConsumeBytes(c.value)
		}
		wire = wire[n+size:]
		o := byNumber[number]
		if o == nil {
			o = &occurrences{number: number, field: fieldOf(uint64(number))}
			byNumber[number] = o
			inOrder = append(inOrder, o)
		}
		o.chunks = append(o.chunks, c)
	}
	return inOrder, nil
}

// message appends the rewritten form of a message.
func (r rewriter) message(dst []byte, t *table, kind op, wire []byte) ([]byte, error) {
	if r.depth++; r.depth > maxWireDepth {
		return dst, errDepth
	}
	var fieldOf func(uint64) *field
	switch kind {
	case opValue:
		return r.value(dst, wire)
	case opStruct:
		fieldOf = only(freeMap)
	case opListValue:
		fieldOf = only(freeRow)
	case opMessage:
		fieldOf = t.byNumber
	default: // a Timestamp is read field by field anyway
		return append(dst, wire...), nil
	}
	fields, err := gather(wire, fieldOf)
	if err != nil {
		return dst, err
	}
	for _, o := range fields {
		if dst, err = r.field(dst, o); err != nil {
			return dst, within(o.field, err)
		}
	}
	return dst, nil
}

// only is the table of a message of one field.
func only(f *field) func(uint64) *field {
	return func(number uint64) *field {
		if number == f.number {
			return f
		}
		return nil
	}
}

// field appends all values of one field.
func (r rewriter) field(dst []byte, o *occurrences) ([]byte, error) {
	var err error
	switch f := o.field; {
	case f == nil:
		return append(dst, o.chunks[0].all...), nil
	case f.op == opMap:
		return r.entries(dst, o)
	case f.op == opList || f.op == opPacked:
		for _, c := range o.chunks {
			if c.wireType == protowire.BytesType && isMessage(f.elem.op) {
				dst, err = r.nested(dst, o.number, f.elem, c.value)
			} else {
				dst = append(dst, c.all...)
			}
			if err != nil {
				return dst, err
			}
		}
		return dst, nil
	case isMessage(f.op):
		var parts []byte
		for _, c := range o.chunks {
			if c.wireType != protowire.BytesType {
				return append(dst, c.all...), nil
			}
			parts = append(parts, c.value...)
		}
		return r.nested(dst, o.number, f, parts)
	default:
		return append(dst, o.chunks[len(o.chunks)-1].all...), nil
	}
}

// nested appends a message with its tag and length.
func (r rewriter) nested(dst []byte, number protowire.Number, f *field, wire []byte) ([]byte, error) {
	body, err := r.message(nil, f.table, f.op, wire)
	if err != nil {
		return dst, err
	}
	dst = protowire.AppendTag(dst, number, protowire.BytesType)
	return protowire.AppendBytes(dst, body), nil
}

// entries appends the entries of a map, the last one of each key in the place of
// the first.
func (r rewriter) entries(dst []byte, o *occurrences) ([]byte, error) {
	const numberKey, numberValue = 1, 2
	key := &field{number: numberKey, op: opString}
	place := map[string]int{}
	var bodies [][]byte
	for _, c := range o.chunks {
		if c.wireType != protowire.BytesType {
			return append(dst, c.all...), nil
		}
		fields, err := gather(c.value, func(number uint64) *field {
			switch number {
			case numberKey:
				return key
			case numberValue:
				return o.field.elem
			default:
				return nil
			}
		})
		if err != nil {
			return dst, err
		}
		var body []byte
		name := ""
		for _, part := range fields {
			if part.number == numberKey {
				name = string(part.chunks[len(part.chunks)-1].value)
			}
			if body, err = r.field(body, part); err != nil {
				return dst, err
			}
		}
		at, known := place[name]
		if !known {
			at = len(bodies)
			place[name] = at
			bodies = append(bodies, nil)
		}
		bodies[at] = body
	}
	for _, body := range bodies {
		dst = protowire.AppendTag(dst, o.number, protowire.BytesType)
		dst = protowire.AppendBytes(dst, body)
	}
	return dst, nil
}

// value appends a Value, which is the last of its kinds. Parts of one kind with
// no other between them are one message.
func (r rewriter) value(dst, wire []byte) ([]byte, error) {
	last := occurrences{}
	for len(wire) > 0 {
		_, _, n := protowire.ConsumeField(wire)
		if n < 0 {
			return dst, errWire
		}
		fields, err := gather(wire[:n], freeKind)
		if err != nil {
			return dst, err
		}
		o := fields[0]
		if o.number > numberItems {
			return dst, unknownField(o.number)
		}
		if o.number != last.number {
			last = *o
		} else {
			last.chunks = append(last.chunks, o.chunks...)
		}
		wire = wire[n:]
	}
	if len(last.chunks) == 0 {
		return dst, nil
	}
	if last.field == nil { // null
		return append(dst, last.chunks[len(last.chunks)-1].all...), nil
	}
	return r.field(dst, &last)
}

// isMessage tells the kinds that are messages in wire form.
func isMessage(kind op) bool {
	switch kind {
	case opMessage, opTimestamp, opStruct, opValue, opListValue:
		return true
	default:
		return false
	}
}
