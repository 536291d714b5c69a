package main

import (
	"net/http"
	"slices"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/getkin/kin-openapi/openapi3"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
	contract "github.com/switchboard-gw/switchboard/internal/operation"
)

// use is what a message is needed for.
//
// The vendor marks members as required for those who write a resource. Answers
// lack them all the same, since a resource that is only referred to comes with its
// id alone, and is sent so as well. So what answers have requires nothing, unless
// it is a whole body; and the body of a PATCH may say null, which clears a member.
// A message of more than one form has a schema for each.
type use int

const (
	inAnswers  use = 1 << iota // an answer, or in one
	inRequests                 // in the body of a request
	aBody                      // the body of a request that writes the whole, or one of its elements
	aPatch                     // the body of a PATCH
)

// The forms that a message can have.
type form int

const (
	plain form = iota // in answers, and inside of bodies
	whole             // a body
	patch             // a body with null for what is to be cleared
)

// survey notes what the messages of a method are needed for.
func (d *describer) survey(md protoreflect.MethodDescriptor) {
	d.reach(md.Output(), inAnswers)
	fd := body(md)
	if fd == nil || fd.Message() == nil {
		return
	}
	rule, _ := annotated(md)
	verb, _ := contract.VerbAndPath(rule)
	if isPatch(fd, verb) {
		d.uses[fd.Message().FullName()] |= aPatch
	} else {
		d.uses[fd.Message().FullName()] |= aBody
	}
	for i := range fd.Message().Fields().Len() {
		d.reachField(fd.Message().Fields().Get(i), inRequests)
	}
}

// isPatch tells whether a body says which members of a resource change.
func isPatch(body protoreflect.FieldDescriptor, verb string) bool {
	return verb == http.MethodPatch && !body.IsList()
}

func (d *describer) reach(md protoreflect.MessageDescriptor, because use) {
	if d.uses[md.FullName()]&because != 0 {
		return
	}
	d.uses[md.FullName()] |= because
	for i := range md.Fields().Len() {
		d.reachField(md.Fields().Get(i), because)
	}
}

func (d *describer) reachField(fd protoreflect.FieldDescriptor, because use) {
	if fd.IsMap() {
		fd = fd.MapValue()
	}
	if fd.Message() != nil {
		d.reach(fd.Message(), because)
	}
}

// body is the schema of a body.
func (d *describer) body(fd protoreflect.FieldDescriptor, verb string) *openapi3.SchemaRef {
	as := whole
	if isPatch(fd, verb) {
		as = patch
	}
	schema := d.valueAs(fd, as)
	if fd.IsList() {
		bounds(schema.Value, fd)
	}
	return schema
}

// value is what a field holds in JSON.
func (d *describer) value(fd protoreflect.FieldDescriptor) *openapi3.SchemaRef {
	return d.valueAs(fd, plain)
}

func (d *describer) valueAs(fd protoreflect.FieldDescriptor, as form) *openapi3.SchemaRef {
	switch {
	case fd.IsMap():
		return &openapi3.SchemaRef{Value: &openapi3.Schema{
			Type: typed("object"), AdditionalProperties: openapi3.AdditionalProperties{Schema: d.one(fd.MapValue(), plain)},
		}}
	case fd.IsList():
		return &openapi3.SchemaRef{Value: &openapi3.Schema{Type: typed("array"), Items: d.one(fd, as)}}
	}
	return d.one(fd, as)
}

// one is what one element of a field is in JSON. Numbers are numbers whatever
// their size: this is no protojson.
func (d *describer) one(fd protoreflect.FieldDescriptor, as form) *openapi3.SchemaRef {
	s := &openapi3.Schema{}
	switch fd.Kind() {
	case protoreflect.BoolKind:
		s.Type = typed("boolean")
	case protoreflect.Int32Kind:
		s.Type, s.Format = typed("integer"), "int32"
	case protoreflect.Int64Kind:
		s.Type, s.Format = typed("integer"), "int64"
	case protoreflect.FloatKind:
		s.Type, s.Format = typed("number"), "float"
	case protoreflect.DoubleKind:
		s.Type, s.Format = typed("number"), "double"
	case protoreflect.EnumKind:
		s = open(upstreamValues(fd.Enum()))
	case protoreflect.MessageKind:
		return d.message(fd.Message(), as)
	default:
		s.Type = typed("string")
		if marks(fd).GetSensitivity() == apiv1.Field_SENSITIVITY_SECRET {
			s.Format = "password"
		}
	}
	return &openapi3.SchemaRef{Value: s}
}

func typed(name string) *openapi3.Types { return &openapi3.Types{name} }

// open is a text with known values, to which others may be added.
func open(values []string) *openapi3.Schema {
	known := &openapi3.Schema{Type: typed("string")}
	for _, v := range values {
		known.Enum = append(known.Enum, v)
	}
	other := &openapi3.Schema{Type: typed("string"), Description: "A value that is newer than this document."}
	return &openapi3.Schema{Type: typed("string"), AnyOf: openapi3.SchemaRefs{{Value: known}, {Value: other}}}
}

