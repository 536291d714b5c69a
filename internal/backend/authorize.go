package backend

import (
	"context"
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
// (401: nothing was done), a fresh one is tried, once, and ErrServiceTokenRefused
// says that this one is refused as well; a caller's token is the caller's to
// renew. What is no token of a caller's and means to be one is refused, whatever
// the mode, with ErrBadAuthorization.
func Authorize(auth Auth, tokens Tokens) Middleware {
	return func(next Backend) Backend {
		return Func(func(ctx context.Context, req *Request) (*Response, error) {
			_, callers, err := bearer(req.Header["Authorization"])
			switch {
			case err != nil:
				return nil, err
			case auth == AuthCaller && !callers:
				return nil, ErrNoCallerToken
			case callers && auth != AuthService:
				return next.Do(ctx, req)
			}
			lease, err := tokens.Lease(ctx)
			if err != nil {
				return nil, err
			}
			answer, err := attempt(ctx, next, req, lease)
			if err != nil || answer.Status != http.StatusUnauthorized {
				return answer, err
			}
			answer.Release()
			if lease, err = lease.Fresh(ctx); err != nil {
				return nil, err
			}
			answer, err = attempt(ctx, next, req, lease)
			if err == nil && answer.Status == http.StatusUnauthorized {
				answer.Release()
				return nil, ErrServiceTokenRefused
			}
			return answer, err
		})
	}
}

// attempt sends the request with our token in the place of any other, and ends
// the lease.
func attempt(ctx context.Context, next Backend, req *Request, lease Lease) (answer *Response, err error) {
	defer func() {
		outcome := Outcome{Err: err}
		if answer != nil {
			outcome.Status, outcome.Header = answer.Status, answer.Header
		}
		lease.Done(outcome)
	}()
	with := *req
	with.Authorization = lease.Authorization()
	return next.Do(ctx, &with)
}

// bearer reads the values of the Authorization header: none, or one bearer token
// (RFC 6750, section 2.1). The error is ErrBadAuthorization. A call whose token
// cannot be read must not run with the service's rights.
func bearer(values []string) (token string, present bool, err error) {
	if len(values) == 0 {
		return "", false, nil
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.TrimLeft(token, " ")
	if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") || !isBearerToken(token) {
		return "", true, ErrBadAuthorization
	}
	return token, true, nil
}

// isBearerToken tells whether text is a b64token of RFC 6750.
func isBearerToken(text string) bool {
	text = strings.TrimRight(text, "=")
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '.', c == '_', c == '~', c == '+', c == '/':
		default:
			return false
		}
	}
	return text != ""
}
