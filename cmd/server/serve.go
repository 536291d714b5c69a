package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "golang.org/x/crypto/x509roots/fallback" // the image has no certificates of its own

	"github.com/switchboard-gw/switchboard/gen"
	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/apidocs"
	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/config"
	"github.com/switchboard-gw/switchboard/internal/conns"
	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/gateway"
	"github.com/switchboard-gw/switchboard/internal/inflight"
	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/server"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
	"github.com/switchboard-gw/switchboard/internal/webrpc"
)

// operations compiles the contract that is linked into this program.
func operations() (*operation.Set, error) {
	return operation.Compile(protoregistry.GlobalFiles, usersv1.File_genesyscloud_users_v1_users_service_proto.Package())
}

// explain writes what an operation is; without a name, a line for each.
func explain(w io.Writer, name string) error {
	ops, err := operations()
	if err != nil {
		return err
	}
	if name == "" {
		for _, op := range ops.All() {
			if _, err := fmt.Fprintln(w, op); err != nil {
				return err
			}
		}
		return nil
	}
	op := ops.ByName(name)
	if op == nil {
		return fmt.Errorf("no operation is named %q; run explain without a name to see them all", name)
	}
	return op.Explain(w)
}

// serve runs the server until ctx ends, then lets running calls finish within
// the shutdown timeout. It returns nil on a clean stop.
func serve(ctx context.Context, cfg *config.Config, log *slog.Logger) (err error) {
	listeners, err := listen(ctx, cfg)
	if err != nil {
		return err
	}
	defer listeners.close()

	sandboxed, err := startSandbox(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer sandboxed.Close()
	limited := telemetry.NewLimited(log)
	defer limited.Flush()
	state := newReadiness(limited)
	upstream, err := connect(cfg, sandboxed, state.report)
	if err != nil {
		return err
	}

	ops, err := operations()
	if err != nil {
		return err
	}
	calls := engine.New(upstream.api, ops, log)
	chain, err := call.NewChain(call.Policy{
		Timeout: cfg.Timeout, MaxTimeout: cfg.MaxTimeout, Operations: ops, Log: log, Limited: limited,
	})
	if err != nil {
		return err
	}
	options := server.Options{
		Engine: calls, Operations: ops, Chain: chain,
		MaxRequestBytes: cfg.MaxRequestBytes, MaxTimeout: cfg.MaxTimeout, Reflection: cfg.Reflection,
	}
	grpcFace := server.New(options)
	rpcs, err := webrpc.New(webrpc.Options{Server: options, MaxResponseBytes: cfg.MaxResponseBytes})
	if err != nil {
		return err
	}
	document, err := apidocs.Server{
		APIPrefix: cfg.HTTPAPIPrefix, LoginPrefix: cfg.HTTPLoginPrefix, Login: cfg.HTTPLogin,
		NeedsToken: cfg.UpstreamAuth == config.AuthCaller,
	}.Describe(gen.OpenAPI)
	if err != nil {
		return err
	}
	restFace, err := gateway.New(ctx, gateway.Options{
		Engine: calls, Operations: ops, Chain: chain,
		MaxRequestBytes: int64(cfg.MaxRequestBytes), Timeout: cfg.Timeout, OpenAPI: document,
		APIPrefix: cfg.HTTPAPIPrefix, LoginPrefix: cfg.HTTPLoginPrefix, Login: upstream.logins,
		Origins: list(cfg.HTTPCORSOrigins), RPC: rpcs,
		Passthrough: gateway.Passthrough{
			Reads: cfg.HTTPPassthrough != config.PassNothing, Writes: cfg.HTTPPassthrough == config.PassAll,
			Paths: list(cfg.HTTPPassthroughPaths),
		},
	})
	if err != nil {
		return err
	}
	budget := inflight.NewBudget(int64(cfg.MaxInflightBytes))
	clients := conns.New(budget, limited)
	watching, stopWatching := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWatching()
	go clients.Watch(watching)
	listeners.grpc, listeners.http = clients.Listen(listeners.grpc), clients.Listen(listeners.http)
	drained := newDrain(restFace)
	rest := newHTTPServer(drained, cfg, limited)
	admin := newHTTPServer(newAdmin(state, memory{budget, clients}, cfg.Pprof), cfg, limited)

	f := &faces{
		listeners: listeners, grpc: grpcFace, rpcs: rpcs.Server, rest: rest, drain: drained, open: clients.Open,
		admin: admin, state: state, tokens: upstream.tokens, operations: len(ops.All()),
	}
	if sandboxed != nil {
		f.sandbox = sandboxed.organisation
	}
	return f.run(ctx, cfg, log, limited)
}

// faces are the servers and the ports they answer on.
type faces struct {
	listeners   *listeners
	grpc        *server.Server
	rpcs        *server.Server // Behind rest.
	rest, admin *http.Server
	drain       *drain           // In front of rest.
	open        func() int       // How many connections clients have.
	sandbox     *sandbox.Sandbox // Nil where there is a real upstream.
	state       *readiness
	tokens      backend.Tokens // Nil where there is nothing to wait for.
	operations  int            // How many, for the log.
}

// run answers calls until ctx ends or a listener breaks, then stops; the error
// is the broken listener's.
func (f *faces) run(ctx context.Context, cfg *config.Config, log *slog.Logger, limited *telemetry.Limited) error {
	l := f.listeners
	running, ended := errgroup.WithContext(ctx)
	running.Go(func() error { return named("grpc", f.grpc.Serve(l.grpc)) })
	running.Go(func() error { return named("http", f.rest.Serve(l.http)) })
	running.Go(func() error { return named("admin", f.admin.Serve(l.admin)) })
	stopControl := serveControl(running, l.control, f.sandbox, cfg, log, limited)
	defer stopControl()

	log.Info("listening", "grpc", l.grpc.Addr().String(), "http", l.http.Addr().String(), "admin", l.admin.Addr().String())
	gone, err := l.announce(cfg.ReadyFile)
	if err != nil {
		return err
	}
	defer gone()
	f.becomeReady(ended, cfg.ReadyWait, log)

	<-ended.Done()
	log.Info("stopping", "finish_within", cfg.ShutdownTimeout)
	f.state.set("stopping")
	f.setServing(false)
	f.stop(cfg.ShutdownTimeout, log)
	_ = f.admin.Close()
	stopControl()
	return running.Wait()
}

// becomeReady returns when the server is ready, or when ctx ends.
func (f *faces) becomeReady(ctx context.Context, patience time.Duration, log *slog.Logger) {
	if f.tokens != nil {
		err := f.state.firstToken(ctx, f.tokens, patience)
		var failed *backend.TokenError
		if errors.As(err, &failed) {
			log.Warn("becoming ready without a token from the login host: calls that need the service's own fail until there is one",
				"waited", patience, "error", failed.ForCallers())
		}
	}
	if ctx.Err() != nil {
		return
	}
	f.state.set("")
	f.setServing(true)
	log.Info("ready", "operations", f.operations)
}

func (f *faces) setServing(serving bool) {
	f.grpc.SetServing(serving)
	f.rpcs.SetServing(serving)
}

// stop refuses new connections, lets clients go and waits for running calls, but not
// longer than the bound.
func (f *faces) stop(within time.Duration, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	cut := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			log.Warn("calls were still running at the end of the shutdown timeout; they are cut off")
			f.grpc.Stop()
		}
	})
	defer cut()
	f.grpc.EndStreams()
	f.rpcs.EndStreams()
	var both errgroup.Group
	both.Go(func() error { f.grpc.GracefulStop(); return nil })
	both.Go(func() error {
		_ = f.listeners.http.Close()
		f.drain.wait(ctx, f.open)
		err := f.rest.Shutdown(ctx)
		if err != nil {
			_ = f.rest.Close()
		}
		return err
	})
	_ = both.Wait() // the only error is the timeout, which is logged above
}

