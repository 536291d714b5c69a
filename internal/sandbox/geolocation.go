package sandbox

import (
	"slices"
)

// geolocation is where one of a user's clients is. Its id is the client's.
type geolocation struct {
	ID        string `json:"id"`
	Name      string `json:"name,omitempty"`
	Type      string `json:"type,omitempty"`
	Primary   bool   `json:"primary"`
	Latitude  double `json:"latitude"`
	Longitude double `json:"longitude"`
	Country   string `json:"country,omitempty"`
	Region    string `json:"region,omitempty"`
	City      string `json:"city,omitempty"`
	SelfURI   string `json:"selfUri"`
}

// geolocationUpdate is what a client can say about itself.
type geolocationUpdate struct {
	Name      optional[string] `json:"name"`
	Type      optional[string] `json:"type"`
	Primary   optional[bool]   `json:"primary"`
	Latitude  optional[double] `json:"latitude"`
	Longitude optional[double] `json:"longitude"`
	Country   optional[string] `json:"country"`
	Region    optional[string] `json:"region"`
	City      optional[string] `json:"city"`
}

// maxClients bounds the clients remembered per user; the oldest goes first.
const maxClients = 20

func getUserGeolocation(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	i := u.client(c.params["clientId"])
	if i < 0 {
		return nil, notFound("geolocation", "clientId")
	}
	return u.geolocations[i], nil
}

// patchUserGeolocation changes what a client said of itself; a client that said
// nothing before must give its coordinates, which cannot be cleared. One client at
// most is primary.
func patchUserGeolocation(o *organisation, c *call, in geolocationUpdate) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	id := c.params["clientId"]
	all := slices.Clone(u.geolocations)
	i := u.client(id)
	switch {
	case i < 0 && !in.Latitude.Given || in.Latitude.Null:
		return nil, missing("latitude")
	case i < 0 && !in.Longitude.Given || in.Longitude.Null:
		return nil, missing("longitude")
	}
	if i < 0 {
		if len(all) == maxClients {
			all = slices.Delete(all, 0, 1)
		}
		i = len(all)
		all = append(all, geolocation{ID: id, Type: "PureCloud", SelfURI: c.path})
	}
	g := &all[i]
	in.Name.set(&g.Name)
	in.Type.set(&g.Type)
	in.Primary.set(&g.Primary)
	in.Latitude.set(&g.Latitude)
	in.Longitude.set(&g.Longitude)
	in.Country.set(&g.Country)
	in.Region.set(&g.Region)
	in.City.set(&g.City)
	switch {
	case g.Latitude < -90 || g.Latitude > 90:
		return nil, invalid("latitude", "it must be between -90 and 90")
	case g.Longitude < -180 || g.Longitude > 180:
		return nil, invalid("longitude", "it must be between -180 and 180")
	}
	if g.Primary {
		for j := range all {
			all[j].Primary = j == i
		}
	}
	u.geolocations = all
	return all[i], nil
}

func (u *user) client(id string) int {
	return slices.IndexFunc(u.geolocations, func(g geolocation) bool { return g.ID == id })
}

func (u *user) primaryGeolocation() *geolocation {
	for _, g := range u.geolocations {
		if g.Primary {
			return &g
		}
	}
	return nil
}
