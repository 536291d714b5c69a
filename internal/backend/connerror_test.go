package backend_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/net/http2"
	"google.golang.org/grpc/test/bufconn"

	"github.com/switchboard-gw/switchboard/internal/backend"
)

// broken is an upstream that cannot be talked to, and what is to be said of it.
// Whatever it sends holds the word secret.
type broken struct {
	url  string
	wire *http.Transport // nil: the usual one
	want backend.ConnKind
	sent bool
}

// brokenUpstreams are all ways in which a call gets no answer, made for real.
func brokenUpstreams(t *testing.T) map[string]broken {
	t.Helper()
	all := map[string]broken{
		"nobody listens": {url: "http://" + deafAddress(t), want: backend.Refused},
		"a name that there is not": {"http://secret.test", resolving(t, func(q dnsmessage.Message) dnsmessage.Message {
			q.RCode = dnsmessage.RCodeNameError
			return q
		}), backend.NameNotFound, false},
		"a name server that fails": {"http://secret.test", resolving(t, func(q dnsmessage.Message) dnsmessage.Message {
			q.RCode = dnsmessage.RCodeServerFailure
			return q
		}), backend.NameUnknown, false},
		"a name server that is silent": {"http://secret.test", resolvedBy(func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			return impatient{near}, far.Close()
		}), backend.NameUnknown, false},
		"a dial that takes long": {"http://127.0.0.1:1", dialling((&net.Dialer{Timeout: time.Nanosecond}).DialContext), backend.ConnectTimeout, false},
	}
	for number, kind := range map[syscall.Errno]backend.ConnKind{
		syscall.EHOSTUNREACH: backend.Unreachable, syscall.ENETUNREACH: backend.Unreachable,
		syscall.EMFILE: backend.NoSockets, syscall.ETIMEDOUT: backend.ConnectTimeout, syscall.EPERM: backend.NotConnected,
	} {
		all[number.Error()] = broken{"http://10.0.0.7:443", dialling(func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 7), Port: 443}, Err: os.NewSyscallError("connect", number)}
		}), kind, false}
	}
	brokenTLS(t, all)
	brokenProxies(t, all)
	brokenHTTP1(t, all)
	brokenHTTP2(t, all)
	return all
}

func dialling(dial func(context.Context, string, string) (net.Conn, error)) *http.Transport {
	return backend.NewHTTP(dial)
}

// resolving looks names up at a server that answers each question.
func resolving(t *testing.T, answer func(dnsmessage.Message) dnsmessage.Message) *http.Transport {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		packet := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(packet)
			if err != nil {
				return
			}
			var question dnsmessage.Message
			if question.Unpack(packet[:n]) != nil {
				continue
			}
			question.Response, question.Additionals = true, nil
			reply := answer(question)
			text, _ := reply.Pack()
			_, _ = server.WriteTo(text, from)
		}
	}()
	return resolvedBy(func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	})
}

func resolvedBy(dial func(context.Context, string, string) (net.Conn, error)) *http.Transport {
	return dialling((&net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: dial}}).DialContext)
}

// impatient is a connection on which nothing comes in time.
type impatient struct{ net.Conn }

func (impatient) Write(b []byte) (int, error) { return len(b), nil }
func (impatient) Read([]byte) (int, error)    { return 0, os.ErrDeadlineExceeded }

func brokenTLS(t *testing.T, all map[string]broken) {
	t.Helper()
	start := func(conf *tls.Config) string {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = quiet
		s.TLS = conf
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	with := func(change func(*x509.Certificate)) string {
		return start(&tls.Config{Certificates: []tls.Certificate{selfSigned(t, change)}})
	}
	all["a certificate of an unknown authority"] = broken{url: with(func(*x509.Certificate) {}), want: backend.CertUnknown}
	all["an expired certificate"] = broken{url: with(func(c *x509.Certificate) { c.NotAfter = time.Unix(1, 0) }), want: backend.CertExpired}
	all["a certificate that is not valid yet"] = broken{url: with(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }), want: backend.CertExpired}
	all["a certificate of another host"] = broken{url: with(func(c *x509.Certificate) { c.IPAddresses = nil }), want: backend.CertForeign}

	client := selfSigned(t, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
	trusting := dialling(new(net.Dialer).DialContext)
	trusting.TLSClientConfig.RootCAs = x509.NewCertPool()
	trusting.TLSClientConfig.RootCAs.AddCert(client.Leaf)
	all["a certificate for clients"] = broken{start(&tls.Config{Certificates: []tls.Certificate{client}}), trusting, backend.CertUnfit, false}

	all["TLS 1.1 only"] = broken{url: start(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}), want: backend.HandshakeFailed}
	all["no TLS at all"] = broken{url: strings.Replace(plain.URL, "http:", "https:", 1), want: backend.HandshakeFailed}
	https := func(text string) string {
		return strings.Replace(atOnce(t, text), "http:", "https:", 1)
	}
	all["garbage for TLS"] = broken{url: https("secret secret secret"), want: backend.HandshakeFailed}
	all["the end of the connection for TLS"] = broken{url: https(""), want: backend.HandshakeFailed}

	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	hasty := dialling(new(net.Dialer).DialContext)
	hasty.TLSHandshakeTimeout = 50 * time.Millisecond
	all["a handshake that takes long"] = broken{"https://" + silent.Addr().String(), hasty, backend.ConnectTimeout, false}
}

