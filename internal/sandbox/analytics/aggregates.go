package analytics

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/filter"
	"github.com/switchboard-gw/switchboard/internal/sandbox/history"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

const (
	maxAggregateUsers = 100 // predicates
	maxAggregateDays  = 3660
	minGranularity    = 30 * history.Minute
	maxViews          = 10
	// maxCells bounds the groups times parts of an answer.
	maxCells = 50_000
)

// aggregateQuery is the upstream's UserAggregationQuery and its
// UserAsyncAggregationQuery.
type aggregateQuery struct {
	Interval               string            `json:"interval"`
	Granularity            string            `json:"granularity"`
	TimeZone               string            `json:"timeZone"`
	GroupBy                []string          `json:"groupBy"`
	Filter                 *queryFilter      `json:"filter"`
	Metrics                []string          `json:"metrics"`
	Views                  []aggregationView `json:"views"`
	AlternateTimeDimension string            `json:"alternateTimeDimension"`
	PageSize               int32             `json:"pageSize"` // of a job
}

// aggregationView sums what lies in a range apart from the rest.
type aggregationView struct {
	Target   string      `json:"target"`
	Name     string      `json:"name"`
	Function string      `json:"function"`
	Range    metricRange `json:"range"`
}

type aggregateAnswer struct {
	Mappings map[string][]string  `json:"systemToOrganizationMappings"`
	Results  []aggregateContainer `json:"results"`
}

type aggregateContainer struct {
	Group map[string]string `json:"group,omitempty"`
	Data  []aggregateData   `json:"data"`
}

// aggregateData is one part of the interval; parts in which nothing happened are
// left out.
type aggregateData struct {
	Interval string            `json:"interval"`
	Metrics  []aggregateMetric `json:"metrics"`
	Views    []aggregateViewed `json:"views,omitempty"`
}

type aggregateMetric struct {
	Metric    string        `json:"metric"`
	Qualifier string        `json:"qualifier,omitempty"`
	Stats     statsOfMetric `json:"stats"`
}

type statsOfMetric struct {
	Sum wire.Double `json:"sum"`
}

type aggregateViewed struct {
	Name  string      `json:"name"`
	Stats statsOfView `json:"stats"`
}

type statsOfView struct {
	Max   wire.Double `json:"max"`
	Min   wire.Double `json:"min"`
	Count int64       `json:"count"`
	Sum   wire.Double `json:"sum"`
}

// timer is a metric: the time spent in each of the values of one side.
type timer struct {
	name string
	side *side
	of   func(stretch) string
}

var timers = []timer{
	{"tAgentRoutingStatus", statusSide, func(s stretch) string { return s.value }},
	{"tOrganizationPresence", presenceSide, func(s stretch) string { return s.presenceID }},
	{"tSystemPresence", presenceSide, func(s stretch) string { return s.value }},
}

var (
	timerNames     = wire.ViewAll(timers, func(t timer) string { return t.name })
	statusTimers   = timerNames[:1]
	presenceTimers = timerNames[1:]
)

func timerNamed(name string) timer { return timers[slices.Index(timerNames, name)] }

func postAnalyticsUsersAggregatesQuery(o *org.Organisation, c *api.Call, in aggregateQuery) (any, error) {
	a, err := in.compile(o, c.Now)
	if err != nil {
		return nil, err
	}
	if a.groups()*a.parts.count() > maxCells {
		return nil, tooLargeAnswer(a.groups(), a.parts.count())
	}
	return api.Unlocked(func() (any, error) {
		a := a.worker()
		answer := aggregateAnswer{Mappings: a.mappings, Results: []aggregateContainer{}}
		for i := range a.groups() {
			if container, found := a.group(i); found {
				answer.Results = append(answer.Results, container)
			}
		}
		return answer, nil
	}), nil
}

// aggregation is a query as it stands to the organisation of one moment: it needs
// no lock and never changes, but for what a worker works with.
type aggregation struct {
	*history.Historian
	in         interval
	now        int64
	parts      buckets
	grouped    bool
	metrics    []timer
	views      []aggregationView
	targets    []timer // of the views
	chronicles []history.Chronicle
	mappings   map[string][]string

	sheet     sheet
	stretches []stretch
}

// worker is the same with room to work in, for one goroutine.
func (a *aggregation) worker() *aggregation {
	w := *a
	w.Historian = a.Another()
	w.sheet = newSheet(a.parts.count(), len(a.metrics), len(a.views))
	return &w
}

func (q aggregateQuery) compile(o *org.Organisation, now time.Time) (*aggregation, error) {
	zone, err := parseZone(q.TimeZone)
	if err != nil {
		return nil, err
	}
	in, err := parseInterval(q.Interval, zone)
	if err != nil {
		return nil, err
	}
	if err := in.atMost("interval", maxAggregateDays); err != nil {
		return nil, err
	}
	users, err := q.users()
	if err != nil {
		return nil, err
	}
	a := &aggregation{
		Historian: history.New(o), in: in, now: now.UnixMilli(), parts: buckets{in.start, in.end},
		grouped: len(q.GroupBy) > 0, views: q.Views, mappings: presenceMappings(o),
	}
	if q.Granularity != "" {
		p, err := parsePeriod(q.Granularity)
		switch {
		case err != nil:
			return nil, problem.Invalid("granularity", "it must be an ISO 8601 duration such as PT30M or P1D")
		case p.least() < minGranularity:
			return nil, problem.Invalid("granularity", "it must be 30 minutes at least")
		}
		if a.parts, err = in.split(p, zone); err != nil {
			return nil, err
		}
	}
	for _, enum := range []struct {
		field string
		names []string
		known []string
	}{
		{"groupBy", q.GroupBy, []string{"userId"}},
		{"metrics", q.Metrics, timerNames},
		{"alternateTimeDimension", []string{q.AlternateTimeDimension}, []string{"eventTime", ""}},
	} {
		if err := checkNames(enum.field, enum.names, enum.known); err != nil {
			return nil, err
		}
	}
	for _, t := range timers { // all, unless some are named
		if len(q.Metrics) == 0 || slices.Contains(q.Metrics, t.name) {
			a.metrics = append(a.metrics, t)
		}
	}
	if a.targets, err = checkViews(q.Views); err != nil {
		return nil, err
	}
	a.chronicles = history.Chronicles(o, users, false)
	return a, nil
}

