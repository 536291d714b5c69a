package routing

import (
	"cmp"
	"slices"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// skillGroup is a group whose members are those of its division whose skills meet
// its conditions. Nobody is put into it, and nothing of who is in it is stored.
type skillGroup struct {
	org.Reference
	division          *org.Reference
	description       string
	created, modified wire.Instant
	conditions        []skillCondition
}

// skillGroupView is the upstream's SkillGroup.
type skillGroupView struct {
	org.Reference
	Division     *org.Reference   `json:"division"`
	Description  string           `json:"description"`
	MemberCount  int64            `json:"memberCount"`
	DateModified wire.Instant     `json:"dateModified"`
	DateCreated  wire.Instant     `json:"dateCreated"`
	Status       string           `json:"status"`
	Conditions   []skillCondition `json:"skillConditions"`
}

// skillCondition is the upstream's SkillGroupCondition: And asks for all of what it
// lists, Or for any, Not for none.
type skillCondition struct {
	Skills    []requiredSkill    `json:"routingSkillConditions"`
	Languages []requiredLanguage `json:"languageSkillConditions"`
	Operation string             `json:"operation"`
}

type requiredSkill struct {
	Skill string `json:"routingSkill"`
	requirement
}

type requiredLanguage struct {
	Language string `json:"languageSkill"`
	requirement
}

// requirement compares a proficiency. What it has below it must hold as well.
type requirement struct {
	Comparator  string           `json:"comparator"`
	Proficiency int32            `json:"proficiency"`
	Children    []skillCondition `json:"childConditions"`
}

// getUserSkillgroups lists those of the groups that a user is in.
func getUserSkillgroups(groups []*skillGroup) func(*org.Organisation, *api.Call) (any, error) {
	return func(o *org.Organisation, c *api.Call) (any, error) {
		u, err := c.User(o)
		if err != nil {
			return nil, err
		}
		size, err := c.PageSize()
		if err != nil {
			return nil, err
		}
		var in []*skillGroup
		for _, g := range groups {
			if g.has(u) {
				in = append(in, g)
			}
		}
		return api.PageByCursor(c, size, in, (*skillGroup).key, func(g *skillGroup) skillGroupView { return g.view(o) })
	}
}

// has tells whether u is a member.
func (g *skillGroup) has(u *org.User) bool {
	return u.State != org.StateDeleted && u.Division == g.division && meetsAll(u, g.conditions)
}

// key is what groups are sorted by.
func (g *skillGroup) key() string { return strings.ToLower(g.Name) + "\x00" + g.ID }

func (g *skillGroup) view(o *org.Organisation) skillGroupView {
	v := skillGroupView{
		Reference: g.Reference, Division: g.division, Description: g.description, DateCreated: g.created,
		DateModified: g.modified, Status: "Complete", Conditions: g.conditions,
	}
	for _, u := range o.Rosters[org.AnyState] {
		if g.has(u) {
			v.MemberCount++
		}
	}
	return v
}

func meetsAll(u *org.User, conditions []skillCondition) bool {
	return !slices.ContainsFunc(conditions, func(c skillCondition) bool { return !meets(u, c) })
}

func meets(u *org.User, c skillCondition) bool {
	skill := func(r requiredSkill) bool { return reaches(u, u.Skills, r.Skill, r.requirement) }
	language := func(r requiredLanguage) bool { return reaches(u, u.Languages, r.Language, r.requirement) }
	switch c.Operation {
	case "And":
		return !slices.ContainsFunc(c.Skills, func(r requiredSkill) bool { return !skill(r) }) &&
			!slices.ContainsFunc(c.Languages, func(r requiredLanguage) bool { return !language(r) })
	case "Or":
		return slices.ContainsFunc(c.Skills, skill) || slices.ContainsFunc(c.Languages, language)
	default:
		return !slices.ContainsFunc(c.Skills, skill) && !slices.ContainsFunc(c.Languages, language)
	}
}

// reaches tells whether u has the named thing, in use, as well as required.
func reaches(u *org.User, held []org.Competence, name string, r requirement) bool {
	i := slices.IndexFunc(held, func(k org.Competence) bool { return k.What.Name == name && k.State == org.StateActive })
	if i < 0 {
		return false
	}
	d := cmp.Compare(held[i].Proficiency, wire.Double(r.Proficiency))
	holds := map[string]bool{
		"EqualTo": d == 0, "NotEqualTo": d != 0, "LessThan": d < 0, "GreaterThan": d > 0,
		"LessThanOrEqualTo": d <= 0, "GreaterThanOrEqualTo": d >= 0,
	}[r.Comparator]
	return holds && meetsAll(u, r.Children)
}

// seedSkillGroups gives every division the same groups. They are by name.
func seedSkillGroups(o *org.Organisation) []*skillGroup {
	ids := o.Origin.IDs("skill groups")
	var all []*skillGroup
	for _, division := range o.Divisions.List {
		for _, kind := range skillGroupKinds {
			id := wire.SeededID(ids)
			all = append(all, &skillGroup{
				Reference: org.Reference{ID: id, Name: division.Name + " " + kind.name, SelfURI: wire.APIPrefix + "routing/skillgroups/" + id},
				division:  division, description: kind.description, conditions: kind.conditions,
				created: wire.At(o.Origin.At.AddDate(-1, 0, 0)), modified: wire.At(o.Origin.At.AddDate(0, -2, 0)),
			})
		}
	}
	slices.SortFunc(all, func(a, b *skillGroup) int { return cmp.Compare(a.key(), b.key()) })
	return all
}

func atLeast(proficiency int32) requirement {
	return requirement{Comparator: "GreaterThanOrEqualTo", Proficiency: proficiency, Children: []skillCondition{}}
}

func allOf(skills ...requiredSkill) skillCondition {
	return skillCondition{Skills: skills, Languages: []requiredLanguage{}, Operation: "And"}
}

func noneOf(skills ...requiredSkill) skillCondition {
	return skillCondition{Skills: skills, Languages: []requiredLanguage{}, Operation: "Not"}
}

func anyLanguage(languages ...requiredLanguage) skillCondition {
	return skillCondition{Skills: []requiredSkill{}, Languages: languages, Operation: "Or"}
}

var skillGroupKinds = []struct {
	name, description string
	conditions        []skillCondition
}{
	{"billing experts", "Know invoices well.", []skillCondition{allOf(requiredSkill{"Billing", atLeast(3)})}},
	{"Iberian claims", "Handle claims in Spanish or Portuguese.", []skillCondition{
		allOf(requiredSkill{"Claims", atLeast(1)}),
		anyLanguage(requiredLanguage{"Spanish", atLeast(1)}, requiredLanguage{"Portuguese", atLeast(1)}),
	}},
	{"not for fraud", "Are never asked about fraud.", []skillCondition{noneOf(requiredSkill{"Fraud", atLeast(0)})}},
	{"sales newcomers", "Begin to sell and take no escalations.", []skillCondition{allOf(requiredSkill{"Sales", requirement{
		Comparator: "LessThan", Proficiency: 3, Children: []skillCondition{noneOf(requiredSkill{"Escalations", atLeast(0)})},
	}})}},
	{"technicians", "Help with technical trouble of both levels.", []skillCondition{
		allOf(requiredSkill{"Tech/L1", atLeast(2)}, requiredSkill{"Tech/L2", atLeast(1)}),
	}},
}
