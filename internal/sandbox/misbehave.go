package sandbox

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// conduct is how the sandbox behaves at present. It is replaced, never changed,
// but for the luck of its triggers.
type conduct struct {
	Faults
	quiet bool // no fault can hit a request
}

// begin makes running faults of some that were read. Those that are running
// already go on where they are.
func (s *Sandbox) begin(f Faults) *conduct {
	if f.RateLimit == nil {
		f.RateLimit = &RateLimit{Requests: defaultRateLimit}
	}
	c := &conduct{Faults: f, quiet: f.RateLimit.Logins == 0}
	for _, p := range f.parts() {
		if p.trigger != nil {
			p.trigger.start(s.options.Seed, p.name)
			c.quiet = false
		}
	}
	return c
}

// misbehave serves a request that faults may hit, in the order in which they
// stand in a request's way: it waits, it is not let in, its answer suffers.
func (s *Sandbox) misbehave(w http.ResponseWriter, r *http.Request, c *conduct) {
	about := s.subjectOf(r)
	if l := c.Latency; l != nil && l.hits(about) {
		takeTime(w)
		if !s.sleep(r.Context(), l.at(l.luck.draw())) {
			panic(http.ErrAbortHandler) // the client has gone; to return would be to answer
		}
	}
	switch {
	case about.operation == loginOperation && s.refuseLogin(w, r, c):
		return
	case c.Errors != nil && c.Errors.hits(about):
		writeProblem(w, c.Errors.problem(), correlate(w))
		return
	case c.StaleTokens != nil && c.StaleTokens.concerns(about):
		s.spoil(bearerOf(r), c.StaleTokens)
	}
	s.spoilAnswer(w, r, c, about)
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
func (s *Sandbox) spoil(token string, fault *StaleTokens) {
	if _, good := s.tokens.check(token, s.options.Now()); good && fault.strikes() {
		s.tokens.revoke(token)
	}
}

// refuseLogin answers a login that a fault hits or that is one too many.
func (s *Sandbox) refuseLogin(w http.ResponseWriter, r *http.Request, c *conduct) bool {
	how := ""
	if clientID, _, _ := r.BasicAuth(); c.RateLimit.Logins > 0 {
		if used, _ := s.logins.add(clientID, s.options.Now()); used > c.RateLimit.Logins {
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
func (s *Sandbox) spoilAnswer(w http.ResponseWriter, r *http.Request, c *conduct, about subject) {
	reset := c.Resets != nil && c.Resets.hits(about)
	if reset && c.Resets.BeforeWork {
		breakConnection(w)
		return
	}
	drifts := c.Drift != nil && c.Drift.hits(about)
	cuts := c.Truncations != nil && c.Truncations.concerns(about)
	slow := c.SlowBodies != nil && c.SlowBodies.hits(about)
	if !reset && !drifts && !cuts && !slow {
		s.serve(w, r)
		return
	}
	a := &recordedAnswer{header: w.Header(), status: http.StatusOK}
	s.serve(a, r)
	if drifts && a.status < 300 {
		a.body = drifted(a.body)
	}
	switch {
	case reset:
		a.reset(w, c.Resets.AfterBytes)
	case cuts && len(a.body) > 1 && c.Truncations.strikes():
		a.truncate(w, c.Truncations.How)
	case slow:
		a.trickle(w, c.SlowBodies, func(d Duration) bool { return s.sleep(r.Context(), d) })
	default:
		a.send(w, a.body)
	}
}

// recordedAnswer is an answer before it is sent. Its header is the connection's.
type recordedAnswer struct {
	header http.Header
	status int
	body   []byte
}

func (a *recordedAnswer) Header() http.Header    { return a.header }
func (a *recordedAnswer) WriteHeader(status int) { a.status = status }
func (a *recordedAnswer) Write(p []byte) (int, error) {
	a.body = append(a.body, p...)
	return len(p), nil
}

// send sends a part of the body as if it were all.
func (a *recordedAnswer) send(w http.ResponseWriter, part []byte) {
	w.WriteHeader(a.status)
	_, _ = w.Write(part) // whoever went away is nobody to tell
}

// begin sends the head and some of the body, of which the head tells the whole
// length, and sees that it is on its way.
func (a *recordedAnswer) begin(w http.ResponseWriter, part []byte) {
	a.header.Set("Content-Length", strconv.Itoa(len(a.body)))
	a.send(w, part)
	_ = http.NewResponseController(w).Flush()
}

func (a *recordedAnswer) reset(w http.ResponseWriter, after int) {
	if after > 0 && a.status != http.StatusNoContent {
		a.begin(w, a.body[:min(after, len(a.body))])
	}
	breakConnection(w)
}

func (a *recordedAnswer) truncate(w http.ResponseWriter, how string) {
	half := a.body[:len(a.body)/2]
	switch how {
	case truncatedJSON:
		a.send(w, half)
		return
	case truncatedChunked:
		a.send(w, half)
		_ = http.NewResponseController(w).Flush() // without a length by now, it goes in chunks
	default:
		a.begin(w, half)
	}
	panic(http.ErrAbortHandler) // ends the connection, or the HTTP/2 stream, where it is
}

func (a *recordedAnswer) trickle(w http.ResponseWriter, s *SlowBodies, sleep func(Duration) bool) {
	if a.status == http.StatusNoContent {
		a.send(w, nil)
		return
	}
	takeTime(w)
	rest := a.body
	a.begin(w, nil)
	for len(rest) > 0 {
		piece := rest[:min(s.Bytes, len(rest))]
		rest = rest[len(piece):]
		if _, err := w.Write(piece); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		if len(rest) > 0 && !sleep(s.Interval) {
			return
		}
	}
}

// breakConnection ends a connection with a TCP reset. Where requests share one,
// as in HTTP/2, only this one's stream is reset.
func breakConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(interface{ SetLinger(seconds int) error }); ok {
		_ = tcp.SetLinger(0) // makes Close send RST instead of FIN
	}
	_ = conn.Close()
}

// takeTime lifts what the server that we are in allows an answer to take: whoever
// asked for slowness gets it, for as long as the client bears it.
func takeTime(w http.ResponseWriter) {
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Time{})
	_ = connection.SetWriteDeadline(time.Time{})
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
