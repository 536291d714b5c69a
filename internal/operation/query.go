package operation

import (
	"net/url"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// BindQuery sets the query fields of a request from a query as it was sent, so that
// the rules of the contract can be applied to them. It reads it as the upstream
// does: names are the upstream's and unknown ones nobody's business, a scalar
// without a text is as good as absent, and of one that comes twice the last counts.
// What cannot be read is left to the upstream, to whom the query goes as it is; but
// for a number that is none or a bool that is none, which are *FieldErrors.
func (o *Operation) BindQuery(m protoreflect.Message, query string) error {
	for _, fd := range o.query {
		m.Clear(fd)
	}
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, text, _ := strings.Cut(pair, "=")
		fd := o.queryField(name)
		if fd == nil {
			continue
		}
		text, err := url.QueryUnescape(text)
		if err != nil {
			return &FieldError{Field: fd, Problem: "has a broken percent-encoding in the query"}
		}
		if text == "" && fd.Kind() != protoreflect.StringKind {
			continue
		}
		value, ok := parseScalar(fd, text)
		switch {
		case !ok:
			return &FieldError{Field: fd, Problem: "is not " + kindName(fd.Kind())}
		case fd.IsList():
			m.Mutable(fd).List().Append(value)
		default:
			m.Set(fd, value)
		}
	}
	return nil
}

// queryField finds a field by its escaped name in a query, or returns nil.
func (o *Operation) queryField(escaped string) protoreflect.FieldDescriptor {
	name := escaped
	if strings.ContainsAny(name, "%+") {
		var err error
		if name, err = url.QueryUnescape(name); err != nil {
			return nil
		}
	}
	for _, fd := range o.query {
		if fd.JSONName() == name {
			return fd
		}
	}
	return nil
}

func parseScalar(fd protoreflect.FieldDescriptor, text string) (protoreflect.Value, bool) {
	switch fd.Kind() {
	case protoreflect.BoolKind:
		switch strings.ToLower(text) {
		case "true":
			return protoreflect.ValueOfBool(true), true
		case "false":
			return protoreflect.ValueOfBool(false), true
		}
		return protoreflect.Value{}, false
	case protoreflect.Int32Kind:
		n, err := strconv.ParseInt(text, 10, 32)
		return protoreflect.ValueOfInt32(int32(n)), err == nil
	case protoreflect.Int64Kind:
		n, err := strconv.ParseInt(text, 10, 64)
		return protoreflect.ValueOfInt64(n), err == nil
	default:
		return protoreflect.ValueOfString(strings.ToValidUTF8(text, "\uFFFD")), true
	}
}

func kindName(kind protoreflect.Kind) string {
	if kind == protoreflect.BoolKind {
		return "true or false"
	}
	return "a whole number that fits"
}
