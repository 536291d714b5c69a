package routing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestGoingOnAndOffQueue(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	path := box.UserPath(id, "/routingstatus")
	presence := func() string {
		return box.Get(box.UserPath(id, "?expand=presence")).Str("presence", "presenceDefinition", "systemPresence")
	}
	box.Clock.Advance(1e9)
	on := box.Put(path, `{"status":"IDLE"}`).Want(200)
	if on.Str("status") != "IDLE" || on.Str("userId") != id || on.Str("startTime") != "2026-08-20T04:35:24.391Z" || presence() != "On Queue" {
		t.Errorf("%s, %s", on.Text, presence())
	}
	box.Clock.Advance(1e9)
	if again := box.Put(path, `{"status":"IDLE"}`).Want(200); again.Text != on.Text {
		t.Errorf("the same status started anew: %s", again.Text)
	}
	if off := box.Put(path, `{"userId":"`+id+`","status":"OFF_QUEUE"}`).Want(200); off.Str("status") != "OFF_QUEUE" || presence() != "Available" {
		t.Errorf("%s, %s", off.Text, presence())
	}
	if box.Get(path).Str("status") != "OFF_QUEUE" {
		t.Error("the status was not kept")
	}
	for _, body := range []string{
		`{"status":"INTERACTING"}`, `{"status":"COMMUNICATING"}`, `{"status":"NOT_RESPONDING"}`, `{"status":"ASLEEP"}`, `{}`,
	} {
		box.Put(path, body).Problem(400, "bad.request", "status")
	}
	box.Put(path, `{"status":"IDLE","userId":"other"}`).Problem(400, "bad.request", "userId")

	box.Put(path, `{"status":"IDLE"}`).Want(200)
	box.Put(box.UserPath(id, "/state"), `{"state":"inactive"}`).Want(200)
	if box.Get(path).Str("status") != "OFF_QUEUE" || presence() != "Offline" {
		t.Error("an inactive user stays on queue")
	}
	box.Put(path, `{"status":"IDLE"}`).Problem(400, "bad.request", "status")
}

func TestWhoeverInteractsCanLeaveTheQueue(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 200})
	for id, u := range box.State.Users {
		if u.Routing.Status == org.StatusInteracting {
			if got := box.Get(box.UserPath(id, "?expand=conversationSummary")); got.Num("conversationSummary", "call", "contactCenter", "active") != 1 {
				t.Errorf("%s", got.Text)
			}
			box.Put(box.UserPath(id, "/routingstatus"), `{"status":"OFF_QUEUE"}`).Want(200)
			return
		}
	}
	t.Error("nobody interacts")
}

// Skills and languages differ in their paths and verbs only.
func TestSkillsAndLanguages(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, list, uri, noun, update string
		catalog                       func(*org.Organisation) []*org.Reference
	}{
		{"skills", "/routingskills", "skillUri", "routing.skill", "PUT", func(o *org.Organisation) []*org.Reference { return o.Skills.List }},
		{"languages", "/routinglanguages", "languageUri", "routing.language", "PATCH", func(o *org.Organisation) []*org.Reference { return o.Languages.List }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			box := sandboxtest.New(t, sandbox.Options{})
			id := box.Create("Ada", "ada@example.com")
			path := box.UserPath(id, test.list)
			catalog := test.catalog(box.State)

			if a := box.Get(path); a.Num("total") != 0 || a.At("entities") == nil || a.Num("pageCount") != 0 {
				t.Errorf("%s", a.Text)
			}
			// Given out of order, kept in order of name.
			for _, i := range []int{4, 1, 3} {
				a := box.Post(path, fmt.Sprintf(`{"id":%q,"proficiency":%d}`, catalog[i].ID, i)).Want(200)
				if a.Str("name") != catalog[i].Name || a.Num("proficiency") != float64(i) || a.Str("state") != "active" ||
					a.Str("selfUri") != path+"/"+catalog[i].ID || a.Str(test.uri) != catalog[i].SelfURI {
					t.Errorf("%s", a.Text)
				}
			}
			if !strings.Contains(box.Get(path).Text, `"proficiency":3.0`) {
				t.Errorf("a proficiency does not look like a decimal number: %s", box.Get(path).Text)
			}
			want := []string{catalog[1].ID, catalog[3].ID, catalog[4].ID}
			if got := sandboxtest.Ids(box.Get(path).List("entities")); !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
			page := box.Get(path + "?pageSize=2&sortOrder=descending")
			if got := sandboxtest.Ids(page.List("entities")); !slices.Equal(got, []string{want[2], want[1]}) ||
				page.Str("nextUri") != path+"?pageSize=2&pageNumber=2&sortOrder=descending" {
				t.Errorf("%s", page.Text)
			}
			box.Post(path, fmt.Sprintf(`{"id":%q,"proficiency":5}`, want[0])).Want(200)
			if a := box.Get(path); a.Num("total") != 3 || a.Num("entities", 0, "proficiency") != 5 {
				t.Errorf("assigned twice: %s", a.Text)
			}

			a := box.Do(test.update, path+"/"+want[0], `{"proficiency":0.5,"state":"inactive"}`).Want(200)
			if a.Num("proficiency") != 0.5 || a.Str("state") != "inactive" {
				t.Errorf("%s", a.Text)
			}
			if a = box.Do(test.update, path+"/"+want[0], `{"state":"active"}`).Want(200); a.Num("proficiency") != 0.5 {
				t.Errorf("%s", a.Text)
			}
			box.Do(test.update, path+"/"+want[0], `{"proficiency":6}`).Problem(400, "bad.request", "proficiency")
			box.Do(test.update, path+"/"+want[0], `{"state":"asleep"}`).Problem(400, "bad.request", "state")
			box.Do(test.update, path+"/none", `{"proficiency":1}`).Problem(404, test.noun+".not.found")

			box.Post(path, `{"proficiency":1}`).Problem(400, "bad.request", "id")
			box.Post(path, `{"id":"none","proficiency":1}`).Problem(400, "bad.request", "id")
			box.Post(path, fmt.Sprintf(`{"id":%q}`, want[0])).Problem(400, "bad.request", "proficiency")
			box.Post(path, fmt.Sprintf(`{"id":%q,"proficiency":-1}`, want[0])).Problem(400, "bad.request", "proficiency")

			bulk := fmt.Sprintf(`[{"id":%q,"proficiency":1},{"id":%q,"proficiency":2}]`, catalog[0].ID, want[0])
			if a = box.Patch(path+"/bulk", bulk).Want(200); a.Num("total") != 4 || a.Num("entities", 1, "proficiency") != 2 {
				t.Errorf("%s", a.Text)
			}
			item := fmt.Sprintf(`{"id":%q,"proficiency":1}`, want[0])
			box.Patch(path+"/bulk", "["+strings.Repeat(item+",", 50)+item+"]").Problem(400, "bad.request", "body")
			box.Patch(path+"/bulk", `[{"id":"none","proficiency":1}]`).Problem(400, "bad.request", "id")

			box.Remove(path + "/" + want[0]).Want(204)
			box.Remove(path+"/"+want[0]).Problem(404, test.noun+".not.found")
			if a = box.Get(path); a.Num("total") != 3 {
				t.Errorf("%s", a.Text)
			}
		})
	}
}