// selfSigned is a certificate that no root vouches for.
func selfSigned(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"secret.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	change(template)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// atOnce says the same to everybody who connects, without listening, and hangs up.
func atOnce(t *testing.T, text string) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, text)
			_ = conn.(*net.TCPConn).CloseWrite() // a reset could overtake the text
			_, _ = io.Copy(io.Discard, conn)
			conn.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

func brokenProxies(t *testing.T, all map[string]broken) {
	t.Helper()
	through := func(proxy string) *http.Transport {
		wire := dialling(new(net.Dialer).DialContext)
		u, err := url.Parse(proxy)
		if err != nil {
			t.Fatal(err)
		}
		wire.Proxy = http.ProxyURL(u)
		return wire
	}
	deaf := deafAddress(t)
	for name, proxy := range map[string]string{
		"a proxy that does not listen":  "http://" + deaf,
		"a proxy of SOCKS that is deaf": "socks5://" + deaf,
		"a proxy that cannot reach it":  answering(t, "HTTP/1.1 503 secret 10.0.0.7:443\r\nContent-Length: 0\r\n\r\n").url,
		"a proxy with a made up status": answering(t, "HTTP/1.1 299 secret\r\nContent-Length: 0\r\n\r\n").url,
	} {
		all[name] = broken{"https://secret.example:8443", through(proxy), backend.ProxyFailed, false}
	}
	wants := answering(t, "HTTP/1.1 407 secret words\r\nProxy-Authenticate: Basic realm=\"secret\"\r\nContent-Length: 6\r\n\r\nsecret").url
	all["a proxy that wants a login"] = broken{"https://secret.example:8443", through(wants), backend.ProxyLogin, false}
	all["a proxy that wants a login, without TLS"] = broken{"http://secret.example:8080", through(wants), backend.ProxyLogin, false}
	all["a proxy that wants another login"] = broken{"https://secret.example", through(strings.Replace(wants, "://", "://me:secret@", 1)), backend.ProxyLogin, false}
	all["a proxy that is none"] = broken{"https://secret.example", through(answering(t, "SSH-2.0-secret\r\n").url), backend.NotConnected, false}
	all["a proxy that hangs up"] = broken{"https://secret.example", through(answering(t, "").url), backend.HandshakeFailed, false}
}

