package backend

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"golang.org/x/net/http2"
)

// ConnError says that no answer came from the upstream. The transport returns it.
// It is never the context's error, not even where a timeout of ours is behind it.
//
// Its text is the kind alone: what net and net/http say holds addresses, names of
// the network and bytes that the upstream sent.
type ConnError struct {
	// Sent tells whether the upstream may have got the request, so that a write
	// may have happened.
	Sent bool
	// Kind is what went wrong.
	Kind ConnKind
	// Err says more, addresses too, to those who look for it; nil where there is
	// nothing but bytes of the upstream. It does not hold the request's path or query.
	Err error
}

func (e *ConnError) Error() string { return string(e.Kind) }
func (e *ConnError) Unwrap() error { return e.Err }

// ConnKind is what went wrong with a connection, in words for anybody.
type ConnKind string

// The kinds of failure before there is a connection.
const (
	NameNotFound    ConnKind = "its name was not found"
	NameUnknown     ConnKind = "its name could not be looked up"
	Refused         ConnKind = "the connection was refused"
	Unreachable     ConnKind = "there is no way to its network"
	ConnectTimeout  ConnKind = "connecting took too long"
	NoSockets       ConnKind = "this program has too many connections open"
	NotConnected    ConnKind = "no connection could be made"
	ProxyFailed     ConnKind = "the proxy on the way cannot be reached or refuses"
	ProxyLogin      ConnKind = "the proxy on the way wants a login (407)"
	CertExpired     ConnKind = "its certificate is expired or not valid yet"
	CertUnknown     ConnKind = "its certificate is of an authority that is not trusted"
	CertForeign     ConnKind = "its certificate is for another name"
	CertUnfit       ConnKind = "its certificate is not valid"
	HandshakeFailed ConnKind = "TLS could not be agreed on"
)

// The kinds of failure of a connection that there was.
const (
	Reset        ConnKind = "the connection was reset before an answer"
	Closed       ConnKind = "the connection was closed before an answer"
	Lost         ConnKind = "the connection went dead before an answer"
	GivenBack    ConnKind = "it gave the request back without an answer"
	NotHTTP      ConnKind = "what it sent is not HTTP"
	HeadTooLarge ConnKind = "the headers of its answer are too large"
)

// connError tells the end of the caller's context from the end of a connection.
func connError(ctx context.Context, err error, once *once) error {
	switch {
	case ctx.Err() != nil:
		return ended(ctx)
	case !once.asked:
		return ErrUnsendable // net/http names the header at fault
	}
	kind, reason := once.classify(err)
	return &ConnError{Sent: once.sent.Load() && kind != ProxyLogin, Kind: kind, Err: reason}
}