// users compiles the filter; without one everybody passes.
func (q aggregateQuery) users() (func(*org.User) bool, error) {
	if q.Filter == nil {
		return filter.PassesAll[*org.User](nil), nil
	}
	count := len(q.Filter.Predicates)
	for _, clause := range q.Filter.Clauses {
		count += len(clause.Predicates)
	}
	if count > maxAggregateUsers {
		return nil, problem.Invalid("filter", "it has more than 100 predicates")
	}
	return userDimensions.compile("filter", *q.Filter)
}

func checkViews(views []aggregationView) ([]timer, error) {
	if len(views) > maxViews {
		return nil, problem.Invalid("views", "there are more than 10")
	}
	names := slices.Clone(timerNames)
	var targets []timer
	for _, v := range views {
		switch {
		case v.Target == "":
			return nil, problem.Missing("views.target")
		case !slices.Contains(timerNames, v.Target):
			return nil, problem.Invalid("views.target", "it must be one of "+strings.Join(timerNames, ", "))
		case v.Name == "":
			return nil, problem.Missing("views.name")
		case slices.Contains(names, v.Name):
			return nil, problem.Invalid("views.name", "it is the name of a metric or of another view")
		case v.Function == "":
			return nil, problem.Missing("views.function")
		case v.Function != "rangeBound":
			return nil, problem.Invalid("views.function", "it must be rangeBound")
		case v.Range.GTE == nil && v.Range.LT == nil:
			return nil, problem.Missing("views.range")
		}
		names = append(names, v.Name)
		targets = append(targets, timerNamed(v.Target))
	}
	return targets, nil
}

// presenceMappings are the ids of the presences by the name that analytics use.
func presenceMappings(o *org.Organisation) map[string][]string {
	m := map[string][]string{}
	for _, p := range o.Presences.List {
		m[recordedPresence(p)] = append(m[recordedPresence(p)], p.ID)
	}
	return m
}

// groups is how many there are to compute: the users, or all of them as one.
func (a *aggregation) groups() int {
	if a.grouped {
		return len(a.chronicles)
	}
	return 1
}

// group computes one. A group for which nothing is recorded is not found.
func (a *aggregation) group(i int) (aggregateContainer, bool) {
	var c aggregateContainer
	members := a.chronicles
	if a.grouped {
		members = members[i : i+1]
		c.Group = map[string]string{"userId": members[0].UserID}
	}
	a.sheet.reset()
	for _, member := range members {
		a.add(member)
	}
	c.Data = a.data()
	return c, len(c.Data) > 0
}

// add cuts what a user did into the parts of the interval.
func (a *aggregation) add(c history.Chronicle) {
	moments := a.Tell(c, a.in.start, a.in.end)
	for _, of := range []*side{presenceSide, statusSide} {
		a.stretches = of.stretches(a.stretches[:0], moments, a.in, a.now)
		for _, s := range a.stretches {
			from, to := max(s.start, a.in.start), min(s.until(a.now), a.in.end)
			if from >= to {
				continue
			}
			for part := a.parts.find(from); from < to; part++ {
				end := min(to, a.parts[part+1])
				a.count(of, s, part, end-from)
				from = end
			}
		}
	}
}

// count adds the time of a stretch that was spent in a part.
func (a *aggregation) count(of *side, s stretch, part int, spent int64) {
	for i, t := range a.metrics {
		if t.side == of {
			a.sheet.metric(part, i).add(t.of(s), spent)
		}
	}
	for i, t := range a.targets {
		if t.side == of && a.views[i].Range.holds(spent) {
			a.sheet.view(part, i).add(spent)
		}
	}
}

func (a *aggregation) data() []aggregateData {
	data := []aggregateData{}
	for part := range a.parts.count() {
		var d aggregateData
		for i, t := range a.metrics {
			sums := *a.sheet.metric(part, i)
			slices.SortFunc(sums, func(a, b sum) int { return strings.Compare(a.qualifier, b.qualifier) })
			for _, s := range sums {
				d.Metrics = append(d.Metrics, aggregateMetric{t.name, s.qualifier, statsOfMetric{wire.Double(s.spent)}})
			}
		}
		if d.Metrics == nil {
			continue
		}
		for i, v := range a.views {
			if stats := *a.sheet.view(part, i); stats.Count > 0 {
				d.Views = append(d.Views, aggregateViewed{v.Name, stats})
			}
		}
		d.Interval = a.parts.part(part).String()
		data = append(data, d)
	}
	return data
}

// tooLargeAnswer is a question whose answer nobody could carry.
func tooLargeAnswer(groups, parts int) *problem.Problem {
	p := problem.BadRequest("The answer would have " + strconv.Itoa(groups) + " groups of " + strconv.Itoa(parts) +
		" parts: ask for less at once, or submit a job.")
	p.Code = "response.entity.too.large"
	return p
}
