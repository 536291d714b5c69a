package failure_test

import (
	"testing"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"

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
