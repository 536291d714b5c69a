package transcode

import (
	"fmt"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// Error says why a JSON text is not what the contract says. It names kinds
// ("expected a string, found a number"), never the payload, which may hold
// personal data.
type Error struct {
	// Offset is the position of the offending byte, counted from 0; it equals
	// the length of the text when the text ends too early.
	Offset int
	// Pointer is the JSON pointer (RFC 6901) of the value in which the text goes
	// wrong: empty for the whole text, "/entities/3/name" for a member. It has no
	// names but the contract's: keys of maps and of free-form JSON, and members
	// that the contract does not know, are "*". Very long pointers are cut and end
	// with "…".
	Pointer string
	// Problem is what was expected and what was found.
	Problem string
}

// Error implements the error interface.
func (e *Error) Error() string {
	at := e.Pointer
	if at == "" {
		at = "the top"
	}
	return fmt.Sprintf("JSON at byte %d (%s): %s", e.Offset, at, e.Problem)
}

// WireError says why a message in wire form has no JSON form.
type WireError struct {
	// Field is the path of the field in proto names, such as "addresses.type";
	// empty for the message itself.
	Field string
	// Problem is what is wrong with it.
	Problem string
}

// Error implements the error interface.
func (e *WireError) Error() string {
	if e.Field == "" {
		return e.Problem
	}
	return "field " + e.Field + ": " + e.Problem
}

// What can be wrong with the wire form itself, whatever the field.
var (
	errWire       = &WireError{Problem: "not valid protobuf wire form"}
	errWireType   = &WireError{Problem: "a wire type that the field does not have"}
	errText       = &WireError{Problem: errUTF8}
	errDepth      = &WireError{Problem: errTooDeep}
	errNullValue  = &WireError{Problem: "a google.protobuf.NullValue other than null"}
	errUnsetValue = &WireError{Problem: "a google.protobuf.Value without a value"}
)

func unknownField(number protowire.Number) error {
	return &WireError{Problem: fmt.Sprintf("field number %d is not in the contract, and the upstream would not get it", number)}
}

// within puts the name of a field in front of an error's path.
func within(f *field, err error) error {
	inner, ok := err.(*WireError) //nolint:errorlint // made here, never wrapped
	if !ok || f == nil || f.protoName == "" {
		return err
	}
	path := f.protoName
	if inner.Field != "" {
		path += "." + inner.Field
	}
	return &WireError{Field: path, Problem: inner.Problem}
}

// MaskError says which path of a field mask is not one of the message.
type MaskError struct {
	Path    string // the path as it came, at most 128 bytes of it
	Problem string
}

// Error implements the error interface.
func (e *MaskError) Error() string {
	return "field mask path " + strconv.Quote(e.Path) + " " + e.Problem
}

// What can be wrong with a text beside something else being expected.
const (
	errTooDeep    = "objects and lists are nested more than 100 deep"
	errControl    = "a control character in a string"
	errUTF8       = "a string that is not valid UTF-8"
	errEscape     = "an escape sequence that JSON does not have"
	errSurrogate  = "expected a character, found the escape sequence of half of one"
	errNumber     = "a number that JSON does not have"
	errFraction   = "expected an integer, found a number with a fraction"
	errRange32    = "expected an integer of 32 bits, found a larger one"
	errRange64    = "expected an integer of 64 bits, found a larger one"
	errRangeFloat = "expected a floating-point number, found one beyond its range"
	errTime       = "expected a time as RFC 3339 writes it, found another string"
	errTimeRange  = "expected a time in the years 1 to 9999, found another"
)

// errKind stands for a problem that what is expected and what is found say already.
const errKind = "another kind of value"

// fail notes what is wrong at a position of the text, and returns what every
// function of the decoder then returns for a position.
func (d *decoder) fail(i int, problem string) int {
	d.err = Error{Offset: i, Problem: problem}
	return -1
}

// expected notes that something else stands at a position.
func (d *decoder) expected(i int, what string) int {
	return d.fail(i, "expected "+what+", found "+found(d.src, i))
}

// found names what stands at a position, by its kind alone.
func found(src []byte, i int) string {
	if i >= len(src) {
		return "the end of the text"
	}
	switch c := src[i]; {
	case c == '"':
		return "a string"
	case c == '{':
		return "an object"
	case c == '[':
		return "a list"
	case c == '-', c-'0' < 10:
		return "a number"
	case hasPrefix(src[i:], "null"):
		return "null"
	case hasPrefix(src[i:], "true"), hasPrefix(src[i:], "false"):
		return "a bool"
	case c < 0x80:
		return strconv.QuoteRune(rune(c))
	default:
		return "a character beyond ASCII"
	}
}
