package org

import "slices"

// Kinds of subjects.
const (
	UserSubject   = "PC_USER"
	GroupSubject  = "PC_GROUP"
	ClientSubject = "PC_OAUTH_CLIENT"
)

// Group is a group of users, who have what it is granted.
type Group struct {
	Reference
	Grants Grants
}

// Client is an OAuth client, which acts for itself.
type Client struct {
	ID     string
	Grants Grants
}

// Subject is whoever can be granted roles.
type Subject struct {
	Kind, ID, Name string
	Own            *Grants
	groups         []*Group
}

// Held is a grant, and the id of the subject that it was made to.
type Held struct {
	Grant
	SubjectID string
}

// Subject is the user, group or client with an id, or nil. Deleted users are none.
func (o *Organisation) Subject(id string) *Subject {
	if u := o.Users[id]; u != nil && u.State != StateDeleted {
		return u.Subject()
	}
	if g := o.Groups.ByID[id]; g != nil {
		return &Subject{Kind: GroupSubject, ID: id, Name: g.Name, Own: &g.Grants}
	}
	if c := o.Clients.ByID[id]; c != nil {
		return &Subject{Kind: ClientSubject, ID: id, Name: c.ID, Own: &c.Grants}
	}
	return nil
}

// Subject is the user as one.
func (u *User) Subject() *Subject {
	return &Subject{Kind: UserSubject, ID: u.ID, Name: u.Name, Own: &u.Grants, groups: u.Groups}
}

// KnowClient adds an OAuth client.
func (o *Organisation) KnowClient(id string) { o.Clients.add(id, &Client{ID: id}) }

// Sources are all grants that a subject has: its own, then those of its groups. The
// same role in the same division is among them as often as it was granted.
func (s *Subject) Sources() []Held {
	held := make([]Held, 0, len(*s.Own))
	for _, g := range *s.Own {
		held = append(held, Held{g, s.ID})
	}
	for _, group := range s.groups {
		for _, g := range group.Grants {
			held = append(held, Held{g, group.ID})
		}
	}
	return held
}

// Grants are all grants that a subject has, each role in a division once.
func (s *Subject) Grants() []Held {
	held := make([]Held, 0, len(*s.Own))
	for _, g := range s.Sources() {
		if !slices.ContainsFunc(held, func(other Held) bool { return other.same(g.Grant) }) {
			held = append(held, g)
		}
	}
	return held
}

// Roles are the roles that a subject has somewhere, in the order of its grants.
func (s *Subject) Roles() []*Role {
	var roles []*Role
	for _, g := range s.Sources() {
		if !slices.Contains(roles, g.Role) {
			roles = append(roles, g.Role)
		}
	}
	return roles
}

// Permissions are what a subject's roles give, in whatever division.
func (s *Subject) Permissions() []string {
	var all []string
	for _, r := range s.Roles() {
		all = append(all, r.Permissions...)
	}
	return all
}

// DivisionsFor are the divisions in which a subject has a permission, and whether
// these are all there are.
func (s *Subject) DivisionsFor(o *Organisation, permission string) (permitted []*Reference, all bool) {
	held := map[string]bool{}
	for _, g := range s.Sources() {
		if slices.Contains(g.Role.Permissions, permission) {
			held[g.Division.ID] = true
		}
	}
	for _, d := range o.Divisions.List {
		if held[AllDivisions] || held[d.ID] {
			permitted = append(permitted, d)
		}
	}
	return permitted, len(permitted) == len(o.Divisions.List)
}
