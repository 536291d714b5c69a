// Package server is the way of one request, in the order in which the upstream looks
// at it: the token becomes a caller, the call is counted, the router (router.go)
// finds the operation, its permissions are looked at, the body is read and decoded,
// and the action runs under the organisation's lock. Whatever goes wrong becomes the
// upstream's error. It imports api, access, contract, org, problem and wire, and no
// area: which actions there are is told to New.
package server

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/access"
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/contract"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// maxBody is the longest request body accepted, in bytes.
const maxBody = 512_000

// Config is what a server answers with.
type Config struct {
	Organisation  *org.Organisation
	Operations    api.Operations       // what is not among them is not simulated
	Beside        []contract.Operation // where there are others than those of the contract
	Tokens        *access.Tokens
	Policy        access.Policy
	Now           func() time.Time
	MeAsFirstUser bool         // for a token without a user behind it
	Terms         func() Terms // in force
}

// Terms are what a server grants its callers at the moment.
type Terms struct {
	Requests    int  // a minute and token
	Enforced    bool // otherwise they are only announced
	SearchDelay time.Duration
}

// Server answers as the upstream does when all is well: the token endpoint and
// the API. Safe for concurrent use.
type Server struct {
	Config
	router router
	limits access.Limits // by token
	mu     sync.RWMutex  // guards the organisation
}

// New serves an organisation with what its areas can do.
func New(c Config) *Server {
	return &Server{Config: c, router: newRouter(slices.Concat(contract.Operations(), c.Beside), c.Operations)}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	correlationID := problem.Correlate(w)
	if r.URL.Path == access.TokenPath {
		s.Tokens.Serve(w, r, s.Now())
		return
	}
	body, err := s.serveAPI(w, r)
	if err != nil {
		problem.Write(w, err, correlationID)
		return
	}
	switch answer := body.(type) {
	case api.NoContent:
		wire.WriteJSON(w, http.StatusNoContent, nil)
	case api.Accepted:
		wire.WriteJSON(w, http.StatusAccepted, answer.Body)
	default:
		wire.WriteJSON(w, http.StatusOK, body)
	}
}

// serveAPI is the way of one API call: who calls, how often, what, with which
// right and which body. The token comes before the path, because the upstream does
// not tell strangers which paths exist.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) (any, error) {
	if !strings.HasPrefix(r.URL.Path, wire.APIPrefix) {
		return nil, problem.NoSuchPath(r.URL.Path)
	}
	now, terms := s.Now(), s.Terms()
	caller, err := s.Tokens.Authenticate(r, now, s.isActive)
	if limitErr := s.limits.Count(w.Header(), caller.LimitKey, now, terms.Requests, terms.Enforced); err == nil {
		err = limitErr
	}
	if err != nil {
		return nil, err
	}
	route, params, err := s.router.find(r.Method, r.URL.EscapedPath())
	if err != nil {
		return nil, err
	}
	if err := s.Policy.Permit(route.Name, caller, s.permissionsOf); err != nil {
		return nil, err
	}
	if route.action == nil {
		return nil, problem.NotSimulated(route.Name)
	}
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	return s.run(route.action, &api.Call{
		Path:          r.URL.EscapedPath(),
		Params:        params,
		RawQuery:      r.URL.RawQuery,
		Query:         r.URL.Query(),
		Caller:        caller,
		Now:           now,
		MeAsFirstUser: s.MeAsFirstUser,
		SearchDelay:   terms.SearchDelay,
	}, body)
}

// OperationOf is the name of the operation that a request is about, or nothing.
func (s *Server) OperationOf(r *http.Request) string {
	row, _, _ := s.router.find(r.Method, r.URL.EscapedPath())
	return row.Name
}

// isActive tells whether somebody may act with a token of their own.
func (s *Server) isActive(userID string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	u := s.Organisation.Users[userID]
	return u != nil && u.State == org.StateActive
}

// permissionsOf are what the roles of a subject give; nobody has none.
func (s *Server) permissionsOf(subjectID string) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	subject := s.Organisation.Subject(subjectID)
	if subject == nil {
		return nil
	}
	return subject.Permissions()
}

// run decodes the body outside the lock, so that a slow body holds nobody up,
// and lets the action work inside it. What an action returns must not alias
// anything that a later write changes in place: it is encoded after the lock. The
// same holds for unlocked work, which runs after the lock, too.
func (s *Server) run(a *api.Action, c *api.Call, body []byte) (any, error) {
	var in any
	if a.Decode != nil {
		var err error
		if in, err = a.Decode(body); err != nil {
			return nil, err
		}
	}
	out, err := s.locked(a, c, in)
	if rest, ok := out.(api.Unlocked); ok && err == nil {
		return rest()
	}
	return out, err
}

func (s *Server) locked(a *api.Action, c *api.Call, in any) (any, error) {
	o := s.Organisation
	if a.Writes {
		s.mu.Lock()
		defer s.mu.Unlock()
		o.Expect(c.Now, c.SearchDelay, c.Mentions(o)...)
	} else {
		s.mu.RLock()
		defer s.mu.RUnlock()
	}
	return a.Run(o, c, in)
}

// readBody reads the whole body, up to the upstream's bound.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		return nil, problem.BodyTooLarge(maxBody)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, problem.BodyTooLarge(maxBody)
	}
	if err != nil {
		return nil, problem.BadRequest("The request body broke off.")
	}
	return body, nil
}
