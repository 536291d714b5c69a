// Package faults is an upstream on a bad day. An Injector (injector.go) stands in
// front of a handler: trigger.go decides whom a fault hits, answer.go and drift.go do
// it to the answer. Which faults there are and what they can be told is in this file;
// control.go lets it be changed while it runs, and strict.go reads what is told.
//
// Actions know nothing of any of this. Two things reach inside, as values that the
// server is given: the allowance of a token and the delay of search. It imports
// access, contract, org (for the names of routing statuses), problem and wire.
package faults

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/contract"
)

// Faults is how the sandbox misbehaves. The zero value is an upstream on a good
// day. What is left out of a member has the value that its comment names.
type Faults struct {
	Latency     *Latency     `json:"latency,omitempty"`
	RateLimit   *RateLimit   `json:"rateLimit,omitempty"`
	Errors      *Errors      `json:"errors,omitempty"`
	Resets      *Resets      `json:"resets,omitempty"`
	Truncations *Truncations `json:"truncations,omitempty"`
	SlowBodies  *SlowBodies  `json:"slowBodies,omitempty"`
	StaleTokens *StaleTokens `json:"staleTokens,omitempty"`
	Logins      *Logins      `json:"logins,omitempty"`
	Drift       *Drift       `json:"drift,omitempty"`
	// SearchDelay is how long it takes until a search finds what was written;
	// reads by id see it at once.
	SearchDelay Duration `json:"searchDelay,omitempty"`
}

// Trigger says which requests a fault hits: each that it concerns with the
// probability Rate, until it has hit Next of them.
type Trigger struct {
	Rate float64 `json:"rate,omitempty"` // above 0 up to 1; 0 means 1
	Next int     `json:"next,omitempty"` // 0: without end
	// Operations are operations' names, path patterns (/api/v2/users/*) or
	// "login" for the token endpoint. None means every operation.
	Operations []string `json:"operations,omitempty"`

	luck *luck // of the running fault; its copies share it
}

// Latency makes answers wait, before any work is done. All distributions are
// told by what half of the answers and 99 of 100 take at most.
type Latency struct {
	Trigger
	// Distribution is fixed, uniform, normal or lognormal; left out it is fixed
	// without P99, else lognormal.
	Distribution string   `json:"distribution,omitempty"`
	P50          Duration `json:"p50"`
	P99          Duration `json:"p99,omitempty"`
}

// RateLimit is how many requests a minute a token may make.
type RateLimit struct {
	Requests int  `json:"requests"` // 0 means 300
	Enforced bool `json:"enforced"` // otherwise only announced
	// Logins is how many tokens a minute a client may ask for; 0: as many as it
	// likes.
	Logins int `json:"logins,omitempty"`
}

// Errors answers instead of the organisation, which learns of nothing.
type Errors struct {
	Trigger
	Status     int      `json:"status,omitempty"`     // 400 to 599; 0 means 503
	RetryAfter Duration `json:"retryAfter,omitempty"` // 0: no such header
}

// Resets breaks connections: HTTP/1.1 with a TCP reset, HTTP/2 by resetting the
// stream.
type Resets struct {
	Trigger
	AfterBytes int  `json:"afterBytes,omitempty"` // of the answer's body; 0: no answer at all
	BeforeWork bool `json:"beforeWork,omitempty"` // the operation is not carried out
}

// Truncations ends answers half-way.
type Truncations struct {
	Trigger
	// How is "length" (shorter than its Content-Length), "chunked" (without the
	// last chunk) or "json" (half a text in a whole answer); left out it is length.
	How string `json:"how,omitempty"`
}

// SlowBodies sends the bodies of answers piece by piece.
type SlowBodies struct {
	Trigger
	Bytes    int      `json:"bytes,omitempty"`    // of a piece; 0 means 64
	Interval Duration `json:"interval,omitempty"` // between two; 0 means 100ms
}

// StaleTokens makes the token of a request worthless, for this request and all
// that follow. Users' tokens, which nobody issued, stay good.
type StaleTokens struct{ Trigger }

// Logins makes the token endpoint fail.
type Logins struct {
	Trigger
	// Answer is "throttled", "refused" or "unavailable"; left out it is
	// unavailable.
	Answer string `json:"answer,omitempty"`
}

// Drift adds to successful answers what no contract knows: a member of the answer
// and of everything in it that has an id, and an unknown routing status.
type Drift struct{ Trigger }

// Duration is a time.Duration that is a text such as "1.5s" in JSON.
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// Values of Latency.Distribution, Truncations.How and Logins.Answer.
const (
	fixed     = "fixed"
	uniform   = "uniform"
	normal    = "normal"
	lognormal = "lognormal"

	truncatedLength  = "length"
	truncatedChunked = "chunked"
	truncatedJSON    = "json"

	loginThrottled   = "throttled"
	loginRefused     = "refused"
	loginUnavailable = "unavailable"
)

// DefaultRateLimit is the usual allowance in requests a minute and token.
const DefaultRateLimit = 300

// maxDelay bounds every waiting.
const maxDelay = Duration(10 * time.Minute)

