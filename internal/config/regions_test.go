package config

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheRegionsAreTheFacts(t *testing.T) {
	t.Parallel()
	const facts = "../../../shared/facts/regions.json"
	content, err := os.ReadFile(facts)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("NOT COMPARED: the facts about the upstream are not here (%s)", facts)
	}
	if err != nil {
		t.Fatal(err)
	}
	type fact struct{ Domain, API, Login string }
	var want map[string]fact
	if err := json.Unmarshal(content, &want); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]fact)
	for _, r := range regions() {
		got[r.key] = fact{r.domain, r.apiURL(), r.loginURL()}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
