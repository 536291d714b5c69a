// Package inflight owns the memory of the calls in flight: the bodies of requests
// and answers, whole or on their way in or out. Their buffers are pooled, and
// together they stay within one budget.
//
//	Budget    inflight.go  how much there is, who waits for it and who is next
//	Account   account.go   the part of one connection, and what it owes: answers
//	                       that nobody has read yet
//	Body      body.go      reference-counted memory that holds one body
//	Estimate  estimate.go  what answers of unknown length are likely to need
//
// A call holds nothing while it waits for the upstream: memory is taken when the
// head of an answer has come. So what hangs upstream costs the others nothing. Small
// bodies never wait behind large ones: a part of the budget is theirs alone.
//
// It knows no HTTP and no gRPC, and imports nothing of the project.
package inflight

import (
	"context"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Budget is the memory that all calls share. It is safe for concurrent use.
//
// Who wants memory gets it at once if it fits; else it waits. Three lines wait,
// each in the order of arrival:
//
//	growing   bodies that hold memory and need more: first, since others wait for
//	          what they hold; one of them may go past the limit, or all of them
//	          could wait for each other
//	small     up to smallBody: as long as large ones wait they share the reserve,
//	          and only then do these come to their turn
//	large     the rest, and requests on their way in, which leave the reserve alone
//
// One whose account has used up its part is passed over.
//
// Requests that arrive in pieces (Account.Admit) have room of their own beside that,
// and do not wait: whoever waited with one would read nothing else from its connection
// meanwhile, not even that the answers have been read that others wait for.
type Budget struct {
	limit, reserve, arrivals int64

	mu        sync.Mutex // guards what follows, and the accounts' held and arriving
	used      int64      // taken by all but those that arrive; more than limit while it is overdrawn
	small     int64      // of used, by small bodies
	overdrawn *Body      // may grow as it needs, until used is within the limit again
	growing   []*waiter
	waiting   []*waiter // small and large, in the order of arrival
	large     int       // how many of waiting are large
	arrived   int64     // taken by requests that arrive
	arrivers  int       // on how many connections
	refused   int64     // for lack of room, since somebody last asked

	pools    [largest - smallest + 1]sync.Pool // of *[]byte, by the power of two
	inUse    atomic.Int64
	peak     atomic.Int64 // of inUse, since the last tidy
	settling atomic.Bool  // a tidy is planned
	tidy     func()       // gives the memory of the pools back to the system
}

// A waiter is somebody who waits for memory.
type waiter struct {
	account *Account
	body    *Body // that grows; nil for a new one
	n       int64
	small   bool
	ready   chan struct{} // closed when it has been given
	given   bool
}

// smallBody is how much a body may take, its second form included, to be called
// small: more than all answers but pages and analytics.
const smallBody = 128 << 10

// The parts of the budget, as divisors of it: what is left for small bodies, what one
// connection may hold, and what there is beside it for requests that arrive.
const (
	reservePart    = 8
	connectionPart = 4
	arrivalsPart   = 4
)

// NewBudget returns a budget of limit bytes. The calls in flight may go over it by
// the growth of one answer, and by requests that arrive in pieces: a quarter, and as
// much for those connections that come late. Not further.
func NewBudget(limit int64) *Budget {
	return &Budget{
		limit: limit, reserve: limit / reservePart, arrivals: limit / arrivalsPart,
		tidy: func() {
			runtime.GC() // a pool keeps its buffers over one collection
			debug.FreeOSMemory()
		},
	}
}

// Limit is how many bytes there are.
func (b *Budget) Limit() int64 { return b.limit }

// Used is how many bytes are taken now.
func (b *Budget) Used() int64 { return b.inUse.Load() }

// Lacks is how many bytes are waited for now, by those whose account allows them.
func (b *Budget) Lacks() (bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.growing {
		bytes += w.n
	}
	for _, w := range b.waiting {
		if w.account.allows(w.n) {
			bytes += w.n
		}
	}
	return bytes
}

// Refused is how many bytes of requests that arrive have found no room since the last
// time that this was asked.
func (b *Budget) Refused() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.refused
	b.refused = 0
	return n
}

// take waits until n bytes are free for the account, and takes them; as those of a
// small body, or not. The error is a *FullError.
func (b *Budget) take(ctx context.Context, a *Account, n int64, small bool) error {
	b.mu.Lock()
	if b.mayHave(a, n, small, b.large > 0) {
		b.charge(a, n, small)
		b.mu.Unlock()
		return nil
	}
	w := &waiter{account: a, n: n, small: small, ready: make(chan struct{})}
	b.waiting = append(b.waiting, w)
	if !small {
		b.large++
	}
	b.mu.Unlock()
	return b.await(ctx, w)
}

// more is take for a body that holds memory already.
func (b *Budget) more(ctx context.Context, body *Body, n int64) error {
	b.mu.Lock()
	if len(b.growing) == 0 && b.used+n <= b.limit || b.overdrawn == body {
		b.charge(body.account, n, false)
		b.mu.Unlock()
		return nil
	}
	w := &waiter{account: body.account, body: body, n: n, ready: make(chan struct{})}
	b.growing = append(b.growing, w)
	b.serve() // it may overdraw
	b.mu.Unlock()
	return b.await(ctx, w)
}

