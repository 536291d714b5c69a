package conns

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchboard-gw/switchboard/internal/inflight"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

var discard = telemetry.NewLimited(slog.New(slog.DiscardHandler))

// client is a connection of the set, and what tells whether it is closed.
func client(t *testing.T, s *Set) (*Conn, func() bool) {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _ = theirs.Close() })
	closed := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, theirs)
		close(closed)
	}()
	return s.add(ours), func() bool {
		select {
		case <-closed:
			return true
		default:
			return false
		}
	}
}

func owe(t *testing.T, c *Conn, size int, due time.Duration) *inflight.Debt {
	t.Helper()
	body, err := c.account.Take(t.Context(), size)
	if err != nil {
		t.Fatal(err)
	}
	return c.account.Owe(body, time.Now().Add(due))
}

// pass lets time pass, and the set look at its connections.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestAConnectionWithAnOverdueAnswerIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		budget := inflight.NewBudget(1 << 20)
		s := New(budget, discard)
		go s.Watch(t.Context())
		late, lateIsClosed := client(t, s)
		good, goodIsClosed := client(t, s)
		owe(t, late, 4096, 10*time.Second)
		inTime := owe(t, good, 4096, 10*time.Second)
		pass(9 * time.Second)
		inTime.Settle()
		if lateIsClosed() {
			t.Fatal("closed too early")
		}
		pass(2 * time.Second)
		if !lateIsClosed() || goodIsClosed() || budget.Used() != 0 || s.Open() != 1 {
			t.Errorf("late closed: %t, good closed: %t, %d bytes taken, %d open", lateIsClosed(), goodIsClosed(), budget.Used(), s.Open())
		}
		_ = good.Close()
		pass(time.Second)
		if s.Open() != 0 {
			t.Errorf("%d are open", s.Open())
		}
	})
}

// Nobody is hurried while there is room; when others wait, those that have left
// answers unread for a while go, the one with most first, and no more of them than
// it takes.
func TestThoseWhoDoNotReadMakeRoomForOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		budget := inflight.NewBudget(8 << 20)
		s := New(budget, discard)
		go s.Watch(t.Context())
		most, mostIsClosed := client(t, s)
		for range 2 {
			owe(t, most, 1<<20, time.Hour)
		}
		var stalled []func() bool
		for range 5 {
			c, isClosed := client(t, s)
			owe(t, c, 1<<20, time.Hour)
			stalled = append(stalled, isClosed)
		}
		pass(time.Minute)
		if mostIsClosed() || s.Open() != 6 {
			t.Fatal("closed although nobody waits")
		}
		fresh, freshIsClosed := client(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		body, err := fresh.account.Take(ctx, 2<<20)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !mostIsClosed() {
			t.Error("not the one that holds most")
		}
		for i, isClosed := range stalled {
			if isClosed() {
				t.Errorf("the %d. is closed, too", i)
			}
		}
		fresh.account.Owe(body, time.Now().Add(time.Hour)) // not unread for long
		go func() {
			other, _ := client(t, s)
			if body, err := other.account.Take(t.Context(), 1<<20); err == nil {
				body.Release()
			}
		}()
		pass(time.Second)
		if freshIsClosed() {
			t.Error("one that had no time to read is closed")
		}
	})
}

func TestAContextKnowsItsConnection(t *testing.T) {
	t.Parallel()
	s := New(inflight.NewBudget(1<<20), discard)
	ours, theirs := net.Pipe()
	defer func() { _ = theirs.Close() }()
	c := s.add(ours)
	defer func() { _ = c.Close() }()
	if Of(In(t.Context(), c)) != c || Of(In(t.Context(), ours)) != nil || Of(t.Context()) != nil {
		t.Error("it does not")
	}
}

// A client that is told that nothing more comes can still end what it says.
func TestAConnectionCanBeHalfClosed(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l = New(inflight.NewBudget(1<<20), discard).Listen(l)
	defer l.Close()
	theirs, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	ours, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	if err := ours.(*Conn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if n, err := theirs.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("the client reads %d bytes, %v", n, err)
	}
	if _, err := theirs.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if n, err := ours.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("read %d bytes, %v", n, err)
	}
}
