package main

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// errorAnswer is an answer that operations have in common.
type errorAnswer struct {
	status      string
	description string
	// writes and bodies limit it to operations that change something, or have a body.
	writes, bodies bool
	waits          bool // it may say how long to wait
}

var everyError = []errorAnswer{
	{status: "400", description: "The request is wrong: details says where. The upstream reports some stale versions so, too."},
	{status: "401", description: "The token is missing, wrong or expired."},
	{status: "403", description: "The token lacks a permission, which the message names."},
	{status: "404", description: "There is no such thing, or no such operation."},
	{status: "408", description: "The request's body did not come to its end in time.", bodies: true},
	{status: "409", description: "Somebody else changed it in between (read again, then retry), or it exists already.", writes: true},
	{status: "412", description: "A precondition does not hold.", writes: true},
	{status: "413", description: "The request's body is over the limit.", bodies: true},
	{status: "415", description: "The request's body is not JSON.", bodies: true},
	{status: "429", description: "Too many requests.", waits: true},
	{status: "500", description: "The upstream failed, or the server did."},
	{status: "502", description: "The upstream's answer is of no use."},
	{status: "503", description: "The upstream, or its login host, cannot be reached now.", waits: true},
	{status: "504", description: "The deadline passed. A write may have happened."},
	{status: "default", description: "Any other error."},
}

// ownErrors are the reasons of errors that are born here, by their status. They
// stand behind "switchboard." in the body's code.
type ownErrors map[string][]string

// readOwnErrors reads the table of docs/errors.md, which has a row for one reason or
// several, and the REST status of all of them or of each.
func readOwnErrors(page string) (ownErrors, error) {
	_, table, found := strings.Cut(page, "\n| reason | gRPC | REST |")
	if !found {
		return nil, errors.New("the page has no table of reasons")
	}
	_, rows, _ := strings.Cut(table, "\n")
	own := ownErrors{}
	for row := range strings.Lines(rows) {
		cells := strings.Split(row, "|")
		if len(cells) < 4 {
			break // its end
		}
		reasons, statuses := reason.FindAllStringSubmatch(cells[1], -1), status.FindAllString(cells[3], -1)
		for i, name := range reasons {
			if len(statuses) > 0 {
				at := statuses[min(i, len(statuses)-1)]
				own[at] = append(own[at], "switchboard."+name[1])
			}
		}
	}
	if len(own) == 0 {
		return nil, errors.New("the page has no reason with a status")
	}
	for _, codes := range own {
		slices.Sort(codes)
	}
	return own, nil
}

var (
	reason = regexp.MustCompile("`([a-z_]+)`")
	status = regexp.MustCompile(`\b[45]\d\d\b`)
)

// ofCalls are those that a call of an operation can have, which a login is not.
func (own ownErrors) ofCalls(status string) []string {
	return slices.DeleteFunc(slices.Clone(own[status]), func(code string) bool { return strings.HasPrefix(code, "switchboard.login_") })
}

// codes are all of them, in order.
func (own ownErrors) codes() []string {
	return slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Values(own))...)))
}

// of says whether an operation can have the answer.
func (e errorAnswer) of(hasBody, safe bool) bool {
	return (!e.bodies || hasBody) && (!e.writes || !safe)
}

// name is what it is called among the components.
func (e errorAnswer) name() string {
	if e.status == "default" {
		return "Error"
	}
	return "Error" + e.status
}

func errorResponses(own ownErrors) openapi3.ResponseBodies {
	all := openapi3.ResponseBodies{}
	for _, e := range everyError {
		description := e.description
		if codes := own.ofCalls(e.status); len(codes) > 0 {
			description += " From the server itself with the code `" + strings.Join(codes, "` or `") + "`."
		}
		response := openapi3.NewResponse().WithDescription(description).
			WithJSONSchemaRef(&openapi3.SchemaRef{Ref: "#/components/schemas/Error"})
		if e.waits {
			response.Headers = openapi3.Headers{"Retry-After": {Value: &openapi3.Header{Parameter: openapi3.Parameter{
				Description: "How long to wait before another try, in seconds.",
				Schema:      &openapi3.SchemaRef{Value: &openapi3.Schema{Type: typed("integer")}},
			}}}}
		}
		all[e.name()] = &openapi3.ResponseRef{Value: response}
	}
	return all
}

// errorSchema is the upstream's error, which our own take the shape of.
func errorSchema(own ownErrors) *openapi3.Schema {
	text := func(description string) *openapi3.SchemaRef {
		return &openapi3.SchemaRef{Value: &openapi3.Schema{Type: typed("string"), Description: description}}
	}
	list := func(description string, of *openapi3.SchemaRef) *openapi3.SchemaRef {
		return &openapi3.SchemaRef{Value: &openapi3.Schema{Type: typed("array"), Description: description, Items: of}}
	}
	code := open(own.codes())
	code.Description = "What went wrong, for a program."
	code.AnyOf[1].Value.Description = "A code of the upstream."
	return &openapi3.Schema{
		Type:        typed("object"),
		Description: "An error, the upstream's or (code switchboard.*) the server's own.",
		Properties: openapi3.Schemas{
			"message":           text("What went wrong, for a person."),
			"code":              {Value: code},
			"status":            {Value: &openapi3.Schema{Type: typed("integer"), Format: "int32", Description: "The HTTP status."}},
			"messageWithParams": text("The message with names in the place of values."),
			"messageParams": {Value: &openapi3.Schema{
				Type: typed("object"), Description: "The values.", AdditionalProperties: openapi3.AdditionalProperties{Schema: text("")},
			}},
			"contextId": text("What to name when asking for help."),
			"details": list("The fields at fault.", &openapi3.SchemaRef{Value: &openapi3.Schema{Type: typed("object"), Properties: openapi3.Schemas{
				"errorCode": text("What is wrong with it."), "fieldName": text("Its name."),
				"entityId": text("The id of what it is about."), "entityName": text("The name of what it is about."),
			}}}),
			"errors": list("Further errors, if there are more than one.", &openapi3.SchemaRef{Ref: "#/components/schemas/Error"}),
		},
	}
}
