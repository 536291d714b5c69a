// Package e2e tests the real binary from outside: real gRPC and HTTP clients on
// one side, an upstream that records requests on the other. What is right comes
// from the upstream's facts, not from the protos, so that contract and test
// cannot share one misunderstanding.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// binary is the server, built once.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "switchboard-e2e-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "server")
	args := []string{"build", "-o", binary}
	if raceEnabled {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "../../cmd/server")...)
	build.Stderr = os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// The secrets of a test server; no log line may hold them.
const (
	clientID     = "e2e-client"
	clientSecret = "e2e-secret-7f3a"
)

// process is a running server.
type process struct {
	GRPC  string `json:"grpc"`
	HTTP  string `json:"http"`
	Admin string `json:"admin"`
	// Control is where the sandbox's faults are changed, or empty.
	Control string `json:"sandbox_control"`

	t         *testing.T
	cmd       *exec.Cmd
	exited    chan error
	log       *logBuffer
	sandboxed bool // what it answers comes from a sandbox, and is judged
}

// logBuffer is a bytes.Buffer that two goroutines may use.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs the server in front of an upstream ("": the embedded sandbox) and
// stops it at the end of the test, which fails if that was not clean.
func start(t *testing.T, upstream string, more ...string) *process {
	t.Helper()
	return startAs(t, binary, upstream, more...)
}

// startAs is start of another build of the server.
func startAs(t *testing.T, binary, upstream string, more ...string) *process {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "ready.json")
	args := []string{"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0", "--ready-file=" + ready, "--log-level=debug"}
	if upstream != "" {
		args = append(args, "--upstream-url="+upstream, "--login-url="+upstream, "--client-id="+clientID, "--client-secret="+clientSecret)
	}
	p := &process{t: t, log: &logBuffer{}, exited: make(chan error, 1), sandboxed: upstream == ""}
	p.cmd = exec.Command(binary, append(args, more...)...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.Env = cleanEnv()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.exited <- p.cmd.Wait() }()
	t.Cleanup(p.stop)
	for range 600 {
		if text, err := os.ReadFile(ready); err == nil {
			if err := json.Unmarshal(text, p); err != nil {
				t.Fatal(err)
			}
			return p
		}
		select {
		case err := <-p.exited:
			p.exited <- err
			t.Fatalf("the server ended at once (%v):\n%s", err, p.log)
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatalf("the server is not ready:\n%s", p.log)
	return nil
}

// cleanEnv keeps settings of the developer's shell out of the tests.
func cleanEnv() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "SWITCHBOARD_") && !strings.HasPrefix(e, "GENESYSCLOUD_") {
			env = append(env, e)
		}
	}
	return env
}

func (p *process) stop() {
	http.DefaultTransport.(*http.Transport).CloseIdleConnections() // or they are waited for
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-p.exited:
		if err != nil {
			p.t.Errorf("the server did not stop cleanly: %v\n%s", err, p.log)
		}
	case <-time.After(time.Minute):
		_ = p.cmd.Process.Kill()
		p.t.Errorf("the server did not stop:\n%s", p.log)
	}
	for _, secret := range []string{clientSecret, serviceToken, "DATA RACE"} {
		if strings.Contains(p.log.String(), secret) {
			p.t.Errorf("the log holds %q:\n%s", secret, p.log)
		}
	}
}

func (p *process) dial() *grpc.ClientConn {
	p.t.Helper()
	conn, err := grpc.NewClient(p.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// within bounds a test's call.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// rest makes a REST call with the request line exactly as given.
func (p *process) rest(verb, uri string, body []byte, header ...string) (*http.Response, []byte) {
	p.t.Helper()
	var b *bytes.Reader
	r, err := http.NewRequestWithContext(within(p.t), verb, "http://"+p.HTTP, http.NoBody)
	if err != nil {
		p.t.Fatal(err)
	}
	if body != nil {
		b = bytes.NewReader(body)
		if r, err = http.NewRequestWithContext(r.Context(), verb, "http://"+p.HTTP, b); err != nil {
			p.t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
	}
	r.URL.Opaque = uri
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		p.t.Fatalf("%s %s: %v\n%s", verb, uri, err, p.log)
	}
	defer func() { _ = answer.Body.Close() }()
	var text bytes.Buffer
	if _, err := text.ReadFrom(answer.Body); err != nil {
		p.t.Fatal(err)
	}
	if p.sandboxed {
		check(p.t, verb, uri, answer, text.Bytes())
	}
	return answer, text.Bytes()
}

func skipf(t *testing.T, format string, args ...any) {
	t.Helper()
	_, _ = fmt.Fprintf(os.Stderr, "SKIPPED %s: %s\n", t.Name(), fmt.Sprintf(format, args...))
	t.SkipNow()
}
