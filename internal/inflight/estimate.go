package inflight

import "sync/atomic"

// Estimate is how long an answer of unknown length is likely to be, by the last ones
// of its kind. The zero value knows nothing yet. It is safe for concurrent use.
type Estimate struct{ last atomic.Int64 }

// The bounds of an estimate: it is a start, from which a body grows by doubling. One
// answer of 60 MiB must not make its kind ask for that much.
const (
	unseen  = 32 << 10
	longest = 1 << 20
)

// Bytes is the estimate.
func (e *Estimate) Bytes() int {
	if e == nil {
		return unseen
	}
	if n := e.last.Load(); n > 0 {
		return int(n)
	}
	return unseen
}

// Learn takes in the length of an answer. The estimate goes up at once and comes
// down slowly, by an eighth an answer.
func (e *Estimate) Learn(length int) {
	if e == nil || length == 0 {
		return
	}
	used, old := min(int64(length), longest), e.last.Load()
	if used == old {
		return
	}
	// Of two that learn at the same time one may be forgotten; the next one makes up
	// for it.
	e.last.Store(max(used, old-old/8))
}
