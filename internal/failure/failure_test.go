package failure_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/switchboard-gw/switchboard/internal/failure"
)

// The table of codes is the one that grpc-gateway's clients know.
func TestCodesAreTheStatusesOfTheGateway(t *testing.T) {
	t.Parallel()
	for code := range codes.Code(20) {
		if got, want := failure.HTTPOf(code), runtime.HTTPStatusFromCode(code); got != want {
			t.Errorf("%s is %d, in the gateway %d", code, got, want)
		}
	}
}

// Whatever an edge is about to send holds nothing that was not meant for a caller, and
// is small.
func TestErrorsArePresentable(t *testing.T) {
	t.Parallel()
	own := failure.New(codes.NotFound, "unknown_path", "x")
	for _, c := range []struct {
		err  error
		code codes.Code
		text string
	}{
		{nil, codes.OK, ""},
		{own, codes.NotFound, "x"},
		{status.Error(codes.Unimplemented, "unknown method m"), codes.Unimplemented, "unknown method m"},
		{errors.New("dial tcp 10.0.0.1:443: Ada"), codes.Internal, "the call failed"},
		{fmt.Errorf("Ada: %w", context.DeadlineExceeded), codes.DeadlineExceeded, "the deadline passed"},
		{fmt.Errorf("Ada: %w", context.Canceled), codes.Canceled, "the caller gave up"},
		{status.Error(codes.InvalidArgument, strings.Repeat("ü", 9000)), codes.InvalidArgument, "üü"},
	} {
		st := status.Convert(failure.Present(c.err))
		if st.Code() != c.code || !strings.HasPrefix(st.Message(), c.text) || size(st) > room {
			t.Errorf("%v became %v", c.err, st)
		}
	}
	if got := failure.Present(own); !errors.Is(got, own) {
		t.Errorf("%v was changed to %v", own, got)
	}
}
