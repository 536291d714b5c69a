package sandbox

import (
	"slices"
	"strings"
	"testing"
)

// skillGroupsOf are all of a user's groups.
func (o *testOrg) skillGroupsOf(id string, query string) []any {
	o.t.Helper()
	return o.readAll(o.userPath(id, "/skillgroups?"+query))
}

func TestSkillGroupsHaveAsManyMembersAsTheySay(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 100})
	members, said := map[string]float64{}, map[string]float64{}
	for _, id := range org.everybody() {
		division := org.get(org.userPath(id, "")).str("division", "id")
		for _, g := range org.skillGroupsOf(id, "") {
			name := walk(g, "name").(string)
			members[name]++
			said[name] = walk(g, "memberCount").(float64)
			if walk(g, "division", "id") != division {
				t.Errorf("%s is of another division than its member", name)
			}
		}
	}
	for name := range members {
		if members[name] != said[name] {
			t.Errorf("%s says %v and has %v", name, said[name], members[name])
		}
	}
	for _, kind := range skillGroupKinds {
		found := false
		for name := range members {
			found = found || strings.HasSuffix(name, kind.name)
		}
		if !found {
			t.Errorf("nobody is in any group of %s", kind.name)
		}
	}
}

func TestSkillGroupsFollowTheSkills(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	skill := func(name, proficiency string) {
		t.Helper()
		i := slices.IndexFunc(org.sandbox.org.skills.list, func(r *reference) bool { return r.Name == name })
		org.post(org.userPath(id, "/routingskills"), `{"id":"`+org.sandbox.org.skills.list[i].ID+`","proficiency":`+proficiency+`}`).want(200)
	}
	language := func(name string) {
		t.Helper()
		i := slices.IndexFunc(org.sandbox.org.languages.list, func(r *reference) bool { return r.Name == name })
		org.post(org.userPath(id, "/routinglanguages"), `{"id":"`+org.sandbox.org.languages.list[i].ID+`","proficiency":1}`).want(200)
	}
	division := org.get(org.userPath(id, "")).str("division", "name") + " "
	are := func(want ...string) {
		t.Helper()
		var names []string
		for _, g := range org.skillGroupsOf(id, "") {
			names = append(names, strings.TrimPrefix(walk(g, "name").(string), division))
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
	i := slices.IndexFunc(org.sandbox.org.skills.list, func(r *reference) bool { return r.Name == "Billing" })
	org.put(org.userPath(id, "/routingskills/"+org.sandbox.org.skills.list[i].ID), `{"proficiency":5,"state":"inactive"}`).want(200)
	are("Iberian claims", "technicians")
}

func TestComparatorsOfSkillGroups(t *testing.T) {
	t.Parallel()
	u := &user{skills: []competence{{what: &reference{Name: "Sales"}, proficiency: 3, state: stateActive}}}
	for comparator, want := range map[string][3]bool{ // against 2, 3 and 4
		"EqualTo": {false, true, false}, "NotEqualTo": {true, false, true},
		"LessThan": {false, false, true}, "GreaterThan": {true, false, false},
		"LessThanOrEqualTo": {false, true, true}, "GreaterThanOrEqualTo": {true, true, false},
	} {
		for i, holds := range want {
			if got := u.reaches(u.skills, "Sales", requirement{Comparator: comparator, Proficiency: int32(2 + i)}); got != holds {
				t.Errorf("3 %s %d: %t", comparator, 2+i, got)
			}
		}
	}
}

func TestSkillGroupsAreReadByCursor(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 100})
	var id string
	var all []string
	for _, user := range org.everybody() {
		if groups := ids(org.skillGroupsOf(user, "")); len(groups) > len(all) {
			id, all = user, groups
		}
	}
	if len(all) < 3 {
		t.Fatalf("nobody is in more than %d groups", len(all))
	}
	if got := ids(org.skillGroupsOf(id, "pageSize=1")); !slices.Equal(got, all) {
		t.Errorf("one by one: %v, want %v", got, all)
	}
	path := org.userPath(id, "/skillgroups")
	first := org.get(path + "?pageSize=2")
	second := org.get(first.str("nextUri"))
	back := org.get(second.str("previousUri"))
	if !slices.Equal(ids(back.list("entities")), all[:2]) || first.at("previousUri") != nil || back.at("previousUri") != nil ||
		back.str("nextUri") != first.str("nextUri") {
		t.Errorf("forth and back: %s", back.text)
	}
	if again := org.get(second.str("selfUri")); again.text != second.text {
		t.Errorf("self is another: %s", again.text)
	}
	last := org.get(path + "?pageSize=500")
	if last.at("nextUri") != nil || last.at("previousUri") != nil || len(last.list("entities")) != len(all) {
		t.Errorf("%s", last.text)
	}
	for query, field := range map[string]string{
		"after=%25":           "after",
		"before=!":            "before",
		"after=QQ&before=QQ":  "before",
		"pageSize=501":        "pageSize",
		"pageSize=-1":         "pageSize",
		"pageSize=everything": "pageSize",
	} {
		org.do("GET", path+"?"+query, "").problem(400, "bad.request", field)
	}
	org.do("GET", org.userPath("nobody", "/skillgroups"), "").problem(404, "user.not.found")
	if beyond := org.get(path + "?after=" + makeCursor("zzz")); len(beyond.list("entities")) != 0 || beyond.at("entities") == nil {
		t.Errorf("%s", beyond.text)
	}
}
