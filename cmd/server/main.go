// Command server runs Switchboard, the gateway to the Genesys Cloud Users API.
// This file is what every program has: the command line in, signals, the exit
// code out. serve.go makes a running server of the settings; a test can start
// the same.
//
// The exit code is 0 after a clean stop, 1 after a failure or when a second signal
// ends it at once, and 2 when a setting is wrong. Errors are one line on the standard error.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/switchboard-gw/switchboard/internal/config"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

// The exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	ctx := stopOn(context.Background(), signals, func(second os.Signal) {
		complain(os.Stderr, fmt.Errorf("%s again: stopping at once", second))
		os.Exit(exitFailure)
	})
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is the program without its process: it does what the command line (without
// the program's name) and the environment say until that is done or ctx ends,
// and returns the exit code.
func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	cfg, command, err := config.Load(args, env)
	if err != nil {
		complain(stderr, err)
		return exitUsage
	}
	switch command.Action {
	case config.Print:
		_, err = io.WriteString(stdout, command.Text)
	case config.Version:
		_, err = io.WriteString(stdout, version(debug.ReadBuildInfo())+"\n")
	case config.Explain:
		err = explain(stdout, command.Method)
	case config.Serve, config.ServeSandbox:
		log := telemetry.NewLogger(stderr, cfg.LogFormat, cfg.LogLevel)
		telemetry.CaptureStandardLog(log)
		if command.Action == config.ServeSandbox {
			err = serveSandbox(ctx, cfg, log)
			break
		}
		tuneGC(env, int64(cfg.MaxInflightBytes))
		err = serve(ctx, cfg, log)
	}
	switch wrong := wrongSetting(""); {
	case err == nil:
		return exitOK
	case errors.As(err, &wrong):
		complain(stderr, err)
		return exitUsage
	default:
		complain(stderr, err)
		return exitFailure
	}
}

// wrongSetting is a mistake in a setting that only the part of the program which
// it is for can find.
type wrongSetting string

func (w wrongSetting) Error() string { return string(w) }

// tuneGC makes the garbage collector run less often than it does by default: with
// a few megabytes of live memory and as much garbage a second, it would take a
// tenth of the time of small calls. The limit keeps large calls, whose bodies are
// live memory, from multiplying. It can be changed as in every Go program, by GOGC
// and GOMEMLIMIT.
func tuneGC(env []string, inflight int64) {
	set := func(name string) bool {
		return slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, name+"=") })
	}
	if !set("GOGC") {
		debug.SetGCPercent(400)
	}
	if !set("GOMEMLIMIT") {
		debug.SetMemoryLimit(2*inflight + 128<<20)
	}
}

// stopOn returns a context that the first signal cancels; a later one calls again,
// because whoever sends it does not want to wait for a clean stop. But supervisors
// send SIGTERM to a process and to its group, or the one after a terminal's interrupt:
// soon after the first signal it is the same wish. It listens until ctx ends.
func stopOn(ctx context.Context, signals <-chan os.Signal, again func(os.Signal)) context.Context {
	stopped, stop := context.WithCancelCause(ctx)
	go func() {
		var first time.Time
		for {
			select {
			case got := <-signals:
				switch {
				case first.IsZero():
					first = time.Now()
					stop(fmt.Errorf("%s signal", got))
				case got != syscall.SIGTERM || time.Since(first) >= sameWish:
					again(got)
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return stopped
}

// sameWish is how long after the first signal a SIGTERM says nothing new.
const sameWish = 3 * time.Second

// complain writes an error as one line. Nothing can be done when that fails.
func complain(w io.Writer, err error) {
	line := strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
	_, _ = fmt.Fprintf(w, "switchboard: %s\n", line)
}

// version tells what this program was built from, as far as the build recorded
// it.
func version(info *debug.BuildInfo, ok bool) string {
	if !ok {
		return "switchboard (unknown build)"
	}
	recorded := make(map[string]string)
	for _, setting := range info.Settings {
		recorded[setting.Key] = setting.Value
	}
	text := "switchboard " + info.Main.Version
	if commit := recorded["vcs.revision"]; commit != "" {
		text += " commit " + commit[:min(12, len(commit))]
		if recorded["vcs.modified"] == "true" {
			text += " with local changes"
		}
		text += " of " + recorded["vcs.time"]
	}
	return text + " " + info.GoVersion
}
