package server

import (
	"context"
	"net"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/peer"

	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/conns"
)

// watched is the transport credentials of a server without TLS whose connections are
// watched, where its listener is one of a conns.Set. grpc shows a call only what the
// credentials say of its connection.
type watched struct{}

// connection is what a call gets to see of its connection.
type connection struct {
	credentials.AuthInfo
	conn *conns.Conn
}

// ServerHandshake implements credentials.TransportCredentials.
func (watched) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	plain, info, err := insecure.NewCredentials().ServerHandshake(raw)
	conn, ok := raw.(*conns.Conn)
	if err != nil || !ok {
		return plain, info, err
	}
	return conns.Requests(plain, conn), connection{info, conn}, nil
}

// ClientHandshake implements credentials.TransportCredentials; no server calls it.
func (watched) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return insecure.NewCredentials().ClientHandshake(ctx, authority, raw)
}

// Info implements credentials.TransportCredentials.
func (watched) Info() credentials.ProtocolInfo { return insecure.NewCredentials().Info() }

// Clone implements credentials.TransportCredentials.
func (watched) Clone() credentials.TransportCredentials { return watched{} }

// OverrideServerName implements credentials.TransportCredentials.
func (watched) OverrideServerName(string) error { return nil }

// identify fills in who makes the call.
func identify(ctx context.Context, c *call.Call) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return
	}
	c.Caller.Address = p.Addr
	info := p.AuthInfo
	if of, ok := info.(connection); ok {
		c.Memory = of.conn.Account()
		info = of.AuthInfo
	} else if conn := conns.Of(ctx); conn != nil { // of an HTTP server
		c.Memory = conn.Account()
	}
	if secured, ok := info.(credentials.TLSInfo); ok {
		c.Caller.TLS = &secured.State
	}
}
