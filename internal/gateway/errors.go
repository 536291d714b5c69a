package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/failure"
)

// forwardError is writeError for the generated handlers.
func forwardError(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
	writeError(w, exchangeOf(ctx), err)
}

// writeError answers a call that failed: with the upstream's own error where
// there is one, else with ours in the same shape.
func writeError(w http.ResponseWriter, x *exchange, err error) {
	var upstream *engine.UpstreamError
	switch {
	case !errors.As(err, &upstream):
		writeOwn(w, x, err)
	case !final(upstream.Response.Status):
		f := failure.NewHTTP(http.StatusBadGateway, "bad_upstream_answer", upstream.Operation.Name+": the upstream's answer has a status that no answer can have")
		f.Code, f.MayHaveHappened = codes.Internal, upstream.MayHaveHappened()
		writeOwn(w, x, f)
	default:
		copyHeader(w.Header(), x, upstream.Response)
		w.WriteHeader(upstream.Response.Status)
		_, _ = w.Write(upstream.Response.Body)
	}
}

// final tells whether a status can end an exchange (RFC 9110, section 15); net/http
// panics over some of the others.
func final(status int) bool { return status >= 200 && status <= 599 }

func (a *api) writeRoutingError(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
	x := exchangeOf(ctx)
	if code == http.StatusMethodNotAllowed || code == http.StatusNotFound {
		_, err := a.beside(w.Header(), r.Method, x)
		a.early(w, r, x, err)
		return
	}
	writeOwn(w, x, failure.NewHTTP(code, "invalid_argument", "the path cannot be read"))
}

// ownError is an error that was born here, in the upstream's shape.
type ownError struct {
	Message string `json:"message"`
	Code    string `json:"code"`
	Status  int    `json:"status"`
	Context string `json:"contextId,omitempty"`
	// Params has what the metadata of the ErrorInfo has over gRPC.
	Params  map[string]string `json:"messageParams,omitempty"`
	Details []ownDetail       `json:"details"`
	Errors  []ownError        `json:"errors"`
}

type ownDetail struct {
	ErrorCode string `json:"errorCode"`
	FieldName string `json:"fieldName"`
}

func writeOwn(w http.ResponseWriter, x *exchange, err error) {
	f := ownFailure(err)
	body := ownError{
		Message: f.Message, Code: "switchboard." + f.Reason, Status: f.HTTPStatus(),
		Details: []ownDetail{}, Errors: []ownError{},
	}
	for _, v := range f.Violations.GetFieldViolations() {
		body.Details = append(body.Details, ownDetail{ErrorCode: strings.ToLower(v.GetReason()), FieldName: v.GetField()})
	}
	if f.MayHaveHappened {
		body.Params = map[string]string{failure.MetadataHappened: "true"}
	}
	if x != nil {
		body.Context = x.call.ID
	}
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	ownHeader(h, x)
	h.Set("Content-Type", "application/json")
	if body.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer") // RFC 9110, section 15.5.2
	}
	if f.Wait > 0 {
		h.Set("Retry-After", f.RetryAfter())
	}
	w.WriteHeader(body.Status)
	_, _ = w.Write(text)
}

// ownFailure takes the generated handlers' errors, which are bare statuses about
// a parameter, for what they are.
func ownFailure(err error) *failure.Failure {
	var routing *runtime.HTTPStatusError
	if errors.As(err, &routing) {
		return failure.NewHTTP(routing.HTTPStatus, "invalid_argument", "the path cannot be read: "+routing.Error())
	}
	var f *failure.Failure
	if errors.As(failure.Present(err), &f) {
		return f
	}
	st := status.Convert(err)
	if st.Code() == codes.InvalidArgument {
		text, _, _ := strings.Cut(st.Message(), ": strconv.") // Go's words are of no use to a caller
		return failure.New(codes.InvalidArgument, "invalid_argument", "a parameter has the wrong type: "+text)
	}
	return failure.New(st.Code(), "internal", st.Message())
}
