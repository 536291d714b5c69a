package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// reference is a named thing of the organisation and how it shows up inside
// other things.
type reference struct {
	ID      string `json:"id"`
	Name    string `json:"name,omitempty"`
	SelfURI string `json:"selfUri,omitempty"`
}

// link is a reference without the name, as to a manager or a group.
func (r *reference) link() reference { return reference{ID: r.ID, SelfURI: r.SelfURI} }

// userView is the upstream's User: the members that are always there, then the
// sections that only expand adds.
type userView struct {
	ID                 string         `json:"id"`
	Name               string         `json:"name"`
	Division           *reference     `json:"division,omitempty"`
	Chat               *chat          `json:"chat,omitempty"`
	Department         string         `json:"department,omitempty"`
	Email              string         `json:"email"`
	PrimaryContactInfo []contact      `json:"primaryContactInfo"`
	Addresses          []contact      `json:"addresses"`
	State              string         `json:"state"`
	Title              string         `json:"title,omitempty"`
	Username           string         `json:"username"`
	PreferredName      string         `json:"preferredName,omitempty"`
	Manager            *reference     `json:"manager,omitempty"`
	Images             []image        `json:"images,omitempty"`
	Version            int32          `json:"version"`
	AcdAutoAnswer      bool           `json:"acdAutoAnswer"`
	DateWelcomeSent    instant        `json:"dateWelcomeSent,omitzero"`
	Certifications     []string       `json:"certifications,omitzero"`
	Biography          *biography     `json:"biography,omitempty"`
	EmployerInfo       *employerInfo  `json:"employerInfo,omitempty"`
	RoutingStatus      *routingStatus `json:"routingStatus,omitempty"`
	Presence           *presenceView  `json:"presence,omitempty"`
	IntegrationPres    *presenceView  `json:"integrationPresence,omitempty"`
	Conversations      *conversations `json:"conversationSummary,omitempty"`
	OutOfOffice        *outOfOffice   `json:"outOfOffice,omitempty"`
	Geolocation        *geolocation   `json:"geolocation,omitempty"`
	Station            *stationsView  `json:"station,omitempty"`
	Authorization      *authorization `json:"authorization,omitempty"`
	ProfileSkills      []string       `json:"profileSkills,omitzero"`
	Locations          []userLocation `json:"locations,omitzero"`
	Groups             []reference    `json:"groups,omitzero"`
	Team               *reference     `json:"team,omitempty"`
	Skills             []skillView    `json:"skills,omitzero"`
	Languages          []languageView `json:"languages,omitzero"`
	LanguagePreference string         `json:"languagePreference,omitempty"`
	LastTokenIssued    *tokenIssued   `json:"lastTokenIssued,omitempty"`
	DateLastLogin      instant        `json:"dateLastLogin,omitzero"`
	SelfURI            string         `json:"selfUri"`
}

type chat struct {
	JabberID string `json:"jabberId,omitempty"`
}

type contact struct {
	Address     string `json:"address,omitempty"`
	Display     string `json:"display,omitempty"`
	MediaType   string `json:"mediaType,omitempty"`
	Type        string `json:"type,omitempty"`
	Extension   string `json:"extension,omitempty"`
	CountryCode string `json:"countryCode,omitempty"`
	Integration string `json:"integration,omitempty"`
}

type image struct {
	Resolution string `json:"resolution,omitempty"`
	ImageURI   string `json:"imageUri,omitempty"`
}

type biography struct {
	Biography string      `json:"biography,omitempty"`
	Interests []string    `json:"interests,omitempty"`
	Hobbies   []string    `json:"hobbies,omitempty"`
	Spouse    string      `json:"spouse,omitempty"`
	Education []education `json:"education,omitempty"`
}

type education struct {
	School       string `json:"school,omitempty"`
	FieldOfStudy string `json:"fieldOfStudy,omitempty"`
	Notes        string `json:"notes,omitempty"`
	DateStart    string `json:"dateStart,omitempty"`
	DateEnd      string `json:"dateEnd,omitempty"`
}

type employerInfo struct {
	OfficialName string `json:"officialName,omitempty"`
	EmployeeID   string `json:"employeeId,omitempty"`
	EmployeeType string `json:"employeeType,omitempty"`
	DateHire     string `json:"dateHire,omitempty"`
}

