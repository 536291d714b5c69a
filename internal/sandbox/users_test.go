package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestListingUsersPages(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Seed: 5, Users: 120})
	total := len(org.sandbox.org.rosters[stateActive])
	var seen []string
	path := "/api/v2/users?pageSize=10&sortOrder=ASC"
	for pages := 0; path != ""; pages++ {
		a := org.get(path)
		if a.num("total") != float64(total) || a.num("pageCount") != float64((total+9)/10) ||
			a.num("pageNumber") != float64(pages+1) || a.num("pageSize") != 10 {
			t.Fatalf("page %d: %s", pages+1, a.text[len(a.text)-600:])
		}
		if a.str("firstUri") != "/api/v2/users?pageSize=10&pageNumber=1&sortOrder=ASC" ||
			a.str("lastUri") != fmt.Sprintf("/api/v2/users?pageSize=10&pageNumber=%d&sortOrder=ASC", (total+9)/10) ||
			a.str("selfUri") != fmt.Sprintf("/api/v2/users?pageSize=10&pageNumber=%d&sortOrder=ASC", pages+1) ||
			(a.str("previousUri") == "") != (pages == 0) {
			t.Errorf("page %d: %s", pages+1, a.text[len(a.text)-600:])
		}
		for _, u := range a.list("entities") {
			seen = append(seen, walk(u, "name").(string)+" "+walk(u, "id").(string))
		}
		path = a.str("nextUri")
	}
	if len(seen) != total || len(slices.Compact(slices.Clone(seen))) != total {
		t.Errorf("%d users on all pages, want %d", len(seen), total)
	}
	if !slices.IsSortedFunc(seen, compareFold) {
		t.Error("the pages are not in order of name")
	}
	down := org.get("/api/v2/users?sortOrder=descending&pageSize=1")
	if got := down.str("entities", 0, "name") + " " + down.str("entities", 0, "id"); got != seen[total-1] {
		t.Errorf("descending starts with %s, want %s", got, seen[total-1])
	}
	beyond := org.get("/api/v2/users?pageNumber=2147483647&pageSize=500")
	if len(beyond.list("entities")) != 0 || beyond.at("entities") == nil {
		t.Errorf("beyond the end: %s", beyond.text)
	}
	zero := org.get("/api/v2/users?pageSize=0&pageNumber=0")
	if zero.num("pageSize") != 25 || zero.num("pageNumber") != 1 {
		t.Errorf("zero is not the default: %v %v", zero.at("pageSize"), zero.at("pageNumber"))
	}
}

func TestListingUsersRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	for query, field := range map[string]string{
		"pageSize=501":                        "pageSize",
		"pageSize=-1":                         "pageSize",
		"pageSize=ten":                        "pageSize",
		"pageNumber=-1":                       "pageNumber",
		"pageNumber=4294967296":               "pageNumber",
		"sortOrder=sideways":                  "sortOrder",
		"state=sleepy":                        "state",
		"id=a&jabberId=b":                     "jabberId",
		"integrationPresenceSource=Telegraph": "integrationPresenceSource",
		"integrationPresenceSource=ZoomPhone&pageSize=101": "pageSize",
		"state=inactive&pageSize=500&pageNumber=21":        "pageNumber",
	} {
		org.do("GET", "/api/v2/users?"+query, "").problem(400, "bad.request", field)
	}
	org.get("/api/v2/users?state=inactive&pageSize=500&pageNumber=20")
	org.get("/api/v2/users?expand=somethingNewer&somethingElse=1&state=")
}

