package backend

import (
	"context"
	"maps"
	"net/http"
	"strings"
)

// Auth says whose token a request carries.
type Auth int

const (
	// AuthAuto takes the caller's token if there is one, else the service's.
	AuthAuto Auth = iota
	// AuthService always takes the service's token.
	AuthService
	// AuthCaller always takes the caller's token; without one the call is
	// refused with ErrNoCallerToken.
	AuthCaller
)

// Authorize puts a token on each request. When the upstream refuses one of ours
// (401: nothing was done), a fresh one is tried, once; a caller's token is the
// caller's to renew.
func Authorize(auth Auth, tokens Tokens) Middleware {
	return func(next Backend) Backend {
		return Func(func(ctx context.Context, req *Request) (*Response, error) {
			callers := hasBearer(req.Header)
			switch {
			case auth == AuthCaller && !callers:
				return nil, ErrNoCallerToken
			case callers && auth != AuthService:
				return next.Do(ctx, req)
			}
			token, err := tokens.Token(ctx)
			if err != nil {
				return nil, err
			}
			answer, err := next.Do(ctx, withToken(req, token))
			if err != nil || answer.Status != http.StatusUnauthorized {
				return answer, err
			}
			fresh, err := tokens.Renew(ctx, token)
			switch {
			case err != nil:
				return nil, err
			case fresh == token:
				return answer, nil
			}
			return next.Do(ctx, withToken(req, fresh))
		})
	}
}

// hasBearer tells whether there is a bearer token (RFC 6750, section 2.1).
func hasBearer(h http.Header) bool {
	scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && strings.TrimSpace(token) != ""
}

// withToken is the request with our token in the place of any other.
func withToken(req *Request, token string) *Request {
	with := *req
	with.Header = make(http.Header, len(req.Header)+1)
	maps.Copy(with.Header, req.Header) // no value is ever changed
	with.Header["Authorization"] = []string{"Bearer " + token}
	return &with
}
