package users_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestCreatingAUser(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	before := box.Get("/api/v2/users").Num("total")
	division := box.Division()
	a := box.Post("/api/v2/users", `{"name":"Ada Lovelace","email":"Ada@example.com","divisionId":"`+division+
		`","department":"Research","title":"Analyst","password":"correct horse","addresses":[
		{"address":"+13175550100","mediaType":"PHONE","type":"WORK"}],"unknownMember":1}`).Want(200)
	id := a.Str("id")
	if a.Num("version") != 1 || a.Str("state") != "active" || a.Str("username") != "Ada@example.com" ||
		a.Str("division", "id") != division || a.Str("primaryContactInfo", 1, "address") != "+13175550100" {
		t.Errorf("created: %s", a.Text)
	}
	if strings.Contains(a.Text, "correct horse") {
		t.Error("the answer shows the password")
	}
	if got := box.Get(box.UserPath(id, "?expand=routingStatus,presence,skills")); got.Str("routingStatus", "status") != "OFF_QUEUE" ||
		got.Str("presence", "presenceDefinition", "systemPresence") != "Offline" || len(got.List("skills")) != 0 {
		t.Errorf("created: %s", got.Text)
	}
	if got := box.Get("/api/v2/users").Num("total"); got != before+1 {
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
		{"an unknown division", `{` + valid + `none"}`, 400, []string{"divisionId"}},
		{"no address of e-mail", `{"name":"B","email":"b","divisionId":"` + division + `"}`, 400, []string{"email"}},
		{"a short password", `{` + valid + division + `","password":"short"}`, 400, []string{"password"}},
		{"a deleted user", `{` + valid + division + `","state":"deleted"}`, 400, []string{"state"}},
		{"an unknown kind of address", `{` + valid + division + `","addresses":[{"address":"1","mediaType":"FAX","type":"WORK"}]}`, 400, []string{"addresses.mediaType"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := *box
			o.T = t
			o.Post("/api/v2/users", test.body).Problem(test.status, "bad.request", test.fields...)
		})
	}
	if got := box.Get("/api/v2/users?state=any").Num("total"); got != float64(len(box.State.Users)) {
		t.Errorf("a refused user was created: %v", got)
	}
}

func TestPatchingAUser(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada Lovelace", "ada@example.com")
	other := box.Create("Bob", "bob@example.com")
	path := box.UserPath(id, "")

	a := box.Patch(path, `{"version":1,"title":"Countess","department":"Research","acdAutoAnswer":true,
		"preferredName":"A.","profileSkills":["maths"],"certifications":["c"],"id":"ignored"}`).Want(200)
	if a.Num("version") != 2 || a.Str("title") != "Countess" || a.Str("name") != "Ada Lovelace" || a.Str("id") != id {
		t.Errorf("patched: %s", a.Text)
	}
	a = box.Patch(path, `{"version":2,"title":null,"profileSkills":null,"acdAutoAnswer":false}`).Want(200)
	if a.Num("version") != 3 || a.At("title") != nil || a.Str("department") != "Research" || a.At("acdAutoAnswer") != false {
		t.Errorf("cleared: %s", a.Text)
	}
	if got := box.Get(path + "?expand=profileSkills,certifications"); len(got.List("profileSkills")) != 0 ||
		len(got.List("certifications")) != 1 {
		t.Errorf("cleared: %s", got.Text)
	}
	box.Patch(path, `{"version":2,"title":"x"}`).Problem(409, "general.conflict", "version")
	box.Patch(path, `{"version":4,"title":"x"}`).Problem(409, "general.conflict", "version")
	box.Patch(path, `{"title":"x"}`).Problem(400, "bad.request", "version")
	box.Patch(path, `{"version":null,"title":"x"}`).Problem(400, "bad.request", "version")
	box.Patch(path, `{"version":3,"state":"inactive","title":"x"}`).Problem(400, "bad.request", "state")
	box.Patch(path, `{"version":3,"state":"asleep"}`).Problem(400, "bad.request", "state")
	box.Patch(path, `{"version":3,"name":null}`).Problem(400, "bad.request", "name")
	box.Patch(path, `{"version":3,"email":""}`).Problem(400, "bad.request", "email")
	box.Patch(path, `{"version":3,"email":"BOB@example.com"}`).Problem(409, "general.conflict")
	box.Patch(path, `{"version":3,"username":"bob@example.com"}`).Problem(409, "general.conflict")
	box.Patch(path, `{"version":3,"groups":[{"id":"none"}]}`).Problem(400, "bad.request", "groups.id")
	box.Patch(path, `{"version":3,"locations":[{"id":"none"}]}`).Problem(400, "bad.request", "locations.id")
	box.Patch(path, `{"version":3,"manager":"nobody"}`).Problem(400, "bad.request", "manager")
	box.Patch(path, `{"version":3,"manager":"`+id+`"}`).Problem(400, "bad.request", "manager")
	box.Patch("/api/v2/users/nobody", `{"version":3}`).Problem(404, "user.not.found")
	if got := box.Get(path).Num("version"); got != 3 {
		t.Errorf("a refused change raised the version to %v", got)
	}

	a = box.Patch(path, `{"version":3,"email":"countess@example.com","name":"Zeta","manager":"`+other+`"}`).Want(200)
	if a.Str("username") != "countess@example.com" || a.Str("manager", "id") != other {
		t.Errorf("patched: %s", a.Text)
	}
	box.Create("Heir", "ada@example.com") // the old address is free again
	a = box.Patch(path, `{"version":4,"manager":null}`).Want(200)
	if a.At("manager") != nil {
		t.Errorf("the manager stays: %s", a.Text)
	}
	a = box.Patch(path, `{"version":5,"state":"inactive"}`).Want(200)
	if a.Str("state") != "inactive" || a.Num("version") != 6 {
		t.Errorf("inactive: %s", a.Text)
	}
	box.Get(path) // inactive users are there
	box.CheckInvariants()
}

