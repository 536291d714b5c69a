package transcode

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// How the encoder is built
//
// An encoder reads the fields of a message in the order of the wire and appends
// each as a member. Each function takes the bytes it is to consume, appends to
// dst, and returns the bytes that are left.
//
// Wire form allows what JSON does not: a field that comes twice, a list in
// pieces, a message in parts that are to be merged. No ordinary writer does that.
// An encoder that meets it gives up with errUnusual; the wire is rewritten
// (canonical.go) and encoded again. So the usual way needs no memory of its own,
// and the unusual one is no more than a few times as long.

type encoder struct {
	dst   []byte
	depth int
	keys  [][]byte // of all open maps, the innermost last
}

// errUnusual says that the wire form needs to be rewritten first.
var errUnusual = errors.New("unusual wire form")

// encode appends the JSON of a message, or of the value of one of its fields.
func encode(dst, wire []byte, t *table, f *field, mask []string) ([]byte, error) {
	root, err := newMask(t, mask)
	if err != nil {
		return dst, err
	}
	e := encoder{dst: dst}
	err = e.document(t, f, wire, root)
	if errors.Is(err, errUnusual) {
		if wire, err = canonical(t, wire); err == nil {
			e = encoder{dst: dst}
			err = e.document(t, f, wire, root)
		}
	}
	if err != nil {
		return dst, err
	}
	return e.dst, nil
}

func (e *encoder) document(t *table, f *field, wire []byte, mask *maskNode) error {
	if f == nil {
		return e.body(t.op, t, wire, mask)
	}
	seen := false
	for len(wire) > 0 {
		number, wireType, n := protowire.ConsumeTag(wire)
		if n < 0 {
			return errWire
		}
		if uint64(number) != f.number {
			if t.byNumber(uint64(number)) == nil {
				return unknownField(number)
			}
			if _, _, n = protowire.ConsumeField(wire); n < 0 {
				return errWire
			}
			wire = wire[n:]
			continue
		}
		if seen {
			return errUnusual
		}
		seen = true
		var err error
		if wire, err = e.value(f, wireType, wire[n:], nil); err != nil {
			return within(f, err)
		}
	}
	if !seen {
		e.unset(f)
	}
	return nil
}

// body appends a message by its kind.
func (e *encoder) body(kind op, t *table, wire []byte, mask *maskNode) error {
	switch kind {
	case opTimestamp:
		return e.timestamp(wire)
	case opValue:
		return e.freeValue(wire)
	case opStruct:
		return e.freeField(freeMap, wire)
	case opListValue:
		return e.freeField(freeRow, wire)
	default:
		return e.object(t, wire, mask)
	}
}

// object appends a message as an object.
func (e *encoder) object(t *table, wire []byte, mask *maskNode) error {
	if e.depth++; e.depth > maxDepth {
		return errDepth
	}
	var seen [maxFields / 64]uint64
	e.dst = append(e.dst, '{')
	begin := len(e.dst)
	for len(wire) > 0 {
		number, wireType, n := protowire.ConsumeTag(wire)
		if n < 0 {
			return errWire
		}
		f := t.byNumber(uint64(number))
		if f == nil {
			return unknownField(number)
		}
		child := mask.child(f)
		if mask.omits(f, child) {
			if _, _, n = protowire.ConsumeField(wire); n < 0 {
				return errWire
			}
			wire = wire[n:]
			continue
		}
		word, bit := f.index/64, uint64(1)<<(f.index%64)
		if seen[word]&bit != 0 {
			return errUnusual
		}
		seen[word] |= bit
		e.name(f, begin)
		var err error
		if wire, err = e.value(f, wireType, wire[n:], child); err != nil {
			return within(f, err)
		}
	}
	if mask != nil {
		for _, child := range mask.children {
			f := child.field
			if seen[f.index/64]&(1<<(f.index%64)) != 0 {
				continue
			}
			e.name(f, begin)
			if child.named {
				e.unset(f)
			} else if err := e.body(f.op, f.table, nil, child); err != nil {
				return within(f, err)
			}
		}
	}
	e.depth--
	e.dst = append(e.dst, '}')
	return nil
}

// name appends the name of a member, and a comma when it is not the first of the
// object that begins there.
func (e *encoder) name(f *field, begin int) {
	if len(e.dst) > begin {
		e.dst = append(e.dst, ',')
	}
	e.dst = append(e.dst, f.key...)
}

