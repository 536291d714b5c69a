package main

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchboard-gw/switchboard/internal/config"
	"github.com/switchboard-gw/switchboard/internal/sandbox"
)

// What the sandbox enforces comes from the contract, and is what the upstream
// states.
func TestTheSandboxIsToldThePermissionsOfTheUpstream(t *testing.T) {
	t.Parallel()
	ops, err := operations()
	if err != nil {
		t.Fatal(err)
	}
	got := permissions(ops)
	if len(got) == 0 {
		t.Fatal("the contract states no permissions")
	}
	text, err := os.ReadFile("../../../shared/facts/operations.json")
	if os.IsNotExist(err) {
		t.Skip("SKIPPED, NOTHING COMPARED: there are no facts of the upstream beside this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	var facts []struct {
		Name        string
		Permissions struct {
			Mode string
			List []string
		}
	}
	if err := json.Unmarshal(text, &facts); err != nil {
		t.Fatal(err)
	}
	want := map[string]sandbox.Requirement{}
	for _, f := range facts {
		if mode := f.Permissions.Mode; mode == "ANY" || mode == "ALL" {
			want[f.Name] = sandbox.Requirement{All: mode == "ALL", Names: f.Permissions.List}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestASandboxWithoutFaultSettingsHasNoFaults(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.Load(freePorts(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := sandbox.Faults{RateLimit: &sandbox.RateLimit{Requests: 300}}
	if got := faults(cfg, nil); got.Errors != nil || got.Latency != nil || *got.RateLimit != *want.RateLimit || got.SearchDelay != 0 ||
		got.Resets != nil || got.Truncations != nil || got.SlowBodies != nil || got.StaleTokens != nil || got.Logins != nil || got.Drift != nil {
		t.Errorf("%+v", got)
	}
}
