package transcode

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"
)

// Free-form JSON: google.protobuf.Struct, Value and ListValue, whose fields and
// numbers are fixed. In wire form a Value is one of
//
//	08 00        null_value      1a len ...   string_value
//	11 ........  number_value    2a len ...   struct_value: Struct
//	20 0x        bool_value      32 len ...   list_value: ListValue
//
// a Struct is entries 0a len { 0a len key 12 len Value }, and a ListValue is
// elements 0a len Value.
const (
	freeNull   = 0x08
	freeNumber = 0x11
	freeText   = 0x1A
	freeBool   = 0x20
	freeStruct = 0x2A
	freeItems  = 0x32
	freeEntry  = 0x0A // of a Struct; an element of a ListValue; the key of an entry
	freeMember = 0x12 // the value of an entry
)

// freeValue consumes any value and writes the fields of a Value.
func (d *decoder) freeValue(i, n int) (int, int) {
	if len(d.dst)-n < len(d.src)-i+Slack {
		d.grow(i, n)
	}
	start := n + 2 // for the kinds that have a length
	switch c := d.at(i); c {
	case '"':
		d.dst[n] = freeText
		i, n = d.copyText(i+1, start)
	case '{':
		d.dst[n] = freeStruct
		i, n = d.freeObject(i+1, start)
	case '[':
		d.dst[n] = freeItems
		i, n = d.freeList(i+1, start)
	case 'n':
		d.dst[n], d.dst[n+1] = freeNull, 0
		return d.literal(i, "null"), n + 2
	case 't':
		d.dst[n], d.dst[n+1] = freeBool, 1
		return d.literal(i, "true"), n + 2
	case 'f':
		d.dst[n], d.dst[n+1] = freeBool, 0
		return d.literal(i, "false"), n + 2
	default:
		if !startsNumber(c) {
			return d.expected(i, "a value"), n
		}
		v, end := d.double(i)
		if end < 0 {
			return d.freeMisfit(i, n)
		}
		d.dst[n] = freeNumber
		binary.LittleEndian.PutUint64(d.dst[n+1:], v)
		return end, n + 9
	}
	if i < 0 {
		return i, n
	}
	return i, d.seal(start, n, 1)
}

// freeObject consumes an object behind its brace and writes the fields of a
// Struct. Of equal keys the last wins in wire form as well.
func (d *decoder) freeObject(i, n int) (int, int) {
	if d.depth++; d.depth > maxDepth {
		return d.fail(i-1, errTooDeep), n
	}
	if i = d.space(i); d.at(i) == '}' {
		d.depth--
		return i + 1, n
	}
	for {
		if len(d.dst)-n < len(d.src)-i+Slack {
			d.grow(i, n)
		}
		d.dst[n] = freeEntry
		entry := n + 2
		if i, n = d.entryKey(i, entry); i < 0 {
			return i, n
		}
		d.dst[n] = freeMember
		value := n + 2
		if i, n = d.freeValue(d.space(i), value); i < 0 {
			return i, n
		}
		n = d.seal(value, n, 1)
		n = d.seal(entry, n, 1)
		if i = d.space(i); d.at(i) == ',' {
			i++
			continue
		}
		if d.at(i) != '}' {
			return d.expected(i, "a comma or the end of the object"), n
		}
		d.depth--
		return i + 1, n
	}
}

// freeList consumes a list behind its bracket and writes the fields of a
// ListValue.
func (d *decoder) freeList(i, n int) (int, int) {
	if d.depth++; d.depth > maxDepth {
		return d.fail(i-1, errTooDeep), n
	}
	if i = d.space(i); d.at(i) == ']' {
		d.depth--
		return i + 1, n
	}
	for {
		if len(d.dst)-n < len(d.src)-i+Slack {
			d.grow(i, n)
		}
		d.dst[n] = freeEntry
		start := n + 2
		if i, n = d.freeValue(d.space(i), start); i < 0 {
			return i, n
		}
		n = d.seal(start, n, 1)
		if i = d.space(i); d.at(i) == ',' {
			i++
			continue
		}
		if d.at(i) != ']' {
			return d.expected(i, "a comma or the end of the list"), n
		}
		d.depth--
		return i + 1, n
	}
}

// Numbers of the fields of a Value, and of the only field of the other two.
const (
	numberNull = iota + 1
	numberNumber
	numberText
	numberBool
	numberStruct
	numberItems

	numberEntries = 1
)

// The fields of free-form messages, for the functions that take one.
var (
	freeElem  = &field{op: opValue, details: &details{number: 2}}
	freeMap   = &field{op: opMap, details: &details{number: numberEntries, elem: freeElem}}
	freeRow   = &field{op: opList, details: &details{number: numberEntries, elem: freeElem}}
	freeKinds = [...]*field{
		numberNull:   {op: opEnum, details: &details{}},
		numberNumber: {op: opDouble, details: &details{}},
		numberText:   {op: opString, details: &details{}},
		numberBool:   {op: opBool, details: &details{}},
		numberStruct: {op: opStruct, details: &details{}},
		numberItems:  {op: opListValue, details: &details{}},
	}
)

// freeKind returns the field of a Value with a number; nil for one that it does
// not have.
func freeKind(number uint64) *field {
	if number < uint64(len(freeKinds)) {
		return freeKinds[number]
	}
	return nil
}

// freeValue appends a Value.
func (e *encoder) freeValue(wire []byte) error {
	if len(wire) == 0 {
		return errUnsetValue
	}
	number, wireType, n := protowire.ConsumeTag(wire)
	if n < 0 {
		return errWire
	}
	if number > numberItems {
		return unknownField(number)
	}
	wire = wire[n:]
	if number == numberNull {
		if wireType != protowire.VarintType {
			return errWireType
		}
		null, n := protowire.ConsumeVarint(wire)
		if n < 0 {
			return errWire
		}
		if null != 0 {
			return errNullValue
		}
		e.dst = append(e.dst, "null"...)
		wire = wire[n:]
	} else {
		var err error
		if wire, err = e.single(freeKinds[number], wireType, wire, nil); err != nil {
			return err
		}
	}
	if len(wire) > 0 {
		return errUnusual
	}
	return nil
}

// freeField appends the only field of a Struct or ListValue.
func (e *encoder) freeField(f *field, wire []byte) error {
	if len(wire) == 0 {
		e.unset(f)
		return nil
	}
	number, wireType, n := protowire.ConsumeTag(wire)
	if n < 0 {
		return errWire
	}
	if uint64(number) != f.number {
		return unknownField(number)
	}
	rest, err := e.value(f, wireType, wire[n:], nil)
	if err != nil || len(rest) == 0 {
		return err
	}
	if number, _, n = protowire.ConsumeTag(rest); n < 0 {
		return errWire
	}
	return unknownField(number)
}
