package access_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/access"
	"github.com/switchboard-gw/switchboard/internal/sandbox/contract"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// Every permission that the upstream states is asked for, whoever has none gets
// 403 in the upstream's words, and whoever has just what is stated gets on.
func TestEveryOperationAsksForItsPermissions(t *testing.T) {
	t.Parallel()
	known := sandboxtest.NeedFacts(t)
	asked := map[string]access.Requirement{}
	for name, o := range known.Operations {
		if !slices.ContainsFunc(contract.Operations(), func(op contract.Operation) bool { return op.Name == name }) {
			continue
		}
		if mode := o.Permissions.Mode; mode == "ANY" || mode == "ALL" {
			asked[name] = access.Requirement{All: mode == "ALL", Names: o.Permissions.List}
		}
	}
	none := sandboxtest.New(t, sandbox.Options{Permissions: asked, ClientPermissions: []string{}, RateLimit: 1_000_000})
	checked := 0
	for _, row := range contract.Operations() {
		path := strings.NewReplacer("{", "", "}", "").Replace(row.Template)
		need, states := asked[row.Name]
		a := none.Do(row.Method, path, "")
		if !states {
			if a.Status == 403 {
				t.Errorf("%s asks for nothing and answers %s", row.Name, a.Text)
			}
			continue
		}
		checked++
		list := "[" + strings.Join(need.Names, ", ") + "]"
		code, words := "missing.any.permissions", "at least one of the following"
		if need.All {
			code, words = "missing.permissions", "missing the following"
		}
		a.Problem(403, code)
		if a.Str("messageParams", "permissions") != list || !strings.Contains(a.Str("message"), words) || !strings.HasSuffix(a.Str("message"), list) {
			t.Errorf("%s: %s", row.Name, a.Text)
		}
		for i := range need.Names {
			client := access.Caller{ClientID: "id"}
			lacksOne := access.Policy{asked, slices.Delete(slices.Clone(need.Names), i, i+1)}.Permit(row.Name, client, func(string) []string { return nil })
			hasOne := access.Policy{asked, need.Names[i : i+1]}.Permit(row.Name, client, func(string) []string { return nil })
			if only := len(need.Names) == 1; (lacksOne != nil) != (need.All || only) || (hasOne != nil) != (need.All && !only) {
				t.Errorf("%s with %s alone: %v; without it: %v", row.Name, need.Names[i], hasOne, lacksOne)
			}
		}
	}
	if checked != len(asked) {
		t.Errorf("%d of %d are checked", checked, len(asked))
	}
	t.Logf("%d operations ask for permissions", checked)
}

func TestAUsersTokenHasWhatTheRolesGive(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Permissions: map[string]access.Requirement{
		"putUserState": {Names: []string{"directory:user:edit"}}, "getUserQueues": {Names: []string{"routing:queue:view"}},
	}})
	id := box.Agent()
	me := box.As("sandbox-user-" + id)
	grants := func(role string) {
		for _, r := range box.State.Roles.List {
			if r.Name == role {
				box.Put(box.UserPath(id, "/roles"), `["`+r.ID+`"]`).Want(200)
			}
		}
	}
	grants("employee")
	me.Do("GET", box.UserPath(id, "/queues"), "").Problem(403, "missing.any.permissions")
	me.Put(box.UserPath(id, "/state"), `{"state":"active"}`).Problem(403, "missing.any.permissions")
	grants("Agent")
	me.Get(box.UserPath(id, "/queues"))
	grants("Admin")
	me.Put(box.UserPath(id, "/state"), `{"state":"active"}`).Want(200)
	box.Get(box.UserPath(id, "/queues")) // the client may do everything
}

// What a group is granted counts for its members, and what a client is granted counts
// beside what the settings give it.
func TestWhatGroupsAndClientsAreGrantedCounts(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{
		ClientID: "id", ClientPermissions: []string{"authorization:grant:add", "directory:user:edit"},
		Permissions: map[string]access.Requirement{
			"getUserQueues":                        {Names: []string{"routing:queue:view"}},
			"postAuthorizationSubjectDivisionRole": {Names: []string{"authorization:grant:add"}},
			"patchUser":                            {Names: []string{"directory:user:edit"}},
		},
	})
	id, group := box.Create("Ada", "ada@example.com"), box.State.Groups.List[0].ID
	agent := box.State.Roles.List[1]
	if agent.Name != "Agent" {
		t.Fatalf("the role is %s", agent.Name)
	}
	me := box.As("sandbox-user-" + id)
	grant := func(subject, kind string) {
		box.Post("/api/v2/authorization/subjects/"+subject+"/divisions/*/roles/"+agent.ID+"?subjectType="+kind, "").Want(204)
	}
	box.Patch(box.UserPath(id, ""), `{"version":1,"groups":[{"id":"`+group+`"}]}`).Want(200)
	for _, caller := range []struct {
		name, subject, kind string
		box                 *sandboxtest.Sandbox
	}{{"a member", group, "PC_GROUP", me}, {"the client", "id", "PC_OAUTH_CLIENT", box}} {
		caller.box.Do("GET", box.UserPath(id, "/queues"), "").Problem(403, "missing.any.permissions")
		grant(caller.subject, caller.kind)
		caller.box.Get(box.UserPath(id, "/queues"))
	}
}
