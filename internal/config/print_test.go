package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatIsPrintedGivesTheSameSettingsAgain(t *testing.T) {
	t.Parallel()
	id, key := write(t, "id", "an-id"), write(t, "secret", secret)
	odd := filepath.Join(filepath.Dir(id), "ready: #1 'file'")
	secretAnew := []string{"GENESYSCLOUD_OAUTHCLIENT_SECRET=" + secret}
	tests := []struct {
		name  string
		args  []string
		again []string // What the file cannot hold.
	}{
		{"the sandbox", nil, nil},
		{"a region with files", []string{"--region=eu-central-1", "--client-id-file=" + id, "--client-secret-file=" + key}, nil},
		{"a secret that is given anew", []string{"--region=eu-central-1", "--client-id=0x1F", "--client-secret=" + secret}, secretAnew},
		{"callers' tokens through a proxy", []string{"--upstream-url=http://proxy.corp", "--login-url=http://login.corp", "--upstream-insecure", "--upstream-auth=caller"}, nil},
		{"values in other notations", []string{"--timeout=90000ms", "--max-timeout=1h", "--max-request-bytes=2048KiB", "--max-response-bytes=70000", "--log-level=ERROR", "--reflection=off", "--ready-file=" + odd}, nil},
		{"a sandbox on a bad day", []string{"--sandbox-error-rate=33.3%", "--sandbox-reset-rate=0.01%", "--sandbox-latency=1500us", "--sandbox-client-permissions=*:*:*", "--sandbox-fault-operations=getUser,/a/*"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			want := mustLoad(t, test.args, nil)
			_, command, err := Load(append(test.args, "--print-config"), nil)
			if err != nil || command.Action != Print {
				t.Fatalf("got %v, %v", command, err)
			}
			if strings.Contains(command.Text, secret) {
				t.Errorf("shows the secret:\n%s", command.Text)
			}
			got := mustLoad(t, []string{"--config", write(t, "again.yaml", command.Text)}, test.again)
			if *got != *want {
				t.Errorf("got %+v\nwant %+v\nfrom\n%s", got, want, command.Text)
			}
		})
	}
}

func TestPrintedSettingsSayWhereTheyComeFrom(t *testing.T) {
	t.Parallel()
	file := write(t, "f.yaml", "upstream-tokens: 5\nreflection: false\n")
	_, command, err := Load(
		[]string{"--print-config", "--config", file, "--timeout=1m"},
		[]string{"GENESYSCLOUD_REGION=mypurecloud.de", "SWITCHBOARD_CLIENT_ID=an-id", "GENESYSCLOUD_OAUTHCLIENT_SECRET=" + secret, "SWITCHBOARD_REFLECTION=true"})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "print.golden", strings.ReplaceAll(command.Text, file, "FILE"))
}

func TestASecretIsMaskedHoweverItIsPrinted(t *testing.T) {
	t.Parallel()
	cfg := Config{ClientSecret: secret}
	encoded, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "cfg", cfg, "s", cfg.ClientSecret)
	for how, text := range map[string]string{
		"%v": fmt.Sprintf("%v", cfg), "%+v": fmt.Sprintf("%+v", &cfg), "%#v": fmt.Sprintf("%#v", cfg),
		"%q": fmt.Sprintf("%q", cfg.ClientSecret), "%x": fmt.Sprintf("%x", cfg.ClientSecret),
		"JSON": string(encoded), "log": logged.String(),
	} {
		if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
			t.Errorf("%s shows %s", how, text)
		}
	}
	if got := Secret("").String(); got != "" {
		t.Errorf("no secret prints as %q", got)
	}
}
