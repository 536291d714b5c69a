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
	for _, line := range commands(docs) {
		if notRun.MatchString(line) {
			continue
		}
		ran++
		if out := inShell(t, ports.Replace(line)); out == "" {
			t.Errorf("%s prints nothing", line)
		}
	}
	if ran < 4 {
		t.Errorf("only %d commands found in the docs", ran)
	}
	runInline(t, docs)
}

// The page about the sandbox starts servers of its own.
func TestEveryCommandOfTheSandboxsPageWorks(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs/sandbox.md"))
	must(t, err)
	places := map[string]string{} // where the page's ports are now
	started, ran := 0, 0
	for _, line := range commands(page) {
		if args, ok := strings.CutPrefix(line, "go run ./cmd/server "); ok {
			started++
			p := startAsShown(t, args)
			if strings.HasPrefix(args, "sandbox") {
				places["localhost:8081"] = p.HTTP
			} else {
				places["localhost:8080"], places["localhost:9092"] = p.HTTP, p.Control
			}
			continue
		}
		for place, now := range places {
			line = strings.ReplaceAll(line, place, now)
		}
		ran++
		if out := inShell(t, line); out == "" {
			t.Errorf("%s prints nothing", line)
		}
	}
	if started != 2 || ran < 6 {
		t.Errorf("%d servers and %d commands found on the page", started, ran)
	}
	runInline(t, page)
	help := inShell(t, "go run ./cmd/server --help")
	rows := 0
	for _, row := range regexp.MustCompile("(?m)^\\| `[A-Za-z]+` \\| (`[a-z0-9`, -]+`) \\| .* \\| .* \\|$").FindAllStringSubmatch(string(page), -1) {
		rows++
		for name := range strings.SplitSeq(row[1], ", ") {
			if !strings.Contains(help, "\n  --sandbox-"+strings.Trim(name, "`")) {
				t.Errorf("there is no setting --sandbox-%s", name)
			}
		}
	}
	if rows != 10 {
		t.Errorf("%d rows with settings found", rows)
	}
}

// commands are the lines of the shell blocks of a page.
func commands(page []byte) []string {
	var lines []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(page, -1) {
		for line := range strings.Lines(string(block[1])) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// startAsShown starts a server as a page shows it, on other ports.
func startAsShown(t *testing.T, args string) *process {
	t.Helper()
	return start(t, "", strings.Fields(regexp.MustCompile(`(localhost)?:\d+`).ReplaceAllString(args, "127.0.0.1:0"))...)
}

// runInline runs the commands within the text of a page; those that are servers
// are started.
func runInline(t *testing.T, page []byte) {
	t.Helper()
	for _, line := range regexp.MustCompile("`(go run \\./cmd/server [^`]+)`").FindAllStringSubmatch(string(page), -1) {
		if args, ok := strings.CutPrefix(line[1], "go run ./cmd/server sandbox"); ok {
			startAsShown(t, "sandbox"+args)
			continue
		}
		inShell(t, line[1])
	}
}

// inShell runs a command that works, and returns what it says.
func inShell(t *testing.T, line string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", line)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", line, err, out)
	}
	return string(out)
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
