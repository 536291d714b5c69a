package main

import (
	"net/http"
	"sync/atomic"
)

// readiness is what the admin port tells an orchestrator.
type readiness struct{ ready atomic.Bool }

// handler serves /livez (the process answers) and /readyz (it takes calls).
// Neither asks the upstream: an upstream that is down is no reason to restart
// or to drain every replica at once.
func (s *readiness) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !s.ready.Load() {
			http.Error(w, "not ready: starting or stopping", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	return mux
}
