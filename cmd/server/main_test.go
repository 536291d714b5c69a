package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchboard-gw/switchboard/internal/config"
	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/server"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

// freePorts makes a server that disturbs no other.
func freePorts() []string {
	return []string{"--sandbox", "--sandbox-users=1", "--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0", "--shutdown-timeout=1s"}
}

func TestTheExitCodeTellsHowItEnded(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	stopped, stop := context.WithCancel(t.Context())
	stop()
	tests := []struct {
		name   string
		args   []string
		env    []string
		code   int
		stdout string // What it starts with.
		stderr string // What its last line starts with; nothing for "not looked at".
	}{
		{"a clean stop is 0", freePorts(), nil, exitOK, "", ""},
		{"a failure is 1", append(freePorts(), "--grpc-addr="+taken.Addr().String()), nil, exitFailure, "", "switchboard: "},
		{"a wrong setting is 2", []string{"--timeout=soon"}, nil, exitUsage, "", `switchboard: --timeout "soon" is not a duration; `},
		{"a wrong variable is 2", nil, []string{"SWITCHBOARD_TIMEOUT=soon"}, exitUsage, "", `switchboard: SWITCHBOARD_TIMEOUT "soon" is not a duration; `},
		{"the help is 0", []string{"--help"}, nil, exitOK, "Switchboard speaks for the Genesys Cloud Users API", ""},
		{"the settings are 0", []string{"--print-config"}, nil, exitOK, "# Upstream\nregion: ", ""},
		{"the version is 0", []string{"--version"}, nil, exitOK, "switchboard ", ""},
		{"explain is 0", []string{"explain", "GetUser"}, nil, exitOK, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			code := run(stopped, test.args, test.env, &stdout, &stderr)
			if code != test.code {
				t.Errorf("got the code %d, want %d; it said %s", code, test.code, &stderr)
			}
			if !strings.HasPrefix(stdout.String(), test.stdout) {
				t.Errorf("printed %s", &stdout)
			}
			lines := strings.Split(strings.TrimSuffix(stderr.String(), "\n"), "\n")
			if last := lines[len(lines)-1]; !strings.HasPrefix(last, test.stderr) {
				t.Errorf("said %s", last)
			}
			if test.code == exitUsage && (len(lines) != 1 || stdout.Len() > 0) {
				t.Errorf("a wrong setting is one line, got %q and %q", &stderr, &stdout)
			}
		})
	}
}

func TestItRunsUntilTheFirstSignal(t *testing.T) {
	t.Parallel()
	signals := make(chan os.Signal, 1)
	ctx := stopOn(t.Context(), signals, func(os.Signal) { t.Error("there was no second signal") })
	ready := filepath.Join(t.TempDir(), "ready")
	code := make(chan int)
	var stderr bytes.Buffer
	go func() { code <- run(ctx, append(freePorts(), "--ready-file="+ready), nil, io.Discard, &stderr) }()
	signals <- syscall.SIGTERM
	if got := <-code; got != exitOK {
		t.Errorf("got the code %d; it said %s", got, &stderr)
	}
}

// A server of which one port is dead must not stay up on the others: whatever
// watches the process would take it for healthy.
func TestABrokenListenerEndsTheServer(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.Load(freePorts(), nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := listen(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	l.http = brokenListener{l.http}
	log := telemetry.NewLimited(slog.New(slog.DiscardHandler))
	f := &faces{
		listeners: l, state: newReadiness(log), rest: &http.Server{ReadHeaderTimeout: time.Second},
		drain: newDrain(http.NotFoundHandler()), open: func() int { return 0 },
		admin: &http.Server{ReadHeaderTimeout: time.Second}, grpc: server.New(server.Options{Operations: &operation.Set{}}), rpcs: server.New(server.Options{Operations: &operation.Set{}}),
	}
	err = f.run(t.Context(), cfg, slog.New(slog.DiscardHandler), log)
	if err == nil || err.Error() != "the http listener broke: out of sockets" {
		t.Errorf("got %v", err)
	}
}

type brokenListener struct{ net.Listener }

func (brokenListener) Accept() (net.Conn, error) { return nil, errors.New("out of sockets") }

func TestTheFirstSignalStopsAndALaterOneEnds(t *testing.T) {
	t.Parallel()
	const term, interrupt = syscall.SIGTERM, syscall.SIGINT
	type sent struct {
		after  time.Duration // the one before
		signal os.Signal
	}
	tests := []struct {
		name string
		sent []sent
		ends os.Signal // What ends it at once; nil: a clean stop.
	}{
		{"one SIGTERM", []sent{{0, term}}, nil},
		{"one interrupt", []sent{{0, interrupt}}, nil},
		{"SIGTERM twice at once", []sent{{0, term}, {0, term}}, nil},
		{"SIGTERM three times within 3 s", []sent{{0, term}, {time.Second, term}, {1999 * time.Millisecond, term}}, nil},
		{"SIGTERM again after 3 s", []sent{{0, term}, {3 * time.Second, term}}, term},
		{"SIGTERM soon and after 3 s", []sent{{0, term}, {time.Second, term}, {2 * time.Second, term}}, term},
		{"an interrupt that is passed on as SIGTERM", []sent{{0, interrupt}, {time.Millisecond, term}}, nil},
		{"SIGTERM and an interrupt", []sent{{0, term}, {0, interrupt}}, interrupt},
		{"two interrupts", []sent{{0, interrupt}, {100 * time.Millisecond, interrupt}}, interrupt},
		{"SIGTERM twice and an interrupt", []sent{{0, term}, {0, term}, {0, interrupt}}, interrupt},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				signals := make(chan os.Signal)
				var ended os.Signal
				ctx := stopOn(t.Context(), signals, func(later os.Signal) { ended = later })
				synctest.Wait()
				if ctx.Err() != nil {
					t.Fatal("stopped without a signal")
				}
				for _, s := range test.sent {
					time.Sleep(s.after)
					signals <- s.signal
					synctest.Wait()
				}
				if got := context.Cause(ctx); got == nil || got.Error() != test.sent[0].signal.String()+" signal" {
					t.Errorf("stopped by %v", got)
				}
				if ended != test.ends {
					t.Errorf("ended at once by %v, want %v", ended, test.ends)
				}
			})
		})
	}
}

func TestAComplaintIsOneLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	complain(&out, errors.Join(errors.New("one"), errors.New("two\r\nthree\n")))
	if got := out.String(); got != "switchboard: one; two; three\n" {
		t.Errorf("got %q", got)
	}
}

func TestTheVersionTellsWhatTheBuildRecorded(t *testing.T) {
	t.Parallel()
	of := func(version string, settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{GoVersion: "go1.26", Main: debug.Module{Version: version}, Settings: settings}
	}
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef0123"}
	when := debug.BuildSetting{Key: "vcs.time", Value: "2024-05-06T07:08:09Z"}
	changed := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	tests := []struct {
		name string
		info *debug.BuildInfo
		ok   bool
		want string
	}{
		{"nothing", nil, false, "switchboard (unknown build)"},
		{"a release", of("v1.2.3"), true, "switchboard v1.2.3 go1.26"},
		{"a commit", of("v1.2.3", commit, when), true, "switchboard v1.2.3 commit 0123456789ab of 2024-05-06T07:08:09Z go1.26"},
		{"a working copy", of("(devel)", commit, changed, when), true, "switchboard (devel) commit 0123456789ab with local changes of 2024-05-06T07:08:09Z go1.26"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := version(test.info, test.ok); got != test.want {
				t.Errorf("got %s", got)
			}
		})
	}
}
