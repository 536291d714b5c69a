package faults

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/access"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
)

// Config is what an injector works with.
type Config struct {
	Seed      uint64 // of the luck
	Now       func() time.Time
	Tokens    *access.Tokens
	Upstream  http.Handler                 // what answers when all is well
	Operation func(r *http.Request) string // the name of what a request is about, or nothing
}

// Injector lets faults happen to the requests of a handler and to its answers.
// Safe for concurrent use.
type Injector struct {
	Config
	initial Faults
	logins  access.Limits // by client
	sleep   func(context.Context, Duration) bool

	conduct atomic.Pointer[conduct]
	control sync.Mutex // one change of conduct at a time
}

// conduct is the faults in force. It is replaced, never changed, but for the luck
// of its triggers.
type conduct struct {
	Faults
	quiet bool // no fault can hit a request
}

// New starts with some faults. It fails on those that make no sense.
func New(c Config, initial Faults) (*Injector, error) {
	x := &Injector{Config: c, initial: initial, sleep: pause}
	if err := x.reset(); err != nil {
		return nil, fmt.Errorf("fault %w", err)
	}
	return x, nil
}

// reset starts the initial faults anew.
func (x *Injector) reset() error {
	fresh, err := x.initial.settled()
	if err == nil {
		x.conduct.Store(x.begin(fresh))
	}
	return err
}

// begin makes running faults of some that were read. Those that are running
// already go on where they are.
func (x *Injector) begin(f Faults) *conduct {
	if f.RateLimit == nil {
		f.RateLimit = &RateLimit{Requests: DefaultRateLimit}
	}
	c := &conduct{Faults: f, quiet: f.RateLimit.Logins == 0}
	for _, p := range f.parts() {
		if p.trigger != nil {
			p.trigger.start(x.Seed, p.name)
			c.quiet = false
		}
	}
	return c
}

// Present are the faults in force. They must not be changed.
func (x *Injector) Present() *Faults { return &x.conduct.Load().Faults }

// ServeHTTP implements http.Handler.
func (x *Injector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c := x.conduct.Load(); !c.quiet {
		x.misbehave(w, r, c)
		return
	}
	x.Upstream.ServeHTTP(w, r)
}

// misbehave serves a request that faults may hit, in the order in which they
// stand in a request's way: it waits, it is not let in, its answer suffers.
func (x *Injector) misbehave(w http.ResponseWriter, r *http.Request, c *conduct) {
	about := x.subjectOf(r)
	if l := c.Latency; l != nil && l.hits(about) {
		takeTime(w)
		if !x.sleep(r.Context(), l.at(l.luck.draw())) {
			panic(http.ErrAbortHandler) // the client has gone; to return would be to answer
		}
	}
	switch {
	case about.operation == loginOperation && x.refuseLogin(w, r, c):
		return
	case c.Errors != nil && c.Errors.hits(about):
		problem.Write(w, c.Errors.problem(), problem.Correlate(w))
		return
	case c.StaleTokens != nil && c.StaleTokens.concerns(about):
		x.spoil(access.BearerOf(r), c.StaleTokens)
	}
	x.spoilAnswer(w, r, c, about)
}

// problem is the error that is answered in the organisation's place.
func (e *Errors) problem() *problem.Problem {
	text := http.StatusText(e.Status)
	if text == "" {
		text = "Status " + strconv.Itoa(e.Status)
	}
	wait := int((time.Duration(e.RetryAfter) + time.Second - 1) / time.Second)
	p := &problem.Problem{Status: e.Status, Code: strings.ReplaceAll(strings.ToLower(text), " ", "."), Message: text + "."}
	if e.Status == http.StatusTooManyRequests {
		p = problem.TooManyRequests(wait)
	}
	p.Header = nil
	if wait > 0 {
		p.Header = map[string]string{"Retry-After": strconv.Itoa(wait)}
	}
	return p
}

// spoil makes a token that is good worthless, if it is hit. A token that is not
// good draws nothing: it must not use up what is meant for one that is.
func (x *Injector) spoil(token string, fault *StaleTokens) {
	if _, good := x.Tokens.Check(token, x.Now()); good && fault.strikes() {
		x.Tokens.Revoke(token)
	}
}

// refuseLogin answers a login that a fault hits or that is one too many.
func (x *Injector) refuseLogin(w http.ResponseWriter, r *http.Request, c *conduct) bool {
	how := ""
	if clientID, _, _ := r.BasicAuth(); c.RateLimit.Logins > 0 {
		if used, _ := x.logins.Add(clientID, x.Now()); used > c.RateLimit.Logins {
			how = loginThrottled
		}
	}
	if how == "" && c.Logins != nil && !c.Logins.spent() && c.Logins.strikes() {
		how = c.Logins.Answer
	}
	if how == "" {
		return false
	}
	contextID := problem.Correlate(w)
	switch how {
	case loginThrottled:
		access.Refuse(http.StatusBadRequest, "invalid_request", "rate limit exceeded for this client, ask again later").Write(w)
	case loginRefused:
		access.Refuse(http.StatusUnauthorized, "invalid_client", "the client is not accepted").Write(w)
	default:
		problem.Write(w, (&Errors{Status: http.StatusServiceUnavailable}).problem(), contextID)
	}
	return true
}

// spoilAnswer lets the organisation answer and does to its answer what hits it.
func (x *Injector) spoilAnswer(w http.ResponseWriter, r *http.Request, c *conduct, about subject) {
	reset := c.Resets != nil && c.Resets.hits(about)
	if reset && c.Resets.BeforeWork {
		breakConnection(w)
		return
	}
	drifts := c.Drift != nil && c.Drift.hits(about)
	cuts := c.Truncations != nil && c.Truncations.concerns(about)
	slow := c.SlowBodies != nil && c.SlowBodies.hits(about)
	if !reset && !drifts && !cuts && !slow {
		x.Upstream.ServeHTTP(w, r)
		return
	}
	a := &recordedAnswer{header: w.Header(), status: http.StatusOK}
	x.Upstream.ServeHTTP(a, r)
	if drifts && a.status < 300 {
		a.body = drifted(a.body)
	}
	switch {
	case reset:
		a.reset(w, c.Resets.AfterBytes)
	case cuts && len(a.body) > 1 && c.Truncations.strikes():
		a.truncate(w, c.Truncations.How)
	case slow:
		a.trickle(w, c.SlowBodies, func(d Duration) bool { return x.sleep(r.Context(), d) })
	default:
		a.send(w, a.body)
	}
}

// pause waits; false means that the client went away meanwhile.
func pause(ctx context.Context, d Duration) bool {
	timer := time.NewTimer(time.Duration(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
