// Package history tells what a user did at any time, which analytics ask. It imports
// org.
//
// A history is a run of moments, each a presence and a routing status that hold until
// the next one, in three parts that follow each other:
//   - made up (shifts.go): the weeks before the sandbox started, a pure function of
//     the seed and the user's id, a day at a time and only when somebody asks;
//   - past: what the API has changed since, which become records;
//   - present: the user's own routing and presence, which nothing has ended yet.
//
// Invariants: moments are in order of their starts; a user is on queue in one if
// and only if its routing status is not OFF_QUEUE; what the made-up part ends
// with differs in that from what the organisation was seeded with, so that a
// presence and a routing status begin exactly when the user's own "since" says.
package history

import (
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
)

// In the unit of time here, milliseconds.
const (
	Minute = int64(60_000)
	Hour   = 60 * Minute
	Day    = 24 * Hour
)

// madeUpDays is how far the made-up part reaches back from the start. It is more
// than any query may span.
const madeUpDays = 60

// Chronicle is all that a history is told from. It stays what it is while the
// user goes on.
type Chronicle struct {
	UserID     string
	knownSince int64 // 0: what comes before is made up
	past       []org.Moment
	present    org.Moment
}

func chronicleOf(u *org.User) Chronicle {
	return Chronicle{UserID: u.ID, knownSince: u.KnownSince, past: u.Past, present: u.Moment()}
}

// Chronicles are those of the users that pass, in order of name.
func Chronicles(o *org.Organisation, passes func(*org.User) bool, descending bool) []Chronicle {
	var all []Chronicle
	for _, u := range o.Rosters[org.AnyState] {
		if passes(u) {
			all = append(all, chronicleOf(u))
		}
	}
	if descending {
		slices.Reverse(all)
	}
	return all
}

// first is the oldest moment that is not made up.
func (c Chronicle) first() org.Moment {
	if len(c.past) > 0 {
		return c.past[0]
	}
	return c.present
}

// historySource is what the made-up part comes from.
type historySource struct {
	seed  uint64
	start int64 // of the oldest day
}

func sourceOf(o org.Origin) historySource {
	return historySource{seed: o.Seed, start: o.At.UnixMilli() - madeUpDays*Day}
}

// Historian tells histories, one at a time: it reuses what it answers with.
type Historian struct {
	historySource
	available, onQueue, offline *org.PresenceDefinition
	pauses                      []*org.PresenceDefinition
	moments                     []org.Moment
}

// New is a historian of an organisation as it is.
func New(o *org.Organisation) *Historian {
	h := &Historian{
		historySource: sourceOf(o.Origin),
		available:     o.Presence(org.PresenceAvailable),
		onQueue:       o.Presence(org.PresenceOnQueue),
		offline:       o.Presence(org.PresenceOffline),
	}
	for _, name := range pausePresences {
		h.pauses = append(h.pauses, o.Presence(name))
	}
	return h
}

// Another tells the same, at the same time.
func (h *Historian) Another() *Historian {
	other := *h
	other.moments = nil
	return &other
}

// Tell returns the moments that hold between from and to, and some around them:
// the ones before and after that say since when and until when.
func (h *Historian) Tell(c Chronicle, from, to int64) []org.Moment {
	h.moments = h.moments[:0]
	if first := c.first(); c.knownSince == 0 && from < first.Start() {
		h.makeUp(newShifts(h.historySource, c), from, to)
	}
	h.moments = append(h.moments, c.past...)
	return append(h.moments, c.present)
}

// Begins is when the oldest moment of a history does.
func (h *Historian) Begins(c Chronicle) int64 {
	if c.knownSince == 0 {
		if s := newShifts(h.historySource, c); s.oldest >= 0 {
			return h.start
		}
	}
	first := c.first()
	return min(first.PresenceSince, first.StatusSince)
}