// parts are the faults as objects; each knows how it is read and who it hits.
func (f *Faults) parts() []part {
	return []part{
		partOf("latency", &f.Latency), partOf("rateLimit", &f.RateLimit), partOf("errors", &f.Errors),
		partOf("resets", &f.Resets), partOf("truncations", &f.Truncations), partOf("slowBodies", &f.SlowBodies),
		partOf("staleTokens", &f.StaleTokens), partOf("logins", &f.Logins), partOf("drift", &f.Drift),
	}
}

// members lists what can be told of the faults, as the control endpoint takes it.
func (f *Faults) members() []member {
	members := []member{span("searchDelay", &f.SearchDelay, 0, Duration(time.Hour))}
	for _, p := range f.parts() {
		members = append(members, p.member)
	}
	return members
}

func (t *Trigger) members() []member {
	return []member{share("rate", &t.Rate), number("next", &t.Next, 1, 1_000_000), operationList("operations", &t.Operations)}
}

func (t *Trigger) settle(string) error {
	if t.Rate == 0 {
		t.Rate = 1
	}
	return nil
}

func (l *Latency) members() []member {
	return append(l.Trigger.members(),
		choice("distribution", &l.Distribution, fixed, uniform, normal, lognormal),
		span("p50", &l.P50, 0, maxDelay), span("p99", &l.P99, 0, maxDelay))
}

func (l *Latency) settle(field string) error {
	if l.Distribution == "" {
		l.Distribution = lognormal
		if l.P99 == 0 {
			l.Distribution = fixed
		}
	}
	p50, p99 := field+".p50", field+".p99"
	switch {
	case l.P50 == 0:
		return &Mistake{p50, `"0s"`, "write what half of the answers take at most, such as \"40ms\""}
	case l.Distribution == fixed && l.P99 != 0:
		return &Mistake{p99, quoted(l.P99), "leave it out where every answer takes the same, or name another distribution"}
	case l.Distribution != fixed && l.P99 < l.P50:
		return &Mistake{p99, quoted(l.P99), "write what 99 of 100 answers take at most, which is no less than p50"}
	case l.Distribution == uniform && float64(l.P99) > 1.98*float64(l.P50):
		return &Mistake{p99, quoted(l.P99), "write at most 1.98 times p50: an even distribution that starts at 0 reaches no further"}
	}
	return l.Trigger.settle(field)
}

func (r *RateLimit) members() []member {
	return []member{
		number("requests", &r.Requests, 1, 1_000_000), truth("enforced", &r.Enforced), number("logins", &r.Logins, 0, 1_000_000),
	}
}

func (r *RateLimit) trigger() *Trigger { return nil }

func (r *RateLimit) settle(string) error { //nolint:unparam // Other faults can be told wrongly.
	if r.Requests == 0 {
		r.Requests = DefaultRateLimit
	}
	return nil
}

func (e *Errors) members() []member {
	return append(e.Trigger.members(), number("status", &e.Status, 400, 599), span("retryAfter", &e.RetryAfter, 0, Duration(24*time.Hour)))
}

func (e *Errors) settle(field string) error {
	if e.Status == 0 {
		e.Status = 503
	}
	return e.Trigger.settle(field)
}

func (r *Resets) members() []member {
	return append(r.Trigger.members(), number("afterBytes", &r.AfterBytes, 0, 1<<30), truth("beforeWork", &r.BeforeWork))
}

func (r *Resets) settle(field string) error {
	if r.BeforeWork && r.AfterBytes > 0 {
		return &Mistake{field + ".afterBytes", fmt.Sprint(r.AfterBytes), "leave it out: before the work is done there is no answer to send a part of"}
	}
	return r.Trigger.settle(field)
}

func (t *Truncations) members() []member {
	return append(t.Trigger.members(), choice("how", &t.How, truncatedLength, truncatedChunked, truncatedJSON))
}

func (t *Truncations) settle(field string) error {
	if t.How == "" {
		t.How = truncatedLength
	}
	return t.Trigger.settle(field)
}

func (s *SlowBodies) members() []member {
	return append(s.Trigger.members(), number("bytes", &s.Bytes, 1, 1<<20), span("interval", &s.Interval, Duration(time.Millisecond), maxDelay))
}

func (s *SlowBodies) settle(field string) error {
	if s.Bytes == 0 {
		s.Bytes = 64
	}
	if s.Interval == 0 {
		s.Interval = Duration(100 * time.Millisecond)
	}
	return s.Trigger.settle(field)
}

func (l *Logins) members() []member {
	return append(l.Trigger.members(), choice("answer", &l.Answer, loginThrottled, loginRefused, loginUnavailable))
}

func (l *Logins) settle(field string) error {
	if l.Answer == "" {
		l.Answer = loginUnavailable
	}
	if len(l.Operations) > 0 {
		return &Mistake{field + ".operations", strings.Join(l.Operations, ","), "leave it out: this fault is about the token endpoint alone"}
	}
	return l.Trigger.settle(field)
}

// settled checks faults that were made in Go as if they had come as JSON, and
// fills in what they leave out.
func (f Faults) settled() (Faults, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return f, err
	}
	var settled Faults
	if err := readObject("", text, settled.members()); err != nil {
		return f, err
	}
	return settled, nil
}

// operationNames are the names that Trigger.Operations may hold, beside "login".
func operationNames() []string {
	var names []string
	for _, op := range contract.Operations() {
		names = append(names, op.Name)
	}
	slices.Sort(names)
	return names
}
