package main

import (
	"net/http"
	"net/http/pprof"
	"sync/atomic"
)

// readiness is what the admin port tells an orchestrator.
type readiness struct{ ready atomic.Bool }

// newAdmin is the handler of the admin port.
func newAdmin(state *readiness, profiles bool) http.Handler {
	mux := http.NewServeMux()
	state.register(mux)
	if profiles {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// register adds /livez (the process answers) and /readyz (it takes calls).
// Neither asks the upstream: an upstream that is down is no reason to restart
// or to drain every replica at once.
func (s *readiness) register(mux *http.ServeMux) {
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
}
