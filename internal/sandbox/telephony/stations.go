package telephony

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// stationView is the upstream's UserStation.
type stationView struct {
	ID             string            `json:"id"`
	Name           string            `json:"name"`
	Type           string            `json:"type,omitempty"`
	AssociatedUser *org.Reference    `json:"associatedUser,omitempty"`
	AssociatedDate wire.Instant      `json:"associatedDate,omitzero"`
	DefaultUser    *org.Reference    `json:"defaultUser,omitempty"`
	ProviderInfo   map[string]string `json:"providerInfo,omitempty"`
	Appearances    int32             `json:"webRtcCallAppearances,omitempty"`
}

// StationsView is the upstream's UserStations.
type StationsView struct {
	Associated *stationView `json:"associatedStation,omitempty"`
	Effective  *stationView `json:"effectiveStation,omitempty"`
	Default    *stationView `json:"defaultStation,omitempty"`
	Last       *stationView `json:"lastAssociatedStation,omitempty"`
}

func getUserStation(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	return Stations(u), nil
}

func getUsersStationsMe(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.Me(o)
	if err != nil {
		return nil, err
	}
	return Stations(u), nil
}

func putUserStationAssociatedstation(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	return associate(o, u, c)
}

func putUsersStationsMeAssociatedstation(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.Me(o)
	if err != nil {
		return nil, err
	}
	return associate(o, u, c)
}

// associate puts a user at the station of the path. A station that somebody
// else is at is a conflict without a version in sight.
func associate(o *org.Organisation, u *org.User, c *api.Call) (any, error) {
	s := o.Stations.ByID[c.Params["stationId"]]
	switch {
	case s == nil:
		return nil, problem.NotFound("station", "stationId")
	case u.State != org.StateActive:
		return nil, problem.Conflict("The user is not active.")
	case s.Associated != "" && s.Associated != u.ID:
		return nil, problem.Conflict("The station is associated with another user.")
	case s.Associated == u.ID:
		return api.Accepted{}, nil
	}
	u.Phones.Release(u.ID)
	s.Associated, s.AssociatedAt = u.ID, c.Now
	u.Phones.Associated = s
	return api.Accepted{}, nil
}

func deleteUserStationAssociatedstation(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	u.Phones.Release(u.ID)
	return api.Accepted{}, nil
}

func deleteUsersStationsMeAssociatedstation(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.Me(o)
	if err != nil {
		return nil, err
	}
	u.Phones.Release(u.ID)
	return api.Accepted{}, nil
}

func putUserStationDefaultstation(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	s := o.Stations.ByID[c.Params["stationId"]]
	switch {
	case s == nil:
		return nil, problem.NotFound("station", "stationId")
	case s.DefaultOf != "" && s.DefaultOf != u.ID:
		return nil, problem.Conflict("The station is the default of another user.")
	}
	u.Phones.Dismiss(u.ID)
	s.DefaultOf = u.ID
	u.Phones.Preferred = s
	return api.Accepted{}, nil
}

func deleteUserStationDefaultstation(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	u.Phones.Dismiss(u.ID)
	return api.Accepted{}, nil
}

// Stations shows the stations; the effective one is the associated one and,
// without it, the default.
func Stations(u *org.User) *StationsView {
	v := &StationsView{
		Associated: showStation(u.Phones.Associated),
		Default:    showStation(u.Phones.Preferred),
		Last:       showStation(u.Phones.Last),
	}
	v.Effective = v.Associated
	if v.Effective == nil {
		v.Effective = v.Default
	}
	return v
}

func showStation(s *org.Station) *stationView {
	if s == nil {
		return nil
	}
	v := &stationView{
		ID:             s.ID,
		Name:           s.Name,
		Type:           s.Kind,
		AssociatedDate: wire.At(s.AssociatedAt),
		ProviderInfo:   map[string]string{"edgeGroupId": s.EdgeGroupID, "name": "edge-1"},
		Appearances:    s.WebRTCAppearances,
	}
	if s.Associated != "" {
		v.AssociatedUser = org.UserLink(s.Associated)
	}
	if s.DefaultOf != "" {
		v.DefaultUser = org.UserLink(s.DefaultOf)
	}
	return v
}