func TestPatchingGroupsLocationsAndImages(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	group, office := box.State.Groups.List[0].ID, box.State.Locations.List[0].ID
	box.Patch(box.UserPath(id, ""), `{"version":1,"groups":[{"id":"`+group+`"}],
		"locations":[{"id":"`+office+`","notes":"Desk","coordinates":{"x":1.5}}],
		"images":[{"resolution":"x48","imageUri":"https://images.example.com/a.jpg"}],
		"biography":{"biography":"b","education":[{"school":"s"}]},"employerInfo":{"employeeId":"7"},
		"chat":{"jabberId":"ada@chat.example.com"}}`).Want(200)
	a := box.Get(box.UserPath(id, "?expand=groups,locations,biography,employerInfo"))
	if a.Str("groups", 0, "id") != group || a.Str("locations", 0, "locationDefinition", "id") != office ||
		a.Num("locations", 0, "coordinates", "x") != 1.5 || len(a.List("images")) != 1 ||
		a.Str("biography", "education", 0, "school") != "s" || a.Str("employerInfo", "employeeId") != "7" {
		t.Errorf("%s", a.Text)
	}
	if got := box.Get("/api/v2/users?jabberId=ada@chat.example.com"); got.Num("total") != 1 {
		t.Errorf("the new jabber id finds nobody: %s", got.Text)
	}
}

func TestBulkPatch(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	a, b := box.Create("A", "a@example.com"), box.Create("B", "b@example.com")
	got := box.Patch("/api/v2/users/bulk", `[{"id":"`+a+`","acdAutoAnswer":true},{"id":"`+b+`","acdAutoAnswer":true}]`).Want(200)
	if got.Num("total") != 2 || got.At("entities", 0, "acdAutoAnswer") != true || got.Num("entities", 1, "version") != 2 {
		t.Errorf("%s", got.Text)
	}
	box.Patch("/api/v2/users/bulk", `[{"id":"`+a+`","acdAutoAnswer":false},{"id":"nobody"}]`).Problem(400, "bad.request", "id")
	if box.Get(box.UserPath(a, "")).At("acdAutoAnswer") != true {
		t.Error("a refused bulk write changed something")
	}
	item := `{"id":"` + a + `"}`
	box.Patch("/api/v2/users/bulk", "["+strings.Repeat(item+",", 50)+item+"]").Problem(400, "bad.request", "body")
	box.Patch("/api/v2/users/bulk", `[{}]`).Problem(400, "bad.request", "id")
}

// The upstream's document asks for a division, and clients leave it out: then it is
// the home division, unless a sandbox is told to be as strict as the document.
func TestAUserWithoutADivisionIsInTheHomeDivision(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	home := box.State.Divisions.List[0].ID
	for i, division := range []string{``, `,"divisionId":null`, `,"divisionId":""`} {
		a := box.Post("/api/v2/users", fmt.Sprintf(`{"name":"Ada","email":"ada%d@example.com"%s}`, i, division)).Want(200)
		if a.Str("division", "id") != home || len(box.Get(box.UserPath(a.Str("id"), "/queues?joined=false")).List("entities")) == 0 {
			t.Errorf("with %q: %s", division, a.Text)
		}
	}
	strict := sandboxtest.New(t, sandbox.Options{RequireDivision: true})
	for _, division := range []string{``, `,"divisionId":null`, `,"divisionId":" "`} {
		strict.Post("/api/v2/users", `{"name":"Ada","email":"ada@example.com"`+division+`}`).Problem(400, "bad.request", "divisionId")
	}
	strict.Create("Ada", "ada@example.com")
}

// What is read-only upstream is not taken from a body but made from the rest of it.
func TestReadOnlyMembersOfABodyAreNotTaken(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	office := box.State.Locations.List[0].ID
	a := box.Patch(box.UserPath(id, ""), `{"version":1,"addresses":[
		{"address":"+13175550100","display":"mine","mediaType":"PHONE","type":"WORK"},
		{"address":"+442071234567","mediaType":"PHONE","type":"HOME"},
		{"address":"ada@home.example.com","display":"mine","mediaType":"EMAIL","type":"HOME"}],
		"locations":[{"id":"`+office+`","floorplanId":"mine"}]}`).Want(200)
	var shown []string
	for i := range 3 {
		shown = append(shown, a.Str("addresses", i, "display"))
	}
	if want := []string{"+13175550100", "+442071234567", "ada@home.example.com"}; !slices.Equal(shown, want) {
		t.Errorf("%q, want %q", shown, want)
	}
	if a := box.Get(box.UserPath(id, "?expand=locations")); a.At("locations", 0, "floorplanId") != nil {
		t.Errorf("%s", a.Text)
	}
	created := box.Post("/api/v2/users", `{"name":"Bob","email":"bob@example.com","divisionId":"`+box.Division()+`","addresses":[
		{"address":"+13175550199","mediaType":"PHONE","type":"WORK"}]}`).Want(200)
	if created.Str("primaryContactInfo", 1, "display") != "+13175550199" {
		t.Errorf("%s", created.Text)
	}
}
