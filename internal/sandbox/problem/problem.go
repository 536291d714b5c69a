// Package problem is the upstream's errors: one shape, and a function for each way
// to it. Whatever an action refuses, it refuses with one of these. It imports wire.
package problem

import (
	"net/http"
	"strconv"
	"strings"
)

// Problem is the upstream's error body, and the only error that an action
// returns on purpose.
type Problem struct {
	Message           string            `json:"message"`
	Code              string            `json:"code"`
	Status            int               `json:"status"`
	MessageWithParams string            `json:"messageWithParams,omitempty"`
	MessageParams     map[string]string `json:"messageParams,omitzero"`
	ContextID         string            `json:"contextId"`
	Details           []problemDetail   `json:"details"`
	Errors            []Problem         `json:"errors"`

	Header map[string]string `json:"-"` // Allow, Retry-After
}

// problemDetail names one member of the request that was wrong.
type problemDetail struct {
	ErrorCode  string `json:"errorCode"`
	FieldName  string `json:"fieldName,omitempty"`
	EntityID   string `json:"entityId,omitempty"`
	EntityName string `json:"entityName,omitempty"`
}

func (p *Problem) Error() string { return p.Code + ": " + p.Message }

// BadRequest is a request that makes no sense as a whole.
func BadRequest(message string) *Problem {
	return &Problem{Status: http.StatusBadRequest, Code: "bad.request", Message: message}
}

// Invalid is a value that is not acceptable; field is its name in the request
// and why completes the sentence "The value of x is not valid: …".
func Invalid(field, why string) *Problem {
	p := BadRequest("The value of " + field + " is not valid: " + why + ".")
	p.Details = []problemDetail{{ErrorCode: "invalid.value", FieldName: field}}
	return p
}

// Missing is a required member that the request lacks.
func Missing(field string) *Problem {
	p := BadRequest("A value for " + field + " is required.")
	p.Details = []problemDetail{{ErrorCode: "missing.value", FieldName: field}}
	return p
}

// NotFound is an id in the path that leads to nothing.
func NotFound(entity, field string) *Problem {
	return &Problem{
		Status:            http.StatusNotFound,
		Code:              strings.ReplaceAll(entity, " ", ".") + ".not.found",
		Message:           "Unable to find a " + entity + " with that " + field,
		MessageWithParams: "Unable to find a " + entity + " with that {field}",
		MessageParams:     map[string]string{"field": field},
	}
}

// Conflict is a request that the present state of the organisation refuses.
func Conflict(message string) *Problem {
	return &Problem{Status: http.StatusConflict, Code: "general.conflict", Message: message}
}

// StaleVersion is a write based on a version that is no longer the current one.
func StaleVersion(sent, current int32) *Problem {
	p := Conflict("The version " + strconv.Itoa(int(sent)) +
		" does not match the current version " + strconv.Itoa(int(current)) + ".")
	p.MessageWithParams = "The version {version} does not match the current version {currentVersion}."
	p.MessageParams = map[string]string{
		"version":        strconv.Itoa(int(sent)),
		"currentVersion": strconv.Itoa(int(current)),
	}
	p.Details = []problemDetail{{ErrorCode: "version.mismatch", FieldName: "version"}}
	return p
}

// Unauthorized is a call without a token that is good.
func Unauthorized(code, message string) *Problem {
	return &Problem{Status: http.StatusUnauthorized, Code: code, Message: message}
}

// NoSuchPath is a path at which there is nothing.
func NoSuchPath(path string) *Problem {
	return &Problem{Status: http.StatusNotFound, Code: "not.found", Message: "No resource answers at " + path + "."}
}

// WrongMethod is a path that answers to other methods.
func WrongMethod(method string, allowed []string) *Problem {
	allow := strings.Join(allowed, ", ")
	return &Problem{
		Status:  http.StatusMethodNotAllowed,
		Code:    "method.not.allowed",
		Message: "The method " + method + " is not allowed here, only " + allow + ".",
		Header:  map[string]string{"Allow": allow},
	}
}

// BodyTooLarge is a body of more bytes than are read.
func BodyTooLarge(limit int) *Problem {
	return &Problem{
		Status:  http.StatusRequestEntityTooLarge,
		Code:    "request.entity.too.large",
		Message: "The request body is longer than " + strconv.Itoa(limit) + " bytes.",
		Header:  map[string]string{"Connection": "close"},
	}
}

// TooManyRequests is a call over the limit, which may be repeated after so many seconds.
func TooManyRequests(wait int) *Problem {
	seconds := strconv.Itoa(wait)
	return &Problem{
		Status:        http.StatusTooManyRequests,
		Code:          "too.many.requests.retry.after",
		Message:       "Rate limit exceeded the maximum. Retry the request in [" + seconds + "] seconds",
		MessageParams: map[string]string{},
		Header:        map[string]string{"Retry-After": seconds},
	}
}

// NotSimulated is an operation that the sandbox knows by name only.
func NotSimulated(operation string) *Problem {
	return &Problem{
		Status:            http.StatusNotImplemented,
		Code:              "not.implemented",
		Message:           "The sandbox does not simulate " + operation + " yet.",
		MessageWithParams: "The sandbox does not simulate {operation} yet.",
		MessageParams:     map[string]string{"operation": operation},
	}
}
