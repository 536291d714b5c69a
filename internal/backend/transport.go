package backend

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// TransportOptions is what the last link of the chain is made of.
type TransportOptions struct {
	// BaseURL is the upstream's address, without a trailing slash.
	BaseURL string
	// MaxResponseBytes bounds the decompressed body of an answer.
	MaxResponseBytes int64
	// UserAgent names this program and its version to the upstream.
	UserAgent string
}

// transport sends requests as they are and reads answers whole (answer.go).
type transport struct {
	base      *url.URL
	prefix    string // of all paths: that of base, without a slash at its end
	wire      http.RoundTripper
	max       int64
	userAgent []string // The header's value.
}

// NewTransport returns the backend that sends requests over HTTP. Its errors are
// *ConnError, *AnswerError, *inflight.FullError, ErrUnsendable, or one that is the
// context's (errors.Is).
func NewTransport(o TransportOptions) (Backend, error) {
	return newTransport(o, newHTTP())
}

func newTransport(o TransportOptions, wire http.RoundTripper) (Backend, error) {
	base, err := url.Parse(o.BaseURL)
	if err != nil {
		return nil, err
	}
	prefix := strings.TrimSuffix(base.EscapedPath(), "/")
	if prefix != "" && !isPath(prefix) {
		return nil, fmt.Errorf("the path of %s is not escaped properly", o.BaseURL)
	}
	return &transport{base: base, prefix: prefix, wire: wire, max: o.MaxResponseBytes, userAgent: []string{o.UserAgent}}, nil
}

// newHTTP returns what talks to one upstream host: TLS 1.2 and up, HTTP/2 where
// it is offered, connections kept for reuse. It is used without an http.Client,
// which would look into redirects; here one is an answer like any other, since
// following it could carry a token to another host.
func newHTTP() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: checkProxy,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		// Pings find out that an HTTP/2 connection is dead when nothing says so (a
		// firewall forgot it). All calls share that connection: without pings each
		// would run into its deadline until TCP gives up, a quarter of an hour later.
		//
		// What comes before anybody reads it lies in the buffers of the connection, not
		// in the budget: answers wait there while memory is taken for them, once their
		// head has come. The defaults are 4 MiB a call and 1 GiB in all. A quarter of a
		// mebibyte is more than most answers have, compressed; a hundred and more that
		// wait leave the connection to the others.
		HTTP2: &http.HTTP2Config{
			SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second,
			MaxReceiveBufferPerStream:     maxStreamBuffer,
			MaxReceiveBufferPerConnection: maxConnectionBuffer,
		},

		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    256,
		MaxResponseHeaderBytes: 64 << 10,
		ReadBufferSize:         32 << 10,
		WriteBufferSize:        32 << 10,
	}
}

const (
	maxStreamBuffer     = 256 << 10
	maxConnectionBuffer = 32 << 20
)

// Do implements Backend.
func (t *transport) Do(ctx context.Context, req *Request) (*Response, error) {
	sending, once := sendOnce(ctx)
	defer once.cancel()
	r, err := t.request(sending, req)
	if err != nil {
		return nil, err
	}
	once.idempotent = takenForIdempotent(r)
	answer, err := roundTrip(t.wire, r)
	if err != nil {
		return nil, connError(ctx, err, once)
	}
	defer answer.Body.Close()
	return t.read(ctx, answer, req)
}

func (t *transport) request(ctx context.Context, req *Request) (*http.Request, error) {
	if !isPath(req.Path) {
		return nil, ErrUnsendable
	}
	u := *t.base
	u.RawPath = t.prefix + req.Path
	u.Path, _ = url.PathUnescape(u.RawPath) // every escape in it is one
	u.RawQuery = escapeQuery(req.RawQuery)
	var body io.Reader
	if req.Body != nil {
		body = bytes.NewReader(req.Body)
	}
	r, err := http.NewRequestWithContext(ctx, req.Method, "", body)
	if err != nil {
		return nil, ErrUnsendable // a method that is none
	}
	*r.URL, r.Host = u, u.Host // set afterwards: path and query as they are, and in no parser's error
	for name, values := range req.Header {
		if name = http.CanonicalHeaderKey(name); !notForwarded[name] {
			r.Header[name] = values
		}
	}
	for _, values := range req.Header.Values("Connection") {
		for name := range strings.SplitSeq(values, ",") {
			r.Header.Del(strings.TrimSpace(name))
		}
	}
	if req.Authorization != nil {
		r.Header["Authorization"] = req.Authorization
	}
	r.Header["Accept"] = applicationJSON
	if req.Body != nil && r.Header["Content-Type"] == nil {
		r.Header["Content-Type"] = applicationJSON
	}
	r.Header["Accept-Encoding"] = justGzip // tells net/http to leave it compressed
	r.Header["User-Agent"] = t.userAgent
	return r, nil
}

// Values of headers. Nobody may change them.
var (
	applicationJSON = []string{"application/json"}
	justGzip        = []string{"gzip"}
)

// notForwarded are the headers of one connection (RFC 9110, section 7.6.1; those
// that Connection names are, too) and those that net/http sets itself.
var notForwarded = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Authenticate": true, "Proxy-Authorization": true, "Proxy-Connection": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
	"Host": true, "Content-Length": true, "Accept-Encoding": true,
}
