package apidocs_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/switchboard-gw/switchboard/gen"
	"github.com/switchboard-gw/switchboard/internal/apidocs"
)

func TestTheDocumentIsAboutTheServerThatHandsItOut(t *testing.T) {
	t.Parallel()
	var general map[string]any
	if err := json.Unmarshal(gen.OpenAPI, &general); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		server   apidocs.Server
		url      string
		tokenURL string // empty: there is no login
		security string
	}{
		{"as it is", apidocs.Server{Login: true}, "/", "/oauth/token", `[{},{"token":[]},{"login":[]}]`},
		{
			"below prefixes", apidocs.Server{APIPrefix: "/genesys", LoginPrefix: "/log/in", Login: true},
			"/genesys", "/log/in/oauth/token", `[{},{"token":[]},{"login":[]}]`,
		},
		{"without logins", apidocs.Server{LoginPrefix: "/login"}, "/", "", `[{},{"token":[]}]`},
		{"without a token of its own", apidocs.Server{NeedsToken: true, Login: true}, "/", "/oauth/token", `[{"token":[]},{"login":[]}]`},
		{"with callers' tokens only", apidocs.Server{NeedsToken: true}, "/", "", `[{"token":[]}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, err := c.server.Describe(gen.OpenAPI)
			if err != nil {
				t.Fatal(err)
			}
			d, err := openapi3.NewLoader().LoadFromData(text)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Validate(t.Context()); err != nil {
				t.Error(err)
			}
			if d.Servers[0].URL != c.url {
				t.Errorf("the server is at %q", d.Servers[0].URL)
			}
			if security, _ := json.Marshal(d.Security); string(security) != c.security {
				t.Errorf("security is %s", security)
			}
			got := ""
			if login := d.Components.SecuritySchemes["login"]; login != nil {
				got = login.Value.Flows.ClientCredentials.TokenURL
			}
			if got != c.tokenURL {
				t.Errorf("the login is at %q", got)
			}

			// All else stays as it is.
			var served map[string]any
			if err := json.Unmarshal(text, &served); err != nil {
				t.Fatal(err)
			}
			for name, want := range general {
				switch name {
				case "servers", "security":
				case "components":
					for part, want := range want.(map[string]any) {
						if got := served[name].(map[string]any)[part]; part != "securitySchemes" && !reflect.DeepEqual(got, want) {
							t.Errorf("the %s are others", part)
						}
					}
				default:
					if !reflect.DeepEqual(served[name], want) {
						t.Errorf("%s is another", name)
					}
				}
			}
			if len(served) != len(general) {
				t.Errorf("there are %d members, want %d", len(served), len(general))
			}
		})
	}
}

// What Describe has no place for must not get lost in silence.
func TestADocumentOfAnotherKindIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no JSON":                  "{",
		"a new member":             strings.Replace(string(gen.OpenAPI), `"info":`, `"webhooks": {}, "info":`, 1),
		"a new kind of components": strings.Replace(string(gen.OpenAPI), `"schemas":`, `"headers": {}, "schemas":`, 1),
		"more about the server":    strings.Replace(string(gen.OpenAPI), `"url": "/"`, `"url": "/", "variables": {}`, 1),
		"nothing":                  "{}",
	} {
		if text == string(gen.OpenAPI) {
			t.Fatalf("%s: the document is the same", name)
		}
		if _, err := (apidocs.Server{}).Describe([]byte(text)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
