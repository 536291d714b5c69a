package analytics

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// sheet is where the times of a group are summed up, by part of the interval.
type sheet struct {
	metrics, views int
	sums           []sums
	viewed         []statsOfView
}

// sums are few: a list is faster than a map.
type sums []sum

type sum struct {
	qualifier string
	spent     int64
}

func newSheet(parts, metrics, views int) sheet {
	return sheet{metrics, views, make([]sums, parts*metrics), make([]statsOfView, parts*views)}
}

func (t *sheet) reset() {
	for i := range t.sums {
		t.sums[i] = t.sums[i][:0]
	}
	clear(t.viewed)
}

func (t *sheet) metric(part, i int) *sums { return &t.sums[part*t.metrics+i] }

func (t *sheet) view(part, i int) *statsOfView { return &t.viewed[part*t.views+i] }

func (s *sums) add(qualifier string, spent int64) {
	for i := range *s {
		if (*s)[i].qualifier == qualifier {
			(*s)[i].spent += spent
			return
		}
	}
	*s = append(*s, sum{qualifier, spent})
}

func (s *statsOfView) add(spent int64) {
	value := wire.Double(spent)
	if s.Count == 0 || value < s.Min {
		s.Min = value
	}
	s.Max = max(s.Max, value)
	s.Sum += value
	s.Count++
}
