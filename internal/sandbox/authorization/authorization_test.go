package authorization_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestGrants(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	path := "/api/v2/authorization/subjects/" + id
	home, away := box.State.Divisions.List[0].ID, box.State.Divisions.List[1].ID
	agent, supervisor := box.State.Roles.List[1].ID, box.State.Roles.List[2].ID
	pairs := func(ids ...string) string {
		body := ""
		for i := 0; i < len(ids); i += 2 {
			body += fmt.Sprintf(`,{"roleId":%q,"divisionId":%q}`, ids[i], ids[i+1])
		}
		return `{"grants":[` + body[min(1, len(body)):] + `]}`
	}
	granted := func() (all []string) {
		for _, g := range box.Get(path).List("grants") {
			all = append(all, sandboxtest.Walk(g, "role", "id").(string)+" "+sandboxtest.Walk(g, "division", "id").(string))
		}
		return all
	}
	check := func(want ...string) {
		t.Helper()
		if got := granted(); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	check()
	box.Post(path+"/bulkadd", pairs(agent, home, agent, away, agent, home)).Want(204)
	check(agent+" "+home, agent+" "+away)
	box.Post(path+"/divisions/"+home+"/roles/"+supervisor, "").Want(204)
	box.Post(path+"/divisions/"+home+"/roles/"+supervisor, "").Want(204)
	check(agent+" "+home, agent+" "+away, supervisor+" "+home)
	before := box.Get(path).Str("grants", 1, "grantMadeAt")
	box.Clock.Advance(1e9)
	box.Post(path+"/bulkreplace", pairs(supervisor, away, agent, away)).Want(204)
	check(agent+" "+away, supervisor+" "+away)
	if after := box.Get(path).Str("grants", 0, "grantMadeAt"); after != before {
		t.Errorf("a grant that stays was made at %s, then at %s", before, after)
	}
	box.Post(path+"/bulkremove", pairs(agent, home, supervisor, away)).Want(204)
	check(agent + " " + away)
	box.Remove(path + "/divisions/" + away + "/roles/" + agent).Want(204)
	check()

	// All or nothing.
	box.Post(path+"/bulkadd", pairs(agent, home, "none", home)).Problem(400, "bad.request", "grants.roleId")
	box.Post(path+"/bulkadd", pairs(agent, home, agent, "none")).Problem(400, "bad.request", "grants.divisionId")
	box.Post(path+"/bulkadd", `{}`).Problem(400, "bad.request", "grants")
	box.Post(path+"/divisions/none/roles/"+agent, "").Problem(404, "division.not.found")
	box.Post(path+"/divisions/"+home+"/roles/none", "").Problem(404, "role.not.found")
	box.Do("GET", "/api/v2/authorization/subjects/none", "").Problem(404, "subject.not.found")
	check()
}

func TestRolesOfAUser(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	path := box.UserPath(id, "/roles")
	agent, supervisor := box.State.Roles.List[1], box.State.Roles.List[2]
	a := box.Put(path, fmt.Sprintf(`[%q,%q]`, agent.ID, supervisor.ID)).Want(200)
	if got := sandboxtest.Ids(a.List("roles")); !slices.Equal(got, []string{agent.ID, supervisor.ID}) || len(a.List("permissions")) == 0 || box.Get(path).Text != a.Text {
		t.Errorf("%s", a.Text)
	}
	if a := box.Put(path, fmt.Sprintf(`[%q]`, supervisor.ID)).Want(200); len(a.List("roles")) != 1 {
		t.Errorf("%s", a.Text)
	}
	box.Put(path, `["none"]`).Problem(400, "bad.request", "body")
	if a := box.Get(box.UserPath(id, "?expand=authorization")); len(a.List("authorization", "roles")) != 1 {
		t.Errorf("%s", a.Text)
	}
}

func TestDivisionsInWhichAPermissionHolds(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	divisions, agent := box.State.Divisions.List, box.State.Roles.List[1]
	of := "/api/v2/authorization/divisionspermitted/paged/" + id + "?permission=" + agent.Permissions[0]
	grant := func(division string) {
		box.Post("/api/v2/authorization/subjects/"+id+"/divisions/"+division+"/roles/"+agent.ID, "").Want(204)
	}
	if a := box.Get(of); a.Num("total") != 0 || a.At("allDivsPermitted") != false {
		t.Errorf("%s", a.Text)
	}
	grant(divisions[1].ID)
	if a := box.Get(of); !slices.Equal(sandboxtest.Ids(a.List("entities")), []string{divisions[1].ID}) || a.Str("entities", 0, "description") == "" {
		t.Errorf("%s", a.Text)
	}
	grant("*")
	if a := box.Get(of + "&pageSize=1"); a.Num("total") != float64(len(divisions)) || a.At("allDivsPermitted") != true || len(a.List("entities")) != 1 {
		t.Errorf("%s", a.Text)
	}
	me := box.As("sandbox-user-" + id)
	if a := me.Get("/api/v2/authorization/divisionspermitted/me?permission=" + agent.Permissions[0] + "&name=" + divisions[1].Name[:2]); a.Str(0, "id") != divisions[1].ID {
		t.Errorf("%s", a.Text)
	}
	if a := me.Get("/api/v2/authorization/divisionspermitted/paged/me?permission=nobody:has:it"); a.Num("total") != 0 {
		t.Errorf("%s", a.Text)
	}
	if a := me.Get("/api/v2/authorization/subjects/me"); a.Str("id") != id || len(a.List("grants")) != 2 {
		t.Errorf("%s", a.Text)
	}
	me.Do("GET", "/api/v2/authorization/divisionspermitted/me", "").Problem(400, "bad.request", "permission")
}
