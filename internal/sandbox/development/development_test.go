package development_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/development"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// activities are all of a listing.
func activities(o *sandboxtest.Sandbox, query string) []map[string]any {
	o.T.Helper()
	var all []map[string]any
	for _, entity := range o.ReadAll(sandboxtest.ActivitiesPath + "?pageSize=500&" + query) {
		all = append(all, entity.(map[string]any))
	}
	return all
}

func attends(a map[string]any, id string) bool {
	return slices.Contains(sandboxtest.Ids(a["attendees"].([]any)), id)
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
	box := sandboxtest.New(t, sandbox.Options{Users: 100})
	people := box.Everybody()
	who := "userId=" + strings.Join(people, ",")
	all := activities(box, who)
	now := box.Clock.Now()
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
		if got := identities(activities(box, who+"&"+test.query)); !slices.Equal(got, want) {
			t.Errorf("%s: %d activities, want %d", test.query, len(got), len(want))
		}
		if len(want) == 0 && !strings.Contains(test.query, "overdue=True") {
			t.Errorf("%s: nothing to see", test.query)
		}
	}
	if !slices.IsSortedFunc(all, func(a, b map[string]any) int { return activityTime(b, "dateDue").Compare(activityTime(a, "dateDue")) }) {
		t.Error("the default order is not by due date, the latest first")
	}
	up := identities(activities(box, who+"&sortOrder=Asc"))
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
	box := sandboxtest.New(t, sandbox.Options{Users: 60})
	all := activities(box, "userId="+strings.Join(box.Everybody(), ","))
	for _, a := range all {
		path := sandboxtest.ActivitiesPath + "/" + a["id"].(string)
		got := box.Get(path + "?type=" + a["type"].(string))
		if want, _ := json.Marshal(a); !slices.Equal(slices.Sorted(maps.Keys(got.Value.(map[string]any))), slices.Sorted(maps.Keys(a))) ||
			got.Str("status") != a["status"] || got.Str("id") != a["id"] {
			t.Fatalf("%s, want %s", got.Text, want)
		}
		if self := box.Get(a["selfUri"].(string)); self.Text != got.Text {
			t.Errorf("%s leads to %s", a["selfUri"], self.Text)
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
		"/" + box.State.FirstUserID + "?type=Coaching":                                 "",
		"/" + strings.Repeat("a", 36) + "?type=Coaching":                               "",
		"/" + strings.ReplaceAll(id, "-", "") + "----?type=" + all[0]["type"].(string): "",
		"/" + strings.ToUpper(id) + "?type=" + all[0]["type"].(string):                 "",
	} {
		if wrong == "" {
			box.Do("GET", sandboxtest.ActivitiesPath+path, "").Problem(404, "activity.not.found")
		} else {
			box.Do("GET", sandboxtest.ActivitiesPath+path, "").Problem(400, "bad.request", wrong)
		}
	}
}

func TestListingActivitiesRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	me := box.As("sandbox-user-" + box.State.FirstUserID)
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
		box.Do("GET", sandboxtest.ActivitiesPath+"?userId=nobody&"+query, "").Problem(400, "bad.request", field)
		me.Do("GET", sandboxtest.ActivitiesPath+"/me?"+query, "").Problem(400, "bad.request", field)
	}
	box.Do("GET", sandboxtest.ActivitiesPath, "").Problem(400, "bad.request", "userId")
	box.Do("GET", sandboxtest.ActivitiesPath+"?userId="+strings.Repeat("a,", 101), "").Problem(400, "bad.request", "userId")
	box.Do("GET", sandboxtest.ActivitiesPath+"/me", "").Problem(400, "bad.request")
	if a := box.Get(sandboxtest.ActivitiesPath + "?userId=nobody"); a.Num("total") != 0 || a.At("entities") == nil {
		t.Errorf("%s", a.Text)
	}
	box.Get(sandboxtest.ActivitiesPath + "?userId=nobody&interval=2025-01-01T00:00:00/2026-01-01T00:00:00")
}

func TestActivitiesAreListedForThoseWhoHaveToDoWithThem(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 100})
	delegated := 0
	for _, id := range box.Everybody() {
		every := activities(box, "userId="+id)
		for role, is := range map[string]func(a map[string]any) bool{
			"Attendee":    func(a map[string]any) bool { return attends(a, id) },
			"Facilitator": func(a map[string]any) bool { return sandboxtest.Walk(a, "facilitator", "id") == id },
			"Creator": func(a map[string]any) bool {
				return a["type"] == "Coaching" && sandboxtest.Walk(a, "createdBy", "id") == id
			},
		} {
			var want []string
			for _, a := range every {
				if is(a) {
					want = append(want, a["id"].(string))
				}
				if role == "Creator" && is(a) && sandboxtest.Walk(a, "facilitator", "id") != id {
					delegated++
				}
			}
			if got := identities(activities(box, "userId="+id+"&relationship="+role)); !slices.Equal(got, want) {
				t.Errorf("%s as %s: %v, want %v", id, role, got, want)
			}
		}
		both := identities(activities(box, "userId="+id+"&relationship=Attendee,Facilitator&relationship=Creator"))
		if !slices.Equal(both, identities(every)) {
			t.Errorf("%s: the three relationships together are %d of %d", id, len(both), len(every))
		}
		mine := box.As("sandbox-user-" + id)
		if a := mine.Do("GET", sandboxtest.ActivitiesPath+"/me?pageSize=500", ""); a.Status == 200 && !slices.Equal(sandboxtest.Ids(a.List("entities")), identities(every)) {
			t.Errorf("me: %d, want %d", len(a.List("entities")), len(every))
		}
	}
	if delegated == 0 {
		t.Error("nobody created a coaching for somebody else to lead")
	}
	// A coaching of several is one, whoever of them is asked about.
	first := box.State.FirstUserID
	reports := sandboxtest.Ids(box.Get(box.UserPath(first, "/directreports")).List())
	together := identities(activities(box, "types=Coaching&userId="+first+","+strings.Join(reports, ",")))
	if len(slices.Compact(slices.Sorted(slices.Values(together)))) != len(together) {
		t.Error("an activity is listed twice")
	}
}