type userLocation struct {
	ID          string            `json:"id,omitempty"`
	FloorplanID string            `json:"floorplanId,omitempty"`
	Coordinates map[string]double `json:"coordinates,omitempty"`
	Notes       string            `json:"notes,omitempty"`
	Definition  *location         `json:"locationDefinition,omitempty"`
}

// location is an office of the organisation.
type location struct {
	ID      string           `json:"id"`
	Name    string           `json:"name"`
	Address *locationAddress `json:"address,omitempty"`
	State   string           `json:"state,omitempty"`
	Version int32            `json:"version"`
	SelfURI string           `json:"selfUri"`
}

type locationAddress struct {
	City    string `json:"city"`
	Country string `json:"country"`
	Street1 string `json:"street1"`
	Zipcode string `json:"zipcode"`
}

type tokenIssued struct {
	DateIssued instant `json:"dateIssued"`
}

// role is a named set of permissions.
type role struct {
	reference
	permissions []string
	policies    []permissionPolicy
}

type authorization struct {
	Roles       []reference        `json:"roles"`
	UnusedRoles []reference        `json:"unusedRoles"`
	Permissions []string           `json:"permissions"`
	Policies    []permissionPolicy `json:"permissionPolicies"`
}

type permissionPolicy struct {
	ID              string   `json:"id"`
	Domain          string   `json:"domain"`
	EntityName      string   `json:"entityName"`
	AllowConditions bool     `json:"allowConditions"`
	ActionSet       []string `json:"actionSet"`
}

// conversations counts a user's conversations by media type.
type conversations struct {
	UserID           string      `json:"userId"`
	Call             mediaCounts `json:"call"`
	Callback         mediaCounts `json:"callback"`
	Email            mediaCounts `json:"email"`
	Message          mediaCounts `json:"message"`
	Chat             mediaCounts `json:"chat"`
	SocialExpression mediaCounts `json:"socialExpression"`
	Video            mediaCounts `json:"video"`
}

type mediaCounts struct {
	ContactCenter conversationCounts `json:"contactCenter"`
	Enterprise    conversationCounts `json:"enterprise"`
}

type conversationCounts struct {
	Active int32 `json:"active"`
	ACW    int32 `json:"acw"`
}

// expansion is what an expand parameter asked for.
type expansion struct {
	sections          []string
	integrationSource string // whose presence is shown, if not the platform's
}

// wants tells whether a section was named. Unknown names are ignored: newer
// SDKs ask for sections that older servers do not have.
func (e expansion) wants(section string) bool { return slices.Contains(e.sections, section) }

// expansion reads expand and integrationPresenceSource.
func (c *call) expansion() (expansion, error) {
	source, err := integrationSource(c.query.Get("integrationPresenceSource"))
	return expansion{sections: c.strings("expand"), integrationSource: source}, err
}

func integrationSource(text string) (string, error) {
	if text == "" || slices.Contains(integrationSources, text) {
		return text, nil
	}
	return "", invalid("integrationPresenceSource", "it must be one of "+strings.Join(integrationSources, ", "))
}

// view shows the user as the upstream does.
func (u *user) view(e expansion) userView {
	v := userView{
		ID:                 u.id,
		Name:               u.name,
		Division:           u.division,
		Chat:               &chat{JabberID: u.jabberID},
		Department:         u.department,
		Email:              u.email,
		PrimaryContactInfo: u.primaryContacts(),
		Addresses:          orEmpty(u.addresses),
		State:              u.state,
		Title:              u.title,
		Username:           u.username,
		PreferredName:      u.preferredName,
		Images:             u.pictures(),
		Version:            u.version,
		AcdAutoAnswer:      u.acdAutoAnswer,
		DateWelcomeSent:    at(u.welcomeSent),
		SelfURI:            u.selfURI(),
	}
	if u.manager != nil && u.manager.state != stateDeleted {
		v.Manager = u.manager.link()
	}
	for _, section := range e.sections {
		u.expand(&v, section, e)
	}
	return v
}

