package backend

import "net/http"

// NewTransportOver is NewTransport over another wire.
func NewTransportOver(o TransportOptions, wire http.RoundTripper) (Backend, error) {
	return newTransport(o, wire)
}
