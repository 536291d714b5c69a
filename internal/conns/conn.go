package conns

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchboard-gw/switchboard/internal/inflight"
)

// Conn is a client's connection. When it closes, from whichever side, the answers
// that it still holds go back to the budget: who sends them may never say so.
type Conn struct {
	net.Conn
	set     *Set
	account *inflight.Account
	once    sync.Once
	// requests are those of a gRPC connection; nil for others.
	requests atomic.Pointer[requests]

	written atomic.Int64 // bytes
	// moving is when the client had read much for the last time, and read how much it
	// had taken by then; they are Watch's.
	moving time.Time
	read   int64
}

// Write implements net.Conn.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n))
	return n, err
}

// reads tells whether the client reads at a pace that one can wait for.
func (c *Conn) reads(now time.Time) bool {
	if n := c.written.Load(); n-c.read >= pace || c.moving.IsZero() {
		c.moving, c.read = now, n
	}
	return now.Sub(c.moving) < patience
}

// unread is how many bytes of answers lie unread since before then; unfinished is the
// same for requests that arrive.
func (c *Conn) unread(since time.Time) int64 { return c.account.Stalled(since) }

func (c *Conn) unfinished(since time.Time) int64 {
	if r := c.requests.Load(); r != nil {
		return r.stalled(since)
	}
	return 0
}

// Opening is the stream of a gRPC connection whose head has come last. It is for the
// goroutine that reads from the connection, which gets one frame after the other.
func (c *Conn) Opening() uint32 {
	if r := c.requests.Load(); r != nil {
		return r.opened
	}
	return 0
}

// Received says that a message of a stream has come and is in other books.
func (c *Conn) Received(stream uint32) {
	if r := c.requests.Load(); r != nil {
		r.settle(stream)
	}
}

type key struct{}

// In returns a context that knows its connection; it has the form of
// http.Server.ConnContext.
func In(ctx context.Context, c net.Conn) context.Context {
	if secured, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = secured.NetConn() // below TLS
	}
	return context.WithValue(ctx, key{}, c)
}

// Of returns the connection of a context, or nil.
func Of(ctx context.Context) *Conn {
	c, _ := ctx.Value(key{}).(*Conn)
	return c
}

// Account is the connection's part of the memory.
func (c *Conn) Account() *inflight.Account { return c.account }

// Close implements net.Conn.
func (c *Conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.set.mu.Lock()
		delete(c.set.open, c)
		c.set.mu.Unlock()
		c.account.Close()
	})
	return err
}

// CloseWrite tells the client that nothing more comes. net/http does so with one that
// still sends what nobody wants, before it closes the connection.
func (c *Conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// give closes a connection that is at fault, without waiting for what is still to be
// sent.
func (c *Conn) give(why string) {
	c.set.log.Log(context.Background(), "stalled_client", slog.LevelWarn, why, slog.String("peer", c.RemoteAddr().String()))
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // nor does the system keep it
	}
	_ = c.Close()
}
