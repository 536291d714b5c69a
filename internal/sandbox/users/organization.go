package users

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

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

// Organization shows the organisation.
func Organization(o *org.Organisation) *organizationView {
	return &organizationView{
		ID: o.ID, Name: org.Name, DefaultLanguage: "en-US", DefaultCountryCode: "US",
		Domain: o.DomainName, Features: map[string]bool{"directory": true, "purecloudVoice": true}, Version: 1,
		State: org.StateActive, VoicemailEnabled: true, ProductPlatform: "GenesysCloud",
		SelfURI: wire.APIPrefix + "organizations/" + o.ID,
	}
}
