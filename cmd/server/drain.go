package main

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

// drain lets the clients of a server go before it stops. Whoever closes a connection
// that is kept alive, between two requests, may do so in the moment in which the next
// one is on its way: a client gets a reset and cannot know whether its POST was
// carried out. So each connection gets an answer first that says that it is the last
// one (over HTTP/2 a GOAWAY, which names the last request that counts).
type drain struct {
	next     http.Handler
	stopping atomic.Bool
	requests atomic.Int64 // since then
}

func newDrain(next http.Handler) *drain { return &drain{next: next} }

// ServeHTTP implements http.Handler.
func (d *drain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if d.stopping.Load() {
		d.requests.Add(1)
		w.Header().Set("Connection", "close") // net/http makes a GOAWAY of it
	}
	d.next.ServeHTTP(w, r)
}

const (
	// drainTime is how long clients may take to get their last answer; a client that
	// has nothing to ask for so long loses its connection without one.
	drainTime = 5 * time.Second
	// drainQuiet ends the drain sooner: nobody has asked for so long.
	drainQuiet = time.Second
	// drainTurn is how often it looks.
	drainTurn = 10 * time.Millisecond
)

// wait lets the clients go until no connection is open, all that are have nothing to
// ask, or half of ctx's time is over: the rest is for calls that are running.
func (d *drain) wait(ctx context.Context, open func() int) {
	longest, quiet := drainTime, drainQuiet
	if end, ok := ctx.Deadline(); ok {
		half := time.Until(end) / 2
		longest, quiet = min(longest, half), min(quiet, half)
	}
	d.stopping.Store(true)
	tick := time.NewTicker(drainTurn)
	defer tick.Stop()
	start := time.Now()
	last, seen := start, int64(0)
	for now := start; open() > 0 && now.Sub(start) < longest && now.Sub(last) < quiet; {
		select {
		case now = <-tick.C:
		case <-ctx.Done():
			return
		}
		if n := d.requests.Load(); n > seen {
			last, seen = now, n
		}
	}
}
