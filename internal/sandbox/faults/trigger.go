package faults

import (
	"math"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/switchboard-gw/switchboard/internal/sandbox/access"
)

// loginOperation is what triggers call the token endpoint.
const loginOperation = "login"

// subject is what a request is about, as triggers see it.
type subject struct{ operation, path string }

func (x *Injector) subjectOf(r *http.Request) subject {
	if r.URL.Path == access.TokenPath {
		return subject{loginOperation, access.TokenPath}
	}
	return subject{x.Operation(r), r.URL.EscapedPath()}
}

// luck decides whom a fault hits. Its draws depend on the seed, on which fault it
// is and on how many it has made, so that the same requests in the same order
// have the same luck. Safe for concurrent use.
type luck struct {
	seed  uint64
	drawn atomic.Uint64
	hits  atomic.Int64
}

// start gives a trigger that was only read its luck.
func (t *Trigger) start(seed uint64, name string) {
	if t.luck != nil {
		return
	}
	for _, letter := range []byte(name) {
		seed = scramble(seed ^ uint64(letter))
	}
	t.luck = &luck{seed: seed}
}

func (t *Trigger) trigger() *Trigger { return t }

// concerns tells whether the fault may hit such a request.
func (t *Trigger) concerns(s subject) bool {
	if t.spent() {
		return false
	}
	if len(t.Operations) == 0 {
		return s.operation != loginOperation
	}
	return slices.ContainsFunc(t.Operations, func(one string) bool {
		if strings.HasPrefix(one, "/") {
			fits, _ := path.Match(one, s.path)
			return fits
		}
		return strings.EqualFold(one, s.operation)
	})
}

// hits draws for a request that the fault may hit.
func (t *Trigger) hits(s subject) bool { return t.concerns(s) && t.strikes() }

// strikes draws for a request that the fault concerns.
func (t *Trigger) strikes() bool {
	if t.luck.draw() >= t.Rate {
		return false
	}
	return t.luck.hits.Add(1) <= int64(t.Next) || t.Next == 0
}

// left is how many the fault still has to hit; 0 where there is no end, too.
func (t *Trigger) left() int { return max(0, t.Next-int(t.luck.hits.Load())) }

func (t *Trigger) spent() bool { return t.Next > 0 && t.left() == 0 }

// draw returns the next number from 0 up to 1, without 1.
func (l *luck) draw() float64 {
	return float64(scramble(l.seed+l.drawn.Add(1)*0x9e3779b97f4a7c15)>>11) / (1 << 53)
}

// scramble is the finalizer of SplitMix64.
func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// z99 is how many standard deviations above the mean the 99th percentile of a
// normal distribution lies.
const z99 = 2.3263478740408408

// at is the latency of which the share u of all is shorter.
func (l *Latency) at(u float64) Duration {
	p50, p99 := float64(l.P50), float64(l.P99)
	const edge = 1e-12 // where the normal distributions have no end
	z := math.Sqrt2 * math.Erfinv(2*min(max(u, edge), 1-edge)-1) / z99
	value := p50
	switch l.Distribution {
	case uniform:
		value += (u - 0.5) / 0.49 * (p99 - p50)
	case normal:
		value += z * (p99 - p50)
	case lognormal:
		value *= math.Pow(p99/p50, z)
	}
	return Duration(min(max(0, value), float64(maxDelay)))
}
