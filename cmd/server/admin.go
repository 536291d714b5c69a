package main

import (
	"encoding/json"
	"net/http"
	"net/http/pprof"

	"github.com/switchboard-gw/switchboard/internal/conns"
	"github.com/switchboard-gw/switchboard/internal/inflight"
)

// newAdmin is the handler of the admin port.
func newAdmin(state *readiness, m memory, profiles bool) http.Handler {
	mux := http.NewServeMux()
	state.register(mux)
	mux.HandleFunc("GET /debug/memory", m.serve)
	if profiles {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// memory is what bodies in flight take, and of how many clients.
type memory struct {
	budget  *inflight.Budget
	clients *conns.Set
}

// serve writes the figures of this moment: whether clients that do not read, or
// calls that wait, have taken up the memory of the others.
func (m memory) serve(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(struct {
		Limit       int64 `json:"limit_bytes"`
		Used        int64 `json:"used_bytes"`
		Waiting     int64 `json:"waiting_bytes"`
		Connections int   `json:"connections"`
	}{m.budget.Limit(), m.budget.Used(), m.budget.Lacks(), m.clients.Open()})
}
