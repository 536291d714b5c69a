package users

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/authorization"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/presence"
	"github.com/switchboard-gw/switchboard/internal/sandbox/routing"
	"github.com/switchboard-gw/switchboard/internal/sandbox/telephony"
)

// profileView is the upstream's UserProfile: the same person with everything that
// expand adds in a member of its own.
type profileView struct {
	ID      string      `json:"id"`
	Name    string      `json:"name"`
	State   string      `json:"state"`
	Version int32       `json:"version"`
	Expands expandsView `json:"expands"`
	SelfURI string      `json:"selfUri"`
}

type expandsView struct {
	RoutingStatus   *routing.Status                  `json:"routingStatus,omitempty"`
	Presence        *presence.View                   `json:"presence,omitempty"`
	IntegrationPres *presence.View                   `json:"integrationPresence,omitempty"`
	Conversations   *conversations                   `json:"conversationSummary,omitempty"`
	OutOfOffice     *org.OutOfOffice                 `json:"outOfOffice,omitempty"`
	Geolocation     *org.Geolocation                 `json:"geolocation,omitempty"`
	Station         *telephony.StationsView          `json:"station,omitempty"`
	Authorization   *authorization.UserAuthorization `json:"authorization,omitempty"`
}

func profileOf(u *org.User, e Expansion) profileView {
	v := view(u, e)
	return profileView{
		ID: u.ID, Name: u.Name, State: u.State, Version: u.Version, SelfURI: u.SelfURI() + "/profile",
		Expands: expandsView{
			v.RoutingStatus, v.Presence, v.IntegrationPres, v.Conversations, v.OutOfOffice, v.Geolocation, v.Station, v.Authorization,
		},
	}
}

func getUserProfile(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	e, err := ReadExpansion(c)
	if err != nil {
		return nil, err
	}
	return profileOf(u, e), nil
}

// getProfilesUsers lists the profiles of active users by name.
func getProfilesUsers(o *org.Organisation, c *api.Call) (any, error) {
	p, err := c.SortedPage()
	if err != nil {
		return nil, err
	}
	e, err := ReadExpansion(c)
	if err != nil {
		return nil, err
	}
	matching, err := filterUsers(o, c, org.StateActive, "jid")
	if err != nil {
		return nil, err
	}
	return api.List(c, p, matching, func(u *org.User) profileView { return profileOf(u, e) }), nil
}
