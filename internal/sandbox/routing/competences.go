package routing

import (
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// kind is what tells skills from languages.
type kind struct {
	noun    string // in messages, and the segment of the path's id
	param   string // path parameter
	catalog func(*org.Organisation) *org.Catalog[org.Reference]
	of      func(*org.User) *[]org.Competence
}

var skillKind = kind{
	noun:    "routing skill",
	param:   "skillId",
	catalog: func(o *org.Organisation) *org.Catalog[org.Reference] { return &o.Skills },
	of:      func(u *org.User) *[]org.Competence { return &u.Skills },
}

var languageKind = kind{
	noun:    "routing language",
	param:   "languageId",
	catalog: func(o *org.Organisation) *org.Catalog[org.Reference] { return &o.Languages },
	of:      func(u *org.User) *[]org.Competence { return &u.Languages },
}

// SkillView is the upstream's UserRoutingSkill.
type SkillView struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Proficiency wire.Double `json:"proficiency"`
	State       string      `json:"state"`
	SkillURI    string      `json:"skillUri"`
	SelfURI     string      `json:"selfUri"`
}

// LanguageView is the upstream's UserRoutingLanguage.
type LanguageView struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Proficiency wire.Double `json:"proficiency"`
	State       string      `json:"state"`
	LanguageURI string      `json:"languageUri"`
	SelfURI     string      `json:"selfUri"`
}

func showSkill(u *org.User, k org.Competence) SkillView {
	return SkillView{
		ID: k.What.ID, Name: k.What.Name, Proficiency: k.Proficiency, State: k.State,
		SkillURI: k.What.SelfURI, SelfURI: u.SelfURI() + "/routingskills/" + k.What.ID,
	}
}

func showLanguage(u *org.User, k org.Competence) LanguageView {
	return LanguageView{
		ID: k.What.ID, Name: k.What.Name, Proficiency: k.Proficiency, State: k.State,
		LanguageURI: k.What.SelfURI, SelfURI: u.SelfURI() + "/routinglanguages/" + k.What.ID,
	}
}

// Skills are all skills of a user.
func Skills(u *org.User) []SkillView {
	return wire.ViewAll(u.Skills, func(k org.Competence) SkillView { return showSkill(u, k) })
}

// Languages are all languages of a user.
func Languages(u *org.User) []LanguageView {
	return wire.ViewAll(u.Languages, func(k org.Competence) LanguageView { return showLanguage(u, k) })
}

// competencePost is the body that assigns a skill or a language.
type competencePost struct {
	ID          string                     `json:"id"`
	Proficiency wire.Optional[wire.Double] `json:"proficiency"`
}

// competenceUpdate is the body that changes an assignment.
type competenceUpdate struct {
	Proficiency wire.Optional[wire.Double] `json:"proficiency"`
	State       wire.Optional[string]      `json:"state"`
}

// getCompetences lists what a user has, by name.
func getCompetences[V any](k kind, view func(*org.User, org.Competence) V) func(*org.Organisation, *api.Call) (any, error) {
	return func(o *org.Organisation, c *api.Call) (any, error) {
		u, err := c.User(o)
		if err != nil {
			return nil, err
		}
		p, err := c.SortedPage()
		if err != nil {
			return nil, err
		}
		return api.List(c, p, *k.of(u), func(held org.Competence) V { return view(u, held) }), nil
	}
}

// postCompetence assigns one; assigning it again changes the proficiency.
func postCompetence[V any](k kind, view func(*org.User, org.Competence) V) func(*org.Organisation, *api.Call, competencePost) (any, error) {
	return func(o *org.Organisation, c *api.Call, in competencePost) (any, error) {
		u, err := c.User(o)
		if err != nil {
			return nil, err
		}
		held, err := k.assignment(o, in)
		if err != nil {
			return nil, err
		}
		*k.of(u) = assign(*k.of(u), held)
		return view(u, held), nil
	}
}

