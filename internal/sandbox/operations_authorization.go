package sandbox

func authorizationOperations() operations {
	return operations{
		"getAuthorizationDivisionspermittedMe":             reads(getAuthorizationDivisionspermittedMe),
		"getAuthorizationDivisionspermittedPagedMe":        reads(getDivisionspermitted((*call).me)),
		"getAuthorizationDivisionspermittedPagedSubjectId": reads(getDivisionspermitted((*call).subject)),
		"getAuthorizationSubjectsMe":                       reads(getAuthorizationSubjectsMe),
		"getAuthorizationSubject":                          reads(getAuthorizationSubject),
		"postAuthorizationSubjectBulkadd":                  writesBody(changeGrants((*user).addGrants)),
		"postAuthorizationSubjectBulkremove":               writesBody(changeGrants((*user).removeGrants)),
		"postAuthorizationSubjectBulkreplace":              writesBody(changeGrants((*user).replaceGrants)),
		"deleteAuthorizationSubjectDivisionRole":           writes(changeGrant((*user).removeGrants)),
		"postAuthorizationSubjectDivisionRole":             writes(changeGrant((*user).addGrants)),
		"getUserRoles":                                     reads(getUserRoles),
		"putUserRoles":                                     writesBody(putUserRoles),
	}
}
