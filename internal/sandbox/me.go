package sandbox

// meView is the upstream's UserMe: a User and sections about the organisation
// that a client needs when it starts.
type meView struct {
	userView
	Date                *serverDate           `json:"date,omitempty"`
	GeolocationSettings *geolocationSettings  `json:"geolocationSettings,omitempty"`
	Organization        *organizationView     `json:"organization,omitempty"`
	Presences           []organisationalState `json:"presenceDefinitions,omitzero"`
	DivisionPresences   []divisionPresence    `json:"divisionedPresenceDefinitions,omitzero"`
	Locations           []*location           `json:"locationDefinitions,omitzero"`
	Roles               []organizationRole    `json:"orgAuthorization,omitzero"`
	Favorites           []userView            `json:"favorites,omitzero"`
	Superiors           []userView            `json:"superiors,omitzero"`
	DirectReports       []userView            `json:"directReports,omitzero"`
	Adjacents           *adjacentsView        `json:"adjacents,omitempty"`
	RoutingSkills       []routingSkill        `json:"routingSkills,omitzero"`
	FieldConfigs        *fieldConfigs         `json:"fieldConfigs,omitempty"`
	Token               *tokenInfo            `json:"token,omitempty"`
	Trustors            []trustor             `json:"trustors,omitzero"`
	Products            []organizationProduct `json:"orgProducts,omitzero"`
}

type serverDate struct {
	CurrentDate instant `json:"currentDate"`
}

type geolocationSettings struct {
	ID      string `json:"id"`
	Enabled bool   `json:"enabled"`
	SelfURI string `json:"selfUri"`
}

type organizationView struct {
	ID                 string          `json:"id"`
	Name               string          `json:"name"`
	DefaultLanguage    string          `json:"defaultLanguage"`
	DefaultCountryCode string          `json:"defaultCountryCode"`
	Domain             string          `json:"domain"`
	Features           map[string]bool `json:"features"`
	Version            int32           `json:"version"`
	State              string          `json:"state"`
	VoicemailEnabled   bool            `json:"voicemailEnabled"`
	ProductPlatform    string          `json:"productPlatform"`
	SelfURI            string          `json:"selfUri"`
}

type organisationalState struct {
	ID             string            `json:"id"`
	Name           string            `json:"name"`
	LanguageLabels map[string]string `json:"languageLabels"`
	SystemPresence string            `json:"systemPresence"`
	Deactivated    bool              `json:"deactivated"`
	Primary        bool              `json:"primary"`
	SelfURI        string            `json:"selfUri"`
}

// divisionPresence is a presence as the divisions have it.
type divisionPresence struct {
	ID             string            `json:"id"`
	Name           string            `json:"name"`
	Type           string            `json:"type"`
	LanguageLabels map[string]string `json:"languageLabels"`
	SystemPresence string            `json:"systemPresence"`
	DivisionID     string            `json:"divisionId"`
	Deactivated    bool              `json:"deactivated"`
	SelfURI        string            `json:"selfUri"`
}

// organizationRole is a role as the organisation has it, whoever is given it.
type organizationRole struct {
	reference
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

const organisationName = "Sandbox"

// getUsersMe shows the user behind the token.
func getUsersMe(o *organisation, c *call) (any, error) {
	u, err := c.me(o)
	if err != nil {
		return nil, err
	}
	e, err := c.expansion()
	if err != nil {
		return nil, err
	}
	v := meView{userView: u.view(e)}
	for _, section := range e.sections {
		o.expandMe(&v, u, section, c)
	}
	return v, nil
}

// expandMe adds one of the sections that only "me" has. Two that can be asked for,
// routinglanguages and logCapture, add nothing: the answer has no member for them.
func (o *organisation) expandMe(v *meView, u *user, section string, c *call) {
	switch section {
	case "date":
		v.Date = &serverDate{CurrentDate: at(c.now)}
	case "geolocationsettings":
		v.GeolocationSettings = &geolocationSettings{
			ID: o.id, Enabled: true, SelfURI: apiPrefix + "geolocations/settings",
		}
	case "organization":
		v.Organization = o.view()
	case "presencedefinitions":
		v.Presences = viewAll(o.presences.list, (*presenceDefinition).organisational)
	case "divisionedpresencedefinitions":
		v.DivisionPresences = viewAll(o.presences.list, func(p *presenceDefinition) divisionPresence {
			return p.inDivision(o.divisions.list[0])
		})
	case "locationdefinitions":
		v.Locations = orEmpty(o.locations.list)
	case "orgauthorization":
		v.Roles = viewAll(o.roles.list, (*role).organisational)
	case "orgproducts":
		v.Products = []organizationProduct{{"collaborateSuite"}, {"engage"}}
	case "fieldconfigs":
		v.FieldConfigs = &fieldConfigs{o.fieldConfig("org"), o.fieldConfig("person"), o.fieldConfig("group")}
	case "favorites":
		v.Favorites = viewUsers(u.favorites(), expansion{})
	case "superiors":
		v.Superiors = viewUsers(u.superiors(), expansion{})
	case "directreports":
		v.DirectReports = viewUsers(u.directReports(), expansion{})
	case "adjacents":
		around := u.adjacents(expansion{})
		v.Adjacents = &around
	case "routingskills":
		v.RoutingSkills = viewAll(o.skills.list, func(s *reference) routingSkill {
			return routingSkill{ID: s.ID, Name: s.Name, State: stateActive, Version: "1", SelfURI: s.SelfURI}
		})
	case "token":
		v.Token = o.tokenInfo(c.caller)
	case "trustors":
		v.Trustors = o.trustorsOf(u)
	}
}

func (o *organisation) view() *organizationView {
	return &organizationView{
		ID: o.id, Name: organisationName, DefaultLanguage: "en-US", DefaultCountryCode: "US",
		Domain: o.domainName, Features: map[string]bool{"directory": true, "purecloudVoice": true}, Version: 1,
		State: stateActive, VoicemailEnabled: true, ProductPlatform: "GenesysCloud",
		SelfURI: apiPrefix + "organizations/" + o.id,
	}
}

func (o *organisation) tokenInfo(who caller) *tokenInfo {
	home := namedEntity{ID: o.id, Name: organisationName}
	info := &tokenInfo{Organization: home, HomeOrganization: home, AuthorizedScope: []string{}}
	if who.clientID != "" {
		info.Client = &oauthClient{ID: who.clientID, Name: "Sandbox client", GrantType: "CLIENT-CREDENTIALS"}
	}
	return info
}

func (p *presenceDefinition) organisational() organisationalState {
	return organisationalState{
		ID: p.ID, Name: p.SystemPresence, LanguageLabels: map[string]string{"en_US": p.SystemPresence},
		SystemPresence: p.SystemPresence, Primary: true, SelfURI: p.SelfURI,
	}
}

func (p *presenceDefinition) inDivision(d *reference) divisionPresence {
	return divisionPresence{
		ID: p.ID, Name: p.SystemPresence, Type: "System", LanguageLabels: map[string]string{"en_US": p.SystemPresence},
		SystemPresence: p.word(), DivisionID: d.ID, SelfURI: apiPrefix + "presence/definitions/" + p.ID,
	}
}

func (r *role) organisational() organizationRole {
	return organizationRole{r.reference, r.permissions, viewAll(r.policies, func(p permissionPolicy) permissionDomain {
		return permissionDomain{Domain: p.Domain, EntityName: p.EntityName, ActionSet: p.ActionSet}
	}), true, false}
}
