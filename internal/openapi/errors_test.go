package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The table of our own errors in the documentation and the document name the same
// reasons for the same statuses.
func TestOwnErrorsAreThoseOfTheDocumentation(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "\n| reason | gRPC | REST |")
	if !found {
		t.Fatal("docs/errors.md has no table of reasons")
	}
	var documented []string
	for row := range strings.SplitSeq(table, "\n") {
		cells := strings.Split(row, "|")
		if len(cells) < 4 {
			continue
		}
		reasons, statuses := reason.FindAllString(cells[1], -1), status.FindAllString(cells[3], -1)
		for i, name := range reasons {
			if len(statuses) > 0 { // each its own, or one for all
				documented = append(documented, statuses[min(i, len(statuses)-1)]+" "+strings.Trim(name, "`"))
			}
		}
	}
	var ours []string
	for _, e := range everyError {
		for _, name := range e.own {
			ours = append(ours, e.status+" "+name)
		}
	}
	for _, entry := range documented {
		_, name, _ := strings.Cut(entry, " ")
		if !slices.Contains(ours, entry) && !slices.Contains(elsewhere, name) {
			t.Errorf("docs/errors.md has %s, errors.go has not", entry)
		}
	}
	for _, entry := range ours {
		if !slices.Contains(documented, entry) {
			t.Errorf("errors.go has %s, docs/errors.md has not", entry)
		}
	}
	for _, name := range elsewhere {
		if !slices.ContainsFunc(documented, func(entry string) bool { return strings.HasSuffix(entry, " "+name) }) {
			t.Errorf("errors.go has %s, docs/errors.md has not", name)
		}
	}
}

var (
	reason = regexp.MustCompile("`[a-z_]+`")
	status = regexp.MustCompile(`\b[45]\d\d\b`)
)
