package inflight

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func body(t *testing.T, a *Account, size int) *Body {
	t.Helper()
	b, err := a.Take(t.Context(), size)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// gone is a context that has ended.
func gone(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// whole fails the test if anything is still taken.
func whole(t *testing.T, b *Budget) {
	t.Helper()
	if b.used != 0 || b.small != 0 || b.large != 0 || b.overdrawn != nil || len(b.waiting)+len(b.growing) != 0 || b.Used() != 0 {
		t.Errorf("the budget did not come back: used %d, small %d, large %d, overdrawn %t, waiting %d, growing %d",
			b.used, b.small, b.large, b.overdrawn != nil, len(b.waiting), len(b.growing))
	}
}

func TestACallWaitsForMemoryWithinItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1 << 20)
		first := body(t, b.Internal(), 1<<20)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := b.Internal().Take(ctx, 1)
		var full *FullError
		if !errors.As(err, &full) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		go func() {
			time.Sleep(time.Second)
			first.Release()
		}()
		start = time.Now()
		body(t, b.Internal(), 1).Release()
		if time.Since(start) != time.Second {
			t.Errorf("waited %v", time.Since(start))
		}
		whole(t, b)
	})
}

func TestSmallBodiesDoNotWaitBehindLargeOnes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(8 << 20)
		holds := []*Body{}
		for range 7 { // the eighth is the reserve
			holds = append(holds, body(t, b.Internal(), 1<<20))
		}
		got := make(chan *Body, 30)
		for range 30 {
			go func() { got <- body(t, b.Internal(), 2<<20) }()
		}
		synctest.Wait()
		for range 100 {
			small := body(t, b.Internal(), 64<<10) // waits for nobody
			small.Release()
		}
		if b.large != 30 {
			t.Errorf("%d large ones wait", b.large)
		}
		for _, h := range holds {
			h.Release()
		}
		for range 30 {
			(<-got).Release()
		}
		whole(t, b)
	})
}

// However many small ones come, a large one gets its turn: as long as it waits they
// have the reserve.
func TestSmallBodiesDoNotKeepALargeOneOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1 << 20)
		for range 3 * 16 {
			go func() {
				for range 200 {
					s := body(t, b.Internal(), 64<<10)
					time.Sleep(time.Millisecond)
					s.Release()
				}
			}()
		}
		synctest.Wait()
		start := time.Now()
		body(t, b.Internal(), 1<<20).Release()
		if waited := time.Since(start); waited > 10*time.Millisecond {
			t.Errorf("waited %v", waited)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		whole(t, b)
	})
}

func TestALargerOneKeepsItsPlaceBeforeOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(8 << 20)
		first := body(t, b.Internal(), 4<<20)
		var order []int
		for _, size := range []int{6 << 20, 1 << 20} {
			go func() {
				it := body(t, b.Internal(), size)
				order = append(order, size)
				time.Sleep(time.Second)
				it.Release()
			}()
			synctest.Wait()
		}
		first.Release()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(order) != 2 || order[0] != 6<<20 {
			t.Errorf("served %v", order)
		}
		whole(t, b)
	})
}

func TestOneConnectionsShareIsNotTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(8 << 20)
		greedy, other := b.Open(), b.Open()
		mine := []*Body{body(t, greedy, 1<<20), body(t, greedy, 1<<20)}
		for range 5 {
			go func() { body(t, greedy, 64<<10).Release() }()
		}
		synctest.Wait()
		if len(b.waiting) != 5 || b.Lacks() != 0 {
			t.Errorf("%d wait, for %d bytes that could be had", len(b.waiting), b.Lacks())
		}
		body(t, other, 2<<20).Release()
		body(t, other, 1).Release()
		mine[0].Release()
		synctest.Wait()
		if len(b.waiting) != 0 {
			t.Error("the connection's own memory came back and its calls wait on")
		}
		mine[1].Release()
		whole(t, b)
	})
}

