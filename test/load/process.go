package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
)

// childOr runs the child that the command line names, else run.
func childOr(run func() error) error {
	if len(os.Args) > 2 && os.Args[1] == "child" {
		return child(os.Args[2], os.Args[3:])
	}
	return run()
}

// child is the other end of start: it serves until its standard input closes,
// which it does when the parent is gone, however it went.
func child(name string, args []string) error {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	serve, err := childServer(name, args)
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return serve(l)
}

func childServer(name string, args []string) (func(net.Listener) error, error) {
	overHTTP := func(h http.Handler, err error) (func(net.Listener) error, error) {
		protocols := new(http.Protocols)
		protocols.SetHTTP1(true)
		protocols.SetUnencryptedHTTP2(true)
		s := &http.Server{Handler: h, Protocols: protocols, ReadHeaderTimeout: time.Minute}
		return s.Serve, err
	}
	overGRPC := func(s *grpc.Server, err error) (func(net.Listener) error, error) { return s.Serve, err }
	if name == "stub" {
		return overHTTP(newStub())
	}
	if len(args) != 1 {
		return nil, errors.New("child NAME UPSTREAM")
	}
	switch upstream := args[0]; name {
	case "floor":
		return overGRPC(newFloor(upstream, intoPool))
	case "readall":
		return overGRPC(newFloor(upstream, readAll))
	case "usual":
		return overGRPC(newUsual(upstream+protojsonFace), nil)
	case "proxy":
		return overHTTP(newProxy(upstream))
	case "vanguard":
		return overHTTP(newVanguard(upstream + protojsonFace))
	default:
		return nil, fmt.Errorf("no server is named %q", name)
	}
}

// process is a running child.
type process struct {
	name, addr  string
	http, admin string // Of switchboard, which has more ports than one.
	cmd         *exec.Cmd
	stop        func() error
}

// start runs a child of this program.
func start(name string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, append([]string{"child", name}, args...)...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{name: name, cmd: cmd, stop: func() error { _ = stdin.Close(); return cmd.Wait() }}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s did not start", name), p.stop())
	}
	p.addr = strings.TrimSpace(line)
	p.http = p.addr
	return p, nil
}

// startSwitchboard builds the real server and runs it as it is deployed, with
// more environment variables if there are any; another build of it, if one is named.
func startSwitchboard(dir, upstream, binary string, env []string) (*process, error) {
	_, here, _, _ := runtime.Caller(0)
	name, ready := "switchboard", filepath.Join(dir, "ready")
	if binary != "" {
		name += "@" + filepath.Base(binary)
	} else {
		binary = filepath.Join(dir, "switchboard")
	}
	if _, err := os.Stat(binary); err != nil {
		build := exec.Command("go", "build", "-o", binary, "./cmd/server")
		build.Dir = filepath.Join(filepath.Dir(here), "../..")
		if text, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w: %s", err, text)
		}
	}
	_ = os.Remove(ready) // another variant's
	cmd := exec.Command(binary,
		"--upstream-url="+upstream, "--login-url="+upstream, "--client-id=load", "--client-secret=load",
		"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0", "--ready-file="+ready, "--pprof",
	)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{name: strings.Join(append([]string{name}, env...), "+"), cmd: cmd, stop: func() error {
		return errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
	}}
	for range 100 {
		if text, err := os.ReadFile(ready); err == nil {
			var addresses struct{ GRPC, HTTP, Admin string }
			err := json.Unmarshal(text, &addresses)
			p.addr, p.http, p.admin = addresses.GRPC, addresses.HTTP, addresses.Admin
			return p, err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, errors.Join(errors.New("switchboard did not start"), p.stop())
}

// cpu is the user and system time that the process has used, in steps of 10 ms
// (proc_pid_stat(5): fields 14 and 15, in clock ticks, of which Linux has 100 a
// second on all that Go runs on).
func (p *process) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The name before may hold spaces; it ends with the last bracket.
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("cannot read %q", text)
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err1, err2)
}

// profile writes a CPU profile of the coming seconds to a file.
func (p *process) profile(seconds int, file string) error {
	answer, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", p.admin, seconds))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("no profile: %s", text)
	}
	return os.WriteFile(file, text, 0o600)
}

// resident is the process's resident memory in bytes (proc_pid_status(5)): VmRSS
// now, or VmHWM at its highest.
func (p *process) resident(which string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, which+":"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc", which)
}
