package operation

import (
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// UnknownFieldError is a field of a request that the contract does not have. A
// caller with a newer contract sets it, and without it the call would mean
// something else.
type UnknownFieldError struct {
	// Path leads to the message that has the field, in proto names, such as
	// "body.query[2]"; an entry of a map is "[*]". Empty: the request itself.
	Path string
	// Number is the field's number.
	Number protowire.Number
}

// Field is the field in the form of a path, its number in place of the name that
// nobody here knows.
func (e *UnknownFieldError) Field() string {
	number := strconv.Itoa(int(e.Number))
	if e.Path == "" {
		return number
	}
	return e.Path + "." + number
}

// Error implements the error interface.
func (e *UnknownFieldError) Error() string {
	where := e.Path
	if where == "" {
		where = "the request"
	}
	return where + " has a field with the number " + strconv.Itoa(int(e.Number)) +
		", which this server's contract does not know and could only drop"
}

// within puts the step that led to the message in front of the path.
func (e *UnknownFieldError) within(step string) *UnknownFieldError {
	if e.Path == "" {
		e.Path = step
	} else {
		e.Path = step + "." + e.Path
	}
	return e
}

// Unknown finds a field of a request that the contract does not know, at any
// depth; nil: there is none. The error is an *UnknownFieldError. It allocates
// nothing for what it does not find, but for lists and maps of messages. Free-form
// JSON is not searched: its fields are the same for ever, and Body refuses others.
// m is not changed.
func (o *Operation) Unknown(m protoreflect.Message) error {
	if e := o.shape.unknown(m); e != nil {
		return e
	}
	return nil
}

// A shape is the fields of a message type that hold messages.
type shape struct{ fields []shapeField }

type shapeField struct {
	field protoreflect.FieldDescriptor
	shape *shape // of its messages
}

// shapes makes the shape of a message type and of all that it reaches.
type shapes map[protoreflect.FullName]*shape

func (all shapes) of(md protoreflect.MessageDescriptor) *shape {
	if s := all[md.FullName()]; s != nil {
		return s // or is being made: messages may contain themselves
	}
	s := &shape{}
	all[md.FullName()] = s
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		inner := fd.Message()
		if fd.IsMap() {
			inner = fd.MapValue().Message()
		}
		if inner == nil {
			continue
		}
		switch inner.FullName() {
		case "google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue":
		default:
			s.fields = append(s.fields, shapeField{fd, all.of(inner)})
		}
	}
	return s
}

func (s *shape) unknown(m protoreflect.Message) *UnknownFieldError {
	if raw := m.GetUnknown(); len(raw) > 0 {
		number, _, _ := protowire.ConsumeTag(raw)
		return &UnknownFieldError{Number: number}
	}
	for i := range s.fields {
		f := &s.fields[i]
		if !m.Has(f.field) {
			continue
		}
		if found := f.unknown(m.Get(f.field)); found != nil {
			return found
		}
	}
	return nil
}

func (f *shapeField) unknown(v protoreflect.Value) *UnknownFieldError {
	name := string(f.field.Name())
	switch {
	case f.field.IsMap():
		if found := f.shape.unknownInMap(v.Map()); found != nil {
			return found.within(name + "[*]")
		}
	case f.field.IsList():
		list := v.List()
		for i := range list.Len() {
			if found := f.shape.unknown(list.Get(i).Message()); found != nil {
				return found.within(name + "[" + strconv.Itoa(i) + "]")
			}
		}
	default:
		if found := f.shape.unknown(v.Message()); found != nil {
			return found.within(name)
		}
	}
	return nil
}

// unknownInMap has what its closure makes escape, so that only maps pay for it.
func (s *shape) unknownInMap(m protoreflect.Map) (found *UnknownFieldError) {
	m.Range(func(_ protoreflect.MapKey, value protoreflect.Value) bool {
		found = s.unknown(value.Message())
		return found == nil
	})
	return found
}
