package backend

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Tokens hands out access tokens of the service. Implementations are safe for
// concurrent use. Their errors are *TokenError or the context's.
type Tokens interface {
	// Token returns a token that is good as far as is known.
	Token(ctx context.Context) (string, error)
	// Renew returns a token in place of one that the upstream refused: a hundred
	// refusals of one token cost one login. It returns the very same token where
	// another login would not help.
	Renew(ctx context.Context, refused string) (string, error)
}

// NewTokens returns a source of client-credentials tokens (RFC 6749, section
// 4.4). Each is fetched when first needed and again before it expires, by one
// login at a time that no caller's cancellation stops. A caller waits for a
// login only where there is no good token at all. After a failure the login host
// is left alone for a while that grows from 1 s to 30 s, or as long as it says;
// callers get the last error meanwhile.
func NewTokens(c ClientCredentials) Tokens { return newTokens(c, newHTTP()) }

func newTokens(c ClientCredentials, wire http.RoundTripper) Tokens {
	p := &pool{}
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

// Format implements fmt.Formatter: %s would print through to the tokens.
func (p *pool) Format(w fmt.State, _ rune) { fmt.Fprintf(w, "%d tokens", len(p.slots)) }

// Token implements Tokens.
func (p *pool) Token(ctx context.Context) (string, error) {
	turn := (p.next.Add(1) - 1) % uint32(len(p.slots))
	token, running, err := p.slots[turn].poll()
	if token != "" {
		return token, nil
	}
	for _, s := range p.slots {
		if token := s.held(); token != "" {
			return token, nil
		}
	}
	if err != nil {
		return "", err
	}
	return running.wait(ctx)
}

// Renew implements Tokens. It does not take another slot's token, which was
// probably revoked together with the refused one.
func (p *pool) Renew(ctx context.Context, refused string) (string, error) {
	for _, s := range p.slots {
		if !s.refuse(refused) {
			continue
		}
		token, running, err := s.poll()
		if running != nil {
			return running.wait(ctx)
		}
		return token, err
	}
	return p.Token(ctx)
}

const (
	loginTimeout = 10 * time.Second
	firstBackoff = time.Second
	maxBackoff   = 30 * time.Second
	// maxPause bounds what the login host can ask for: a wrong Retry-After must
	// not end the service for a day.
	maxPause = 10 * time.Minute
	// refusalPause is how long a fresh token is kept although it is refused. An
	// upstream that refuses every token (another region's, a disabled client's)
	// must not make each call a login.
	refusalPause = 10 * time.Second
)

// slot holds one token. mu guards all below it; flight is non-nil exactly while
// a login is running, and failed is non-nil if the last one failed.
type slot struct {
	credentials ClientCredentials
	wire        http.RoundTripper

	mu       sync.Mutex
	value    string
	previous string    // what value was before the last login
	expires  time.Time // the value is not handed out from here on
	refresh  time.Time // a login is started from here on
	believe  time.Time // a refusal of the value is believed from here on
	flight   *flight
	failed   *TokenError
	backoff  time.Duration
	nextTry  time.Time
}

// flight is a login that is running.
type flight struct {
	done  chan struct{} // closed when value and err are set
	value string
	err   error
}

func (f *flight) wait(ctx context.Context) (string, error) {
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		return "", ended(ctx)
	}
}

// poll returns one of three: the token if it is good, else the login that is
// running, else the error of the last one. It starts a login that is due.
func (s *slot) poll() (string, *flight, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	good := now.Before(s.expires)
	due := !good || !now.Before(s.refresh)
	if due && s.flight == nil && !now.Before(s.nextTry) {
		s.flight = &flight{done: make(chan struct{})}
		go s.login(s.flight)
	}
	switch {
	case good:
		return s.value, nil, nil
	case s.flight != nil:
		return "", s.flight, nil
	default:
		again := *s.failed
		again.RetryAfter = s.nextTry.Sub(now)
		return "", nil, &again
	}
}

// held returns the token if it is good, and starts nothing.
func (s *slot) held() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.expires) {
		return s.value
	}
	return ""
}

// refuse tells whether the token is, or just was, this slot's, and gives it up
// if it still is.
func (s *slot) refuse(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); token == s.value && !now.Before(s.believe) {
		s.expires = time.Time{}
		s.believe = now.Add(refusalPause)
	}
	return token == s.value || token == s.previous
}

func (s *slot) login(f *flight) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), loginTimeout, errSlowLogin)
	defer cancel()
	asked := time.Now()
	value, lifetime, err := s.credentials.grant(ctx, s.wire)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight = nil
	defer close(f.done)
	if err != nil {
		if !errors.As(err, &s.failed) {
			s.failed = &TokenError{Problem: "no token could be had", Err: ours(err)}
		}
		s.backoff = min(maxBackoff, max(firstBackoff, 2*s.backoff))
		s.failed.RetryAfter = min(maxPause, max(s.backoff, s.failed.RetryAfter))
		s.nextTry = time.Now().Add(s.failed.RetryAfter)
		f.err = s.failed
		return
	}
	f.value = value
	s.failed, s.backoff, s.nextTry = nil, 0, time.Time{}
	s.previous, s.value = s.value, value
	// Not handed out in its last moments; renewed before those, but not by all
	// replicas in the same second.
	s.expires = asked.Add(lifetime - min(lifetime/20, 10*time.Second))
	early := min(lifetime/10, 5*time.Minute)
	s.refresh = asked.Add(lifetime - early - rand.N(early+1))
}
