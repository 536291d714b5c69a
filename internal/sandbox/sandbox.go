// Package sandbox is a whole Genesys Cloud organisation in memory, served as an
// http.Handler that speaks the upstream's own JSON over HTTP: people, their
// skills, queues, stations and states, with the versions, conflicts, pages and
// errors that a client of the real service has to live with. It is what a
// newcomer's first call reaches and what end-to-end tests call upstream.
//
// It knows nothing of protobuf or of any other package of this module: an
// authority on the upstream's behaviour must not share the mistakes of the code it
// is used to check. Its data comes from Options.Seed alone (see seed.go), lives in
// one organisation behind one lock (organisation.go) and goes nowhere else; it is
// gone when the process ends.
//
// A request is served in six steps, each in a file of its own: the bearer token
// becomes a caller (oauth.go), the call is counted against the token's limit
// (ratelimit.go), the router finds the row of the route table (routes.go,
// router.go), the caller's permissions are looked at (permissions.go), the body
// is decoded and the row's action runs under the lock (action.go), and whatever
// went wrong becomes the upstream's error shape (problem.go). The actions live in
// a file per area, from users.go on. An operation without an action answers 501
// and names itself. Around all that stand the faults of an upstream on a bad day
// (faults.go), which can be changed while it runs (control.go).
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds and defaults of the upstream.
const (
	// maxBody is the longest request body accepted, in bytes.
	maxBody = 512_000
	// defaultUsers is how many people a sandbox has when nothing else is said.
	defaultUsers = 50
	// maxSeededUsers bounds what a slip in a setting may allocate.
	maxSeededUsers = 1_000_000
	// defaultTokenLifetime is one second short of a day, as the upstream's.
	defaultTokenLifetime = 86_399 * time.Second
	// defaultRateLimit is the usual allowance in requests a minute and token.
	defaultRateLimit = 300
)

// Options says what organisation to seed and how the sandbox treats its
// callers. The zero value is a usable sandbox.
type Options struct {
	// Seed decides everything about the seeded organisation: the same seed,
	// number of users and clock give the same bytes.
	Seed uint64
	// Users is the number of people to seed, some of them inactive or deleted.
	// 0 means 50; at most 1,000,000.
	Users int
	// Now is the sandbox's clock. Nil means time.Now.
	Now func() time.Time
	// ClientID and ClientSecret are the credentials that the token endpoint
	// accepts. An empty one accepts any value that is not empty.
	ClientID, ClientSecret string
	// TokenLifetime is how long a client-credentials token is good for. It is
	// rounded down to whole seconds; 0 means 86,399 s.
	TokenLifetime time.Duration
	// MeAsFirstUser lets "me" be the first seeded person for a token without a
	// user behind it, which the upstream refuses with 400.
	MeAsFirstUser bool
	// RateLimit is the number of requests a minute and token that the answers'
	// headers announce. 0 means 300.
	RateLimit int
	// EnforceRateLimit answers 429 with Retry-After to what exceeds RateLimit.
	// Without it the headers count up to the limit and nothing is refused.
	EnforceRateLimit bool
	// Permissions is what the operations ask of their callers, by the operations'
	// names. What is not in it asks for nothing, so nil enforces nothing.
	Permissions map[string]Requirement
	// ClientPermissions is what a client-credentials token may do; a * stands for
	// every domain, entity or action. Nil means everything.
	ClientPermissions []string
	// Faults is how the sandbox misbehaves until Control changes it. Its RateLimit
	// goes before the two fields above.
	Faults Faults
}

// Sandbox is one organisation and its token endpoint, both on one handler: POST
// /oauth/token and everything below /api/v2/. It is safe for concurrent use:
// reads run side by side, a write runs alone.
//
// Besides the tokens it issues, it accepts the bearer "sandbox-user-<userId>",
// which acts as that person; the upstream has nothing of the kind.
type Sandbox struct {
	options Options
	router  router
	tokens  tokens
	limits  limits // requests by token
	logins  limits // by client

	conduct atomic.Pointer[conduct]
	control sync.Mutex // one change of conduct at a time
	sleep   func(context.Context, Duration) bool

	mu  sync.RWMutex // guards org
	org *organisation
}

