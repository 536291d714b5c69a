package inflight

import (
	"context"
	"sync"
	"time"
)

// Account is the part of the budget that one connection holds: bodies that were
// taken for its calls, requests on their way in, and answers that wait to be read. A
// nil account is memory without bounds, left to the garbage collector. It is safe
// for concurrent use.
type Account struct {
	budget *Budget
	share  int64 // the most that held may be, but for a single body
	// budget.mu guards these:
	held     int64 // by bodies, and requests that have come
	arriving int64 // by requests that arrive

	mu     sync.Mutex // guards what follows
	closed bool
	debts  *Debt // the first of a list
}

// Open returns the account of a new connection. Close ends it.
func (b *Budget) Open() *Account { return &Account{budget: b, share: b.limit / connectionPart} }

// Internal returns the account of calls that no connection makes: its share is all
// there is.
func (b *Budget) Internal() *Account { return &Account{budget: b, share: b.limit} }

// allows tells whether n bytes more are within the share: one body always is.
// budget.mu is held.
func (a *Account) allows(n int64) bool { return a.held == 0 || a.held+n <= a.share }

// Reserve waits for n bytes that are in nobody's buffer here: a request, or a part of
// one that is on its way in. Unreserve gives them back. The error is a *FullError.
func (a *Account) Reserve(ctx context.Context, n int) error {
	if a == nil {
		return nil
	}
	return a.budget.take(ctx, a, int64(n), false)
}

// Unreserve gives back n bytes of what was reserved.
func (a *Account) Unreserve(n int) {
	if a != nil && n > 0 {
		a.budget.give(a, int64(n), 0, nil)
	}
}

// Admit takes n bytes more for a request that arrives in pieces, and has own already;
// Dismiss gives them back. They lie in somebody else's buffers until the request is
// whole, and have room of their own. It tells whether there was some.
func (a *Account) Admit(own, n int) bool { return a.budget.admit(a, int64(own), int64(n)) }

// Dismiss gives back n bytes of what was admitted.
func (a *Account) Dismiss(n int) {
	if n > 0 {
		a.budget.dismiss(a, int64(n))
	}
}

// Take waits for the memory of a body of size bytes, and returns an empty body with
// room for them. The error is a *FullError.
func (a *Account) Take(ctx context.Context, size int) (*Body, error) {
	return a.body(ctx, size, 0)
}

// TakeTwice is Take for a body that is written once more in another form
// (Body.Second), of at most second bytes: both are taken at once, so that nobody
// holds the one and waits for the other.
func (a *Account) TakeTwice(ctx context.Context, size, second int) (*Body, error) {
	return a.body(ctx, size, rounded(second))
}

func (a *Account) body(ctx context.Context, size int, spare int64) (*Body, error) {
	b := &Body{account: a, taken: rounded(size) + spare, spare: spare}
	b.refs.Store(1)
	if a == nil {
		content := make([]byte, 0, size)
		b.buffer = &content
		return b, nil
	}
	small := isSmall(b.taken)
	if err := a.budget.take(ctx, a, b.taken, small); err != nil {
		return nil, err
	}
	if small {
		b.small = b.taken
	}
	b.buffer = a.budget.buffer(size)
	return b, nil
}

// A Debt is a body that waits for a connection: an answer that it still has to take,
// or a request that it still has to send to its end. Whoever has handed it over gives
// the memory back by Settle when that is done.
type Debt struct {
	*Body
	owner      *Account // nil: nobody's books have it
	stream     uint32
	settled    bool // owner.mu guards it and what follows
	since, due time.Time
	prev, next *Debt
}

// Owe hands a body to the connection, with the caller's reference. After due it is
// overdue. A nil account keeps no books.
func (a *Account) Owe(b *Body, due time.Time) *Debt { return a.OweTo(0, b, due) }

// OweTo is Owe for a stream of the connection, which Forget may end.
func (a *Account) OweTo(stream uint32, b *Body, due time.Time) *Debt {
	if a == nil || b == nil {
		return &Debt{Body: b}
	}
	d := &Debt{Body: b, owner: a, stream: stream, since: time.Now(), due: due}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		// Nobody will say when it has been sent.
		d.settled = true
		d.abandon()
		return d
	}
	if d.next = a.debts; d.next != nil {
		d.next.prev = d
	}
	a.debts = d
	return d
}

// Settle says that the answer has been sent, or that nobody wants it. A second call
// does nothing, nor does one after the account was closed.
func (d *Debt) Settle() {
	a := d.owner
	if a == nil {
		d.Release()
		d.Body = nil
		return
	}
	a.mu.Lock()
	if d.settled {
		a.mu.Unlock()
		return
	}
	a.strike(d)
	a.mu.Unlock()
	d.Release()
}

// strike takes a debt out of the books. a.mu is held.
func (a *Account) strike(d *Debt) {
	d.settled = true
	if d.prev == nil {
		a.debts = d.next
	} else {
		d.prev.next = d.next
	}
	if d.next != nil {
		d.next.prev = d.prev
	}
	d.prev, d.next = nil, nil
}

// Forget gives back what is owed to a stream that has ended before its time: whoever
// was to send it may never say so. As with Close, its buffers are left to the garbage
// collector.
func (a *Account) Forget(stream uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for d := a.debts; d != nil; {
		next := d.next
		if d.stream == stream {
			a.strike(d)
			d.abandon()
		}
		d = next
	}
}

// Overdue tells whether a debt is not settled although it was due before now.
func (a *Account) Overdue(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for d := a.debts; d != nil; d = d.next {
		if now.After(d.due) {
			return true
		}
	}
	return false
}

// Stalled is how many bytes the debts take that were made before then.
func (a *Account) Stalled(since time.Time) (bytes int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for d := a.debts; d != nil; d = d.next {
		if d.since.Before(since) {
			bytes += d.taken
		}
	}
	return bytes
}

// Close ends the account with its connection. What it still owes is given back to
// the budget; but its buffers are left to the garbage collector, since whoever
// sends them may be in the midst of it. A second call does nothing.
func (a *Account) Close() {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	for d := a.debts; d != nil; d = d.next {
		d.settled = true
		d.abandon()
	}
	a.debts = nil
}