func brokenHTTP1(t *testing.T, all map[string]broken) {
	t.Helper()
	reset := serveBytes(t, func(_ int, conn net.Conn) bool { _ = conn.(*net.TCPConn).SetLinger(0); return false })
	all["it is reset"] = broken{url: reset.url, want: backend.Reset, sent: true}
	large := "X: " + strings.Repeat("secret", 11<<10)
	for name, say := range map[string]struct {
		text string
		want backend.ConnKind
	}{
		"it is closed":                        {"", backend.Closed},
		"it breaks before the status":         {"HTTP", backend.NotHTTP},
		"it breaks in the status":             {"HTTP/1.1 20", backend.NotHTTP},
		"it breaks in the headers":            {"HTTP/1.1 200 OK\r\nContent-Type: secret", backend.Closed},
		"it breaks in a header's name":        {"HTTP/1.1 200 OK\r\nContent-secret", backend.NotHTTP},
		"it breaks after a hint":              {head("103 Early Hints"), backend.Closed},
		"it speaks another protocol":          {"SSH-2.0-secret\r\n", backend.NotHTTP},
		"it sends JSON alone":                 {`{"name":"secret","at":"10.0.0.7:443"}` + "\r\n", backend.NotHTTP},
		"its version is made up":              {"HTTP/secret 200 OK\r\n\r\n", backend.NotHTTP},
		"its status is no number":             {"HTTP/1.1 secret OK\r\n\r\n", backend.NotHTTP},
		"a header has no name":                {"HTTP/1.1 200 OK\r\n: secret\r\n\r\n", backend.NotHTTP},
		"a header has no colon":               {"HTTP/1.1 200 OK\r\nsecret\r\n\r\n", backend.NotHTTP},
		"its headers go over the bound":       {head("200 OK", large) + "{}", backend.HeadTooLarge},
		"its hints go over the bound":         {strings.Repeat(head("103 Early Hints", large[:1<<10]), 100) + ok("{}"), backend.HeadTooLarge},
		"its lengths contradict each other":   {head("200 OK", "Content-Length: 1", "Content-Length: 2") + "secret", backend.NotHTTP},
		"its length is not one":               {head("200 OK", "Content-Length: -1") + "secret", backend.NotHTTP},
		"its length is a word":                {head("200 OK", "Content-Length: secret") + "{}", backend.NotHTTP},
		"its transfer encoding is not chunks": {head("200 OK", "Transfer-Encoding: secret") + "{}", backend.NotHTTP},
	} {
		all[name] = broken{url: answering(t, say.text).url, want: say.want, sent: true}
	}
}

func brokenHTTP2(t *testing.T, all map[string]broken) {
	t.Helper()
	for name, way := range map[string]struct {
		do   func(stream) bool
		want backend.ConnKind
	}{
		"HTTP/2: it hangs up":               {func(stream) bool { return false }, backend.Closed},
		"HTTP/2: it refuses the stream":     {func(s stream) bool { _ = s.WriteRSTStream(s.id, http2.ErrCodeRefusedStream); return true }, backend.GivenBack},
		"HTTP/2: it resets the stream":      {func(s stream) bool { _ = s.WriteRSTStream(s.id, http2.ErrCodeInternal); return true }, backend.GivenBack},
		"HTTP/2: it goes away":              {func(s stream) bool { _ = s.WriteGoAway(0, http2.ErrCodeNo, []byte("secret")); return true }, backend.GivenBack},
		"HTTP/2: it goes away in anger":     {func(s stream) bool { _ = s.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte("secret")); return true }, backend.GivenBack},
		"HTTP/2: it goes away and hangs up": {func(s stream) bool { _ = s.WriteGoAway(s.id, http2.ErrCodeInternal, []byte("secret")); return false }, backend.GivenBack},
		"HTTP/2: it breaks the protocol":    {func(s stream) bool { _ = s.WriteRawFrame(http2.FrameData, 0, 0, []byte("secret")); return true }, backend.NotHTTP},
		"HTTP/2: it sends no frames":        {func(s stream) bool { _, _ = io.WriteString(s.Conn, strings.Repeat("secret", 9)); return false }, backend.NotHTTP},
		"HTTP/2: a status that is a word":   {func(s stream) bool { s.answer("secret", "{}"); return true }, backend.NotHTTP},
		"HTTP/2: headers over the bound": {func(s stream) bool {
			s.answer("200", "{}", slices.Repeat([]string{"x", strings.Repeat("secret", 200)}, 60)...)
			return true
		}, backend.HeadTooLarge},
		"HTTP/2: a header over the bound": {func(s stream) bool { s.answer("200", "{}", "x", strings.Repeat("secret", 11<<10)); return true }, backend.NotHTTP},
	} {
		up := serveFrames(t, func(s stream) bool { return s.head || way.do(s) })
		all[name] = broken{url: up.url, want: way.want, sent: true}
	}
}

// unfitForCallers is what a text for callers and for the usual log must not hold:
// addresses, ports, paths, what is quoted, and what the upstream or the request said.
var unfitForCallers = regexp.MustCompile(`\d+\.\d+|:\d|/|"|secret|jane|127|::|localhost|lookup`)