func TestOneBodyMayBeLargerThanTheShareAndTheBudget(t *testing.T) {
	t.Parallel()
	b := NewBudget(1 << 20)
	a := b.Open()
	it := body(t, a, 3<<20)
	if _, err := a.Take(gone(t), 1); err == nil {
		t.Error("another one fits in")
	}
	it.Release()
	whole(t, b)
}

// All hold memory and want more, which is what a deadlock is made of.
func TestBodiesThatGrowDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	b := NewBudget(64 << 10)
	var highest atomic.Int64
	var wait sync.WaitGroup
	for range 64 {
		wait.Go(func() {
			a := b.Internal()
			for range 50 {
				it := body(t, a, 2<<10)
				for size := 2 << 10; size <= 32<<10; size *= 2 {
					if err := it.Grow(t.Context(), size); err != nil {
						t.Error(err)
						return
					}
					content := it.Buffer()
					*content = (*content)[:size]
					for i := range *content { // the race detector sees who shares it
						(*content)[i] = byte(i)
					}
				}
				for now, old := b.Used(), highest.Load(); now > old && !highest.CompareAndSwap(old, now); old = highest.Load() {
				}
				it.Release()
			}
		})
	}
	wait.Wait()
	if got := highest.Load(); got > 64<<10+48<<10 {
		t.Errorf("%d bytes were in use at once", got)
	}
	whole(t, b)
}

// The overdraft belongs to nobody any more as soon as there is room, although the
// answer that needed it is still read.
func TestTheOverdraftEndsWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	b := NewBudget(64 << 10)
	a := b.Internal()
	first, second := body(t, a, 32<<10), body(t, a, 32<<10)
	if err := first.Grow(t.Context(), 64<<10); err != nil {
		t.Fatal(err)
	}
	if b.overdrawn == nil {
		t.Fatal("nothing was overdrawn")
	}
	if err := second.Grow(gone(t), 64<<10); !errors.Is(err, context.Canceled) {
		t.Errorf("a second one overdrew: %v", err)
	}
	second.Release()
	if b.overdrawn != nil {
		t.Error("it is held although there is room")
	}
	first.Release()
	whole(t, b)
}

func TestAnAnswerIsTakenOnceHoweverManyShareIt(t *testing.T) {
	t.Parallel()
	b := NewBudget(1 << 20)
	it := body(t, b.Open(), 4096)
	for range 9 {
		it.Retain()
	}
	if b.Used() != 4096 {
		t.Errorf("%d bytes are taken", b.Used())
	}
	for range 10 {
		if b.Used() != 4096 {
			t.Error("gone too early")
		}
		it.Release()
	}
	whole(t, b)
	defer func() {
		if recover() == nil {
			t.Error("one release too many went unnoticed")
		}
	}()
	it.Release()
}

func TestTheSecondFormIsTakenWithTheFirst(t *testing.T) {
	t.Parallel()
	for _, sizes := range [][2]int{{3000, 3000}, {3000, 100}, {3000, 90_000}, {200_000, 3000}, {200_000, 900_000}} {
		b := NewBudget(1 << 20)
		a := b.Internal()
		it, err := a.TakeTwice(t.Context(), sizes[0], sizes[0])
		if err != nil {
			t.Fatal(err)
		}
		before := b.Used()
		second, err := it.Second(t.Context(), sizes[1])
		if err != nil {
			t.Fatal(err)
		}
		if want := rounded(sizes[0]) + rounded(sizes[1]); b.Used() != want || before != 2*rounded(sizes[0]) {
			t.Errorf("%v: %d bytes are taken, want %d", sizes, b.Used(), want)
		}
		it.Release()
		if b.Used() != rounded(sizes[1]) {
			t.Errorf("%v: %d bytes are left", sizes, b.Used())
		}
		second.Release()
		whole(t, b)
	}
}

