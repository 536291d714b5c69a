package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {"-h"}, {"explain", "--help"}, {"--timeout=1s", "--help"}} {
		_, command, err := Load(args, []string{"SWITCHBOARD_TIMEOUT=soon"})
		if err != nil || command.Action != Print {
			t.Fatalf("%v: got %v, %v", args, command, err)
		}
		golden(t, "help.golden", command.Text)
	}
}

func TestEveryFlagIsExplainedAndDeclaredSoundly(t *testing.T) {
	t.Parallel()
	parser, err := newParser(new(commandLine))
	if err != nil {
		t.Fatal(err)
	}
	texts := about()
	groups := map[string]bool{}
	for _, flag := range parser.Model.Flags {
		groups[flag.Group.Key] = true
		if texts[flag.Name] == "" {
			t.Errorf("--%s is not explained", flag.Name)
		}
		delete(texts, flag.Name)
		if _, ok := kinds()[flag.Tag.Type]; !ok {
			t.Errorf("--%s has the unknown type %q", flag.Name, flag.Tag.Type)
		}
		for _, bound := range []string{flag.Tag.Get("min"), flag.Tag.Get("max")} {
			if bound == "" {
				continue
			}
			if _, problem := kinds()[flag.Tag.Type](flag.Value, bound); problem != nil {
				t.Errorf("--%s does not take its own bound %s: %v", flag.Name, bound, problem)
			}
		}
	}
	for name := range texts {
		t.Errorf("%s is explained but no flag", name)
	}
	for name := range aboutGroup() {
		if !groups[name] {
			t.Errorf("%s is introduced but no group", name)
		}
	}
}

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-update writes it anew):\n%s", path, diff)
	}
}
