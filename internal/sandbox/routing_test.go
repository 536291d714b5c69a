package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestGoingOnAndOffQueue(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	path := org.userPath(id, "/routingstatus")
	presence := func() string {
		return org.get(org.userPath(id, "?expand=presence")).str("presence", "presenceDefinition", "systemPresence")
	}
	org.clock.advance(1e9)
	on := org.put(path, `{"status":"IDLE"}`).want(200)
	if on.str("status") != "IDLE" || on.str("userId") != id || on.str("startTime") != "2026-08-20T04:35:24.391Z" || presence() != "On Queue" {
		t.Errorf("%s, %s", on.text, presence())
	}
	org.clock.advance(1e9)
	if again := org.put(path, `{"status":"IDLE"}`).want(200); again.text != on.text {
		t.Errorf("the same status started anew: %s", again.text)
	}
	if off := org.put(path, `{"userId":"`+id+`","status":"OFF_QUEUE"}`).want(200); off.str("status") != "OFF_QUEUE" || presence() != "Available" {
		t.Errorf("%s, %s", off.text, presence())
	}
	if org.get(path).str("status") != "OFF_QUEUE" {
		t.Error("the status was not kept")
	}
	for _, body := range []string{
		`{"status":"INTERACTING"}`, `{"status":"COMMUNICATING"}`, `{"status":"NOT_RESPONDING"}`, `{"status":"ASLEEP"}`, `{}`,
	} {
		org.put(path, body).problem(400, "bad.request", "status")
	}
	org.put(path, `{"status":"IDLE","userId":"other"}`).problem(400, "bad.request", "userId")

	org.put(path, `{"status":"IDLE"}`).want(200)
	org.put(org.userPath(id, "/state"), `{"state":"inactive"}`).want(200)
	if org.get(path).str("status") != "OFF_QUEUE" || presence() != "Offline" {
		t.Error("an inactive user stays on queue")
	}
	org.put(path, `{"status":"IDLE"}`).problem(400, "bad.request", "status")
}

