// Package gateway is the REST face: the generated grpc-gateway handlers, which
// own the paths and the parsing of path and query, in front of the same call
// path that gRPC takes. Bodies and the query string go through verbatim in both
// directions, so that a client newer than the contract loses nothing: a client's
// JSON reaches the upstream byte for byte, and so does the answer come back.
//
// The way of a request: ServeHTTP bounds and reads it into an exchange
// (exchange.go), the generated handler finds the operation and calls conn
// (conn.go), which runs the interceptors and the engine; forward.go writes the
// answer, errors.go what went wrong.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	gatewayv1 "github.com/switchboard-gw/switchboard/gen/gateway/genesyscloud/users/v1"
	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/engine"
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
	// OpenAPI is the document served at /openapi.json.
	OpenAPI []byte
}

type gateway struct {
	mux     *runtime.ServeMux
	maxBody int64
	openAPI []byte
}

// New returns the handler of the REST port.
func New(ctx context.Context, o Options) (http.Handler, error) {
	if err := o.Operations.CheckPrecedence(); err != nil {
		return nil, err
	}
	g := &gateway{maxBody: o.MaxRequestBytes, openAPI: o.OpenAPI}
	g.mux = runtime.NewServeMux(
		// The only mode that keeps an encoded slash inside its segment; what the
		// ids are is read from the escaped path again (operation.BindPath).
		runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptReserved),
		runtime.WithMarshalerOption(runtime.MIMEWildcard, verbatim{}),
		runtime.WithForwardResponseOption(writeHead),
		runtime.WithForwardResponseRewriter(rewrite),
		runtime.WithErrorHandler(writeError),
		runtime.WithRoutingErrorHandler(writeRoutingError),
		// No header becomes gRPC metadata but those that exchange.go lets in,
		// and none turns a verb into another.
		runtime.WithIncomingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithDisablePathLengthFallback(),
	)
	c := newConn(o.Engine, o.Operations, o.Interceptors)
	register := map[string]func() error{
		"UsersService": func() error {
			return gatewayv1.RegisterUsersServiceHandlerClient(ctx, g.mux, usersv1.NewUsersServiceClient(c))
		},
		"UserRoutingService": func() error {
			return gatewayv1.RegisterUserRoutingServiceHandlerClient(ctx, g.mux, usersv1.NewUserRoutingServiceClient(c))
		},
		"UserTelephonyService": func() error {
			return gatewayv1.RegisterUserTelephonyServiceHandlerClient(ctx, g.mux, usersv1.NewUserTelephonyServiceClient(c))
		},
		"UserPresenceService": func() error {
			return gatewayv1.RegisterUserPresenceServiceHandlerClient(ctx, g.mux, usersv1.NewUserPresenceServiceClient(c))
		},
		"UserAnalyticsService": func() error {
			return gatewayv1.RegisterUserAnalyticsServiceHandlerClient(ctx, g.mux, usersv1.NewUserAnalyticsServiceClient(c))
		},
		"UserAuthorizationService": func() error {
			return gatewayv1.RegisterUserAuthorizationServiceHandlerClient(ctx, g.mux, usersv1.NewUserAuthorizationServiceClient(c))
		},
		"UserDevelopmentService": func() error {
			return gatewayv1.RegisterUserDevelopmentServiceHandlerClient(ctx, g.mux, usersv1.NewUserDevelopmentServiceClient(c))
		},
	}
	// In the order that CheckPrecedence has looked at.
	for _, sd := range o.Operations.Services() {
		r, ok := register[string(sd.Name())]
		if !ok {
			return nil, fmt.Errorf("the service %s has no REST handlers: add it to the gateway", sd.FullName())
		}
		if err := r(); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/openapi.json" {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(g.openAPI)
		return
	}
	x, err := newExchange(w, r, g.maxBody)
	if err != nil {
		writeOwn(w, nil, err)
		return
	}
	r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
	r.Body = http.NoBody
	r.Header.Del("Te") // no trailers: the answer is written in one piece
	defer x.release()
	g.mux.ServeHTTP(w, r)
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
		return nil, engine.FailHTTP(http.StatusRequestEntityTooLarge, "request_too_large", fmt.Sprintf("the request's body is over the limit of %d bytes", limit))
	case err != nil:
		return nil, engine.FailHTTP(http.StatusBadRequest, "request_broken", "the request's body broke off before its end")
	case len(body) == 0: // chunked, and empty
		return nil, nil
	}
	return body, nil
}
