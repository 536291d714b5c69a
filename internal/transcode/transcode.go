// Package transcode turns JSON into protobuf wire form and back, in one pass and
// without building the message in between.
//
// Its one job is the body of a call. It knows message descriptors and bytes, and
// no HTTP, no operation and no upstream: the bytes come from its caller and go
// back to it. It imports the protobuf runtime, for descriptors, and the contract's
// options: the upstream's spelling of an enum value, the version of a write.
//
// It works as three visible things:
//
//	compile   compile.go  descriptor -> table, once, at start-up
//	table     table.go    what is known of a message: names, numbers, kinds
//	run       decode.go   JSON -> wire; text.go, number.go, timestamp.go,
//	                      freeform.go and skip.go each read one kind of value;
//	                      misfit.go what is of another kind than its field;
//	                      plain_*.go copy what needs no reading, on amd64 in
//	                      assembly
//	          encode.go   wire -> JSON, with the field mask of mask.go;
//	                      canonical.go is its slow path for unusual wire
//
// report.go holds what the contract did not know or could not hold, errors.go what
// went wrong.
//
// # JSON to wire
//
// Members are matched by json_name, enum values by the contract's upstream
// option. null is absence, in a list as well; where the type itself can say null
// (google.protobuf.Value) it says so. Unknown members are skipped, though not
// unchecked, and unknown enum strings become the enum's value number 1; both go
// to the Report. Of duplicate members the last wins. Numbers may be quoted, and
// an integer may be written as 3.0 or 3e0; it keeps every digit. The text must be
// valid JSON in valid UTF-8, nested at most 100 deep, with nothing behind it.
//
// # What a field cannot hold
//
// A value of another kind than its field, or beyond its range, does not cost the
// message. What can mean only one thing is mended:
//
//	a number or a bool for a string    its text, as it is written
//	"true" and "false" for a bool      the bool
//	a leap second                      the second behind it, as in POSIX time
//	a time with a small t or z, or     the time, cut to nanoseconds
//	a space for the T, or with more
//	than nine digits of a second
//	half of a character, as \ud83d     U+FFFD
//
// All else is left out: no guess is made at a number with a fraction for an integer,
// a date without a zone, or one object for a list. The field is then unset, a list
// has one element less, a map one entry; in free-form JSON, where only a number can
// be too large, null takes its place. Of duplicates the last counts also when it is
// left out. Both go to the Report, without the value. It is only when the whole text
// is of another kind than the message that there is an error, since nothing would
// be left of it.
//
// # Wire to JSON
//
// Any valid wire form is taken. What has no JSON form that the upstream would
// understand is an error and never a guess: an enum value without an upstream
// string, a field that the table does not know, NaN.
package transcode

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// Slack is how much longer than its JSON text a message in wire form may be while
// it is written, in bytes.
const Slack = 64

// maxDepth bounds the nesting of JSON objects and lists, in both directions.
const maxDepth = 100

// Message is the table of one message type. It is immutable and safe for
// concurrent use. A Compiler makes it.
type Message struct {
	*table
	compiler *Compiler
	slots    int // how many hints a decoder of it needs
}

// FromJSON appends the wire form of the JSON text src to dst and returns the
// extended buffer, like append: dst may be reallocated, and is not when its
// spare capacity is the length of src plus Slack and the text has no long
// lists of doubles. What the contract does not know or cannot hold goes to r, which
// may be nil.
// The error is an *Error, and then what is returned is dst as it was, although
// its spare capacity may hold scraps.
//
// src is not kept. An empty text is an error.
func (m *Message) FromJSON(dst, src []byte, r *Report) ([]byte, error) {
	return m.decode(dst, src, r, nil)
}

// FromJSONField is FromJSON for a text that is the value of one field of the
// message instead of the message: the upstream answers with a bare list, say, and
// the contract wraps it in a message.
func (m *Message) FromJSONField(dst, src []byte, fd protoreflect.FieldDescriptor, r *Report) ([]byte, error) {
	f, err := m.fieldOf(fd)
	if err != nil {
		return dst, err
	}
	return m.decode(dst, src, r, f)
}

// ToJSON appends the JSON text of a message in wire form to dst and returns the
// extended buffer, like append. Fields come in the order of the wire.
//
// Without a mask all fields that are set are sent. With one it is those that it
// names (AIP-134): set, with their values; unset, a scalar or message as null, a
// list as [] and a map as {}. Only a field that the contract marks as the version
// of a write is sent whenever it is set. A path of the mask has proto names joined
// by dots and goes into singular messages: a.b names b alone of what is in a, and
// makes an unset a appear. The path * names all that is set, so that alone it is
// as good as no mask: what a replacement does to the rest only the upstream knows.
//
// The error is a *MaskError for a path the message does not have, else a
// *WireError, and then what is returned is dst as it was.
func (m *Message) ToJSON(dst, wire []byte, mask []string) ([]byte, error) {
	return encode(dst, wire, m.table, nil, mask)
}

// ToJSONField is ToJSON for the bare value of one field: unset, a list is [] and
// a map {}, anything else null. The message's other fields are skipped.
func (m *Message) ToJSONField(dst, wire []byte, fd protoreflect.FieldDescriptor) ([]byte, error) {
	f, err := m.fieldOf(fd)
	if err != nil {
		return dst, err
	}
	return encode(dst, wire, m.table, f, nil)
}

func (m *Message) fieldOf(fd protoreflect.FieldDescriptor) (*field, error) {
	if fd.ContainingMessage().FullName() == protoreflect.FullName(m.name) {
		if f := m.byNumber(uint64(fd.Number())); f != nil {
			return f, nil
		}
	}
	return nil, fmt.Errorf("%s is not a field of %s", fd.FullName(), m.name)
}
