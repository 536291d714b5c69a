package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/transcode"
)

const pushback = "grpc-retry-pushback-ms"

// A call that may have been done says so to programs, and tells clients with a retry
// policy that they must not; every operation, whatever went wrong.
func TestWritesThatMayHaveHappenedAreNotRetried(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err      error
		code     codes.Code
		happened bool
	}{
		"no connection":          {&backend.ConnError{Err: errors.New("x")}, codes.Unavailable, false},
		"a broken connection":    {&backend.ConnError{Sent: true, Err: errors.New("x")}, codes.Unavailable, true},
		"a broken answer":        {&backend.AnswerError{Fault: backend.Truncated, Status: 200}, codes.Internal, true},
		"an answer too large":    {&backend.AnswerError{Fault: backend.TooLarge, Status: 200}, codes.Internal, true},
		"an answer that is odd":  {&answerFault{&transcode.Error{Problem: "x"}}, codes.Internal, true},
		"the deadline":           {fmt.Errorf("x: %w", context.DeadlineExceeded), codes.DeadlineExceeded, true},
		"the caller's end":       {fmt.Errorf("x: %w", context.Canceled), codes.Canceled, true},
		"no token":               {&backend.TokenError{Problem: "x"}, codes.Unavailable, false},
		"a refused token":        {backend.ErrServiceTokenRefused, codes.Unavailable, false},
		"no token of the caller": {backend.ErrNoCallerToken, codes.Unauthenticated, false},
		"a bad authorization":    {backend.ErrBadAuthorization, codes.Unauthenticated, false},
		"what cannot be sent":    {backend.ErrUnsendable, codes.InvalidArgument, false},
		"something else":         {errors.New("x"), codes.Internal, true},
	} {
		for _, op := range contract(t).All() {
			err := failed(op, c.err)
			want := c.happened && !op.Safe()
			info := detailsOf[*errdetails.ErrorInfo](err)[0]
			if said := info.GetMetadata()["MAY_HAVE_HAPPENED"] == "true"; status.Code(err) != c.code || said != want || err.MayHaveHappened != want {
				t.Errorf("%s of %s: %v, %v", name, op.Name, status.Code(err), info)
			}
			if got := ErrorTrailer(err)[pushback]; want != (len(got) == 1 && got[0] == "-1") {
				t.Errorf("%s of %s: pushback %q", name, op.Name, got)
			}
		}
		if got := ErrorTrailer(RequestFailure(contract(t).ByName("PostUsers"), c.err)); len(got) > 0 {
			t.Errorf("%s before the request was sent: %v", name, got)
		}
	}
}

func TestUpstreamErrorsTellWhetherToRetry(t *testing.T) {
	t.Parallel()
	ops := contract(t)
	for _, c := range []struct {
		operation    string
		status       int
		body         string
		after        string
		happened     bool
		wantPushback string
	}{
		{"GetUser", 400, "", "", false, ""},
		{"PatchUser", 400, "", "", false, ""},
		{"PatchUser", 404, "", "", false, ""},
		{"PatchUser", 408, "", "", true, "-1"},
		{"PatchUser", 408, `{"code":"version.mismatch"}`, "", false, ""},
		{"GetUser", 408, "", "", false, ""},
		{"PatchUser", 409, "", "", false, ""},
		{"PatchUser", 429, "", "7", false, "7000"},
		{"GetUser", 429, "", "7", false, "7000"},
		{"GetUser", 429, "", "180", false, "180000"},
		{"GetUser", 429, "", "181", false, "-1"},
		{"GetUser", 429, "", "", false, ""},
		{"PatchUser", 500, "", "", true, "-1"},
		{"GetUser", 500, "", "", false, ""},
		{"PatchUser", 501, "", "", false, ""},
		{"PatchUser", 502, "", "2", true, "-1"},
		{"GetUser", 502, "", "2", false, "2000"},
		{"PatchUser", 503, "", "", true, "-1"},
		{"PatchUser", 503, "", "2", false, "2000"},
		{"PatchUser", 503, "", "7200", false, "-1"},
		{"PatchUser", 504, "", "", true, "-1"},
		{"GetUser", 504, "", "", false, ""},
		{"PatchUser", 599, "", "", true, "-1"},
		{"PatchUser", 302, "", "", true, "-1"},
		{"PatchUser", 0, "", "", true, "-1"},
		{"PatchUser", 101, "", "", true, "-1"},
		{"PatchUser", 999, "", "", true, "-1"},
		{"GetUser", 999, "", "", false, ""},
	} {
		e := upstreamError(ops.ByName(c.operation), c.status, c.body)
		if c.after != "" {
			e.Response.Header.Set("Retry-After", c.after)
		}
		got := ""
		if v := ErrorTrailer(e)[pushback]; len(v) > 0 {
			got = v[0]
		}
		if said := detailsOf[*errdetails.ErrorInfo](e)[0].GetMetadata()["MAY_HAVE_HAPPENED"] == "true"; got != c.wantPushback || said != c.happened || e.MayHaveHappened() != c.happened {
			t.Errorf("%+v: pushback %q, may have happened: %v", c, got, said)
		}
	}
}

func TestOwnWaitsArePassedOn(t *testing.T) {
	t.Parallel()
	get := contract(t).ByName("GetUser")
	for wait, want := range map[time.Duration]string{0: "", 1500 * time.Millisecond: "1500", time.Hour: "-1"} {
		got := ErrorTrailer(failed(get, &backend.TokenError{Problem: "x", RetryAfter: wait}))[pushback]
		if strings.Join(got, "") != want {
			t.Errorf("%v: %q, want %q", wait, got, want)
		}
	}
}

// A header's value is the upstream's, the bound that an answer is over is ours.
func TestFaultsOfAnswersHideHeaders(t *testing.T) {
	t.Parallel()
	get := contract(t).ByName("GetUser")
	for fault, shown := range map[backend.AnswerFault]bool{backend.TooLarge: true, backend.Truncated: false, backend.Malformed: false, backend.NotJSON: false} {
		err := failed(get, &backend.AnswerError{Fault: fault, Status: 200, Detail: "Ada"})
		if !strings.Contains(err.Message, string(fault)) || strings.Contains(err.Message, "Ada") != shown || strings.Contains(fmt.Sprint(err.Concern().Attrs), "Ada") != shown {
			t.Errorf("%s: %s, %v", fault, err.Message, err.Concern())
		}
	}
}
