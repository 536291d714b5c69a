package sandbox

import (
	"time"
)

// station is a telephone. It serves one user at a time and is the default of
// one at most; both are user ids, empty when there is none.
type station struct {
	id, name, kind        string
	edgeGroupID           string
	associated, defaultOf string
	webRTCAppearances     int32
	associatedAt          time.Time
}

// phones are the stations of one user.
type phones struct {
	associated, preferred, last *station
}

// stationView is the upstream's UserStation.
type stationView struct {
	ID             string            `json:"id"`
	Name           string            `json:"name"`
	Type           string            `json:"type,omitempty"`
	AssociatedUser *reference        `json:"associatedUser,omitempty"`
	AssociatedDate instant           `json:"associatedDate,omitzero"`
	DefaultUser    *reference        `json:"defaultUser,omitempty"`
	ProviderInfo   map[string]string `json:"providerInfo,omitempty"`
	Appearances    int32             `json:"webRtcCallAppearances,omitempty"`
}

// stationsView is the upstream's UserStations.
type stationsView struct {
	Associated *stationView `json:"associatedStation,omitempty"`
	Effective  *stationView `json:"effectiveStation,omitempty"`
	Default    *stationView `json:"defaultStation,omitempty"`
	Last       *stationView `json:"lastAssociatedStation,omitempty"`
}

func getUserStation(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	return u.stationsView(), nil
}

func getUsersStationsMe(o *organisation, c *call) (any, error) {
	u, err := c.me(o)
	if err != nil {
		return nil, err
	}
	return u.stationsView(), nil
}

func putUserStationAssociatedstation(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	return o.associate(u, c)
}

func putUsersStationsMeAssociatedstation(o *organisation, c *call) (any, error) {
	u, err := c.me(o)
	if err != nil {
		return nil, err
	}
	return o.associate(u, c)
}

// associate puts a user at the station of the path. A station that somebody
// else is at is a conflict without a version in sight.
func (o *organisation) associate(u *user, c *call) (any, error) {
	s := o.stations.byID[c.params["stationId"]]
	switch {
	case s == nil:
		return nil, notFound("station", "stationId")
	case u.state != stateActive:
		return nil, conflict("The user is not active.")
	case s.associated != "" && s.associated != u.id:
		return nil, conflict("The station is associated with another user.")
	case s.associated == u.id:
		return noContent{}, nil
	}
	u.phones.release(u.id)
	s.associated, s.associatedAt = u.id, c.now
	u.phones.associated = s
	return noContent{}, nil
}

func deleteUserStationAssociatedstation(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	u.phones.release(u.id)
	return noContent{}, nil
}

func deleteUsersStationsMeAssociatedstation(o *organisation, c *call) (any, error) {
	u, err := c.me(o)
	if err != nil {
		return nil, err
	}
	u.phones.release(u.id)
	return noContent{}, nil
}

func putUserStationDefaultstation(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	s := o.stations.byID[c.params["stationId"]]
	switch {
	case s == nil:
		return nil, notFound("station", "stationId")
	case s.defaultOf != "" && s.defaultOf != u.id:
		return nil, conflict("The station is the default of another user.")
	}
	u.phones.dismiss(u.id)
	s.defaultOf = u.id
	u.phones.preferred = s
	return noContent{}, nil
}

func deleteUserStationDefaultstation(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	u.phones.dismiss(u.id)
	return noContent{}, nil
}

// release ends the association of user id, if there is one, and remembers it.
func (p *phones) release(id string) {
	if s := p.associated; s != nil && s.associated == id {
		s.associated, s.associatedAt = "", time.Time{}
		p.associated, p.last = nil, s
	}
}

// dismiss gives the default station of user id back, if there is one.
func (p *phones) dismiss(id string) {
	if s := p.preferred; s != nil && s.defaultOf == id {
		s.defaultOf = ""
		p.preferred = nil
	}
}

// stationsView shows the stations; the effective one is the associated one and,
// without it, the default.
func (u *user) stationsView() *stationsView {
	v := &stationsView{
		Associated: u.phones.associated.view(),
		Default:    u.phones.preferred.view(),
		Last:       u.phones.last.view(),
	}
	v.Effective = v.Associated
	if v.Effective == nil {
		v.Effective = v.Default
	}
	return v
}

func (s *station) view() *stationView {
	if s == nil {
		return nil
	}
	v := &stationView{
		ID:             s.id,
		Name:           s.name,
		Type:           s.kind,
		AssociatedDate: at(s.associatedAt),
		ProviderInfo:   map[string]string{"edgeGroupId": s.edgeGroupID, "name": "edge-1"},
		Appearances:    s.webRTCAppearances,
	}
	if s.associated != "" {
		v.AssociatedUser = userLink(s.associated)
	}
	if s.defaultOf != "" {
		v.DefaultUser = userLink(s.defaultOf)
	}
	return v
}

func userLink(id string) *reference { return &reference{ID: id, SelfURI: apiPrefix + "users/" + id} }
