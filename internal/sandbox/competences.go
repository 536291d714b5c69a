package sandbox

import (
	"slices"
)

// maxProficiency is the best that anybody can be at anything.
const maxProficiency = 5

// competence is a routing skill or a routing language that a user has. The two
// differ upstream in names and verbs only; kind says which is meant.
type competence struct {
	what        *reference
	proficiency double
	state       string
}

// kind is what tells skills from languages.
type kind struct {
	noun    string // in messages, and the segment of the path's id
	param   string // path parameter
	catalog func(*organisation) *catalog[reference]
	of      func(*user) *[]competence
}

var skillKind = kind{
	noun:    "routing skill",
	param:   "skillId",
	catalog: func(o *organisation) *catalog[reference] { return &o.skills },
	of:      func(u *user) *[]competence { return &u.skills },
}

var languageKind = kind{
	noun:    "routing language",
	param:   "languageId",
	catalog: func(o *organisation) *catalog[reference] { return &o.languages },
	of:      func(u *user) *[]competence { return &u.languages },
}

type skillView struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Proficiency double `json:"proficiency"`
	State       string `json:"state"`
	SkillURI    string `json:"skillUri"`
	SelfURI     string `json:"selfUri"`
}

type languageView struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Proficiency double `json:"proficiency"`
	State       string `json:"state"`
	LanguageURI string `json:"languageUri"`
	SelfURI     string `json:"selfUri"`
}

func (u *user) skillView(k competence) skillView {
	return skillView{
		ID: k.what.ID, Name: k.what.Name, Proficiency: k.proficiency, State: k.state,
		SkillURI: k.what.SelfURI, SelfURI: u.selfURI() + "/routingskills/" + k.what.ID,
	}
}

func (u *user) languageView(k competence) languageView {
	return languageView{
		ID: k.what.ID, Name: k.what.Name, Proficiency: k.proficiency, State: k.state,
		LanguageURI: k.what.SelfURI, SelfURI: u.selfURI() + "/routinglanguages/" + k.what.ID,
	}
}

// competencePost is the body that assigns a skill or a language.
type competencePost struct {
	ID          string           `json:"id"`
	Proficiency optional[double] `json:"proficiency"`
}

// competenceUpdate is the body that changes an assignment.
type competenceUpdate struct {
	Proficiency optional[double] `json:"proficiency"`
	State       optional[string] `json:"state"`
}

// getCompetences lists what a user has, by name.
func getCompetences[V any](k kind, view func(*user, competence) V) func(*organisation, *call) (any, error) {
	return func(o *organisation, c *call) (any, error) {
		u, err := c.user(o)
		if err != nil {
			return nil, err
		}
		p, err := c.sortedPage()
		if err != nil {
			return nil, err
		}
		return list(c, p, *k.of(u), func(held competence) V { return view(u, held) }), nil
	}
}

// postCompetence assigns one; assigning it again changes the proficiency.
func postCompetence[V any](k kind, view func(*user, competence) V) func(*organisation, *call, competencePost) (any, error) {
	return func(o *organisation, c *call, in competencePost) (any, error) {
		u, err := c.user(o)
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
	k kind, view func(*user, competence) V, replace bool,
) func(*organisation, *call, []competencePost) (any, error) {
	return func(o *organisation, c *call, in []competencePost) (any, error) {
		u, err := c.user(o)
		if err != nil {
			return nil, err
		}
		if len(in) > maxBulk {
			return nil, tooManyItems()
		}
		var all []competence
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
		return listAll(c, all, func(held competence) V { return view(u, held) }), nil
	}
}

// updateCompetence changes an assignment that exists.
func updateCompetence[V any](
	k kind, view func(*user, competence) V,
) func(*organisation, *call, competenceUpdate) (any, error) {
	return func(o *organisation, c *call, in competenceUpdate) (any, error) {
		u, i, err := k.held(o, c)
		if err != nil {
			return nil, err
		}
		held := (*k.of(u))[i]
		if in.Proficiency.Given {
			if err := checkProficiency(in.Proficiency); err != nil {
				return nil, err
			}
			held.proficiency = in.Proficiency.Value
		}
		if in.State.Given && !in.State.Null {
			if in.State.Value != stateActive && in.State.Value != stateInactive {
				return nil, invalid("state", "it must be active or inactive")
			}
			held.state = in.State.Value
		}
		*k.of(u) = assign(*k.of(u), held)
		return view(u, held), nil
	}
}

// deleteCompetence takes one away.
func deleteCompetence(k kind) func(*organisation, *call) (any, error) {
	return func(o *organisation, c *call) (any, error) {
		u, i, err := k.held(o, c)
		if err != nil {
			return nil, err
		}
		*k.of(u) = slices.Delete(slices.Clone(*k.of(u)), i, i+1)
		return noContent{}, nil
	}
}

// held finds the assignment that the path names.
func (k kind) held(o *organisation, c *call) (*user, int, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, 0, err
	}
	i := slices.IndexFunc(*k.of(u), func(held competence) bool { return held.what.ID == c.params[k.param] })
	if i < 0 {
		return nil, 0, notFound(k.noun, k.param)
	}
	return u, i, nil
}

// assignment checks a body and makes it a competence.
func (k kind) assignment(o *organisation, in competencePost) (competence, error) {
	if in.ID == "" {
		return competence{}, missing("id")
	}
	what := k.catalog(o).byID[in.ID]
	if what == nil {
		p := invalid("id", "there is no such "+k.noun)
		p.Details[0].EntityID, p.Details[0].EntityName = in.ID, k.noun
		return competence{}, p
	}
	if err := checkProficiency(in.Proficiency); err != nil {
		return competence{}, err
	}
	return competence{what: what, proficiency: in.Proficiency.Value, state: stateActive}, nil
}

func checkProficiency(p optional[double]) error {
	switch {
	case !p.Given || p.Null:
		return missing("proficiency")
	case p.Value < 0 || p.Value > maxProficiency:
		return invalid("proficiency", "it must be between 0 and 5")
	}
	return nil
}

// assign returns all with held in it, in its place by name, in a new list.
func assign(all []competence, held competence) []competence {
	i, found := slices.BinarySearchFunc(all, held, func(a, b competence) int {
		return compareFold(a.what.Name, b.what.Name)
	})
	all = slices.Clone(all)
	if found {
		all[i] = held
		return all
	}
	return slices.Insert(all, i, held)
}
