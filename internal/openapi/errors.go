package main

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// errorAnswer is an answer that operations have in common.
type errorAnswer struct {
	status      string
	description string
	// own are the reasons of errors that are born here and have this status
	// (docs/errors.md). They stand behind "switchboard." in the body's code.
	own []string
	// writes and bodies limit it to operations that change something, or have a body.
	writes, bodies bool
	waits          bool // it may say how long to wait
}

var everyError = []errorAnswer{
	{status: "400", description: "The request is wrong: details says where. The upstream reports some stale versions so, too.", own: []string{"invalid_argument"}},
	{status: "401", description: "The token is missing, wrong or expired.", own: []string{"bad_authorization", "no_caller_token"}},
	{status: "403", description: "The token lacks a permission, which the message names."},
	{status: "404", description: "There is no such thing, or no such operation.", own: []string{"unknown_path"}},
	{status: "409", description: "Somebody else changed it in between (read again, then retry), or it exists already.", writes: true},
	{status: "412", description: "A precondition does not hold.", writes: true},
	{status: "413", description: "The request's body is over the limit.", own: []string{"request_too_large"}, bodies: true},
	{status: "415", description: "The request's body is not JSON.", bodies: true},
	{status: "429", description: "Too many requests.", waits: true},
	{status: "500", description: "The upstream failed, or the server did.", own: []string{"internal", "panic"}},
	{status: "502", description: "The upstream's answer is of no use.", own: []string{"bad_upstream_answer"}},
	{status: "503", description: "The upstream, or its login host, cannot be reached now.", own: []string{"no_upstream_token", "service_token_refused", "upstream_unreachable"}, waits: true},
	{status: "504", description: "The deadline passed. A write may have happened.", own: []string{"deadline_exceeded", "memory_full"}},
	{status: "default", description: "Any other error."},
}

// elsewhere are the reasons that no call of an operation is answered with: its path
// or verb is none, it is a login, or nobody waits for the answer any longer.
var elsewhere = []string{"canceled", "login_off", "wrong_verb"}

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

func errorResponses() openapi3.ResponseBodies {
	all := openapi3.ResponseBodies{}
	for _, e := range everyError {
		description := e.description
		if len(e.own) > 0 {
			description += " From the server itself with the code `switchboard." + strings.Join(e.own, "` or `switchboard.") + "`."
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
func errorSchema() *openapi3.Schema {
	text := func(description string) *openapi3.SchemaRef {
		return &openapi3.SchemaRef{Value: &openapi3.Schema{Type: typed("string"), Description: description}}
	}
	list := func(description string, of *openapi3.SchemaRef) *openapi3.SchemaRef {
		return &openapi3.SchemaRef{Value: &openapi3.Schema{Type: typed("array"), Description: description, Items: of}}
	}
	codes := slices.Clone(elsewhere)
	for _, e := range everyError {
		codes = append(codes, e.own...)
	}
	slices.Sort(codes)
	for i := range codes {
		codes[i] = "switchboard." + codes[i]
	}
	code := open(codes)
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
