package sandbox

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// This file knows what a user did at any time, for analytics. A history is a run
// of moments, each a presence and a routing status that hold until the next one,
// in three parts that follow each other:
//   - made up: the weeks before the sandbox started, a pure function of the seed
//     and the user's id, a day at a time and only when somebody asks;
//   - past: what the API has changed since, which become records;
//   - present: the user's own routing and presence, which nothing has ended yet.
//
// Invariants: moments are in order of their starts; a user is on queue in one if
// and only if its routing status is not OFF_QUEUE; what the made-up part ends
// with differs in that from what the organisation was seeded with, so that a
// presence and a routing status begin exactly when the user's own "since" says.

const (
	minute = int64(60_000) // in the unit of this file, milliseconds
	hour   = 60 * minute
	day    = 24 * hour

	// madeUpDays is how far the made-up part reaches back from the start. It is
	// more than any query may span.
	madeUpDays = 60
	// maxPast bounds the changes remembered for a user: once there are twice as
	// many, the older half is forgotten.
	maxPast = 1000
	// stillOpen is the end of what has not ended.
	stillOpen = math.MaxInt64
)

// moment is a presence and a routing status, with when each began. They hold
// from the later of the two on. Times are Unix milliseconds.
type moment struct {
	presence                   *presenceDefinition
	status                     string
	presenceSince, statusSince int64
}

func (m moment) start() int64  { return max(m.presenceSince, m.statusSince) }
func (m moment) onQueue() bool { return m.status != statusOffQueue }

func (u *user) moment() moment {
	return moment{u.presence.definition, u.routing.status, u.presence.since.UnixMilli(), u.routing.since.UnixMilli()}
}

// become is the one way in which routing and presence change: what was, is past.
// Time does not run backwards, whatever the clock of two calls at once says. The
// past only grows at its end or is replaced, so that a chronicle may share it.
func (u *user) become(r routingState, p presenceState) {
	if len(u.past) >= 2*maxPast {
		u.past = slices.Clone(u.past[maxPast:])
		u.knownSince = u.past[0].start()
	}
	u.past = append(u.past, u.moment())
	r.since = latest(r.since, u.routing.since, u.presence.since)
	if p != u.presence {
		p.since = r.since
	}
	u.routing, u.presence = r, p
}

// beginHistory is for whom is new: off queue and offline, and nothing before.
func (o *organisation) beginHistory(u *user, now time.Time) {
	u.routing = routingState{status: statusOffQueue, since: now}
	u.presence = presenceState{definition: o.presence(presenceOffline), since: now}
	u.knownSince = now.UnixMilli()
}

func latest(first time.Time, others ...time.Time) time.Time {
	for _, t := range others {
		if t.After(first) {
			first = t
		}
	}
	return first
}

// chronicle is all that a history is told from. It stays what it is while the
// user goes on.
type chronicle struct {
	userID     string
	knownSince int64 // 0: what comes before is made up
	past       []moment
	present    moment
}

func (u *user) chronicle() chronicle {
	return chronicle{userID: u.id, knownSince: u.knownSince, past: u.past, present: u.moment()}
}

// chronicles are those of the users that pass, in order of name.
func (o *organisation) chronicles(passes func(*user) bool, descending bool) []chronicle {
	var all []chronicle
	for _, u := range o.rosters[anyState] {
		if passes(u) {
			all = append(all, u.chronicle())
		}
	}
	if descending {
		slices.Reverse(all)
	}
	return all
}

