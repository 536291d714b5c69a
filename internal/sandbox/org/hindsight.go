package org

import (
	"slices"
	"time"
)

// hindsight is what the search index does not know yet: how users looked before
// the writes of the last while. It is part of the organisation and under its
// lock; writes add to it, searches only read.
type hindsight struct {
	delay time.Duration // how long a write stays unknown; 0: nothing is remembered
	now   time.Time     // of the write that is running
	looks []look        // oldest first
}

// look is a user until a moment; nil where there was none.
type look struct {
	user, was *User
	until     time.Time
}

// maxLooks bounds what is remembered; beyond it search learns early.
const maxLooks = 100_000

// expect forgets what search knows by the time of a write.
func (h *hindsight) expect(now time.Time, delay time.Duration) {
	h.now, h.delay = now, delay
	current := slices.IndexFunc(h.looks, func(l look) bool { return now.Sub(l.until) < delay })
	switch {
	case current < 0:
		h.looks = nil
	case current > 0 || len(h.looks) > maxLooks:
		h.looks = slices.Clone(h.looks[max(current, len(h.looks)-maxLooks):])
	}
}

// Expect prepares for a write, which may be about the users with these ids; insert
// and replace tell of all others.
func (o *Organisation) Expect(now time.Time, delay time.Duration, ids ...string) {
	o.hindsight.expect(now, delay)
	if delay == 0 {
		return
	}
	for _, id := range ids {
		o.hindsight.remember(o.Users[id])
	}
}

// remember keeps what a user is before it changes.
func (h *hindsight) remember(u *User) {
	if h.delay > 0 && u != nil {
		was := *u
		h.looks = append(h.looks, look{u, &was, h.now})
	}
}

// rememberNone keeps that a user is new.
func (h *hindsight) rememberNone(u *User) {
	if h.delay > 0 {
		h.looks = append(h.looks, look{u, nil, h.now})
	}
}

// Searchable is a roster as the search index knows it.
func (o *Organisation) Searchable(state string, now time.Time, delay time.Duration) []*User {
	stale := map[*User]*User{}
	for _, l := range o.hindsight.looks {
		if _, known := stale[l.user]; !known && now.Sub(l.until) < delay {
			stale[l.user] = l.was
		}
	}
	if len(stale) == 0 {
		return o.Rosters[state]
	}
	var roster []*User
	for _, u := range o.Rosters[AnyState] {
		if was, changed := stale[u]; changed {
			u = was
		}
		if u != nil && (state == AnyState || u.State == state) {
			roster = append(roster, u)
		}
	}
	slices.SortFunc(roster, ByName)
	return roster
}
