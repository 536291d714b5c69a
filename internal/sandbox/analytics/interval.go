package analytics

import (
	"sort"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata"

	"github.com/switchboard-gw/switchboard/internal/sandbox/history"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// containers often have no time zones of their own

// interval is a time from start up to, but not including, end. Times are Unix
// milliseconds.
type interval struct{ start, end int64 }

func (i interval) String() string { return millis(i.start).String() + "/" + millis(i.end).String() }

func millis(t int64) wire.Instant { return wire.At(time.UnixMilli(t)) }

// instantLayouts are the ISO 8601 forms of a moment in an interval. Those
// without a zone are in the time zone of the query.
var instantLayouts = []string{
	time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700",
	"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15", time.DateOnly,
}

// parseInterval reads an ISO 8601 interval: two moments, or one and a duration.
func parseInterval(text string, zone *time.Location) (interval, error) {
	const field = "interval"
	if text == "" {
		return interval{}, problem.Missing(field)
	}
	from, to, found := strings.Cut(text, "/")
	if !found {
		return interval{}, problem.Invalid(field, "it must be two ISO 8601 moments with a slash between them")
	}
	start, startErr := parseInstant(from, zone)
	end, endErr := parseInstant(to, zone)
	if startErr != nil && endErr == nil {
		var p isoPeriod
		p, startErr = parsePeriod(from)
		start = p.times(-1).after(end)
	} else if startErr == nil && endErr != nil {
		var p isoPeriod
		p, endErr = parsePeriod(to)
		end = p.after(start)
	}
	i := interval{start.UnixMilli(), end.UnixMilli()}
	switch {
	case startErr != nil || endErr != nil:
		return interval{}, problem.Invalid(field, "it must be two ISO 8601 moments with a slash between them")
	case i.start >= i.end:
		return interval{}, problem.Invalid(field, "its end must come after its start")
	}
	return i, nil
}

func parseInstant(text string, zone *time.Location) (time.Time, error) {
	var t time.Time
	var err error
	for _, layout := range instantLayouts {
		if t, err = time.ParseInLocation(layout, text, zone); err == nil {
			return t.In(zone), nil
		}
	}
	return t, err
}

// atMost refuses an interval that is longer than so many days.
func (i interval) atMost(field string, days int64) error {
	if i.end-i.start > days*history.Day {
		return problem.Invalid(field, "it must not be longer than "+strconv.FormatInt(days, 10)+" days")
	}
	return nil
}

// parseZone reads the name of a time zone; empty is UTC.
func parseZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, problem.Invalid("timeZone", "there is no such time zone")
	}
	return zone, nil
}

// isoPeriod is an ISO 8601 duration: months and days are those of the calendar.
type isoPeriod struct {
	months, days int
	clock        time.Duration
}

// maxPeriod bounds each number of a duration, so that nothing overflows.
const maxPeriod = 1_000_000

// parsePeriod reads a duration such as P1D, PT30M or P1M2DT3H, without fractions.
func parsePeriod(text string) (isoPeriod, error) {
	bad := problem.BadRequest("The value " + text + " is no ISO 8601 duration.")
	rest, found := strings.CutPrefix(strings.ToUpper(text), "P")
	date, clock, timed := strings.Cut(rest, "T")
	if !found || rest == "" || timed && clock == "" {
		return isoPeriod{}, bad
	}
	var p isoPeriod
	for _, part := range []struct {
		text, units string
		add         [4]func(n int)
	}{
		{date, "YMWD", [4]func(int){
			func(n int) { p.months += 12 * n }, func(n int) { p.months += n },
			func(n int) { p.days += 7 * n }, func(n int) { p.days += n },
		}},
		{clock, "HMS", [4]func(int){
			func(n int) { p.clock += time.Duration(n) * time.Hour }, func(n int) { p.clock += time.Duration(n) * time.Minute },
			func(n int) { p.clock += time.Duration(n) * time.Second },
		}},
	} {
		next := 0 // units come in order, each at most once
		for text := part.text; text != ""; {
			digits := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
			if digits < 1 {
				return isoPeriod{}, bad
			}
			n, err := strconv.Atoi(text[:digits])
			unit := strings.IndexByte(part.units[next:], text[digits])
			if err != nil || n > maxPeriod || unit < 0 {
				return isoPeriod{}, bad
			}
			part.add[next+unit](n)
			next += unit + 1
			text = text[digits+1:]
		}
	}
	return p, nil
}

func (p isoPeriod) times(n int) isoPeriod {
	return isoPeriod{p.months * n, p.days * n, p.clock * time.Duration(n)}
}

// after is the moment that comes a period after t. A day that the month does not
// have becomes its last one.
func (p isoPeriod) after(t time.Time) time.Time {
	if p.months != 0 {
		moved := t.AddDate(0, p.months, 0)
		if moved.Day() != t.Day() {
			moved = moved.AddDate(0, 0, -moved.Day())
		}
		t = moved
	}
	return t.AddDate(0, 0, p.days).Add(p.clock)
}

// least is a lower bound of how long the period is, in milliseconds.
func (p isoPeriod) least() int64 {
	return int64(p.months)*28*history.Day + int64(p.days)*23*history.Hour + p.clock.Milliseconds()
}

// buckets are the bounds of the parts of an interval: part i lies between bounds
// i and i+1.
type buckets []int64

// maxBuckets bounds the parts that a granularity may make.
const maxBuckets = 20_000

// split divides an interval into parts that begin a period after each other, the
// last one cut short by the end. Calendar periods are those of the zone.
func (i interval) split(p isoPeriod, zone *time.Location) (buckets, error) {
	if (i.end-i.start)/max(p.least(), 1) >= maxBuckets {
		return nil, problem.Invalid("granularity", "it divides the interval into more than "+strconv.Itoa(maxBuckets)+" parts")
	}
	start := time.UnixMilli(i.start).In(zone)
	bounds := buckets{i.start}
	for n := 1; ; n++ {
		next := p.times(n).after(start).UnixMilli()
		if next >= i.end {
			return append(bounds, i.end), nil
		}
		bounds = append(bounds, next)
	}
}

func (b buckets) count() int { return len(b) - 1 }

func (b buckets) part(n int) interval { return interval{b[n], b[n+1]} }

// find is the number of the part that t lies in.
func (b buckets) find(t int64) int {
	return sort.Search(b.count(), func(n int) bool { return b[n+1] > t })
}
