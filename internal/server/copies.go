package server

import (
	"context"
	"sync"

	"github.com/switchboard-gw/switchboard/internal/inflight"
)

// copies is what an edge in front of this one (package webrpc) makes of an answer:
// the memory for it is taken with the answer and given back when the edge is done.
type copies struct {
	account *inflight.Account
	mu      sync.Mutex
	taken   []int
}

type copiesKey struct{}

// copiesOfAnswer is how many times an answer lies in memory while it is translated:
// whole in wire form, as a message, and in JSON.
const copiesOfAnswer = 3

// WithCopies says that the answers of the calls of a context are copied until release.
func WithCopies(ctx context.Context, account *inflight.Account) (_ context.Context, release func()) {
	c := &copies{account: account}
	return context.WithValue(ctx, copiesKey{}, c), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, n := range c.taken {
			c.account.Unreserve(n)
		}
		c.taken = nil
	}
}

// takeCopies takes the memory for copies of an answer, if any are made. The error is
// an *inflight.FullError.
func takeCopies(ctx context.Context, size int) error {
	c, ok := ctx.Value(copiesKey{}).(*copies)
	if !ok || size == 0 {
		return nil
	}
	if err := c.account.Reserve(ctx, copiesOfAnswer*size); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = append(c.taken, copiesOfAnswer*size)
	return nil
}
