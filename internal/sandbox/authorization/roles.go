package authorization

import (
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
)

// UserAuthorization is what a user may do.
type UserAuthorization struct {
	Roles       []org.Reference        `json:"roles"`
	UnusedRoles []org.Reference        `json:"unusedRoles"`
	Permissions []string               `json:"permissions"`
	Policies    []org.PermissionPolicy `json:"permissionPolicies"`
}

// Of shows what a user may do; unused adds the roles that go unused.
func Of(u *org.User, unused bool) *UserAuthorization {
	a := &UserAuthorization{
		Roles:       []org.Reference{},
		UnusedRoles: []org.Reference{},
		Permissions: []string{},
		Policies:    []org.PermissionPolicy{},
	}
	for _, r := range u.Subject().Roles() {
		a.Roles = append(a.Roles, org.Reference{ID: r.ID, Name: r.Name})
		if unused && r.Name == org.UnusedRole {
			a.UnusedRoles = append(a.UnusedRoles, org.Reference{ID: r.ID, Name: r.Name})
		}
		a.Permissions = append(a.Permissions, r.Permissions...)
		a.Policies = append(a.Policies, r.Policies...)
	}
	slices.Sort(a.Permissions)
	a.Permissions = slices.Compact(a.Permissions)
	return a
}

// userOf finds the user that {subjectId} names.
func userOf(c *api.Call, o *org.Organisation) (*org.User, error) {
	u := o.Users[c.Params["subjectId"]]
	if u == nil || u.State == org.StateDeleted {
		return nil, problem.NotFound("subject", "subjectId")
	}
	return u, nil
}

func getUserRoles(o *org.Organisation, c *api.Call) (any, error) {
	u, err := userOf(c, o)
	if err != nil {
		return nil, err
	}
	return Of(u, true), nil
}

// putUserRoles grants a user these roles in the home division, and takes all others
// away, wherever they were granted; those of its groups stay.
func putUserRoles(o *org.Organisation, c *api.Call, in []string) (any, error) {
	u, err := userOf(c, o)
	if err != nil {
		return nil, err
	}
	wanted := make([]org.Grant, 0, len(in))
	for _, id := range in {
		g, fault := findGrant(o, c, grantPair{RoleID: id, DivisionID: o.HomeDivision().ID})
		if fault != "" {
			return nil, problem.Invalid("body", "there is no such role")
		}
		wanted = append(wanted, g)
	}
	u.Grants.Replace(wanted)
	return Of(u, true), nil
}
