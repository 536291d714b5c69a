package transcode

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// The slow path of the encoder: unusual wire form is rewritten so that each
// singular field is there once, each list and map in one row, and each key of a
// map once. The rules are protobuf's own: of scalars the last counts, parts of a
// message are one message when put together, a key of a map is replaced by a
// later one, and of the kinds of a Value only the last counts.
//
// All of the wire is checked first: what a later part overrules never reaches the
// encoder, and must not be wrong either.

// maxWireDepth bounds the nesting of messages: free-form JSON takes three of them
// for one object.
const maxWireDepth = 3*maxDepth + 3

// canonical rewrites a message.
func canonical(t *table, wire []byte) ([]byte, error) {
	if err := sound(fieldsOf(t, t.op), wire, 0); err != nil {
		return nil, err
	}
	return rewritten(nil, t, t.op, wire), nil
}

// sound returns an error unless a message is wire form through and through, with
// no field that it does not have.
func sound(fieldOf func(uint64) *field, wire []byte, depth int) error {
	if depth++; depth > maxWireDepth {
		return errDepth
	}
	for len(wire) > 0 {
		number, wireType, n := protowire.ConsumeTag(wire)
		if n < 0 {
			return errWire
		}
		size := protowire.ConsumeFieldValue(number, wireType, wire[n:])
		if size < 0 {
			return errWire
		}
		f := fieldOf(uint64(number))
		if f == nil {
			return unknownField(number)
		}
		if err := f.sound(wireType, wire[n:n+size], depth); err != nil {
			return within(f, err)
		}
		wire = wire[n+size:]
	}
	return nil
}

// sound returns an error unless a field may have a value.
func (f *field) sound(wireType protowire.Type, value []byte, depth int) error {
	kind, list := f, f.op == opList || f.op == opPacked
	if list {
		kind = f.elem
	}
	want := protowire.BytesType
	if kind.op != opMap {
		want = wireTypes[kind.op]
	}
	if wireType != want && (!list || wireType != protowire.BytesType) {
		return errWireType
	}
	if wireType != protowire.BytesType {
		return nil
	}
	value, _ = protowire.ConsumeBytes(value)
	switch {
	case kind.op == opString:
		if !utf8.Valid(value) {
			return errText
		}
		return nil
	case kind.op == opMap:
		return sound(entryFields(kind), value, depth)
	case isMessage(kind.op):
		return sound(fieldsOf(kind.table, kind.op), value, depth)
	}
	for len(value) > 0 { // a packed list
		n := protowire.ConsumeFieldValue(1, want, value)
		if n < 0 {
			return errWire
		}
		value = value[n:]
	}
	return nil
}

// fieldsOf finds the fields of a message of any kind by their numbers.
func fieldsOf(t *table, kind op) func(uint64) *field {
	switch kind {
	case opValue:
		return freeKind
	case opStruct:
		return only(freeMap)
	case opListValue:
		return only(freeRow)
	case opTimestamp:
		return timeField
	default:
		return t.byNumber
	}
}

// only finds the field of a message of one field.
func only(f *field) func(uint64) *field {
	return func(number uint64) *field {
		if number == f.number {
			return f
		}
		return nil
	}
}

// timeField finds the seconds and nanoseconds of a Timestamp.
func timeField(number uint64) *field {
	if number == 1 || number == 2 {
		return &field{op: opInt64, details: &details{number: number}}
	}
	return nil
}

// The fields of an entry of a map.
const numberKey, numberValue = 1, 2

var entryKey = &field{op: opString, details: &details{number: numberKey}}

// entryFields finds the fields of an entry of a map.
func entryFields(f *field) func(uint64) *field {
	return func(number uint64) *field {
		switch number {
		case numberKey:
			return entryKey
		case numberValue:
			return f.elem
		default:
			return nil
		}
	}
}

// occurrences are the values of one field.
type occurrences struct {
	number protowire.Number
	field  *field
	chunks []chunk
}

// A chunk is one value of a field.
type chunk struct {
	all   []byte // with the tag
	value []byte // without the tag and, where there is one, the length
}

// gather sorts the fields of a sound message by their first appearance.
func gather(wire []byte, fieldOf func(uint64) *field) []*occurrences {
	var inOrder []*occurrences
	byNumber := map[protowire.Number]*occurrences{}
	for len(wire) > 0 {
		number, wireType, n := protowire.ConsumeTag(wire)
		size := protowire.ConsumeFieldValue(number, wireType, wire[n:])
		c := chunk{wire[:n+size], wire[n : n+size]}
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
	return inOrder
}

// rewritten appends the rewritten form of a sound message.
func rewritten(dst []byte, t *table, kind op, wire []byte) []byte {
	switch kind {
	case opValue:
		return rewrittenValue(dst, wire)
	case opTimestamp: // is read field by field anyway
		return append(dst, wire...)
	}
	for _, o := range gather(wire, fieldsOf(t, kind)) {
		dst = o.rewritten(dst)
	}
	return dst
}

// rewritten appends all values of one field.
func (o *occurrences) rewritten(dst []byte) []byte {
	switch f := o.field; {
	case f.op == opMap:
		return o.entries(dst)
	case f.op == opList || f.op == opPacked:
		for _, c := range o.chunks {
			if isMessage(f.elem.op) {
				dst = nested(dst, o.number, f.elem, c.value)
			} else {
				dst = append(dst, c.all...)
			}
		}
		return dst
	case isMessage(f.op):
		var parts []byte
		for _, c := range o.chunks {
			parts = append(parts, c.value...)
		}
		return nested(dst, o.number, f, parts)
	default:
		return append(dst, o.chunks[len(o.chunks)-1].all...)
	}
}

// nested appends a message with its tag and length.
func nested(dst []byte, number protowire.Number, f *field, wire []byte) []byte {
	dst = protowire.AppendTag(dst, number, protowire.BytesType)
	return protowire.AppendBytes(dst, rewritten(nil, f.table, f.op, wire))
}

// entries appends the entries of a map, the last one of each key in the place of
// the first.
func (o *occurrences) entries(dst []byte) []byte {
	place := map[string]int{}
	var bodies [][]byte
	for _, c := range o.chunks {
		var body []byte
		name := ""
		for _, part := range gather(c.value, entryFields(o.field)) {
			if part.number == numberKey {
				name = string(part.chunks[len(part.chunks)-1].value)
			}
			body = part.rewritten(body)
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
	return dst
}

// rewrittenValue appends a Value, which is the last of its kinds. Parts of one
// kind with no other between them are one message.
func rewrittenValue(dst, wire []byte) []byte {
	var last *occurrences
	for len(wire) > 0 {
		_, _, n := protowire.ConsumeField(wire)
		o := gather(wire[:n], freeKind)[0]
		if last != nil && o.number == last.number {
			last.chunks = append(last.chunks, o.chunks...)
		} else {
			last = o
		}
		wire = wire[n:]
	}
	if last == nil {
		return dst
	}
	return last.rewritten(dst)
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
