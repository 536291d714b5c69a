package sandbox

import (
	"fmt"
	"slices"
	"testing"
)

func TestGrants(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	path := "/api/v2/authorization/subjects/" + id
	home, away := org.sandbox.org.divisions.list[0].ID, org.sandbox.org.divisions.list[1].ID
	agent, supervisor := org.sandbox.org.roles.list[1].ID, org.sandbox.org.roles.list[2].ID
	pairs := func(ids ...string) string {
		body := ""
		for i := 0; i < len(ids); i += 2 {
			body += fmt.Sprintf(`,{"roleId":%q,"divisionId":%q}`, ids[i], ids[i+1])
		}
		return `{"grants":[` + body[min(1, len(body)):] + `]}`
	}
	granted := func() (all []string) {
		for _, g := range org.get(path).list("grants") {
			all = append(all, walk(g, "role", "id").(string)+" "+walk(g, "division", "id").(string))
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
	org.post(path+"/bulkadd", pairs(agent, home, agent, away, agent, home)).want(204)
	check(agent+" "+home, agent+" "+away)
	org.post(path+"/divisions/"+home+"/roles/"+supervisor, "").want(204)
	org.post(path+"/divisions/"+home+"/roles/"+supervisor, "").want(204)
	check(agent+" "+home, agent+" "+away, supervisor+" "+home)
	before := org.get(path).str("grants", 1, "grantMadeAt")
	org.clock.advance(1e9)
	org.post(path+"/bulkreplace", pairs(supervisor, away, agent, away)).want(204)
	check(agent+" "+away, supervisor+" "+away)
	if after := org.get(path).str("grants", 0, "grantMadeAt"); after != before {
		t.Errorf("a grant that stays was made at %s, then at %s", before, after)
	}
	org.post(path+"/bulkremove", pairs(agent, home, supervisor, away)).want(204)
	check(agent + " " + away)
	org.remove(path + "/divisions/" + away + "/roles/" + agent).want(204)
	check()

	// All or nothing.
	org.post(path+"/bulkadd", pairs(agent, home, "none", home)).problem(400, "bad.request", "grants.roleId")
	org.post(path+"/bulkadd", pairs(agent, home, agent, "none")).problem(400, "bad.request", "grants.divisionId")
	org.post(path+"/bulkadd", `{}`).problem(400, "bad.request", "grants")
	org.post(path+"/divisions/none/roles/"+agent, "").problem(404, "division.not.found")
	org.post(path+"/divisions/"+home+"/roles/none", "").problem(404, "role.not.found")
	org.do("GET", "/api/v2/authorization/subjects/none", "").problem(404, "subject.not.found")
	check()
}

func TestRolesOfAUser(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	path := org.userPath(id, "/roles")
	agent, supervisor := org.sandbox.org.roles.list[1], org.sandbox.org.roles.list[2]
	a := org.put(path, fmt.Sprintf(`[%q,%q]`, agent.ID, supervisor.ID)).want(200)
	if got := ids(a.list("roles")); !slices.Equal(got, []string{agent.ID, supervisor.ID}) || len(a.list("permissions")) == 0 || org.get(path).text != a.text {
		t.Errorf("%s", a.text)
	}
	if a := org.put(path, fmt.Sprintf(`[%q]`, supervisor.ID)).want(200); len(a.list("roles")) != 1 {
		t.Errorf("%s", a.text)
	}
	org.put(path, `["none"]`).problem(400, "bad.request", "body")
	if a := org.get(org.userPath(id, "?expand=authorization")); len(a.list("authorization", "roles")) != 1 {
		t.Errorf("%s", a.text)
	}
}

func TestDivisionsInWhichAPermissionHolds(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	divisions, agent := org.sandbox.org.divisions.list, org.sandbox.org.roles.list[1]
	of := "/api/v2/authorization/divisionspermitted/paged/" + id + "?permission=" + agent.permissions[0]
	grant := func(division string) {
		org.post("/api/v2/authorization/subjects/"+id+"/divisions/"+division+"/roles/"+agent.ID, "").want(204)
	}
	if a := org.get(of); a.num("total") != 0 || a.at("allDivsPermitted") != false {
		t.Errorf("%s", a.text)
	}
	grant(divisions[1].ID)
	if a := org.get(of); !slices.Equal(ids(a.list("entities")), []string{divisions[1].ID}) || a.str("entities", 0, "description") == "" {
		t.Errorf("%s", a.text)
	}
	grant("*")
	if a := org.get(of + "&pageSize=1"); a.num("total") != float64(len(divisions)) || a.at("allDivsPermitted") != true || len(a.list("entities")) != 1 {
		t.Errorf("%s", a.text)
	}
	me := org.as("sandbox-user-" + id)
	if a := me.get("/api/v2/authorization/divisionspermitted/me?permission=" + agent.permissions[0] + "&name=" + divisions[1].Name[:2]); a.str(0, "id") != divisions[1].ID {
		t.Errorf("%s", a.text)
	}
	if a := me.get("/api/v2/authorization/divisionspermitted/paged/me?permission=nobody:has:it"); a.num("total") != 0 {
		t.Errorf("%s", a.text)
	}
	if a := me.get("/api/v2/authorization/subjects/me"); a.str("id") != id || len(a.list("grants")) != 2 {
		t.Errorf("%s", a.text)
	}
	me.do("GET", "/api/v2/authorization/divisionspermitted/me", "").problem(400, "bad.request", "permission")
}

func TestSubjectsAreUsers(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	path := "/api/v2/authorization/subjects/" + id
	home, agent := org.sandbox.org.divisions.list[0].ID, org.sandbox.org.roles.list[1].ID
	body := fmt.Sprintf(`{"grants":[{"roleId":%q,"divisionId":%q}]}`, agent, home)
	for _, change := range []struct{ path, body string }{
		{path + "/bulkadd", body}, {path + "/bulkreplace", body}, {path + "/divisions/" + home + "/roles/" + agent, ""},
	} {
		org.post(change.path+"?subjectType=PC_GROUP", change.body).problem(404, "subject.not.found")
		org.post(change.path+"?subjectType=PC_OAUTH_CLIENT", change.body).problem(404, "subject.not.found")
		org.post(change.path+"?subjectType=CAT", change.body).problem(400, "bad.request", "subjectType")
		if a := org.get(path + "?includeDuplicates=true"); len(a.list("grants")) != 0 {
			t.Errorf("%s changed something: %s", change.path, a.text)
		}
		org.post(change.path+"?subjectType=PC_USER", change.body).want(204)
		if a := org.get(path + "?includeDuplicates=false"); len(a.list("grants")) != 1 {
			t.Errorf("%s: %s", change.path, a.text)
		}
		org.remove(path + "/divisions/" + home + "/roles/" + agent).want(204)
	}
}
