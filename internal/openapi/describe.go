package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
	contract "github.com/switchboard-gw/switchboard/internal/operation"
)

// describe returns the document of the services.
func describe(services []protoreflect.ServiceDescriptor) (*document, error) {
	d := &document{
		Swagger: "2.0",
		Info: info{
			Title: "Switchboard: Genesys Cloud Users API",
			Description: "The operations of the Genesys Cloud Users API, on the vendor's own paths. Bodies, queries and answers " +
				"pass through as they are. A call needs no token of its own unless the server says so: the service's is used.",
			Version: "v2",
		},
		Consumes: []string{"application/json"}, Produces: []string{"application/json"},
		Paths:     map[string]map[string]*operation{},
		Responses: errorResponses(), Definitions: map[string]*schema{"Error": errorSchema()},
	}
	slices.SortFunc(services, func(a, b protoreflect.ServiceDescriptor) int {
		return strings.Compare(string(a.Name()), string(b.Name()))
	})
	for _, sd := range services {
		d.Tags = append(d.Tags, tag{string(sd.Name()), comment(sd)})
		for i := range sd.Methods().Len() {
			if err := d.add(sd.Methods().Get(i)); err != nil {
				return nil, fmt.Errorf("%s: %w", sd.Methods().Get(i).FullName(), err)
			}
		}
	}
	return d, nil
}

// add describes one operation.
func (d *document) add(md protoreflect.MethodDescriptor) error {
	rule, _ := proto.GetExtension(md.Options(), annotations.E_Http).(*annotations.HttpRule)
	facts, _ := proto.GetExtension(md.Options(), apiv1.E_Operation).(*apiv1.Operation)
	verb, path := contract.VerbAndPath(rule)
	if verb == "" {
		return errors.New("has no google.api.http rule")
	}
	summary, more := sentence(comment(md))
	op := &operation{
		ID: facts.GetId(), Tags: []string{string(md.Parent().Name())}, Summary: summary,
		Description: strings.Join(slices.DeleteFunc([]string{more, permissions(facts.GetPermissions()), preview(facts)}, func(s string) bool { return s == "" }), "\n\n"),
		Deprecated:  md.Options().(*descriptorpb.MethodOptions).GetDeprecated(),
		Responses:   map[string]*response{"default": {Ref: "#/responses/default"}},
	}
	for status := range d.Responses {
		op.Responses[status] = &response{Ref: "#/responses/" + status}
	}
	fields := md.Input().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		variable := "{" + string(fd.Name()) + "}"
		switch {
		case strings.Contains(path, variable):
			path = strings.Replace(path, variable, "{"+fd.JSONName()+"}", 1)
			op.Parameters = append(op.Parameters, d.parameter("path", fd))
		case string(fd.Name()) == rule.GetBody():
			op.Parameters = append(op.Parameters, &parameter{
				Name: "body", In: "body", Description: comment(fd), Required: true, Schema: d.value(fd),
			})
		case fd.Message() == nil && !contract.SendsEmptyList(fd): // they and field masks are for gRPC alone
			op.Parameters = append(op.Parameters, d.parameter("query", fd))
		}
	}
	switch out := md.Output(); {
	case out.FullName() == "google.protobuf.Empty":
		op.Responses["204"] = &response{Description: "Done; there is nothing to say."}
	case rule.GetResponseBody() != "":
		op.Responses["200"] = &response{Description: "Success.", Schema: d.value(out.Fields().ByName(protoreflect.Name(rule.GetResponseBody())))}
	default:
		op.Responses["200"] = &response{Description: "Success. A job that is still running answers 202.", Schema: d.message(out)}
	}
	if d.Paths[path] == nil {
		d.Paths[path] = map[string]*operation{}
	}
	d.Paths[path][strings.ToLower(verb)] = op
	return nil
}

func (d *document) parameter(in string, fd protoreflect.FieldDescriptor) *parameter {
	s := d.value(fd)
	p := &parameter{Name: fd.JSONName(), In: in, Description: comment(fd), Required: in == "path" || required(fd), Type: s.Type, Format: s.Format}
	if s.Items != nil {
		p.Items, p.CollectionFormat = s.Items, "multi"
	}
	return p
}

