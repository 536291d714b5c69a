// Package failure is the errors that are born here and not upstream, and how they
// look on both faces: one Failure is a status with details over gRPC and JSON in
// the upstream's shape over REST. It knows no transport and no upstream, so that
// whatever a call passes can refuse it with the same words.
package failure

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Domain is the domain of the ErrorInfo of an error that was born here.
const Domain = "switchboard"

// Failure is an error that was born here, not upstream.
type Failure struct {
	// Code is the gRPC code.
	Code codes.Code
	// Reason names the kind of failure, in lower_snake_case.
	Reason string
	// Message is for a person: what happened and what to do. It holds no secret
	// and no payload.
	Message string
	// Violations are the fields at fault, if fields are.
	Violations *errdetails.BadRequest
	// Wait is how long to wait before another try; 0 says nothing of it.
	Wait time.Duration
	// MayHaveHappened says that a write may have reached the upstream.
	MayHaveHappened bool
	// HTTP is the status over REST where it is finer than what Code stands for;
	// else 0.
	HTTP int
	// Cause is for the log alone; nil where Message says it all.
	Cause error
	// Log has more for the log, at its usual level: nothing that a caller or an
	// upstream has sent.
	Log []slog.Attr
}

// New makes a failure.
func New(code codes.Code, reason, message string) *Failure {
	return &Failure{Code: code, Reason: reason, Message: message}
}

// NewHTTP makes a failure of the REST face, which has finer statuses than gRPC has
// codes.
func NewHTTP(httpStatus int, reason, message string) *Failure {
	code, ok := CodeOf(httpStatus)
	if !ok {
		code = codes.Unknown
	}
	return &Failure{Code: code, Reason: reason, Message: message, HTTP: httpStatus}
}

// Error is for our own log: it may say more than a caller is told.
func (f *Failure) Error() string {
	if f.Cause != nil {
		return f.Message + ": " + f.Cause.Error()
	}
	return f.Message
}

func (f *Failure) Unwrap() error { return f.Cause }

// HTTPStatus is the status of the failure over REST.
func (f *Failure) HTTPStatus() int {
	if f.HTTP != 0 {
		return f.HTTP
	}
	return HTTPOf(f.Code)
}

// RetryAfter is Wait as the HTTP header wants it: whole seconds, rounded up.
func (f *Failure) RetryAfter() string {
	return strconv.Itoa(int(math.Ceil(f.Wait.Seconds())))
}

// GRPCStatus is the failure as gRPC clients see it, as far as it fits into a
// trailer.
func (f *Failure) GRPCStatus() *status.Status {
	st := status.New(f.Code, strings.ToValidUTF8(f.Message, "\uFFFD"))
	info := &errdetails.ErrorInfo{Reason: strings.ToUpper(f.Reason), Domain: Domain}
	if f.MayHaveHappened {
		info.Metadata = map[string]string{MetadataHappened: "true"}
	}
	details := []protoadapt.MessageV1{protoadapt.MessageV1Of(info)}
	if f.Violations != nil {
		details = append(details, protoadapt.MessageV1Of(f.Violations))
	}
	if f.Wait > 0 {
		details = append(details, protoadapt.MessageV1Of(&errdetails.RetryInfo{RetryDelay: durationpb.New(f.Wait)}))
	}
	if detailed, err := st.WithDetails(details...); err == nil {
		st = detailed
	}
	return Fit(st)
}

// Present is an error as a caller may see it, for what an edge did not make itself: a
// bare status fits into a trailer, and an error without one, whose text may hold
// anything, is an internal failure, or the end of the call's context.
func Present(err error) error {
	var own interface{ GRPCStatus() *status.Status }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		if st := own.GRPCStatus(); encodedSize(st.Proto()) > Room {
			return Fit(st).Err()
		}
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return &Failure{Code: codes.DeadlineExceeded, Reason: "deadline_exceeded", Message: "the deadline passed before the call was done", Cause: err}
	case errors.Is(err, context.Canceled):
		return &Failure{Code: codes.Canceled, Reason: "canceled", Message: "the caller gave up before the call was done", Cause: err}
	default:
		return &Failure{Code: codes.Internal, Reason: "internal", Message: "the call failed in an unexpected way; the log tells more under the request id", Cause: err}
	}
}

// CodeOf is the gRPC code that an HTTP status stands for; false for one that has
// none of its own.
func CodeOf(httpStatus int) (codes.Code, bool) {
	code, ok := codeOf[httpStatus]
	return code, ok
}

var codeOf = map[int]codes.Code{
	http.StatusBadRequest:            codes.InvalidArgument,
	http.StatusUnauthorized:          codes.Unauthenticated,
	http.StatusForbidden:             codes.PermissionDenied,
	http.StatusNotFound:              codes.NotFound,
	http.StatusMethodNotAllowed:      codes.Unimplemented,
	http.StatusRequestTimeout:        codes.DeadlineExceeded,
	http.StatusConflict:              codes.Aborted,
	http.StatusGone:                  codes.NotFound,
	http.StatusPreconditionFailed:    codes.FailedPrecondition,
	http.StatusRequestEntityTooLarge: codes.InvalidArgument,
	http.StatusRequestURITooLong:     codes.InvalidArgument,
	http.StatusUnsupportedMediaType:  codes.Internal, // ours to get right
	http.StatusUnprocessableEntity:   codes.InvalidArgument,
	http.StatusLocked:                codes.FailedPrecondition,
	http.StatusTooManyRequests:       codes.ResourceExhausted,
	http.StatusInternalServerError:   codes.Internal,
	http.StatusNotImplemented:        codes.Unimplemented,
	http.StatusBadGateway:            codes.Unavailable,
	http.StatusServiceUnavailable:    codes.Unavailable,
	http.StatusGatewayTimeout:        codes.DeadlineExceeded,
}

// HTTPOf is the HTTP status that a gRPC code stands for (google/rpc/code.proto).
func HTTPOf(code codes.Code) int {
	switch code {
	case codes.OK:
		return http.StatusOK
	case codes.Canceled:
		return 499 // the client closed the request; RFC 9110 has no number for it
	case codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange:
		return http.StatusBadRequest
	case codes.DeadlineExceeded:
		return http.StatusGatewayTimeout
	case codes.NotFound:
		return http.StatusNotFound
	case codes.AlreadyExists, codes.Aborted:
		return http.StatusConflict
	case codes.PermissionDenied:
		return http.StatusForbidden
	case codes.Unauthenticated:
		return http.StatusUnauthorized
	case codes.ResourceExhausted:
		return http.StatusTooManyRequests
	case codes.Unimplemented:
		return http.StatusNotImplemented
	case codes.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}