func TestWhatAConnectionOwesEndsWithIt(t *testing.T) {
	t.Parallel()
	b := NewBudget(1 << 20)
	a := b.Open()
	var debts []*Debt
	for range 5 {
		debts = append(debts, a.Owe(body(t, a, 4096), time.Now()))
	}
	debts[2].Settle()
	debts[2].Settle()
	if b.Used() != 4*4096 {
		t.Errorf("%d bytes are taken", b.Used())
	}
	shared := body(t, a, 4096)
	shared.Retain() // by a call of another connection
	debts = append(debts, a.Owe(shared, time.Now()))
	a.Close()
	a.Close()
	if b.Used() != 4096 {
		t.Errorf("%d bytes are taken after the end", b.Used())
	}
	late := a.Owe(body(t, a, 4096), time.Now()) // an answer that came after the end
	for _, d := range append(debts, late) {
		d.Settle()
	}
	shared.Release()
	whole(t, b)
}

func TestAnAnswerThatLiesUnreadIsSeen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1 << 20)
		a := b.Open()
		d := a.Owe(body(t, a, 4096), time.Now().Add(time.Second))
		if a.Overdue(time.Now().Add(time.Second)) || !a.Overdue(time.Now().Add(time.Second+1)) {
			t.Error("not overdue when it is due")
		}
		time.Sleep(time.Second)
		if got := a.Stalled(time.Now()); got != 4096 {
			t.Errorf("%d bytes are unread", got)
		}
		d.Settle()
		if a.Overdue(time.Now().Add(time.Hour)) || a.Stalled(time.Now().Add(time.Hour)) != 0 {
			t.Error("still there")
		}
		whole(t, b)
	})
}

func TestBuffersHaveTheirSizeAndAreOnesOwn(t *testing.T) {
	t.Parallel()
	b := NewBudget(1 << 30)
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		size := random.IntN(1 << random.IntN(25))
		one, other := body(t, b.Internal(), size), body(t, b.Internal(), size)
		for _, it := range []*Body{one, other} {
			if content := *it.Buffer(); len(content) != 0 || cap(content) < size || cap(content) <= 1024 {
				t.Fatalf("%d bytes: length %d, capacity %d", size, len(content), cap(content))
			}
		}
		if &(*one.Buffer())[:1][0] == &(*other.Buffer())[:1][0] {
			t.Fatal("two have one buffer")
		}
		one.Release()
		other.Release()
	}
	whole(t, b)
}

// Whatever happens in whatever order, the books are right in the end.
func TestTheBooksBalance(t *testing.T) {
	t.Parallel()
	b := NewBudget(1 << 20)
	var wait sync.WaitGroup
	for seed := range uint64(16) {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(seed, 7))
			for range 20 {
				a := b.Open()
				for range random.IntN(20) {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(3))*time.Millisecond)
					it, err := a.TakeTwice(ctx, random.IntN(1<<random.IntN(20)), random.IntN(1<<random.IntN(20)))
					if err == nil && it.Grow(ctx, random.IntN(1<<random.IntN(22))) == nil {
						if second, err := it.Second(ctx, random.IntN(1<<random.IntN(20))); err == nil {
							if d := a.Owe(second, time.Now()); random.IntN(2) == 0 {
								d.Settle()
							}
						}
					}
					it.Release()
					if n := random.IntN(1 << 16); a.Reserve(ctx, n) == nil {
						a.Unreserve(n)
					}
					cancel()
				}
				a.Close()
				b.mu.Lock()
				if a.held != 0 {
					t.Errorf("a closed account holds %d", a.held)
				}
				b.mu.Unlock()
			}
		})
	}
	wait.Wait()
	whole(t, b)
}