// New seeds an organisation. It fails only on options that make no sense.
func New(o Options) (*Sandbox, error) {
	switch {
	case o.Users < 0 || o.Users > maxSeededUsers:
		return nil, fmt.Errorf("sandbox: %d users: must be between 0 and %d", o.Users, maxSeededUsers)
	case o.RateLimit < 0:
		return nil, fmt.Errorf("sandbox: a rate limit of %d requests: must not be negative", o.RateLimit)
	case o.TokenLifetime < 0 || o.TokenLifetime > 0 && o.TokenLifetime < time.Second:
		return nil, fmt.Errorf("sandbox: a token lifetime of %s: must be 0 or at least 1s", o.TokenLifetime)
	}
	if o.Users == 0 {
		o.Users = defaultUsers
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.TokenLifetime == 0 {
		o.TokenLifetime = defaultTokenLifetime
	}
	if o.RateLimit == 0 {
		o.RateLimit = defaultRateLimit
	}
	if o.Faults.RateLimit == nil {
		o.Faults.RateLimit = &RateLimit{Requests: o.RateLimit, Enforced: o.EnforceRateLimit}
	}
	s := &Sandbox{
		options: o,
		router:  newRouter(routes()),
		tokens:  tokens{lifetime: o.TokenLifetime, clientID: o.ClientID, clientSecret: o.ClientSecret},
		sleep:   pause,
	}
	if err := s.setFaults(o.Faults); err != nil {
		return nil, fmt.Errorf("sandbox: fault %w", err)
	}
	s.org = seedOrganisation(o.Seed, o.Users, o.Now())
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c := s.conduct.Load(); !c.quiet {
		s.misbehave(w, r, c)
		return
	}
	s.serve(w, r)
}

// serve answers as the upstream does when all is well.
func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request) {
	correlationID := correlate(w)
	if r.URL.Path == tokenPath {
		s.tokens.serve(w, r, s.options.Now())
		return
	}
	body, err := s.serveAPI(w, r)
	if err != nil {
		writeProblem(w, err, correlationID)
		return
	}
	status := http.StatusOK
	if later, ok := body.(accepted); ok {
		status, body = http.StatusAccepted, later.body
	}
	writeJSON(w, status, body)
}

// correlate gives an answer its id.
func correlate(w http.ResponseWriter) string {
	id := randomID()
	w.Header().Set("inin-correlation-id", id)
	return id
}

// serveAPI is the way of one API call: who calls, how often, what, with which
// right and which body. The token comes before the path, because the upstream does not tell
// strangers which paths exist.
func (s *Sandbox) serveAPI(w http.ResponseWriter, r *http.Request) (any, error) {
	if !strings.HasPrefix(r.URL.Path, apiPrefix) {
		return nil, noSuchPath(r.URL.Path)
	}
	now, conduct := s.options.Now(), s.conduct.Load()
	caller, err := s.authenticate(r, now)
	if limitErr := s.limits.count(w.Header(), caller.limitKey, now, conduct.RateLimit); err == nil {
		err = limitErr
	}
	if err != nil {
		return nil, err
	}
	route, params, err := s.router.find(r.Method, r.URL.EscapedPath())
	if err != nil {
		return nil, err
	}
	if err := s.permit(route.operation, caller); err != nil {
		return nil, err
	}
	if route.action == nil {
		return nil, notSimulated(route.operation)
	}
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	return s.run(route.action, &call{
		path:          r.URL.EscapedPath(),
		params:        params,
		rawQuery:      r.URL.RawQuery,
		query:         r.URL.Query(),
		caller:        caller,
		now:           now,
		meAsFirstUser: s.options.MeAsFirstUser,
		searchDelay:   time.Duration(conduct.SearchDelay),
	}, body)
}

// run decodes the body outside the lock, so that a slow body holds nobody up,
// and lets the action work inside it. What an action returns must not alias
// anything that a later write changes in place: it is encoded after the lock. The
// same holds for unlocked work, which runs after the lock, too.
func (s *Sandbox) run(a *action, c *call, body []byte) (any, error) {
	var in any
	if a.decode != nil {
		var err error
		if in, err = a.decode(body); err != nil {
			return nil, err
		}
	}
	out, err := s.locked(a, c, in)
	if rest, ok := out.(unlocked); ok && err == nil {
		return rest()
	}
	return out, err
}

func (s *Sandbox) locked(a *action, c *call, in any) (any, error) {
	if a.writes {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.org.expect(c)
	} else {
		s.mu.RLock()
		defer s.mu.RUnlock()
	}
	return a.run(s.org, c, in)
}

// readBody reads the whole body, up to the upstream's bound.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		return nil, bodyTooLarge()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, bodyTooLarge()
	}
	if err != nil {
		return nil, badRequest("The request body broke off.")
	}
	return body, nil
}
