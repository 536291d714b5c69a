package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

// host is how a login host does from some time on.
type host struct {
	from time.Duration
	does int
}

const (
	gives   = iota // a token
	refuses        // the client
	fails          // cannot be reached
	limits         // wants to be left alone for ten minutes
	hangs
)

// hosts are tokens of a login host that changes its mind. As backend's it is not asked
// again before the pause is over.
type hosts struct {
	start  time.Time
	does   []host
	failed *backend.TokenError
	next   time.Time
	asked  int
}

func (h *hosts) Lease(ctx context.Context) (backend.Lease, error) {
	if h.failed != nil && time.Now().Before(h.next) {
		again := *h.failed
		again.RetryAfter = time.Until(h.next)
		return nil, &again
	}
	h.asked++
	now := gives
	for _, one := range h.does {
		if time.Since(h.start) >= one.from {
			now = one.does
		}
	}
	switch now {
	case gives:
		return lease{}, nil
	case refuses:
		h.failed = &backend.TokenError{Problem: "refused", Refused: true, RetryAfter: 30 * time.Second}
	case fails:
		h.failed = &backend.TokenError{Problem: "unreachable at /a/path", Public: "unreachable", RetryAfter: 4 * time.Second}
	case limits:
		h.failed = &backend.TokenError{Problem: "limited", RetryAfter: 10 * time.Minute}
	case hangs:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	h.next = time.Now().Add(h.failed.RetryAfter)
	return nil, h.failed
}

type lease struct{ backend.Lease }

func (lease) Done(backend.Outcome) {}

func TestWhatTheFirstTokenIsWaitedFor(t *testing.T) {
	t.Parallel()
	const s, m = time.Second, time.Minute
	tests := []struct {
		name  string
		does  []host
		after time.Duration // how long it took
		with  string        // the error it ended with; nothing for a token
		lines int
	}{
		{"a token at once", nil, 0, "", 0},
		{"nobody is there", []host{{0, fails}}, 30 * s, "unreachable", 1},
		{"nobody answers", []host{{0, hangs}}, 30 * s, "not answered", 0},
		{"throttled", []host{{0, limits}}, 30 * s, "limited", 1},
		{"nobody is there at first", []host{{0, fails}, {10 * s, gives}}, 12 * s, "", 1},
		{"refused at first", []host{{0, refuses}, {45 * s, gives}}, 60 * s, "", 1},
		{"refused for an hour: said every five minutes", []host{{0, refuses}, {59*m + 45*s, gives}}, 60 * m, "", 12},
		{"refused in the end", []host{{0, fails}, {10 * s, refuses}, {5*m - s, gives}}, 5*m + 12*s, "", 2},
		{"refused and then gone: no token will come", []host{{0, refuses}, {s, fails}, {2 * m, gives}}, 2*m + 2*s, "", 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var written bytes.Buffer
				r := newReadiness(telemetry.NewLimited(slog.New(slog.NewTextHandler(&written, nil))))
				start := time.Now()
				err := r.firstToken(t.Context(), &hosts{start: start, does: test.does}, 30*time.Second)
				if (err == nil) != (test.with == "") || err != nil && !strings.Contains(err.Error(), test.with) {
					t.Errorf("got %v, want %q", err, test.with)
				}
				if took := time.Since(start); took != test.after {
					t.Errorf("after %v, want %v", took, test.after)
				}
				if lines := strings.Count(written.String(), "\n"); lines != test.lines || strings.Contains(written.String(), "/a/path") {
					t.Errorf("%d lines, want %d, and no path:\n%s", lines, test.lines, &written)
				}
			})
		})
	}
}

func TestNothingIsWaitedForWithoutPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newReadiness(telemetry.NewLimited(slog.New(slog.DiscardHandler)))
		h := &hosts{start: time.Now(), does: []host{{0, hangs}}}
		var failed *backend.TokenError
		if err := r.firstToken(t.Context(), h, 0); !errors.As(err, &failed) || h.asked != 1 {
			t.Errorf("got %v, asked %d times; want a login that goes on in the background", err, h.asked)
		}
	})
}

func TestAStopEndsTheWait(t *testing.T) {
	t.Parallel()
	for _, does := range []int{refuses, fails, limits, hangs} {
		synctest.Test(t, func(t *testing.T) {
			r := newReadiness(telemetry.NewLimited(slog.New(slog.DiscardHandler)))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			if err := r.firstToken(ctx, &hosts{start: start, does: []host{{0, does}}}, 30*time.Second); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(start); took != time.Second {
				t.Errorf("after %v", took)
			}
		})
	}
}

func TestReadyzSaysWhyNot(t *testing.T) {
	t.Parallel()
	r := newReadiness(telemetry.NewLimited(slog.New(slog.DiscardHandler)))
	admin := newAdmin(r, memory{}, false)
	look := func(path string, status int, body string) {
		t.Helper()
		w := httptest.NewRecorder()
		admin.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if got, _ := io.ReadAll(w.Body); w.Code != status || string(got) != body {
			t.Errorf("%s: %d %q, want %d %q", path, w.Code, got, status, body)
		}
	}
	look("/readyz", 503, "not ready: starting\n")
	look("/livez", 200, "ok\n")
	r.because(&backend.TokenError{Problem: "refused, at /a/path", Public: "refused", Refused: true})
	look("/readyz", 503, "not ready: refused\n")
	look("/livez", 200, "ok\n")
	r.set("")
	look("/readyz", 200, "ok\n")
	r.report(&backend.TokenError{Problem: "refused", Refused: true})
	look("/readyz", 200, "ok\n")
	r.set("stopping")
	look("/readyz", 503, "not ready: stopping\n")
}

// As long as the first token is waited for, firstToken speaks of logins; afterwards
// report does.
func TestLoginsThatNobodyWaitsForAreWritten(t *testing.T) {
	t.Parallel()
	var written bytes.Buffer
	plain := slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	r := newReadiness(telemetry.NewLimited(slog.New(slog.NewTextHandler(&written, &plain))))
	failed := &backend.TokenError{Problem: "gone, at /a/path", Public: "gone", RetryAfter: time.Second}
	r.wait(true)
	r.report(failed)
	r.report(nil)
	r.wait(false)
	r.report(nil)
	r.report(failed)
	r.report(failed)
	r.report(nil)
	r.report(nil)
	const warned = `level=WARN msg="the service got no token from the login host" error=gone next_try_in=1s kind=login_failed` + "\n"
	const mended = `level=INFO msg="the service got a token from the login host again" kind=login` + "\n"
	if got := written.String(); got != warned+warned+mended {
		t.Errorf("written:\n%s", got)
	}
}
