package main

// errorResponses are the answers that every operation can have.
func errorResponses() map[string]*response {
	responses := map[string]*response{}
	for status, description := range map[string]string{
		"400":     "The request is wrong: details says where. The upstream reports some stale versions so, too.",
		"401":     "The token is missing, wrong or expired.",
		"403":     "The token lacks a permission, which the message names.",
		"404":     "There is no such thing, or no such operation (code switchboard.unknown_path).",
		"409":     "Somebody else changed it in between (read again, then retry), or it exists already.",
		"412":     "A precondition does not hold.",
		"413":     "The request's body is over the limit.",
		"429":     "Too many requests: wait as long as Retry-After says.",
		"500":     "The upstream failed.",
		"502":     "The upstream's answer is of no use (code switchboard.bad_upstream_answer).",
		"503":     "The upstream, or its login host, cannot be reached now.",
		"504":     "The deadline passed. A write may have happened.",
		"default": "Any other error.",
	} {
		responses[status] = &response{Description: description, Schema: &schema{Ref: "#/definitions/Error"}}
	}
	for _, status := range []string{"429", "503"} {
		responses[status].Headers = map[string]*schema{"Retry-After": {Type: "integer", Description: "Seconds to wait."}}
	}
	return responses
}

// errorSchema is the upstream's error, which our own take the shape of.
func errorSchema() *schema {
	text := func(description string) *schema { return &schema{Type: "string", Description: description} }
	return &schema{
		Type:        "object",
		Description: "An error, the upstream's or (code switchboard.*) the server's own.",
		Properties: map[string]*schema{
			"message":           text("What went wrong, for a person."),
			"code":              text("What went wrong, for a program."),
			"status":            {Type: "integer", Format: "int32", Description: "The HTTP status."},
			"messageWithParams": text("The message with names in the place of values."),
			"messageParams":     {Type: "object", Description: "The values.", AdditionalProperties: &schema{Type: "string"}},
			"contextId":         text("What to name when asking for help."),
			"details": {Type: "array", Description: "The fields at fault.", Items: &schema{Type: "object", Properties: map[string]*schema{
				"errorCode": text("What is wrong with it."), "fieldName": text("Its name."),
				"entityId": text("The id of what it is about."), "entityName": text("The name of what it is about."),
			}}},
			"errors": {Type: "array", Description: "Further errors, if there are more than one.", Items: &schema{Ref: "#/definitions/Error"}},
		},
	}
}
