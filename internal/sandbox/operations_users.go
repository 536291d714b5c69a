package sandbox

func usersOperations() operations {
	return operations{
		"getFieldconfig":       reads(getFieldconfig),
		"getProfilesUsers":     reads(getProfilesUsers),
		"getUsers":             reads(getUsers),
		"postUsers":            writesBody(postUsers),
		"patchUsersBulk":       writesBody(patchUsersBulk),
		"getUsersMe":           reads(getUsersMe),
		"postUsersMePassword":  writesBody(postUsersMePassword),
		"deleteUser":           writes(deleteUser),
		"getUser":              reads(getUser),
		"patchUser":            writesBody(patchUser),
		"getUserAdjacents":     reads(getUserAdjacents),
		"getUserDirectreports": reads(related((*user).directReports)),
		"getUserFavorites":     reads(getUserFavorites),
		"postUserInvite":       writes(postUserInvite),
		"postUserPassword":     writesBody(postUserPassword),
		"getUserProfile":       reads(getUserProfile),
		"getUserProfileskills": reads(getUserProfileskills),
		"putUserProfileskills": writesBody(putUserProfileskills),
		"getUserSuperiors":     reads(related((*user).superiors)),
		"getUserTrustors":      reads(getUserTrustors),
		"getUsersQuery":        reads(getUsersQuery),
		"getUserState":         reads(getUserState),
		"putUserState":         writesBody(putUserState),
		"postUserExternalid":   writesBody(postUserExternalid),
		"getUsersExternalidAuthorityNameExternalKey":   reads(getUsersExternalidAuthorityNameExternalKey),
		"getUserExternalid":                            reads(getUserExternalid),
		"getUserExternalidAuthorityName":               reads(getUserExternalidAuthorityName),
		"deleteUserExternalidAuthorityNameExternalKey": writes(deleteUserExternalidAuthorityNameExternalKey),
	}
}
