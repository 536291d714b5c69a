package backend

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/switchboard-gw/switchboard/internal/inflight"
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

// transport sends requests as they are and reads answers whole.
type transport struct {
	base      *url.URL
	wire      http.RoundTripper
	max       int64
	userAgent []string // The header's value.
}

// NewTransport returns the backend that sends requests over HTTP. Its errors are
// *ConnError, *AnswerError, one that is the context's (errors.Is), or, for a
// request whose path is not escaped properly, none of these.
func NewTransport(o TransportOptions) (Backend, error) {
	return newTransport(o, newHTTP())
}

func newTransport(o TransportOptions, wire http.RoundTripper) (Backend, error) {
	base, err := url.Parse(o.BaseURL)
	if err != nil {
		return nil, err
	}
	return &transport{base: base, wire: wire, max: o.MaxResponseBytes, userAgent: []string{o.UserAgent}}, nil
}

// newHTTP returns what talks to one upstream host: TLS 1.2 and up, HTTP/2 where
// it is offered, connections kept for reuse. It is used without an http.Client,
// which would look into redirects; here one is an answer like any other, since
// following it could carry a token to another host.
func newHTTP() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		DialContext:       dialer.DialContext,
		ForceAttemptHTTP2: true,
		// Pings find out that an HTTP/2 connection is dead when nothing says so (a
		// firewall forgot it). All calls share that connection: without pings each
		// would run into its deadline until TCP gives up, a quarter of an hour later.
		//
		// What comes before anybody reads it lies in the connection's buffers, outside
		// the budget for bodies; the default is 4 MiB for each call. Compressed, the
		// largest pages are smaller than this.
		HTTP2: &http.HTTP2Config{
			SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second,
			MaxReceiveBufferPerStream: 512 << 10,
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

// Do implements Backend.
func (t *transport) Do(ctx context.Context, req *Request) (*Response, error) {
	sending, once := sendOnce(ctx)
	defer once.cancel()
	r, err := t.request(sending, req)
	if err != nil {
		return nil, err
	}
	answer, err := t.wire.RoundTrip(r)
	if err != nil {
		return nil, connError(ctx, err, once)
	}
	defer answer.Body.Close()
	body, err := t.read(ctx, answer, req)
	if err != nil {
		return nil, err
	}
	return &Response{Status: answer.StatusCode, Header: answer.Header, Body: body.Bytes(), Memory: body}, nil
}

func (t *transport) request(ctx context.Context, req *Request) (*http.Request, error) {
	u := *t.base
	u.RawPath = strings.TrimSuffix(t.base.EscapedPath(), "/") + req.Path
	var err error
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return nil, fmt.Errorf("the path of %s is not escaped properly: %w", req.Method, err)
	}
	u.RawQuery = req.RawQuery
	var body io.Reader
	if req.Body != nil {
		body = bytes.NewReader(req.Body)
	}
	r, err := http.NewRequestWithContext(ctx, req.Method, "", body)
	if err != nil {
		return nil, err
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
	if req.AcceptGzip {
		r.Header["Accept-Encoding"] = justGzip // tells net/http to leave it compressed
	}
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

// read takes the whole body, which net/http has decompressed unless the request
// accepts it as it comes, up to the bound.
func (t *transport) read(ctx context.Context, answer *http.Response, req *Request) (*inflight.Body, error) {
	fault := func(f AnswerFault, detail string) error {
		return &AnswerError{Fault: f, Status: answer.StatusCode, Detail: detail}
	}
	tooLarge := func() error { return fault(TooLarge, strconv.FormatInt(t.max, 10)+" bytes, --max-response-bytes") }
	if answer.ContentLength > t.max {
		return nil, tooLarge()
	}
	source := io.Reader(answer.Body)
	size := min(answer.ContentLength, maxGrow)
	coding := answer.Header.Get("Content-Encoding")
	switch {
	case coding == "", strings.EqualFold(coding, "identity"), answer.ContentLength == 0:
	case !req.AcceptGzip || !strings.EqualFold(coding, "gzip"): // any other than net/http asks for and undoes
		return nil, fault(Malformed, "its Content-Encoding is "+quote(coding))
	case answer.StatusCode > 299: // we may look into an error
		answer.Header.Del("Content-Encoding")
		source, size = &gunzip{from: source}, -1
	}
	if size < 0 { // not known: chunked, or compressed
		size = int64(req.Length.Bytes())
	}
	body, err := readAll(ctx, io.LimitReader(source, t.max+1), int(size), req)
	var full *inflight.FullError
	var corrupt flate.CorruptInputError
	switch {
	case err == nil && int64(len(body.Bytes())) > t.max:
		body.Release()
		return nil, tooLarge()
	case err == nil:
		if err := t.checkType(answer, len(body.Bytes())); err != nil {
			body.Release()
			return nil, err
		}
		req.Length.Learn(len(body.Bytes()))
		return body, nil
	case errors.As(err, &full):
		full.Growing = true // the upstream has done its part
		return nil, err
	case ctx.Err() != nil:
		return nil, ended(ctx)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return nil, fault(Malformed, "")
	default:
		return nil, fault(Truncated, "")
	}
}

// gunzip decompresses; unlike gzip.Reader it waits for the first Read with reading
// the header, whose error then comes from there, too.
type gunzip struct {
	from io.Reader
	zip  *gzip.Reader
}

func (g *gunzip) Read(p []byte) (int, error) {
	if g.zip == nil {
		var err error
		if g.zip, err = gzip.NewReader(g.from); err != nil {
			return 0, err
		}
	}
	return g.zip.Read(p)
}

// maxGrow bounds the room that is made for an answer before it has come: its
// length is only a claim.
const maxGrow = 4 << 20

// readAll is io.ReadAll into memory that is taken now, since the answer has begun;
// at first it has room for size bytes.
func readAll(ctx context.Context, r io.Reader, size int, req *Request) (_ *inflight.Body, err error) {
	size++ // to find the end in
	var body *inflight.Body
	if req.Second > 0 {
		body, err = req.Memory.TakeTwice(ctx, size, size+req.Second)
	} else {
		body, err = req.Memory.Take(ctx, size)
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			body.Release()
		}
	}()
	for {
		content := body.Buffer()
		if len(*content) == cap(*content) {
			if err := body.Grow(ctx, 2*cap(*content)); err != nil {
				return nil, err
			}
			content = body.Buffer()
		}
		n, err := r.Read((*content)[len(*content):cap(*content)])
		*content = (*content)[:len(*content)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, err
		}
	}
}

// checkType refuses a success that is not the API's: a proxy's login page with
// status 200 must not pass for an answer.
func (t *transport) checkType(answer *http.Response, length int) error {
	if answer.StatusCode < 200 || answer.StatusCode > 299 || length == 0 {
		return nil
	}
	text := answer.Header.Get("Content-Type")
	kind, _, _ := strings.Cut(text, ";") // an odd parameter is no reason to refuse
	kind = strings.ToLower(strings.TrimSpace(kind))
	switch {
	case kind == "", kind == "application/json", kind == "text/json", kind == "text/plain", strings.HasSuffix(kind, "+json"):
		return nil
	}
	return &AnswerError{Fault: NotJSON, Status: answer.StatusCode, Detail: "its Content-Type is " + quote(text)}
}

// quote makes a header's value fit for a message.
func quote(value string) string { return strconv.Quote(value[:min(len(value), 80)]) }

// connError tells the end of the caller's context from the end of a connection.
func connError(ctx context.Context, err error, once *once) error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	return &ConnError{Sent: once.sent.Load(), Err: ours(once.reason(err))}
}
