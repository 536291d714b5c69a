package sandbox

import (
	"maps"

	"github.com/switchboard-gw/switchboard/internal/sandbox/analytics"
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/authorization"
	"github.com/switchboard-gw/switchboard/internal/sandbox/chats"
	"github.com/switchboard-gw/switchboard/internal/sandbox/customattributes"
	"github.com/switchboard-gw/switchboard/internal/sandbox/development"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/presence"
	"github.com/switchboard-gw/switchboard/internal/sandbox/routing"
	"github.com/switchboard-gw/switchboard/internal/sandbox/search"
	"github.com/switchboard-gw/switchboard/internal/sandbox/telephony"
	"github.com/switchboard-gw/switchboard/internal/sandbox/users"
	"github.com/switchboard-gw/switchboard/internal/sandbox/verifiers"
)

// areas are what every area of the API can do. With requireDivision a new user
// needs one.
func areas(o *org.Organisation, requireDivision bool) []api.Operations {
	return []api.Operations{
		users.Operations(requireDivision), search.Operations(), presence.Operations(), routing.Operations(o), telephony.Operations(),
		authorization.Operations(), analytics.Operations(), development.Operations(o), chats.Operations(),
		customattributes.Operations(), verifiers.Operations(),
	}
}

// merged are the operations of all areas.
func merged(areas []api.Operations) api.Operations {
	all := api.Operations{}
	for _, area := range areas {
		maps.Copy(all, area)
	}
	return all
}
