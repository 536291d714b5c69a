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

func lease(t *testing.T, b *Budget, expected int64) *Lease {
	t.Helper()
	l, err := b.Lease(t.Context(), estimate(expected))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func estimate(bytes int64) *Estimate {
	e := &Estimate{}
	e.last.Store(bytes)
	return e
}

func TestACallWaitsForMemoryWithinItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1 << 20)
		first := lease(t, b, 1<<20)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := b.Lease(ctx, estimate(1))
		var full *FullError
		if !errors.As(err, &full) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		go func() {
			time.Sleep(time.Second)
			first.Release()
		}()
		start = time.Now()
		lease(t, b, 1).Release()
		if time.Since(start) != time.Second {
			t.Errorf("waited %v", time.Since(start))
		}
	})
}

func TestALargeCallHasTheBudgetForItself(t *testing.T) {
	t.Parallel()
	b := NewBudget(4096)
	l := lease(t, b, 1<<30)
	buffer, err := l.Get(t.Context(), 100_000)
	if err != nil || cap(*buffer) < 100_000 {
		t.Fatalf("got %v", err)
	}
	if b.free.TryAcquire(1) {
		t.Error("another call fits in")
	}
	l.Release()
	l.Release()
	if !b.free.TryAcquire(4096) {
		t.Error("the budget did not come back")
	}
}

func TestKeepOnlyGivesBackTheRest(t *testing.T) {
	t.Parallel()
	b := NewBudget(1 << 20)
	l := lease(t, b, 1<<20)
	wire, err1 := l.Get(t.Context(), 3000)
	_, err2 := l.Get(t.Context(), 5000)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	l.KeepOnly(wire)
	if want := int64(1<<20 - 4096); !b.free.TryAcquire(want) || b.free.TryAcquire(1) {
		t.Errorf("not %d bytes are free", want)
	}
}

// All hold memory and want more, which is what a deadlock is made of.
func TestCallsThatGrowDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	b := NewBudget(64 << 10)
	var inUse, highest atomic.Int64
	var wait sync.WaitGroup
	for range 64 {
		wait.Go(func() {
			for range 50 {
				l := lease(t, b, 2<<10)
				var body *[]byte
				for size := 2 << 10; size <= 32<<10; size *= 2 {
					grown, err := l.Get(t.Context(), size)
					if err != nil {
						t.Error(err)
						return
					}
					l.Put(body)
					body = grown
					*body = (*body)[:size]
					for i := range *body { // the race detector sees who shares it
						(*body)[i] = byte(i)
					}
				}
				now := inUse.Add(l.used)
				for old := highest.Load(); now > old && !highest.CompareAndSwap(old, now); old = highest.Load() {
				}
				inUse.Add(-l.used)
				l.Release()
			}
		})
	}
	wait.Wait()
	if got := highest.Load(); got > 64<<10+48<<10 {
		t.Errorf("%d bytes were in use at once", got)
	}
	if !b.free.TryAcquire(64<<10) || len(b.overdraft) != 0 {
		t.Error("the budget did not come back")
	}
}

func TestOneThatCannotGrowEndsWithItsDeadline(t *testing.T) {
	t.Parallel()
	b := NewBudget(8 << 10)
	first, second := lease(t, b, 4<<10), lease(t, b, 4<<10)
	if _, err := first.Get(t.Context(), 8<<10); err != nil { // takes the overdraft
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := second.Get(ctx, 8<<10); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	first.Release()
	if _, err := second.Get(t.Context(), 8<<10); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestBuffersHaveTheirSizeAndAreOnesOwn(t *testing.T) {
	t.Parallel()
	b := NewBudget(1 << 30)
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		l := lease(t, b, 1)
		size := random.IntN(1 << (1 + random.IntN(25)))
		one, err1 := l.Get(t.Context(), size)
		two, err2 := l.Get(t.Context(), size)
		if err1 != nil || err2 != nil || len(*one) != 0 || cap(*one) < size || cap(*two) < size || one == two {
			t.Fatalf("size %d: %v, %v", size, err1, err2)
		}
		if l.held != max(l.used, 1) || l.used != int64(cap(*one)+cap(*two)) {
			t.Fatalf("holds %d for %d and %d", l.held, cap(*one), cap(*two))
		}
		l.Release()
	}
	if !b.free.TryAcquire(1 << 30) {
		t.Error("the budget did not come back")
	}
}

func TestANilLeaseHasNoBounds(t *testing.T) {
	t.Parallel()
	var l *Lease
	b, err := l.Get(t.Context(), 10)
	if err != nil || cap(*b) < 10 {
		t.Errorf("got %v", err)
	}
	l.Put(b)
	l.KeepOnly(b)
	l.Reset()
	l.Release()
	if l.Expected() <= 0 {
		t.Error("expects nothing")
	}
}

func TestAPeakIsTidiedUpOnceItIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1 << 20)
		var tidied atomic.Int64
		b.tidy = func() { tidied.Add(1) }
		expect := func(after time.Duration, want int64) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			if got := tidied.Load(); got != want {
				t.Errorf("tidied %d times, want %d", got, want)
			}
		}
		lease(t, b, 1<<18).Release()
		expect(time.Minute, 0) // that was no peak
		lease(t, b, 1<<19).Release()
		expect(settleTime-time.Second, 0)
		expect(2*time.Second, 1)
		lease(t, b, 1<<16).Release()
		expect(time.Minute, 1) // the peak is over and done with
		lease(t, b, 1<<19).Release()
		busy := lease(t, b, 1<<19)
		expect(time.Minute, 1) // not while it lasts
		busy.Release()
		expect(time.Minute, 2)
	})
}

func TestAnEstimateRisesAtOnceAndFallsSlowly(t *testing.T) {
	t.Parallel()
	var e Estimate
	if e.bytes() != unknown {
		t.Errorf("knows %d", e.bytes())
	}
	for _, step := range []struct{ used, want int64 }{{4096, 4096}, {65536, 65536}, {4096, 57344}, {0, 57344}, {60000, 60000}} {
		e.learn(step.used)
		if e.bytes() != step.want {
			t.Errorf("after %d: %d, want %d", step.used, e.bytes(), step.want)
		}
	}
}

func TestALeaseTeachesItsKind(t *testing.T) {
	t.Parallel()
	b := NewBudget(1 << 30)
	var kind Estimate
	l, err := b.Lease(t.Context(), &kind)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := l.Get(t.Context(), 5000); err != nil {
			t.Fatal(err)
		}
	}
	l.Release()
	if kind.bytes() != 2*8192 {
		t.Errorf("learned %d", kind.bytes())
	}
}

func BenchmarkLease(b *testing.B) {
	budget, kind := NewBudget(1<<30), estimate(8<<10)
	b.ReportAllocs()
	for b.Loop() {
		l, err := budget.Lease(b.Context(), kind)
		if err != nil {
			b.Fatal(err)
		}
		for range 2 {
			if _, err := l.Get(b.Context(), 4<<10); err != nil {
				b.Fatal(err)
			}
		}
		l.Release()
	}
}
