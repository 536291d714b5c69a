package routing

import (
	"slices"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// transitions are the changes of routing status that a person can ask for. The
// other statuses come from conversations, which nobody can put by hand.
var transitions = map[string][]string{
	org.StatusOffQueue:      {org.StatusIdle},
	org.StatusIdle:          {org.StatusOffQueue},
	org.StatusInteracting:   {org.StatusOffQueue, org.StatusIdle},
	org.StatusNotResponding: {org.StatusOffQueue, org.StatusIdle},
	org.StatusCommunicating: {org.StatusOffQueue, org.StatusIdle},
}

// Status is the upstream's RoutingStatus, in both directions.
type Status struct {
	UserID    string       `json:"userId"`
	Status    string       `json:"status"`
	StartTime wire.Instant `json:"startTime,omitzero"`
}

func getUserRoutingstatus(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	return StatusOf(u), nil
}

// putUserRoutingstatus takes a person on or off queue. Asking for the status
// that already is changes nothing, not even its start.
func putUserRoutingstatus(o *org.Organisation, c *api.Call, in Status) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	allowed := transitions[u.Routing.Status]
	switch {
	case in.UserID != "" && in.UserID != u.ID:
		return nil, problem.Invalid("userId", "it is not the user of the path")
	case in.Status == "":
		return nil, problem.Missing("status")
	case in.Status == u.Routing.Status:
		return StatusOf(u), nil
	case u.State != org.StateActive:
		return nil, problem.Invalid("status", "the user is not active")
	case !slices.Contains(allowed, in.Status):
		return nil, problem.Invalid("status", "from "+u.Routing.Status+" one can go to "+strings.Join(allowed, " or ")+
			" only")
	}
	o.Route(u, in.Status, c.Now)
	return StatusOf(u), nil
}

// StatusOf shows the routing status of a user.
func StatusOf(u *org.User) *Status {
	return &Status{UserID: u.ID, Status: u.Routing.Status, StartTime: wire.At(u.Routing.Since)}
}
