// Package chats lists the chats of a user, which are made up. It imports presence for
// how a partner's presence looks, and api, org and wire.
package chats

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
)

// Operations are what this area can do.
func Operations() api.Operations {
	return api.Operations{
		"getUsersChatsMe": api.Reads(getUsersChatsMe),
	}
}
