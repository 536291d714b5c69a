package sandbox

import (
	"slices"
	"strings"
	"time"
)

// Routing statuses and the presences that go with them.
const (
	statusOffQueue      = "OFF_QUEUE"
	statusIdle          = "IDLE"
	statusInteracting   = "INTERACTING"
	statusNotResponding = "NOT_RESPONDING"
	statusCommunicating = "COMMUNICATING"

	presenceAvailable = "Available"
	presenceOnQueue   = "On Queue"
	presenceOffline   = "Offline"

	// purecloudSource is the platform's own presence, as against one that an
	// integration reports.
	purecloudSource = "PURECLOUD"
)

var integrationSources = []string{"MicrosoftTeams", "ZoomPhone", "EightByEight", "RingCentral"}

// transitions are the changes of routing status that a person can ask for. The
// other statuses come from conversations, which nobody can put by hand.
var transitions = map[string][]string{
	statusOffQueue:      {statusIdle},
	statusIdle:          {statusOffQueue},
	statusInteracting:   {statusOffQueue, statusIdle},
	statusNotResponding: {statusOffQueue, statusIdle},
	statusCommunicating: {statusOffQueue, statusIdle},
}

// routingState and presenceState change together (see route): on queue means
// any status but OFF_QUEUE, and the other way round.
type routingState struct {
	status string
	since  time.Time
}

type presenceState struct {
	definition *presenceDefinition
	since      time.Time
	message    string
}

// routingStatus is the upstream's RoutingStatus, in both directions.
type routingStatus struct {
	UserID    string  `json:"userId"`
	Status    string  `json:"status"`
	StartTime instant `json:"startTime,omitzero"`
}

// presenceDefinition is one of the organisation's presences.
type presenceDefinition struct {
	ID             string `json:"id"`
	SystemPresence string `json:"systemPresence"`
	SelfURI        string `json:"selfUri"`
}

type presenceView struct {
	ID           string              `json:"id"`
	Source       string              `json:"source"`
	Definition   *presenceDefinition `json:"presenceDefinition"`
	Message      string              `json:"message"`
	ModifiedDate instant             `json:"modifiedDate"`
	SelfURI      string              `json:"selfUri"`
}

func getUserRoutingstatus(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	return u.routingStatus(), nil
}

// putUserRoutingstatus takes a person on or off queue. Asking for the status
// that already is changes nothing, not even its start.
func putUserRoutingstatus(o *organisation, c *call, in routingStatus) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	allowed := transitions[u.routing.status]
	switch {
	case in.UserID != "" && in.UserID != u.id:
		return nil, invalid("userId", "it is not the user of the path")
	case in.Status == "":
		return nil, missing("status")
	case in.Status == u.routing.status:
		return u.routingStatus(), nil
	case u.state != stateActive:
		return nil, invalid("status", "the user is not active")
	case !slices.Contains(allowed, in.Status):
		return nil, invalid("status", "from "+u.routing.status+" one can go to "+strings.Join(allowed, " or ")+
			" only")
	}
	o.route(u, in.Status, c.now)
	return u.routingStatus(), nil
}

// route sets a routing status and the presence that belongs to it.
func (o *organisation) route(u *user, status string, now time.Time) {
	presence := u.presence
	switch onQueue := u.presence.definition.SystemPresence == presenceOnQueue; {
	case status == statusOffQueue && onQueue:
		presence = presenceState{definition: o.presence(presenceAvailable), since: now}
	case status != statusOffQueue && !onQueue:
		presence = presenceState{definition: o.presence(presenceOnQueue), since: now}
	}
	u.become(routingState{status: status, since: now}, presence)
}

// goOffline is what happens to somebody who is no longer active.
func (o *organisation) goOffline(u *user, now time.Time) {
	u.become(routingState{status: statusOffQueue, since: now},
		presenceState{definition: o.presence(presenceOffline), since: now})
}

// presence finds a presence by its system name; seeds have them all.
func (o *organisation) presence(system string) *presenceDefinition {
	for _, p := range o.presences.list {
		if p.SystemPresence == system {
			return p
		}
	}
	return nil
}

func (u *user) routingStatus() *routingStatus {
	return &routingStatus{UserID: u.id, Status: u.routing.status, StartTime: at(u.routing.since)}
}

func (u *user) presenceFrom(source string) *presenceView {
	return &presenceView{
		ID:           u.id,
		Source:       source,
		Definition:   u.presence.definition,
		Message:      u.presence.message,
		ModifiedDate: at(u.presence.since),
		SelfURI:      u.selfURI() + "/presences/" + source,
	}
}
