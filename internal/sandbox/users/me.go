package users

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/access"
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/presence"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// meView is the upstream's UserMe: a User and sections about the organisation
// that a client needs when it starts.
type meView struct {
	UserView
	Date                *serverDate                     `json:"date,omitempty"`
	GeolocationSettings *geolocationSettings            `json:"geolocationSettings,omitempty"`
	Organization        *organizationView               `json:"organization,omitempty"`
	Presences           []presence.OrganizationPresence `json:"presenceDefinitions,omitzero"`
	DivisionPresences   []presence.DivisionPresence     `json:"divisionedPresenceDefinitions,omitzero"`
	Locations           []*org.Location                 `json:"locationDefinitions,omitzero"`
	Roles               []organizationRole              `json:"orgAuthorization,omitzero"`
	Favorites           []UserView                      `json:"favorites,omitzero"`
	Superiors           []UserView                      `json:"superiors,omitzero"`
	DirectReports       []UserView                      `json:"directReports,omitzero"`
	Adjacents           *adjacentsView                  `json:"adjacents,omitempty"`
	RoutingSkills       []routingSkill                  `json:"routingSkills,omitzero"`
	FieldConfigs        *fieldConfigs                   `json:"fieldConfigs,omitempty"`
	Token               *tokenInfo                      `json:"token,omitempty"`
	Trustors            []trustor                       `json:"trustors,omitzero"`
	Products            []organizationProduct           `json:"orgProducts,omitzero"`
}

type serverDate struct {
	CurrentDate wire.Instant `json:"currentDate"`
}

type geolocationSettings struct {
	ID      string `json:"id"`
	Enabled bool   `json:"enabled"`
	SelfURI string `json:"selfUri"`
}

// organizationRole is a role as the organisation has it, whoever is given it.
type organizationRole struct {
	org.Reference
	Permissions []string           `json:"permissions"`
	Policies    []permissionDomain `json:"permissionPolicies"`
	Default     bool               `json:"default"`
	Base        bool               `json:"base"`
}

type permissionDomain struct {
	Domain          string   `json:"domain"`
	EntityName      string   `json:"entityName"`
	ActionSet       []string `json:"actionSet"`
	AllowConditions bool     `json:"allowConditions"`
}

type organizationProduct struct {
	ID string `json:"id"`
}

type fieldConfigs struct {
	Org    fieldConfig `json:"org"`
	Person fieldConfig `json:"person"`
	Group  fieldConfig `json:"group"`
}

type routingSkill struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	State   string `json:"state"`
	Version string `json:"version"`
	SelfURI string `json:"selfUri"`
}

type tokenInfo struct {
	Organization     namedEntity  `json:"organization"`
	HomeOrganization namedEntity  `json:"homeOrganization"`
	AuthorizedScope  []string     `json:"authorizedScope"`
	Client           *oauthClient `json:"OAuthClient,omitempty"`
}

type namedEntity struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type oauthClient struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	GrantType string `json:"authorizedGrantType"`
}

// getUsersMe shows the user behind the token.
func getUsersMe(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.Me(o)
	if err != nil {
		return nil, err
	}
	e, err := ReadExpansion(c)
	if err != nil {
		return nil, err
	}
	v := meView{UserView: view(u, e)}
	for _, section := range e.Sections {
		expandMe(o, &v, u, section, c)
	}
	return v, nil
}

// expandMe adds one of the sections that only "me" has. Two that can be asked for,
// routinglanguages and logCapture, add nothing: the answer has no member for them.
func expandMe(o *org.Organisation, v *meView, u *org.User, section string, c *api.Call) {
	switch section {
	case "date":
		v.Date = &serverDate{CurrentDate: wire.At(c.Now)}
	case "geolocationsettings":
		v.GeolocationSettings = &geolocationSettings{
			ID: o.ID, Enabled: true, SelfURI: wire.APIPrefix + "geolocations/settings",
		}
	case "organization":
		v.Organization = Organization(o)
	case "presencedefinitions":
		v.Presences = wire.ViewAll(o.Presences.List, presence.InOrganization)
	case "divisionedpresencedefinitions":
		v.DivisionPresences = wire.ViewAll(o.Presences.List, func(p *org.PresenceDefinition) presence.DivisionPresence {
			return presence.InDivision(p, o.HomeDivision())
		})
	case "locationdefinitions":
		v.Locations = wire.OrEmpty(o.Locations.List)
	case "orgauthorization":
		v.Roles = wire.ViewAll(o.Roles.List, organizationRoleOf)
	case "orgproducts":
		v.Products = []organizationProduct{{"collaborateSuite"}, {"engage"}}
	case "fieldconfigs":
		v.FieldConfigs = &fieldConfigs{fieldConfigOf(o, "org"), fieldConfigOf(o, "person"), fieldConfigOf(o, "group")}
	case "favorites":
		v.Favorites = ViewUsers(u.Favorites(), Expansion{})
	case "superiors":
		v.Superiors = ViewUsers(u.Superiors(), Expansion{})
	case "directreports":
		v.DirectReports = ViewUsers(u.DirectReports(), Expansion{})
	case "adjacents":
		around := adjacentsOf(u, Expansion{})
		v.Adjacents = &around
	case "routingskills":
		v.RoutingSkills = wire.ViewAll(o.Skills.List, func(s *org.Reference) routingSkill {
			return routingSkill{ID: s.ID, Name: s.Name, State: org.StateActive, Version: "1", SelfURI: s.SelfURI}
		})
	case "token":
		v.Token = tokenInfoOf(o, c.Caller)
	case "trustors":
		v.Trustors = trustorsOf(o, u)
	}
}

func tokenInfoOf(o *org.Organisation, who access.Caller) *tokenInfo {
	home := namedEntity{ID: o.ID, Name: org.Name}
	info := &tokenInfo{Organization: home, HomeOrganization: home, AuthorizedScope: []string{}}
	if who.ClientID != "" {
		info.Client = &oauthClient{ID: who.ClientID, Name: "Sandbox client", GrantType: "CLIENT-CREDENTIALS"}
	}
	return info
}

func organizationRoleOf(r *org.Role) organizationRole {
	return organizationRole{r.Reference, r.Permissions, wire.ViewAll(r.Policies, func(p org.PermissionPolicy) permissionDomain {
		return permissionDomain{Domain: p.Domain, EntityName: p.EntityName, ActionSet: p.ActionSet}
	}), true, false}
}
