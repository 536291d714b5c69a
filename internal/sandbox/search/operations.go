// Package search finds users by criteria. criteria.go turns a tree of them into a
// test, fields.go says what one can search and sort by, querystring.go reads the
// language of query strings, and search.go answers with a page. It imports users for
// how users look, and api, org, problem and wire.
package search

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
)

// Operations are what this area can do.
func Operations() api.Operations {
	return api.Operations{
		"getUsersSearch":                    api.Reads(getUsersSearch),
		"postUsersSearch":                   api.ReadsBody(postUsersSearch),
		"postUsersSearchConversationTarget": api.ReadsBody(postUsersSearch),
		"postUsersSearchQueuemembersManage": api.ReadsBody(postUsersSearch),
		"postUsersSearchTeamsAssign":        api.ReadsBody(postUsersSearch),
	}
}
