package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/config"
	"github.com/switchboard-gw/switchboard/internal/sandbox"
)

// embedded is the sandbox that stands in for the upstream; nil where there is a
// real one.
type embedded struct {
	organisation *sandbox.Sandbox
	server       *http.Server
	url          string
}

// Close stops the sandbox.
func (s *embedded) Close() {
	if s != nil {
		_ = s.server.Close()
	}
}

// startSandbox starts the embedded organisation on a port of its own: it is
// reached through the very code that reaches the real upstream.
func startSandbox(ctx context.Context, cfg *config.Config, log *slog.Logger) (*embedded, error) {
	if !cfg.Sandbox {
		return nil, nil
	}
	s := &embedded{}
	organisation, err := newSandbox(cfg)
	if err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.organisation = organisation
	s.server = &http.Server{Handler: organisation, ReadHeaderTimeout: 10 * time.Second}
	s.url = "http://" + l.Addr().String()
	go func() { _ = s.server.Serve(l) }()
	log.Warn("SANDBOX: no upstream is set, so all answers come from a made-up organisation in memory; set --region and credentials for a real one",
		"users", cfg.SandboxUsers, "seed", cfg.SandboxSeed, "client_id", sandboxClient, "client_secret", sandboxClient)
	return s, nil
}

// upstream is the way to the upstream.
type upstream struct {
	api backend.Backend
	// logins is the login host, for clients that log in themselves; nil where they may
	// not.
	logins backend.Backend
	// tokens is what the service needs to be of use; nil where it needs none, or has a
	// sandbox to give it some.
	tokens backend.Tokens
}

// connect builds the chain to the upstream. A decorator has its place here, and only
// here. report is told what came of the service's logins.
func connect(cfg *config.Config, sandboxed *embedded, report func(*backend.TokenError)) (*upstream, error) {
	apiURL, loginURL := cfg.UpstreamURL, cfg.LoginURL
	id := backend.Credentials{Value: cfg.ClientID, File: cfg.ClientIDFile}
	secret := backend.Credentials{Value: string(cfg.ClientSecret), File: cfg.ClientSecretFile}
	if sandboxed != nil {
		apiURL, loginURL = sandboxed.url, sandboxed.url
		id = backend.Credentials{Value: sandboxClient}
		secret = id
	}
	agent := "switchboard"
	if info, ok := debug.ReadBuildInfo(); ok {
		agent += "/" + info.Main.Version
	}
	last, err := backend.NewTransport(backend.TransportOptions{
		BaseURL: apiURL, MaxResponseBytes: int64(cfg.MaxResponseBytes), UserAgent: agent,
	})
	if err != nil {
		return nil, err
	}
	tokens := backend.NewTokens(backend.ClientCredentials{
		LoginURL: loginURL, ID: id, Secret: secret, Tokens: cfg.UpstreamTokens, UserAgent: agent, Report: report,
	})
	auth := map[config.UpstreamAuth]backend.Auth{
		config.AuthAuto: backend.AuthAuto, config.AuthService: backend.AuthService, config.AuthCaller: backend.AuthCaller,
	}[cfg.UpstreamAuth]
	u := &upstream{api: backend.Chain(last, backend.Authorize(auth, tokens))}
	if sandboxed == nil && id != (backend.Credentials{}) {
		u.tokens = tokens
	}
	if cfg.HTTPLogin {
		u.logins, err = backend.NewTransport(backend.TransportOptions{BaseURL: loginURL, MaxResponseBytes: maxLoginAnswer, UserAgent: agent})
	}
	return u, err
}

// maxLoginAnswer bounds what the login host answers to a client.
const maxLoginAnswer = 64 << 10
