package sandbox

import (
	"fmt"
	"slices"
	"testing"
)

func TestMeHasTheSectionsOfTheOrganisation(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{MeAsFirstUser: true})
	a := org.get("/api/v2/users/me?expand=divisionedpresencedefinitions,orgauthorization,orgproducts,fieldconfigs,presencedefinitions")
	presences := a.list("divisionedPresenceDefinitions")
	if !slices.Equal(ids(presences), ids(a.list("presenceDefinitions"))) || walk(presences[0], "divisionId") != org.sandbox.org.divisions.list[0].ID {
		t.Errorf("presences: %v", presences)
	}
	if !slices.ContainsFunc(presences, func(p any) bool { return walk(p, "systemPresence") == "OnQueue" && walk(p, "name") == "On Queue" }) {
		t.Errorf("nobody can be on queue: %v", presences)
	}
	roles := a.list("orgAuthorization")
	if len(roles) != len(seedRoles) || walk(roles[0], "permissions", 0) == nil || walk(roles[0], "permissionPolicies", 0, "domain") == nil {
		t.Errorf("roles: %v", roles)
	}
	if len(a.list("orgProducts")) == 0 {
		t.Error("no products")
	}
	for _, kind := range []string{"org", "person", "group"} {
		alone := org.get("/api/v2/fieldconfig?type=" + kind)
		if fmt.Sprint(a.at("fieldConfigs", kind)) != fmt.Sprint(alone.value) {
			t.Errorf("the fields of %s: %v, want %s", kind, a.at("fieldConfigs", kind), alone.text)
		}
	}
}
