package org

import (
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// AllDivisions is what the upstream takes for a division where every one is meant.
const AllDivisions = "*"

// Grant gives a user a role in a division.
type Grant struct {
	Role     *Role
	Division *Reference
	Made     wire.Instant
}

// Role is a named set of permissions.
type Role struct {
	Reference
	Permissions []string
	Policies    []PermissionPolicy
}

// PermissionPolicy is the permissions that a role gives to one kind of entity.
type PermissionPolicy struct {
	ID              string   `json:"id"`
	Domain          string   `json:"domain"`
	EntityName      string   `json:"entityName"`
	AllowConditions bool     `json:"allowConditions"`
	ActionSet       []string `json:"actionSet"`
}

// same tells whether two grants give the same, whenever they were made.
func (g Grant) same(other Grant) bool {
	return g.Role == other.Role && g.Division.ID == other.Division.ID
}

// Roles are the roles that a user has somewhere, in the order of their grants.
func (u *User) Roles() []*Role {
	var roles []*Role
	for _, g := range u.Grants {
		if !slices.Contains(roles, g.Role) {
			roles = append(roles, g.Role)
		}
	}
	return roles
}

// Permissions are what a user's roles give, in whatever division.
func (u *User) Permissions() []string {
	var all []string
	for _, r := range u.Roles() {
		all = append(all, r.Permissions...)
	}
	return all
}

// DivisionsFor are the divisions in which a user has a permission, and whether
// these are all there are.
func (u *User) DivisionsFor(o *Organisation, permission string) (permitted []*Reference, all bool) {
	held := map[string]bool{}
	for _, g := range u.Grants {
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

// AddGrants leaves alone what the user is granted already.
func (u *User) AddGrants(added []Grant) {
	grants := slices.Clone(u.Grants)
	for _, g := range added {
		if !slices.ContainsFunc(grants, g.same) {
			grants = append(grants, g)
		}
	}
	u.Grants = grants
}

// RemoveGrants ignores what the user is not granted.
func (u *User) RemoveGrants(removed []Grant) {
	u.Grants = slices.DeleteFunc(slices.Clone(u.Grants), func(held Grant) bool { return slices.ContainsFunc(removed, held.same) })
}

// ReplaceGrants keeps the date of a grant that stays.
func (u *User) ReplaceGrants(wanted []Grant) {
	u.Grants = slices.DeleteFunc(slices.Clone(u.Grants), func(held Grant) bool { return !slices.ContainsFunc(wanted, held.same) })
	u.AddGrants(wanted)
}

// UnusedRole is the name of the role that nobody who has it ever uses.
const UnusedRole = "Reporting User"

// AdminRole is the role of those whom partners trust.
const AdminRole = "Admin"
