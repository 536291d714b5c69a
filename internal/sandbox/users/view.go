package users

import (
	"cmp"
	"slices"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/authorization"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/presence"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/routing"
	"github.com/switchboard-gw/switchboard/internal/sandbox/telephony"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// UserView is the upstream's User: the members that are always there, then the
// sections that only expand adds.
type UserView struct {
	ID                 string                           `json:"id"`
	Name               string                           `json:"name"`
	Division           *org.Reference                   `json:"division,omitempty"`
	Chat               *chat                            `json:"chat,omitempty"`
	Department         string                           `json:"department,omitempty"`
	Email              string                           `json:"email"`
	PrimaryContactInfo []org.Contact                    `json:"primaryContactInfo"`
	Addresses          []org.Contact                    `json:"addresses"`
	State              string                           `json:"state"`
	Title              string                           `json:"title,omitempty"`
	Username           string                           `json:"username"`
	PreferredName      string                           `json:"preferredName,omitempty"`
	Manager            *org.Reference                   `json:"manager,omitempty"`
	Images             []org.Image                      `json:"images,omitempty"`
	Version            int32                            `json:"version"`
	AcdAutoAnswer      bool                             `json:"acdAutoAnswer"`
	DateWelcomeSent    wire.Instant                     `json:"dateWelcomeSent,omitzero"`
	Certifications     []string                         `json:"certifications,omitzero"`
	Biography          *org.Biography                   `json:"biography,omitempty"`
	EmployerInfo       *org.EmployerInfo                `json:"employerInfo,omitempty"`
	RoutingStatus      *routing.Status                  `json:"routingStatus,omitempty"`
	Presence           *presence.View                   `json:"presence,omitempty"`
	IntegrationPres    *presence.View                   `json:"integrationPresence,omitempty"`
	Conversations      *conversations                   `json:"conversationSummary,omitempty"`
	OutOfOffice        *org.OutOfOffice                 `json:"outOfOffice,omitempty"`
	Geolocation        *org.Geolocation                 `json:"geolocation,omitempty"`
	Station            *telephony.StationsView          `json:"station,omitempty"`
	Authorization      *authorization.UserAuthorization `json:"authorization,omitempty"`
	ProfileSkills      []string                         `json:"profileSkills,omitzero"`
	Locations          []org.UserLocation               `json:"locations,omitzero"`
	Groups             []org.Reference                  `json:"groups,omitzero"`
	Team               *org.Reference                   `json:"team,omitempty"`
	Skills             []routing.SkillView              `json:"skills,omitzero"`
	Languages          []routing.LanguageView           `json:"languages,omitzero"`
	LanguagePreference string                           `json:"languagePreference,omitempty"`
	LastTokenIssued    *tokenIssued                     `json:"lastTokenIssued,omitempty"`
	DateLastLogin      wire.Instant                     `json:"dateLastLogin,omitzero"`
	SelfURI            string                           `json:"selfUri"`
}

type chat struct {
	JabberID string `json:"jabberId,omitempty"`
}

type tokenIssued struct {
	DateIssued wire.Instant `json:"dateIssued"`
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

// Expansion is what an expand parameter asked for.
type Expansion struct {
	Sections          []string
	IntegrationSource string // whose presence is shown, if not the platform's
}

// wants tells whether a section was named. Unknown names are ignored: newer
// SDKs ask for sections that older servers do not have.
func (e Expansion) wants(section string) bool { return slices.Contains(e.Sections, section) }

// ReadExpansion reads expand and integrationPresenceSource.
func ReadExpansion(c *api.Call) (Expansion, error) {
	source, err := IntegrationSource(c.Query.Get("integrationPresenceSource"))
	return Expansion{Sections: c.Strings("expand"), IntegrationSource: source}, err
}

// IntegrationSource reads the name of an integration, or nothing.
func IntegrationSource(text string) (string, error) {
	if text == "" || slices.Contains(presence.IntegrationSources, text) {
		return text, nil
	}
	return "", problem.Invalid("integrationPresenceSource", "it must be one of "+strings.Join(presence.IntegrationSources, ", "))
}

// view shows the user as the upstream does.
func view(u *org.User, e Expansion) UserView {
	v := UserView{
		ID:                 u.ID,
		Name:               u.Name,
		Division:           u.Division,
		Chat:               &chat{JabberID: u.JabberID},
		Department:         u.Department,
		Email:              u.Email,
		PrimaryContactInfo: u.PrimaryContacts(),
		Addresses:          wire.OrEmpty(u.Addresses),
		State:              u.State,
		Title:              u.Title,
		Username:           u.Username,
		PreferredName:      u.PreferredName,
		Images:             u.Pictures(),
		Version:            u.Version,
		AcdAutoAnswer:      u.AcdAutoAnswer,
		DateWelcomeSent:    wire.At(u.WelcomeSent),
		SelfURI:            u.SelfURI(),
	}
	if u.Manager != nil && u.Manager.State != org.StateDeleted {
		v.Manager = u.Manager.Link()
	}
	for _, section := range e.Sections {
		expand(u, &v, section, e)
	}
	return v
}

// expand adds one section.
func expand(u *org.User, v *UserView, section string, e Expansion) {
	switch section {
	case "routingStatus":
		v.RoutingStatus = routing.StatusOf(u)
	case "presence":
		v.Presence = presence.From(u, cmp.Or(e.IntegrationSource, presence.PurecloudSource))
	case "integrationPresence":
		if e.IntegrationSource != "" {
			v.IntegrationPres = presence.From(u, e.IntegrationSource)
		}
	case "conversationSummary":
		v.Conversations = conversationsOf(u)
	case "outOfOffice":
		v.OutOfOffice = presence.OutOfOffice(u)
	case "geolocation":
		v.Geolocation = presence.PrimaryGeolocation(u)
	case "station":
		v.Station = telephony.Stations(u)
	case "authorization", "authorization.unusedRoles":
		v.Authorization = authorization.Of(u, e.wants("authorization.unusedRoles"))
	case "lasttokenissued":
		if !u.LastLogin.IsZero() {
			v.LastTokenIssued = &tokenIssued{DateIssued: wire.At(u.LastLogin)}
		}
	case "dateLastLogin":
		v.DateLastLogin = wire.At(u.LastLogin)
	case "team":
		v.Team = u.Team
	case "profileSkills":
		v.ProfileSkills = wire.OrEmpty(u.ProfileSkills)
	case "certifications":
		v.Certifications = wire.OrEmpty(u.Certifications)
	case "locations":
		v.Locations = wire.OrEmpty(u.Locations)
	case "groups":
		v.Groups = make([]org.Reference, 0, len(u.Groups))
		for _, g := range u.Groups {
			v.Groups = append(v.Groups, g.Link())
		}
	case "skills":
		v.Skills = routing.Skills(u)
	case "languages":
		v.Languages = routing.Languages(u)
	case "languagePreference":
		v.LanguagePreference = u.LanguagePreference
	case "employerInfo":
		v.EmployerInfo = u.EmployerInfo
	case "biography":
		v.Biography = u.Biography
	}
}

// conversationsOf is one call for whoever is interacting, and nothing else.
func conversationsOf(u *org.User) *conversations {
	c := &conversations{UserID: u.ID}
	if u.Routing.Status == org.StatusInteracting {
		c.Call.ContactCenter.Active = 1
	}
	return c
}
