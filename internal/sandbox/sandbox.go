// Package sandbox is a whole Genesys Cloud organisation in memory, served as an
// http.Handler that speaks the upstream's own JSON over HTTP: people, their
// skills, queues, stations and states, with the versions, conflicts, pages and
// errors that a client of the real service has to live with. It is what a
// newcomer's first call reaches and what end-to-end tests call upstream. Its data
// comes from Options.Seed alone and goes nowhere; it is gone when the process ends.
//
// This package is the door of a house and puts the rooms below it together. Each
// imports those that stand below it in this list, and none above or beside it
// except where the list says so; TestRoomsImportOneWay holds them to it.
//
//	sandbox         options in, a handler out; which areas there are (this package)
//	faults          an upstream on a bad day, in front of the server; its control endpoint
//	server          the way of one request: token, limit, route, permission, body, action
//	search          users by criteria; imports users
//	beside          what clients ask for that is none of the contract; imports contract,
//	                and the views of users and authorization
//	users           people, their profiles and whom they know; imports the views of
//	                presence, routing, telephony and authorization
//	chats           a user's chats; imports presence
//	presence routing telephony authorization analytics development
//	customattributes verifiers
//	                an area of the API each: what its operations do, in its file
//	                operations.go first
//	history         what users did before the sandbox started and since
//	filter          tests that queries combine
//	api             what an operation sees of a request, and the shapes of its answers
//	access          who calls, how often, with which right
//	contract        which operations there are, from the contract's descriptors
//	org             the organisation: its state, invariants and seed
//	problem         the upstream's errors
//	wire            values as the upstream writes them in JSON
//
// What an operation is called, its verb and its path come from the contract. All
// else here is told from the upstream's side and knows neither the messages nor any
// other package of this module: an authority on the upstream's behaviour must not
// share the mistakes of the code that it is used to check. Tests hold answers
// against the upstream's own facts; sandboxtest is what they share.
package sandbox

import (
	"fmt"
	"net/http"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/access"
	"github.com/switchboard-gw/switchboard/internal/sandbox/beside"
	"github.com/switchboard-gw/switchboard/internal/sandbox/faults"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/server"
)

// Bounds and defaults of the upstream.
const (
	// defaultUsers is how many people a sandbox has when nothing else is said.
	defaultUsers = 50
	// maxSeededUsers bounds what a slip in a setting may allocate.
	maxSeededUsers = 1_000_000
	// defaultTokenLifetime is one second short of a day, as the upstream's.
	defaultTokenLifetime = 86_399 * time.Second
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
	// RequireDivision refuses a new user without a division, as the upstream's
	// document says. Without it such a user is in the home division.
	RequireDivision bool
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
	org    *org.Organisation
	faults *faults.Injector
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
		o.RateLimit = faults.DefaultRateLimit
	}
	if o.Faults.RateLimit == nil {
		o.Faults.RateLimit = &RateLimit{Requests: o.RateLimit, Enforced: o.EnforceRateLimit}
	}
	logins := &access.Tokens{Lifetime: o.TokenLifetime, ClientID: o.ClientID, ClientSecret: o.ClientSecret}
	s := &Sandbox{org: org.New(o.Seed, o.Users, o.Now())}
	if o.ClientID != "" {
		s.org.KnowClient(o.ClientID)
	}
	upstream := server.New(server.Config{
		Organisation: s.org, Operations: merged(append(areas(s.org, o.RequireDivision), beside.Operations())), Beside: beside.Places(),
		Tokens: logins, Policy: access.Policy{Asked: o.Permissions, Client: o.ClientPermissions},
		Now: o.Now, MeAsFirstUser: o.MeAsFirstUser, Terms: s.terms,
	})
	var err error
	s.faults, err = faults.New(faults.Config{
		Seed: o.Seed, Now: o.Now, Tokens: logins, Upstream: upstream, Operation: upstream.OperationOf,
	}, o.Faults)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return s, nil
}

// terms are what the faults in force leave callers.
func (s *Sandbox) terms() server.Terms {
	f := s.faults.Present()
	return server.Terms{Requests: f.RateLimit.Requests, Enforced: f.RateLimit.Enforced, SearchDelay: time.Duration(f.SearchDelay)}
}

// ServeHTTP implements http.Handler.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.faults.ServeHTTP(w, r) }

// Control is the handler of the control endpoint, which belongs on a port of its
// own: GET /faults shows the present faults, PUT sets them all, PATCH sets those
// that it names (null ends one), DELETE goes back to those of Options. Each
// answers with what is then in force; what makes no sense is refused as a whole,
// with 400 and a Mistake.
func (s *Sandbox) Control() http.Handler { return s.faults.Control() }

// Organisation is what the sandbox knows, for tests of this module. Nobody may be
// calling the sandbox meanwhile.
func (s *Sandbox) Organisation() *org.Organisation { return s.org }
