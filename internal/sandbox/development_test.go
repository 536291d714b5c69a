package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const activitiesPath = "/api/v2/users/development/activities"

// activities are all of a listing.
func (o *testOrg) activities(query string) []map[string]any {
	o.t.Helper()
	var all []map[string]any
	for _, entity := range o.readAll(activitiesPath + "?pageSize=500&" + query) {
		all = append(all, entity.(map[string]any))
	}
	return all
}

// everybody are the ids of all users who are not deleted, at most a hundred.
func (o *testOrg) everybody() []string {
	o.t.Helper()
	return append(ids(o.get("/api/v2/users?pageSize=100").list("entities")),
		ids(o.get("/api/v2/users?pageSize=100&state=inactive").list("entities"))...)
}

func attends(a map[string]any, id string) bool {
	return slices.Contains(ids(a["attendees"].([]any)), id)
}

func activityTime(a map[string]any, name string) time.Time {
	text, _ := a[name].(string)
	t, _ := time.Parse(time.RFC3339, text)
	return t
}

func identities(all []map[string]any) []string {
	var names []string
	for _, a := range all {
		names = append(names, a["id"].(string))
	}
	return names
}

// Whatever a parameter filters by can be seen in the activities: a filtered listing
// is the unfiltered one without those that a reader would strike out.
func TestActivitiesAreFilteredByWhatTheyShow(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 100})
	people := org.everybody()
	who := "userId=" + strings.Join(people, ",")
	all := org.activities(who)
	now := org.clock.now()
	for _, test := range []struct {
		query string
		keeps func(a map[string]any) bool
	}{
		{"overdue=Any&pass=any&sortOrder=desc", func(map[string]any) bool { return true }},
		{"overdue=True", func(a map[string]any) bool { return a["isOverdue"] == true }},
		{"overdue=False", func(a map[string]any) bool { return a["isOverdue"] == false }},
		{"pass=True", func(a map[string]any) bool { return a["isPassed"] == true }},
		{"pass=False", func(a map[string]any) bool { return a["isPassed"] == false }},
		{"types=Coaching", func(a map[string]any) bool { return a["type"] == "Coaching" }},
		{"types=Informational&types=Assessment", func(a map[string]any) bool {
			return a["type"] == "Informational" || a["type"] == "Assessment"
		}},
		{"types=AssessedContent,Coaching", func(a map[string]any) bool { return a["type"] == "AssessedContent" || a["type"] == "Coaching" }},
		{"statuses=Planned", func(a map[string]any) bool { return a["status"] == "Planned" }},
		{"statuses=InProgress", func(a map[string]any) bool { return a["status"] == "InProgress" }},
		{"statuses=InvalidSchedule", func(a map[string]any) bool { return a["status"] == "InvalidSchedule" }},
		{"statuses=Completed&overdue=True", func(map[string]any) bool { return false }},
		{"interval=2026-07-01T00:00:00.999/2026-08-01T00:00:00", func(a map[string]any) bool {
			due := activityTime(a, "dateDue")
			return due.Month() == time.July && due.Year() == 2026
		}},
		{"completionInterval=2026-06-01T00:00:00Z/2026-08-20T00:00:00Z", func(a map[string]any) bool {
			done := activityTime(a, "dateCompleted")
			return !done.Before(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)) && done.Before(time.Date(2026, 8, 20, 0, 0, 0, 0, time.UTC))
		}},
	} {
		var want []string
		for _, a := range all {
			if test.keeps(a) {
				want = append(want, a["id"].(string))
			}
		}
		if got := identities(org.activities(who + "&" + test.query)); !slices.Equal(got, want) {
			t.Errorf("%s: %d activities, want %d", test.query, len(got), len(want))
		}
		if len(want) == 0 && !strings.Contains(test.query, "overdue=True") {
			t.Errorf("%s: nothing to see", test.query)
		}
	}
	if !slices.IsSortedFunc(all, func(a, b map[string]any) int { return activityTime(b, "dateDue").Compare(activityTime(a, "dateDue")) }) {
		t.Error("the default order is not by due date, the latest first")
	}
	up := identities(org.activities(who + "&sortOrder=Asc"))
	slices.Reverse(up)
	if !slices.Equal(up, identities(all)) {
		t.Error("ascending is not the reverse of descending")
	}
	checkActivities(t, all, now)
}

