// Package inflight owns the memory of the calls in flight: the bodies that came
// from the upstream and the answers that are on their way to a client. Their
// buffers are pooled, and together they stay within one budget; a call that does
// not fit in waits for others to end, within its deadline.
//
// A call takes its share, a Lease, before it goes upstream, as large as the last
// answers of its kind were (Estimate): an answer that nobody has room for would
// fill the buffers of the connection instead. An answer that is larger than that
// grows its share as it comes in.
package inflight

import (
	"context"
	"fmt"
	"math/bits"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// Budget is the memory that all calls share. It is safe for concurrent use.
type Budget struct {
	limit int64
	free  *semaphore.Weighted
	// overdraft is held by the one call that may grow past the limit. Calls hold
	// memory while they wait for more; without it, all could wait for each other.
	overdraft chan struct{}
	pools     [largest - smallest + 1]sync.Pool // of *[]byte, by the power of two

	inUse    atomic.Int64
	peak     atomic.Int64 // of inUse, since the last tidy
	settling atomic.Bool  // a tidy is planned
	tidy     func()       // gives the memory of the pools back to the system
}

// The buffers' sizes, as powers of two. Larger ones are made as they are needed,
// and not kept. No smaller ones, because grpc takes back none of up to 1 KiB.
const (
	smallest = 11
	largest  = 23
)

// NewBudget returns a budget of limit bytes. The calls in flight may go over it
// by the largest answer, and not further.
func NewBudget(limit int64) *Budget {
	return &Budget{limit: limit, free: semaphore.NewWeighted(limit), overdraft: make(chan struct{}, 1), tidy: func() {
		runtime.GC() // a pool keeps its buffers over one collection
		debug.FreeOSMemory()
	}}
}

// took notes that n bytes were taken.
func (b *Budget) took(n int64) {
	if now := b.inUse.Add(n); now > b.peak.Load() {
		b.peak.Store(now)
	}
}

// settleTime is how long a peak must be over before its memory is given back.
const settleTime = 10 * time.Second

// give takes n bytes back. Once a peak is over it plans a tidy: the runtime would
// keep the memory for minutes, since an idle process hardly collects.
func (b *Budget) give(n int64) {
	b.free.Release(n)
	b.inUse.Add(-n)
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

// calm tells whether hardly anything is in flight.
func (b *Budget) calm() bool { return b.inUse.Load() <= b.limit/16 }

// Lease waits until the memory that a call of this kind is likely to need is
// free, and takes it. What is larger than the whole budget takes all of it. The
// error is a *FullError.
func (b *Budget) Lease(ctx context.Context, kind *Estimate) (*Lease, error) {
	l := &Lease{budget: b, kind: kind, held: min(kind.bytes(), b.limit)}
	if err := b.free.Acquire(ctx, l.held); err != nil {
		return nil, &FullError{cause: context.Cause(ctx)}
	}
	b.took(l.held)
	return l, nil
}

// FullError says that a call ended while it waited for memory.
type FullError struct {
	// Growing says that the answer was on its way already.
	Growing bool
	cause   error
}

func (e *FullError) Error() string {
	return "the memory for answers in flight (--max-inflight-bytes) was full: " + e.cause.Error()
}

// Unwrap returns the end of the context.
func (e *FullError) Unwrap() error { return e.cause }

// Lease is one call's share of the budget, and its buffers. Its methods are not
// safe for concurrent use, but for Release, which may come from any goroutine
// once the others are done. A nil lease is a budget without bounds: its buffers
// are left to the garbage collector.
type Lease struct {
	budget    *Budget
	kind      *Estimate
	held      int64 // taken from the budget
	overdrawn bool
	used      int64 // capacity of the buffers that are out
	most      int64 // the highest that used has been
	buffers   [2]*[]byte
}

// Expected is how much of an answer of unknown length to make room for at first,
// in bytes: half of what the last ones of its kind were, so that the estimate
// comes down when they get smaller.
func (l *Lease) Expected() int {
	if l == nil {
		return 1 << smallest
	}
	return int(min(l.held/4, unknown))
}

// Get returns an empty buffer with a capacity of at least size. It may wait, if
// the lease has to grow; the error is a *FullError. The buffer holds scraps of
// other calls behind its end.
func (l *Lease) Get(ctx context.Context, size int) (*[]byte, error) {
	if l == nil {
		b := make([]byte, 0, size)
		return &b, nil
	}
	class := max(bits.Len(uint(max(size, 1)-1)), smallest)
	need := int64(size)
	if class <= largest {
		need = 1 << class
	}
	if err := l.grow(ctx, l.used+need); err != nil {
		return nil, err
	}
	l.used += need
	l.most = max(l.most, l.used)
	if class > largest {
		b := make([]byte, 0, size)
		return l.keep(&b), nil
	}
	if b, ok := l.budget.pools[class-smallest].Get().(*[]byte); ok {
		return l.keep(b), nil
	}
	b := make([]byte, 0, need)
	return l.keep(&b), nil
}

// keep remembers a buffer for Release.
func (l *Lease) keep(b *[]byte) *[]byte {
	for i := range l.buffers {
		if l.buffers[i] == nil {
			l.buffers[i] = b
			return b
		}
	}
	panic(fmt.Sprintf("a lease has %d buffers at the most", len(l.buffers)))
}

// Put gives a buffer back before the lease ends.
func (l *Lease) Put(b *[]byte) {
	if l == nil || b == nil {
		return
	}
	for i := range l.buffers {
		if l.buffers[i] == b {
			l.buffers[i] = nil
			l.used -= l.budget.put(b)
			return
		}
	}
}

// Reset gives all buffers back: the call is made again.
func (l *Lease) Reset() {
	if l == nil {
		return
	}
	for _, b := range l.buffers {
		l.Put(b)
	}
}

func (b *Budget) put(buffer *[]byte) int64 {
	size := cap(*buffer)
	if class := bits.Len(uint(size)) - 1; class >= smallest && class <= largest && size == 1<<class {
		*buffer = (*buffer)[:0]
		b.pools[class-smallest].Put(buffer)
	}
	return int64(size)
}

// grow makes the lease hold at least want bytes.
func (l *Lease) grow(ctx context.Context, want int64) error {
	more := min(want, l.budget.limit) - l.held
	if more <= 0 || l.overdrawn {
		return nil
	}
	if l.budget.free.TryAcquire(more) {
		l.budget.took(more)
		l.held += more
		return nil
	}
	select {
	case l.budget.overdraft <- struct{}{}:
		l.overdrawn = true
		return nil
	case <-ctx.Done():
		return &FullError{Growing: true, cause: context.Cause(ctx)}
	}
}

// KeepOnly gives back all buffers but one, and what the lease holds and does not
// use.
func (l *Lease) KeepOnly(kept *[]byte) {
	if l == nil {
		return
	}
	for _, b := range l.buffers {
		if b != kept {
			l.Put(b)
		}
	}
	if l.held <= l.used {
		return
	}
	l.budget.give(l.held - l.used)
	l.held = l.used
}

// Release ends the lease: its buffers must not be used any more. What it has
// used goes into the estimate of its kind. A second call does nothing.
func (l *Lease) Release() {
	if l == nil || l.budget == nil {
		return
	}
	b := l.budget
	l.budget = nil
	l.kind.learn(l.most)
	for i, buffer := range l.buffers {
		if buffer != nil {
			b.put(buffer)
			l.buffers[i] = nil
		}
	}
	b.give(l.held)
	if l.overdrawn {
		<-b.overdraft
	}
}

// Estimate is how much memory a call of one kind is likely to need. The zero
// value knows nothing yet. It is safe for concurrent use.
type Estimate struct{ last atomic.Int64 }

// unknown is the estimate for a kind that has not been seen.
const unknown = 512 << 10

func (e *Estimate) bytes() int64 {
	if n := e.last.Load(); n > 0 {
		return n
	}
	return unknown
}

// learn takes in what a call has really used; 0 for one that got no answer. The
// estimate goes up at once and comes down slowly, by an eighth a call: too low,
// and answers come in that have no room.
func (e *Estimate) learn(used int64) {
	old := e.last.Load()
	if used == 0 || used == old {
		return
	}
	// Of two calls that learn at the same time one may be forgotten; the next
	// one makes up for it.
	e.last.Store(max(used, old-old/8))
}