// classify finds the kind of an error of net/http, and what of the error may be
// kept: parts of types whose text holds nothing that an answer did.
func (o *once) classify(err error) (ConnKind, error) {
	var (
		name   *net.DNSError
		proxy  *proxyError
		op     *net.OpError
		cert   *tls.CertificateVerificationError
		record tls.RecordHeaderError
		number syscall.Errno
		stream http2.StreamError
	)
	switch {
	case o.cancelled:
		return GivenBack, nil
	case errors.As(err, &proxy) && proxy.status == http.StatusProxyAuthRequired:
		return ProxyLogin, proxy
	case errors.As(err, &proxy):
		return ProxyFailed, proxy
	case errors.As(err, &op) && (op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks")):
		return ProxyFailed, ours(op)
	case errors.As(err, &name):
		if name.IsNotFound {
			return NameNotFound, ours(name)
		}
		return NameUnknown, ours(name)
	case errors.As(err, &op) && op.Op == "dial":
		return dialKind(op), ours(op)
	case errors.As(err, &cert):
		return certKind(cert), cert
	case errors.As(err, &op) && strings.HasSuffix(op.Op, " error"): // an alert of TLS, "local" or "remote"
		return HandshakeFailed, op
	case errors.As(err, &record):
		return HandshakeFailed, record
	case errors.Is(err, http.ErrSchemeMismatch):
		return HandshakeFailed, http.ErrSchemeMismatch
	case errors.As(err, &stream) && stream.Cause != nil && stream.Cause.Error() == "received from peer":
		return GivenBack, fmt.Errorf("the stream was reset with %v", stream.Code)
	case stream.Cause != nil: // net/http has reset it
		err = stream.Cause
	}
	text := strings.TrimPrefix(err.Error(), "net/http: HTTP/1.x transport connection broken: ")
	for _, known := range kindOfText {
		if strings.HasPrefix(text, known.beginning) {
			return known.kind, nil
		}
	}
	ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
	switch reset := errors.As(err, &number) && (number == syscall.ECONNRESET || number == syscall.EPIPE); {
	case o.conn == nil && (reset || ended):
		return HandshakeFailed, nil
	case o.conn == nil:
		return NotConnected, nil
	case reset:
		return Reset, number
	case ended:
		return Closed, nil
	case errors.As(err, &op):
		return Closed, ours(op)
	default:
		return NotHTTP, nil
	}
}

// kindOfText has the errors of net/http that have no type, by how they begin: the
// rest may be the upstream's.
var kindOfText = []struct {
	beginning string
	kind      ConnKind
}{
	{"net/http: TLS handshake timeout", ConnectTimeout},
	{"tls: ", HandshakeFailed},
	{"http: server closed idle connection", Closed},
	{"http2: client connection force closed", Closed},
	{"http2: client connection lost", Lost},
	{"http2: server sent GOAWAY", GivenBack},
	{"http2: Transport received GOAWAY", GivenBack},
	{"net/http: server response headers exceeded", HeadTooLarge},
	{"http2: response header list larger", HeadTooLarge},
	{"header list too large", HeadTooLarge},
}

func dialKind(op *net.OpError) ConnKind {
	var number syscall.Errno
	errors.As(op, &number)
	switch {
	case op.Timeout():
		return ConnectTimeout
	case number == syscall.ECONNREFUSED:
		return Refused
	case number == syscall.EHOSTUNREACH, number == syscall.ENETUNREACH, number == syscall.EADDRNOTAVAIL:
		return Unreachable
	case number == syscall.EMFILE, number == syscall.ENFILE:
		return NoSockets
	default:
		return NotConnected
	}
}

func certKind(err *tls.CertificateVerificationError) ConnKind {
	var (
		invalid x509.CertificateInvalidError
		unknown x509.UnknownAuthorityError
		foreign x509.HostnameError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return CertExpired
	case errors.As(err, &unknown):
		return CertUnknown
	case errors.As(err, &foreign):
		return CertForeign
	default:
		return CertUnfit
	}
}

// proxyError is the answer of a proxy that passes nothing on.
type proxyError struct {
	host   string // with its port, without credentials
	status int
}

func (e *proxyError) Error() string { return fmt.Sprintf("the proxy %s answered %d", e.host, e.status) }

// ProxyOf names the proxy that refused what an error is about, by its host and port,
// for the log; empty where none did.
func ProxyOf(err error) string {
	var refused *proxyError
	if errors.As(err, &refused) {
		return refused.host
	}
	return ""
}

// checkProxy is a hook of http.Transport, which would tell the proxy's words.
func checkProxy(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return &proxyError{proxy.Host, answer.StatusCode}
	}
	return nil
}

// roundTrip sends a request. Without TLS it is the proxy that a request goes to, and
// whose answer comes back: 407 is that proxy's and nobody else's.
func roundTrip(wire http.RoundTripper, r *http.Request) (*http.Response, error) {
	answer, err := wire.RoundTrip(r)
	if err != nil || answer.StatusCode != http.StatusProxyAuthRequired || r.URL.Scheme != "http" {
		return answer, err
	}
	through, ok := wire.(*http.Transport)
	if !ok || through.Proxy == nil {
		return answer, nil
	}
	if proxy, err := through.Proxy(r); err == nil && proxy != nil {
		_ = answer.Body.Close()
		return nil, &proxyError{proxy.Host, answer.StatusCode}
	}
	return answer, nil
}