// named gives an error of a listener its name, and forgets those of a stop, which
// may come before the listener was served at all.
func named(face string, err error) error {
	if err == nil || errors.Is(err, http.ErrServerClosed) || errors.Is(err, grpc.ErrServerStopped) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return fmt.Errorf("the %s listener broke: %w", face, err)
}

// listeners are the three ports, and the one where the sandbox's faults are
// changed, if that is wanted.
type listeners struct{ grpc, http, admin, control net.Listener }

func listen(ctx context.Context, cfg *config.Config) (*listeners, error) {
	control := cfg.SandboxControlAddr
	if !cfg.Sandbox {
		control = ""
	}
	l := &listeners{}
	for _, p := range []struct {
		flag, address string
		into          *net.Listener
	}{
		{"--grpc-addr", cfg.GRPCAddr, &l.grpc},
		{"--http-addr", cfg.HTTPAddr, &l.http},
		{"--admin-addr", cfg.AdminAddr, &l.admin},
		{"--sandbox-control-addr", control, &l.control},
	} {
		if err := l.open(ctx, p.flag, p.address, p.into); err != nil {
			l.close()
			return nil, err
		}
	}
	return l, nil
}

// open opens one of the listeners, if it has an address.
func (l *listeners) open(ctx context.Context, flag, address string, into *net.Listener) (err error) {
	if address == "" {
		return nil
	}
	if *into, err = new(net.ListenConfig).Listen(ctx, "tcp", address); err != nil {
		return fmt.Errorf("%s %s cannot be listened on (%w): stop what uses the port, or choose another", flag, address, err)
	}
	return nil
}

func (l *listeners) close() {
	for _, one := range []net.Listener{l.grpc, l.http, l.admin, l.control} {
		if one != nil {
			_ = one.Close()
		}
	}
}

// announce writes the bound addresses to the ready file, if one is wanted, all at
// once; gone removes it again.
func (l *listeners) announce(name string) (gone func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	addresses := map[string]string{}
	for name, one := range map[string]net.Listener{"grpc": l.grpc, "http": l.http, "admin": l.admin, "sandbox_control": l.control} {
		if one != nil {
			addresses[name] = one.Addr().String()
		}
	}
	text, err := json.Marshal(addresses)
	if err != nil {
		return nil, err
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), ".ready-*")
	if err != nil {
		return nil, fmt.Errorf("--ready-file %s cannot be written: %w", name, err)
	}
	_, err = temporary.Write(append(text, '\n'))
	if err := errors.Join(err, temporary.Close(), os.Rename(temporary.Name(), name)); err != nil {
		_ = os.Remove(temporary.Name())
		return nil, fmt.Errorf("--ready-file %s cannot be written: %w", name, err)
	}
	return func() { _ = os.Remove(name) }, nil
}

// newHTTPServer is an http.Server that no slow or endless client can hold.
func newHTTPServer(h http.Handler, cfg *config.Config, log *telemetry.Limited) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:     h,
		Protocols:   protocols,
		ConnContext: conns.In,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: 100,
			// What comes before a handler reads it lies outside the memory for bodies.
			MaxReceiveBufferPerConnection: 1 << 20,
			MaxReceiveBufferPerStream:     64 << 10,
		},
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      cfg.MaxTimeout + 30*time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.StandardLog("http_server", "the HTTP server reports"),
	}
}
