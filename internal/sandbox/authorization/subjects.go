package authorization

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// subjectOf finds the one that {subjectId} names. Here all subjects are users: what
// subjectType calls something else is not there.
func subjectOf(c *api.Call, o *org.Organisation) (*org.User, error) {
	kind, err := c.Enum("subjectType", "PC_USER", "PC_GROUP", "PC_OAUTH_CLIENT")
	if err != nil {
		return nil, err
	}
	u := o.Users[c.Params["subjectId"]]
	if u == nil || u.State == org.StateDeleted || kind != "PC_USER" {
		return nil, problem.NotFound("subject", "subjectId")
	}
	return u, nil
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
func changeGrants(change func(*org.User, []org.Grant)) func(*org.Organisation, *api.Call, grantPairs) (any, error) {
	return func(o *org.Organisation, c *api.Call, in grantPairs) (any, error) {
		u, err := subjectOf(c, o)
		if err != nil {
			return nil, err
		}
		grants, err := readGrants(o, c, in)
		if err != nil {
			return nil, err
		}
		change(u, grants)
		return api.NoContent{}, nil
	}
}

// changeGrant serves the two operations that name one grant in their path.
func changeGrant(change func(*org.User, []org.Grant)) func(*org.Organisation, *api.Call) (any, error) {
	return func(o *org.Organisation, c *api.Call) (any, error) {
		u, err := subjectOf(c, o)
		if err != nil {
			return nil, err
		}
		g, fault := findGrant(o, c, grantPair{RoleID: c.Params["roleId"], DivisionID: c.Params["divisionId"]})
		if fault != "" {
			return nil, problem.NotFound(fault, fault+"Id")
		}
		change(u, []org.Grant{g})
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

func getAuthorizationSubject(o *org.Organisation, c *api.Call) (any, error) {
	u, err := subjectOf(c, o)
	if err != nil {
		return nil, err
	}
	return showSubject(u, o, c)
}

func getAuthorizationSubjectsMe(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.Me(o)
	if err != nil {
		return nil, err
	}
	return showSubject(u, o, c)
}

// showSubject shows the grants. includeDuplicates asks for those as well that a
// group repeats; here groups are granted nothing, so that there are none.
func showSubject(u *org.User, o *org.Organisation, c *api.Call) (any, error) {
	if _, err := c.Bool("includeDuplicates", false); err != nil {
		return nil, err
	}
	return subjectView{
		ID: u.ID, Name: u.Name, SelfURI: wire.APIPrefix + "authorization/subjects/" + u.ID,
		Grants: wire.ViewAll(u.Grants, func(g org.Grant) grantView {
			return grantView{SubjectID: u.ID, Division: showDivision(o, g.Division), Role: showRole(g.Role), GrantMadeAt: g.Made}
		}),
	}, nil
}

func showRole(r *org.Role) roleView {
	return roleView{r.Reference, wire.ViewAll(r.Policies, func(p org.PermissionPolicy) rolePolicy {
		return rolePolicy{Actions: p.ActionSet, Domain: p.Domain, EntityName: p.EntityName}
	}), true}
}
