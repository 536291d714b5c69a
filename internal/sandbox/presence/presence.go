package presence

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// PurecloudSource is the platform's own presence, as against one that an
// integration reports.
const PurecloudSource = "PURECLOUD"

// IntegrationSources are the integrations that can report a presence.
var IntegrationSources = []string{"MicrosoftTeams", "ZoomPhone", "EightByEight", "RingCentral"}

// View is the upstream's UserPresence.
type View struct {
	ID           string                  `json:"id"`
	Source       string                  `json:"source"`
	Definition   *org.PresenceDefinition `json:"presenceDefinition"`
	Message      string                  `json:"message"`
	ModifiedDate wire.Instant            `json:"modifiedDate"`
	SelfURI      string                  `json:"selfUri"`
}

// From shows the presence of a user as a source reports it.
func From(u *org.User, source string) *View {
	return &View{
		ID:           u.ID,
		Source:       source,
		Definition:   u.Presence.Definition,
		Message:      u.Presence.Message,
		ModifiedDate: wire.At(u.Presence.Since),
		SelfURI:      u.SelfURI() + "/presences/" + source,
	}
}

// OrganizationPresence is a presence as the organisation defines it.
type OrganizationPresence struct {
	ID             string            `json:"id"`
	Name           string            `json:"name"`
	LanguageLabels map[string]string `json:"languageLabels"`
	SystemPresence string            `json:"systemPresence"`
	Deactivated    bool              `json:"deactivated"`
	Primary        bool              `json:"primary"`
	SelfURI        string            `json:"selfUri"`
}

// DivisionPresence is a presence as the divisions have it.
type DivisionPresence struct {
	ID             string            `json:"id"`
	Name           string            `json:"name"`
	Type           string            `json:"type"`
	LanguageLabels map[string]string `json:"languageLabels"`
	SystemPresence string            `json:"systemPresence"`
	DivisionID     string            `json:"divisionId"`
	Deactivated    bool              `json:"deactivated"`
	SelfURI        string            `json:"selfUri"`
}

// InOrganization shows a presence as the organisation has it.
func InOrganization(p *org.PresenceDefinition) OrganizationPresence {
	return OrganizationPresence{
		ID: p.ID, Name: p.SystemPresence, LanguageLabels: map[string]string{"en_US": p.SystemPresence},
		SystemPresence: p.SystemPresence, Primary: true, SelfURI: p.SelfURI,
	}
}

// InDivision shows a presence as a division has it.
func InDivision(p *org.PresenceDefinition, d *org.Reference) DivisionPresence {
	return DivisionPresence{
		ID: p.ID, Name: p.SystemPresence, Type: "System", LanguageLabels: map[string]string{"en_US": p.SystemPresence},
		SystemPresence: p.Word(), DivisionID: d.ID, SelfURI: wire.APIPrefix + "presence/definitions/" + p.ID,
	}
}
