// Package beside is what clients of the upstream ask for although it is none of the
// contract: the vendor's own tools want to know the organisation before they touch a
// user, and look up by their names the divisions, roles, skills, languages, queues and
// presences that a user refers to. It reads the state that the areas of the API have,
// and keeps none. Through Switchboard it is reached only by what is passed through.
//
// The shapes are the vendor's, without those members that say nothing here. No
// permission is asked for. It imports users and authorization for views, and
// contract, api, org, problem and wire.
package beside

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/contract"
)

var table = []struct {
	name, method, template string
	action                 *api.Action
}{
	{"getOrganizationsMe", "GET", "/api/v2/organizations/me", api.Reads(getOrganizationsMe)},
	{"getAuthorizationProducts", "GET", "/api/v2/authorization/products", api.Reads(getAuthorizationProducts)},
	{"getAuthorizationDivisions", "GET", "/api/v2/authorization/divisions", api.Reads(getAuthorizationDivisions)},
	{"getAuthorizationDivisionsHome", "GET", "/api/v2/authorization/divisions/home", api.Reads(getAuthorizationDivisionsHome)},
	{"postAuthorizationDivisionObject", "POST", "/api/v2/authorization/divisions/{divisionId}/objects/{objectType}", api.WritesBody(postAuthorizationDivisionObject)},
	{"getAuthorizationRoles", "GET", "/api/v2/authorization/roles", api.Reads(getAuthorizationRoles)},
	{"getVoicemailUserpolicy", "GET", "/api/v2/voicemail/userpolicies/{userId}", api.Reads(getVoicemailUserpolicy)},
	{"getRoutingSkills", "GET", "/api/v2/routing/skills", api.Reads(getRoutingSkills)},
	{"getRoutingLanguages", "GET", "/api/v2/routing/languages", api.Reads(getRoutingLanguages)},
	{"getRoutingQueues", "GET", "/api/v2/routing/queues", api.Reads(getRoutingQueues)},
	{"getPresencedefinitions", "GET", "/api/v2/presencedefinitions", api.Reads(getPresencedefinitions)},
}

// Operations are what there is beside the contract.
func Operations() api.Operations {
	all := api.Operations{}
	for _, row := range table {
		all[row.name] = row.action
	}
	return all
}

// Places are where it is.
func Places() (all []contract.Operation) {
	for _, row := range table {
		all = append(all, contract.Operation{Name: row.name, Method: row.method, Template: row.template})
	}
	return all
}
