package e2e

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The blocks of the tour are pasted into one shell, in their order. Every command
// must succeed, unless the block below says that an error is printed; and that
// block's lines must be in the output, in their order. The vendor's document judges
// what the sandbox answers meanwhile.
func TestTheTourCanBeTaken(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/tour.md"))
	must(t, err)
	shell := newShell(t, startJudged(t))
	ran := 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```\n(?:\n```text\n(.*?)```)?").FindAllStringSubmatch(string(text), -1) {
		commands, shown := block[1], block[2]
		if notRun.MatchString(strings.TrimSpace(commands)) {
			continue
		}
		ran++
		out, failed := shell.run(commands)
		if failed != "" && !strings.Contains(shown, "ERROR:") {
			t.Errorf("%s\n%s\n%s", commands, failed, out)
		}
		if line := firstNotIn(shown, out); line != "" {
			t.Errorf("%s\ndoes not print\n%s\nbut\n%s", commands, line, out)
		}
	}
	if ran < 15 {
		t.Errorf("only %d blocks found", ran)
	}
}

// firstNotIn is the first of the lines that is not in the output, below the ones
// before it. Three dots stand for anything, and the width of a space for nothing.
func firstNotIn(lines, out string) string {
	plain := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	out = plain(out)
	for line := range strings.Lines(lines) {
		want := strings.ReplaceAll(regexp.QuoteMeta(plain(line)), regexp.QuoteMeta("..."), ".*?")
		at := regexp.MustCompile(want).FindStringIndex(out)
		if at == nil {
			return line
		}
		out = out[at[1]:]
	}
	return ""
}

// shell is a bash that runs one block after the other, as a terminal does.
type shell struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

// newShell starts one in which the addresses of the docs are those of p, and
// grpcurl is the pinned one.
func newShell(t *testing.T, p *process) *shell {
	t.Helper()
	bash := exec.CommandContext(t.Context(), "bash")
	bash.Dir = root
	bash.Env = cleanEnv()
	in, err := bash.StdinPipe()
	must(t, err)
	out, err := bash.StdoutPipe()
	must(t, err)
	bash.Stderr = bash.Stdout
	must(t, bash.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = bash.Wait()
	})
	ports := strings.NewReplacer("localhost:9090", p.GRPC, "localhost:8080", p.HTTP)
	s := &shell{t, replacing{ports, in}, bufio.NewReader(out)}
	s.run(`grpcurl() { go tool -modfile=tools/go.mod grpcurl "$@"; }; set -E`)
	return s
}

type replacing struct {
	*strings.Replacer
	io.Writer
}

func (r replacing) Write(p []byte) (int, error) {
	_, err := r.WriteString(r.Writer, string(p))
	return len(p), err
}

// run gives what the commands printed, and the first of them that failed.
func (s *shell) run(commands string) (out, failed string) {
	s.t.Helper()
	const end = "-- end of block --"
	_, err := io.WriteString(s.in, "failed=; trap 'failed=${failed:-$BASH_COMMAND}' ERR\n"+commands+"\ntrap - ERR; echo; echo \""+end+"$failed\"\n")
	must(s.t, err)
	for {
		line, err := s.out.ReadString('\n')
		if err != nil {
			s.t.Fatalf("the shell ended (%v) in\n%s\n%s", err, commands, out)
		}
		if rest, found := strings.CutPrefix(line, end); found {
			return out, strings.TrimSpace(rest)
		}
		out += line
	}
}
