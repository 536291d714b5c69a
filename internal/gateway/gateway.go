// Package gateway is the REST face: the generated grpc-gateway handlers, which
// own the paths and the parsing of path and query, in front of the same call
// path that gRPC takes. Bodies and the query string go through verbatim in both
// directions, so that a client newer than the contract loses nothing: a client's
// JSON reaches the upstream byte for byte, and so does the answer come back.
//
// The way of a request: ServeHTTP finds the operation and begins an exchange
// (exchange.go), reads the body (body.go), and the generated handler calls conn
// (conn.go), which hands the call to the chain and the engine; forward.go writes the
// answer, errors.go what went wrong. A path that no operation has may pass through
// untyped (passthrough.go). A login goes its own way (login.go).
package gateway

import (
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/klauspost/compress/gzhttp"
	"github.com/rs/cors"

	gatewayv1 "github.com/switchboard-gw/switchboard/gen/gateway/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/apidocs"
	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/failure"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// Options is what a gateway is made of.
type Options struct {
	Engine     *engine.Engine
	Operations *operation.Set
	// Chain is what every call passes, the same as on the gRPC face.
	Chain *call.Chain
	// MaxRequestBytes bounds a request's body, and Timeout the time until it has come.
	MaxRequestBytes int64
	Timeout         time.Duration
	// OpenAPI is the document served at /openapi.json and shown at /docs.
	OpenAPI []byte
	// APIPrefix and LoginPrefix are what stands before /api/v2 and /oauth/token:
	// nothing, or segments with a leading slash each.
	APIPrefix, LoginPrefix string
	// Login is the login host; nil where clients cannot log in here.
	Login backend.Backend
	// RPC serves what is no REST; nil for nothing.
	RPC RPC
	// Origins are the web origins whose pages may call, in the form of RFC 6454.
	Origins []string
	// Passthrough is what may be called beside the contract.
	Passthrough Passthrough
}

// New returns the handler of the REST port.
func New(ctx context.Context, o Options) (http.Handler, error) {
	api, err := newAPI(ctx, o)
	if err != nil {
		return nil, err
	}
	compress, err := gzhttp.NewWrapper(gzhttp.CompressionLevel(gzip.BestSpeed))
	if err != nil {
		return nil, err
	}
	docs, err := apidocs.Handler(o.OpenAPI)
	if err != nil {
		return nil, err
	}
	plain := &face{
		api: api, docs: docs,
		loginPath: o.LoginPrefix + loginPath, login: &login{o.Login, o.Timeout, o.Chain},
	}
	var handler http.Handler = &encoder{plain: plain, compressed: compress(plain)}
	if o.RPC != nil {
		handler = &rpcFirst{o.RPC, handler}
	}
	if handler, err = refuseCrossSite(o.Origins, handler); err != nil {
		return nil, err
	}
	if len(o.Origins) > 0 {
		handler = crossOrigin(o.Origins).Handler(handler)
	}
	return handler, nil
}

// RPC is a handler of RPCs in protocols that share this port: Connect, gRPC-Web.
type RPC interface {
	http.Handler
	// Serves tells whether a path is that of an RPC.
	Serves(path string) bool
}

// rpcFirst sends RPCs to where they belong. What compresses answers is not for them.
type rpcFirst struct {
	rpc  RPC
	rest http.Handler
}

func (f *rpcFirst) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.rpc.Serves(r.URL.Path) {
		f.rpc.ServeHTTP(w, r)
		return
	}
	f.rest.ServeHTTP(w, r)
}

// encoder spares those who do not ask for gzip the way past what compresses.
type encoder struct{ plain, compressed http.Handler }

func (e *encoder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, codings := range r.Header["Accept-Encoding"] {
		if strings.Contains(codings, "gzip") {
			e.compressed.ServeHTTP(w, r)
			return
		}
	}
	w.Header().Add("Vary", "Accept-Encoding")
	e.plain.ServeHTTP(w, r)
}

// face tells the operations from what else the REST port serves. It is no
// http.ServeMux, which would clean the paths: an id may look like dirt.
type face struct {
	api, login, docs http.Handler
	loginPath        string
}

func (f *face) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == f.loginPath:
		f.login.ServeHTTP(w, r)
	case path == apidocs.DocumentPath, strings.HasPrefix(path, apidocs.Path):
		f.docs.ServeHTTP(w, r)
	case path == "/", path+"/" == apidocs.Path:
		http.Redirect(w, r, apidocs.Path, http.StatusFound)
	default:
		f.api.ServeHTTP(w, r)
	}
}

// refuseCrossSite refuses what a page of another origin sends to change something:
// a browser asks nobody before it posts a form or plain text, and a call without a
// token has the service's rights.
func refuseCrossSite(origins []string, next http.Handler) (http.Handler, error) {
	protection := http.NewCrossOriginProtection()
	for _, origin := range origins {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeOwn(w, newExchange(r, r.URL.EscapedPath()), failure.NewHTTP(http.StatusForbidden, "cross_site", "a web page of another origin may not call; --http-cors-origins lists those that may"))
	}))
	return protection.Handler(next), nil
}

