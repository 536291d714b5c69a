// Package conns watches the connections of clients on behalf of all the others: what
// one of them does not read or never finishes must not cost anybody else.
//
//	Set       conns.go   the connections of both faces; closes those that hold up
//	                     others
//	Conn      conn.go    one connection and its account in the memory of bodies
//	requests  frames.go  an HTTP/2 connection whose unfinished requests are counted
//
// It imports inflight, for the accounts, and telemetry, and knows no call. The faces and cmd/server
// import it.
package conns

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/switchboard-gw/switchboard/internal/inflight"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

// Set is the connections that are open. It is safe for concurrent use.
type Set struct {
	memory *inflight.Budget
	log    *telemetry.Limited

	mu   sync.Mutex
	open map[*Conn]struct{}
}

// New returns an empty set, whose connections share the memory.
func New(memory *inflight.Budget, log *telemetry.Limited) *Set {
	return &Set{memory: memory, log: log, open: map[*Conn]struct{}{}}
}

const (
	// Grace is how long an answer may lie unread after the deadline of its call. A
	// client that has not read it by then does not want it any more.
	Grace = 5 * time.Second
	// patience is how long an answer may lie unread, or a request unfinished, while
	// others wait for its memory.
	patience = 2 * time.Second
	// pace is how many bytes a client reads within patience that can be waited for.
	pace = 1 << 20
	// turn is how often Watch looks.
	turn = 250 * time.Millisecond
)

// Watch closes connections that hold up others, until ctx ends: those with an answer
// that is overdue; and while others wait for memory those that have left answers
// unread or requests unfinished for a while, beginning with the one that holds most.
func (s *Set) Watch(ctx context.Context) {
	tick := time.NewTicker(turn)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			s.sweep(now)
		}
	}
}

func (s *Set) sweep(now time.Time) {
	type stalled struct {
		conn  *Conn
		bytes int64
	}
	var unread, unfinished []stalled
	lacks, refused := s.memory.Lacks(), s.memory.Refused()
	s.mu.Lock()
	var overdue []*Conn
	for c := range s.open {
		reads := c.reads(now)
		if c.account.Overdue(now) {
			overdue = append(overdue, c)
			continue
		}
		since := now.Add(-patience)
		if bytes := c.unread(since); lacks > 0 && !reads && bytes > 0 {
			unread = append(unread, stalled{c, bytes})
		}
		if bytes := c.unfinished(since); refused > 0 && bytes > 0 {
			unfinished = append(unfinished, stalled{c, bytes})
		}
	}
	s.mu.Unlock()
	for _, c := range overdue {
		c.give("a client has not read an answer long after its deadline; its connection is closed")
	}
	if len(overdue) > 0 {
		lacks = s.memory.Lacks()
	}
	makeRoom := func(candidates []stalled, lacks int64, why string) {
		slices.SortFunc(candidates, func(x, y stalled) int { return int(y.bytes - x.bytes) })
		for _, c := range candidates {
			if lacks <= 0 {
				return
			}
			c.conn.give(why)
			lacks -= c.bytes
		}
	}
	makeRoom(unread, lacks, "a client neither reads its answers nor finishes its requests while others wait for their memory; its connection is closed")
	makeRoom(unfinished, refused, "a client does not finish its requests while those of others find no room; its connection is closed")
}

// Open is how many connections are open.
func (s *Set) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// Listen makes the connections of a listener ones of the set: Accept returns a
// *Conn.
func (s *Set) Listen(l net.Listener) net.Listener { return listener{l, s} }

type listener struct {
	net.Listener
	set *Set
}

func (l listener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.set.add(raw), nil
}

func (s *Set) add(raw net.Conn) *Conn {
	c := &Conn{Conn: raw, set: s, account: s.memory.Open()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[c] = struct{}{}
	return c
}
