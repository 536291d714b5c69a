// Package users is the directory: users and their life cycle, how they show with
// all that expand adds (view.go), their profiles, passwords and external ids, whom
// they report to, and "me". It imports api, access, org, problem and wire,
// and of presence, routing, telephony and authorization how their part of a user
// looks.
package users

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
)

// Operations are what this area can do. With requireDivision a new user needs one.
func Operations(requireDivision bool) api.Operations {
	return api.Operations{
		"getFieldconfig":       api.Reads(getFieldconfig),
		"getProfilesUsers":     api.Reads(getProfilesUsers),
		"getUsers":             api.Reads(getUsers),
		"postUsers":            api.WritesBody(postUsers(requireDivision)),
		"patchUsersBulk":       api.WritesBody(patchUsersBulk),
		"getUsersMe":           api.Reads(getUsersMe),
		"postUsersMePassword":  api.WritesBody(postUsersMePassword),
		"deleteUser":           api.Writes(deleteUser),
		"getUser":              api.Reads(getUser),
		"patchUser":            api.WritesBody(patchUser),
		"getUserAdjacents":     api.Reads(getUserAdjacents),
		"getUserDirectreports": api.Reads(related((*org.User).DirectReports)),
		"getUserFavorites":     api.Reads(getUserFavorites),
		"postUserInvite":       api.Writes(postUserInvite),
		"postUserPassword":     api.WritesBody(postUserPassword),
		"getUserProfile":       api.Reads(getUserProfile),
		"getUserProfileskills": api.Reads(getUserProfileskills),
		"putUserProfileskills": api.WritesBody(putUserProfileskills),
		"getUserSuperiors":     api.Reads(related((*org.User).Superiors)),
		"getUserTrustors":      api.Reads(getUserTrustors),
		"getUsersQuery":        api.Reads(getUsersQuery),
		"getUserState":         api.Reads(getUserState),
		"putUserState":         api.WritesBody(putUserState),
		"postUserExternalid":   api.WritesBody(postUserExternalid),
		"getUsersExternalidAuthorityNameExternalKey":   api.Reads(getUsersExternalidAuthorityNameExternalKey),
		"getUserExternalid":                            api.Reads(getUserExternalid),
		"getUserExternalidAuthorityName":               api.Reads(getUserExternalidAuthorityName),
		"deleteUserExternalidAuthorityNameExternalKey": api.Writes(deleteUserExternalidAuthorityNameExternalKey),
	}
}
