package config

import "testing"

func TestTheUpstreamFollowsFromTheSettings(t *testing.T) {
	t.Parallel()
	const de, deLogin = "https://api.mypurecloud.de", "https://login.mypurecloud.de"
	tests := []struct {
		name       string
		args       []string
		env        []string
		api, login string
	}{
		{"region by key", []string{"--region=eu_central_1"}, nil, de, deLogin},
		{"region with dashes", []string{"--region=eu-central-1"}, nil, de, deLogin},
		{"region in capitals", []string{"--region=EU_CENTRAL_1"}, nil, de, deLogin},
		{"region by domain", []string{"--region=mypurecloud.de"}, nil, de, deLogin},
		{"region in the vendor's variable", nil, []string{"GENESYSCLOUD_REGION=eu-central-1"}, de, deLogin},
		{"API address alone", []string{"--upstream-url=https://API.Example.com:8443/"}, nil, "https://api.example.com:8443", "https://login.example.com:8443"},
		{"API address goes before the region", []string{"--upstream-url=https://api.example.com", "--region=eu_central_1"}, nil, "https://api.example.com", "https://login.example.com"},
		{"proxy with the region's login", []string{"--upstream-url=https://proxy.corp/genesys/", "--region=eu_central_1"}, nil, "https://proxy.corp/genesys", deLogin},
		{"both addresses", []string{"--upstream-url=https://one.corp/a%2Fb", "--login-url=https://two.corp"}, nil, "https://one.corp/a%2Fb", "https://two.corp"},
		{"login address goes before the region", []string{"--region=eu_central_1", "--login-url=https://two.corp/"}, nil, de, "https://two.corp"},
		{"plain http on this machine by name", []string{"--upstream-url=http://localhost:1", "--login-url=http://localhost:2"}, nil, "http://localhost:1", "http://localhost:2"},
		{"plain http on this machine by number", []string{"--upstream-url=http://127.1.2.3:1", "--login-url=http://[::1]:2"}, nil, "http://127.1.2.3:1", "http://[::1]:2"},
		{"plain http anywhere when allowed", []string{"--upstream-url=http://api.corp", "--upstream-insecure"}, nil, "http://api.corp", "http://login.corp"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := mustLoad(t, append(test.args, "--upstream-auth=caller"), test.env)
			if got.UpstreamURL != test.api || got.LoginURL != test.login || got.Sandbox {
				t.Errorf("got %s, %s, sandbox %t; want %s, %s", got.UpstreamURL, got.LoginURL, got.Sandbox, test.api, test.login)
			}
		})
	}
}

func TestTheSandboxPushesWeakerSettingsAsideCompletely(t *testing.T) {
	t.Parallel()
	shell := []string{"GENESYSCLOUD_REGION=eu_central_1", "GENESYSCLOUD_OAUTHCLIENT_ID=an-id", "GENESYSCLOUD_OAUTHCLIENT_SECRET=" + secret}
	got, want := mustLoad(t, []string{"--sandbox"}, shell), mustLoad(t, nil, nil)
	if *got != *want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestFreePortsAreNotTheSameAddress(t *testing.T) {
	t.Parallel()
	got := mustLoad(t, []string{"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0"}, nil)
	if got.AdminAddr != "127.0.0.1:0" {
		t.Errorf("got %s", got.AdminAddr)
	}
}
