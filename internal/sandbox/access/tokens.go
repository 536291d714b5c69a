// Package access tells who calls (tokens.go, with the login host's one endpoint),
// how often they do (ratelimit.go) and whether they may (permissions.go). It knows
// nothing of what is called. It imports problem and wire.
package access

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

const (
	// TokenPath is the login host's one path here.
	TokenPath = "/oauth/token"
	// userTokenPrefix and a user id make a bearer token that acts as that user.
	// It is the sandbox's own invention, for operations on "me".
	userTokenPrefix = "sandbox-user-"
	// maxTokens bounds the tokens remembered; the oldest is forgotten first.
	maxTokens = 10_000
	// maxTokenRequest bounds the form body of a login, in bytes.
	maxTokenRequest = 16_384
)

// Caller is who a request comes from.
type Caller struct {
	LimitKey string // whose allowance it uses
	ClientID string // of a client-credentials token, else empty
	UserID   string // of a user's token, else empty
}

// Authenticate turns the bearer token into a caller. Every failure is 401. The
// caller it returns with an error still says whom to count the request for.
func (t *Tokens) Authenticate(r *http.Request, now time.Time, isActive func(userID string) bool) (Caller, error) {
	bearer := BearerOf(r)
	if bearer == "" {
		return Caller{}, problem.Unauthorized("authentication.required",
			"No authentication bearer token specified in authorization header.")
	}
	if userID, ok := strings.CutPrefix(bearer, userTokenPrefix); ok {
		if !isActive(userID) {
			return Caller{}, problem.Unauthorized("bad.credentials", "The token is not that of an active user.")
		}
		return Caller{LimitKey: bearer, UserID: userID}, nil
	}
	clientID, ok := t.Check(bearer, now)
	if !ok {
		return Caller{}, problem.Unauthorized("bad.credentials", "The token is unknown or has expired.")
	}
	return Caller{LimitKey: bearer, ClientID: clientID}, nil
}

// BearerOf is the bearer token of a request, or nothing.
func BearerOf(r *http.Request) string {
	scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(bearer)
}

// Tokens issues and checks client-credentials tokens. Safe for concurrent use.
type Tokens struct {
	Lifetime               time.Duration
	ClientID, ClientSecret string // empty: any

	mu     sync.Mutex
	issued map[string]issuedToken
	order  []string // as issued, which is also the order of expiry
}

type issuedToken struct {
	clientID string
	expires  time.Time
}

type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"`
}

// LoginProblem is an error as the login host reports it, after RFC 6749 5.2.
type LoginProblem struct {
	Code        string `json:"error"`
	Description string `json:"description"`
	Standard    string `json:"error_description"`

	status int
}

func (p *LoginProblem) Error() string { return p.Code + ": " + p.Description }

// Write answers with the problem.
func (p *LoginProblem) Write(w http.ResponseWriter) {
	if p.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="sandbox"`)
	}
	wire.WriteJSON(w, p.status, p)
}

// Refuse is a problem with a login.
func Refuse(status int, code, description string) *LoginProblem {
	return &LoginProblem{Code: code, Description: description, Standard: description, status: status}
}

// Serve answers the token endpoint.
func (t *Tokens) Serve(w http.ResponseWriter, r *http.Request, now time.Time) {
	if r.Method != http.MethodPost {
		problem.Write(w, problem.WrongMethod(r.Method, []string{http.MethodPost}), w.Header().Get("inin-correlation-id"))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	clientID, err := t.login(w, r)
	if refused := (*LoginProblem)(nil); errors.As(err, &refused) {
		refused.Write(w)
		return
	}
	wire.WriteJSON(w, http.StatusOK, tokenAnswer{
		AccessToken: t.issue(clientID, now),
		TokenType:   "bearer",
		ExpiresIn:   int64(t.Lifetime / time.Second),
	})
}

// login returns the client that proved itself. Its error is a *LoginProblem.
func (t *Tokens) login(w http.ResponseWriter, r *http.Request) (string, error) {
	id, secret, ok := r.BasicAuth()
	if !ok || id == "" || secret == "" {
		return "", Refuse(http.StatusUnauthorized, "invalid_client",
			"client id and secret are expected as HTTP Basic credentials")
	}
	// Clients that follow RFC 6749 2.3.1 to the letter form-encode both.
	if plain, err := url.QueryUnescape(id); err == nil && !same(t.ClientID, id) {
		id = plain
	}
	if plain, err := url.QueryUnescape(secret); err == nil && !same(t.ClientSecret, secret) {
		secret = plain
	}
	if !same(t.ClientID, id) || !same(t.ClientSecret, secret) {
		return "", Refuse(http.StatusUnauthorized, "invalid_client", "client id or secret is wrong")
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil ||
		mediaType != "application/x-www-form-urlencoded" {
		return "", Refuse(http.StatusBadRequest, "invalid_request",
			"the body must be application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxTokenRequest)
	if err := r.ParseForm(); err != nil {
		return "", Refuse(http.StatusBadRequest, "invalid_request", "the form body cannot be read")
	}
	switch r.PostForm.Get("grant_type") {
	case "client_credentials":
		return id, nil
	case "":
		return "", Refuse(http.StatusBadRequest, "invalid_request", "grant_type is required")
	default:
		return "", Refuse(http.StatusBadRequest, "unsupported_grant_type",
			"the sandbox knows client_credentials only")
	}
}

// same compares without telling by its duration how much was right.
func same(accepted, given string) bool {
	return accepted == "" || subtle.ConstantTimeCompare([]byte(accepted), []byte(given)) == 1
}

func (t *Tokens) issue(clientID string, now time.Time) string {
	token := rand.Text() + rand.Text()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.issued == nil {
		t.issued = map[string]issuedToken{}
	}
	for len(t.order) > 0 && (len(t.order) >= maxTokens || !now.Before(t.issued[t.order[0]].expires)) {
		delete(t.issued, t.order[0])
		t.order = t.order[1:]
	}
	t.issued[token] = issuedToken{clientID: clientID, expires: now.Add(t.Lifetime.Truncate(time.Second))}
	t.order = append(t.order, token)
	return token
}

// Check tells whether a token is good, and whose it is.
func (t *Tokens) Check(token string, now time.Time) (clientID string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.issued[token]
	return known.clientID, ok && now.Before(known.expires)
}

// Revoke makes a token worthless before its time.
func (t *Tokens) Revoke(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.issued, token)
}
