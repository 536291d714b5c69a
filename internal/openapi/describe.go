package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
	contract "github.com/switchboard-gw/switchboard/internal/operation"
)

const about = `The operations of the Genesys Cloud Users API, on the vendor's own paths. Bodies, queries and answers pass through as they are.

A list in the query may repeat its name or join its values with commas.

Values and members that this document does not know may come at any time, since the vendor adds some without notice: read on past them.`

// describe returns the document of the services.
func describe(services []protoreflect.ServiceDescriptor, own ownErrors) (*openapi3.T, error) {
	d := &describer{uses: map[protoreflect.FullName]use{}, doc: &openapi3.T{
		OpenAPI:  "3.0.3",
		Info:     &openapi3.Info{Title: "Switchboard: Genesys Cloud Users API", Description: about, Version: "v2"},
		Servers:  openapi3.Servers{{URL: "/", Description: "This server."}},
		Security: openapi3.SecurityRequirements{{}, {"token": {}}, {"login": {}}},
		Paths:    openapi3.NewPaths(),
		Components: &openapi3.Components{
			Schemas:         openapi3.Schemas{"Error": openapi3.NewSchemaRef("", errorSchema(own))},
			Responses:       errorResponses(own),
			SecuritySchemes: securitySchemes(),
		},
	}}
	slices.SortFunc(services, func(a, b protoreflect.ServiceDescriptor) int {
		return strings.Compare(string(a.Name()), string(b.Name()))
	})
	var methods []protoreflect.MethodDescriptor
	for _, sd := range services {
		d.doc.Tags = append(d.doc.Tags, &openapi3.Tag{Name: string(sd.Name()), Description: comment(sd)})
		for i := range sd.Methods().Len() {
			methods = append(methods, sd.Methods().Get(i))
		}
	}
	for _, md := range methods {
		d.survey(md)
	}
	for _, md := range methods {
		if err := d.add(md); err != nil {
			return nil, fmt.Errorf("%s: %w", md.FullName(), err)
		}
	}
	return d.doc, nil
}

// securitySchemes are the ways to come by a token. A call without one has the
// service's, where the service has any.
func securitySchemes() openapi3.SecuritySchemes {
	return openapi3.SecuritySchemes{
		"token": {Value: &openapi3.SecurityScheme{
			Type: "http", Scheme: "bearer",
			Description: "A token of the upstream. Without one the service's own is used, unless the server was told to use none.",
		}},
		"login": {Value: &openapi3.SecurityScheme{
			Type:        "oauth2",
			Description: "A login with the upstream's id and secret of a client, which the server passes on.",
			Flows:       &openapi3.OAuthFlows{ClientCredentials: &openapi3.OAuthFlow{TokenURL: "/oauth/token", Scopes: map[string]string{}}},
		}},
	}
}

// check judges the document as it will be read, so after a trip through JSON.
func check(d *openapi3.T) error {
	text, err := d.MarshalJSON()
	if err != nil {
		return err
	}
	read, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return err
	}
	return read.Validate(context.Background())
}

// describer builds the document. uses is what the messages are needed for, known
// before the first schema is made.
type describer struct {
	doc  *openapi3.T
	uses map[protoreflect.FullName]use
}