func TestBulkPutReplacesAllSkills(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	path := box.UserPath(id, "/routingskills")
	catalog := box.State.Skills.List
	box.Post(path, fmt.Sprintf(`{"id":%q,"proficiency":1}`, catalog[0].ID)).Want(200)
	box.Put(path+"/bulk", `[{"id":"none","proficiency":1}]`).Problem(400, "bad.request", "id")
	a := box.Put(path+"/bulk", fmt.Sprintf(`[{"id":%q,"proficiency":2}]`, catalog[1].ID)).Want(200)
	if got := sandboxtest.Ids(a.List("entities")); !slices.Equal(got, []string{catalog[1].ID}) {
		t.Errorf("%v", got)
	}
	if a = box.Put(path+"/bulk", `[]`).Want(200); a.Num("total") != 0 || box.Get(path).Num("total") != 0 {
		t.Errorf("%s", a.Text)
	}
}

func TestQueues(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	path := box.UserPath(id, "/queues")
	if a := box.Get(path); a.Num("total") != 0 {
		t.Errorf("a new user has joined: %s", a.Text)
	}
	open := sandboxtest.Ids(box.Get(path + "?joined=false").List("entities"))
	if len(open) != len(box.State.Queues.List)/len(box.State.Divisions.List) {
		t.Fatalf("%d queues to join", len(open))
	}
	count := func() float64 {
		for _, q := range box.Get(path).List("entities") {
			if sandboxtest.Walk(q, "id") == open[0] {
				n, _ := sandboxtest.Walk(q, "joinedMemberCount").(float64)
				return n
			}
		}
		return -1
	}
	a := box.Patch(path+"/"+open[0], `{"joined":true}`).Want(200)
	if a.At("joined") != true || a.Num("memberCount") == 0 || a.Num("joinedMemberCount") != count() {
		t.Errorf("%s", a.Text)
	}
	before := count()
	box.Patch(path+"/"+open[0], `{"joined":true,"id":"`+open[0]+`"}`).Want(200)
	if count() != before {
		t.Error("joining twice counts twice")
	}
	division := box.Division()
	if a = box.Get(path + "?divisionId=" + division + ",other"); a.Num("total") != 1 {
		t.Errorf("%s", a.Text)
	}
	if a = box.Get(path + "?divisionId=other"); a.Num("total") != 0 {
		t.Errorf("%s", a.Text)
	}
	a = box.Patch(path, fmt.Sprintf(`[{"id":%q,"joined":false},{"id":%q,"joined":true}]`, open[0], open[1])).Want(200)
	if a.Num("total") != 2 || a.At("entities", 0, "joined") != false || a.At("entities", 1, "joined") != true {
		t.Errorf("%s", a.Text)
	}
	if got := sandboxtest.Ids(box.Get(path).List("entities")); !slices.Equal(got, open[1:2]) {
		t.Errorf("joined %v", got)
	}
	box.Patch(path, fmt.Sprintf(`[{"id":%q,"joined":true},{"id":"none","joined":true}]`, open[0])).Problem(400, "bad.request", "id")
	if box.Get(path).Num("total") != 1 {
		t.Error("a refused bulk write changed something")
	}
	box.Patch(path+"?divisionId=other", fmt.Sprintf(`[{"id":%q,"joined":true}]`, open[0])).Problem(400, "bad.request", "id")
	box.Patch(path, `[{"joined":true}]`).Problem(400, "bad.request", "id")
	box.Patch(path+"/"+open[0], `{}`).Problem(400, "bad.request", "joined")
	box.Patch(path+"/"+open[0], `{"joined":true,"id":"other"}`).Problem(400, "bad.request", "id")
	box.Patch(path+"/none", `{"joined":true}`).Problem(404, "queue.not.found")
	box.Do("GET", path+"?joined=maybe", "").Problem(400, "bad.request", "joined")
	box.Remove(box.UserPath(id, "")).Want(200)
	box.CheckInvariants()
}
