package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

// readiness is whether calls shall be sent here, and why not. A server becomes ready
// with its first token: one that never gets any must not take the place of those that
// do. Later nothing upstream makes it unready, since the next replica is no better
// off. It also writes what there is to say of logins. It is safe for concurrent use.
type readiness struct {
	log *telemetry.Limited

	mu      sync.Mutex
	notYet  string    // why it is not ready; empty when it is
	said    time.Time // when notYet was written last
	waiting bool      // firstToken speaks of logins
	failing bool      // the last login brought no token
}

func newReadiness(log *telemetry.Limited) *readiness { return &readiness{log: log, notYet: "starting"} }

// state is whether it is ready, or else why not.
func (r *readiness) state() (ready bool, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.notYet == "", r.notYet
}

// set makes it ready, for an empty reason, or unready.
func (r *readiness) set(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notYet = why
}

// register adds /livez (the process answers) and /readyz (calls shall be sent here).
func (r *readiness) register(mux *http.ServeMux) {
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if ready, why := r.state(); !ready {
			http.Error(w, "not ready: "+why, http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
}

// firstToken waits for a token of the service, but for a login host that cannot be
// reached no longer than patience. One that refuses the client is asked again, with
// its own pauses, until it has a token: credentials are read again each time. The
// error is ctx's, or a *backend.TokenError when patience has come to its end.
func (r *readiness) firstToken(ctx context.Context, tokens backend.Tokens, patience time.Duration) error {
	until, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r.wait(patience > 0)
	defer r.wait(false)
	last := &backend.TokenError{Problem: "the login host has not answered yet"}
	for {
		lease, err := tokens.Lease(until)
		switch {
		case err == nil:
			lease.Done(backend.Outcome{})
			return nil
		case errors.As(err, &last):
			r.because(last)
			if last.Refused {
				until = ctx //nolint:fatcontext // It is the outer one: this does not pass by itself.
			}
			select {
			case <-time.After(last.RetryAfter):
			case <-until.Done():
			}
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case until.Err() != nil:
			return last
		}
	}
}

func (r *readiness) wait(waiting bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = waiting
}

// because notes why it is not ready, and writes it when it is another reason or was
// not written for long.
func (r *readiness) because(failed *backend.TokenError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	why := failed.ForCallers()
	if why == r.notYet && time.Since(r.said) < sayAgain {
		return
	}
	r.notYet, r.said = why, time.Now()
	r.write("not ready: the service got no token from the login host yet", failed)
}

// sayAgain is how long a server that is not ready keeps silent about the same reason.
const sayAgain = 5 * time.Minute

// report writes what came of a login (backend.ClientCredentials.Report) that nobody
// waits for: callers may not notice anything as long as there is another token.
func (r *readiness) report(failed *backend.TokenError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	recovered := failed == nil && r.failing
	r.failing = failed != nil
	switch {
	case r.waiting: // firstToken speaks of it
	case recovered:
		r.log.Log(context.Background(), "login", slog.LevelInfo, "the service got a token from the login host again")
	case failed != nil:
		r.write("the service got no token from the login host", failed)
	}
}

func (r *readiness) write(message string, failed *backend.TokenError) {
	attrs := []slog.Attr{slog.String("error", failed.ForCallers()), slog.Duration("next_try_in", failed.RetryAfter)}
	if proxy := backend.ProxyOf(failed); proxy != "" {
		attrs = append(attrs, slog.String("proxy", proxy))
	}
	r.log.Log(context.Background(), "login_failed", slog.LevelWarn, message, attrs...)
}