// add describes one operation.
func (d *describer) add(md protoreflect.MethodDescriptor) error {
	rule, facts := annotated(md)
	verb, path := contract.VerbAndPath(rule)
	if verb == "" {
		return errors.New("has no google.api.http rule")
	}
	options, _ := md.Options().(*descriptorpb.MethodOptions)
	summary, more := sentence(comment(md))
	op := &openapi3.Operation{
		OperationID: facts.GetId(), Tags: []string{string(md.Parent().Name())}, Summary: summary,
		Description: paragraphs(more, permissions(facts.GetPermissions()), preview(facts)),
		Deprecated:  options.GetDeprecated(),
		Responses:   &openapi3.Responses{},
	}
	fields := md.Input().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		variable := "{" + string(fd.Name()) + "}"
		switch {
		case strings.Contains(path, variable):
			path = strings.Replace(path, variable, "{"+fd.JSONName()+"}", 1)
			op.AddParameter(d.parameter(openapi3.ParameterInPath, fd))
		case fd == body(md):
			op.RequestBody = &openapi3.RequestBodyRef{Value: openapi3.NewRequestBody().
				WithDescription(paragraphs(comment(fd), clearing(fd, verb))).WithRequired(required(fd) || fd.IsList()).
				WithJSONSchemaRef(d.body(fd, verb))}
		case fd.Message() == nil && !contract.SendsEmptyList(fd): // they and field masks are for gRPC alone
			op.AddParameter(d.parameter(openapi3.ParameterInQuery, fd))
		}
	}
	for _, status := range successes(md.Output(), facts) {
		op.AddResponse(status, d.success(status, md.Output(), rule.GetResponseBody()))
	}
	safe := options.GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS
	for _, e := range everyError {
		if e.of(op.RequestBody != nil, safe) {
			op.Responses.Set(e.status, &openapi3.ResponseRef{Ref: "#/components/responses/" + e.name()})
		}
	}
	d.doc.AddOperation(path, verb, op)
	return nil
}

// annotated is what the contract says of a method: the google.api.http rule and
// the upstream's facts.
func annotated(md protoreflect.MethodDescriptor) (*annotations.HttpRule, *apiv1.Operation) {
	rule, _ := proto.GetExtension(md.Options(), annotations.E_Http).(*annotations.HttpRule)
	facts, _ := proto.GetExtension(md.Options(), apiv1.E_Operation).(*apiv1.Operation)
	return rule, facts
}

// body is the field of the request that is the body; nil if it has none.
func body(md protoreflect.MethodDescriptor) protoreflect.FieldDescriptor {
	rule, _ := annotated(md)
	return md.Input().Fields().ByName(protoreflect.Name(rule.GetBody()))
}

func (d *describer) parameter(in string, fd protoreflect.FieldDescriptor) *openapi3.Parameter {
	schema := d.value(fd)
	if known := knownValues(source(fd)); len(known) > 0 {
		one := schema
		if fd.IsList() {
			one = schema.Value.Items
		}
		one.Value = open(known)
	}
	bounds(schema.Value, fd)
	return &openapi3.Parameter{
		Name: fd.JSONName(), In: in, Description: comment(fd), Required: in == openapi3.ParameterInPath || required(fd),
		Deprecated: deprecated(fd), Schema: schema,
	}
}

// successes are the statuses of a success, in order.
func successes(out protoreflect.MessageDescriptor, facts *apiv1.Operation) []int {
	var all []int
	for _, status := range facts.GetSuccess() {
		all = append(all, int(status))
	}
	if len(all) > 0 {
		return all
	}
	if out.FullName() == empty {
		return []int{http.StatusNoContent}
	}
	return []int{http.StatusOK}
}

const empty = "google.protobuf.Empty"

// success is the answer with one of the statuses of a success. part is the field
// of the message that the answer is, where it is not the whole.
func (d *describer) success(status int, out protoreflect.MessageDescriptor, part string) *openapi3.Response {
	descriptions := map[int]string{
		http.StatusOK:        "Success.",
		http.StatusCreated:   "Success: it was created.",
		http.StatusAccepted:  "Success so far: it goes on.",
		http.StatusNoContent: "Success: there is nothing to say.",
	}
	response := openapi3.NewResponse().WithDescription(descriptions[status])
	if descriptions[status] == "" {
		response = response.WithDescription("Success (" + strconv.Itoa(status) + ").")
	}
	switch {
	case out.FullName() == empty || status == http.StatusNoContent:
		return response
	case part != "":
		return response.WithJSONSchemaRef(d.value(out.Fields().ByName(protoreflect.Name(part))))
	default:
		return response.WithJSONSchemaRef(d.message(out, plain))
	}
}
