// Package gateway is the REST face: the generated grpc-gateway handlers, which
// own the paths and the parsing of path and query, in front of the same call
// path that gRPC takes. Bodies and the query string go through verbatim in both
// directions, so that a client newer than the contract loses nothing: a client's
// JSON reaches the upstream byte for byte, and so does the answer come back.
//
// The way of a request: ServeHTTP bounds and reads it into an exchange
// (exchange.go), the generated handler finds the operation and calls conn
// (conn.go), which runs the interceptors and the engine; forward.go writes the
// answer, errors.go what went wrong. A login goes its own way (login.go).
package gateway

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/klauspost/compress/gzhttp"
	"github.com/rs/cors"
	"google.golang.org/grpc"

	gatewayv1 "github.com/switchboard-gw/switchboard/gen/gateway/genesyscloud/users/v1"
	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/apidocs"
	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/failure"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// Options is what a gateway is made of.
type Options struct {
	Engine     *engine.Engine
	Operations *operation.Set
	// Interceptors are the same that stand before the gRPC face.
	Interceptors []grpc.UnaryServerInterceptor
	// MaxRequestBytes bounds a request's body.
	MaxRequestBytes int64
	// OpenAPI is the document served at /openapi.json and shown at /docs.
	OpenAPI []byte
	// APIPrefix and LoginPrefix are what stands before /api/v2 and /oauth/token:
	// nothing, or segments with a leading slash each.
	APIPrefix, LoginPrefix string
	// Login is the login host; nil where clients cannot log in here.
	Login backend.Backend
	// LoginTimeout is how long a login may take.
	LoginTimeout time.Duration
	// Origins are the web origins whose pages may call, in the form of RFC 6454.
	Origins []string
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
	docs, err := apidocs.Handler(below(o.APIPrefix, o.OpenAPI))
	if err != nil {
		return nil, err
	}
	plain := &face{
		api: api, docs: docs,
		loginPath: o.LoginPrefix + loginPath, login: &login{o.Login, o.LoginTimeout},
	}
	var handler http.Handler = &encoder{plain: plain, compressed: compress(plain)}
	if len(o.Origins) > 0 {
		handler = crossOrigin(o.Origins).Handler(handler)
	}
	return handler, nil
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

// below is the document of an API whose paths have a prefix.
func below(prefix string, document []byte) []byte {
	rest, ok := bytes.CutPrefix(document, []byte("{"))
	if prefix == "" || !ok {
		return document
	}
	return fmt.Appendf(nil, "{\"basePath\": %q,%s", prefix, rest)
}

// crossOrigin lets pages of these origins call from a browser (the CORS protocol
// of the Fetch standard), with a token but without cookies.
func crossOrigin(origins []string) *cors.Cors {
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowedHeaders: slices.Concat([]string{"Content-Type"}, toCall, toUpstream),
		ExposedHeaders: slices.Concat([]string{"X-Request-Id"}, passedBack),
		MaxAge:         600,
	})
}

// api serves the operations.
type api struct {
	operations *operation.Set
	// services has a mux for each service, by its name, and all the one that has
	// them all. A mux tries its patterns one after the other: with those of one
	// service it is done sooner. all says what is wrong with a path of none.
	services map[string]*runtime.ServeMux
	all      *runtime.ServeMux
	prefix   string
	maxBody  int64
}

func newAPI(ctx context.Context, o Options) (*api, error) {
	if err := o.Operations.CheckPrecedence(); err != nil {
		return nil, err
	}
	a := &api{
		operations: o.Operations, services: map[string]*runtime.ServeMux{},
		prefix: o.APIPrefix, maxBody: o.MaxRequestBytes,
	}
	a.all = a.newMux()
	c := newConn(o.Engine, o.Operations, o.Interceptors)
	// In the order that CheckPrecedence has looked at.
	for _, sd := range o.Operations.Services() {
		name, mux := string(sd.Name()), a.newMux()
		a.services[name] = mux
		for _, into := range []*runtime.ServeMux{mux, a.all} {
			if err := register(ctx, name, into, c); err != nil {
				return nil, err
			}
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
		runtime.WithForwardResponseOption(writeHead),
		runtime.WithForwardResponseRewriter(rewrite),
		runtime.WithErrorHandler(writeError),
		runtime.WithRoutingErrorHandler(a.writeRoutingError),
		// No header becomes gRPC metadata but those that exchange.go lets in,
		// and none turns a verb into another.
		runtime.WithIncomingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithDisablePathLengthFallback(),
	)
}

// register adds the generated handlers of a service to a mux.
func register(ctx context.Context, service string, mux *runtime.ServeMux, c grpc.ClientConnInterface) error {
	switch service {
	case "UsersService":
		return gatewayv1.RegisterUsersServiceHandlerClient(ctx, mux, usersv1.NewUsersServiceClient(c))
	case "UserRoutingService":
		return gatewayv1.RegisterUserRoutingServiceHandlerClient(ctx, mux, usersv1.NewUserRoutingServiceClient(c))
	case "UserTelephonyService":
		return gatewayv1.RegisterUserTelephonyServiceHandlerClient(ctx, mux, usersv1.NewUserTelephonyServiceClient(c))
	case "UserPresenceService":
		return gatewayv1.RegisterUserPresenceServiceHandlerClient(ctx, mux, usersv1.NewUserPresenceServiceClient(c))
	case "UserAnalyticsService":
		return gatewayv1.RegisterUserAnalyticsServiceHandlerClient(ctx, mux, usersv1.NewUserAnalyticsServiceClient(c))
	case "UserAuthorizationService":
		return gatewayv1.RegisterUserAuthorizationServiceHandlerClient(ctx, mux, usersv1.NewUserAuthorizationServiceClient(c))
	case "UserDevelopmentService":
		return gatewayv1.RegisterUserDevelopmentServiceHandlerClient(ctx, mux, usersv1.NewUserDevelopmentServiceClient(c))
	}
	return fmt.Errorf("the service %s has no REST handlers: add it to the gateway", service)
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	inside := a.inside(r.URL)
	if inside == nil {
		writeOwn(w, nil, failure.NewHTTP(http.StatusNotFound, "unknown_path", "the API is below "+a.prefix+"/api/v2/ here"))
		return
	}
	x, err := newExchange(w, r, inside.EscapedPath(), a.maxBody)
	if err != nil {
		writeOwn(w, nil, err)
		return
	}
	defer x.release()
	// The mux and the generated handlers get to see what they need, no more: all
	// else that they would do with a request is done here in another way.
	routed := r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
	routed.URL, routed.Body = inside, http.NoBody
	routed.Header, routed.Host, routed.RemoteAddr = nil, "", ""
	mux := a.all
	if op := a.operations.Find(r.Method, x.path); op != nil {
		mux = a.services[op.Service()]
	}
	mux.ServeHTTP(w, routed)
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

// readBody reads a bounded body; nil where the request has none.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, failure.NewHTTP(http.StatusRequestEntityTooLarge, "request_too_large", fmt.Sprintf("the request's body is over the limit of %d bytes", limit))
	case err != nil:
		return nil, failure.NewHTTP(http.StatusBadRequest, "request_broken", "the request's body broke off before its end")
	case len(body) == 0: // chunked, and empty
		return nil, nil
	}
	return body, nil
}
