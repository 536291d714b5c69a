// Package authorization is who is granted which role in which division. It imports
// api, org, problem and wire.
package authorization

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
)

// Operations are what this area can do.
func Operations() api.Operations {
	return api.Operations{
		"getAuthorizationDivisionspermittedMe":             api.Reads(getAuthorizationDivisionspermittedMe),
		"getAuthorizationDivisionspermittedPagedMe":        api.Reads(getDivisionspermitted(me)),
		"getAuthorizationDivisionspermittedPagedSubjectId": api.Reads(getDivisionspermitted(subjectOf)),
		"getAuthorizationSubjectsMe":                       api.Reads(getSubject(me)),
		"getAuthorizationSubject":                          api.Reads(getSubject(subjectOf)),
		"postAuthorizationSubjectBulkadd":                  api.WritesBody(changeGrants(subjectOfKind, (*org.Grants).Add)),
		"postAuthorizationSubjectBulkremove":               api.WritesBody(changeGrants(subjectOf, (*org.Grants).Remove)),
		"postAuthorizationSubjectBulkreplace":              api.WritesBody(changeGrants(subjectOfKind, (*org.Grants).Replace)),
		"deleteAuthorizationSubjectDivisionRole":           api.Writes(changeGrant(subjectOf, (*org.Grants).Remove)),
		"postAuthorizationSubjectDivisionRole":             api.Writes(changeGrant(subjectOfKind, (*org.Grants).Add)),
		"getUserRoles":                                     api.Reads(getUserRoles),
		"putUserRoles":                                     api.WritesBody(putUserRoles),
	}
}
