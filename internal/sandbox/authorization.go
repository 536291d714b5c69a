package sandbox

import (
	"slices"
)

// allDivisions is what the upstream takes for a division where every one is meant.
const allDivisions = "*"

// grant gives a user a role in a division.
type grant struct {
	role     *role
	division *reference
	made     instant
}

// same tells whether two grants give the same, whenever they were made.
func (g grant) same(other grant) bool {
	return g.role == other.role && g.division.ID == other.division.ID
}

// roles are the roles that a user has somewhere, in the order of their grants.
func (u *user) roles() []*role {
	var roles []*role
	for _, g := range u.grants {
		if !slices.Contains(roles, g.role) {
			roles = append(roles, g.role)
		}
	}
	return roles
}

// divisionsFor are the divisions in which a user has a permission, and whether
// these are all there are.
func (u *user) divisionsFor(o *organisation, permission string) (permitted []*reference, all bool) {
	held := map[string]bool{}
	for _, g := range u.grants {
		if slices.Contains(g.role.permissions, permission) {
			held[g.division.ID] = true
		}
	}
	for _, d := range o.divisions.list {
		if held[allDivisions] || held[d.ID] {
			permitted = append(permitted, d)
		}
	}
	return permitted, len(permitted) == len(o.divisions.list)
}

