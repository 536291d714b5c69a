package analytics

import (
	"math"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
)

// stillOpen is the end of what has not ended.
const stillOpen = math.MaxInt64

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
	since func(*org.Moment) int64
	value func(*org.Moment) (value, presenceID string)
}

var (
	presenceSide = &side{
		since: func(m *org.Moment) int64 { return m.PresenceSince },
		value: func(m *org.Moment) (string, string) { return recordedPresence(m.Presence), m.Presence.ID },
	}
	statusSide = &side{
		since: func(m *org.Moment) int64 { return m.StatusSince },
		value: func(m *org.Moment) (string, string) { return m.Status, "" },
	}
)

// stretches appends those of moments that overlap the interval. What is still
// open holds now and no longer.
func (s *side) stretches(into []stretch, moments []org.Moment, in interval, now int64) []stretch {
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
func recordedPresence(p *org.PresenceDefinition) string {
	if name, ok := recordedPresences[p.SystemPresence]; ok {
		return name
	}
	return upperSnake(p.SystemPresence)
}

func upperSnake(name string) string { return strings.ToUpper(strings.ReplaceAll(name, " ", "_")) }

var recordedPresences = func() map[string]string {
	names := map[string]string{}
	for _, system := range org.PresenceNames {
		names[system] = upperSnake(system)
	}
	return names
}()
