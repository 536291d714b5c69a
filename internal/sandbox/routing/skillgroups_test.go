package routing_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/routing"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// skillGroupsOf are all of a user's groups.
func skillGroupsOf(o *sandboxtest.Sandbox, id string, query string) []any {
	o.T.Helper()
	return o.ReadAll(o.UserPath(id, "/skillgroups?"+query))
}

func TestSkillGroupsHaveAsManyMembersAsTheySay(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 100})
	members, said := map[string]float64{}, map[string]float64{}
	for _, id := range box.Everybody() {
		division := box.Get(box.UserPath(id, "")).Str("division", "id")
		for _, g := range skillGroupsOf(box, id, "") {
			name := sandboxtest.Walk(g, "name").(string)
			members[name]++
			said[name] = sandboxtest.Walk(g, "memberCount").(float64)
			if sandboxtest.Walk(g, "division", "id") != division {
				t.Errorf("%s is of another division than its member", name)
			}
		}
	}
	for name := range members {
		if members[name] != said[name] {
			t.Errorf("%s says %v and has %v", name, said[name], members[name])
		}
	}
	for _, kind := range routing.KindsOfSkillGroups() {
		found := false
		for name := range members {
			found = found || strings.HasSuffix(name, kind)
		}
		if !found {
			t.Errorf("nobody is in any group of %s", kind)
		}
	}
}

func TestSkillGroupsFollowTheSkills(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	skill := func(name, proficiency string) {
		t.Helper()
		i := slices.IndexFunc(box.State.Skills.List, func(r *org.Reference) bool { return r.Name == name })
		box.Post(box.UserPath(id, "/routingskills"), `{"id":"`+box.State.Skills.List[i].ID+`","proficiency":`+proficiency+`}`).Want(200)
	}
	language := func(name string) {
		t.Helper()
		i := slices.IndexFunc(box.State.Languages.List, func(r *org.Reference) bool { return r.Name == name })
		box.Post(box.UserPath(id, "/routinglanguages"), `{"id":"`+box.State.Languages.List[i].ID+`","proficiency":1}`).Want(200)
	}
	division := box.Get(box.UserPath(id, "")).Str("division", "name") + " "
	are := func(want ...string) {
		t.Helper()
		var names []string
		for _, g := range skillGroupsOf(box, id, "") {
			names = append(names, strings.TrimPrefix(sandboxtest.Walk(g, "name").(string), division))
		}
		if !slices.Equal(names, want) {
			t.Errorf("%q, want %q", names, want)
		}
	}
	are("not for fraud")
	skill("Billing", "2")
	are("not for fraud")
	skill("Billing", "3")
	are("billing experts", "not for fraud")
	skill("Fraud", "0")
	are("billing experts")
	skill("Claims", "1")
	are("billing experts")
	language("Portuguese")
	are("billing experts", "Iberian claims")
	skill("Sales", "3")
	are("billing experts", "Iberian claims")
	skill("Sales", "2")
	are("billing experts", "Iberian claims", "sales newcomers")
	skill("Escalations", "1")
	are("billing experts", "Iberian claims")
	skill("Tech/L1", "5")
	are("billing experts", "Iberian claims")
	skill("Tech/L2", "1")
	are("billing experts", "Iberian claims", "technicians")
	i := slices.IndexFunc(box.State.Skills.List, func(r *org.Reference) bool { return r.Name == "Billing" })
	box.Put(box.UserPath(id, "/routingskills/"+box.State.Skills.List[i].ID), `{"proficiency":5,"state":"inactive"}`).Want(200)
	are("Iberian claims", "technicians")
}

func TestSkillGroupsAreReadByCursor(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 100})
	var id string
	var all []string
	for _, user := range box.Everybody() {
		if groups := sandboxtest.Ids(skillGroupsOf(box, user, "")); len(groups) > len(all) {
			id, all = user, groups
		}
	}
	if len(all) < 3 {
		t.Fatalf("nobody is in more than %d groups", len(all))
	}
	if got := sandboxtest.Ids(skillGroupsOf(box, id, "pageSize=1")); !slices.Equal(got, all) {
		t.Errorf("one by one: %v, want %v", got, all)
	}
	path := box.UserPath(id, "/skillgroups")
	first := box.Get(path + "?pageSize=2")
	second := box.Get(first.Str("nextUri"))
	back := box.Get(second.Str("previousUri"))
	if !slices.Equal(sandboxtest.Ids(back.List("entities")), all[:2]) || first.At("previousUri") != nil || back.At("previousUri") != nil ||
		back.Str("nextUri") != first.Str("nextUri") {
		t.Errorf("forth and back: %s", back.Text)
	}
	if again := box.Get(second.Str("selfUri")); again.Text != second.Text {
		t.Errorf("self is another: %s", again.Text)
	}
	last := box.Get(path + "?pageSize=500")
	if last.At("nextUri") != nil || last.At("previousUri") != nil || len(last.List("entities")) != len(all) {
		t.Errorf("%s", last.Text)
	}
	for query, field := range map[string]string{
		"after=%25":           "after",
		"before=!":            "before",
		"after=QQ&before=QQ":  "before",
		"pageSize=501":        "pageSize",
		"pageSize=-1":         "pageSize",
		"pageSize=everything": "pageSize",
	} {
		box.Do("GET", path+"?"+query, "").Problem(400, "bad.request", field)
	}
	box.Do("GET", box.UserPath("nobody", "/skillgroups"), "").Problem(404, "user.not.found")
	if beyond := box.Get(path + "?after=" + api.MakeCursor("zzz")); len(beyond.List("entities")) != 0 || beyond.At("entities") == nil {
		t.Errorf("%s", beyond.Text)
	}
}