// checkActivities checks what must hold of every activity at any time.
func checkActivities(t *testing.T, all []map[string]any, now time.Time) {
	t.Helper()
	seen := map[string]bool{}
	kinds, statuses := map[any]int{}, map[any]int{}
	for _, a := range all {
		id := a["id"].(string)
		completed := activityTime(a, "dateCompleted")
		kind, status := a["type"], a["status"]
		open := status == "Planned" || status == "InProgress"
		_, scored := a["percentageScore"].(float64)
		passed, judged := a["isPassed"].(bool)
		assessed := kind == "Assessment" || kind == "AssessedContent"
		_, led := a["facilitator"]
		_, latest := a["isLatest"]
		for name, holds := range map[string]bool{
			"its id is its own":                        !seen[id],
			"it is complete with a date that is past":  (status == "Completed") == !completed.IsZero() && !completed.After(now),
			"it began before it was complete":          completed.IsZero() || completed.After(activityTime(a, "dateCreated")),
			"it was made before it is due":             activityTime(a, "dateCreated").Before(activityTime(a, "dateDue")),
			"it is overdue when open and due":          a["isOverdue"] == (open && activityTime(a, "dateDue").Before(now)),
			"complete assessments have a score":        scored == (assessed && status == "Completed") && judged == scored,
			"the score decides":                        !scored || passed == (a["percentageScore"].(float64) >= 75),
			"coachings, and only they, are led":        led == (kind == "Coaching"),
			"learning, and only that, has a latest":    latest == (kind != "Coaching"),
			"somebody attends":                         len(a["attendees"].([]any)) > 0,
			"a module that stopped is in no progress":  a["archivalMode"] != "Immediate" || !open,
			"a module is archived in some mode":        (a["isModuleArchived"] == true) == (a["archivalMode"] != nil),
			"only those of a module can be incomplete": status != "NotCompleted" || a["archivalMode"] == "Immediate",
		} {
			if !holds {
				t.Errorf("not so that %s: %v", name, a)
			}
		}
		seen[id] = true
		kinds[kind]++
		statuses[status]++
	}
	if len(kinds) != 5 || len(statuses) != 5 {
		t.Errorf("too little variety: %v, %v", kinds, statuses)
	}
}

func TestAnActivityIsFoundByItsID(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 60})
	all := org.activities("userId=" + strings.Join(org.everybody(), ","))
	for _, a := range all {
		path := activitiesPath + "/" + a["id"].(string)
		got := org.get(path + "?type=" + a["type"].(string))
		if want, _ := json.Marshal(a); !slices.Equal(slices.Sorted(maps.Keys(got.value.(map[string]any))), slices.Sorted(maps.Keys(a))) ||
			got.str("status") != a["status"] || got.str("id") != a["id"] {
			t.Fatalf("%s, want %s", got.text, want)
		}
		if self := org.get(a["selfUri"].(string)); self.text != got.text {
			t.Errorf("%s leads to %s", a["selfUri"], self.text)
		}
	}
	id, kind := all[0]["id"].(string), "Coaching"
	if all[0]["type"] == kind {
		kind = "External"
	}
	for path, wrong := range map[string]string{
		"/" + id:                   "type",
		"/" + id + "?type=":        "type",
		"/" + id + "?type=Native":  "type",
		"/" + id + "?type=" + kind: "",
		"/nothing?type=Coaching":   "",
		"/" + strings.Repeat("z", 36) + "?type=Coaching":                               "",
		"/" + org.sandbox.org.firstUserID + "?type=Coaching":                           "",
		"/" + strings.Repeat("a", 36) + "?type=Coaching":                               "",
		"/" + strings.ReplaceAll(id, "-", "") + "----?type=" + all[0]["type"].(string): "",
		"/" + strings.ToUpper(id) + "?type=" + all[0]["type"].(string):                 "",
	} {
		if wrong == "" {
			org.do("GET", activitiesPath+path, "").problem(404, "activity.not.found")
		} else {
			org.do("GET", activitiesPath+path, "").problem(400, "bad.request", wrong)
		}
	}
}

func TestListingActivitiesRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	me := org.as("sandbox-user-" + org.sandbox.org.firstUserID)
	for query, field := range map[string]string{
		"interval=tomorrow":                                          "interval",
		"interval=2026-01-01T00:00:00":                               "interval",
		"interval=2026-01-01T00:00:00/2026-01-01T00:00:00.5":         "interval",
		"interval=2026-02-01T00:00:00/2026-01-01T00:00:00":           "interval",
		"interval=2025-01-01T00:00:00/2026-01-01T00:00:01":           "interval",
		"completionInterval=2026-01-01/x":                            "completionInterval",
		"completionInterval=2026-01-01T00:00:00/2027-06-01T00:00:00": "completionInterval",
		"overdue=maybe":         "overdue",
		"pass=maybe":            "pass",
		"types=Native":          "types",
		"types=Coaching,Gossip": "types",
		"statuses=Done":         "statuses",
		"relationship=Friend":   "relationship",
		"sortOrder=sideways":    "sortOrder",
		"pageSize=501":          "pageSize",
		"pageNumber=-1":         "pageNumber",
	} {
		org.do("GET", activitiesPath+"?userId=nobody&"+query, "").problem(400, "bad.request", field)
		me.do("GET", activitiesPath+"/me?"+query, "").problem(400, "bad.request", field)
	}
	org.do("GET", activitiesPath, "").problem(400, "bad.request", "userId")
	org.do("GET", activitiesPath+"?userId="+strings.Repeat("a,", 101), "").problem(400, "bad.request", "userId")
	org.do("GET", activitiesPath+"/me", "").problem(400, "bad.request")
	if a := org.get(activitiesPath + "?userId=nobody"); a.num("total") != 0 || a.at("entities") == nil {
		t.Errorf("%s", a.text)
	}
	org.get(activitiesPath + "?userId=nobody&interval=2025-01-01T00:00:00/2026-01-01T00:00:00")
}

func TestActivitiesAreListedForThoseWhoHaveToDoWithThem(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 100})
	delegated := 0
	for _, id := range org.everybody() {
		every := org.activities("userId=" + id)
		for role, is := range map[string]func(a map[string]any) bool{
			"Attendee":    func(a map[string]any) bool { return attends(a, id) },
			"Facilitator": func(a map[string]any) bool { return walk(a, "facilitator", "id") == id },
			"Creator": func(a map[string]any) bool {
				return a["type"] == "Coaching" && walk(a, "createdBy", "id") == id
			},
		} {
			var want []string
			for _, a := range every {
				if is(a) {
					want = append(want, a["id"].(string))
				}
				if role == "Creator" && is(a) && walk(a, "facilitator", "id") != id {
					delegated++
				}
			}
			if got := identities(org.activities("userId=" + id + "&relationship=" + role)); !slices.Equal(got, want) {
				t.Errorf("%s as %s: %v, want %v", id, role, got, want)
			}
		}
		both := identities(org.activities("userId=" + id + "&relationship=Attendee,Facilitator&relationship=Creator"))
		if !slices.Equal(both, identities(every)) {
			t.Errorf("%s: the three relationships together are %d of %d", id, len(both), len(every))
		}
		mine := org.as("sandbox-user-" + id)
		if a := mine.do("GET", activitiesPath+"/me?pageSize=500", ""); a.status == 200 && !slices.Equal(ids(a.list("entities")), identities(every)) {
			t.Errorf("me: %d, want %d", len(a.list("entities")), len(every))
		}
	}
	if delegated == 0 {
		t.Error("nobody created a coaching for somebody else to lead")
	}
	// A coaching of several is one, whoever of them is asked about.
	first := org.sandbox.org.firstUserID
	reports := ids(org.get(org.userPath(first, "/directreports")).list())
	together := identities(org.activities("types=Coaching&userId=" + first + "," + strings.Join(reports, ",")))
	if len(slices.Compact(slices.Sorted(slices.Values(together)))) != len(together) {
		t.Error("an activity is listed twice")
	}
}

