package development

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/filter"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// developmentQuery is the upstream's DevelopmentActivityAggregateParam.
type developmentQuery struct {
	Interval string             `json:"interval"`
	Metrics  []string           `json:"metrics"`
	GroupBy  []string           `json:"groupBy"`
	Filter   *developmentFilter `json:"filter"`
}

// developmentFilter combines clauses, which combine predicates.
type developmentFilter struct {
	Type    string              `json:"type"`
	Clauses []developmentClause `json:"clauses"`
}

type developmentClause struct {
	Type       string                 `json:"type"`
	Predicates []developmentPredicate `json:"predicates"`
}

type developmentPredicate struct {
	Dimension string `json:"dimension"`
	Value     string `json:"value"`
}

type developmentAggregates struct {
	Results []developmentGroup `json:"results"`
}

type developmentGroup struct {
	Group map[string]string `json:"group"`
	Data  []developmentData `json:"data"`
}

type developmentData struct {
	Interval string              `json:"interval"`
	Metrics  []developmentMetric `json:"metrics"`
}

type developmentMetric struct {
	Metric string     `json:"metric"`
	Stats  scoreStats `json:"stats"`
}

type scoreStats struct {
	Count int32        `json:"count"`
	Min   *wire.Double `json:"min,omitempty"`
	Max   *wire.Double `json:"max,omitempty"`
	Sum   *wire.Double `json:"sum,omitempty"`
}

// developmentMetrics are in the order of an answer that has them all.
var developmentMetrics = []string{
	"nActivities", "nPlannedActivities", "nInProgressActivities", "nCompleteActivities", "nOverdueActivities",
	"nInvalidScheduleActivities", "nPassedActivities", "nFailedActivities", "oActivityScore", "nNotCompletedActivities",
}

// tally measures activities, one after the other.
type tally struct {
	total, planned, inProgress, complete, invalid, incomplete int32
	overdue, passed                                           int32
	scores                                                    scoreStats
}

func (t *tally) add(a *activity, now time.Time) {
	t.total++
	switch a.status(now) {
	case activityPlanned:
		t.planned++
	case activityInProgress:
		t.inProgress++
	case activityCompleted:
		t.complete++
	case activityInvalidSchedule:
		t.invalid++
	case activityNotCompleted:
		t.incomplete++
	}
	if a.overdue(now) {
		t.overdue++
	}
	if a.graded(now) {
		t.scores.add(a.score)
		if a.passed() {
			t.passed++
		}
	}
}

// stats are what the tally says of a metric.
func (t *tally) stats(metric string) scoreStats {
	switch metric {
	case "nPlannedActivities":
		return scoreStats{Count: t.planned}
	case "nInProgressActivities":
		return scoreStats{Count: t.inProgress}
	case "nCompleteActivities":
		return scoreStats{Count: t.complete}
	case "nOverdueActivities":
		return scoreStats{Count: t.overdue}
	case "nInvalidScheduleActivities":
		return scoreStats{Count: t.invalid}
	case "nPassedActivities":
		return scoreStats{Count: t.passed}
	case "nFailedActivities":
		return scoreStats{Count: t.scores.Count - t.passed}
	case "nNotCompletedActivities":
		return scoreStats{Count: t.incomplete}
	case "oActivityScore":
		return t.scores
	default:
		return scoreStats{Count: t.total}
	}
}

func (s *scoreStats) add(score wire.Double) {
	if s.Sum == nil {
		s.Min, s.Max, s.Sum = new(score), new(score), new(wire.Double)
	}
	s.Count++
	*s.Min, *s.Max = min(*s.Min, score), max(*s.Max, score)
	*s.Sum += score
}

// postUsersDevelopmentActivitiesAggregatesQuery counts the activities that are due
// in an interval, all together or by attendee. One that several attend counts once
// for each of them, and once when counted all together.
func postUsersDevelopmentActivitiesAggregatesQuery(o *org.Organisation, c *api.Call, in developmentQuery) (any, error) {
	if in.Interval == "" {
		return nil, problem.Missing("interval")
	}
	due, err := readPeriod("interval", in.Interval)
	if err != nil {
		return nil, err
	}
	for _, name := range in.Metrics {
		if !slices.Contains(developmentMetrics, name) {
			return nil, problem.Invalid("metrics", "there is no metric "+name)
		}
	}
	if slices.ContainsFunc(in.GroupBy, func(by string) bool { return by != "attendeeId" }) {
		return nil, problem.Invalid("groupBy", "it must be attendeeId")
	}
	if in.Filter == nil {
		return nil, problem.Missing("filter")
	}
	matches, err := in.Filter.compile(c.Now)
	if err != nil {
		return nil, err
	}

	answer := developmentAggregates{Results: []developmentGroup{}}
	byAttendee := len(in.GroupBy) > 0
	var t tally
	counted := map[activityKey]bool{} // of those that several attend
	for _, u := range in.Filter.learners(o) {
		if byAttendee {
			t = tally{}
		}
		for _, a := range activitiesAttendedBy(o, u) {
			if !due.covers(a.due) || counted[a.activityKey] || !matches(attendance{a, u}) {
				continue
			}
			t.add(a, c.Now)
			if !byAttendee && len(a.attendees) > 1 {
				counted[a.activityKey] = true
			}
		}
		if byAttendee && t.total > 0 {
			answer.Results = append(answer.Results, in.group(map[string]string{"attendeeId": u.ID}, t))
		}
	}
	if !byAttendee {
		answer.Results = append(answer.Results, in.group(map[string]string{}, t))
	}
	return answer, nil
}