// first is the oldest moment that is not made up.
func (c chronicle) first() moment {
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

func (o origin) history() historySource {
	return historySource{seed: o.seed, start: o.at.UnixMilli() - madeUpDays*day}
}

// historian tells histories, one at a time: it reuses what it answers with.
type historian struct {
	historySource
	available, onQueue, offline *presenceDefinition
	pauses                      []*presenceDefinition
	moments                     []moment
}

func (o *organisation) historian() *historian {
	h := &historian{
		historySource: o.origin.history(),
		available:     o.presence(presenceAvailable),
		onQueue:       o.presence(presenceOnQueue),
		offline:       o.presence(presenceOffline),
	}
	for _, name := range pausePresences {
		h.pauses = append(h.pauses, o.presence(name))
	}
	return h
}

// another tells the same, at the same time.
func (h *historian) another() *historian {
	other := *h
	other.moments = nil
	return &other
}

var pausePresences = []string{"Break", "Meal", "Break", "Meeting", "Away", "Training", "Busy"}

// tell returns the moments that hold between from and to, and some around them:
// the ones before and after that say since when and until when.
func (h *historian) tell(c chronicle, from, to int64) []moment {
	h.moments = h.moments[:0]
	if first := c.first(); c.knownSince == 0 && from < first.start() {
		h.makeUp(newShifts(h.historySource, c), from, to)
	}
	h.moments = append(h.moments, c.past...)
	return append(h.moments, c.present)
}

// begins is when the oldest moment of a history does.
func (h *historian) begins(c chronicle) int64 {
	if c.knownSince == 0 {
		if s := newShifts(h.historySource, c); s.oldest >= 0 {
			return h.start
		}
	}
	first := c.first()
	return min(first.presenceSince, first.statusSince)
}

// shifts is how somebody works: a shift that begins at about the same time of
// every day but two in a row of the week. They count backwards from the one that
// the user's first known moment belongs to, which is number 0.
type shifts struct {
	hash   uint64
	start  int64  // of shift 0
	first  moment // which ends the made-up part
	free   int64  // first free day of the week, Sunday is 0
	oldest int64  // number of the oldest shift; negative when there is none
}

func newShifts(source historySource, c chronicle) shifts {
	s := shifts{hash: hashText(c.userID) ^ source.seed, first: c.first(), free: 6}
	dice := rand.NewPCG(s.hash, math.MaxUint64)
	worked := between(dice, hour, 7*hour)
	if s.first.presence.SystemPresence == presenceOffline {
		worked = between(dice, 7*hour+30*minute, 8*hour+30*minute)
	}
	s.start = s.first.start() - worked
	if between(dice, 0, 3) == 0 {
		s.free = between(dice, 0, 7)
	}
	s.oldest = -1
	if spare := s.start - hour - source.start; spare >= 0 {
		s.oldest = spare / day
	}
	return s
}

// works tells whether there is such a shift; number 0 is there whatever the day.
func (s shifts) works(number int64) bool {
	const thursday = 4 // 1 January 1970
	weekday := ((s.start-number*day)/day + thursday) % 7
	return weekday != s.free && weekday != (s.free+1)%7
}

// makeUp appends the shifts around from and to. It starts two worked shifts
// early, so that what holds at from began inside of what is told, and stops when
// what holds at to has ended.
func (h *historian) makeUp(s shifts, from, to int64) {
	if s.oldest < 0 {
		return
	}
	number := max(0, (s.start-from)/day+2)
	for seen := 0; number < s.oldest && seen < 2; number++ {
		if s.works(number) {
			seen++
		}
	}
	if number >= s.oldest {
		number = s.oldest
		h.add(h.offline, statusOffQueue, h.start)
	}
	for ; number > 0; number-- {
		if !s.works(number) {
			continue
		}
		h.shift(s, number)
		if last := h.moments[len(h.moments)-1]; min(last.presenceSince, last.statusSince) >= to {
			return
		}
	}
	h.shift(s, 0)
	for h.moments[len(h.moments)-1].onQueue() == s.first.onQueue() {
		h.moments = h.moments[:len(h.moments)-1]
	}
}

// shift appends one: some time to settle, then calls and pauses in turn, then
// home. Shift 0 is the one that the first known moment breaks off.
func (h *historian) shift(s shifts, number int64) {
	dice := rand.NewPCG(s.hash, uint64(number))
	now := s.start - number*day
	end := s.first.start()
	if number > 0 {
		now += between(dice, -20*minute, 20*minute)
		end = now + between(dice, 7*hour+30*minute, 8*hour+30*minute)
	}
	h.add(h.available, statusOffQueue, now)
	now += between(dice, 3*minute, 15*minute)
	for now < end {
		for stint := min(end, now+between(dice, hour, 150*minute)); now < stint; {
			h.add(h.onQueue, statusIdle, now)
			if now += between(dice, minute/2, 14*minute); now >= stint {
				break
			}
			switch between(dice, 0, 12) {
			case 0:
				h.add(h.onQueue, statusNotResponding, now)
				now += between(dice, minute/4, 2*minute)
			case 1:
				h.add(h.onQueue, statusCommunicating, now)
				now += between(dice, minute, 6*minute)
			default:
				h.add(h.onQueue, statusInteracting, now)
				now += between(dice, 3*minute, 40*minute)
			}
		}
		if now < end {
			h.add(h.pauses[between(dice, 0, int64(len(h.pauses)))], statusOffQueue, now)
			now += between(dice, 8*minute, 40*minute)
		}
	}
	if number > 0 {
		h.add(h.offline, statusOffQueue, end)
	}
}

// add appends a moment. What is as before has been so since before.
func (h *historian) add(presence *presenceDefinition, status string, now int64) {
	m := moment{presence, status, now, now}
	if len(h.moments) > 0 {
		last := h.moments[len(h.moments)-1]
		if last.presence == presence {
			m.presenceSince = last.presenceSince
		}
		if last.status == status {
			m.statusSince = last.statusSince
		}
	}
	h.moments = append(h.moments, m)
}

// between draws a number that is at least least and less than limit.
func between(dice *rand.PCG, least, limit int64) int64 {
	return least + int64(dice.Uint64()%uint64(limit-least))
}

// hashText is FNV-1a.
func hashText(text string) uint64 {
	hash := uint64(14695981039346656037)
	for i := range len(text) {
		hash = (hash ^ uint64(text[i])) * 1099511628211
	}
	return hash
}

// stretch is a time during which one presence or one routing status held.
type stretch struct {
	value      string // as analytics spell it
	presenceID string // of a presence
	start, end int64  // end may be stillOpen
}

// until is the end, or now for what is still open.
func (s stretch) until(now int64) int64 { return min(s.end, max(s.start, now)) }

// side is one of the two things that a moment says.
type side struct {
	since func(*moment) int64
	value func(*moment) (value, presenceID string)
}

var (
	presenceSide = &side{
		since: func(m *moment) int64 { return m.presenceSince },
		value: func(m *moment) (string, string) { return recordedPresence(m.presence), m.presence.ID },
	}
	statusSide = &side{
		since: func(m *moment) int64 { return m.statusSince },
		value: func(m *moment) (string, string) { return m.status, "" },
	}
)

// stretches appends those of moments that overlap the interval. What is still
// open holds now and no longer.
func (s *side) stretches(into []stretch, moments []moment, in interval, now int64) []stretch {
	start := s.since(&moments[0])
	for i := 1; i <= len(moments) && start < in.end; i++ {
		end := int64(stillOpen)
		if i < len(moments) {
			end = s.since(&moments[i])
		}
		if end > start && min(end, now+1) > in.start {
			value, id := s.value(&moments[i-1])
			into = append(into, stretch{value, id, start, end})
		}
		start = end
	}
	return into
}

// recordedPresence is the name of a presence in analytics: ON_QUEUE for On Queue.
func recordedPresence(p *presenceDefinition) string {
	if name, ok := recordedPresences[p.SystemPresence]; ok {
		return name
	}
	return upperSnake(p.SystemPresence)
}

func upperSnake(name string) string { return strings.ToUpper(strings.ReplaceAll(name, " ", "_")) }

var recordedPresences = func() map[string]string {
	names := map[string]string{}
	for _, system := range presenceNames {
		names[system] = upperSnake(system)
	}
	return names
}()