// value is what a field holds in JSON.
func (d *document) value(fd protoreflect.FieldDescriptor) *schema {
	switch {
	case fd.IsMap():
		return &schema{Type: "object", AdditionalProperties: d.one(fd.MapValue())}
	case fd.IsList():
		return &schema{Type: "array", Items: d.one(fd)}
	}
	return d.one(fd)
}

// one is what one element of a field is in JSON.
func (d *document) one(fd protoreflect.FieldDescriptor) *schema {
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return &schema{Type: "boolean"}
	case protoreflect.Int32Kind:
		return &schema{Type: "integer", Format: "int32"}
	case protoreflect.Int64Kind:
		return &schema{Type: "integer", Format: "int64"} // a number: this is no protojson
	case protoreflect.FloatKind:
		return &schema{Type: "number", Format: "float"}
	case protoreflect.DoubleKind:
		return &schema{Type: "number", Format: "double"}
	case protoreflect.EnumKind:
		return &schema{Type: "string", Enum: upstreamValues(fd.Enum())}
	case protoreflect.MessageKind:
		return d.message(fd.Message())
	default:
		return &schema{Type: "string"}
	}
}

// message refers to a message's definition, which it adds if it is a new one.
func (d *document) message(md protoreflect.MessageDescriptor) *schema {
	switch md.FullName() {
	case "google.protobuf.Timestamp":
		return &schema{Type: "string", Format: "date-time"}
	case "google.protobuf.Struct":
		return &schema{Type: "object"}
	case "google.protobuf.ListValue":
		return &schema{Type: "array", Items: &schema{}}
	case "google.protobuf.Value":
		return &schema{} // anything
	}
	name := strings.TrimPrefix(string(md.FullName()), string(md.ParentFile().Package())+".")
	ref := &schema{Ref: "#/definitions/" + name}
	if d.Definitions[name] != nil {
		return ref
	}
	s := &schema{Type: "object", Description: comment(md), Properties: map[string]*schema{}}
	d.Definitions[name] = s // before its fields, which may hold it again
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		property := d.value(fd)
		property.Description = comment(fd)
		property.ReadOnly = behaves(fd, annotations.FieldBehavior_OUTPUT_ONLY)
		if required(fd) {
			s.Required = append(s.Required, fd.JSONName())
		}
		s.Properties[fd.JSONName()] = property
	}
	return ref
}

func required(fd protoreflect.FieldDescriptor) bool {
	rules, _ := proto.GetExtension(fd.Options(), validate.E_Field).(*validate.FieldRules)
	return rules.GetRequired() || behaves(fd, annotations.FieldBehavior_REQUIRED)
}

func behaves(fd protoreflect.FieldDescriptor, as annotations.FieldBehavior) bool {
	behavior, _ := proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.Contains(behavior, as)
}

// upstreamValues are the values of an enum as the upstream spells them.
func upstreamValues(ed protoreflect.EnumDescriptor) []string {
	var values []string
	for i := range ed.Values().Len() {
		if v, _ := proto.GetExtension(ed.Values().Get(i).Options(), apiv1.E_Upstream).(string); v != "" {
			values = append(values, v)
		}
	}
	return values
}

// comment is what the source says of a declaration, in one paragraph each.
func comment(d protoreflect.Descriptor) string {
	var paragraphs []string
	for p := range strings.SplitSeq(d.ParentFile().SourceLocations().ByDescriptor(d).LeadingComments, "\n\n") {
		paragraphs = append(paragraphs, strings.Join(strings.Fields(p), " "))
	}
	return strings.Join(paragraphs, "\n\n")
}

// sentence parts a comment behind its first sentence.
func sentence(text string) (first, rest string) {
	if end := strings.Index(text, ". "); end > 0 {
		return text[:end+1], text[end+2:]
	}
	return text, ""
}

func permissions(p *apiv1.Permissions) string {
	names := "`" + strings.Join(p.GetNames(), "`, `") + "`"
	switch p.GetMode() {
	case apiv1.Permissions_MODE_NONE:
		return "Needs no permission."
	case apiv1.Permissions_MODE_ANY:
		if len(p.GetNames()) > 1 {
			return "Needs one of the permissions " + names + "."
		}
		return "Needs the permission " + names + "."
	case apiv1.Permissions_MODE_ALL:
		return "Needs all of the permissions " + names + "."
	default:
		return ""
	}
}

func preview(facts *apiv1.Operation) string {
	if facts.GetPreview() {
		return "A preview: the upstream may change it without the usual notice."
	}
	return ""
}
