package backend

import (
	"context"
	"net"
	"net/http"
)

// NewTransportOver is NewTransport over another wire.
func NewTransportOver(o TransportOptions, wire http.RoundTripper) (Backend, error) {
	return newTransport(o, wire)
}

// NewHTTP is what NewTransport talks with, over another network.
func NewHTTP(dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Transport {
	wire := newHTTP()
	wire.DialContext = dial
	return wire
}

// NewTokensOver is NewTokens over another wire.
func NewTokensOver(c ClientCredentials, wire http.RoundTripper) Tokens { return newTokens(c, wire) }

// Bearer reads the values of the Authorization header.
func Bearer(values []string) (token string, present bool, err error) { return bearer(values) }