// expand adds one section.
func (u *user) expand(v *userView, section string, e expansion) {
	switch section {
	case "routingStatus":
		v.RoutingStatus = u.routingStatus()
	case "presence":
		v.Presence = u.presenceFrom(cmp.Or(e.integrationSource, purecloudSource))
	case "integrationPresence":
		if e.integrationSource != "" {
			v.IntegrationPres = u.presenceFrom(e.integrationSource)
		}
	case "conversationSummary":
		v.Conversations = u.conversations()
	case "outOfOffice":
		v.OutOfOffice = u.outOfOfficeView()
	case "geolocation":
		v.Geolocation = u.primaryGeolocation()
	case "station":
		v.Station = u.stationsView()
	case "authorization", "authorization.unusedRoles":
		v.Authorization = u.authorization(e.wants("authorization.unusedRoles"))
	case "lasttokenissued":
		if !u.lastLogin.IsZero() {
			v.LastTokenIssued = &tokenIssued{DateIssued: at(u.lastLogin)}
		}
	case "dateLastLogin":
		v.DateLastLogin = at(u.lastLogin)
	case "team":
		v.Team = u.team
	case "profileSkills":
		v.ProfileSkills = orEmpty(u.profileSkills)
	case "certifications":
		v.Certifications = orEmpty(u.certifications)
	case "locations":
		v.Locations = orEmpty(u.locations)
	case "groups":
		v.Groups = make([]reference, 0, len(u.groups))
		for _, g := range u.groups {
			v.Groups = append(v.Groups, g.link())
		}
	case "skills":
		v.Skills = viewAll(u.skills, u.skillView)
	case "languages":
		v.Languages = viewAll(u.languages, u.languageView)
	case "languagePreference":
		v.LanguagePreference = u.languagePreference
	case "employerInfo":
		v.EmployerInfo = u.employerInfo
	case "biography":
		v.Biography = u.biography
	}
}

func (u *user) selfURI() string { return apiPrefix + "users/" + u.id }

func (u *user) link() *reference { return userLink(u.id) }

// primaryContacts are the login address and the first telephone.
func (u *user) primaryContacts() []contact {
	contacts := []contact{{Address: u.email, MediaType: "EMAIL", Type: "PRIMARY"}}
	for _, a := range u.addresses {
		if a.MediaType == "PHONE" {
			return append(contacts, a)
		}
	}
	return contacts
}

// displayed fills in what the upstream makes of addresses, whatever a body says.
func displayed(contacts []contact) []contact {
	return viewAll(contacts, func(c contact) contact {
		c.Display = c.Address
		if line, ok := strings.CutPrefix(c.Address, "+1"); ok && len(line) == 10 && c.MediaType != "EMAIL" {
			c.Display = "(" + line[:3] + ") " + line[3:6] + "-" + line[6:]
		}
		return c
	})
}

func (u *user) pictures() []image {
	if !u.pictured {
		return u.images
	}
	images := make([]image, 0, 6)
	for _, size := range []string{"x48", "x96", "x128", "x200", "x300", "x400"} {
		images = append(images, image{
			Resolution: size,
			ImageURI:   "https://images.example.com/users/" + u.id + "/" + size + ".jpg?x=1&y=2",
		})
	}
	return images
}

// unusedRole is the name of the role that nobody who has it ever uses.
const unusedRole = "Reporting User"

func (u *user) authorization(unused bool) *authorization {
	a := &authorization{
		Roles:       []reference{},
		UnusedRoles: []reference{},
		Permissions: []string{},
		Policies:    []permissionPolicy{},
	}
	for _, r := range u.roles() {
		a.Roles = append(a.Roles, reference{ID: r.ID, Name: r.Name})
		if unused && r.Name == unusedRole {
			a.UnusedRoles = append(a.UnusedRoles, reference{ID: r.ID, Name: r.Name})
		}
		a.Permissions = append(a.Permissions, r.permissions...)
		a.Policies = append(a.Policies, r.policies...)
	}
	slices.Sort(a.Permissions)
	a.Permissions = slices.Compact(a.Permissions)
	return a
}

// conversations is one call for whoever is interacting, and nothing else.
func (u *user) conversations() *conversations {
	c := &conversations{UserID: u.id}
	if u.routing.status == statusInteracting {
		c.Call.ContactCenter.Active = 1
	}
	return c
}

// viewAll renders a list that is never null.
func viewAll[S, T any](all []S, view func(S) T) []T {
	views := make([]T, 0, len(all))
	for _, item := range all {
		views = append(views, view(item))
	}
	return views
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// ago is a moment before now, for seeds.
func ago(now time.Time, d time.Duration) time.Time { return at(now.Add(-d)).Time }
