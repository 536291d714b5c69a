package inflight

import (
	"context"
	"math/bits"
	"sync/atomic"
)

// Body is memory that holds one body. It counts its references, one at first: who
// shares it retains it, and the last release gives the memory back. However many
// share it, it is taken from the budget once, by the account that it was taken for.
//
// Its bytes are written by one goroutine, before anybody else gets to see it. A
// nil body is an empty one.
type Body struct {
	account *Account // nil: left to the garbage collector
	refs    atomic.Int32
	taken   int64 // from the budget
	spare   int64 // of taken, for the second form
	small   int64 // of taken, as a small body
	lost    atomic.Bool
	buffer  *[]byte
}

// Bytes is the content. Nobody may change it, or use it after Release.
func (b *Body) Bytes() []byte {
	if b == nil {
		return nil
	}
	return *b.buffer
}

// Buffer is the content for the one who writes it: within its capacity, which holds
// scraps of other bodies behind the end.
func (b *Body) Buffer() *[]byte { return b.buffer }

// Retain adds a reference.
func (b *Body) Retain() {
	if b != nil {
		b.refs.Add(1)
	}
}

// Release ends a reference, and the body with the last one.
func (b *Body) Release() {
	if b == nil {
		return
	}
	switch left := b.refs.Add(-1); {
	case left > 0:
		return
	case left < 0:
		panic("a body was released more often than it was retained")
	}
	a := b.account
	if a == nil {
		return
	}
	if !b.lost.Load() {
		a.budget.put(b.buffer)
	}
	a.budget.give(a, b.taken, b.small, b)
}

// abandon is Release where somebody may still read the buffer for a moment.
func (b *Body) abandon() {
	b.lost.Store(true)
	b.Release()
}

// Grow makes room for size bytes in all and keeps the content. It may wait; the
// error is a *FullError.
func (b *Body) Grow(ctx context.Context, size int) error {
	a := b.account
	switch {
	case size <= cap(*b.buffer):
		return nil
	case a == nil:
		*b.buffer = append(make([]byte, 0, size), *b.buffer...)
		return nil
	}
	need := rounded(size)
	if err := a.budget.more(ctx, b, need); err != nil {
		return err
	}
	larger := a.budget.buffer(size)
	*larger = append(*larger, *b.buffer...)
	a.budget.put(b.buffer)
	a.budget.give(a, b.taken-b.spare, b.small, nil)
	b.buffer, b.taken, b.small = larger, need+b.spare, 0
	return nil
}

// Second returns an empty body for another form of this one, with room for size
// bytes. It has what TakeTwice took for it and waits only for what that lacks; the
// error is a *FullError.
func (b *Body) Second(ctx context.Context, size int) (*Body, error) {
	if b == nil || b.account == nil {
		return (*Account)(nil).Take(ctx, size)
	}
	a := b.account
	second := &Body{account: a, taken: rounded(size)}
	second.refs.Store(1)
	if lacks := second.taken - b.spare; lacks > 0 {
		if err := a.budget.more(ctx, b, lacks); err != nil {
			return nil, err
		}
	} else if lacks < 0 {
		a.budget.give(a, -lacks, min(b.small, -lacks), nil)
		b.taken += lacks
		b.small = max(0, b.small+lacks)
		b.spare += lacks
	}
	b.taken, b.spare = b.taken-b.spare, 0
	second.small = max(0, b.small-b.taken)
	b.small -= second.small
	a.budget.inherit(b, second)
	second.buffer = a.budget.buffer(size)
	return second, nil
}

// The buffers' sizes, as powers of two. Larger ones are made as they are needed,
// and not kept. No smaller ones, because grpc takes back none of up to 1 KiB.
const (
	smallest = 11
	largest  = 23
)

// rounded is what a buffer for size bytes takes.
func rounded(size int) int64 {
	if class := classOf(size); class <= largest {
		return 1 << class
	}
	return int64(size)
}

func classOf(size int) int { return max(bits.Len(uint(max(size, 1)-1)), smallest) }

// buffer is an empty one with room for size bytes.
func (b *Budget) buffer(size int) *[]byte {
	class := classOf(size)
	if class > largest {
		content := make([]byte, 0, size)
		return &content
	}
	if pooled, ok := b.pools[class-smallest].Get().(*[]byte); ok {
		return pooled
	}
	content := make([]byte, 0, 1<<class)
	return &content
}

// put keeps a buffer for the next one, if it has one of the sizes.
func (b *Budget) put(buffer *[]byte) {
	size := cap(*buffer)
	if class := bits.Len(uint(size)) - 1; class >= smallest && class <= largest && size == 1<<class {
		*buffer = (*buffer)[:0]
		b.pools[class-smallest].Put(buffer)
	}
}
