package beside_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/beside"
	"github.com/switchboard-gw/switchboard/internal/sandbox/contract"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// What the contract has is not beside it: where it learns an operation, that goes to
// an area.
func TestNothingBesideTheContractIsInIt(t *testing.T) {
	t.Parallel()
	actions := beside.Operations()
	for _, place := range beside.Places() {
		if actions[place.Name] == nil {
			t.Errorf("%s does nothing", place.Name)
		}
		for _, op := range contract.Operations() {
			if op.Name == place.Name || op.Method == place.Method && op.Template == place.Template {
				t.Errorf("%s %s is in the contract: %s", place.Method, place.Template, op.Name)
			}
		}
	}
}

// The lists are those of the organisation, whole, by page, by id and by name.
func TestListsAreThoseOfTheOrganisation(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	state := box.State
	named := func(n int, at func(int) (id, name string)) (all [][2]string) {
		for i := range n {
			id, name := at(i)
			all = append(all, [2]string{id, name})
		}
		return all
	}
	for path, c := range map[string]struct {
		want      [][2]string // id and name
		beginning bool        // of a name is enough
	}{
		"/api/v2/authorization/divisions": {named(len(state.Divisions.List), func(i int) (string, string) { d := state.Divisions.List[i]; return d.ID, d.Name }), true},
		"/api/v2/authorization/roles":     {named(len(state.Roles.List), func(i int) (string, string) { r := state.Roles.List[i]; return r.ID, r.Name }), true},
		"/api/v2/routing/skills":          {named(len(state.Skills.List), func(i int) (string, string) { s := state.Skills.List[i]; return s.ID, s.Name }), true},
		"/api/v2/routing/languages":       {named(len(state.Languages.List), func(i int) (string, string) { l := state.Languages.List[i]; return l.ID, l.Name }), true},
		"/api/v2/routing/queues":          {named(len(state.Queues.List), func(i int) (string, string) { q := state.Queues.List[i]; return q.ID, q.Name }), false},
		"/api/v2/presencedefinitions":     {named(len(state.Presences.List), func(i int) (string, string) { p := state.Presences.List[i]; return p.ID, p.SystemPresence }), false},
	} {
		var got [][2]string
		for _, item := range box.ReadAll(path + "?pageSize=3") {
			id, _ := sandboxtest.Walk(item, "id").(string)
			name, _ := sandboxtest.Walk(item, "name").(string)
			got = append(got, [2]string{id, name})
			if self, _ := sandboxtest.Walk(item, "selfUri").(string); self != path+"/"+id {
				t.Errorf("%s has the address %s", path, self)
			}
		}
		if !slices.Equal(got, c.want) || len(got) == 0 {
			t.Errorf("%s: %q, want %q", path, got, c.want)
		}
		if strings.Contains(path, "presence") {
			continue
		}
		id, name := c.want[1][0], c.want[1][1]
		for query, want := range map[string]bool{
			"id=" + id:                      true,
			"id=nobody":                     false,
			"name=" + url.QueryEscape(name): true,
			"name=" + url.QueryEscape(strings.ToUpper(name)): true,
			"name=" + url.QueryEscape(name[:3]):              c.beginning,
			"name=" + url.QueryEscape(name+"x"):              false,
			"name=" + url.QueryEscape(name[:3]+"*"):          !c.beginning,
			"name=" + url.QueryEscape("*"+name[2:]):          !c.beginning,
			"name=" + url.QueryEscape("*"+name[1:3]+"*"):     !c.beginning,
		} {
			if found := slices.Contains(sandboxtest.Ids(box.Get(path+"?"+query).List("entities")), id); found != want {
				t.Errorf("%s?%s: found %v, want %v", path, query, found, want)
			}
		}
		if got := box.Get(path + "?name=" + url.QueryEscape(name)).List("entities"); len(got) != 1 {
			t.Errorf("%s by the name %q: %d", path, name, len(got))
		}
	}
	division := state.Divisions.List[2].ID
	queues := box.Get("/api/v2/routing/queues?divisionId=" + division).List("entities")
	for _, q := range queues {
		if sandboxtest.Walk(q, "division", "id") != division {
			t.Errorf("%v", q)
		}
	}
	if len(queues) == 0 || len(queues) == len(state.Queues.List) {
		t.Errorf("%d queues of a division", len(queues))
	}
	box.Do("GET", "/api/v2/routing/skills?pageSize=501", "").Problem(400, "bad.request", "pageSize")
}

