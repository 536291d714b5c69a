package sandbox

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// problem is the upstream's error body, and the only error that an action
// returns on purpose.
type problem struct {
	Message           string            `json:"message"`
	Code              string            `json:"code"`
	Status            int               `json:"status"`
	MessageWithParams string            `json:"messageWithParams,omitempty"`
	MessageParams     map[string]string `json:"messageParams,omitzero"`
	ContextID         string            `json:"contextId"`
	Details           []problemDetail   `json:"details"`
	Errors            []problem         `json:"errors"`

	header map[string]string // Allow, Retry-After
}

// problemDetail names one member of the request that was wrong.
type problemDetail struct {
	ErrorCode  string `json:"errorCode"`
	FieldName  string `json:"fieldName,omitempty"`
	EntityID   string `json:"entityId,omitempty"`
	EntityName string `json:"entityName,omitempty"`
}

func (p *problem) Error() string { return p.Code + ": " + p.Message }

// badRequest is a request that makes no sense as a whole.
func badRequest(message string) *problem {
	return &problem{Status: http.StatusBadRequest, Code: "bad.request", Message: message}
}

// invalid is a value that is not acceptable; field is its name in the request
// and why completes the sentence "The value of x is not valid: …".
func invalid(field, why string) *problem {
	p := badRequest("The value of " + field + " is not valid: " + why + ".")
	p.Details = []problemDetail{{ErrorCode: "invalid.value", FieldName: field}}
	return p
}

// missing is a required member that the request lacks.
func missing(field string) *problem {
	p := badRequest("A value for " + field + " is required.")
	p.Details = []problemDetail{{ErrorCode: "missing.value", FieldName: field}}
	return p
}

// notFound is an id in the path that leads to nothing.
func notFound(entity, field string) *problem {
	return &problem{
		Status:            http.StatusNotFound,
		Code:              strings.ReplaceAll(entity, " ", ".") + ".not.found",
		Message:           "Unable to find a " + entity + " with that " + field,
		MessageWithParams: "Unable to find a " + entity + " with that {field}",
		MessageParams:     map[string]string{"field": field},
	}
}

// conflict is a request that the present state of the organisation refuses.
func conflict(message string) *problem {
	return &problem{Status: http.StatusConflict, Code: "general.conflict", Message: message}
}

// staleVersion is a write based on a version that is no longer the current one.
func staleVersion(sent, current int32) *problem {
	p := conflict("The version " + strconv.Itoa(int(sent)) +
		" does not match the current version " + strconv.Itoa(int(current)) + ".")
	p.MessageWithParams = "The version {version} does not match the current version {currentVersion}."
	p.MessageParams = map[string]string{
		"version":        strconv.Itoa(int(sent)),
		"currentVersion": strconv.Itoa(int(current)),
	}
	p.Details = []problemDetail{{ErrorCode: "version.mismatch", FieldName: "version"}}
	return p
}

func unauthorized(code, message string) *problem {
	return &problem{Status: http.StatusUnauthorized, Code: code, Message: message}
}

func noSuchPath(path string) *problem {
	return &problem{Status: http.StatusNotFound, Code: "not.found", Message: "No resource answers at " + path + "."}
}

func wrongMethod(method string, allowed []string) *problem {
	allow := strings.Join(allowed, ", ")
	return &problem{
		Status:  http.StatusMethodNotAllowed,
		Code:    "method.not.allowed",
		Message: "The method " + method + " is not allowed here, only " + allow + ".",
		header:  map[string]string{"Allow": allow},
	}
}

func bodyTooLarge() *problem {
	return &problem{
		Status:  http.StatusRequestEntityTooLarge,
		Code:    "request.entity.too.large",
		Message: "The request body is longer than " + strconv.Itoa(maxBody) + " bytes.",
		header:  map[string]string{"Connection": "close"},
	}
}

func tooManyRequests(wait int) *problem {
	seconds := strconv.Itoa(wait)
	return &problem{
		Status:        http.StatusTooManyRequests,
		Code:          "too.many.requests",
		Message:       "Rate limit exceeded the maximum. Retry the request in [" + seconds + "] seconds",
		MessageParams: map[string]string{},
		header:        map[string]string{"Retry-After": seconds},
	}
}

func notSimulated(operation string) *problem {
	return &problem{
		Status:            http.StatusNotImplemented,
		Code:              "not.implemented",
		Message:           "The sandbox does not simulate " + operation + " yet.",
		MessageWithParams: "The sandbox does not simulate {operation} yet.",
		MessageParams:     map[string]string{"operation": operation},
	}
}

// writeProblem answers with the error shape. Anything that is not a problem is
// a mistake of the sandbox and says nothing of its insides.
func writeProblem(w http.ResponseWriter, err error, contextID string) {
	p := (*problem)(nil)
	if !errors.As(err, &p) {
		p = &problem{
			Status:  http.StatusInternalServerError,
			Code:    "internal.server.error",
			Message: "The server encountered an unexpected condition.",
		}
	}
	answer := *p
	answer.ContextID = contextID
	if answer.Details == nil {
		answer.Details = []problemDetail{}
	}
	answer.Errors = []problem{}
	for name, value := range p.header {
		w.Header().Set(name, value)
	}
	writeJSON(w, p.Status, answer)
}
