package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/inflight"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// Domain is the domain of the ErrorInfo of an error that was born here.
const Domain = "switchboard"

// Failure is an error that was born here, not upstream. The same one serves both
// faces: as a status with details over gRPC, as JSON in the upstream's shape
// over REST.
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

	http  int // 0: by the code
	cause error
}

// Fail makes a failure.
func Fail(code codes.Code, reason, message string) *Failure {
	return &Failure{Code: code, Reason: reason, Message: message}
}

// FailHTTP makes a failure of the REST face, which has a finer status than the
// codes of gRPC.
func FailHTTP(httpStatus int, reason, message string) *Failure {
	code, ok := codeOf[httpStatus]
	if !ok {
		code = codes.Unknown
	}
	return &Failure{Code: code, Reason: reason, Message: message, http: httpStatus}
}

// Error is for our own log: it may say more than a caller is told.
func (f *Failure) Error() string {
	if f.cause != nil {
		return f.Message + ": " + f.cause.Error()
	}
	return f.Message
}

func (f *Failure) Unwrap() error { return f.cause }

// HTTPStatus is the status of the failure over REST.
func (f *Failure) HTTPStatus() int {
	if f.http != 0 {
		return f.http
	}
	return runtime.HTTPStatusFromCode(f.Code)
}

// RetryAfter is Wait as the HTTP header wants it: whole seconds, rounded up.
func (f *Failure) RetryAfter() string {
	return strconv.Itoa(int(math.Ceil(f.Wait.Seconds())))
}

// GRPCStatus is the failure as gRPC clients see it.
func (f *Failure) GRPCStatus() *status.Status {
	st := status.New(f.Code, strings.ToValidUTF8(f.Message, "\uFFFD"))
	details := []protoadapt.MessageV1{protoadapt.MessageV1Of(&errdetails.ErrorInfo{
		Reason: strings.ToUpper(f.Reason), Domain: Domain,
	})}
	if f.Violations != nil {
		details = append(details, protoadapt.MessageV1Of(f.Violations))
	}
	if f.Wait > 0 {
		details = append(details, protoadapt.MessageV1Of(&errdetails.RetryInfo{RetryDelay: durationpb.New(f.Wait)}))
	}
	if detailed, err := st.WithDetails(details...); err == nil {
		return detailed
	}
	return st
}

// answerFault is an answer whose JSON is not what the contract says.
type answerFault struct{ error }

// RequestFailure is the failure of a request that cannot be sent.
func RequestFailure(op *operation.Operation, err error) error { return failure(op, err) }

// LoginFailure is the failure of a client's login that got no answer.
func LoginFailure(err error) *Failure { return failureOf("login", true, err) }

// failure names what went wrong with a call.
func failure(op *operation.Operation, err error) *Failure { return failureOf(op.Name, op.Safe(), err) }

// failureOf names what went wrong with something that is safe to repeat or not.
func failureOf(name string, safe bool, err error) *Failure {
	f := &Failure{cause: err}
	say := func(code codes.Code, reason, format string, args ...any) *Failure {
		f.Code, f.Reason, f.Message = code, reason, name+": "+fmt.Sprintf(format, args...)
		return f
	}
	var (
		field  *operation.FieldError
		fault  *answerFault
		answer *backend.AnswerError
		conn   *backend.ConnError
		token  *backend.TokenError
		full   *inflight.FullError
	)
	switch {
	case errors.As(err, &field):
		f.cause = nil
		f.Violations = &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{
			Field: string(field.Field.Name()), Description: field.Problem, Reason: "INVALID_VALUE",
		}}}
		return say(codes.InvalidArgument, "invalid_argument", "%s", field.Error())
	case errors.As(err, &fault):
		f.cause, f.http = nil, http.StatusBadGateway
		return say(codes.Internal, "bad_upstream_answer", "the upstream's answer is not what the contract says: %v", fault.error)
	case errors.As(err, &answer):
		f.cause, f.http = nil, http.StatusBadGateway
		return say(codes.Internal, "bad_upstream_answer", "the upstream's answer is of no use: %v", answer)
	case errors.Is(err, backend.ErrNoCallerToken):
		f.cause = nil
		return say(codes.Unauthenticated, "no_caller_token", "this server uses the caller's own token (--upstream-auth=caller), and the call has none: send it as authorization: Bearer ...")
	case errors.As(err, &full) && errors.Is(err, context.DeadlineExceeded):
		f.MayHaveHappened = full.Growing && !safe
		return say(codes.DeadlineExceeded, "memory_full", "the deadline passed while the call waited for memory: too many large answers are in flight (--max-inflight-bytes)")
	case errors.Is(err, context.DeadlineExceeded):
		f.MayHaveHappened = !safe
		return say(codes.DeadlineExceeded, "deadline_exceeded", "the deadline passed before the upstream answered")
	case errors.Is(err, context.Canceled):
		return say(codes.Canceled, "canceled", "the caller gave up before the upstream answered")
	case errors.As(err, &token):
		f.Wait = token.RetryAfter
		return say(codes.Unavailable, "no_upstream_token", "no access token could be had from the login host: %v", token)
	case errors.As(err, &conn):
		f.MayHaveHappened = conn.Sent && !safe
		return say(codes.Unavailable, "upstream_unreachable", "the upstream cannot be reached: %v", conn)
	default:
		return say(codes.Internal, "internal", "the call failed in an unexpected way; the log tells more under the request id")
	}
}
