package development_test

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/development"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// aggregate is the answer's metrics by group.
func aggregate(o *sandboxtest.Sandbox, interval, filter, more string) map[string]map[string]any {
	o.T.Helper()
	a := o.Post(sandboxtest.ActivitiesPath+"/aggregates/query", `{"interval":"`+interval+`","filter":`+filter+more+`}`).Want(200)
	groups := map[string]map[string]any{}
	for i := range a.List("results") {
		metrics := map[string]any{}
		for j := range a.List("results", i, "data", 0, "metrics") {
			metrics[a.Str("results", i, "data", 0, "metrics", j, "metric")] = a.At("results", i, "data", 0, "metrics", j, "stats")
		}
		if a.Str("results", i, "data", 0, "interval") != interval {
			o.T.Errorf("the interval is %v", a.At("results", i, "data", 0, "interval"))
		}
		groups[a.Str("results", i, "group", "attendeeId")] = metrics
	}
	return groups
}

// measure is what aggregates must say of activities that were listed.
func measure(all []map[string]any) map[string]any {
	count := func(keep func(a map[string]any) bool) map[string]any {
		return map[string]any{"count": float64(len(slices.DeleteFunc(slices.Clone(all), func(a map[string]any) bool { return !keep(a) })))}
	}
	with := func(name string, value any) map[string]any {
		return count(func(a map[string]any) bool { return a[name] == value })
	}
	scores := count(func(a map[string]any) bool { return a["percentageScore"] != nil })
	least, most, sum := math.Inf(1), math.Inf(-1), 0.0
	for _, a := range all {
		if score, ok := a["percentageScore"].(float64); ok {
			least, most, sum = min(least, score), max(most, score), sum+score
		}
	}
	if scores["count"] != 0.0 {
		scores["min"], scores["max"], scores["sum"] = least, most, sum
	}
	return map[string]any{
		"nActivities":                count(func(map[string]any) bool { return true }),
		"nPlannedActivities":         with("status", "Planned"),
		"nInProgressActivities":      with("status", "InProgress"),
		"nCompleteActivities":        with("status", "Completed"),
		"nInvalidScheduleActivities": with("status", "InvalidSchedule"),
		"nNotCompletedActivities":    with("status", "NotCompleted"),
		"nOverdueActivities":         with("isOverdue", true),
		"nPassedActivities":          with("isPassed", true),
		"nFailedActivities":          with("isPassed", false),
		"oActivityScore":             scores,
	}
}

// Aggregates say of any set of activities what somebody would count who lists them.
func TestAggregatesSayWhatTheListingSays(t *testing.T) {
	t.Parallel()
	const interval = "2026-01-01T00:00:00/2026-12-31T00:00:00"
	for seed := range uint64(2) {
		box := sandboxtest.New(t, sandbox.Options{Seed: seed, Users: 80})
		people := box.Everybody()
		who := "relationship=Attendee&interval=" + url.QueryEscape(interval) + "&userId=" + strings.Join(people, ",")
		predicate := func(dimension, value string) string {
			return `{"dimension":"` + dimension + `","value":"` + value + `"}`
		}
		clause := func(how string, predicates ...string) string {
			return `{"type":"` + how + `","predicates":[` + strings.Join(predicates, ",") + `]}`
		}
		filter := func(how string, clauses ...string) string {
			return `{"type":"` + how + `","clauses":[` + strings.Join(clauses, ",") + `]}`
		}
		listed := map[string][]map[string]any{}
		alice, bob := people[len(people)/2], people[len(people)-1]
		module := development.Modules()[2]
		for name, test := range map[string]struct {
			filter, query string
			keeps         func(a map[string]any, attendee string) bool
		}{
			"everything": {filter("And"), who, func(map[string]any, string) bool { return true }},
			"one attendee": {filter("And", clause("And", predicate("attendeeId", alice))), who, func(_ map[string]any, attendee string) bool {
				return attendee == alice
			}},
			"either of two": {filter("Or", clause("Or", predicate("attendeeId", alice), predicate("attendeeId", bob))), who, func(_ map[string]any, attendee string) bool {
				return attendee == alice || attendee == bob
			}},
			"an attendee, or a type": {filter("Or", clause("And", predicate("attendeeId", alice)), clause("And", predicate("type", "Coaching"))), who,
				func(a map[string]any, attendee string) bool { return attendee == alice || a["type"] == "Coaching" }},
			"an attendee and a type": {filter("And", clause("Or", predicate("type", "Assessment"), predicate("type", "External")), clause("And", predicate("attendeeId", bob))), who,
				func(a map[string]any, attendee string) bool {
					return attendee == bob && (a["type"] == "Assessment" || a["type"] == "External")
				}},
			"a module": {filter("And", clause("And", predicate("moduleId", module.ID))), who + "&moduleId=" + module.ID,
				func(map[string]any, string) bool { return true }},
			"passed": {filter("And", clause("And", predicate("isPassed", "true"))), who, func(a map[string]any, _ string) bool { return a["isPassed"] == true }},
			"failed": {filter("And", clause("And", predicate("isPassed", "false"))), who, func(a map[string]any, _ string) bool { return a["isPassed"] == false }},
			"nobody": {filter("And", clause("And", predicate("attendeeId", "nobody"))), who, func(map[string]any, string) bool { return false }},
		} {
			var together []map[string]any
			groups := map[string][]map[string]any{}
			if listed[test.query] == nil {
				listed[test.query] = activities(box, test.query)
			}
			for _, a := range listed[test.query] {
				matches := false
				for _, attendee := range sandboxtest.Ids(a["attendees"].([]any)) {
					if test.keeps(a, attendee) {
						groups[attendee] = append(groups[attendee], a)
						matches = true
					}
				}
				if matches {
					together = append(together, a)
				}
			}
			want := map[string]map[string]any{"": measure(together)}
			if got := aggregate(box, interval, test.filter, ""); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
			want = map[string]map[string]any{}
			for attendee, activities := range groups {
				want[attendee] = measure(activities)
			}
			if got := aggregate(box, interval, test.filter, `,"groupBy":["attendeeId"]`); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s by attendee: %v, want %v", name, got, want)
			}
		}
	}
}

