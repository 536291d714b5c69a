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

// Tokens hands out access tokens of the service, one lease for each attempt.
// Implementations are safe for concurrent use. Their errors are *TokenError, the
// context's, or what Lease.Fresh names.
type Tokens interface {
	// Lease returns a token that is good as far as is known.
	Lease(ctx context.Context) (Lease, error)
}

// Lease is a token for one attempt. It prints as nothing that is secret.
type Lease interface {
	// Authorization is the token as the header of that name has it. Nobody may
	// change it.
	Authorization() []string
	// Done ends the lease and tells what came of the attempt. After a 401 the token
	// is not handed out again: a hundred refusals of one token cost one login.
	Done(outcome Outcome)
	// Fresh returns a lease in place of this one, whose token was refused. Where
	// another login would not help the error is ErrServiceTokenRefused.
	Fresh(ctx context.Context) (Lease, error)
}

// Outcome is what came of an attempt; the zero value says that nothing is known.
type Outcome struct {
	// Status is the HTTP status of the answer, 0 without one.
	Status int
	// Header holds the headers of the answer.
	Header http.Header
	// Err is why there is no answer.
	Err error
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

// Lease implements Tokens.
func (p *pool) Lease(ctx context.Context) (Lease, error) {
	turn := (p.next.Add(1) - 1) % uint32(len(p.slots))
	held, running, err := p.slots[turn].poll()
	if held != nil {
		return held, nil
	}
	for _, s := range p.slots {
		if held := s.held(); held != nil {
			return held, nil
		}
	}
	if err == nil {
		held, err = running.wait(ctx)
	}
	if err != nil {
		return nil, err
	}
	return held, nil
}

// token is what a login brought. It is its own lease: what the pool has to know
// of an attempt is no more than whose token it had.
type token struct {
	slot   *slot
	value  string
	header []string
}

func newToken(s *slot, value string) *token {
	return &token{slot: s, value: value, header: []string{"Bearer " + value}}
}

// Format implements fmt.Formatter.
func (t *token) Format(w fmt.State, _ rune) { fmt.Fprint(w, "a token") }

// MarshalText implements encoding.TextMarshaler.
func (t *token) MarshalText() ([]byte, error) { return fmt.Append(nil, t), nil }

// Authorization implements Lease.
func (t *token) Authorization() []string { return t.header }

// Done implements Lease.
func (t *token) Done(outcome Outcome) {
	if outcome.Status == http.StatusUnauthorized {
		t.slot.refuse(t)
	}
}

// Fresh implements Lease. It does not take another slot's token, which was
// probably revoked together with this one.
func (t *token) Fresh(ctx context.Context) (Lease, error) {
	fresh, running, err := t.slot.poll()
	if running != nil {
		fresh, err = running.wait(ctx)
	}
	switch {
	case err != nil:
		return nil, err
	case fresh.value == t.value:
		return nil, ErrServiceTokenRefused
	default:
		return fresh, nil
	}
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

	mu      sync.Mutex
	token   *token
	expires time.Time // the token is not handed out from here on
	refresh time.Time // a login is started from here on
	believe time.Time // a refusal of the token is believed from here on
	flight  *flight
	failed  *TokenError
	backoff time.Duration
	nextTry time.Time
}

// flight is a login that is running.
type flight struct {
	done  chan struct{} // closed when token and err are set
	token *token
	err   error
}

func (f *flight) wait(ctx context.Context) (*token, error) {
	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		return nil, ended(ctx)
	}
}

// poll returns one of three: the token if it is good, else the login that is
// running, else the error of the last one. It starts a login that is due.
func (s *slot) poll() (*token, *flight, error) {
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
		return s.token, nil, nil
	case s.flight != nil:
		return nil, s.flight, nil
	default:
		again := *s.failed
		again.RetryAfter = s.nextTry.Sub(now)
		return nil, nil, &again
	}
}

// held returns the token if it is good, and starts nothing.
func (s *slot) held() *token {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.expires) {
		return s.token
	}
	return nil
}

// refuse gives the token up if it is still this slot's.
func (s *slot) refuse(t *token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); t == s.token && !now.Before(s.believe) {
		s.expires = time.Time{}
		s.believe = now.Add(refusalPause)
	}
}

func (s *slot) login(f *flight) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), loginTimeout, errSlowLogin)
	defer cancel()
	asked := time.Now()
	value, lifetime, err := s.credentials.grant(ctx, s.wire)
	failed := s.settle(f, asked, value, lifetime, err)
	if s.credentials.Report != nil {
		s.credentials.Report(failed) // before anybody goes on
	}
	close(f.done)
}

// settle notes what came of the login of a flight; it returns the error, if it is one.
func (s *slot) settle(f *flight, asked time.Time, value string, lifetime time.Duration, err error) *TokenError {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight = nil
	if err != nil {
		if !errors.As(err, &s.failed) {
			s.failed = &TokenError{Problem: "no token could be had", Err: ours(err)}
		}
		s.backoff = min(maxBackoff, max(firstBackoff, 2*s.backoff))
		s.failed.RetryAfter = min(maxPause, max(s.backoff, s.failed.RetryAfter))
		s.nextTry = time.Now().Add(s.failed.RetryAfter)
		f.err = s.failed
		return s.failed
	}
	f.token = newToken(s, value)
	s.failed, s.backoff, s.nextTry = nil, 0, time.Time{}
	s.token = f.token
	// Not handed out in its last moments; renewed before those, but not by all
	// replicas in the same second.
	s.expires = asked.Add(lifetime - min(lifetime/20, 10*time.Second))
	early := min(lifetime/10, 5*time.Minute)
	s.refresh = asked.Add(lifetime - early - rand.N(early+1))
	return nil
}
