package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"

	"golang.org/x/sync/errgroup"

	"github.com/switchboard-gw/switchboard/internal/config"
)

// serveSandbox runs the sandbox alone on the REST port until ctx ends: an upstream
// for a Switchboard somewhere else, or for a program that calls the vendor's API
// itself. It returns nil on a clean stop.
func serveSandbox(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	handler, err := newSandbox(cfg)
	if err != nil {
		return err
	}
	l := &listeners{}
	if l.http, err = new(net.ListenConfig).Listen(ctx, "tcp", cfg.HTTPAddr); err != nil {
		return cannotListen("--http-addr", cfg.HTTPAddr, err)
	}
	defer l.close()
	server := newHTTPServer(handler, cfg, log)
	running, ended := errgroup.WithContext(ctx)
	running.Go(func() error { return named("http", server.Serve(l.http)) })
	log.Info("sandbox ready", "http", l.http.Addr().String(), "users", cfg.SandboxUsers, "seed", cfg.SandboxSeed,
		"client_id", sandboxClient, "client_secret", sandboxClient)
	if cfg.ReadyFile != "" {
		gone, err := l.announce(cfg.ReadyFile)
		if err != nil {
			return err
		}
		defer gone()
	}
	<-ended.Done()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.ShutdownTimeout)
	defer cancel()
	if err := server.Shutdown(stop); err != nil && !errors.Is(err, http.ErrServerClosed) {
		_ = server.Close()
	}
	return running.Wait()
}
