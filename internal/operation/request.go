package operation

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/switchboard-gw/switchboard/internal/transcode"
)

// Path is the escaped path of a call: every id is exactly one segment of it. The
// error is a *FieldError.
func (o *Operation) Path(m protoreflect.Message) (string, error) {
	var b strings.Builder
	b.Grow(len(o.Template) + 40) // a UUID for the first parameter
	for i := range o.path {
		s := &o.path[i]
		b.WriteByte('/')
		if s.field == nil {
			b.WriteString(s.literal)
			continue
		}
		id := m.Get(s.field).String()
		if err := s.checkID(id); err != nil {
			return "", err
		}
		escapeID(&b, id)
	}
	return b.String(), nil
}

// Query is the encoded query of a call: what is set, in the order of the
// contract, lists as repeated keys.
func (o *Operation) Query(m protoreflect.Message) string {
	var room [256]byte // on the stack
	b := room[:0]
	for _, fd := range o.query {
		switch {
		case !m.Has(fd):
		case fd.IsList():
			list := m.Get(fd).List()
			for i := range list.Len() {
				b = appendPair(b, fd, list.Get(i))
			}
		default:
			b = appendPair(b, fd, m.Get(fd))
		}
	}
	return string(b)
}

func appendPair(b []byte, fd protoreflect.FieldDescriptor, v protoreflect.Value) []byte {
	if len(b) > 0 {
		b = append(b, '&')
	}
	b = append(append(b, url.QueryEscape(fd.JSONName())...), '=')
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return strconv.AppendBool(b, v.Bool())
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		return strconv.AppendInt(b, v.Int(), 10)
	default:
		return append(b, url.QueryEscape(v.String())...)
	}
}

// Body appends the JSON body of a call to dst; nil means that the call has none.
// The error is a *FieldError.
func (o *Operation) Body(dst []byte, m protoreflect.Message) ([]byte, error) {
	if o.body == nil || !o.body.IsList() && !m.Has(o.body) {
		return nil, nil
	}
	if o.body.IsList() {
		if err := o.checkList(m); err != nil {
			return nil, err
		}
		wire, err := proto.MarshalOptions{}.Marshal(m.Interface())
		if err != nil {
			return nil, o.bodyError(err)
		}
		dst, err = o.bodyOf.ToJSONField(dst, wire, o.body)
		return dst, o.bodyError(err)
	}
	wire, err := proto.Marshal(m.Get(o.body).Message().Interface())
	if err != nil {
		return nil, o.bodyError(err)
	}
	var paths []string
	if o.mask != nil && m.Has(o.mask) {
		paths = m.Get(o.mask).Message().Interface().(*fieldmaskpb.FieldMask).GetPaths()
	}
	dst, err = o.bodyOf.ToJSON(dst, wire, paths)
	var mask *transcode.MaskError
	if errors.As(err, &mask) {
		return nil, &FieldError{Field: o.mask, Problem: mask.Error()}
	}
	return dst, o.bodyError(err)
}

// checkList keeps a list that was forgotten from clearing what it stands for: an
// empty one is sent only to a caller who says so.
func (o *Operation) checkList(m protoreflect.Message) error {
	switch size, empty := m.Get(o.body).List().Len(), m.Get(o.empty).Bool(); {
	case size == 0 && !empty:
		return &FieldError{Field: o.body, Problem: fmt.Sprintf("is empty and may have been forgotten: set %s to send an empty one", o.empty.Name())}
	case size > 0 && empty:
		return &FieldError{Field: o.empty, Problem: fmt.Sprintf("is true, but %s is not empty", o.body.Name())}
	}
	return nil
}

func (o *Operation) bodyError(err error) error {
	if err == nil {
		return nil
	}
	return &FieldError{Field: o.body, Problem: "cannot be sent: " + err.Error()}
}