// message refers to a message's schema, which it adds if it is a new one.
func (d *describer) message(md protoreflect.MessageDescriptor, as form) *openapi3.SchemaRef {
	switch md.FullName() {
	case "google.protobuf.Timestamp":
		return &openapi3.SchemaRef{Value: &openapi3.Schema{Type: typed("string"), Format: "date-time"}}
	case "google.protobuf.Struct":
		return &openapi3.SchemaRef{Value: &openapi3.Schema{Type: typed("object")}}
	case "google.protobuf.ListValue":
		return &openapi3.SchemaRef{Value: &openapi3.Schema{Type: typed("array"), Items: &openapi3.SchemaRef{Value: &openapi3.Schema{}}}}
	case "google.protobuf.Value":
		return &openapi3.SchemaRef{Value: &openapi3.Schema{}} // anything
	}
	name, as := d.form(md, as)
	if d.doc.Components.Schemas[name] == nil {
		s := &openapi3.Schema{Type: typed("object"), Description: comment(md), Properties: openapi3.Schemas{}}
		d.doc.Components.Schemas[name] = &openapi3.SchemaRef{Value: s} // before its fields, which may hold it again
		for i := range md.Fields().Len() {
			d.property(s, md.Fields().Get(i), as)
		}
		slices.Sort(s.Required)
	}
	return &openapi3.SchemaRef{Ref: "#/components/schemas/" + name}
}

// form is the name and the form of the schema that stands for a message.
func (d *describer) form(md protoreflect.MessageDescriptor, as form) (string, form) {
	name := strings.TrimPrefix(string(md.FullName()), string(md.ParentFile().Package())+".")
	uses := d.uses[md.FullName()]
	switch {
	case as == patch && uses != aPatch:
		return name + "Patch", patch
	case as == patch:
		return name, patch
	case uses&inAnswers == 0: // required or not, it is the same in all requests
		return name, whole
	case as == whole && hasRequired(md):
		return name + "Request", whole
	default:
		return name, plain
	}
}

func hasRequired(md protoreflect.MessageDescriptor) bool {
	for i := range md.Fields().Len() {
		if required(md.Fields().Get(i)) {
			return true
		}
	}
	return false
}

// property adds a field to the schema of its message.
func (d *describer) property(s *openapi3.Schema, fd protoreflect.FieldDescriptor, as form) {
	must := as != plain && required(fd)
	if must {
		s.Required = append(s.Required, fd.JSONName())
	}
	schema := d.value(fd)
	about := openapi3.Schema{Description: comment(fd), ReadOnly: behaves(fd, annotations.FieldBehavior_OUTPUT_ONLY), Deprecated: deprecated(fd)}
	if as == patch && !must && !about.ReadOnly && !fd.IsList() && !fd.IsMap() && !marks(fd).GetBaseVersion() {
		schema = orNull(schema)
	}
	if schema.Ref != "" && (about.Description != "" || about.ReadOnly || about.Deprecated) {
		schema = &openapi3.SchemaRef{Value: &openapi3.Schema{AllOf: openapi3.SchemaRefs{schema}}} // nothing may stand beside a reference
	}
	if schema.Ref == "" {
		schema.Value.Description, schema.Value.ReadOnly, schema.Value.Deprecated = about.Description, about.ReadOnly, about.Deprecated
	}
	s.Properties[fd.JSONName()] = schema
}

// orNull is a schema that null fits as well.
func orNull(s *openapi3.SchemaRef) *openapi3.SchemaRef {
	if s.Ref != "" {
		null := &openapi3.Schema{Type: typed("object"), Nullable: true, Enum: []any{nil}}
		return &openapi3.SchemaRef{Value: &openapi3.Schema{AnyOf: openapi3.SchemaRefs{s, {Value: null}}}}
	}
	s.Value.Nullable = s.Value.Type != nil // what has no type may be null already
	if either := s.Value.AnyOf; len(either) > 0 {
		either[len(either)-1].Value.Nullable = true
	}
	return s
}

// bounds adds the rules of a parameter, or of a list that is a body, which the
// server checks.
func bounds(s *openapi3.Schema, fd protoreflect.FieldDescriptor) {
	rules := rules(fd)
	s.MinLength = rules.GetString().GetMinLen()
	if list := rules.GetRepeated(); list.HasMaxItems() {
		most := list.GetMaxItems()
		s.MaxItems = &most
	}
}

func rules(fd protoreflect.FieldDescriptor) *validate.FieldRules {
	r, _ := proto.GetExtension(fd.Options(), validate.E_Field).(*validate.FieldRules)
	return r
}

func marks(fd protoreflect.FieldDescriptor) *apiv1.Field {
	f, _ := proto.GetExtension(fd.Options(), apiv1.E_Field).(*apiv1.Field)
	return f
}

func required(fd protoreflect.FieldDescriptor) bool {
	return rules(fd).GetRequired() || behaves(fd, annotations.FieldBehavior_REQUIRED)
}

func behaves(fd protoreflect.FieldDescriptor, as annotations.FieldBehavior) bool {
	behavior, _ := proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.Contains(behavior, as)
}

func deprecated(fd protoreflect.FieldDescriptor) bool {
	options, _ := fd.Options().(interface{ GetDeprecated() bool })
	return options != nil && options.GetDeprecated()
}

// upstreamValues are the values of an enum as the upstream spells them.
func upstreamValues(ed protoreflect.EnumDescriptor) []string {
	var values []string
	for i := range ed.Values().Len() {
		if options := ed.Values().Get(i).Options(); proto.HasExtension(options, apiv1.E_Upstream) {
			v, _ := proto.GetExtension(options, apiv1.E_Upstream).(string)
			values = append(values, v)
		}
	}
	return values
}