func TestUsersCanBeListedByID(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	all := org.get("/api/v2/users?pageSize=4").list("entities")
	want := ids(all)
	jabber := func(i int) string { return walk(all[i], "chat", "jabberId").(string) }
	for name, query := range map[string]string{
		"repeated keys":        "id=" + strings.Join(want, "&id="),
		"joined with commas":   "id=" + strings.Join(want, ","),
		"both":                 "id=" + want[3] + "," + want[1] + "&id=" + want[0] + "&id=" + want[2],
		"escaped commas":       "id=" + strings.Join(want, "%2C"),
		"repeated and unknown": "id=nobody," + strings.Join(want, ",") + "," + want[0],
		"by jabber id":         "jabberId=" + jabber(0) + "," + jabber(1) + "&jabberId=" + jabber(2) + "&jabberId=" + jabber(3),
	} {
		a := org.get("/api/v2/users?" + query)
		if got := ids(a.list("entities")); !slices.Equal(got, want) || a.num("total") != 4 {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestUsersAreListedByState(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 200})
	sum := 0.0
	for _, state := range userStates {
		a := org.get("/api/v2/users?pageSize=500&state=" + state)
		for _, u := range a.list("entities") {
			if walk(u, "state") != state {
				t.Errorf("%s is listed as %s", walk(u, "state"), state)
			}
		}
		if a.num("total") == 0 {
			t.Errorf("nobody is %s", state)
		}
		sum += a.num("total")
	}
	if all := org.get("/api/v2/users?state=any"); all.num("total") != sum || sum != 200 {
		t.Errorf("any has %v of %v", all.num("total"), sum)
	}
}

func TestExpandAddsNothingThatWasNotAskedFor(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.agent()
	plain := members(org.get(org.userPath(id, "")))
	for _, section := range []string{"skills", "presence", "station", "biography", "dateLastLogin", "profileSkills"} {
		if plain[section] {
			t.Errorf("%s is there without expand", section)
		}
	}
	for _, query := range []string{"?expand=skills&expand=presence", "?expand=skills,presence"} {
		got := members(org.get(org.userPath(id, query)))
		if !got["skills"] || !got["presence"] || len(got) != len(plain)+2 {
			t.Errorf("%s: %v", query, got)
		}
	}
}

func TestCreatingAUser(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	before := org.get("/api/v2/users").num("total")
	division := org.division()
	a := org.post("/api/v2/users", `{"name":"Ada Lovelace","email":"Ada@example.com","divisionId":"`+division+
		`","department":"Research","title":"Analyst","password":"correct horse","addresses":[
		{"address":"+13175550100","mediaType":"PHONE","type":"WORK"}],"unknownMember":1}`).want(200)
	id := a.str("id")
	if a.num("version") != 1 || a.str("state") != "active" || a.str("username") != "Ada@example.com" ||
		a.str("division", "id") != division || a.str("primaryContactInfo", 1, "address") != "+13175550100" {
		t.Errorf("created: %s", a.text)
	}
	if strings.Contains(a.text, "correct horse") {
		t.Error("the answer shows the password")
	}
	if got := org.get(org.userPath(id, "?expand=routingStatus,presence,skills")); got.str("routingStatus", "status") != "OFF_QUEUE" ||
		got.str("presence", "presenceDefinition", "systemPresence") != "Offline" || len(got.list("skills")) != 0 {
		t.Errorf("created: %s", got.text)
	}
	if got := org.get("/api/v2/users").num("total"); got != before+1 {
		t.Errorf("%v users, want %v", got, before+1)
	}

	const valid = `"name":"B","email":"b@example.com","divisionId":"` // completed below
	for _, test := range []struct {
		name, body string
		status     int
		fields     []string
	}{
		{"no name", `{"email":"b@example.com","divisionId":"` + division + `"}`, 400, []string{"name"}},
		{"a blank name", `{"name":" ","email":"b@example.com","divisionId":"` + division + `"}`, 400, []string{"name"}},
		{"no e-mail", `{"name":"B","divisionId":"` + division + `"}`, 400, []string{"email"}},
		{"no division", `{"name":"B","email":"b@example.com"}`, 400, []string{"divisionId"}},
		{"an unknown division", `{` + valid + `none"}`, 400, []string{"divisionId"}},
		{"no address of e-mail", `{"name":"B","email":"b","divisionId":"` + division + `"}`, 400, []string{"email"}},
		{"a short password", `{` + valid + division + `","password":"short"}`, 400, []string{"password"}},
		{"a deleted user", `{` + valid + division + `","state":"deleted"}`, 400, []string{"state"}},
		{"an unknown kind of address", `{` + valid + division + `","addresses":[{"address":"1","mediaType":"FAX","type":"WORK"}]}`, 400, []string{"addresses.mediaType"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := *org
			o.t = t
			o.post("/api/v2/users", test.body).problem(test.status, "bad.request", test.fields...)
		})
	}
	if got := org.get("/api/v2/users?state=any").num("total"); got != float64(len(org.sandbox.org.users)) {
		t.Errorf("a refused user was created: %v", got)
	}
}

func TestADeletedUserStillHoldsItsAddress(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	body := `{"name":"Other","email":"ADA@example.com","divisionId":"` + org.division() + `"}`
	org.post("/api/v2/users", body).problem(409, "general.conflict")
	gone := org.remove(org.userPath(id, "")).want(200)
	if gone.text != "{}" {
		t.Errorf("DELETE answered %s", gone.text)
	}
	org.post("/api/v2/users", body).problem(409, "general.conflict")
	org.do("GET", org.userPath(id, ""), "").problem(404, "user.not.found")
	org.do("GET", org.userPath(id, "/routingstatus"), "").problem(404, "user.not.found")
	org.remove(org.userPath(id, "")).problem(404, "user.not.found")
	if a := org.get(org.userPath(id, "?state=deleted")); a.str("state") != "deleted" || a.num("version") != 2 {
		t.Errorf("deleted: %s", a.text)
	}
	if slices.Contains(ids(org.get("/api/v2/users?pageSize=500").list("entities")), id) {
		t.Error("a deleted user is listed")
	}
	if !slices.Contains(ids(org.get("/api/v2/users?pageSize=500&state=deleted").list("entities")), id) {
		t.Error("a deleted user is not listed as deleted")
	}
	org.patch(org.userPath(id, ""), `{"version":2,"title":"x"}`).problem(404, "user.not.found")
	if a := org.patch(org.userPath(id, ""), `{"version":2,"state":"active"}`).want(200); a.num("version") != 3 {
		t.Errorf("restored: %s", a.text)
	}
	org.get(org.userPath(id, ""))
	org.do("GET", org.userPath(id, "?state=deleted"), "").problem(404, "user.not.found")
	checkInvariants(t, org.sandbox.org)
}

func TestPatchingAUser(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada Lovelace", "ada@example.com")
	other := org.create("Bob", "bob@example.com")
	path := org.userPath(id, "")

	a := org.patch(path, `{"version":1,"title":"Countess","department":"Research","acdAutoAnswer":true,
		"preferredName":"A.","profileSkills":["maths"],"certifications":["c"],"id":"ignored"}`).want(200)
	if a.num("version") != 2 || a.str("title") != "Countess" || a.str("name") != "Ada Lovelace" || a.str("id") != id {
		t.Errorf("patched: %s", a.text)
	}
	a = org.patch(path, `{"version":2,"title":null,"profileSkills":null,"acdAutoAnswer":false}`).want(200)
	if a.num("version") != 3 || a.at("title") != nil || a.str("department") != "Research" || a.at("acdAutoAnswer") != false {
		t.Errorf("cleared: %s", a.text)
	}
	if got := org.get(path + "?expand=profileSkills,certifications"); len(got.list("profileSkills")) != 0 ||
		len(got.list("certifications")) != 1 {
		t.Errorf("cleared: %s", got.text)
	}
	org.patch(path, `{"version":2,"title":"x"}`).problem(409, "general.conflict", "version")
	org.patch(path, `{"version":4,"title":"x"}`).problem(409, "general.conflict", "version")
	org.patch(path, `{"title":"x"}`).problem(400, "bad.request", "version")
	org.patch(path, `{"version":null,"title":"x"}`).problem(400, "bad.request", "version")
	org.patch(path, `{"version":3,"state":"inactive","title":"x"}`).problem(400, "bad.request", "state")
	org.patch(path, `{"version":3,"state":"asleep"}`).problem(400, "bad.request", "state")
	org.patch(path, `{"version":3,"name":null}`).problem(400, "bad.request", "name")
	org.patch(path, `{"version":3,"email":""}`).problem(400, "bad.request", "email")
	org.patch(path, `{"version":3,"email":"BOB@example.com"}`).problem(409, "general.conflict")
	org.patch(path, `{"version":3,"username":"bob@example.com"}`).problem(409, "general.conflict")
	org.patch(path, `{"version":3,"groups":[{"id":"none"}]}`).problem(400, "bad.request", "groups.id")
	org.patch(path, `{"version":3,"locations":[{"id":"none"}]}`).problem(400, "bad.request", "locations.id")
	org.patch(path, `{"version":3,"manager":"nobody"}`).problem(400, "bad.request", "manager")
	org.patch(path, `{"version":3,"manager":"`+id+`"}`).problem(400, "bad.request", "manager")
	org.patch("/api/v2/users/nobody", `{"version":3}`).problem(404, "user.not.found")
	if got := org.get(path).num("version"); got != 3 {
		t.Errorf("a refused change raised the version to %v", got)
	}

	a = org.patch(path, `{"version":3,"email":"countess@example.com","name":"Zeta","manager":"`+other+`"}`).want(200)
	if a.str("username") != "countess@example.com" || a.str("manager", "id") != other {
		t.Errorf("patched: %s", a.text)
	}
	org.create("Heir", "ada@example.com") // the old address is free again
	a = org.patch(path, `{"version":4,"manager":null}`).want(200)
	if a.at("manager") != nil {
		t.Errorf("the manager stays: %s", a.text)
	}
	a = org.patch(path, `{"version":5,"state":"inactive"}`).want(200)
	if a.str("state") != "inactive" || a.num("version") != 6 {
		t.Errorf("inactive: %s", a.text)
	}
	org.get(path) // inactive users are there
	checkInvariants(t, org.sandbox.org)
}

func TestPatchingGroupsLocationsAndImages(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	group, office := org.sandbox.org.groups.list[0].ID, org.sandbox.org.locations.list[0].ID
	org.patch(org.userPath(id, ""), `{"version":1,"groups":[{"id":"`+group+`"}],
		"locations":[{"id":"`+office+`","notes":"Desk","coordinates":{"x":1.5}}],
		"images":[{"resolution":"x48","imageUri":"https://images.example.com/a.jpg"}],
		"biography":{"biography":"b","education":[{"school":"s"}]},"employerInfo":{"employeeId":"7"},
		"chat":{"jabberId":"ada@chat.example.com"}}`).want(200)
	a := org.get(org.userPath(id, "?expand=groups,locations,biography,employerInfo"))
	if a.str("groups", 0, "id") != group || a.str("locations", 0, "locationDefinition", "id") != office ||
		a.num("locations", 0, "coordinates", "x") != 1.5 || len(a.list("images")) != 1 ||
		a.str("biography", "education", 0, "school") != "s" || a.str("employerInfo", "employeeId") != "7" {
		t.Errorf("%s", a.text)
	}
	if got := org.get("/api/v2/users?jabberId=ada@chat.example.com"); got.num("total") != 1 {
		t.Errorf("the new jabber id finds nobody: %s", got.text)
	}
}

func TestBulkPatch(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	a, b := org.create("A", "a@example.com"), org.create("B", "b@example.com")
	got := org.patch("/api/v2/users/bulk", `[{"id":"`+a+`","acdAutoAnswer":true},{"id":"`+b+`","acdAutoAnswer":true}]`).want(200)
	if got.num("total") != 2 || got.at("entities", 0, "acdAutoAnswer") != true || got.num("entities", 1, "version") != 2 {
		t.Errorf("%s", got.text)
	}
	org.patch("/api/v2/users/bulk", `[{"id":"`+a+`","acdAutoAnswer":false},{"id":"nobody"}]`).problem(400, "bad.request", "id")
	if org.get(org.userPath(a, "")).at("acdAutoAnswer") != true {
		t.Error("a refused bulk write changed something")
	}
	item := `{"id":"` + a + `"}`
	org.patch("/api/v2/users/bulk", "["+strings.Repeat(item+",", 50)+item+"]").problem(400, "bad.request", "body")
	org.patch("/api/v2/users/bulk", `[{}]`).problem(400, "bad.request", "id")
}

func TestUserState(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	path := org.userPath(id, "/state")
	if a := org.get(path); a.str("state") != "active" || a.num("version") != 1 {
		t.Errorf("%s", a.text)
	}
	org.put(path, `{"state":"inactive","version":7}`).problem(409, "general.conflict", "version")
	org.put(path, `{}`).problem(400, "bad.request", "state")
	org.put(path, `{"state":"inactive","stateChangeReason":"Boredom"}`).problem(400, "bad.request", "stateChangeReason")
	a := org.put(path, `{"state":"inactive","version":1,"stateChangeReason":"Leave"}`).want(200)
	if a.num("version") != 2 || a.str("stateChangeReason") != "Leave" || a.str("stateChangeDate") != "2026-08-20T04:35:23.391Z" {
		t.Errorf("%s", a.text)
	}
	org.put(path, `{"state":"deleted"}`).want(200)
	if a := org.get(path); a.str("state") != "deleted" {
		t.Errorf("%s", a.text)
	}
	org.put(path, `{"state":"active"}`).want(200)
	org.get(org.userPath(id, ""))
	checkInvariants(t, org.sandbox.org)
}

func TestRelations(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 100})
	id := org.agent()
	superiors := org.get(org.userPath(id, "/superiors?expand=skills"))
	chain := ids(superiors.list())
	if len(chain) != 2 || chain[1] != org.sandbox.org.firstUserID || superiors.at(0, "skills") == nil {
		t.Fatalf("superiors of %s: %v", id, chain)
	}
	siblings := ids(org.get(org.userPath(id, "/adjacents")).list("siblings"))
	reports := ids(org.get(org.userPath(chain[0], "/directreports")).list())
	if !slices.Contains(reports, id) || slices.Contains(siblings, id) || len(siblings) != len(reports)-1 {
		t.Errorf("reports %v, siblings %v", reports, siblings)
	}
	version := org.get(org.userPath(chain[1], "")).num("version")
	org.patch(org.userPath(chain[1], ""), fmt.Sprintf(`{"version":%v,"manager":"%s"}`, version, id)).
		problem(400, "bad.request", "manager")

	org.remove(org.userPath(chain[0], "")).want(200)
	if a := org.get(org.userPath(id, "")); a.at("manager") != nil {
		t.Errorf("a deleted manager shows: %s", a.text)
	}
	if a := org.get(org.userPath(id, "/superiors")); a.text != "[]" {
		t.Errorf("a deleted manager is above: %s", a.text)
	}
}

