package sandbox

import (
	"cmp"
	"slices"
	"strings"
)

// skillGroup is a group whose members are those of its division whose skills meet
// its conditions. Nobody is put into it, and nothing of who is in it is stored.
type skillGroup struct {
	reference
	division          *reference
	description       string
	created, modified instant
	conditions        []skillCondition
}

// skillGroupView is the upstream's SkillGroup.
type skillGroupView struct {
	reference
	Division     *reference       `json:"division"`
	Description  string           `json:"description"`
	MemberCount  int64            `json:"memberCount"`
	DateModified instant          `json:"dateModified"`
	DateCreated  instant          `json:"dateCreated"`
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

// getUserSkillgroups lists the groups that a user is in, by name.
func getUserSkillgroups(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	size, err := c.pageSize()
	if err != nil {
		return nil, err
	}
	var in []*skillGroup
	for _, g := range o.skillGroups {
		if g.has(u) {
			in = append(in, g)
		}
	}
	return pageByCursor(c, size, in, (*skillGroup).key, func(g *skillGroup) skillGroupView { return g.view(o) })
}

// has tells whether u is a member.
func (g *skillGroup) has(u *user) bool {
	return u.state != stateDeleted && u.division == g.division && u.meetsAll(g.conditions)
}

// key is what groups are sorted by.
func (g *skillGroup) key() string { return strings.ToLower(g.Name) + "\x00" + g.ID }

func (g *skillGroup) view(o *organisation) skillGroupView {
	v := skillGroupView{
		reference: g.reference, Division: g.division, Description: g.description, DateCreated: g.created,
		DateModified: g.modified, Status: "Complete", Conditions: g.conditions,
	}
	for _, u := range o.rosters[anyState] {
		if g.has(u) {
			v.MemberCount++
		}
	}
	return v
}

func (u *user) meetsAll(conditions []skillCondition) bool {
	return !slices.ContainsFunc(conditions, func(c skillCondition) bool { return !u.meets(c) })
}

func (u *user) meets(c skillCondition) bool {
	skill := func(r requiredSkill) bool { return u.reaches(u.skills, r.Skill, r.requirement) }
	language := func(r requiredLanguage) bool { return u.reaches(u.languages, r.Language, r.requirement) }
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
func (u *user) reaches(held []competence, name string, r requirement) bool {
	i := slices.IndexFunc(held, func(k competence) bool { return k.what.Name == name && k.state == stateActive })
	if i < 0 {
		return false
	}
	d := cmp.Compare(held[i].proficiency, double(r.Proficiency))
	holds := map[string]bool{
		"EqualTo": d == 0, "NotEqualTo": d != 0, "LessThan": d < 0, "GreaterThan": d > 0,
		"LessThanOrEqualTo": d <= 0, "GreaterThanOrEqualTo": d >= 0,
	}[r.Comparator]
	return holds && u.meetsAll(r.Children)
}

// seedSkillGroups gives every division the same groups.
func (s *seeder) seedSkillGroups() []*skillGroup {
	ids := s.origin.ids("skill groups")
	var all []*skillGroup
	for _, division := range s.divisions.list {
		for _, kind := range skillGroupKinds {
			id := seededID(ids)
			all = append(all, &skillGroup{
				reference: reference{ID: id, Name: division.Name + " " + kind.name, SelfURI: apiPrefix + "routing/skillgroups/" + id},
				division:  division, description: kind.description, conditions: kind.conditions,
				created: at(s.origin.at.AddDate(-1, 0, 0)), modified: at(s.origin.at.AddDate(0, -2, 0)),
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
