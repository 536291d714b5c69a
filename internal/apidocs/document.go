package apidocs

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Server is what a document must say of the server that hands it out, since it is
// a matter of settings.
type Server struct {
	// APIPrefix and LoginPrefix are what stands before /api/v2 and /oauth/token:
	// nothing, or segments with a leading slash each.
	APIPrefix, LoginPrefix string
	// Login says that clients can log in here.
	Login bool
	// NeedsToken says that a call without a token of its own is refused.
	NeedsToken bool
}

// document is an OpenAPI 3 document as far as it is about the server. The rest is
// passed on as it is; a member that has no place here would be lost, and is an
// error.
type document struct {
	OpenAPI    json.RawMessage       `json:"openapi"`
	Info       json.RawMessage       `json:"info"`
	Servers    []location            `json:"servers"`
	Security   []map[string][]string `json:"security"`
	Tags       json.RawMessage       `json:"tags"`
	Paths      json.RawMessage       `json:"paths"`
	Components struct {
		Schemas         json.RawMessage `json:"schemas"`
		Responses       json.RawMessage `json:"responses"`
		SecuritySchemes struct {
			Token json.RawMessage `json:"token"`
			Login *loginScheme    `json:"login,omitempty"`
		} `json:"securitySchemes"`
	} `json:"components"`
}

type location struct {
	Description string `json:"description,omitempty"`
	URL         string `json:"url"`
}

type loginScheme struct {
	Type        string `json:"type"`
	Description string `json:"description"`
	Flows       struct {
		ClientCredentials struct {
			TokenURL string            `json:"tokenUrl"`
			Scopes   map[string]string `json:"scopes"`
		} `json:"clientCredentials"`
	} `json:"flows"`
}

// Describe returns the document, which speaks of a server without prefixes that
// can do all, as this server's.
func (s Server) Describe(general []byte) ([]byte, error) {
	var d document
	in := json.NewDecoder(bytes.NewReader(general))
	in.DisallowUnknownFields()
	if err := in.Decode(&d); err != nil {
		return nil, fmt.Errorf("the OpenAPI document: %w", err)
	}
	schemes := &d.Components.SecuritySchemes
	if len(d.Servers) != 1 || schemes.Login == nil {
		return nil, fmt.Errorf("the OpenAPI document has %d servers, and a login: %t", len(d.Servers), schemes.Login != nil)
	}
	if s.APIPrefix != "" {
		d.Servers[0].URL = s.APIPrefix
	}
	schemes.Login.Flows.ClientCredentials.TokenURL = s.LoginPrefix + schemes.Login.Flows.ClientCredentials.TokenURL
	if !s.Login {
		schemes.Login = nil
	}
	security := d.Security[:0]
	for _, way := range d.Security {
		_, byLogin := way["login"]
		if withoutToken := len(way) == 0; withoutToken && s.NeedsToken || byLogin && !s.Login {
			continue
		}
		security = append(security, way)
	}
	d.Security = security
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(d); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