func TestProfileSkills(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	path := org.userPath(id, "/profileskills")
	if a := org.get(path); a.text != "[]" {
		t.Errorf("%s", a.text)
	}
	if a := org.put(path, `["b","a"]`).want(200); a.text != `["b","a"]` {
		t.Errorf("%s", a.text)
	}
	if a := org.get(path); a.text != `["b","a"]` {
		t.Errorf("%s", a.text)
	}
	org.put(path, `[1]`).problem(400, "bad.request", "body")
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	sent := func() string { return org.get(org.userPath(id, "")).str("dateWelcomeSent") }
	org.post(org.userPath(id, "/invite"), "").want(204)
	first := sent()
	org.clock.advance(1e9)
	org.post(org.userPath(id, "/invite?force=false"), "").want(204)
	if first == "" || sent() != first {
		t.Errorf("sent %q, then %q", first, sent())
	}
	org.post(org.userPath(id, "/invite?force=true"), "").want(204)
	if sent() == first {
		t.Error("force did not send again")
	}
	org.post(org.userPath(id, "/invite?force=perhaps"), "").problem(400, "bad.request", "force")
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	me := org.as("sandbox-user-" + id)
	me.post("/api/v2/users/me/password", `{"oldPassword":"","newPassword":"correct horse"}`).problem(400, "bad.request", "oldPassword")
	me.post("/api/v2/users/me/password", `{"oldPassword":"none yet","newPassword":"correct horse"}`).problem(400, "bad.request", "oldPassword")
	org.post(org.userPath(id, "/password"), `{}`).problem(400, "bad.request", "newPassword")
	org.post(org.userPath(id, "/password"), `{"newPassword":"short"}`).problem(400, "bad.request", "newPassword")
	org.post(org.userPath(id, "/password"), `{"newPassword":"correct horse"}`).want(204)
	refused := me.post("/api/v2/users/me/password", `{"oldPassword":"wrong horse","newPassword":"battery staple"}`).
		problem(400, "bad.request", "oldPassword")
	if strings.Contains(refused.text, "horse") {
		t.Errorf("an error shows a password: %s", refused.text)
	}
	me.post("/api/v2/users/me/password", `{"oldPassword":"correct horse","newPassword":"battery staple"}`).want(204)
	if all := fmt.Sprintf("%+v", *org.sandbox.org.users[id]); strings.Contains(all, "battery") {
		t.Error("a password is stored in clear")
	}
}

