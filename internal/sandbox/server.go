package sandbox

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// maxBody is the longest request body accepted, in bytes.
const maxBody = 512_000

// serverConfig is what a server answers with.
type serverConfig struct {
	organisation  *organisation
	operations    operations
	tokens        *tokens
	policy        policy
	now           func() time.Time
	meAsFirstUser bool
	terms         func() terms
}

// terms are what a server grants its callers at the moment.
type terms struct {
	requests    int  // a minute and token
	enforced    bool // otherwise they are only announced
	searchDelay time.Duration
}

// server answers as the upstream does when all is well: the token endpoint and
// the API. Safe for concurrent use.
type server struct {
	serverConfig
	router router
	limits limits       // by token
	mu     sync.RWMutex // guards the organisation
}

func newServer(c serverConfig) *server {
	return &server{serverConfig: c, router: newRouter(contractOperations(), c.operations)}
}

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	correlationID := correlate(w)
	if r.URL.Path == tokenPath {
		s.tokens.serve(w, r, s.now())
		return
	}
	body, err := s.serveAPI(w, r)
	if err != nil {
		writeProblem(w, err, correlationID)
		return
	}
	switch answer := body.(type) {
	case noContent:
		writeJSON(w, http.StatusNoContent, nil)
	case accepted:
		writeJSON(w, http.StatusAccepted, answer.body)
	default:
		writeJSON(w, http.StatusOK, body)
	}
}

// serveAPI is the way of one API call: who calls, how often, what, with which
// right and which body. The token comes before the path, because the upstream does not tell
// strangers which paths exist.
func (s *server) serveAPI(w http.ResponseWriter, r *http.Request) (any, error) {
	if !strings.HasPrefix(r.URL.Path, apiPrefix) {
		return nil, noSuchPath(r.URL.Path)
	}
	now, terms := s.now(), s.terms()
	caller, err := s.tokens.authenticate(r, now, s.isActive)
	if limitErr := s.limits.count(w.Header(), caller.limitKey, now, terms.requests, terms.enforced); err == nil {
		err = limitErr
	}
	if err != nil {
		return nil, err
	}
	route, params, err := s.router.find(r.Method, r.URL.EscapedPath())
	if err != nil {
		return nil, err
	}
	if err := s.policy.permit(route.name, caller, s.permissionsOf); err != nil {
		return nil, err
	}
	if route.action == nil {
		return nil, notSimulated(route.name)
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
		meAsFirstUser: s.meAsFirstUser,
		searchDelay:   terms.searchDelay,
	}, body)
}

// operationOf is the name of the operation that a request is about, or nothing.
func (s *server) operationOf(r *http.Request) string {
	row, _, _ := s.router.find(r.Method, r.URL.EscapedPath())
	return row.name
}

// isActive tells whether somebody may act with a token of their own.
func (s *server) isActive(userID string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	u := s.organisation.users[userID]
	return u != nil && u.state == stateActive
}

// permissionsOf are what the roles of an active user give.
func (s *server) permissionsOf(userID string) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.organisation.users[userID].permissions()
}

// run decodes the body outside the lock, so that a slow body holds nobody up,
// and lets the action work inside it. What an action returns must not alias
// anything that a later write changes in place: it is encoded after the lock. The
// same holds for unlocked work, which runs after the lock, too.
func (s *server) run(a *action, c *call, body []byte) (any, error) {
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

func (s *server) locked(a *action, c *call, in any) (any, error) {
	o := s.organisation
	if a.writes {
		s.mu.Lock()
		defer s.mu.Unlock()
		o.expect(c.now, c.searchDelay, c.mentions(o)...)
	} else {
		s.mu.RLock()
		defer s.mu.RUnlock()
	}
	return a.run(o, c, in)
}

// readBody reads the whole body, up to the upstream's bound.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		return nil, bodyTooLarge(maxBody)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, bodyTooLarge(maxBody)
	}
	if err != nil {
		return nil, badRequest("The request body broke off.")
	}
	return body, nil
}
