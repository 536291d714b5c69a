package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

func TestADrainIsAsLongAsClientsNeed(t *testing.T) {
	t.Parallel()
	const forever = time.Hour
	tests := []struct {
		name string
		// asks is how often somebody asks; open is until when a connection is.
		asks, open time.Duration
		within     time.Duration // the shutdown timeout
		want       time.Duration
	}{
		{"nobody is connected", forever, 0, 20 * time.Second, 0},
		{"nobody asks", forever, forever, 20 * time.Second, time.Second},
		{"the last one goes", 100 * time.Millisecond, 300 * time.Millisecond, 20 * time.Second, 300 * time.Millisecond},
		{"somebody asks without end", 100 * time.Millisecond, forever, 20 * time.Second, 5 * time.Second},
		{"half of the time is for running calls", 100 * time.Millisecond, forever, 4 * time.Second, 2 * time.Second},
		{"nor does it wait for silence longer", forever, forever, time.Second, 500 * time.Millisecond},
		{"there is no time", 100 * time.Millisecond, forever, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDrain(http.NotFoundHandler())
				if got := ask(d).Header().Get("Connection"); got != "" {
					t.Errorf("before the stop a client is told %q", got)
				}
				start := time.Now()
				open := func() int {
					if time.Since(start) >= test.open {
						return 0
					}
					return 1
				}
				done := make(chan struct{})
				go func() {
					for {
						select {
						case <-time.After(test.asks):
							if got := ask(d).Header().Get("Connection"); got != "close" {
								t.Errorf("a client is told %q", got)
							}
						case <-done:
							return
						}
					}
				}()
				ctx, cancel := context.WithTimeout(t.Context(), test.within)
				defer cancel()
				d.wait(ctx, open)
				close(done)
				if got := time.Since(start); got < test.want || got > test.want+2*drainTurn {
					t.Errorf("it took %v, want %v", got, test.want)
				}
			})
		})
	}
}

func ask(h http.Handler) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	return w
}
