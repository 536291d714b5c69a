package sandbox

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
	user, was *user
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

// expect prepares for a write, whose path or token may name the user that it is
// about; insert and replace tell of all others.
func (o *organisation) expect(c *call) {
	o.hindsight.expect(c.now, c.searchDelay)
	if c.searchDelay == 0 {
		return
	}
	for _, id := range []string{c.params["userId"], c.params["subjectId"], c.caller.userID} {
		o.hindsight.remember(o.users[id])
	}
	if c.meAsFirstUser {
		o.hindsight.remember(o.users[o.firstUserID])
	}
}

// remember keeps what a user is before it changes.
func (h *hindsight) remember(u *user) {
	if h.delay > 0 && u != nil {
		was := *u
		h.looks = append(h.looks, look{u, &was, h.now})
	}
}

// rememberNone keeps that a user is new.
func (h *hindsight) rememberNone(u *user) {
	if h.delay > 0 {
		h.looks = append(h.looks, look{u, nil, h.now})
	}
}

// searchable is a roster as the search index knows it.
func (o *organisation) searchable(state string, c *call) []*user {
	stale := map[*user]*user{}
	for _, l := range o.hindsight.looks {
		if _, known := stale[l.user]; !known && c.now.Sub(l.until) < c.searchDelay {
			stale[l.user] = l.was
		}
	}
	if len(stale) == 0 {
		return o.rosters[state]
	}
	var roster []*user
	for _, u := range o.rosters[anyState] {
		if was, changed := stale[u]; changed {
			u = was
		}
		if u != nil && (state == anyState || u.state == state) {
			roster = append(roster, u)
		}
	}
	slices.SortFunc(roster, byName)
	return roster
}
