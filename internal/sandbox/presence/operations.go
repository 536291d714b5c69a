// Package presence is where users are and whether they are there: presences as they
// are shown, absences, and the whereabouts of a user's clients. It imports api, org,
// problem and wire.
package presence

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
)

// Operations are what this area can do.
func Operations() api.Operations {
	return api.Operations{
		"getUserGeolocation":          api.Reads(getUserGeolocation),
		"patchUserGeolocation":        api.WritesBody(patchUserGeolocation),
		"getUserPresencesPurecloud":   api.Reads(getUserPresencesPurecloud),
		"patchUserPresencesPurecloud": api.WritesBody(patchUserPresencesPurecloud),
		"getUserOutofoffice":          api.Reads(getUserOutofoffice),
		"putUserOutofoffice":          api.WritesBody(putUserOutofoffice),
	}
}
