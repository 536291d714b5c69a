package operation

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
)

// String is the operation in one line: the line of a golden file, so that a
// change of the contract shows as a diff a person can read.
func (o *Operation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s.%s %s %s", o.method.Parent().Name(), o.Name, o.Verb, o.Template)
	for i, fd := range o.query {
		sep := ","
		if i == 0 {
			sep = " ?"
		}
		b.WriteString(sep + fd.JSONName())
		if fd.IsList() {
			b.WriteString("[]")
		}
	}
	if o.body != nil {
		fmt.Fprintf(&b, " body=%s", typeName(o.body))
	}
	if o.mask != nil {
		b.WriteString(" mask")
	}
	if o.empty != nil {
		fmt.Fprintf(&b, " or %s", o.empty.Name())
	}
	fmt.Fprintf(&b, " -> %s", o.answerName())
	switch o.idempotency {
	case descriptorpb.MethodOptions_NO_SIDE_EFFECTS:
		b.WriteString(" safe")
	case descriptorpb.MethodOptions_IDEMPOTENT:
		b.WriteString(" idempotent")
	}
	if o.Deprecated {
		b.WriteString(" deprecated")
	}
	if o.Preview {
		b.WriteString(" preview")
	}
	return b.String()
}

// Explain writes all that the tables hold of the operation.
func (o *Operation) Explain(w io.Writer) error {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	row("rpc", "%s", o.FullMethod)
	row("upstream", "%s %s (%s)", o.Verb, o.Template, o.ID)
	for _, s := range o.path {
		if s.field == nil {
			continue
		}
		limits := fmt.Sprintf("1 to %d bytes", maxID)
		if len(s.siblings) > 0 {
			var refused []string
			for literal := range s.siblings {
				refused = append(refused, literal)
			}
			slices.Sort(refused)
			limits += ", not " + strings.Join(refused, ", ")
		}
		row("path", "%s: %s", s.field.Name(), limits)
	}
	for _, fd := range o.query {
		row("query", "%s as %s: %s", fd.Name(), fd.JSONName(), typeName(fd))
	}
	if o.body != nil {
		row("body", "%s: %s", o.body.Name(), typeName(o.body))
	}
	if o.mask != nil {
		row("mask", "%s: names fields to send as null, [] or {}", o.mask.Name())
	}
	if o.empty != nil {
		row("empty", "%s: true sends an empty list, which %s alone does not", o.empty.Name(), o.body.Name())
	}
	row("answer", "%s", o.answerName())
	row("repeating", "%s", o.repeating())
	row("permissions", "%s", permissions(o.Permissions))
	if o.Deprecated {
		row("deprecated", "yes")
	}
	if o.Preview {
		row("preview", "yes: the upstream may change it without notice")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (o *Operation) answerName() string {
	switch {
	case o.answer == nil:
		return "nothing"
	case o.items != nil:
		return typeName(o.items)
	default:
		return string(o.method.Output().Name())
	}
}

func (o *Operation) repeating() string {
	switch o.idempotency {
	case descriptorpb.MethodOptions_NO_SIDE_EFFECTS:
		return "safe: it only reads"
	case descriptorpb.MethodOptions_IDEMPOTENT:
		return "idempotent: a second call changes nothing more"
	default:
		return "may do it twice"
	}
}

func typeName(fd protoreflect.FieldDescriptor) string {
	name := fd.Kind().String()
	if fd.Message() != nil {
		name = string(fd.Message().Name())
	}
	if fd.IsList() {
		return name + "[]"
	}
	return name
}

func permissions(p *apiv1.Permissions) string {
	switch p.GetMode() {
	case apiv1.Permissions_MODE_NONE:
		return "none beyond a valid token"
	case apiv1.Permissions_MODE_ANY:
		return "any of " + strings.Join(p.GetNames(), ", ")
	case apiv1.Permissions_MODE_ALL:
		return "all of " + strings.Join(p.GetNames(), ", ")
	default:
		return "not stated by the upstream"
	}
}
