package authorization_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

const subjects = "/api/v2/authorization/subjects/"

// Users, groups and OAuth clients are subjects alike. Where an operation takes
// subjectType it must be that of the subject; where it takes none, the id is enough.
func TestUsersGroupsAndClientsAreSubjects(t *testing.T) {
	t.Parallel()
	kinds := []string{"PC_USER", "PC_GROUP", "PC_OAUTH_CLIENT"}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			box := sandboxtest.New(t, sandbox.Options{ClientID: "id"})
			group := box.State.Groups.List[0]
			id := map[string]string{"PC_USER": box.Create("Ada", "ada@example.com"), "PC_GROUP": group.ID, "PC_OAUTH_CLIENT": "id"}[kind]
			name := map[string]string{"PC_USER": "Ada", "PC_GROUP": group.Name, "PC_OAUTH_CLIENT": "id"}[kind]
			home, role := box.State.Divisions.List[0].ID, box.State.Roles.List[1]
			path, one := subjects+id, "/divisions/"+home+"/roles/"+role.ID
			body := fmt.Sprintf(`{"grants":[{"roleId":%q,"divisionId":%q}]}`, role.ID, home)
			divisions := "/api/v2/authorization/divisionspermitted/paged/" + id + "?permission=" + role.Permissions[0]
			check := func(after string, granted int) {
				t.Helper()
				a := box.Get(path)
				if a.Str("id") != id || a.Str("name") != name || a.Str("selfUri") != path || len(a.List("grants")) != granted ||
					granted > 0 && (a.Str("grants", 0, "subjectId") != id || a.Str("grants", 0, "role", "id") != role.ID) {
					t.Errorf("%s: %s", after, a.Text)
				}
				if a := box.Get(divisions); a.Num("total") != float64(granted) {
					t.Errorf("%s: %s", after, a.Text)
				}
			}
			for _, grant := range []struct{ path, body string }{{"/bulkadd", body}, {"/bulkreplace", body}, {one, ""}} {
				for _, other := range kinds {
					if other != kind {
						box.Post(path+grant.path+"?subjectType="+other, grant.body).Problem(404, "subject.not.found")
					}
				}
				box.Post(path+grant.path+"?subjectType=CAT", grant.body).Problem(400, "bad.request", "subjectType")
				if kind != "PC_USER" { // which is what a kind left out means
					box.Post(path+grant.path, grant.body).Problem(404, "subject.not.found")
				}
				check("refused "+grant.path, 0)
				box.Post(path+grant.path+"?subjectType="+kind, grant.body).Want(204)
				check(grant.path, 1)
				if grant.body == "" {
					box.Remove(path + one).Want(204)
				} else {
					box.Post(path+"/bulkremove", body).Want(204)
				}
				check("taken away again", 0)
			}
		})
	}
}

// Whoever is in a group has what the group is granted, as long as both are so. The
// same role in the same division is told once, unless asked for every source of it.
func TestMembersHaveWhatTheirGroupIsGranted(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id, group := box.Create("Ada", "ada@example.com"), box.State.Groups.List[0].ID
	home, away := box.State.Divisions.List[0].ID, box.State.Divisions.List[1].ID
	agent, supervisor := box.State.Roles.List[1], box.State.Roles.List[2]
	me := box.As("sandbox-user-" + id)
	grants := func(query string) (all []string) {
		byID, mine := box.Get(subjects+id+query), me.Get(subjects+"me"+query)
		if byID.Text != mine.Text {
			t.Errorf("by id %s, by token %s", byID.Text, mine.Text)
		}
		names := map[string]string{id: "own", group: "group", home: "home", away: "away", agent.ID: "agent", supervisor.ID: "supervisor"}
		for _, g := range byID.List("grants") {
			of := func(path ...any) string { return names[sandboxtest.Walk(g, path...).(string)] }
			all = append(all, of("subjectId")+" "+of("role", "id")+" "+of("division", "id"))
		}
		return all
	}
	check := func(after, query string, want ...string) {
		t.Helper()
		if got := grants(query); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", after, got, want)
		}
	}
	roles := func(after string, want ...string) {
		t.Helper()
		a, expanded := box.Get(box.UserPath(id, "/roles")), box.Get(box.UserPath(id, "?expand=authorization"))
		got := sandboxtest.Ids(a.List("roles"))
		if !slices.Equal(got, want) || !slices.Equal(sandboxtest.Ids(expanded.List("authorization", "roles")), want) {
			t.Errorf("%s: %q, want %q", after, got, want)
		}
	}
	grant := func(subject, kind, division, role string) {
		box.Post(subjects+subject+"/divisions/"+division+"/roles/"+role+"?subjectType="+kind, "").Want(204)
	}
	join := func(groups string) {
		version := box.Get(box.UserPath(id, "")).Num("version")
		box.Patch(box.UserPath(id, ""), fmt.Sprintf(`{"version":%v,"groups":[%s]}`, version, groups)).Want(200)
	}
	grant(id, "PC_USER", home, agent.ID)
	grant(group, "PC_GROUP", home, agent.ID)
	grant(group, "PC_GROUP", away, supervisor.ID)
	check("before joining", "?includeDuplicates=true", "own agent home")
	join(`{"id":"` + group + `"}`)
	check("joined", "", "own agent home", "group supervisor away")
	check("joined", "?includeDuplicates=false", "own agent home", "group supervisor away")
	check("joined", "?includeDuplicates=true", "own agent home", "group agent home", "group supervisor away")
	roles("joined", agent.ID, supervisor.ID)
	query := "?permission=" + supervisor.Permissions[slices.IndexFunc(supervisor.Permissions, func(permission string) bool {
		return !slices.Contains(agent.Permissions, permission)
	})]
	permitted := func(want ...string) {
		t.Helper()
		if got := sandboxtest.Ids(box.Get("/api/v2/authorization/divisionspermitted/paged/" + id + query).List("entities")); !slices.Equal(got, want) {
			t.Errorf("by page %q, want %q", got, want)
		}
		if got := sandboxtest.Ids(me.Get("/api/v2/authorization/divisionspermitted/me" + query).List()); !slices.Equal(got, want) {
			t.Errorf("all at once %q, want %q", got, want)
		}
	}
	permitted(away)

	// What is written about a user is about its own grants.
	box.Post(subjects+id+"/bulkremove", fmt.Sprintf(`{"grants":[{"roleId":%q,"divisionId":%q},{"roleId":%q,"divisionId":%q}]}`,
		agent.ID, home, supervisor.ID, away)).Want(204)
	check("own grants removed", "?includeDuplicates=true", "group agent home", "group supervisor away")
	box.Put(box.UserPath(id, "/roles"), `[]`).Want(200)
	roles("no roles of its own", agent.ID, supervisor.ID)
	box.Post(subjects+id+"/bulkreplace", fmt.Sprintf(`{"grants":[{"roleId":%q,"divisionId":%q}]}`, supervisor.ID, away)).Want(204)
	check("own grants replaced", "?includeDuplicates=true", "own supervisor away", "group agent home", "group supervisor away")
	if a := box.Get(subjects + group); len(a.List("grants")) != 2 {
		t.Errorf("the group: %s", a.Text)
	}

	join(``)
	check("left", "?includeDuplicates=true", "own supervisor away")
	roles("left", supervisor.ID)
	box.Put(box.UserPath(id, "/roles"), `[]`).Want(200)
	permitted()
}
