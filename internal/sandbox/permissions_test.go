package sandbox

import (
	"slices"
	"strings"
	"testing"
)

// Every permission that the upstream states is asked for, whoever has none gets
// 403 in the upstream's words, and whoever has just what is stated gets on.
func TestEveryOperationAsksForItsPermissions(t *testing.T) {
	t.Parallel()
	known := needFacts(t)
	asked := map[string]Requirement{}
	for name, o := range known.operations {
		if mode := o.Permissions.Mode; mode == "ANY" || mode == "ALL" {
			asked[name] = Requirement{All: mode == "ALL", Names: o.Permissions.List}
		}
	}
	none := newTestOrg(t, Options{Permissions: asked, ClientPermissions: []string{}, RateLimit: 1_000_000})
	checked := 0
	for _, row := range routes() {
		path := strings.NewReplacer("{", "", "}", "").Replace(row.template)
		need, states := asked[row.operation]
		a := none.do(row.method, path, "")
		if !states {
			if a.status == 403 {
				t.Errorf("%s asks for nothing and answers %s", row.operation, a.text)
			}
			continue
		}
		checked++
		list := "[" + strings.Join(need.Names, ", ") + "]"
		code, words := "missing.any.permissions", "at least one of the following"
		if need.All {
			code, words = "missing.permissions", "missing the following"
		}
		a.problem(403, code)
		if a.str("messageParams", "permissions") != list || !strings.Contains(a.str("message"), words) || !strings.HasSuffix(a.str("message"), list) {
			t.Errorf("%s: %s", row.operation, a.text)
		}
		for i := range need.Names {
			sandbox := none.sandbox.options
			sandbox.ClientPermissions = slices.Delete(slices.Clone(need.Names), i, i+1)
			lacksOne := (&Sandbox{options: sandbox}).permit(row.operation, caller{clientID: "id"})
			sandbox.ClientPermissions = need.Names[i : i+1]
			hasOne := (&Sandbox{options: sandbox}).permit(row.operation, caller{clientID: "id"})
			if only := len(need.Names) == 1; (lacksOne != nil) != (need.All || only) || (hasOne != nil) != (need.All && !only) {
				t.Errorf("%s with %s alone: %v; without it: %v", row.operation, need.Names[i], hasOne, lacksOne)
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
	org := newTestOrg(t, Options{Permissions: map[string]Requirement{
		"putUserState": {Names: []string{"directory:user:edit"}}, "getUserQueues": {Names: []string{"routing:queue:view"}},
	}})
	id := org.agent()
	me := org.as("sandbox-user-" + id)
	grants := func(role string) {
		for _, r := range org.sandbox.org.roles.list {
			if r.Name == role {
				org.put(org.userPath(id, "/roles"), `["`+r.ID+`"]`).want(200)
			}
		}
	}
	grants("employee")
	me.do("GET", org.userPath(id, "/queues"), "").problem(403, "missing.any.permissions")
	me.put(org.userPath(id, "/state"), `{"state":"active"}`).problem(403, "missing.any.permissions")
	grants("Agent")
	me.get(org.userPath(id, "/queues"))
	grants("Admin")
	me.put(org.userPath(id, "/state"), `{"state":"active"}`).want(200)
	org.get(org.userPath(id, "/queues")) // the client may do everything
}

func TestPermissionsMayHaveStars(t *testing.T) {
	t.Parallel()
	for held, want := range map[string]bool{
		"routing:queue:view": true, "routing:queue:*": true, "routing:*:*": true, "*:*:*": true, "*:queue:view": true,
		"routing:queue:edit": false, "routing:*": false, "*": false, "routing:queue:view:*": false, "": false,
	} {
		if got := covering("routing:queue:view")(held); got != want {
			t.Errorf("%q covers it: %t", held, got)
		}
	}
}
