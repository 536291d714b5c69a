package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/gen"
)

func TestKnownValuesOfAComment(t *testing.T) {
	t.Parallel()
	for comment, want := range map[string][]string{
		"Where to. Known values: a, b.c, D; others are passed on. The default is a.": {"a", "b.c", "D"},
		"Where to. Known values: a; others are passed on.":                           {"a"},
		"The known values are many.":                                                 nil,
		"":                                                                           nil,
	} {
		if got := knownValues(comment); !slices.Equal(got, want) {
			t.Errorf("%q: %q", comment, got)
		}
	}
}

// No comment of the contract names them in other words.
func TestEveryListOfKnownValuesIsFound(t *testing.T) {
	t.Parallel()
	all, found := 0, 0
	for _, op := range operations(read(t, gen.OpenAPI)) {
		parameters, _ := op["parameters"].([]any)
		for _, p := range parameters {
			p := p.(object)
			text, _ := p["description"].(string)
			if !strings.Contains(strings.ToLower(text), "known values") {
				continue
			}
			all++
			schema := p["schema"].(object)
			if items, ok := schema["items"].(object); ok {
				schema = items
			}
			if _, isOpen := closed(schema); isOpen {
				found++
			}
		}
	}
	if all == 0 || found < all {
		t.Errorf("%d of %d lists of known values were found", found, all)
	}
}
