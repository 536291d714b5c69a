package backend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Tokens hands out access tokens of the service. Implementations are safe for
// concurrent use.
type Tokens interface {
	// Token returns a token that is valid now. The error is a *TokenError or the
	// context's.
	Token(ctx context.Context) (string, error)
	// Invalidate says that the upstream refused this token. Naming one that is
	// no longer in use does nothing, so a hundred refusals at once cost one
	// refresh.
	Invalidate(token string)
}

// Credentials is one half of the client's credentials: a value, or a file that
// is read again for every token, so that a rotated secret is picked up.
type Credentials struct{ Value, File string }

func (c Credentials) read(setting string) (string, error) {
	if c.File == "" {
		return c.Value, nil
	}
	text, err := os.ReadFile(c.File)
	if err != nil {
		return "", &TokenError{Problem: fmt.Sprintf("%s-file cannot be read: %v", setting, err), Err: err}
	}
	if value := strings.TrimSpace(string(text)); value != "" {
		return value, nil
	}
	return "", &TokenError{Problem: fmt.Sprintf("%s-file %s is empty", setting, c.File)}
}

// ClientCredentials is what a token source needs.
type ClientCredentials struct {
	// LoginURL is the login host's address, without a trailing slash.
	LoginURL   string
	ID, Secret Credentials
	// Tokens is how many tokens to hold: the upstream's limits belong to a token.
	Tokens    int
	UserAgent string
}

// NewTokens returns a source of client-credentials tokens (RFC 6749, section
// 4.4). Each is fetched when first needed and refreshed before it expires, by
// one fetch at a time that no caller's cancellation stops. After a failure the
// login host is left alone for a while that grows from 1 s to 30 s; callers get
// the last error meanwhile.
func NewTokens(c ClientCredentials) Tokens {
	p := &pool{}
	wire := newHTTP()
	for range max(1, c.Tokens) {
		p.slots = append(p.slots, &slot{credentials: c, wire: wire})
	}
	return p
}

// pool takes its tokens in turn.
type pool struct {
	slots []*slot
	next  atomic.Uint32
}

func (p *pool) Token(ctx context.Context) (string, error) {
	return p.slots[int(p.next.Add(1)-1)%len(p.slots)].token(ctx)
}

func (p *pool) Invalidate(token string) {
	for _, s := range p.slots {
		s.invalidate(token)
	}
}

const (
	fetchTimeout = 10 * time.Second
	// unknownLifetime is for an answer without a usable expires_in.
	unknownLifetime = time.Minute
	maxLifetime     = 48 * time.Hour
	firstBackoff    = time.Second
	maxBackoff      = 30 * time.Second
	maxTokenAnswer  = 64 << 10
)

// slot holds one token. mu guards all below it; flight is non-nil exactly while
// a fetch is running.
type slot struct {
	credentials ClientCredentials
	wire        http.RoundTripper

	mu      sync.Mutex
	value   string
	expires time.Time // the value is not handed out after this
	refresh time.Time // a fetch is started after this
	flight  *flight
	failed  error
	backoff time.Duration
	nextTry time.Time
}

type flight struct {
	done  chan struct{} // closed when value and err are set
	value string
	err   error
}

func (s *slot) token(ctx context.Context) (string, error) {
	s.mu.Lock()
	now := time.Now()
	usable := s.value != "" && now.Before(s.expires)
	if s.flight == nil && (!usable || now.After(s.refresh)) && !now.Before(s.nextTry) {
		s.flight = &flight{done: make(chan struct{})}
		go s.fetch(s.flight)
	}
	value, running, failed := s.value, s.flight, s.failed
	s.mu.Unlock()
	switch {
	case usable:
		return value, nil
	case running == nil:
		return "", failed
	}
	select {
	case <-running.done:
		return running.value, running.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func (s *slot) invalidate(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.value == token {
		s.value = ""
	}
}

func (s *slot) fetch(f *flight) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	value, lifetime, err := s.credentials.grant(ctx, s.wire)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight = nil
	f.value, f.err = value, err
	defer close(f.done)
	if err != nil {
		s.failed = err
		s.backoff = min(maxBackoff, max(firstBackoff, 2*s.backoff))
		wait := s.backoff
		var t *TokenError
		if errors.As(err, &t) {
			wait = max(wait, t.RetryAfter)
		}
		s.nextTry = time.Now().Add(wait)
		return
	}
	now := time.Now()
	s.value, s.failed, s.backoff, s.nextTry = value, nil, 0, time.Time{}
	// Refreshed over the last tenth of the lifetime at the latest, not by all
	// replicas in the same second; never handed out in the last moments.
	s.expires = now.Add(lifetime - min(lifetime/10, 10*time.Second))
	early := min(lifetime/10, 5*time.Minute)
	s.refresh = now.Add(lifetime - early - rand.N(early+1))
}

// grant asks the login host for a token.
func (c *ClientCredentials) grant(ctx context.Context, wire http.RoundTripper) (string, time.Duration, error) {
	id, err := c.ID.read("--client-id")
	if err != nil {
		return "", 0, err
	}
	secret, err := c.Secret.read("--client-secret")
	if err != nil {
		return "", 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.LoginURL+"/oauth/token", strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		return "", 0, &TokenError{Problem: "--login-url is not an address that can be called"}
	}
	// Section 2.3.1 wants both form-encoded before they go into Basic.
	r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", c.UserAgent)
	answer, err := wire.RoundTrip(r)
	if err != nil {
		return "", 0, &TokenError{Problem: fmt.Sprintf("the login host cannot be reached (%v): check --login-url and the network", err), Err: err}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxTokenAnswer))
	if err != nil {
		return "", 0, &TokenError{Problem: "the login host's answer broke off", Err: err}
	}
	return readGrant(answer, text)
}

func readGrant(answer *http.Response, text []byte) (string, time.Duration, error) {
	var body struct {
		Token       string      `json:"access_token"`
		ExpiresIn   json.Number `json:"expires_in"`
		Error       string      `json:"error"`
		Description string      `json:"error_description"`
	}
	err := json.Unmarshal(text, &body)
	status := answer.StatusCode
	switch {
	case status == http.StatusTooManyRequests,
		status == http.StatusBadRequest && strings.HasPrefix(strings.ToLower(body.Description), "rate limit exceeded"):
		wait := retryAfterSeconds(answer.Header)
		return "", 0, &TokenError{Problem: "the login host limits how often tokens are asked for", RetryAfter: max(wait, firstBackoff)}
	case status == http.StatusUnauthorized, status == http.StatusBadRequest && body.Error == "invalid_client":
		return "", 0, &TokenError{Problem: "the login host refused the client: check the client's id and secret, and that they belong to this region"}
	case status != http.StatusOK:
		return "", 0, &TokenError{Problem: fmt.Sprintf("the login host answered %d: check --login-url and that the client may use the client-credentials grant", status)}
	case err != nil || body.Token == "":
		return "", 0, &TokenError{Problem: "the login host's answer holds no access_token: check --login-url"}
	}
	lifetime := unknownLifetime
	if seconds, err := body.ExpiresIn.Float64(); err == nil && seconds > 0 {
		lifetime = time.Duration(min(seconds, maxLifetime.Seconds()) * float64(time.Second))
	}
	return body.Token, lifetime, nil
}

func retryAfterSeconds(h http.Header) time.Duration {
	wait, err := time.ParseDuration(strings.TrimSpace(h.Get("Retry-After")) + "s")
	if err != nil {
		return 0
	}
	return max(0, wait)
}
