package config

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func TestAFileHoldsPlainValuesUnderKnownNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		content string
		setting string
		want    string
	}{
		{"a text", "grpc-addr: ':1'", "grpc-addr", ":1"},
		{"a number", "upstream-tokens: 3 # enough", "upstream-tokens", "3"},
		{"digits that YAML would read as a number stay as they are", "client-id: 0123", "client-id", "0123"},
		{"a truth value", "reflection: yes", "reflection", "yes"},
		{"null", "region:", "region", ""},
		{"a date", "client-id: 2020-01-01", "client-id", "2020-01-01"},
		{"a text over more than one line", "client-id: >-\n  a\n  b\n", "client-id", "a b"},
		{"JSON", `{"timeout": "1s"}`, "timeout", "1s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			values, err := parseSettings([]byte(test.content), "f.yaml", settings(t))
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := values[test.setting]; !ok || got.text != test.want || len(values) != 1 {
				t.Errorf("got %+v", values)
			}
		})
	}
}

func TestAFileMayBeEmpty(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "\n", "# nothing\n", "---\n", "---\n# nothing\n...\n", "null", "{}"} {
		if values, err := parseSettings([]byte(content), "f.yaml", settings(t)); err != nil || len(values) != 0 {
			t.Errorf("%q: got %v, %v", content, values, err)
		}
	}
}

func TestAMistakeInAFileNamesTheKeyAndItsLine(t *testing.T) {
	t.Parallel()
	const plain = "is not a plain value; write one value on the same line, no list, mapping or alias"
	const one = "write one `name: value` a line, and quotes around a value with special characters"
	tests := []struct{ name, content, want string }{
		{"unknown key with a near one", "timeout: 1s\ngprc-addr: :1\n", "gprc-addr (FILE, line 2) is no setting; did you mean grpc-addr?"},
		{"unknown key with none near", "colour: " + secret, "colour (FILE, line 1) is no setting; remove it, --help lists every setting"},
		{"underscores in a key", "client_secret: " + secret, "client_secret (FILE, line 1) is no setting; did you mean client-secret?"},
		{"key that is about one run", "config: other.yaml", "config (FILE, line 1) is no setting; remove it, --help lists every setting"},
		{"key twice", "timeout: 1s\ntimeout: 2s", "timeout (FILE, line 2) is there a second time; remove one of them"},
		{"merge key", "<<: {timeout: 1s}", "<< (FILE, line 1) is no setting; remove it, --help lists every setting"},
		{"list as a key", "[a, b]: c", "FILE, line 1, has a key that is not a name; write one `name: value` a line"},
		{"list", "client-secret: [" + secret + "]", "client-secret (FILE, line 1) " + plain},
		{"mapping", "\nregion:\n  key: eu_central_1\n", "region (FILE, line 2) " + plain},
		{"alias", "client-id: &x a\nclient-secret: *x", "client-secret (FILE, line 2) " + plain},
		{"alias to nothing, which is a secret with a star", "client-secret: *" + secret, "FILE is not valid YAML; " + one},
		{"binary", "client-secret: !!binary aHVudGVyMg==", "client-secret (FILE, line 1) " + plain},
		{"type of somebody else", "timeout: !seconds 3", "timeout (FILE, line 1) " + plain},
		{"broken YAML", "timeout: 1s\nclient-secret: \"" + secret + "\n", "FILE is not valid YAML near line 2; " + one},
		{"two documents", "timeout: 1s\n---\ntimeout: 2s\n", "FILE has more than one YAML document; " + one},
		{"list instead of settings", "- timeout\n", "FILE is not a list of settings; write one `name: value` a line"},
		{"word instead of settings", "timeout", "FILE is not a list of settings; write one `name: value` a line"},
		{"wrong type for a number", "upstream-tokens: yes", `upstream-tokens (FILE, line 1) "yes" is not a whole number; write digits only, 1 to 50`},
		{"wrong type for an address", "grpc-addr: 9090", `grpc-addr (FILE, line 1) "9090" is not host:port; write :9090 for every interface, or 127.0.0.1:9090 for one`},
		{"null where a value has to be", "timeout:", "timeout (FILE, line 1) is empty; give it a value, or leave it out for the default, 15s"},
		{"mask of the secret", "region: us_east_1\nclient-id: a\nclient-secret: '********'", "client-secret (FILE, line 3) is the mask that --print-config shows, not a secret; give the secret itself, best through GENESYSCLOUD_OAUTHCLIENT_SECRET or --client-secret-file"},
		{"half a credential", "region: us_east_1\nclient-id: a", "client-id (FILE, line 2) is set without the client-secret; add GENESYSCLOUD_OAUTHCLIENT_SECRET or --client-secret-file"},
		{"sandbox and upstream", "sandbox: true\nregion: us_east_1", `sandbox (FILE, line 1) "true" contradicts region (FILE, line 2), which is about a real upstream; remove one of them`},
		{"larger than any settings", strings.Repeat("#", maxFile+1), `--config "FILE" cannot be read: it is larger than 1048576 bytes; check the path and that this process may read it`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := write(t, "f.yaml", test.content)
			_, _, err := Load([]string{"--config", file}, nil)
			if err == nil {
				t.Fatal("no mistake")
			}
			if got := strings.ReplaceAll(err.Error(), file, "FILE"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if got := err.Error(); strings.Contains(got, secret) || strings.ContainsAny(got, "\r\n") {
				t.Errorf("shows a secret or has two lines: %q", got)
			}
		})
	}
}

// FuzzSettingsFile holds that no file makes the loader panic, that every
// mistake is one line, and that what is taken are known settings.
func FuzzSettingsFile(f *testing.F) {
	for _, seed := range []string{
		"", "---", "timeout: 1s\n", "a: [1, {b: c}]", "&a a: *a", "? {a: b}\n: c", "- -\n-", "\"", "%YAML 1.1\n--- !t\n", "x: |2\n  y\n", "<<: *a", "{a: b", "\x00", "\xff\xfe", "a: &a [*a]",
	} {
		f.Add([]byte(seed))
	}
	known := settings(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		values, err := parseSettings(content, "f.yaml", known)
		if err != nil && strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("mistake over two lines: %q", err)
		}
		for name := range values {
			found := false
			for _, setting := range known {
				found = found || setting.Name == name
			}
			if !found {
				t.Errorf("took %q", name)
			}
		}
	})
}

// settings lists the settings of a parser of its own.
func settings(t testing.TB) []*kong.Flag {
	t.Helper()
	parser, err := newParser(new(commandLine))
	if err != nil {
		t.Fatal(err)
	}
	return settingsOf(parser.Model)
}
