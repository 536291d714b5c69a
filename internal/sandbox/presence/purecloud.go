package presence

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// patch is what a write takes of the upstream's UserPresence.
type patch struct {
	Definition wire.Optional[struct {
		ID string `json:"id"`
	}] `json:"presenceDefinition"`
	Message wire.Optional[string] `json:"message"`
}

func getUserPresencesPurecloud(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	return From(u, PurecloudSource), nil
}

// patchUserPresencesPurecloud changes what somebody is at or says of it, which is how
// one goes on queue and off it. What changes nothing does not begin anew.
func patchUserPresencesPurecloud(o *org.Organisation, c *api.Call, in patch) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	definition, message := u.Presence.Definition, u.Presence.Message
	in.Message.Set(&message)
	if in.Definition.Given {
		definition = o.Presences.ByID[in.Definition.Value.ID]
	}
	switch {
	case definition == nil:
		return nil, problem.Invalid("presenceDefinition.id", "there is no such presence")
	case u.State != org.StateActive:
		return nil, problem.Invalid("presenceDefinition", "the user is not active")
	case definition != u.Presence.Definition:
		o.Appear(u, definition, message, c.Now)
	default:
		u.Presence.Message = message
	}
	return From(u, PurecloudSource), nil
}