// TestEachFailureOfAConnectionHasAKind and says no more than that, to callers, in
// the usual log and to those who unwrap it no byte that the upstream sent.
func TestEachFailureOfAConnectionHasAKind(t *testing.T) {
	t.Parallel()
	for name, test := range brokenUpstreams(t) {
		for _, request := range janes {
			t.Run(name+", "+request.Method, func(t *testing.T) {
				t.Parallel()
				b := newTransport(t, test.url)
				if test.wire != nil {
					var err error
					if b, err = backend.NewTransportOver(backend.TransportOptions{BaseURL: test.url, MaxResponseBytes: limit}, test.wire); err != nil {
						t.Fatal(err)
					}
				}
				_, err := b.Do(t.Context(), request)
				checkConnError(t, err, test.sent)
				var conn *backend.ConnError
				if errors.As(err, &conn) && conn.Kind != test.want {
					t.Errorf("got %q, want %q (%v)", conn.Kind, test.want, conn.Err)
				}
				if found := unfitForCallers.FindString(err.Error()); found != "" {
					t.Errorf("callers are told %q: %v", found, err)
				}
				for e := errors.Unwrap(err); e != nil; e = errors.Unwrap(e) {
					if test.sent && strings.Contains(e.Error(), "secret") || strings.Contains(e.Error(), "jane") {
						t.Errorf("unwrapped it shows what was sent: %v", e)
					}
				}
			})
		}
	}
}

// TestALoginHostFailsInTheSameWays and its errors say as little.
func TestALoginHostFailsInTheSameWays(t *testing.T) {
	t.Parallel()
	for name, test := range brokenUpstreams(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokens := backend.NewTokens(credentials(test.url))
			if test.wire != nil {
				tokens = backend.NewTokensOver(credentials(test.url), test.wire)
			}
			_, err := tokens.Lease(t.Context())
			problem := checkTokenError(t, err, string(test.want))
			if problem.Refused {
				t.Error("the login host has refused nothing")
			}
			for _, text := range []string{problem.Problem, problem.ForCallers()} {
				if found := unfitForCallers.FindString(text); found != "" {
					t.Errorf("it tells %q: %s", found, text)
				}
			}
		})
	}
}

// TestPathsOfFilesAreForTheLog alone.
func TestPathsOfFilesAreForTheLog(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(empty, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := backend.Credentials{Value: "x"}
	for _, file := range []string{empty, filepath.Join(t.TempDir(), "none"), t.TempDir()} {
		for setting, c := range map[string]backend.ClientCredentials{
			"--client-id-file":     {ID: backend.Credentials{File: file}, Secret: good},
			"--client-secret-file": {ID: good, Secret: backend.Credentials{File: file}},
		} {
			_, err := backend.NewTokens(c).Lease(t.Context())
			problem := checkTokenError(t, err, file)
			if !problem.Refused {
				t.Error("it does not pass by itself")
			}
			if text := problem.ForCallers(); unfitForCallers.MatchString(strings.ReplaceAll(text, setting, "")) || !strings.Contains(text, setting) {
				t.Errorf("callers are told %q, want %s and no path", text, setting)
			}
		}
	}
}

// TestAConnectionThatGoesDeadUnderACall: nothing says so but the pings.
func TestAConnectionThatGoesDeadUnderACall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network := bufconn.Listen(64 << 10)
		var far *pipe
		serveFramesOn(t, network, func(s stream) bool { far.swallow(); return true })
		wire := backend.NewHTTP(func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := network.DialContext(ctx)
			far = &pipe{Conn: conn, swallowing: make(chan struct{})}
			return far, err
		})
		defer wire.CloseIdleConnections()
		b, err := backend.NewTransportOver(backend.TransportOptions{BaseURL: "https://example.com", MaxResponseBytes: limit}, wire)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.Do(t.Context(), get("/x"))
		checkConnError(t, err, true)
		if err.Error() != string(backend.Lost) {
			t.Errorf("got %v", err)
		}
	})
}

// TestWhatAnAnswerSaysOfItselfIsNotTold: a header is the upstream's.
func TestWhatAnAnswerSaysOfItselfIsNotTold(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"Content-Type: %s", "Content-Type: text/html; %s", "Content-Type: %s/html", "Content-Encoding: %s", "Content-Encoding: gzip, %s"} {
		for _, word := range []string{"secret", `10.0.0.7:443/"secret"`, strings.Repeat("secret", 99)} {
			w := answering(t, reply("200 OK", "{}", fmt.Sprintf(header, word)))
			_, err := newTransport(t, w.url).Do(t.Context(), get("/x"))
			var fault *backend.AnswerError
			if !errors.As(err, &fault) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "10.0") || len(err.Error()) > 100 {
				t.Errorf("%s: got %v", header, err)
			}
		}
	}
}