func TestAnswersAreNotRedirected(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	for _, path := range []string{"/api/v2//users", "/api/v2/users/", "/api/v2/./users", "//api/v2/users"} {
		if a := org.do(http.MethodGet, path, ""); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

// What is read-only upstream is not taken from a body but made from the rest of it.
func TestReadOnlyMembersOfABodyAreNotTaken(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	office := org.sandbox.org.locations.list[0].ID
	a := org.patch(org.userPath(id, ""), `{"version":1,"addresses":[
		{"address":"+13175550100","display":"mine","mediaType":"PHONE","type":"WORK"},
		{"address":"+442071234567","mediaType":"PHONE","type":"HOME"},
		{"address":"ada@home.example.com","display":"mine","mediaType":"EMAIL","type":"HOME"}],
		"locations":[{"id":"`+office+`","floorplanId":"mine"}]}`).want(200)
	var shown []string
	for i := range 3 {
		shown = append(shown, a.str("addresses", i, "display"))
	}
	if want := []string{"(317) 555-0100", "+442071234567", "ada@home.example.com"}; !slices.Equal(shown, want) {
		t.Errorf("%q, want %q", shown, want)
	}
	if a := org.get(org.userPath(id, "?expand=locations")); a.at("locations", 0, "floorplanId") != nil {
		t.Errorf("%s", a.text)
	}
	created := org.post("/api/v2/users", `{"name":"Bob","email":"bob@example.com","divisionId":"`+org.division()+`","addresses":[
		{"address":"+13175550199","mediaType":"PHONE","type":"WORK"}]}`).want(200)
	if created.str("primaryContactInfo", 1, "display") != "(317) 555-0199" {
		t.Errorf("%s", created.text)
	}
}