// unset appends what says that a field has no value.
func (e *encoder) unset(f *field) {
	switch f.op {
	case opList, opPacked:
		e.dst = append(e.dst, "[]"...)
	case opMap:
		e.dst = append(e.dst, "{}"...)
	default:
		e.dst = append(e.dst, "null"...)
	}
}

// value appends the value of a field behind its tag; of a list or map, all that
// follow in a row.
func (e *encoder) value(f *field, wireType protowire.Type, wire []byte, mask *maskNode) ([]byte, error) {
	switch f.op {
	case opList, opPacked:
		return e.list(f, wireType, wire)
	case opMap:
		return e.entries(f, wireType, wire)
	default:
		return e.single(f, wireType, wire, mask)
	}
}

// another consumes the tag of one more value of a list or map.
func another(f *field, wire []byte) (wireType protowire.Type, rest []byte, ok bool) {
	number, wireType, n := protowire.ConsumeTag(wire)
	if n < 0 || uint64(number) != f.number {
		return 0, wire, false
	}
	return wireType, wire[n:], true
}

// list appends the elements of a list, packed or not.
func (e *encoder) list(f *field, wireType protowire.Type, wire []byte) ([]byte, error) {
	if e.depth++; e.depth > maxDepth {
		return nil, errDepth
	}
	e.dst = append(e.dst, '[')
	begin := len(e.dst)
	element := func(wireType protowire.Type, wire []byte) ([]byte, error) {
		if len(e.dst) > begin {
			e.dst = append(e.dst, ',')
		}
		return e.single(f.elem, wireType, wire, nil)
	}
	for more := true; more; wireType, wire, more = another(f, wire) {
		var err error
		if wireType == protowire.BytesType && wireTypes[f.elem.op] != protowire.BytesType {
			chunk, n := protowire.ConsumeBytes(wire)
			if n < 0 {
				return nil, errWire
			}
			for wire = wire[n:]; len(chunk) > 0; {
				if chunk, err = element(wireTypes[f.elem.op], chunk); err != nil {
					return nil, err
				}
			}
			continue
		}
		if wire, err = element(wireType, wire); err != nil {
			return nil, err
		}
	}
	e.depth--
	e.dst = append(e.dst, ']')
	return wire, nil
}

// entries appends the entries of a map.
func (e *encoder) entries(f *field, wireType protowire.Type, wire []byte) ([]byte, error) {
	if e.depth++; e.depth > maxDepth {
		return nil, errDepth
	}
	e.dst = append(e.dst, '{')
	begin, keys := len(e.dst), len(e.keys)
	for more := true; more; wireType, wire, more = another(f, wire) {
		if wireType != protowire.BytesType {
			return nil, errWireType
		}
		entry, n := protowire.ConsumeBytes(wire)
		if n < 0 {
			return nil, errWire
		}
		wire = wire[n:]
		if len(e.dst) > begin {
			e.dst = append(e.dst, ',')
		}
		if err := e.entry(f.elem, entry); err != nil {
			return nil, err
		}
	}
	unique := distinct(e.keys[keys:])
	e.keys = e.keys[:keys]
	if !unique {
		return nil, errUnusual
	}
	e.depth--
	e.dst = append(e.dst, '}')
	return wire, nil
}

// entry appends an entry of a map: field 1 is its key, field 2 its value, and
// either may be left out when it is the default.
func (e *encoder) entry(elem *field, wire []byte) error {
	var key, value []byte
	var wireType protowire.Type
	hasKey, hasValue := false, false
	for len(wire) > 0 {
		number, has, n := protowire.ConsumeTag(wire)
		if n < 0 {
			return errWire
		}
		size := protowire.ConsumeFieldValue(number, has, wire[n:])
		if size < 0 {
			return errWire
		}
		body := wire[n : n+size]
		wire = wire[n+size:]
		switch {
		case number > 2:
			return unknownField(number)
		case number == 1 && hasKey || number == 2 && hasValue:
			return errUnusual
		case number == 2:
			value, wireType, hasValue = body, has, true
		case has != protowire.BytesType:
			return errWireType
		default:
			key, _ = protowire.ConsumeBytes(body)
			hasKey = true
		}
	}
	e.keys = append(e.keys, key)
	var err error
	if e.dst, err = appendString(e.dst, key); err != nil {
		return errText
	}
	e.dst = append(e.dst, ':')
	if !hasValue {
		// The default: zero, or an empty message behind its length.
		value, wireType = []byte{0, 0, 0, 0, 0, 0, 0, 0}, wireTypes[elem.op]
		if wireType == protowire.BytesType {
			value = value[:1]
		}
	}
	_, err = e.single(elem, wireType, value, nil)
	return err
}

