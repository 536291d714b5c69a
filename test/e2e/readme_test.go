package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// What the README's reader starts by hand: the server and the tests themselves,
// and the block that needs an account.
var notRun = regexp.MustCompile(`^(make run|make test|export GENESYSCLOUD_.*|go run \./cmd/server)$`)

func TestEveryCommandOfTheDocsWorks(t *testing.T) {
	var docs []byte
	for _, name := range []string{"README.md", "docs/rest.md"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		must(t, err)
		docs = append(docs, text...)
	}
	p := start(t, "")
	ports := strings.NewReplacer("localhost:9090", p.GRPC, "localhost:8080", p.HTTP,
		"grpcurl ", "go tool -modfile=tools/go.mod grpcurl ")
	ran := 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(docs), -1) {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimSpace(line)
			if notRun.MatchString(line) {
				continue
			}
			ran++
			cmd := exec.CommandContext(t.Context(), "bash", "-c", ports.Replace(line))
			cmd.Dir = root
			out, err := cmd.CombinedOutput()
			if err != nil || len(out) == 0 {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
		}
	}
	if ran < 4 {
		t.Errorf("only %d commands found in the docs", ran)
	}
	for _, line := range regexp.MustCompile("`(go run \\./cmd/server [^`]+)`").FindAllStringSubmatch(string(docs), -1) {
		cmd := exec.CommandContext(t.Context(), "bash", "-c", line[1])
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", line[1], err, out)
		}
	}
}

func TestTheReadmesGoClientIsTheExample(t *testing.T) {
	readme, err := os.ReadFile(root + "/README.md")
	must(t, err)
	example, err := os.ReadFile(root + "/examples/getusers/main.go")
	must(t, err)
	block := regexp.MustCompile("(?s)```go\n(.*?)```").FindSubmatch(readme)
	if block == nil || !strings.Contains(string(example), string(block[1])) {
		t.Error("the Go code in the README is not in examples/getusers")
	}
	p := start(t, "")
	cmd := exec.CommandContext(t.Context(), "go", "run", "./examples/getusers", p.GRPC)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "\n") != 3 {
		t.Errorf("the example printed %s (%v), want three users", out, err)
	}
}

// The Makefile's run target is what the README says it is.
func TestMakeRunIsGoRun(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "make", "-n", "-C", root, "run").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "go run ./cmd/server") {
		t.Errorf("make run does %s (%v)", out, err)
	}
}
