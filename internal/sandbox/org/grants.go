package org

import (
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// AllDivisions is what the upstream takes for a division where every one is meant.
const AllDivisions = "*"

// Grant gives a subject a role in a division.
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

// Grants are what a subject is granted itself.
type Grants []Grant

// Add leaves alone what is granted already.
func (all *Grants) Add(added []Grant) {
	grants := slices.Clone(*all)
	for _, g := range added {
		if !slices.ContainsFunc(grants, g.same) {
			grants = append(grants, g)
		}
	}
	*all = grants
}

// Remove ignores what is not granted.
func (all *Grants) Remove(removed []Grant) {
	*all = slices.DeleteFunc(slices.Clone(*all), func(held Grant) bool { return slices.ContainsFunc(removed, held.same) })
}

// Replace keeps the date of a grant that stays.
func (all *Grants) Replace(wanted []Grant) {
	*all = slices.DeleteFunc(slices.Clone(*all), func(held Grant) bool { return !slices.ContainsFunc(wanted, held.same) })
	all.Add(wanted)
}

// UnusedRole is the name of the role that nobody who has it ever uses.
const UnusedRole = "Reporting User"

// AdminRole is the role of those whom partners trust.
const AdminRole = "Admin"