func TestActivitiesOfAModule(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 90})
	who := "userId=" + strings.Join(org.everybody(), ",")
	total := 0
	for _, m := range learningModules {
		all := org.activities("moduleId=" + m.id)
		for _, a := range all {
			if a["name"] != m.name || a["type"] != m.kind {
				t.Errorf("%s has %v", m.name, a)
			}
		}
		if of := org.activities("moduleId=" + m.id + "&" + who); !slices.Equal(identities(of), identities(all)) {
			t.Errorf("%s: everybody has %d, all have %d", m.name, len(of), len(all))
		}
		if led := org.activities("relationship=Facilitator&moduleId=" + m.id); len(led) != 0 {
			t.Errorf("%s is led: %v", m.name, led)
		}
		total += len(all)
	}
	coachings := len(org.activities("types=Coaching&" + who))
	if all := len(org.activities(who)); total+coachings != all {
		t.Errorf("%d from modules and %d coachings of %d", total, coachings, all)
	}
	if none := org.activities("moduleId=nothing"); len(none) != 0 {
		t.Errorf("an unknown module has %v", none)
	}
}

func TestActivitiesGoOnAsTimePasses(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 100})
	who := "userId=" + strings.Join(org.everybody(), ",")
	rank := map[any]int{"Planned": 0, "InProgress": 1, "Completed": 2}
	before := org.activities(who)
	moved := map[string]int{}
	for range 6 {
		org.clock.advance(10 * 24 * time.Hour)
		org.token = org.login("id", "secret") // the old one has expired
		after := org.activities(who)
		if !slices.Equal(identities(after), identities(before)) {
			t.Fatal("time makes other activities")
		}
		for i, a := range after {
			if rank[a["status"]] < rank[before[i]["status"]] {
				t.Errorf("%v went back from %v", a, before[i]["status"])
			}
			if a["status"] != before[i]["status"] {
				moved[fmt.Sprintf("%v to %v", before[i]["status"], a["status"])]++
			}
			if a["isOverdue"] == true && before[i]["isOverdue"] == false {
				moved["overdue"]++
			}
		}
		checkActivities(t, after, org.clock.now())
		before = after
	}
	for _, way := range []string{"Planned to InProgress", "InProgress to Completed", "overdue"} {
		if moved[way] == 0 {
			t.Errorf("nothing went from %s: %v", way, moved)
		}
	}
}

func TestActivitiesFollowThePeople(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 100})
	newcomer := org.create("Ada", "ada@example.com")
	if got := org.activities("userId=" + newcomer); len(got) != 0 {
		t.Errorf("a newcomer has %v", got)
	}
	first := org.sandbox.org.firstUserID
	team := org.activities("relationship=Facilitator&userId=" + first)
	org.patch(org.userPath(newcomer, ""), `{"version":1,"manager":"`+first+`"}`).want(200)
	if got := org.activities("relationship=Facilitator&userId=" + first); !slices.Equal(identities(got), identities(team)) {
		t.Error("a new report changes past coachings")
	}

	planned := func(a map[string]any) bool { return a["type"] == "Coaching" && a["status"] == "Planned" }
	for _, id := range org.everybody() {
		alone := org.activities("types=Coaching&statuses=Planned&relationship=Attendee&userId=" + id)
		i := slices.IndexFunc(alone, func(a map[string]any) bool { return planned(a) && len(a["attendees"].([]any)) == 1 })
		if i < 0 {
			continue
		}
		path := alone[i]["selfUri"].(string)
		org.put(org.userPath(id, "/state"), `{"state":"inactive"}`).want(200)
		if a := org.get(path); a.str("status") != "InvalidSchedule" || a.at("isOverdue") != false {
			t.Errorf("with an inactive attendee: %s", a.text)
		}
		org.remove(org.userPath(id, "")).want(200)
		org.do("GET", path, "").problem(404, "activity.not.found")
		if got := org.activities("userId=" + id); len(got) != 0 {
			t.Errorf("somebody deleted has %v", got)
		}
		return
	}
	t.Error("no coaching is planned")
}

