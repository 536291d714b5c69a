package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/failure"
	"github.com/switchboard-gw/switchboard/internal/inflight"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// answerFault is an answer whose JSON is not what the contract says.
type answerFault struct{ error }

// publicFault says what is wrong with an answer without a value of its headers; the
// bound that one is over is ours.
func publicFault(answer *backend.AnswerError) string {
	shown := *answer
	if shown.Fault != backend.TooLarge {
		shown.Detail = ""
	}
	return shown.Error()
}

// RequestFailure is the failure of a request that cannot be sent.
func RequestFailure(op *operation.Operation, err error) error { return failureOf(op.Name, true, err) }

// LoginFailure is the failure of a client's login that got no answer.
func LoginFailure(err error) *failure.Failure { return failureOf("login", true, err) }

// failed names what went wrong with a call.
func failed(op *operation.Operation, err error) *failure.Failure {
	return failureOf(op.Name, op.Safe(), err)
}

// failureOf names what went wrong with something that is safe to repeat or not.
func failureOf(name string, safe bool, err error) *failure.Failure {
	f := &failure.Failure{Cause: err}
	if proxy := backend.ProxyOf(err); proxy != "" {
		f.Log = []slog.Attr{slog.String("proxy", proxy)}
	}
	say := func(code codes.Code, reason, format string, args ...any) *failure.Failure {
		f.Code, f.Reason, f.Message = code, reason, name+": "+fmt.Sprintf(format, args...)
		return f
	}
	var (
		field  *operation.FieldError
		alien  *operation.UnknownFieldError
		fault  *answerFault
		answer *backend.AnswerError
		conn   *backend.ConnError
		token  *backend.TokenError
		full   *inflight.FullError
	)
	switch {
	case errors.As(err, &field):
		f.Cause = nil
		f.Violations = &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{
			Field: string(field.Field.Name()), Description: field.Problem, Reason: "INVALID_VALUE",
		}}}
		return say(codes.InvalidArgument, "invalid_argument", "%s", field.Error())
	case errors.As(err, &alien):
		f.Cause = nil
		f.Violations = &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{
			Field: alien.Field(), Description: alien.Error(), Reason: "UNKNOWN_FIELD",
		}}}
		return say(codes.InvalidArgument, "invalid_argument", "%v", alien)
	case errors.As(err, &fault):
		f.Cause, f.HTTP, f.MayHaveHappened = nil, http.StatusBadGateway, !safe
		return say(codes.Internal, "bad_upstream_answer", "the upstream's answer is not what the contract says: %v", fault)
	case errors.As(err, &answer):
		f.HTTP, f.MayHaveHappened = http.StatusBadGateway, !safe
		return say(codes.Internal, "bad_upstream_answer", "the upstream's answer is of no use: %s", publicFault(answer))
	case errors.Is(err, backend.ErrNoCallerToken):
		f.Cause = nil
		return say(codes.Unauthenticated, "no_caller_token", "this server uses the caller's own token (--upstream-auth=caller), and the call has none: send it as authorization: Bearer ...")
	case errors.Is(err, backend.ErrBadAuthorization):
		f.Cause = nil
		return say(codes.Unauthenticated, "bad_authorization", "what the call carries as authorization is not one bearer token: send authorization: Bearer <token>, or none")
	case errors.Is(err, backend.ErrUnsendable):
		f.Cause = nil
		return say(codes.InvalidArgument, "invalid_argument", "%v", backend.ErrUnsendable)
	case errors.Is(err, backend.ErrServiceTokenRefused):
		return say(codes.Unavailable, "service_token_refused", "the upstream refuses the token of this service: its operators must look at the client's credentials and region")
	case errors.As(err, &full) && errors.Is(err, context.DeadlineExceeded):
		f.MayHaveHappened = full.Growing && !safe
		return say(codes.DeadlineExceeded, "memory_full", "the deadline passed while the call waited for memory: too many large answers are in flight (--max-inflight-bytes)")
	case errors.Is(err, context.DeadlineExceeded):
		f.MayHaveHappened = !safe
		return say(codes.DeadlineExceeded, "deadline_exceeded", "the deadline passed before the upstream answered")
	case errors.Is(err, context.Canceled):
		f.MayHaveHappened = !safe
		return say(codes.Canceled, "canceled", "the caller gave up before the upstream answered")
	case errors.As(err, &token):
		f.Wait = token.RetryAfter
		return say(codes.Unavailable, "no_upstream_token", "no access token could be had from the login host: %s", token.ForCallers())
	case errors.As(err, &conn):
		f.Cause, f.MayHaveHappened = conn.Err, conn.Sent && !safe
		return say(codes.Unavailable, "upstream_unreachable", "the upstream cannot be reached: %v", conn)
	default:
		f.MayHaveHappened = !safe
		return say(codes.Internal, "internal", "the call failed in an unexpected way; the log tells more under the request id")
	}
}