func TestWhatClientsAskFirst(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{MeAsFirstUser: true})
	me := box.Get("/api/v2/users/me?expand=organization")
	mine, err := json.Marshal(me.At("organization"))
	if err != nil {
		t.Fatal(err)
	}
	organization := box.Get("/api/v2/organizations/me")
	if got, _ := json.Marshal(organization.Value); string(got) != string(mine) || organization.Str("id") != box.State.ID {
		t.Errorf("%s, want %s", got, mine)
	}
	if a := box.Get("/api/v2/authorization/products"); a.Num("total") != float64(len(a.List("entities"))) || a.Str("entities", 0, "id") == "" {
		t.Errorf("%s", a.Text)
	}
	if a := box.Get("/api/v2/authorization/divisions/home"); a.Str("id") != box.State.HomeDivision().ID || a.At("homeDivision") != true {
		t.Errorf("%s", a.Text)
	}
	if a := box.Get("/api/v2/voicemail/userpolicies/" + box.State.FirstUserID); a.At("enabled") != true || a.Str("modifiedDate") == "" || a.At("pin") != nil {
		t.Errorf("%s", a.Text)
	}
	box.Do("GET", "/api/v2/voicemail/userpolicies/nobody", "").Problem(404, "user.not.found")
	box.As("").Do("GET", "/api/v2/organizations/me", "").Problem(401, "authentication.required")
	box.Do("PUT", "/api/v2/organizations/me", "{}").Problem(405, "method.not.allowed")
	box.Do("GET", "/api/v2/organizations/you", "").Problem(404, "not.found")
}

func TestUsersMoveBetweenDivisions(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	ada, bob := box.Create("Ada", "ada@example.com"), box.Create("Bob", "bob@example.com")
	away := box.State.Divisions.List[1].ID
	if away == box.Division() {
		away = box.State.Divisions.List[2].ID
	}
	path := "/api/v2/authorization/divisions/" + away + "/objects/USER"
	of := func(id string) string { return box.Get(box.UserPath(id, "")).Str("division", "id") }
	box.Post(path, fmt.Sprintf("[%q,%q]", ada, bob)).Want(204)
	if of(ada) != away || of(bob) != away {
		t.Errorf("they are in %s and %s", of(ada), of(bob))
	}
	version := box.Get(box.UserPath(ada, "")).Num("version")
	box.Post(path, fmt.Sprintf("[%q]", ada)).Want(204)
	if got := box.Get(box.UserPath(ada, "")).Num("version"); got != version {
		t.Errorf("who stays has the version %v, then %v", version, got)
	}
	home := "/api/v2/authorization/divisions/" + box.State.HomeDivision().ID + "/objects/USER"
	box.Post(home, fmt.Sprintf(`[%q,"nobody"]`, ada)).Problem(400, "bad.request", "body")
	if of(ada) != away {
		t.Error("a part of it was done")
	}
	box.Remove(box.UserPath(bob, "")).Want(200)
	box.Post(home, fmt.Sprintf(`[%q]`, bob)).Problem(400, "bad.request", "body")
	box.Post(home, "").Problem(400, "bad.request", "body")
	box.Post("/api/v2/authorization/divisions/nowhere/objects/USER", "[]").Problem(404, "division.not.found")
	box.Post(strings.TrimSuffix(home, "USER")+"QUEUE", "[]").Problem(501, "not.implemented")
	box.CheckInvariants()
}
