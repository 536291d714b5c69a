package problem

import (
	"errors"
	"net/http"

	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// Correlate gives an answer its id, which is also the contextId of an error.
func Correlate(w http.ResponseWriter) string {
	id := wire.RandomID()
	w.Header().Set("inin-correlation-id", id)
	return id
}

// Write answers with the error shape. Anything that is not a problem is
// a mistake of the sandbox and says nothing of its insides.
func Write(w http.ResponseWriter, err error, contextID string) {
	p := (*Problem)(nil)
	if !errors.As(err, &p) {
		p = &Problem{
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
	answer.Errors = []Problem{}
	for name, value := range p.Header {
		w.Header().Set(name, value)
	}
	wire.WriteJSON(w, p.Status, answer)
}