func TestWhoeverInteractsCanLeaveTheQueue(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 200})
	for id, u := range org.sandbox.org.users {
		if u.routing.status == statusInteracting {
			if got := org.get(org.userPath(id, "?expand=conversationSummary")); got.num("conversationSummary", "call", "contactCenter", "active") != 1 {
				t.Errorf("%s", got.text)
			}
			org.put(org.userPath(id, "/routingstatus"), `{"status":"OFF_QUEUE"}`).want(200)
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
		catalog                       func(*organisation) []*reference
	}{
		{"skills", "/routingskills", "skillUri", "routing.skill", "PUT", func(o *organisation) []*reference { return o.skills.list }},
		{"languages", "/routinglanguages", "languageUri", "routing.language", "PATCH", func(o *organisation) []*reference { return o.languages.list }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			org := newTestOrg(t, Options{})
			id := org.create("Ada", "ada@example.com")
			path := org.userPath(id, test.list)
			catalog := test.catalog(org.sandbox.org)

			if a := org.get(path); a.num("total") != 0 || a.at("entities") == nil || a.num("pageCount") != 0 {
				t.Errorf("%s", a.text)
			}
			// Given out of order, kept in order of name.
			for _, i := range []int{4, 1, 3} {
				a := org.post(path, fmt.Sprintf(`{"id":%q,"proficiency":%d}`, catalog[i].ID, i)).want(200)
				if a.str("name") != catalog[i].Name || a.num("proficiency") != float64(i) || a.str("state") != "active" ||
					a.str("selfUri") != path+"/"+catalog[i].ID || a.str(test.uri) != catalog[i].SelfURI {
					t.Errorf("%s", a.text)
				}
			}
			if !strings.Contains(org.get(path).text, `"proficiency":3.0`) {
				t.Errorf("a proficiency does not look like a decimal number: %s", org.get(path).text)
			}
			want := []string{catalog[1].ID, catalog[3].ID, catalog[4].ID}
			if got := ids(org.get(path).list("entities")); !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
			page := org.get(path + "?pageSize=2&sortOrder=descending")
			if got := ids(page.list("entities")); !slices.Equal(got, []string{want[2], want[1]}) ||
				page.str("nextUri") != path+"?pageSize=2&pageNumber=2&sortOrder=descending" {
				t.Errorf("%s", page.text)
			}
			org.post(path, fmt.Sprintf(`{"id":%q,"proficiency":5}`, want[0])).want(200)
			if a := org.get(path); a.num("total") != 3 || a.num("entities", 0, "proficiency") != 5 {
				t.Errorf("assigned twice: %s", a.text)
			}

			a := org.do(test.update, path+"/"+want[0], `{"proficiency":0.5,"state":"inactive"}`).want(200)
			if a.num("proficiency") != 0.5 || a.str("state") != "inactive" {
				t.Errorf("%s", a.text)
			}
			if a = org.do(test.update, path+"/"+want[0], `{"state":"active"}`).want(200); a.num("proficiency") != 0.5 {
				t.Errorf("%s", a.text)
			}
			org.do(test.update, path+"/"+want[0], `{"proficiency":6}`).problem(400, "bad.request", "proficiency")
			org.do(test.update, path+"/"+want[0], `{"state":"asleep"}`).problem(400, "bad.request", "state")
			org.do(test.update, path+"/none", `{"proficiency":1}`).problem(404, test.noun+".not.found")

			org.post(path, `{"proficiency":1}`).problem(400, "bad.request", "id")
			org.post(path, `{"id":"none","proficiency":1}`).problem(400, "bad.request", "id")
			org.post(path, fmt.Sprintf(`{"id":%q}`, want[0])).problem(400, "bad.request", "proficiency")
			org.post(path, fmt.Sprintf(`{"id":%q,"proficiency":-1}`, want[0])).problem(400, "bad.request", "proficiency")

			bulk := fmt.Sprintf(`[{"id":%q,"proficiency":1},{"id":%q,"proficiency":2}]`, catalog[0].ID, want[0])
			if a = org.patch(path+"/bulk", bulk).want(200); a.num("total") != 4 || a.num("entities", 1, "proficiency") != 2 {
				t.Errorf("%s", a.text)
			}
			item := fmt.Sprintf(`{"id":%q,"proficiency":1}`, want[0])
			org.patch(path+"/bulk", "["+strings.Repeat(item+",", 50)+item+"]").problem(400, "bad.request", "body")
			org.patch(path+"/bulk", `[{"id":"none","proficiency":1}]`).problem(400, "bad.request", "id")

			org.remove(path + "/" + want[0]).want(204)
			org.remove(path+"/"+want[0]).problem(404, test.noun+".not.found")
			if a = org.get(path); a.num("total") != 3 {
				t.Errorf("%s", a.text)
			}
		})
	}
}

func TestBulkPutReplacesAllSkills(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	path := org.userPath(id, "/routingskills")
	catalog := org.sandbox.org.skills.list
	org.post(path, fmt.Sprintf(`{"id":%q,"proficiency":1}`, catalog[0].ID)).want(200)
	org.put(path+"/bulk", `[{"id":"none","proficiency":1}]`).problem(400, "bad.request", "id")
	a := org.put(path+"/bulk", fmt.Sprintf(`[{"id":%q,"proficiency":2}]`, catalog[1].ID)).want(200)
	if got := ids(a.list("entities")); !slices.Equal(got, []string{catalog[1].ID}) {
		t.Errorf("%v", got)
	}
	if a = org.put(path+"/bulk", `[]`).want(200); a.num("total") != 0 || org.get(path).num("total") != 0 {
		t.Errorf("%s", a.text)
	}
}

