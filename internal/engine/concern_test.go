package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/failure"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// The default log tells of what is ours or the upstream's to mend, not of what is the
// caller's, and of neither any byte that somebody else has sent.
func TestTheLogConcernsWhoCanMend(t *testing.T) {
	t.Parallel()
	patch := contract(t).ByName("PatchUser")
	const secret = "Ada"
	answer := func(status int) error {
		return upstreamError(patch, status, `{"message":"Ada","code":"Ada","contextId":"Ada"}`, HeaderCorrelationID, "c-1")
	}
	field := patch.NewRequest().ProtoReflect().Descriptor().Fields().Get(0)
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{answer(400), ""}, {answer(401), ""}, {answer(403), ""}, {answer(404), ""}, {answer(409), ""}, {answer(412), ""}, {answer(413), ""},
		{answer(422), ""}, {answer(423), ""}, {answer(429), ""}, {answer(405), ""},
		{answer(408), "upstream_error"}, {answer(500), "upstream_error"}, {answer(501), "upstream_error"}, {answer(502), "upstream_error"}, {answer(503), "upstream_error"},
		{answer(504), "upstream_error"}, {answer(599), "upstream_error"}, {answer(302), "upstream_error"}, {answer(0), "upstream_error"}, {answer(101), "upstream_error"},
		{failed(patch, &operation.FieldError{Field: field, Problem: secret}), ""},
		{failed(patch, backend.ErrNoCallerToken), ""}, {failed(patch, backend.ErrBadAuthorization), ""},
		{failed(patch, fmt.Errorf("x: %w", context.Canceled)), ""},
		{failed(patch, fmt.Errorf("x: %w", context.DeadlineExceeded)), "deadline_exceeded"},
		{failed(patch, backend.ErrServiceTokenRefused), "service_token_refused"},
		{failed(patch, &backend.TokenError{Problem: "x", Err: errors.New(secret)}), "no_upstream_token"},
		{failed(patch, &backend.AnswerError{Fault: backend.Truncated}), "bad_upstream_answer"},
		{failed(patch, errors.New(secret)), "internal"},
		{failure.New(codes.Internal, "panic", "x"), "panic"},
		{failure.NewHTTP(404, "unknown_path", secret), ""}, {failure.NewHTTP(413, "request_too_large", secret), ""},
		{failure.New(codes.ResourceExhausted, "memory_full", "x"), "memory_full"},
		{failure.NewHTTP(408, "request_slow", "x"), ""}, {failure.NewHTTP(415, "unsupported_type", "x"), ""}, {failure.New(codes.Unavailable, "stopping", "x"), ""},
		{fmt.Errorf("wrapped: %w", failure.New(codes.Unavailable, "x", "x")), "x"},
		{errors.New(secret), "internal"}, {status.Error(codes.Unimplemented, secret), ""}, {status.Error(codes.InvalidArgument, secret), ""},
	} {
		got := failure.ConcernOf(c.err)
		if got.Kind != c.want || (got.Level == slog.LevelWarn) != (c.want != "") {
			t.Errorf("%v: %+v, want %q", c.err, got, c.want)
		}
		if text := fmt.Sprint(got.Attrs); strings.Contains(text, secret) {
			t.Errorf("the log shows %s", text)
		}
		if c.want == "upstream_error" && !strings.Contains(fmt.Sprint(got.Attrs), "c-1") {
			t.Errorf("%v: %v", c.err, got.Attrs)
		}
	}
	for _, id := range []string{"", "Ada Lovelace", "ada@example.com", "{", strings.Repeat("x", 129)} {
		e := upstreamError(patch, 500, "", HeaderCorrelationID, id)
		if got := e.Concern().Attrs; len(got) != 1 {
			t.Errorf("%q: %v", id, got)
		}
	}
}
