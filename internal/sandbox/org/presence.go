package org

import (
	"slices"
	"strings"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// Routing statuses and the presences that go with them.
const (
	StatusOffQueue      = "OFF_QUEUE"
	StatusIdle          = "IDLE"
	StatusInteracting   = "INTERACTING"
	StatusNotResponding = "NOT_RESPONDING"
	StatusCommunicating = "COMMUNICATING"

	PresenceAvailable = "Available"
	PresenceOnQueue   = "On Queue"
	PresenceOffline   = "Offline"
)

// RoutingStatuses are all there are.
var RoutingStatuses = []string{StatusOffQueue, StatusIdle, StatusInteracting, StatusNotResponding, StatusCommunicating}

// RoutingState and PresenceState change together (see Route): on queue means
// any status but OFF_QUEUE, and the other way round.
type RoutingState struct {
	Status string
	Since  time.Time
}

// PresenceState is the presence that somebody is in, since when, and what they say of it.
type PresenceState struct {
	Definition *PresenceDefinition
	Since      time.Time
	Message    string
}

// PresenceDefinition is one of the organisation's presences.
type PresenceDefinition struct {
	ID             string `json:"id"`
	SystemPresence string `json:"systemPresence"`
	SelfURI        string `json:"selfUri"`
}

// Word is the system presence where the upstream writes it without spaces.
func (p *PresenceDefinition) Word() string { return strings.ReplaceAll(p.SystemPresence, " ", "") }

// Moment is a presence and a routing status, with when each began. They hold
// from the later of the two on. Times are Unix milliseconds.
type Moment struct {
	Presence                   *PresenceDefinition
	Status                     string
	PresenceSince, StatusSince int64
}

// Start is when both held.
func (m Moment) Start() int64 { return max(m.PresenceSince, m.StatusSince) }

// OnQueue tells whether conversations were routed to the user.
func (m Moment) OnQueue() bool { return m.Status != StatusOffQueue }

// Moment is the present one, which nothing has ended yet.
func (u *User) Moment() Moment {
	return Moment{u.Presence.Definition, u.Routing.Status, u.Presence.Since.UnixMilli(), u.Routing.Since.UnixMilli()}
}

// Route sets a routing status and the presence that belongs to it.
func (o *Organisation) Route(u *User, status string, now time.Time) {
	presence := u.Presence
	switch onQueue := u.Presence.Definition.SystemPresence == PresenceOnQueue; {
	case status == StatusOffQueue && onQueue:
		presence = PresenceState{Definition: o.Presence(PresenceAvailable), Since: now}
	case status != StatusOffQueue && !onQueue:
		presence = PresenceState{Definition: o.Presence(PresenceOnQueue), Since: now}
	}
	u.become(RoutingState{Status: status, Since: now}, presence)
}

// goOffline is what happens to somebody who is no longer active.
func (o *Organisation) goOffline(u *User, now time.Time) {
	u.become(RoutingState{Status: StatusOffQueue, Since: now},
		PresenceState{Definition: o.Presence(PresenceOffline), Since: now})
}

// become changes routing and presence as Route wants them: what was, is past.
// Time does not run backwards, whatever the clock of two calls at once says. The
// past only grows at its end or is replaced, so that a chronicle may share it.
func (u *User) become(r RoutingState, p PresenceState) {
	u.remember()
	r.Since = latest(r.Since, u.Routing.Since, u.Presence.Since)
	if p != u.Presence {
		p.Since = r.Since
	}
	u.Routing, u.Presence = r, p
}

// Appear sets a presence and what the user says of it. On Queue takes the user on
// queue, any other presence off it; a status that fits already stays.
func (o *Organisation) Appear(u *User, p *PresenceDefinition, message string, now time.Time) {
	now = latest(now, u.Routing.Since, u.Presence.Since)
	routing := u.Routing
	switch onQueue := p.SystemPresence == PresenceOnQueue; {
	case onQueue && routing.Status == StatusOffQueue:
		routing = RoutingState{Status: StatusIdle, Since: now}
	case !onQueue && routing.Status != StatusOffQueue:
		routing = RoutingState{Status: StatusOffQueue, Since: now}
	}
	u.remember()
	u.Routing, u.Presence = routing, PresenceState{Definition: p, Since: now, Message: message}
}

// remember makes the present moment past.
func (u *User) remember() {
	if len(u.Past) >= 2*maxPast {
		u.Past = slices.Clone(u.Past[maxPast:])
		u.KnownSince = u.Past[0].Start()
	}
	u.Past = append(u.Past, u.Moment())
}

// maxPast bounds the changes remembered for a user: once there are twice as many,
// the older half is forgotten.
const maxPast = 1000

// beginHistory is for whom is new: off queue and offline, and nothing before.
func (o *Organisation) beginHistory(u *User, now time.Time) {
	u.Routing = RoutingState{Status: StatusOffQueue, Since: now}
	u.Presence = PresenceState{Definition: o.Presence(PresenceOffline), Since: now}
	u.KnownSince = now.UnixMilli()
}

// Presence finds a presence by its system name; seeds have them all.
func (o *Organisation) Presence(system string) *PresenceDefinition {
	for _, p := range o.Presences.List {
		if p.SystemPresence == system {
			return p
		}
	}
	return nil
}

func latest(first time.Time, others ...time.Time) time.Time {
	for _, t := range others {
		if t.After(first) {
			first = t
		}
	}
	return first
}

// OutOfOffice is the upstream's OutOfOffice, in both directions. The user it
// belongs to and its address are added when it is shown.
type OutOfOffice struct {
	User       *Reference   `json:"user,omitempty"`
	StartDate  wire.Instant `json:"startDate,omitzero"`
	EndDate    wire.Instant `json:"endDate,omitzero"`
	Active     bool         `json:"active"`
	Indefinite bool         `json:"indefinite"`
	SelfURI    string       `json:"selfUri,omitempty"`
}

// Geolocation is where one of a user's clients is. Its id is the client's.
type Geolocation struct {
	ID        string      `json:"id"`
	Name      string      `json:"name,omitempty"`
	Type      string      `json:"type,omitempty"`
	Primary   bool        `json:"primary"`
	Latitude  wire.Double `json:"latitude"`
	Longitude wire.Double `json:"longitude"`
	Country   string      `json:"country,omitempty"`
	Region    string      `json:"region,omitempty"`
	City      string      `json:"city,omitempty"`
	SelfURI   string      `json:"selfUri"`
}