func TestMemoryGoesBackToTheSystemAfterAPeak(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1 << 20)
		tidied := 0
		b.tidy = func() { tidied++ }
		body(t, b.Internal(), 1<<10).Release()
		time.Sleep(time.Minute)
		synctest.Wait()
		if tidied != 0 {
			t.Error("tidied without a peak")
		}
		peak := body(t, b.Internal(), 512<<10)
		peak.Release()
		time.Sleep(time.Minute)
		synctest.Wait()
		if tidied != 1 {
			t.Errorf("tidied %d times", tidied)
		}
	})
}

func TestAnEstimateIsAStart(t *testing.T) {
	t.Parallel()
	var e, none *Estimate = &Estimate{}, nil
	if e.Bytes() != unseen || none.Bytes() != unseen {
		t.Error("what was never seen has another estimate")
	}
	none.Learn(5)
	e.Learn(60 << 20)
	if e.Bytes() != longest {
		t.Errorf("one large answer makes it %d", e.Bytes())
	}
	for range 40 {
		e.Learn(1000)
	}
	if e.Bytes() > 10_000 {
		t.Errorf("after forty small ones it is %d", e.Bytes())
	}
	e.Learn(0)
	e.Learn(50_000)
	if e.Bytes() != 50_000 {
		t.Errorf("it does not go up at once: %d", e.Bytes())
	}
}

func BenchmarkABodyAndItsSecondForm(b *testing.B) {
	a := NewBudget(1 << 20).Open()
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		it, err := a.TakeTwice(ctx, 3000, 3000)
		if err != nil {
			b.Fatal(err)
		}
		second, err := it.Second(ctx, 2000)
		if err != nil {
			b.Fatal(err)
		}
		it.Release()
		a.Owe(second, time.Time{}).Settle()
	}
}

// Requests that arrive have a quarter beside the budget; who comes late has its share
// all the same; and all of that is bounded, whoever comes.
func TestRequestsThatArriveAreBoundedAndShared(t *testing.T) {
	t.Parallel()
	b := NewBudget(4000)
	first, late := b.Open(), b.Open()
	must := func(want bool, a *Account, own, n int) {
		t.Helper()
		if got := a.Admit(own, n); got != want {
			t.Fatalf("%d more of one that has %d: %t, with %d taken", n, own, got, b.Used())
		}
	}
	must(true, first, 0, 5000) // alone, it may be of any size
	must(true, first, 5000, 5000)
	must(false, first, 0, 1)
	first.Dismiss(10_000)
	must(true, first, 0, 600)
	must(true, first, 0, 400)
	must(false, first, 600, 1)
	must(true, late, 0, 400)
	must(true, late, 0, 100)
	must(false, late, 400, 1) // no more than its half
	if got := b.Refused(); got != 3 || b.Refused() != 0 {
		t.Errorf("%d bytes were refused", got)
	}
	body, err := first.Take(t.Context(), 2048) // bodies do not wait for them
	if err != nil {
		t.Fatal(err)
	}
	body.Release()
	for range 100 {
		if a := b.Open(); a.Admit(0, 9) {
			defer a.Dismiss(9)
		}
	}
	if b.Used() > 2000 {
		t.Errorf("%d bytes are taken", b.Used())
	}
	first.Dismiss(1000)
	late.Dismiss(500)
}

// What is owed to a stream that was reset is forgotten once, whoever says so first.
func TestWhatIsOwedToAStreamIsForgotten(t *testing.T) {
	t.Parallel()
	b := NewBudget(1 << 20)
	a := b.Open()
	one, other := a.OweTo(1, body(t, a, 4096), time.Now()), a.OweTo(3, body(t, a, 4096), time.Now())
	one.Retain()
	a.Forget(1)
	a.Forget(1)
	one.Settle()
	if got := b.Used(); got != 2*4096 {
		t.Errorf("%d bytes are taken while somebody holds a reference", got)
	}
	one.Release()
	if got := b.Used(); got != 4096 {
		t.Errorf("%d bytes are taken", got)
	}
	other.Settle()
	a.Forget(3)
	if got := b.Used(); got != 0 {
		t.Errorf("%d bytes are taken in the end", got)
	}
}