// wireTypes has the wire type of each kind of one value.
var wireTypes = [...]protowire.Type{
	opString:    protowire.BytesType,
	opMessage:   protowire.BytesType,
	opTimestamp: protowire.BytesType,
	opEnum:      protowire.VarintType,
	opInt32:     protowire.VarintType,
	opInt64:     protowire.VarintType,
	opBool:      protowire.VarintType,
	opDouble:    protowire.Fixed64Type,
	opFloat:     protowire.Fixed32Type,
	opStruct:    protowire.BytesType,
	opValue:     protowire.BytesType,
	opListValue: protowire.BytesType,
}

// single appends one value.
func (e *encoder) single(f *field, wireType protowire.Type, wire []byte, mask *maskNode) ([]byte, error) {
	if wireType != wireTypes[f.op] {
		return nil, errWireType
	}
	switch wireType {
	case protowire.BytesType:
		b, n := protowire.ConsumeBytes(wire)
		if n < 0 {
			return nil, errWire
		}
		if f.op != opString {
			return wire[n:], e.body(f.op, f.table, b, mask)
		}
		var err error
		if e.dst, err = appendString(e.dst, b); err != nil {
			return nil, errText
		}
		return wire[n:], nil
	case protowire.VarintType:
		v, n := protowire.ConsumeVarint(wire)
		if n < 0 {
			return nil, errWire
		}
		switch f.op {
		case opInt32:
			e.dst = strconv.AppendInt(e.dst, int64(int32(v)), 10)
		case opInt64:
			e.dst = strconv.AppendInt(e.dst, int64(v), 10)
		case opBool:
			e.dst = strconv.AppendBool(e.dst, v != 0)
		default:
			s, ok := f.enum.strings[int32(v)]
			if !ok {
				return nil, &WireError{Problem: fmt.Sprintf("the value %d of %s stands for no string of the upstream", int32(v), f.enum.name)}
			}
			e.dst = append(e.dst, s...)
		}
		return wire[n:], nil
	case protowire.Fixed64Type:
		v, n := protowire.ConsumeFixed64(wire)
		if n < 0 {
			return nil, errWire
		}
		return wire[n:], e.float(math.Float64frombits(v), 64)
	default:
		v, n := protowire.ConsumeFixed32(wire)
		if n < 0 {
			return nil, errWire
		}
		return wire[n:], e.float(float64(math.Float32frombits(v)), 32)
	}
}

// float appends the shortest number that is read as the same float again, with
// an exponent where it would have many zeros.
func (e *encoder) float(v float64, size int) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return &WireError{Problem: "a number that JSON does not have: NaN or infinite"}
	}
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	e.dst = strconv.AppendFloat(e.dst, v, format, -1, size)
	return nil
}

// timestamp appends a Timestamp.
func (e *encoder) timestamp(wire []byte) error {
	var fields [3]uint64
	for len(wire) > 0 {
		number, wireType, n := protowire.ConsumeTag(wire)
		switch {
		case n < 0:
			return errWire
		case number > 2:
			return unknownField(number)
		case wireType != protowire.VarintType:
			return errWireType
		}
		v, m := protowire.ConsumeVarint(wire[n:])
		if m < 0 {
			return errWire
		}
		fields[number] = v
		wire = wire[n+m:]
	}
	seconds, nanos := int64(fields[1]), int64(int32(fields[2]))
	if seconds < minSeconds || seconds > maxSeconds || nanos < 0 || nanos > 999_999_999 {
		return &WireError{Problem: "a time beyond the years 1 to 9999, or with nanoseconds beyond a second"}
	}
	e.dst = appendTime(e.dst, seconds, nanos)
	return nil
}

// few is up to how many keys are compared each with each.
const few = 16

// distinct tells whether no two keys are equal.
func distinct(keys [][]byte) bool {
	if len(keys) <= few {
		for i, key := range keys {
			for _, other := range keys[:i] {
				if string(key) == string(other) {
					return false
				}
			}
		}
		return true
	}
	seen := make(map[string]struct{}, len(keys))
	for _, key := range keys {
		seen[string(key)] = struct{}{}
	}
	return len(seen) == len(keys)
}
