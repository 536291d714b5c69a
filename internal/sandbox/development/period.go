package development

import (
	"strings"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// period is a span of time without its end. The zero one is open: it covers all.
type period struct{ from, to time.Time }

func (p period) open() bool { return p == period{} }

func (p period) covers(t time.Time) bool {
	return p.open() || !t.Before(p.from) && t.Before(p.to)
}

// readPeriodOf reads a parameter that is one; absent or empty is the open one.
func readPeriodOf(c *api.Call, name string) (period, error) {
	if c.Query.Get(name) == "" {
		return period{}, nil
	}
	return readPeriod(name, c.Query.Get(name))
}

// readPeriod reads an ISO 8601 interval of at most a year, in whole seconds.
func readPeriod(field, text string) (period, error) {
	start, end, _ := strings.Cut(text, "/")
	from, errFrom := wire.ParseTime(start)
	to, errTo := wire.ParseTime(end)
	p := period{from.Truncate(time.Second), to.Truncate(time.Second)}
	switch {
	case errFrom != nil || errTo != nil:
		return p, problem.Invalid(field, "it must be two dates and times with a slash between them")
	case !p.from.Before(p.to):
		return p, problem.Invalid(field, "its end must be after its start")
	case p.to.After(p.from.AddDate(1, 0, 0)):
		return p, problem.Invalid(field, "it must not be longer than a year")
	}
	return p, nil
}