// await waits for what serve gives, or takes the waiter out of its line.
func (b *Budget) await(ctx context.Context, w *waiter) error {
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if w.given {
		return nil // in the same moment
	}
	if i := slices.Index(b.growing, w); i >= 0 {
		b.growing = slices.Delete(b.growing, i, i+1)
	} else if i := slices.Index(b.waiting, w); i >= 0 {
		b.waiting = slices.Delete(b.waiting, i, i+1)
		if !w.small {
			b.large--
		}
	}
	b.serve() // those behind it
	return &FullError{cause: context.Cause(ctx)}
}

func isSmall(n int64) bool { return n <= smallBody }

// mayHave tells whether n bytes may be taken now, and others wait with large bodies or
// not. b.mu is held.
func (b *Budget) mayHave(a *Account, n int64, small, othersWait bool) bool {
	switch {
	case !a.allows(n):
		return false
	case b.used == 0:
		return true // even if it is larger than all there is
	case small:
		return b.used+n <= b.limit && (!othersWait || b.small+n <= b.reserve)
	default:
		// Even the largest gets its turn beside small ones.
		return !othersWait && b.used+min(n, b.limit-b.reserve)+max(0, b.reserve-b.small) <= b.limit
	}
}

// charge takes n bytes. b.mu is held.
func (b *Budget) charge(a *Account, n int64, small bool) {
	b.used += n
	if small {
		b.small += n
	}
	a.held += n
	b.count(n)
}

// count keeps the figures of all that is taken.
func (b *Budget) count(n int64) {
	if now := b.inUse.Add(n); now > b.peak.Load() {
		b.peak.Store(now)
	}
}

// admit gives a request that arrives, and has own bytes already, n more; it tells
// whether there was room. However much others have sent before, each connection may
// have its share; and one request may be of any size if it is alone.
func (b *Budget) admit(a *Account, own, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	connections := int64(b.arrivers)
	if a.arriving == 0 {
		connections++
	}
	after := b.arrived + n
	if after > b.arrivals && b.arrived != own && (after > 2*b.arrivals || a.arriving+n > b.arrivals/connections) {
		b.refused += n
		return false
	}
	b.arrived += n
	a.arriving += n
	b.arrivers = int(connections)
	b.count(n)
	return true
}

// dismiss takes back what requests had that arrived, or never will.
func (b *Budget) dismiss(a *Account, n int64) {
	b.mu.Lock()
	b.arrived -= n
	if a.arriving -= n; a.arriving == 0 {
		b.arrivers--
	}
	b.inUse.Add(-n)
	b.mu.Unlock()
	b.settle()
}

// give takes back n bytes, small of which a small body had taken, and serves those
// who wait; ended is the body that is over by that, if one is.
func (b *Budget) give(a *Account, n, small int64, ended *Body) {
	b.mu.Lock()
	b.used -= n
	b.small -= small
	a.held -= n
	if b.used <= b.limit || ended != nil && b.overdrawn == ended {
		b.overdrawn = nil
	}
	if len(b.growing)+len(b.waiting) > 0 {
		b.serve()
	}
	b.inUse.Add(-n)
	b.mu.Unlock()
	b.settle()
}

// settle plans a tidy once a peak is over: the runtime would keep the memory for
// minutes, since an idle process hardly collects.
func (b *Budget) settle() {
	if b.peak.Load() <= b.limit/4 || !b.calm() || !b.settling.CompareAndSwap(false, true) {
		return
	}
	time.AfterFunc(settleTime, func() {
		if b.calm() {
			b.peak.Store(0)
			b.tidy()
		}
		b.settling.Store(false)
	})
}

// inherit makes another body the one that may grow past the limit, if one was.
func (b *Budget) inherit(from, to *Body) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.overdrawn == from {
		b.overdrawn = to
	}
}

// serve gives memory to all who wait and may have it now. b.mu is held.
func (b *Budget) serve() {
	for len(b.growing) > 0 {
		w := b.growing[0]
		if b.used+w.n > b.limit {
			if b.overdrawn != nil {
				return // all that comes back is for this one
			}
			b.overdrawn = w.body
		}
		b.growing = b.growing[1:]
		b.charge(w.account, w.n, false)
		w.give()
	}
	blocked := false // the first large one that does not fit keeps its place
	keep := b.waiting[:0]
	for _, w := range b.waiting {
		if !b.mayHave(w.account, w.n, w.small, w.small && b.large > 0 || !w.small && blocked) {
			blocked = blocked || !w.small && w.account.allows(w.n)
			keep = append(keep, w)
			continue
		}
		if !w.small {
			b.large--
		}
		b.charge(w.account, w.n, w.small)
		w.give()
	}
	clear(b.waiting[len(keep):])
	b.waiting = keep
}

func (w *waiter) give() {
	w.given = true
	close(w.ready)
}

// settleTime is how long a peak must be over before its memory is given back.
const settleTime = 10 * time.Second

// calm tells whether hardly anything is in flight.
func (b *Budget) calm() bool { return b.inUse.Load() <= b.limit/16 }

// FullError says that a call ended while it waited for memory.
type FullError struct {
	// Growing says that the answer was on its way already: the request has
	// happened upstream.
	Growing bool
	cause   error
}

func (e *FullError) Error() string {
	return "the memory for bodies in flight (--max-inflight-bytes) was full: " + e.cause.Error()
}

// Unwrap returns the end of the context.
func (e *FullError) Unwrap() error { return e.cause }
