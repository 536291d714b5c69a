package sandbox

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
)

const (
	// tokenPath is the login host's one path here.
	tokenPath = "/oauth/token"
	// userTokenPrefix and a user id make a bearer token that acts as that user.
	// It is the sandbox's own invention, for operations on "me".
	userTokenPrefix = "sandbox-user-"
	// maxTokens bounds the tokens remembered; the oldest is forgotten first.
	maxTokens = 10_000
	// maxTokenRequest bounds the form body of a login, in bytes.
	maxTokenRequest = 16_384
)

// caller is who a request comes from.
type caller struct {
	limitKey string // whose allowance it uses
	clientID string // of a client-credentials token, else empty
	userID   string // of a user's token, else empty
}

// authenticate turns the bearer token into a caller. Every failure is 401. The
// caller it returns with an error still says whom to count the request for.
func (s *Sandbox) authenticate(r *http.Request, now time.Time) (caller, error) {
	bearer := bearerOf(r)
	if bearer == "" {
		return caller{}, unauthorized("authentication.required",
			"No authentication bearer token specified in authorization header.")
	}
	if userID, ok := strings.CutPrefix(bearer, userTokenPrefix); ok {
		s.mu.RLock()
		defer s.mu.RUnlock()
		if u := s.org.users[userID]; u == nil || u.state != stateActive {
			return caller{}, unauthorized("bad.credentials", "The token is not that of an active user.")
		}
		return caller{limitKey: bearer, userID: userID}, nil
	}
	clientID, ok := s.tokens.check(bearer, now)
	if !ok {
		return caller{}, unauthorized("bad.credentials", "The token is unknown or has expired.")
	}
	return caller{limitKey: bearer, clientID: clientID}, nil
}

// bearerOf is the bearer token of a request, or nothing.
func bearerOf(r *http.Request) string {
	scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(bearer)
}

// me is the user behind the token.
func (c *call) me(o *organisation) (*user, error) {
	id := c.caller.userID
	if id == "" {
		if !c.meAsFirstUser {
			return nil, badRequest("This request needs a token with a user behind it; " +
				"a client-credentials token has none.")
		}
		id = o.firstUserID
	}
	u := o.users[id]
	if u == nil || u.state == stateDeleted {
		return nil, notFound("user", "userId")
	}
	return u, nil
}

// tokens issues and checks client-credentials tokens. Safe for concurrent use.
type tokens struct {
	lifetime               time.Duration
	clientID, clientSecret string // empty: any

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

// tokenProblem is an error as the login host reports it, after RFC 6749 5.2.
type tokenProblem struct {
	Code        string `json:"error"`
	Description string `json:"description"`
	Standard    string `json:"error_description"`

	status int
}

func (p *tokenProblem) Error() string { return p.Code + ": " + p.Description }

func (p *tokenProblem) write(w http.ResponseWriter) {
	if p.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="sandbox"`)
	}
	writeJSON(w, p.status, p)
}

func refuse(status int, code, description string) *tokenProblem {
	return &tokenProblem{Code: code, Description: description, Standard: description, status: status}
}

// serve answers the token endpoint.
func (t *tokens) serve(w http.ResponseWriter, r *http.Request, now time.Time) {
	if r.Method != http.MethodPost {
		writeProblem(w, wrongMethod(r.Method, []string{http.MethodPost}), w.Header().Get("inin-correlation-id"))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	clientID, err := t.login(w, r)
	if refused := (*tokenProblem)(nil); errors.As(err, &refused) {
		refused.write(w)
		return
	}
	writeJSON(w, http.StatusOK, tokenAnswer{
		AccessToken: t.issue(clientID, now),
		TokenType:   "bearer",
		ExpiresIn:   int64(t.lifetime / time.Second),
	})
}

// login returns the client that proved itself. Its error is a *tokenProblem.
func (t *tokens) login(w http.ResponseWriter, r *http.Request) (string, error) {
	id, secret, ok := r.BasicAuth()
	if !ok || id == "" || secret == "" {
		return "", refuse(http.StatusUnauthorized, "invalid_client",
			"client id and secret are expected as HTTP Basic credentials")
	}
	// Clients that follow RFC 6749 2.3.1 to the letter form-encode both.
	if plain, err := url.QueryUnescape(id); err == nil && !same(t.clientID, id) {
		id = plain
	}
	if plain, err := url.QueryUnescape(secret); err == nil && !same(t.clientSecret, secret) {
		secret = plain
	}
	if !same(t.clientID, id) || !same(t.clientSecret, secret) {
		return "", refuse(http.StatusUnauthorized, "invalid_client", "client id or secret is wrong")
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil ||
		mediaType != "application/x-www-form-urlencoded" {
		return "", refuse(http.StatusBadRequest, "invalid_request",
			"the body must be application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxTokenRequest)
	if err := r.ParseForm(); err != nil {
		return "", refuse(http.StatusBadRequest, "invalid_request", "the form body cannot be read")
	}
	switch r.PostForm.Get("grant_type") {
	case "client_credentials":
		return id, nil
	case "":
		return "", refuse(http.StatusBadRequest, "invalid_request", "grant_type is required")
	default:
		return "", refuse(http.StatusBadRequest, "unsupported_grant_type",
			"the sandbox knows client_credentials only")
	}
}

// same compares without telling by its duration how much was right.
func same(accepted, given string) bool {
	return accepted == "" || subtle.ConstantTimeCompare([]byte(accepted), []byte(given)) == 1
}

func (t *tokens) issue(clientID string, now time.Time) string {
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
	t.issued[token] = issuedToken{clientID: clientID, expires: now.Add(t.lifetime.Truncate(time.Second))}
	t.order = append(t.order, token)
	return token
}

func (t *tokens) check(token string, now time.Time) (clientID string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.issued[token]
	return known.clientID, ok && now.Before(known.expires)
}

// revoke makes a token worthless before its time.
func (t *tokens) revoke(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.issued, token)
}