// bulkCompetences assigns up to 50, all or none. With replace nothing else
// stays.
func bulkCompetences[V any](
	k kind, view func(*org.User, org.Competence) V, replace bool,
) func(*org.Organisation, *api.Call, []competencePost) (any, error) {
	return func(o *org.Organisation, c *api.Call, in []competencePost) (any, error) {
		u, err := c.User(o)
		if err != nil {
			return nil, err
		}
		if len(in) > api.MaxBulk {
			return nil, api.TooManyItems()
		}
		var all []org.Competence
		if !replace {
			all = *k.of(u)
		}
		for _, item := range in {
			held, err := k.assignment(o, item)
			if err != nil {
				return nil, err
			}
			all = assign(all, held)
		}
		*k.of(u) = all
		return api.ListAll(c, all, func(held org.Competence) V { return view(u, held) }), nil
	}
}

// updateCompetence changes an assignment that exists.
func updateCompetence[V any](
	k kind, view func(*org.User, org.Competence) V,
) func(*org.Organisation, *api.Call, competenceUpdate) (any, error) {
	return func(o *org.Organisation, c *api.Call, in competenceUpdate) (any, error) {
		u, i, err := k.held(o, c)
		if err != nil {
			return nil, err
		}
		held := (*k.of(u))[i]
		if in.Proficiency.Given {
			if err := checkProficiency(in.Proficiency); err != nil {
				return nil, err
			}
			held.Proficiency = in.Proficiency.Value
		}
		if in.State.Given && !in.State.Null {
			if in.State.Value != org.StateActive && in.State.Value != org.StateInactive {
				return nil, problem.Invalid("state", "it must be active or inactive")
			}
			held.State = in.State.Value
		}
		*k.of(u) = assign(*k.of(u), held)
		return view(u, held), nil
	}
}

// deleteCompetence takes one away.
func deleteCompetence(k kind) func(*org.Organisation, *api.Call) (any, error) {
	return func(o *org.Organisation, c *api.Call) (any, error) {
		u, i, err := k.held(o, c)
		if err != nil {
			return nil, err
		}
		*k.of(u) = slices.Delete(slices.Clone(*k.of(u)), i, i+1)
		return api.NoContent{}, nil
	}
}

// held finds the assignment that the path names.
func (k kind) held(o *org.Organisation, c *api.Call) (*org.User, int, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, 0, err
	}
	i := slices.IndexFunc(*k.of(u), func(held org.Competence) bool { return held.What.ID == c.Params[k.param] })
	if i < 0 {
		return nil, 0, problem.NotFound(k.noun, k.param)
	}
	return u, i, nil
}

// assignment checks a body and makes it a competence.
func (k kind) assignment(o *org.Organisation, in competencePost) (org.Competence, error) {
	if in.ID == "" {
		return org.Competence{}, problem.Missing("id")
	}
	what := k.catalog(o).ByID[in.ID]
	if what == nil {
		p := problem.Invalid("id", "there is no such "+k.noun)
		p.Details[0].EntityID, p.Details[0].EntityName = in.ID, k.noun
		return org.Competence{}, p
	}
	if err := checkProficiency(in.Proficiency); err != nil {
		return org.Competence{}, err
	}
	return org.Competence{What: what, Proficiency: in.Proficiency.Value, State: org.StateActive}, nil
}

func checkProficiency(p wire.Optional[wire.Double]) error {
	switch {
	case !p.Given || p.Null:
		return problem.Missing("proficiency")
	case p.Value < 0 || p.Value > org.MaxProficiency:
		return problem.Invalid("proficiency", "it must be between 0 and 5")
	}
	return nil
}

// assign returns all with held in it, in its place by name, in a new list.
func assign(all []org.Competence, held org.Competence) []org.Competence {
	i, found := slices.BinarySearchFunc(all, held, func(a, b org.Competence) int {
		return org.CompareFold(a.What.Name, b.What.Name)
	})
	all = slices.Clone(all)
	if found {
		all[i] = held
		return all
	}
	return slices.Insert(all, i, held)
}
