package history

import (
	"math"
	"math/rand/v2"

	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
)

// makeUp appends the shifts around from and to. It starts two worked shifts
// early, so that what holds at from began inside of what is told, and stops when
// what holds at to has ended.
func (h *Historian) makeUp(s shifts, from, to int64) {
	if s.oldest < 0 {
		return
	}
	number := max(0, (s.start-from)/Day+2)
	for seen := 0; number < s.oldest && seen < 2; number++ {
		if s.works(number) {
			seen++
		}
	}
	if number >= s.oldest {
		number = s.oldest
		h.add(h.offline, org.StatusOffQueue, h.start)
	}
	for ; number > 0; number-- {
		if !s.works(number) {
			continue
		}
		h.shift(s, number)
		if last := h.moments[len(h.moments)-1]; min(last.PresenceSince, last.StatusSince) >= to {
			return
		}
	}
	h.shift(s, 0)
	for h.moments[len(h.moments)-1].OnQueue() == s.first.OnQueue() {
		h.moments = h.moments[:len(h.moments)-1]
	}
}

// shift appends one: some time to settle, then calls and pauses in turn, then
// home. Shift 0 is the one that the first known moment breaks off.
func (h *Historian) shift(s shifts, number int64) {
	dice := rand.NewPCG(s.hash, uint64(number))
	now := s.start - number*Day
	end := s.first.Start()
	if number > 0 {
		now += between(dice, -20*Minute, 20*Minute)
		end = now + between(dice, 7*Hour+30*Minute, 8*Hour+30*Minute)
	}
	h.add(h.available, org.StatusOffQueue, now)
	now += between(dice, 3*Minute, 15*Minute)
	for now < end {
		for stint := min(end, now+between(dice, Hour, 150*Minute)); now < stint; {
			h.add(h.onQueue, org.StatusIdle, now)
			if now += between(dice, Minute/2, 14*Minute); now >= stint {
				break
			}
			switch between(dice, 0, 12) {
			case 0:
				h.add(h.onQueue, org.StatusNotResponding, now)
				now += between(dice, Minute/4, 2*Minute)
			case 1:
				h.add(h.onQueue, org.StatusCommunicating, now)
				now += between(dice, Minute, 6*Minute)
			default:
				h.add(h.onQueue, org.StatusInteracting, now)
				now += between(dice, 3*Minute, 40*Minute)
			}
		}
		if now < end {
			h.add(h.pauses[between(dice, 0, int64(len(h.pauses)))], org.StatusOffQueue, now)
			now += between(dice, 8*Minute, 40*Minute)
		}
	}
	if number > 0 {
		h.add(h.offline, org.StatusOffQueue, end)
	}
}

// add appends a moment. What is as before has been so since before.
func (h *Historian) add(presence *org.PresenceDefinition, status string, now int64) {
	m := org.Moment{Presence: presence, Status: status, PresenceSince: now, StatusSince: now}
	if len(h.moments) > 0 {
		last := h.moments[len(h.moments)-1]
		if last.Presence == presence {
			m.PresenceSince = last.PresenceSince
		}
		if last.Status == status {
			m.StatusSince = last.StatusSince
		}
	}
	h.moments = append(h.moments, m)
}

// shifts is how somebody works: a shift that begins at about the same time of
// every day but two in a row of the week. They count backwards from the one that
// the user's first known moment belongs to, which is number 0.
type shifts struct {
	hash   uint64
	start  int64      // of shift 0
	first  org.Moment // which ends the made-up part
	free   int64      // first free day of the week, Sunday is 0
	oldest int64      // number of the oldest shift; negative when there is none
}

func newShifts(source historySource, c Chronicle) shifts {
	s := shifts{hash: hashText(c.UserID) ^ source.seed, first: c.first(), free: 6}
	dice := rand.NewPCG(s.hash, math.MaxUint64)
	worked := between(dice, Hour, 7*Hour)
	if s.first.Presence.SystemPresence == org.PresenceOffline {
		worked = between(dice, 7*Hour+30*Minute, 8*Hour+30*Minute)
	}
	s.start = s.first.Start() - worked
	if between(dice, 0, 3) == 0 {
		s.free = between(dice, 0, 7)
	}
	s.oldest = -1
	if spare := s.start - Hour - source.start; spare >= 0 {
		s.oldest = spare / Day
	}
	return s
}

// works tells whether there is such a shift; number 0 is there whatever the day.
func (s shifts) works(number int64) bool {
	const thursday = 4 // 1 January 1970
	weekday := ((s.start-number*Day)/Day + thursday) % 7
	return weekday != s.free && weekday != (s.free+1)%7
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

var pausePresences = []string{"Break", "Meal", "Break", "Meeting", "Away", "Training", "Busy"}
