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
	// requests counts the unfinished requests of a gRPC connection; nil for others.
	requests atomic.Pointer[requests]
}

// stalled is how much memory the connection holds that waits for its client since
// before then.
func (c *Conn) stalled(since time.Time) int64 {
	bytes := c.account.Stalled(since)
	if r := c.requests.Load(); r != nil {
		bytes += r.stalled(since)
	}
	return bytes
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
