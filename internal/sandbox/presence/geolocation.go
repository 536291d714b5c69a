package presence

import (
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// geolocationUpdate is what a client can say about itself.
type geolocationUpdate struct {
	Name      wire.Optional[string]      `json:"name"`
	Type      wire.Optional[string]      `json:"type"`
	Primary   wire.Optional[bool]        `json:"primary"`
	Latitude  wire.Optional[wire.Double] `json:"latitude"`
	Longitude wire.Optional[wire.Double] `json:"longitude"`
	Country   wire.Optional[string]      `json:"country"`
	Region    wire.Optional[string]      `json:"region"`
	City      wire.Optional[string]      `json:"city"`
}

// maxClients bounds the clients remembered per user; the oldest goes first.
const maxClients = 20

func getUserGeolocation(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	i := client(u, c.Params["clientId"])
	if i < 0 {
		return nil, problem.NotFound("geolocation", "clientId")
	}
	return u.Geolocations[i], nil
}

// patchUserGeolocation changes what a client said of itself; a client that said
// nothing before must give its coordinates, which cannot be cleared. One client at
// most is primary.
func patchUserGeolocation(o *org.Organisation, c *api.Call, in geolocationUpdate) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	id := c.Params["clientId"]
	all := slices.Clone(u.Geolocations)
	i := client(u, id)
	switch {
	case i < 0 && !in.Latitude.Given || in.Latitude.Null:
		return nil, problem.Missing("latitude")
	case i < 0 && !in.Longitude.Given || in.Longitude.Null:
		return nil, problem.Missing("longitude")
	}
	if i < 0 {
		if len(all) == maxClients {
			all = slices.Delete(all, 0, 1)
		}
		i = len(all)
		all = append(all, org.Geolocation{ID: id, Type: "PureCloud", SelfURI: c.Path})
	}
	g := &all[i]
	in.Name.Set(&g.Name)
	in.Type.Set(&g.Type)
	in.Primary.Set(&g.Primary)
	in.Latitude.Set(&g.Latitude)
	in.Longitude.Set(&g.Longitude)
	in.Country.Set(&g.Country)
	in.Region.Set(&g.Region)
	in.City.Set(&g.City)
	switch {
	case g.Latitude < -90 || g.Latitude > 90:
		return nil, problem.Invalid("latitude", "it must be between -90 and 90")
	case g.Longitude < -180 || g.Longitude > 180:
		return nil, problem.Invalid("longitude", "it must be between -180 and 180")
	}
	if g.Primary {
		for j := range all {
			all[j].Primary = j == i
		}
	}
	u.Geolocations = all
	return all[i], nil
}

func client(u *org.User, id string) int {
	return slices.IndexFunc(u.Geolocations, func(g org.Geolocation) bool { return g.ID == id })
}

// PrimaryGeolocation is that of the client that counts, or nil.
func PrimaryGeolocation(u *org.User) *org.Geolocation {
	for _, g := range u.Geolocations {
		if g.Primary {
			return &g
		}
	}
	return nil
}
