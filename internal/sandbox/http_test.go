package sandbox_test

import (
	"testing"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/faults"
)

func TestNewRefusesOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sandbox.Options{
		"a negative number of users":  {Users: -1},
		"too many users":              {Users: sandbox.MaxSeededUsers + 1},
		"a negative rate limit":       {RateLimit: -1},
		"a token that never lives":    {TokenLifetime: time.Millisecond},
		"a fault that makes no sense": {Faults: faults.Faults{Errors: &faults.Errors{Status: 200}}},
	} {
		if _, err := sandbox.New(o); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
