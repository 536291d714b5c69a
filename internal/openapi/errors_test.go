package main

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestOwnErrorsOfAPage(t *testing.T) {
	t.Parallel()
	own, err := readOwnErrors("# Errors\n\n| reason | gRPC | REST | what to do |\n|---|---|---|---|\n" +
		"| `slow` | DEADLINE_EXCEEDED | 504 | see `elsewhere` |\n" +
		"| `no_path`, `no_verb` | | 404, 405 | |\n" +
		"| `a`, `slower` | | 504 | |\n" +
		"| `only_grpc` | INTERNAL | | |\n" +
		"\n| `another` | table | 500 |\n")
	want := ownErrors{
		"404": {"switchboard.no_path"}, "405": {"switchboard.no_verb"},
		"504": {"switchboard.a", "switchboard.slow", "switchboard.slower"},
	}
	if err != nil || !maps.EqualFunc(own, want, slices.Equal) {
		t.Errorf("%v, %v; want %v", own, err, want)
	}
	if all := strings.Join(own.codes(), " "); all != "switchboard.a switchboard.no_path switchboard.no_verb switchboard.slow switchboard.slower" {
		t.Errorf("all are %s", all)
	}
	for _, page := range []string{"", "# Errors", "\n| reason | gRPC | REST |\n|---|---|---|\n"} {
		if _, err := readOwnErrors(page); err == nil {
			t.Errorf("%q has reasons", page)
		}
	}
}

// The page of the project has the status and the reason in the places where they
// are read.
func TestOwnErrorsOfOurPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	own, err := readOwnErrors(string(page))
	if err != nil || !slices.Contains(own["400"], "switchboard.invalid_argument") || !slices.Contains(own["405"], "switchboard.wrong_verb") {
		t.Errorf("%v, %v", own, err)
	}
}