func TestQueues(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	path := org.userPath(id, "/queues")
	if a := org.get(path); a.num("total") != 0 {
		t.Errorf("a new user has joined: %s", a.text)
	}
	open := ids(org.get(path + "?joined=false").list("entities"))
	if len(open) != len(queueNames) {
		t.Fatalf("%d queues to join", len(open))
	}
	count := func() float64 {
		for _, q := range org.get(path).list("entities") {
			if walk(q, "id") == open[0] {
				n, _ := walk(q, "joinedMemberCount").(float64)
				return n
			}
		}
		return -1
	}
	a := org.patch(path+"/"+open[0], `{"joined":true}`).want(200)
	if a.at("joined") != true || a.num("memberCount") == 0 || a.num("joinedMemberCount") != count() {
		t.Errorf("%s", a.text)
	}
	before := count()
	org.patch(path+"/"+open[0], `{"joined":true,"id":"`+open[0]+`"}`).want(200)
	if count() != before {
		t.Error("joining twice counts twice")
	}
	division := org.division()
	if a = org.get(path + "?divisionId=" + division + ",other"); a.num("total") != 1 {
		t.Errorf("%s", a.text)
	}
	if a = org.get(path + "?divisionId=other"); a.num("total") != 0 {
		t.Errorf("%s", a.text)
	}
	a = org.patch(path, fmt.Sprintf(`[{"id":%q,"joined":false},{"id":%q,"joined":true}]`, open[0], open[1])).want(200)
	if a.num("total") != 2 || a.at("entities", 0, "joined") != false || a.at("entities", 1, "joined") != true {
		t.Errorf("%s", a.text)
	}
	if got := ids(org.get(path).list("entities")); !slices.Equal(got, open[1:2]) {
		t.Errorf("joined %v", got)
	}
	org.patch(path, fmt.Sprintf(`[{"id":%q,"joined":true},{"id":"none","joined":true}]`, open[0])).problem(400, "bad.request", "id")
	if org.get(path).num("total") != 1 {
		t.Error("a refused bulk write changed something")
	}
	org.patch(path+"?divisionId=other", fmt.Sprintf(`[{"id":%q,"joined":true}]`, open[0])).problem(400, "bad.request", "id")
	org.patch(path, `[{"joined":true}]`).problem(400, "bad.request", "id")
	org.patch(path+"/"+open[0], `{}`).problem(400, "bad.request", "joined")
	org.patch(path+"/"+open[0], `{"joined":true,"id":"other"}`).problem(400, "bad.request", "id")
	org.patch(path+"/none", `{"joined":true}`).problem(404, "queue.not.found")
	org.do("GET", path+"?joined=maybe", "").problem(400, "bad.request", "joined")
	org.remove(org.userPath(id, "")).want(200)
	checkInvariants(t, org.sandbox.org)
}

func TestPresenceIsThatOfTheSourceAskedFor(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.agent()
	for query, want := range map[string][2]any{
		"expand=presence": {"PURECLOUD", nil},
		"expand=presence&integrationPresenceSource=ZoomPhone":                     {"ZoomPhone", nil},
		"expand=presence,integrationPresence&integrationPresenceSource=ZoomPhone": {"ZoomPhone", "ZoomPhone"},
		"expand=integrationPresence":                                              {nil, nil},
		"integrationPresenceSource=ZoomPhone":                                     {nil, nil},
	} {
		user := org.get(org.userPath(id, "?"+query))
		listed := org.get("/api/v2/users?id=" + id + "&" + query)
		profile := org.get(org.userPath(id, "/profile?"+query))
		for i, section := range []string{"presence", "integrationPresence"} {
			for _, got := range []any{
				user.at(section, "source"), listed.at("entities", 0, section, "source"), profile.at("expands", section, "source"),
			} {
				if got != want[i] {
					t.Errorf("%s: %s is from %v, want %v", query, section, got, want[i])
				}
			}
		}
	}
}