func TestActivitiesComeFromTheSeed(t *testing.T) {
	t.Parallel()
	texts := map[string]bool{}
	for _, o := range []Options{{Seed: 7}, {Seed: 7}, {Seed: 8}} {
		org := newTestOrg(t, o)
		texts[org.get(activitiesPath+"?moduleId="+learningModules[0].id).text] = true
	}
	if len(texts) != 2 {
		t.Errorf("%d different answers of 2 seeds", len(texts))
	}
}

// aggregate is the answer's metrics by group.
func (o *testOrg) aggregate(interval, filter, more string) map[string]map[string]any {
	o.t.Helper()
	a := o.post(activitiesPath+"/aggregates/query", `{"interval":"`+interval+`","filter":`+filter+more+`}`).want(200)
	groups := map[string]map[string]any{}
	for i := range a.list("results") {
		metrics := map[string]any{}
		for j := range a.list("results", i, "data", 0, "metrics") {
			metrics[a.str("results", i, "data", 0, "metrics", j, "metric")] = a.at("results", i, "data", 0, "metrics", j, "stats")
		}
		if a.str("results", i, "data", 0, "interval") != interval {
			o.t.Errorf("the interval is %v", a.at("results", i, "data", 0, "interval"))
		}
		groups[a.str("results", i, "group", "attendeeId")] = metrics
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
		org := newTestOrg(t, Options{Seed: seed, Users: 80})
		people := org.everybody()
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
		module := learningModules[2]
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
			"a module": {filter("And", clause("And", predicate("moduleId", module.id))), who + "&moduleId=" + module.id,
				func(map[string]any, string) bool { return true }},
			"passed": {filter("And", clause("And", predicate("isPassed", "true"))), who, func(a map[string]any, _ string) bool { return a["isPassed"] == true }},
			"failed": {filter("And", clause("And", predicate("isPassed", "false"))), who, func(a map[string]any, _ string) bool { return a["isPassed"] == false }},
			"nobody": {filter("And", clause("And", predicate("attendeeId", "nobody"))), who, func(map[string]any, string) bool { return false }},
		} {
			var together []map[string]any
			groups := map[string][]map[string]any{}
			if listed[test.query] == nil {
				listed[test.query] = org.activities(test.query)
			}
			for _, a := range listed[test.query] {
				matches := false
				for _, attendee := range ids(a["attendees"].([]any)) {
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
			if got := org.aggregate(interval, test.filter, ""); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
			want = map[string]map[string]any{}
			for attendee, activities := range groups {
				want[attendee] = measure(activities)
			}
			if got := org.aggregate(interval, test.filter, `,"groupBy":["attendeeId"]`); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s by attendee: %v, want %v", name, got, want)
			}
		}
	}
}

func TestAggregatesHaveTheMetricsAskedFor(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	got := org.aggregate("2026-01-01T00:00:00Z/2026-12-31T00:00:00Z", `{"type":"And","clauses":[]}`, `,"metrics":["oActivityScore","nActivities"]`)[""]
	if len(got) != 2 || walk(got, "nActivities", "count") == 0.0 || walk(got, "oActivityScore", "min") == nil {
		t.Errorf("%v", got)
	}
}

func TestAggregatesRefuseWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
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
		org.post(activitiesPath+"/aggregates/query", body).problem(400, "bad.request", field)
	}
	org.post(activitiesPath+"/aggregates/query", "").problem(400, "bad.request", "body")
}

// What people read has no names of the code in it.
func TestTextsOfActivitiesAreWords(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	a := org.do("GET", activitiesPath+"?userId=nobody&interval=2025-01-01T00:00:00/2026-01-01T00:00:01", "").problem(400, "bad.request", "interval")
	if !strings.Contains(a.str("message"), "it must not be longer than a year") {
		t.Errorf("got %s", a.str("message"))
	}
	mixed := regexp.MustCompile(`[a-z][A-Z]`)
	for _, m := range learningModules {
		if mixed.MatchString(m.name) {
			t.Errorf("a module is called %s", m.name)
		}
	}
}