func TestAggregatesHaveTheMetricsAskedFor(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	got := aggregate(box, "2026-01-01T00:00:00Z/2026-12-31T00:00:00Z", `{"type":"And","clauses":[]}`, `,"metrics":["oActivityScore","nActivities"]`)[""]
	if len(got) != 2 || sandboxtest.Walk(got, "nActivities", "count") == 0.0 || sandboxtest.Walk(got, "oActivityScore", "min") == nil {
		t.Errorf("%v", got)
	}
}

func TestAggregatesRefuseWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	const interval, filter = `"interval":"2026-01-01T00:00:00/2026-02-01T00:00:00"`, `"filter":{"type":"And","clauses":[]}`
	predicate := func(p string) string {
		return `{` + interval + `,"filter":{"type":"And","clauses":[{"type":"And","predicates":[` + p + `]}]}}`
	}
	for body, field := range map[string]string{
		`{` + filter + `}`: "interval",
		`{"interval":"2026","filter":{"type":"And","clauses":[]}}`:              "interval",
		`{"interval":"2024-01-01T00:00:00/2026-02-01T00:00:00",` + filter + `}`: "interval",
		`{` + interval + `}`:                                                                    "filter",
		`{` + interval + `,"filter":{"clauses":[]}}`:                                            "filter.type",
		`{` + interval + `,"filter":{"type":"Xor","clauses":[]}}`:                               "filter.type",
		`{` + interval + `,"filter":{"type":"And"}}`:                                            "filter.clauses",
		`{` + interval + `,"filter":{"type":"And","clauses":[{"predicates":[]}]}}`:              "filter.clauses.type",
		`{` + interval + `,"filter":{"type":"And","clauses":[{"type":"Not","predicates":[]}]}}`: "filter.clauses.type",
		`{` + interval + `,"filter":{"type":"And","clauses":[{"type":"And"}]}}`:                 "filter.clauses.predicates",
		`{` + interval + `,` + filter + `,"metrics":["nMiracles"]}`:                             "metrics",
		`{` + interval + `,` + filter + `,"groupBy":["moduleId"]}`:                              "groupBy",
		`{` + interval + `,"filter":[]}`:                                                        "filter",
		predicate(`{"value":"x"}`):                                                              "filter.clauses.predicates.dimension",
		predicate(`{"dimension":"name","value":"x"}`):                                           "filter.clauses.predicates.dimension",
		predicate(`{"dimension":"type"}`):                                                       "filter.clauses.predicates.value",
		predicate(`{"dimension":"type","value":"Gossip"}`):                                      "filter.clauses.predicates.value",
		predicate(`{"dimension":"isPassed","value":"perhaps"}`):                                 "filter.clauses.predicates.value",
	} {
		box.Post(sandboxtest.ActivitiesPath+"/aggregates/query", body).Problem(400, "bad.request", field)
	}
	box.Post(sandboxtest.ActivitiesPath+"/aggregates/query", "").Problem(400, "bad.request", "body")
}
