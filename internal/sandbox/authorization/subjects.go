package authorization

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// whose finds the subject that an operation is about.
type whose func(*api.Call, *org.Organisation) (*org.Subject, error)

// subjectOf finds the one that {subjectId} names, of whatever kind.
func subjectOf(c *api.Call, o *org.Organisation) (*org.Subject, error) {
	subject := o.Subject(c.Params["subjectId"])
	if subject == nil {
		return nil, problem.NotFound("subject", "subjectId")
	}
	return subject, nil
}

// subjectOfKind finds the one that {subjectId} names. It must be of the kind that
// subjectType says, or a user.
func subjectOfKind(c *api.Call, o *org.Organisation) (*org.Subject, error) {
	kind, err := c.Enum("subjectType", org.UserSubject, org.GroupSubject, org.ClientSubject)
	if err != nil {
		return nil, err
	}
	subject, err := subjectOf(c, o)
	if err == nil && subject.Kind != kind {
		return nil, problem.NotFound("subject", "subjectId")
	}
	return subject, err
}

// me is the user behind the token.
func me(c *api.Call, o *org.Organisation) (*org.Subject, error) {
	u, err := c.Me(o)
	if err != nil {
		return nil, err
	}
	return u.Subject(), nil
}

// grantPair is how a body names a grant.
type grantPair struct {
	RoleID     string `json:"roleId"`
	DivisionID string `json:"divisionId"`
}

type grantPairs struct {
	Grants []grantPair `json:"grants"`
}

// readGrants finds what a body names; one that is not there refuses them all.
func readGrants(o *org.Organisation, c *api.Call, in grantPairs) ([]org.Grant, error) {
	if in.Grants == nil {
		return nil, problem.Missing("grants")
	}
	grants := make([]org.Grant, 0, len(in.Grants))
	for _, pair := range in.Grants {
		g, fault := findGrant(o, c, pair)
		switch {
		case pair.RoleID == "":
			return nil, problem.Missing("grants.roleId")
		case pair.DivisionID == "":
			return nil, problem.Missing("grants.divisionId")
		case fault != "":
			return nil, problem.Invalid("grants."+fault+"Id", "there is no such "+fault)
		}
		grants = append(grants, g)
	}
	return grants, nil
}

// findGrant finds what a pair of ids names; fault is the one that leads nowhere.
func findGrant(o *org.Organisation, c *api.Call, pair grantPair) (g org.Grant, fault string) {
	g = org.Grant{Role: o.Roles.ByID[pair.RoleID], Division: o.Divisions.ByID[pair.DivisionID], Made: wire.At(c.Now)}
	if pair.DivisionID == org.AllDivisions {
		g.Division = &org.Reference{ID: org.AllDivisions, Name: "All divisions"}
	}
	switch {
	case g.Role == nil:
		return g, "role"
	case g.Division == nil:
		return g, "division"
	}
	return g, ""
}

// changeGrants serves bulkadd, bulkremove and bulkreplace.
func changeGrants(who whose, change func(*org.Grants, []org.Grant)) func(*org.Organisation, *api.Call, grantPairs) (any, error) {
	return func(o *org.Organisation, c *api.Call, in grantPairs) (any, error) {
		subject, err := who(c, o)
		if err != nil {
			return nil, err
		}
		grants, err := readGrants(o, c, in)
		if err != nil {
			return nil, err
		}
		change(subject.Own, grants)
		return api.NoContent{}, nil
	}
}

// changeGrant serves the two operations that name one grant in their path.
func changeGrant(who whose, change func(*org.Grants, []org.Grant)) func(*org.Organisation, *api.Call) (any, error) {
	return func(o *org.Organisation, c *api.Call) (any, error) {
		subject, err := who(c, o)
		if err != nil {
			return nil, err
		}
		g, fault := findGrant(o, c, grantPair{RoleID: c.Params["roleId"], DivisionID: c.Params["divisionId"]})
		if fault != "" {
			return nil, problem.NotFound(fault, fault+"Id")
		}
		change(subject.Own, []org.Grant{g})
		return api.NoContent{}, nil
	}
}

type subjectView struct {
	ID      string      `json:"id"`
	Name    string      `json:"name"`
	Grants  []grantView `json:"grants"`
	SelfURI string      `json:"selfUri"`
}

type grantView struct {
	SubjectID   string       `json:"subjectId"`
	Division    divisionView `json:"division"`
	Role        roleView     `json:"role"`
	GrantMadeAt wire.Instant `json:"grantMadeAt,omitzero"`
}

type roleView struct {
	org.Reference
	Policies []rolePolicy `json:"policies"`
	Default  bool         `json:"default"`
}

type rolePolicy struct {
	Actions    []string `json:"actions"`
	Domain     string   `json:"domain"`
	EntityName string   `json:"entityName"`
}

// getSubject shows the grants of the one that who finds. includeDuplicates asks for
// every source of a role in a division, the groups of a user among them.
func getSubject(who whose) func(*org.Organisation, *api.Call) (any, error) {
	return func(o *org.Organisation, c *api.Call) (any, error) {
		subject, err := who(c, o)
		if err != nil {
			return nil, err
		}
		duplicates, err := c.Bool("includeDuplicates", false)
		if err != nil {
			return nil, err
		}
		held := subject.Grants()
		if duplicates {
			held = subject.Sources()
		}
		v := subjectView{
			ID: subject.ID, Name: subject.Name, SelfURI: wire.APIPrefix + "authorization/subjects/" + subject.ID,
			Grants: make([]grantView, 0, len(held)),
		}
		for _, g := range held {
			v.Grants = append(v.Grants, grantView{g.SubjectID, ShowDivision(o, g.Division), showRole(g.Role), g.Made})
		}
		return v, nil
	}
}

func showRole(r *org.Role) roleView {
	return roleView{r.Reference, wire.ViewAll(r.Policies, func(p org.PermissionPolicy) rolePolicy {
		return rolePolicy{Actions: p.ActionSet, Domain: p.Domain, EntityName: p.EntityName}
	}), true}
}
