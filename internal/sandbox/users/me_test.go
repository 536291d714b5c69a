package users_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestMeHasTheSectionsOfTheOrganisation(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{MeAsFirstUser: true})
	a := box.Get("/api/v2/users/me?expand=divisionedpresencedefinitions,orgauthorization,orgproducts,fieldconfigs,presencedefinitions")
	presences := a.List("divisionedPresenceDefinitions")
	if !slices.Equal(sandboxtest.Ids(presences), sandboxtest.Ids(a.List("presenceDefinitions"))) || sandboxtest.Walk(presences[0], "divisionId") != box.State.Divisions.List[0].ID {
		t.Errorf("presences: %v", presences)
	}
	if !slices.ContainsFunc(presences, func(p any) bool {
		return sandboxtest.Walk(p, "systemPresence") == "OnQueue" && sandboxtest.Walk(p, "name") == "On Queue"
	}) {
		t.Errorf("nobody can be on queue: %v", presences)
	}
	roles := a.List("orgAuthorization")
	if len(roles) != len(box.State.Roles.List) || sandboxtest.Walk(roles[0], "permissions", 0) == nil || sandboxtest.Walk(roles[0], "permissionPolicies", 0, "domain") == nil {
		t.Errorf("roles: %v", roles)
	}
	if len(a.List("orgProducts")) == 0 {
		t.Error("no products")
	}
	for _, kind := range []string{"org", "person", "group"} {
		alone := box.Get("/api/v2/fieldconfig?type=" + kind)
		if fmt.Sprint(a.At("fieldConfigs", kind)) != fmt.Sprint(alone.Value) {
			t.Errorf("the fields of %s: %v, want %s", kind, a.At("fieldConfigs", kind), alone.Text)
		}
	}
}

func TestMeWithoutAUserBehindTheToken(t *testing.T) {
	t.Parallel()
	strict := sandboxtest.New(t, sandbox.Options{})
	strict.Do("GET", "/api/v2/users/me", "").Problem(400, "bad.request")
	friendly := sandboxtest.New(t, sandbox.Options{MeAsFirstUser: true})
	me := friendly.Get("/api/v2/users/me?expand=directreports,organization&expand=date")
	if me.Str("id") != friendly.State.FirstUserID || len(me.List("directReports")) == 0 ||
		me.Str("organization", "name") == "" || me.Str("date", "currentDate") != "2026-08-20T04:35:23.391Z" {
		t.Errorf("me: %s", me.Text)
	}
}
