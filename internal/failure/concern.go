package failure

import (
	"errors"
	"log/slog"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Concern is what an operator should know of an error: whose it is to mend, and what
// a line of the log says of it.
type Concern struct {
	// Kind names what is wrong, in lower_snake_case and from a small set; empty
	// where there is nothing to mend.
	Kind string
	// Level is Warn for what is ours or the upstream's to mend, Debug for what is
	// the caller's.
	Level slog.Level
	// Attrs hold no byte of an answer, no address but a proxy's, and no path.
	Attrs []slog.Attr
	// Cause tells more, addresses and paths too, to those who look for it: it is for
	// the level Debug alone.
	Cause string
}

// none is the concern of what is the caller's, or no error at all.
var none = Concern{Level: slog.LevelDebug}

// ConcernOf returns what an operator should know of the error of a call. An error of
// another package says so itself, by a method Concern.
func ConcernOf(err error) Concern {
	if err == nil {
		return none
	}
	var speaks interface{ Concern() Concern }
	if errors.As(err, &speaks) {
		return speaks.Concern()
	}
	var own *Failure
	if errors.As(Present(err), &own) {
		return own.Concern()
	}
	if ours(status.Code(err)) {
		return Concern{Kind: "internal", Level: slog.LevelWarn}
	}
	return none
}

// Concern implements what ConcernOf asks for.
func (f *Failure) Concern() Concern {
	switch {
	// A stop is meant, and what has a status of a client's mistake is one.
	case !ours(f.Code), f.Reason == "stopping", f.HTTP >= 400 && f.HTTP <= 499:
		return none
	}
	c := Concern{Kind: f.Reason, Level: slog.LevelWarn, Attrs: append([]slog.Attr{slog.String("error", f.Message)}, f.Log...)}
	if f.Cause != nil {
		// Behind a quotation mark stand bytes that somebody sent.
		c.Cause, _, _ = strings.Cut(f.Cause.Error(), `"`)
	}
	return c
}

// ours tells the codes of what a caller can do nothing about. An end of ours for want
// of room is one: there is no limit here that a caller could keep to.
func ours(code codes.Code) bool {
	switch code {
	case codes.Internal, codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Unknown, codes.DataLoss:
		return true
	}
	return false
}