// crossOrigin lets pages of these origins call from a browser (the CORS protocol
// of the Fetch standard), with a token but without cookies.
func crossOrigin(origins []string) *cors.Cors {
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: everyVerb,
		AllowedHeaders: slices.Concat([]string{"Content-Type"}, toCall, toUpstream, rpcHeaders),
		ExposedHeaders: slices.Concat([]string{"X-Request-Id"}, passedBack, rpcAnswerHeaders),
		MaxAge:         600,
	})
}

// What a page's Connect and gRPC-Web libraries send and read beside what all do.
var (
	rpcHeaders       = []string{"Connect-Protocol-Version", "Connect-Timeout-Ms", "Grpc-Timeout", "X-Grpc-Web", "X-User-Agent"}
	rpcAnswerHeaders = []string{"Grpc-Status", "Grpc-Message", "Grpc-Status-Details-Bin", "X-Upstream-Status", "X-Contract-Drift", "Trailer-X-Contract-Drift"}
)

// api serves the operations.
type api struct {
	operations *operation.Set
	// services has a mux for each service, by its name. A mux tries its patterns one
	// after the other: with those of one service it is done sooner.
	services map[string]*runtime.ServeMux
	prefix   string
	receiver receiver
	chain    *call.Chain
	engine   *engine.Engine

	passthrough Passthrough
}

func newAPI(ctx context.Context, o Options) (*api, error) {
	if err := o.Operations.CheckPrecedence(); err != nil {
		return nil, err
	}
	a := &api{
		operations: o.Operations, services: map[string]*runtime.ServeMux{},
		prefix: o.APIPrefix, receiver: receiver{o.MaxRequestBytes, o.Timeout}, chain: o.Chain, engine: o.Engine,
		passthrough: o.Passthrough,
	}
	c := &conn{o.Engine, o.Operations, o.Chain, newInProcess(o.Chain)}
	// In the order that CheckPrecedence has looked at.
	for _, sd := range o.Operations.Services() {
		mux := a.newMux()
		a.services[string(sd.Name())] = mux
		register := gatewayv1.Services[string(sd.FullName())]
		if register == nil {
			return nil, fmt.Errorf("the service %s has no REST handlers: run make generate", sd.FullName())
		}
		if err := register(ctx, mux, c); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *api) newMux() *runtime.ServeMux {
	return runtime.NewServeMux(
		// The only mode that keeps an encoded slash inside its segment; what the
		// ids are is read from the escaped path again (operation.BindPath).
		runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptReserved),
		runtime.WithMarshalerOption(runtime.MIMEWildcard, verbatim{}),
		runtime.WithForwardResponseOption(forwardHead),
		runtime.WithForwardResponseRewriter(rewrite),
		runtime.WithErrorHandler(forwardError),
		runtime.WithRoutingErrorHandler(a.writeRoutingError),
		// No header becomes gRPC metadata but those that exchange.go lets in,
		// and none turns a verb into another.
		runtime.WithIncomingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithDisablePathLengthFallback(),
	)
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	inside := a.inside(r.URL)
	if inside == nil {
		a.early(w, r, newExchange(r, ""), failure.NewHTTP(http.StatusNotFound, "unknown_path", "the API is below "+a.prefix+operation.APIPrefix+" here"))
		return
	}
	x := newExchange(r, inside.EscapedPath())
	defer x.release()
	var err error
	op := a.operations.Find(r.Method, x.path)
	if op == nil {
		if op, err = a.beside(w.Header(), r.Method, x); err != nil {
			a.early(w, r, x, err) // before anybody reads what it brings
			return
		}
	}
	x.call.Method, x.call.Operation = op.FullMethod, op
	if x.body, err = a.receiver.read(w, r, x.call.Memory); err != nil {
		a.early(w, r, x, received(op.Name, err))
		return
	}
	if x.body != nil {
		x.verbatim.Body = x.body.Bytes()
	}
	if !op.Typed() {
		a.pass(w, r, x)
		return
	}
	// The mux and the generated handlers get to see what they need, no more: all
	// else that they would do with a request is done here in another way.
	routed := r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
	routed.URL, routed.Body = &url.URL{Path: inside.Path, RawPath: inside.RawPath}, http.NoBody
	routed.Header, routed.Host, routed.RemoteAddr = nil, "", ""
	a.services[op.Service()].ServeHTTP(w, routed)
}

// early answers a request that ends before it is a call.
func (a *api) early(w http.ResponseWriter, r *http.Request, x *exchange, err error) {
	a.chain.Note(r.Context(), &x.call, err)
	writeOwn(w, x, err)
}

// inside is the address without the prefix; nil if it is not below that.
func (a *api) inside(u *url.URL) *url.URL {
	if a.prefix == "" {
		return u
	}
	rest, ok := strings.CutPrefix(u.EscapedPath(), a.prefix)
	if !ok || !strings.HasPrefix(rest, "/") {
		return nil
	}
	inside := *u // the prefix is of characters that need no escape
	inside.Path, inside.RawPath = strings.TrimPrefix(u.Path, a.prefix), strings.TrimPrefix(u.RawPath, a.prefix)
	return &inside
}