func TestActivitiesOfAModule(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 90})
	who := "userId=" + strings.Join(box.Everybody(), ",")
	total := 0
	for _, m := range development.Modules() {
		all := activities(box, "moduleId="+m.ID)
		for _, a := range all {
			if a["name"] != m.Name || a["type"] != m.Kind {
				t.Errorf("%s has %v", m.Name, a)
			}
		}
		if of := activities(box, "moduleId="+m.ID+"&"+who); !slices.Equal(identities(of), identities(all)) {
			t.Errorf("%s: everybody has %d, all have %d", m.Name, len(of), len(all))
		}
		if led := activities(box, "relationship=Facilitator&moduleId="+m.ID); len(led) != 0 {
			t.Errorf("%s is led: %v", m.Name, led)
		}
		total += len(all)
	}
	coachings := len(activities(box, "types=Coaching&"+who))
	if all := len(activities(box, who)); total+coachings != all {
		t.Errorf("%d from modules and %d coachings of %d", total, coachings, all)
	}
	if none := activities(box, "moduleId=nothing"); len(none) != 0 {
		t.Errorf("an unknown module has %v", none)
	}
}

func TestActivitiesGoOnAsTimePasses(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 100})
	who := "userId=" + strings.Join(box.Everybody(), ",")
	rank := map[any]int{"Planned": 0, "InProgress": 1, "Completed": 2}
	before := activities(box, who)
	moved := map[string]int{}
	for range 6 {
		box.Clock.Advance(10 * 24 * time.Hour)
		box.Token = box.Login("id", "secret") // the old one has expired
		after := activities(box, who)
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
		checkActivities(t, after, box.Clock.Now())
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
	box := sandboxtest.New(t, sandbox.Options{Users: 100})
	newcomer := box.Create("Ada", "ada@example.com")
	if got := activities(box, "userId="+newcomer); len(got) != 0 {
		t.Errorf("a newcomer has %v", got)
	}
	first := box.State.FirstUserID
	team := activities(box, "relationship=Facilitator&userId="+first)
	box.Patch(box.UserPath(newcomer, ""), `{"version":1,"manager":"`+first+`"}`).Want(200)
	if got := activities(box, "relationship=Facilitator&userId="+first); !slices.Equal(identities(got), identities(team)) {
		t.Error("a new report changes past coachings")
	}

	planned := func(a map[string]any) bool { return a["type"] == "Coaching" && a["status"] == "Planned" }
	for _, id := range box.Everybody() {
		alone := activities(box, "types=Coaching&statuses=Planned&relationship=Attendee&userId="+id)
		i := slices.IndexFunc(alone, func(a map[string]any) bool { return planned(a) && len(a["attendees"].([]any)) == 1 })
		if i < 0 {
			continue
		}
		path := alone[i]["selfUri"].(string)
		box.Put(box.UserPath(id, "/state"), `{"state":"inactive"}`).Want(200)
		if a := box.Get(path); a.Str("status") != "InvalidSchedule" || a.At("isOverdue") != false {
			t.Errorf("with an inactive attendee: %s", a.Text)
		}
		box.Remove(box.UserPath(id, "")).Want(200)
		box.Do("GET", path, "").Problem(404, "activity.not.found")
		if got := activities(box, "userId="+id); len(got) != 0 {
			t.Errorf("somebody deleted has %v", got)
		}
		return
	}
	t.Error("no coaching is planned")
}

func TestActivitiesComeFromTheSeed(t *testing.T) {
	t.Parallel()
	texts := map[string]bool{}
	for _, o := range []sandbox.Options{{Seed: 7}, {Seed: 7}, {Seed: 8}} {
		box := sandboxtest.New(t, o)
		texts[box.Get(sandboxtest.ActivitiesPath+"?moduleId="+development.Modules()[0].ID).Text] = true
	}
	if len(texts) != 2 {
		t.Errorf("%d different answers of 2 seeds", len(texts))
	}
}

// What people read has no names of the code in it.
func TestTextsOfActivitiesAreWords(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	a := box.Do("GET", sandboxtest.ActivitiesPath+"?userId=nobody&interval=2025-01-01T00:00:00/2026-01-01T00:00:01", "").Problem(400, "bad.request", "interval")
	if !strings.Contains(a.Str("message"), "it must not be longer than a year") {
		t.Errorf("got %s", a.Str("message"))
	}
	mixed := regexp.MustCompile(`[a-z][A-Z]`)
	for _, m := range development.Modules() {
		if mixed.MatchString(m.Name) {
			t.Errorf("a module is called %s", m.Name)
		}
	}
}