// group shows a tally with the metrics asked for, or with all.
func (in developmentQuery) group(group map[string]string, t tally) developmentGroup {
	var metrics []developmentMetric
	for _, name := range developmentMetrics {
		if len(in.Metrics) == 0 || slices.Contains(in.Metrics, name) {
			metrics = append(metrics, developmentMetric{name, t.stats(name)})
		}
	}
	return developmentGroup{Group: group, Data: []developmentData{{Interval: in.Interval, Metrics: metrics}}}
}

// attendance is an activity as one of its attendees has it.
type attendance struct {
	*activity
	attendee *org.User
}

// compile checks a filter and turns it into a test.
func (f developmentFilter) compile(now time.Time) (func(attendance) bool, error) {
	if f.Clauses == nil {
		return nil, problem.Missing("filter.clauses")
	}
	var clauses []func(attendance) bool
	for _, clause := range f.Clauses {
		if clause.Predicates == nil {
			return nil, problem.Missing("filter.clauses.predicates")
		}
		var predicates []func(attendance) bool
		for _, p := range clause.Predicates {
			test, err := p.compile(now)
			if err != nil {
				return nil, err
			}
			predicates = append(predicates, test)
		}
		test, err := combineTests("filter.clauses.type", clause.Type, predicates)
		if err != nil {
			return nil, err
		}
		clauses = append(clauses, test)
	}
	return combineTests("filter.type", f.Type, clauses)
}

// combineTests makes one test of several; nothing to combine is no restriction.
func combineTests(field, how string, tests []func(attendance) bool) (func(attendance) bool, error) {
	switch {
	case how == "":
		return nil, problem.Missing(field)
	case how == "And", how == "Or" && len(tests) == 0:
		return filter.PassesAll(tests), nil
	case how == "Or":
		return filter.PassesAny(tests), nil
	default:
		return nil, problem.Invalid(field, "it must be And or Or")
	}
}

func (p developmentPredicate) compile(now time.Time) (func(attendance) bool, error) {
	const field = "filter.clauses.predicates."
	if p.Value == "" {
		return nil, problem.Missing(field + "value")
	}
	switch p.Dimension {
	case "":
		return nil, problem.Missing(field + "dimension")
	case "attendeeId":
		return func(x attendance) bool { return x.attendee.ID == p.Value }, nil
	case "type":
		if !slices.Contains(activityKinds, p.Value) {
			return nil, problem.Invalid(field+"value", "it must be one of "+strings.Join(activityKinds, ", "))
		}
		return func(x attendance) bool { return x.kind == p.Value }, nil
	case "moduleId":
		return func(x attendance) bool { return x.module != nil && x.module.id == p.Value }, nil
	case "isPassed":
		passed, err := strconv.ParseBool(p.Value)
		if err != nil {
			return nil, problem.Invalid(field+"value", "it must be true or false")
		}
		return func(x attendance) bool { return x.graded(now) && x.passed() == passed }, nil
	default:
		return nil, problem.Invalid(field+"dimension", "it must be attendeeId, type, moduleId or isPassed")
	}
}

// learners are those who may match, by name. A filter that names them saves asking
// everybody.
func (f developmentFilter) learners(o *org.Organisation) []*org.User {
	everybody := o.Rosters[org.AnyState]
	ids, named := f.attendeeIDs()
	if !named {
		return everybody
	}
	var users []*org.User
	for _, id := range ids {
		if u := o.Users[id]; u != nil {
			users = append(users, u)
		}
	}
	slices.SortFunc(users, org.ByName)
	return slices.Compact(users)
}

// attendeeIDs are the only attendees that can match, when the filter says so: of
// conditions that all must hold one has to, of alternatives each.
func (f developmentFilter) attendeeIDs() (ids []string, named bool) {
	return narrowed(f.Type, f.Clauses, func(clause developmentClause) ([]string, bool) {
		return narrowed(clause.Type, clause.Predicates, func(p developmentPredicate) ([]string, bool) {
			return []string{p.Value}, p.Dimension == "attendeeId"
		})
	})
}

func narrowed[T any](how string, parts []T, of func(T) ([]string, bool)) (ids []string, named bool) {
	for _, part := range parts {
		these, named := of(part)
		switch {
		case named && how == "And":
			return these, true
		case !named && how == "Or":
			return nil, false
		}
		ids = append(ids, these...)
	}
	return ids, how == "Or" && len(parts) > 0
}
