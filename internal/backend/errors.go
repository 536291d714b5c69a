package backend

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNoCallerToken says that the caller's own token should be used and it sent
// none. Authorize returns it.
var ErrNoCallerToken = errors.New("the call carries no bearer token")

// ErrBadAuthorization says that the call carries something as Authorization that
// is not one bearer token. Authorize returns it.
var ErrBadAuthorization = errors.New("the Authorization of the call is not one bearer token")

// ErrServiceTokenRefused says that the upstream refuses the service's own tokens,
// a fresh one as well: the caller can do nothing about it, and nothing was done.
// Authorize returns it.
var ErrServiceTokenRefused = errors.New("the upstream refuses the service's own tokens")

// ErrUnsendable says that a request is none of HTTP: its path is not escaped as it
// must be, or its method or a header holds what must not stand there. Nothing was
// sent. The transport returns it.
var ErrUnsendable = errors.New("the request's path, method or headers cannot be sent")

// AnswerFault is what is wrong with an answer.
type AnswerFault string

// The faults of an answer.
const (
	// TooLarge is an answer over the bound.
	TooLarge AnswerFault = "it is larger than the limit"
	// Truncated is an answer that broke off before its end.
	Truncated AnswerFault = "it broke off before its end"
	// Malformed is an answer whose compression is broken, or not the one that was
	// asked for.
	Malformed AnswerFault = "its compression cannot be undone"
	// NoStatus is an answer whose status says nothing of a request: one that is no
	// HTTP status, or informational without an end (101 Switching Protocols).
	NoStatus AnswerFault = "its status is none that an answer has"
	// NotJSON is a success that is not of the API: a login page, a proxy's words.
	NotJSON AnswerFault = "it is not JSON"
)

// AnswerError says that an answer began and is of no use. The transport returns
// it. The request has happened upstream.
type AnswerError struct {
	Fault AnswerFault
	// Status is the HTTP status of the answer.
	Status int
	// Detail says more, in words of ours.
	Detail string
}

func (e *AnswerError) Error() string {
	text := fmt.Sprintf("%s (status %d)", e.Fault, e.Status)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// TokenError says that no access token could be had. It never holds a secret.
// The token source returns it.
type TokenError struct {
	// Problem says what happened and which setting to look at, with the paths of
	// files: it is for the log.
	Problem string
	// Public is the same for callers; empty where Problem fits them.
	Public string
	// Refused says that there will be no token before somebody mends a setting: the
	// login host has answered that it gives this client none, or with something that
	// is no token, or the credentials cannot be read. Else it could not be reached, is
	// out of order or wants to be asked less often, which passes.
	Refused bool
	// RetryAfter is how long the login host is left alone from now on.
	RetryAfter time.Duration
	// Err says more, addresses too, to those who look for it, if there is more. It is
	// never a context's error.
	Err error
}

func (e *TokenError) Error() string { return e.Problem }
func (e *TokenError) Unwrap() error { return e.Err }

// ForCallers is what happened without what is nobody's business.
func (e *TokenError) ForCallers() string { return cmp.Or(e.Public, e.Problem) }

// ended is the error of a context that is over: errors.Is finds the context's
// own error and the cause, if it has one.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// ours keeps a timeout of this package from passing for the end of the caller's
// context, whose error those of net and net/http match.
func ours(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return errors.New(err.Error())
	}
	return err
}
