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
		"getAuthorizationDivisionspermittedPagedMe":        api.Reads(getDivisionspermitted((*api.Call).Me)),
		"getAuthorizationDivisionspermittedPagedSubjectId": api.Reads(getDivisionspermitted(subjectOf)),
		"getAuthorizationSubjectsMe":                       api.Reads(getAuthorizationSubjectsMe),
		"getAuthorizationSubject":                          api.Reads(getAuthorizationSubject),
		"postAuthorizationSubjectBulkadd":                  api.WritesBody(changeGrants((*org.User).AddGrants)),
		"postAuthorizationSubjectBulkremove":               api.WritesBody(changeGrants((*org.User).RemoveGrants)),
		"postAuthorizationSubjectBulkreplace":              api.WritesBody(changeGrants((*org.User).ReplaceGrants)),
		"deleteAuthorizationSubjectDivisionRole":           api.Writes(changeGrant((*org.User).RemoveGrants)),
		"postAuthorizationSubjectDivisionRole":             api.Writes(changeGrant((*org.User).AddGrants)),
		"getUserRoles":                                     api.Reads(getUserRoles),
		"putUserRoles":                                     api.WritesBody(putUserRoles),
	}
}
