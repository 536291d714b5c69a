package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"golang.org/x/sync/errgroup"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
	"github.com/switchboard-gw/switchboard/internal/config"
	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

// serveSandbox runs the sandbox alone on the REST port until ctx ends: an upstream
// for a Switchboard somewhere else, or for a program that calls the vendor's API
// itself. It returns nil on a clean stop.
func serveSandbox(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	organisation, err := newSandbox(cfg)
	if err != nil {
		return err
	}
	l := &listeners{}
	defer l.close()
	if err := l.open(ctx, "--http-addr", cfg.HTTPAddr, &l.http); err != nil {
		return err
	}
	if err := l.open(ctx, "--sandbox-control-addr", cfg.SandboxControlAddr, &l.control); err != nil {
		return err
	}
	limited := telemetry.NewLimited(log)
	defer limited.Flush()
	server := newHTTPServer(organisation, cfg, limited)
	running, ended := errgroup.WithContext(ctx)
	running.Go(func() error { return named("http", server.Serve(l.http)) })
	stopControl := serveControl(running, l.control, organisation, cfg, log, limited)
	defer stopControl()
	log.Info("sandbox ready", "http", l.http.Addr().String(), "users", cfg.SandboxUsers, "seed", cfg.SandboxSeed,
		"client_id", sandboxClient, "client_secret", sandboxClient)
	gone, err := l.announce(cfg.ReadyFile)
	if err != nil {
		return err
	}
	defer gone()
	<-ended.Done()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.ShutdownTimeout)
	defer cancel()
	if err := server.Shutdown(stop); err != nil && !errors.Is(err, http.ErrServerClosed) {
		_ = server.Close()
	}
	stopControl()
	return running.Wait()
}

// sandboxClient is the id of the sandbox's OAuth client and its secret: known to
// all, since there is nothing to protect.
const sandboxClient = "sandbox"

func newSandbox(cfg *config.Config) (*sandbox.Sandbox, error) {
	about := list(cfg.SandboxFaultOperations)
	for _, name := range about {
		if !sandbox.IsOperation(name) {
			return nil, wrongSetting(fmt.Sprintf("--sandbox-fault-operations %q is no operation; the explain command lists them all, and a path starts with a slash", name))
		}
	}
	o := sandbox.Options{
		Seed: cfg.SandboxSeed, Users: cfg.SandboxUsers,
		ClientID: sandboxClient, ClientSecret: sandboxClient, MeAsFirstUser: true,
		TokenLifetime: cfg.SandboxTokenLifetime, RequireDivision: cfg.SandboxRequireDivision, ClientPermissions: list(cfg.SandboxClientPermissions),
		Faults: faults(cfg, about),
	}
	if cfg.SandboxEnforcePermissions {
		ops, err := operations()
		if err != nil {
			return nil, err
		}
		o.Permissions = permissions(ops)
	}
	return sandbox.New(o)
}

// faults are those that the sandbox starts with, as the settings say.
func faults(cfg *config.Config, about []string) sandbox.Faults {
	hit := func(rate float64) sandbox.Trigger { return sandbox.Trigger{Rate: rate, Operations: about} }
	f := sandbox.Faults{
		RateLimit:   &sandbox.RateLimit{Requests: cfg.SandboxRateLimit, Enforced: cfg.SandboxEnforceRateLimit, Logins: cfg.SandboxLoginLimit},
		SearchDelay: sandbox.Duration(cfg.SandboxSearchDelay),
	}
	if cfg.SandboxLatency > 0 {
		f.Latency = &sandbox.Latency{Trigger: hit(1), P50: sandbox.Duration(cfg.SandboxLatency)}
		if cfg.SandboxLatencyP99 > 0 {
			f.Latency.P99, f.Latency.Distribution = sandbox.Duration(cfg.SandboxLatencyP99), cfg.SandboxLatencyDistribution
		}
	}
	if rate := cfg.SandboxErrorRate; rate > 0 {
		f.Errors = &sandbox.Errors{Trigger: hit(rate), Status: cfg.SandboxErrorStatus, RetryAfter: sandbox.Duration(cfg.SandboxErrorRetryAfter)}
	}
	if rate := cfg.SandboxResetRate; rate > 0 {
		f.Resets = &sandbox.Resets{Trigger: hit(rate)}
	}
	if rate := cfg.SandboxTruncationRate; rate > 0 {
		f.Truncations = &sandbox.Truncations{Trigger: hit(rate)}
	}
	if rate := cfg.SandboxSlowRate; rate > 0 {
		f.SlowBodies = &sandbox.SlowBodies{Trigger: hit(rate)}
	}
	if rate := cfg.SandboxStaleTokenRate; rate > 0 {
		f.StaleTokens = &sandbox.StaleTokens{Trigger: hit(rate)}
	}
	if rate := cfg.SandboxLoginErrorRate; rate > 0 {
		f.Logins = &sandbox.Logins{Trigger: sandbox.Trigger{Rate: rate}}
	}
	if rate := cfg.SandboxDriftRate; rate > 0 {
		f.Drift = &sandbox.Drift{Trigger: hit(rate)}
	}
	return f
}

// permissions are what the contract says that the operations ask for, without
// those that ask for nothing or of which nothing is known.
func permissions(ops *operation.Set) map[string]sandbox.Requirement {
	asked := map[string]sandbox.Requirement{}
	for _, op := range ops.All() {
		switch op.Permissions.GetMode() {
		case apiv1.Permissions_MODE_ANY, apiv1.Permissions_MODE_ALL:
			asked[op.ID] = sandbox.Requirement{
				All: op.Permissions.GetMode() == apiv1.Permissions_MODE_ALL, Names: op.Permissions.GetNames(),
			}
		}
	}
	return asked
}

// list splits a setting that is a list; without it there is none.
func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
}

// serveControl lets the faults of a sandbox be changed, if there is a listener for
// that, until stop.
func serveControl(running *errgroup.Group, l net.Listener, organisation *sandbox.Sandbox, cfg *config.Config, log *slog.Logger, limited *telemetry.Limited) (stop func()) {
	if l == nil {
		return func() {}
	}
	server := newHTTPServer(organisation.Control(), cfg, limited)
	running.Go(func() error { return named("sandbox control", server.Serve(l)) })
	log.Warn("the sandbox's faults can be changed by whoever reaches this address", "sandbox_control", l.Addr().String())
	return func() { _ = server.Close() }
}
