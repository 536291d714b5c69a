package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// injectorConfig is what an injector works with.
type injectorConfig struct {
	seed      uint64 // of the luck
	now       func() time.Time
	tokens    *tokens
	upstream  http.Handler                 // what answers when all is well
	operation func(r *http.Request) string // the name of what a request is about, or nothing
}

// injector lets faults happen to the requests of a handler and to its answers.
// Safe for concurrent use.
type injector struct {
	injectorConfig
	initial Faults
	logins  limits // by client
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

// newInjector starts with some faults. It fails on those that make no sense.
func newInjector(c injectorConfig, initial Faults) (*injector, error) {
	x := &injector{injectorConfig: c, initial: initial, sleep: pause}
	if err := x.reset(); err != nil {
		return nil, fmt.Errorf("fault %w", err)
	}
	return x, nil
}

// reset starts the initial faults anew.
func (x *injector) reset() error {
	fresh, err := x.initial.settled()
	if err == nil {
		x.conduct.Store(x.begin(fresh))
	}
	return err
}

// begin makes running faults of some that were read. Those that are running
// already go on where they are.
func (x *injector) begin(f Faults) *conduct {
	if f.RateLimit == nil {
		f.RateLimit = &RateLimit{Requests: defaultRateLimit}
	}
	c := &conduct{Faults: f, quiet: f.RateLimit.Logins == 0}
	for _, p := range f.parts() {
		if p.trigger != nil {
			p.trigger.start(x.seed, p.name)
			c.quiet = false
		}
	}
	return c
}

// present are the faults in force. They must not be changed.
func (x *injector) present() *Faults { return &x.conduct.Load().Faults }

// ServeHTTP implements http.Handler.
func (x *injector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c := x.conduct.Load(); !c.quiet {
		x.misbehave(w, r, c)
		return
	}
	x.upstream.ServeHTTP(w, r)
}

// misbehave serves a request that faults may hit, in the order in which they
// stand in a request's way: it waits, it is not let in, its answer suffers.
func (x *injector) misbehave(w http.ResponseWriter, r *http.Request, c *conduct) {
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
		writeProblem(w, c.Errors.problem(), correlate(w))
		return
	case c.StaleTokens != nil && c.StaleTokens.concerns(about):
		x.spoil(bearerOf(r), c.StaleTokens)
	}
	x.spoilAnswer(w, r, c, about)
}

// problem is the error that is answered in the organisation's place.
func (e *Errors) problem() *problem {
	text := http.StatusText(e.Status)
	if text == "" {
		text = "Status " + strconv.Itoa(e.Status)
	}
	p := &problem{Status: e.Status, Code: strings.ReplaceAll(strings.ToLower(text), " ", "."), Message: text + "."}
	if e.RetryAfter > 0 {
		seconds := (time.Duration(e.RetryAfter) + time.Second - 1) / time.Second
		p.header = map[string]string{"Retry-After": strconv.Itoa(int(seconds))}
	}
	return p
}

// spoil makes a token that is good worthless, if it is hit. A token that is not
// good draws nothing: it must not use up what is meant for one that is.
func (x *injector) spoil(token string, fault *StaleTokens) {
	if _, good := x.tokens.check(token, x.now()); good && fault.strikes() {
		x.tokens.revoke(token)
	}
}

// refuseLogin answers a login that a fault hits or that is one too many.
func (x *injector) refuseLogin(w http.ResponseWriter, r *http.Request, c *conduct) bool {
	how := ""
	if clientID, _, _ := r.BasicAuth(); c.RateLimit.Logins > 0 {
		if used, _ := x.logins.add(clientID, x.now()); used > c.RateLimit.Logins {
			how = loginThrottled
		}
	}
	if how == "" && c.Logins != nil && !c.Logins.spent() && c.Logins.strikes() {
		how = c.Logins.Answer
	}
	if how == "" {
		return false
	}
	contextID := correlate(w)
	switch how {
	case loginThrottled:
		refuse(http.StatusBadRequest, "invalid_request", "rate limit exceeded for this client, ask again later").write(w)
	case loginRefused:
		refuse(http.StatusUnauthorized, "invalid_client", "the client is not accepted").write(w)
	default:
		writeProblem(w, (&Errors{Status: http.StatusServiceUnavailable}).problem(), contextID)
	}
	return true
}

// spoilAnswer lets the organisation answer and does to its answer what hits it.
func (x *injector) spoilAnswer(w http.ResponseWriter, r *http.Request, c *conduct, about subject) {
	reset := c.Resets != nil && c.Resets.hits(about)
	if reset && c.Resets.BeforeWork {
		breakConnection(w)
		return
	}
	drifts := c.Drift != nil && c.Drift.hits(about)
	cuts := c.Truncations != nil && c.Truncations.concerns(about)
	slow := c.SlowBodies != nil && c.SlowBodies.hits(about)
	if !reset && !drifts && !cuts && !slow {
		x.upstream.ServeHTTP(w, r)
		return
	}
	a := &recordedAnswer{header: w.Header(), status: http.StatusOK}
	x.upstream.ServeHTTP(a, r)
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