// subject finds the one that {subjectId} names. Here all subjects are users: what
// subjectType calls something else is not there.
func (c *call) subject(o *organisation) (*user, error) {
	kind, err := c.enum("subjectType", "PC_USER", "PC_GROUP", "PC_OAUTH_CLIENT")
	if err != nil {
		return nil, err
	}
	u := o.users[c.params["subjectId"]]
	if u == nil || u.state == stateDeleted || kind != "PC_USER" {
		return nil, notFound("subject", "subjectId")
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

// grants finds what a body names; one that is not there refuses them all.
func (o *organisation) grants(c *call, in grantPairs) ([]grant, error) {
	if in.Grants == nil {
		return nil, missing("grants")
	}
	grants := make([]grant, 0, len(in.Grants))
	for _, pair := range in.Grants {
		g, fault := o.grant(c, pair)
		switch {
		case pair.RoleID == "":
			return nil, missing("grants.roleId")
		case pair.DivisionID == "":
			return nil, missing("grants.divisionId")
		case fault != "":
			return nil, invalid("grants."+fault+"Id", "there is no such "+fault)
		}
		grants = append(grants, g)
	}
	return grants, nil
}

// grant finds what a pair of ids names; fault is the one that leads nowhere.
func (o *organisation) grant(c *call, pair grantPair) (g grant, fault string) {
	g = grant{role: o.roles.byID[pair.RoleID], division: o.divisions.byID[pair.DivisionID], made: at(c.now)}
	if pair.DivisionID == allDivisions {
		g.division = &reference{ID: allDivisions, Name: "All divisions"}
	}
	switch {
	case g.role == nil:
		return g, "role"
	case g.division == nil:
		return g, "division"
	}
	return g, ""
}

func (u *user) addGrants(added []grant) {
	grants := slices.Clone(u.grants)
	for _, g := range added {
		if !slices.ContainsFunc(grants, g.same) {
			grants = append(grants, g)
		}
	}
	u.grants = grants
}

func (u *user) removeGrants(removed []grant) {
	u.grants = slices.DeleteFunc(slices.Clone(u.grants), func(held grant) bool { return slices.ContainsFunc(removed, held.same) })
}

// replaceGrants keeps the date of a grant that stays.
func (u *user) replaceGrants(wanted []grant) {
	u.grants = slices.DeleteFunc(slices.Clone(u.grants), func(held grant) bool { return !slices.ContainsFunc(wanted, held.same) })
	u.addGrants(wanted)
}

// changeGrants serves bulkadd, bulkremove and bulkreplace.
func changeGrants(change func(*user, []grant)) func(*organisation, *call, grantPairs) (any, error) {
	return func(o *organisation, c *call, in grantPairs) (any, error) {
		u, err := c.subject(o)
		if err != nil {
			return nil, err
		}
		grants, err := o.grants(c, in)
		if err != nil {
			return nil, err
		}
		change(u, grants)
		return noContent{}, nil
	}
}

// changeGrant serves the two operations that name one grant in their path.
func changeGrant(change func(*user, []grant)) func(*organisation, *call) (any, error) {
	return func(o *organisation, c *call) (any, error) {
		u, err := c.subject(o)
		if err != nil {
			return nil, err
		}
		g, fault := o.grant(c, grantPair{RoleID: c.params["roleId"], DivisionID: c.params["divisionId"]})
		if fault != "" {
			return nil, notFound(fault, fault+"Id")
		}
		change(u, []grant{g})
		return noContent{}, nil
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
	GrantMadeAt instant      `json:"grantMadeAt,omitzero"`
}

type roleView struct {
	reference
	Policies []rolePolicy `json:"policies"`
	Default  bool         `json:"default"`
}

type rolePolicy struct {
	Actions    []string `json:"actions"`
	Domain     string   `json:"domain"`
	EntityName string   `json:"entityName"`
}

type divisionView struct {
	reference
	Description  string `json:"description"`
	HomeDivision bool   `json:"homeDivision"`
}

func getAuthorizationSubject(o *organisation, c *call) (any, error) {
	u, err := c.subject(o)
	if err != nil {
		return nil, err
	}
	return u.subjectView(o, c)
}

func getAuthorizationSubjectsMe(o *organisation, c *call) (any, error) {
	u, err := c.me(o)
	if err != nil {
		return nil, err
	}
	return u.subjectView(o, c)
}

// subjectView shows the grants. includeDuplicates asks for those as well that a
// group repeats; here groups are granted nothing, so that there are none.
func (u *user) subjectView(o *organisation, c *call) (any, error) {
	if _, err := c.bool("includeDuplicates", false); err != nil {
		return nil, err
	}
	return subjectView{
		ID: u.id, Name: u.name, SelfURI: apiPrefix + "authorization/subjects/" + u.id,
		Grants: viewAll(u.grants, func(g grant) grantView {
			return grantView{SubjectID: u.id, Division: o.divisionView(g.division), Role: g.role.view(), GrantMadeAt: g.made}
		}),
	}, nil
}

func (r *role) view() roleView {
	return roleView{r.reference, viewAll(r.policies, func(p permissionPolicy) rolePolicy {
		return rolePolicy{Actions: p.ActionSet, Domain: p.Domain, EntityName: p.EntityName}
	}), true}
}

func (o *organisation) divisionView(d *reference) divisionView {
	return divisionView{*d, "Division " + d.Name, d == o.divisions.list[0]}
}

// permittedListing is a page of divisions that also tells whether it is about all.
type permittedListing struct {
	listing[divisionView]
	AllDivsPermitted bool `json:"allDivsPermitted"`
}

// getDivisionspermitted lists the divisions of the one that who finds, by page.
func getDivisionspermitted(who whose) func(*organisation, *call) (any, error) {
	return func(o *organisation, c *call) (any, error) {
		u, err := who(c, o)
		if err != nil {
			return nil, err
		}
		p, err := c.page()
		if err != nil {
			return nil, err
		}
		permission := c.query.Get("permission")
		if permission == "" {
			return nil, missing("permission")
		}
		permitted, all := u.divisionsFor(o, permission)
		return permittedListing{list(c, p, permitted, o.divisionView), all}, nil
	}
}

// getAuthorizationDivisionspermittedMe lists them all at once, or those whose name
// begins as asked for.
func getAuthorizationDivisionspermittedMe(o *organisation, c *call) (any, error) {
	u, err := c.me(o)
	if err != nil {
		return nil, err
	}
	permission, name := c.query.Get("permission"), c.query.Get("name")
	if permission == "" {
		return nil, missing("permission")
	}
	permitted, _ := u.divisionsFor(o, permission)
	permitted = slices.DeleteFunc(permitted, func(d *reference) bool {
		return len(d.Name) < len(name) || compareFold(d.Name[:len(name)], name) != 0
	})
	return viewAll(permitted, o.divisionView), nil
}

func getUserRoles(o *organisation, c *call) (any, error) {
	u, err := c.subject(o)
	if err != nil {
		return nil, err
	}
	return u.authorization(true), nil
}

// putUserRoles gives a user these roles in the home division, and takes all others
// away, wherever they were granted.
func putUserRoles(o *organisation, c *call, in []string) (any, error) {
	u, err := c.subject(o)
	if err != nil {
		return nil, err
	}
	wanted := make([]grant, 0, len(in))
	for _, id := range in {
		g, fault := o.grant(c, grantPair{RoleID: id, DivisionID: o.divisions.list[0].ID})
		if fault != "" {
			return nil, invalid("body", "there is no such role")
		}
		wanted = append(wanted, g)
	}
	u.replaceGrants(wanted)
	return u.authorization(true), nil
}
