package config

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// secret is a value that no message and no print may hold.
const secret = "hunter2-hunter2"

func TestNothingAtAllStartsTheSandboxWithTheDefaults(t *testing.T) {
	t.Parallel()
	want := &Config{
		UpstreamAuth: AuthAuto, UpstreamTokens: 1,
		GRPCAddr: ":9090", HTTPAddr: ":8080", AdminAddr: ":9091", ReadyWait: 30 * time.Second, Reflection: true,
		HTTPLogin: true, HTTPPassthrough: PassNothing,
		Timeout: 15 * time.Second, MaxTimeout: time.Minute, ShutdownTimeout: 20 * time.Second,
		MaxRequestBytes: 512000, MaxResponseBytes: 32 << 20, MaxInflightBytes: 128 << 20,
		Sandbox: true, SandboxUsers: 50, SandboxSeed: 1,
		SandboxTokenLifetime: 86399 * time.Second, SandboxRateLimit: 300, SandboxLatencyDistribution: "lognormal", SandboxErrorStatus: 503,
		LogLevel: slog.LevelInfo, LogFormat: "json",
	}
	if diff := cmp.Diff(want, mustLoad(t, nil, nil)); diff != "" {
		t.Error(diff)
	}
}

func TestEverySettingIsReadFromEveryPlace(t *testing.T) {
	t.Parallel()
	id, key := write(t, "id", "an-id\n"), write(t, "secret", secret+"\n")
	// Two sets, because a value and its file exclude each other.
	sets := []struct {
		settings map[string]string
		want     Config
	}{
		{
			map[string]string{
				"region": "eu_central_1", "upstream-url": "http://proxy.corp:8080/genesys/", "login-url": "https://login.corp",
				"upstream-insecure": "true", "upstream-auth": "service", "upstream-tokens": "50",
				"client-id": "an-id", "client-secret": secret,
				"grpc-addr": "127.0.0.1:0", "http-addr": "[::1]:81", "admin-addr": "localhost:82",
				"ready-file": filepath.Join(filepath.Dir(id), "ready"), "ready-wait": "0s", "reflection": "no", "pprof": "on",
				"http-api-prefix": "/team/genesys/", "http-login": "off", "http-login-prefix": "/log.in",
				"http-cors-origins": "https://Desk.corp, http://localhost:3000",
				"http-passthrough":  "Read", "http-passthrough-paths": "/api/v2/routing/, /api/v2/organizations/me",
				"timeout": "1s", "max-timeout": "2m", "shutdown-timeout": "0s",
				"max-request-bytes": "1KiB", "max-response-bytes": "1GiB", "max-inflight-bytes": "3GiB",
				"sandbox": "false", "sandbox-users": "100000", "sandbox-seed": "18446744073709551615",
				"sandbox-token-lifetime": "1m", "sandbox-require-division": "yes", "sandbox-enforce-permissions": "yes", "sandbox-client-permissions": "a:b:c, directory:*:*",
				"sandbox-control-addr": "127.0.0.1:83", "sandbox-rate-limit": "180", "sandbox-enforce-rate-limit": "on", "sandbox-login-limit": "10",
				"sandbox-latency": "40ms", "sandbox-latency-p99": "1s", "sandbox-latency-distribution": "normal",
				"sandbox-error-rate": "5%", "sandbox-error-status": "500", "sandbox-error-retry-after": "2s",
				"sandbox-reset-rate": "0.1%", "sandbox-truncation-rate": "2 %", "sandbox-slow-rate": "3%", "sandbox-stale-token-rate": "4%",
				"sandbox-login-error-rate": "100%", "sandbox-drift-rate": "12.5%",
				"sandbox-fault-operations": "getUser, /api/v2/users/*/routing*", "sandbox-search-delay": "3s",
				"log-level": "WARN", "log-format": "text",
			},
			Config{
				Region: "eu_central_1", UpstreamURL: "http://proxy.corp:8080/genesys", LoginURL: "https://login.corp",
				UpstreamInsecure: true, UpstreamAuth: AuthService, UpstreamTokens: 50,
				ClientID: "an-id", ClientSecret: secret,
				GRPCAddr: "127.0.0.1:0", HTTPAddr: "[::1]:81", AdminAddr: "localhost:82",
				ReadyFile: filepath.Join(filepath.Dir(id), "ready"), Pprof: true,
				HTTPAPIPrefix: "/team/genesys", HTTPLoginPrefix: "/log.in", HTTPCORSOrigins: "https://desk.corp,http://localhost:3000",
				HTTPPassthrough: PassReads, HTTPPassthroughPaths: "/api/v2/routing/,/api/v2/organizations/me",
				Timeout: time.Second, MaxTimeout: 2 * time.Minute,
				MaxRequestBytes: 1024, MaxResponseBytes: 1 << 30, MaxInflightBytes: 3 << 30,
				SandboxUsers: 100000, SandboxSeed: 1<<64 - 1,
				SandboxTokenLifetime: time.Minute, SandboxRequireDivision: true, SandboxEnforcePermissions: true, SandboxClientPermissions: "a:b:c,directory:*:*",
				SandboxControlAddr: "127.0.0.1:83", SandboxRateLimit: 180, SandboxEnforceRateLimit: true, SandboxLoginLimit: 10,
				SandboxLatency: 40 * time.Millisecond, SandboxLatencyP99: time.Second, SandboxLatencyDistribution: "normal",
				SandboxErrorRate: 0.05, SandboxErrorStatus: 500, SandboxErrorRetryAfter: 2 * time.Second,
				SandboxResetRate: 0.001, SandboxTruncationRate: 0.02, SandboxSlowRate: 0.03, SandboxStaleTokenRate: 0.04,
				SandboxLoginErrorRate: 1, SandboxDriftRate: 0.125,
				SandboxFaultOperations: "getUser,/api/v2/users/*/routing*", SandboxSearchDelay: 3 * time.Second,
				LogLevel: slog.LevelWarn, LogFormat: "text",
			},
		},
		{
			map[string]string{
				"region": "mypurecloud.jp", "client-id-file": id, "client-secret-file": key,
			},
			Config{
				Region: "ap_northeast_1", UpstreamURL: "https://api.mypurecloud.jp", LoginURL: "https://login.mypurecloud.jp",
				UpstreamAuth: AuthAuto, UpstreamTokens: 1, ClientIDFile: id, ClientSecretFile: key,
				GRPCAddr: ":9090", HTTPAddr: ":8080", AdminAddr: ":9091", ReadyWait: 30 * time.Second, Reflection: true,
				HTTPLogin: true, HTTPPassthrough: PassNothing,
				Timeout: 15 * time.Second, MaxTimeout: time.Minute, ShutdownTimeout: 20 * time.Second,
				MaxRequestBytes: 512000, MaxResponseBytes: 32 << 20, MaxInflightBytes: 128 << 20,
				SandboxUsers: 50, SandboxSeed: 1, LogLevel: slog.LevelInfo, LogFormat: "json",
				SandboxTokenLifetime: 86399 * time.Second, SandboxRateLimit: 300, SandboxLatencyDistribution: "lognormal", SandboxErrorStatus: 503,
			},
		},
	}
	tried := map[string]bool{}
	for _, set := range sets {
		var args, env []string
		var lines strings.Builder
		for name, value := range set.settings {
			args = append(args, "--"+name+"="+value)
			env = append(env, prefix+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"="+value)
			fmt.Fprintf(&lines, "%s: %q\n", name, value)
			tried[name] = true
		}
		file := write(t, "settings.yaml", lines.String())
		for place, got := range map[string]*Config{
			"flags":                         mustLoad(t, args, nil),
			"environment":                   mustLoad(t, nil, env),
			"file":                          mustLoad(t, []string{"--config", file}, nil),
			"file named by the environment": mustLoad(t, nil, []string{"SWITCHBOARD_CONFIG=" + file}),
		} {
			if diff := cmp.Diff(&set.want, got); diff != "" {
				t.Errorf("from the %s:\n%s", place, diff)
			}
		}
	}
	for _, setting := range settings(t) {
		if !tried[setting.Name] {
			t.Errorf("%s is not tried", setting.Name)
		}
	}
}

// What passes through can be switched off for once, without a change of what a weaker
// place says of where.
func TestPassThroughIsSwitchedOffInAStrongerPlace(t *testing.T) {
	t.Parallel()
	file := write(t, "settings.yaml", "http-passthrough: all\nhttp-passthrough-paths: /api/v2/routing/\n")
	if c := mustLoad(t, []string{"--config", file, "--http-passthrough=off"}, nil); c.HTTPPassthrough != PassNothing {
		t.Errorf("got %+v", c)
	}
	if c := mustLoad(t, []string{"--config", file}, nil); c.HTTPPassthrough != PassAll {
		t.Errorf("got %+v", c)
	}
}

func TestTheStrongestPlaceWins(t *testing.T) {
	t.Parallel()
	file := write(t, "settings.yaml", "timeout: 3s\nregion: us_east_1\nupstream-auth: caller\n")
	tests := []struct {
		name   string
		args   []string
		env    []string
		want   time.Duration
		region string
	}{
		{"the file goes before the default", []string{"--config", file}, nil, 3 * time.Second, "us_east_1"},
		{"the environment before the file", []string{"--config=" + file}, []string{"SWITCHBOARD_TIMEOUT=4s", "GENESYSCLOUD_REGION=eu_west_1"}, 4 * time.Second, "eu_west_1"},
		{"our variable before the vendor's", []string{"--config=" + file}, []string{"GENESYSCLOUD_REGION=eu_west_1", "SWITCHBOARD_REGION=eu_west_2"}, 3 * time.Second, "eu_west_2"},
		{"a flag before the environment", []string{"--config=" + file, "--timeout", "5s", "--region=sa-east-1"}, []string{"SWITCHBOARD_TIMEOUT=4s", "GENESYSCLOUD_REGION=eu_west_1"}, 5 * time.Second, "sa_east_1"},
		{"the last of two flags", []string{"--config=" + file, "--timeout=5s", "--timeout=6s"}, nil, 6 * time.Second, "us_east_1"},
		{"an empty variable counts as absent", []string{"--config=" + file}, []string{"SWITCHBOARD_TIMEOUT=", "GENESYSCLOUD_REGION="}, 3 * time.Second, "us_east_1"},
		{"a flag for the file before the variable for it", []string{"--config=" + file}, []string{"SWITCHBOARD_CONFIG=/nowhere"}, 3 * time.Second, "us_east_1"},
		{"a wrong value that loses does not matter", []string{"--config=" + file, "--timeout=7s"}, []string{"SWITCHBOARD_TIMEOUT=soon"}, 7 * time.Second, "us_east_1"},
		{"white space around a value is dropped", []string{"--config=" + file, "--timeout= 8s "}, nil, 8 * time.Second, "us_east_1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := mustLoad(t, test.args, test.env)
			if got.Timeout != test.want || got.Region != test.region {
				t.Errorf("timeout %s, region %s; want %s, %s", got.Timeout, got.Region, test.want, test.region)
			}
		})
	}
}

func TestAMistakeIsOneLineWithSettingValueAndRemedy(t *testing.T) {
	t.Parallel()
	gone := filepath.Join(t.TempDir(), "gone")
	empty := write(t, "empty", " \n")
	large := write(t, "large", strings.Repeat("x", maxSecretFile+1))
	id := write(t, "id", "an-id")
	complete := []string{"--region=us_east_1", "--client-id=an-id", "--client-secret=" + secret}
	tests := []struct {
		name string
		args []string
		env  []string
		want string
	}{
		{"unknown flag with a near one", []string{"--grcp-addr=:1"}, nil,
			`unknown flag --grcp-addr, did you mean "--grpc-addr"?`},
		{"unknown flag with none near", []string{"--frobnicate=" + secret}, nil,
			`unknown flag --frobnicate; see --help`},
		{"flag with one dash", []string{"-client-secret=" + secret}, nil,
			`unknown flag -c; flags have two dashes, --help lists them`},
		{"unknown argument", []string{"explian"}, nil,
			`unexpected argument explian, did you mean "explain"?; write settings as --name=value, or see --help`},
		{"switch with its value apart", []string{"--reflection", "false"}, nil,
			`unexpected argument false; write settings as --name=value, or see --help`},
		{"argument over two lines", []string{"a\nb"}, nil,
			`unexpected argument a b; write settings as --name=value, or see --help`},
		{"tail of a secret", []string{"--client-secret", "part", secret}, nil,
			`unexpected argument (not shown, it may be part of the secret); put quotes around a value with spaces, or see --help`},
		{"secret that looks like a flag", []string{"--client-secret", "-" + secret}, nil,
			`--client-secret has no value; write --client-secret=VALUE, with the = where the value starts with a dash`},
		{"flag at the end without its value", []string{"--timeout"}, nil,
			`--timeout has no value; write --timeout=VALUE, with the = where the value starts with a dash`},
		{"too many arguments for explain", []string{"explain", "GetUser", "GetMe"}, nil,
			`unexpected argument GetMe; write settings as --name=value, or see --help`},

		{"misspelt variable", nil, []string{"SWITCHBOARD_CLIENT_SECRT=" + secret},
			`SWITCHBOARD_CLIENT_SECRT is set in the environment but is no setting; did you mean SWITCHBOARD_CLIENT_SECRET?`},
		{"variable of no setting", nil, []string{"SWITCHBOARD_HELP=1"},
			`SWITCHBOARD_HELP is set in the environment but is no setting; remove it, --help lists every setting`},

		{"misspelt region", []string{"--region=eu_centrl_1"}, nil,
			`--region "eu_centrl_1" is not a known region; did you mean eu_central_1 or eu_central_2 or ca_central_1?`},
		{"misspelt domain in the vendor's variable", nil, []string{"GENESYSCLOUD_REGION=mypureclod.de"},
			`GENESYSCLOUD_REGION "mypureclod.de" is not a known region; did you mean mypurecloud.de or mypurecloud.ie or mypurecloud.jp?`},
		{"unheard-of region", []string{"--region=atlantis"}, nil,
			`--region "atlantis" is not a known region; write a region such as us_east_1, eu_central_1 or mypurecloud.de (--help lists all), or give --upstream-url and --login-url`},

		{"address without a scheme", []string{"--upstream-url=api.mypurecloud.de"}, nil,
			`--upstream-url "api.mypurecloud.de" is not an http or https address; write scheme and host, such as https://api.mypurecloud.de`},
		{"address of host and port", []string{"--upstream-url=localhost:8080"}, nil,
			`--upstream-url "localhost:8080" is not an http or https address; write scheme and host, such as https://api.mypurecloud.de`},
		{"address with another scheme", []string{"--login-url=ftp://login.corp"}, nil,
			`--login-url "ftp://login.corp" is not an http or https address; write scheme and host, such as https://api.mypurecloud.de`},
		{"address that is none, with a password", []string{"--upstream-url=https://me:" + secret + "@api.corp:x"}, nil,
			`--upstream-url is not an http or https address; write scheme and host, such as https://api.mypurecloud.de`},
		{"address with a password", nil, []string{"SWITCHBOARD_UPSTREAM_URL=https://me:" + secret + "@api.corp"},
			`SWITCHBOARD_UPSTREAM_URL has more than scheme, host and path; leave out user, password, query and fragment`},
		{"prefix without a slash", []string{"--http-api-prefix=genesys"}, nil,
			`--http-api-prefix "genesys" is not the start of a path; write a path such as /genesys or /team/genesys, of letters, digits and -._~`},
		{"prefix that climbs", []string{"--http-login-prefix=/a/.."}, nil,
			`--http-login-prefix "/a/.." has a . or .. in its path; write the path that is meant`},
		{"prefix that says what follows anyway", []string{"--http-api-prefix=/genesys/api/v2"}, nil,
			`--http-api-prefix "/genesys/api/v2" has /api/v2 in it; leave that out, every operation's path starts with it`},
		{"any origin", []string{"--http-cors-origins=*"}, nil,
			`--http-cors-origins "*" has a *, which would let every web page act with the service's token; list the origins, such as https://desk.example.com`},
		{"origin with a path", nil, []string{"SWITCHBOARD_HTTP_CORS_ORIGINS=https://desk.corp,https://corp/desk"},
			`SWITCHBOARD_HTTP_CORS_ORIGINS "https://desk.corp,https://corp/desk" is not a list of web origins; write scheme, host and perhaps port of each, separated by commas, such as https://desk.example.com,http://localhost:3000`},
		{"something that passes through by halves", []string{"--http-passthrough=write"}, nil,
			`--http-passthrough "write" is not one of the choices; write off, read or all`},
		{"paths of which nothing passes through", []string{"--http-passthrough-paths=/api/v2/routing/"}, nil,
			`--http-passthrough-paths "/api/v2/routing/" is set, but nothing passes through; add --http-passthrough=read (or all)`},
		{"paths of which nothing shall pass through", nil, []string{"SWITCHBOARD_HTTP_PASSTHROUGH=off", "SWITCHBOARD_HTTP_PASSTHROUGH_PATHS=/api/v2/routing/"},
			`SWITCHBOARD_HTTP_PASSTHROUGH_PATHS "/api/v2/routing/" is set, but nothing passes through; add --http-passthrough=read (or all)`},
		{"a path outside of the API", []string{"--http-passthrough=all", "--http-passthrough-paths=/api/v2/routing/,/oauth/"}, nil,
			`--http-passthrough-paths "/api/v2/routing/,/oauth/" has a path that is not below /api/v2/; write starts of paths, separated by commas, such as /api/v2/routing/,/api/v2/organizations/me`},
		{"a path of another version", []string{"--http-passthrough=all", "--http-passthrough-paths=/api/v21/routing/"}, nil,
			`--http-passthrough-paths "/api/v21/routing/" has a path that is not below /api/v2/; write starts of paths, separated by commas, such as /api/v2/routing/,/api/v2/organizations/me`},
		{"a path that climbs", []string{"--http-passthrough=all", "--http-passthrough-paths=/api/v2/../../oauth/"}, nil,
			`--http-passthrough-paths "/api/v2/../../oauth/" has a . or .. in a path; write the path that is meant`},
		{"a path with an escape", []string{"--http-passthrough=all", "--http-passthrough-paths=/api/v2/%2e%2e/"}, nil,
			`--http-passthrough-paths "/api/v2/%2e%2e/" has a path that cannot be one of the API; write starts of paths, separated by commas, such as /api/v2/routing/,/api/v2/organizations/me`},
		{"a path with an empty segment", []string{"--http-passthrough=all", "--http-passthrough-paths=/api/v2//routing/"}, nil,
			`--http-passthrough-paths "/api/v2//routing/" has a path that cannot be one of the API; write starts of paths, separated by commas, such as /api/v2/routing/,/api/v2/organizations/me`},
		{"a path that is a pattern", []string{"--http-passthrough=all", "--http-passthrough-paths=/api/v2/routing/*"}, nil,
			`--http-passthrough-paths "/api/v2/routing/*" has a path that cannot be one of the API; write starts of paths, separated by commas, such as /api/v2/routing/,/api/v2/organizations/me`},
		{"a comma too many", []string{"--http-passthrough=all", "--http-passthrough-paths=/api/v2/routing/,"}, nil,
			`--http-passthrough-paths "/api/v2/routing/," has a path that is not below /api/v2/; write starts of paths, separated by commas, such as /api/v2/routing/,/api/v2/organizations/me`},

		{"address with a query", []string{"--upstream-url=https://api.corp?key=" + secret}, nil,
			`--upstream-url has more than scheme, host and path; leave out user, password, query and fragment`},
		{"address with an empty query", []string{"--upstream-url=https://api.corp/?"}, nil,
			`--upstream-url has more than scheme, host and path; leave out user, password, query and fragment`},
		{"address with a fragment", []string{"--upstream-url=https://api.corp/#top"}, nil,
			`--upstream-url has more than scheme, host and path; leave out user, password, query and fragment`},
		{"address without a host", []string{"--upstream-url=https:///api"}, nil,
			`--upstream-url "https:///api" has no host, or a colon without a port; write scheme and host, such as https://api.mypurecloud.de`},
		{"address with a port out of range", []string{"--upstream-url=https://api.corp:65536"}, nil,
			`--upstream-url "https://api.corp:65536" has a bad port; write a number from 1 to 65535 after the colon`},
		{"address with the operations' prefix", []string{"--upstream-url=https://api.corp/api/v2/"}, nil,
			`--upstream-url "https://api.corp/api/v2/" ends in /api/v2; leave that out, every operation's path starts with it`},
		{"address that climbs", []string{"--upstream-url=https://api.corp/a/../b"}, nil,
			`--upstream-url "https://api.corp/a/../b" has a . or .. in its path; write the path that is meant`},
		{"plain http to another host", append(complete, "--upstream-url=http://api.corp"), nil,
			`--upstream-url "http://api.corp" would send tokens in clear text; write https, or add --upstream-insecure if the network is trusted`},
		{"plain http login", append(complete, "--login-url=http://127.0.0.1.nip.io"), nil,
			`--login-url "http://127.0.0.1.nip.io" would send tokens in clear text; write https, or add --upstream-insecure if the network is trusted`},
		{"address whose login host is anyone's guess", []string{"--upstream-url=https://proxy.corp"}, nil,
			`--upstream-url "https://proxy.corp" does not start with api., so its login host is unknown; add --login-url`},
		{"login without an upstream", []string{"--login-url=https://login.corp"}, nil,
			`--login-url is set, but no upstream to use it with; add --region (or GENESYSCLOUD_REGION), or --upstream-url`},
		{"credentials without an upstream", nil, []string{"GENESYSCLOUD_OAUTHCLIENT_ID=an-id", "GENESYSCLOUD_OAUTHCLIENT_SECRET=" + secret},
			`GENESYSCLOUD_OAUTHCLIENT_ID is set, but no upstream to use it with; add --region (or GENESYSCLOUD_REGION), or --upstream-url`},

		{"no credentials", nil, []string{"GENESYSCLOUD_REGION=us_east_1"},
			`--upstream-auth "auto" needs credentials of the service for calls without a token; add GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET (or --client-id-file and --client-secret-file), or write --upstream-auth=caller if every caller brings its own`},
		{"an id without a secret", []string{"--region=us_east_1"}, []string{"GENESYSCLOUD_OAUTHCLIENT_ID=an-id"},
			`GENESYSCLOUD_OAUTHCLIENT_ID is set without the client-secret; add GENESYSCLOUD_OAUTHCLIENT_SECRET or --client-secret-file`},
		{"a secret without an id", []string{"--region=us_east_1"}, []string{"SWITCHBOARD_CLIENT_SECRET=" + secret},
			`SWITCHBOARD_CLIENT_SECRET is set without the client-id; add GENESYSCLOUD_OAUTHCLIENT_ID or --client-id-file`},
		{"half a credential in a file, though callers bring tokens", []string{"--region=us_east_1", "--client-id-file=" + id, "--upstream-auth=caller"}, nil,
			`--client-id-file is set without the client-secret; add GENESYSCLOUD_OAUTHCLIENT_SECRET or --client-secret-file`},
		{"a value and its file", append(complete, "--client-id-file="+id), nil,
			`--client-id-file "` + id + `" and --client-id are both set; remove one of them`},
		{"credential file that is gone", []string{"--client-secret-file=" + gone}, nil,
			`--client-secret-file "` + gone + `" cannot be read: no such file or directory; check the path and that this process may read it`},
		{"secret where its file should be", nil, []string{"SWITCHBOARD_CLIENT_SECRET_FILE=" + secret},
			`SWITCHBOARD_CLIENT_SECRET_FILE cannot be read: no such file or directory; give the path of a file, starting with / or ./ (what was given is not shown, it may be a secret)`},
		{"empty credential file", []string{"--client-id-file=" + empty}, nil,
			`--client-id-file "` + empty + `" is an empty file; write the credential into it, nothing else`},
		{"credential file that is something else", []string{"--client-id-file=" + large}, nil,
			`--client-id-file "` + large + `" cannot be read: it is larger than 65536 bytes; check the path and that this process may read it`},
		{"credential file that is a folder", []string{"--client-id-file=" + filepath.Dir(gone)}, nil,
			`--client-id-file "` + filepath.Dir(gone) + `" cannot be read: is a directory; check the path and that this process may read it`},
		{"secret over two lines", nil, []string{"SWITCHBOARD_CLIENT_SECRET=" + secret + "\n" + secret},
			`SWITCHBOARD_CLIENT_SECRET holds a line break or another control character; write it in one line`},
		{"mask for a secret", nil, []string{"GENESYSCLOUD_OAUTHCLIENT_SECRET=" + mask},
			`GENESYSCLOUD_OAUTHCLIENT_SECRET is the mask that --print-config shows, not a secret; give the secret itself, best through GENESYSCLOUD_OAUTHCLIENT_SECRET or --client-secret-file`},

		{"port alone", []string{"--grpc-addr", "9090"}, nil,
			`--grpc-addr "9090" is not host:port; write :9090 for every interface, or 127.0.0.1:9090 for one`},
		{"host alone", nil, []string{"SWITCHBOARD_HTTP_ADDR=localhost"},
			`SWITCHBOARD_HTTP_ADDR "localhost" is not host:port; write :9090 for every interface, or 127.0.0.1:9090 for one`},
		{"port out of range", []string{"--admin-addr=:65536"}, nil,
			`--admin-addr ":65536" has a bad port; write a number from 0 (any free port) to 65535 after the colon`},
		{"port by name", []string{"--admin-addr=:http"}, nil,
			`--admin-addr ":http" has a bad port; write a number from 0 (any free port) to 65535 after the colon`},
		{"star for a host", []string{"--http-addr=*:8080"}, nil,
			`--http-addr "*:8080" has a bad host; write an IP address or a host name before the colon, or nothing for every interface`},
		{"empty address", []string{"--http-addr="}, nil,
			`--http-addr is empty; give it a value, or leave it out for the default, :8080`},
		{"two listeners at one address", []string{"--http-addr=:9090"}, nil,
			`--http-addr ":9090" is also --grpc-addr; give each listener a port of its own`},
		{"control endpoint at a taken address", []string{"--sandbox-control-addr=:9091"}, nil,
			`--sandbox-control-addr ":9091" is also --admin-addr; give each listener a port of its own`},
		{"ready file nowhere", []string{"--ready-file=" + gone + "/ready"}, nil,
			`--ready-file "` + gone + `/ready" is in a folder that does not exist; create the folder or name another`},

		{"too many tokens", nil, []string{"SWITCHBOARD_UPSTREAM_TOKENS=51"},
			`SWITCHBOARD_UPSTREAM_TOKENS "51" is out of range; give 1 to 50`},
		{"no tokens", []string{"--upstream-tokens=0"}, nil,
			`--upstream-tokens "0" is out of range; give 1 to 50`},
		{"number beyond any", []string{"--sandbox-seed=18446744073709551616"}, nil,
			`--sandbox-seed "18446744073709551616" is out of range; give at least 0`},
		{"number in words", []string{"--upstream-tokens=five"}, nil,
			`--upstream-tokens "five" is not a whole number; write digits only, 1 to 50`},
		{"negative number", []string{"--sandbox-seed=-1"}, nil,
			`--sandbox-seed "-1" is not a whole number; write digits only, at least 0`},
		{"duration without a unit", []string{"--timeout=15"}, nil,
			`--timeout "15" is not a duration; write a number with its unit, such as 500ms, 15s or 2m, 100ms to 10m`},
		{"duration out of range", []string{"--shutdown-timeout=-1s"}, nil,
			`--shutdown-timeout "-1s" is out of range; give 0s to 10m`},
		{"deadline above the longest", []string{"--timeout=2m"}, nil,
			`--timeout "2m0s" is longer than --max-timeout "1m0s"; change one of them`},
		{"longest deadline below the usual", nil, []string{"SWITCHBOARD_MAX_TIMEOUT=5s"},
			`SWITCHBOARD_MAX_TIMEOUT "5s" is shorter than --timeout "15s"; change one of them`},
		{"bytes with a decimal unit", []string{"--max-response-bytes=32MB"}, nil,
			`--max-response-bytes "32MB" is not a number of bytes; write digits, with KiB, MiB or GiB where wanted, such as 512000 or 32MiB, 64KiB to 1GiB`},
		{"bytes out of range", []string{"--max-request-bytes=65MiB"}, nil,
			`--max-request-bytes "65MiB" is out of range; give 1KiB to 64MiB`},
		{"bytes beyond any", []string{"--max-request-bytes=99999999999GiB"}, nil,
			`--max-request-bytes "99999999999GiB" is out of range; give 1KiB to 64MiB`},
		{"unknown choice", nil, []string{"SWITCHBOARD_LOG_LEVEL=loud"},
			`SWITCHBOARD_LOG_LEVEL "loud" is not one of the choices; write debug, info, warn or error`},
		{"long value", []string{"--log-format=" + strings.Repeat("é", 200)}, nil,
			`--log-format "` + strings.Repeat("é", 100) + `..." is not one of the choices; write json or text`},
		{"value over two lines", []string{"--log-format=js\non"}, nil,
			`--log-format "js\non" is not one of the choices; write json or text`},
		{"switch that is neither", []string{"--reflection=maybe"}, nil,
			`--reflection "maybe" is neither true nor false; write true or false`},

		{"share without its sign", []string{"--sandbox-error-rate=0.1"}, nil,
			`--sandbox-error-rate "0.1" is not a percentage; write a number from 0 to 100 with a percent sign, such as 5%`},
		{"share of more than all", nil, []string{"SWITCHBOARD_SANDBOX_DRIFT_RATE=101%"},
			`SWITCHBOARD_SANDBOX_DRIFT_RATE "101%" is not a percentage; write a number from 0 to 100 with a percent sign, such as 5%`},
		{"share that is no number", []string{"--sandbox-slow-rate=NaN%"}, nil,
			`--sandbox-slow-rate "NaN%" is not a percentage; write a number from 0 to 100 with a percent sign, such as 5%`},
		{"permission of two parts", []string{"--sandbox-client-permissions=routing:queue:view,routing:*"}, nil,
			`--sandbox-client-permissions "routing:queue:view,routing:*" is not a list of permissions; write domain:entity:action of each, separated by commas, with * for every one, such as routing:queue:view,directory:*:*`},
		{"operation with a space", []string{"--sandbox-fault-operations=get user"}, nil,
			`--sandbox-fault-operations "get user" is not a list of operations; write names and paths, separated by commas, such as getUser,/api/v2/users/*/routingstatus`},
		{"latency without a median", []string{"--sandbox-latency-p99=1s"}, nil,
			`--sandbox-latency-p99 "1s" does not go with --sandbox-latency "0s"; write a median above 0s that is no longer`},
		{"latency with its ends swapped", []string{"--sandbox-latency-p99=1s", "--sandbox-latency=2s"}, nil,
			`--sandbox-latency-p99 "1s" does not go with --sandbox-latency "2s"; write a median above 0s that is no longer`},
		{"latency that no uniform distribution has", []string{"--sandbox-latency-p99=4s", "--sandbox-latency=2s", "--sandbox-latency-distribution=uniform"}, nil,
			`--sandbox-latency-p99 "4s" is beyond what a uniform distribution with the median "2s" reaches; write at most 1.98 times the median, or choose another distribution`},

		{"sandbox and an upstream in one place", append(complete, "--sandbox"), nil,
			`--sandbox "true" contradicts --region, which is about a real upstream; remove one of them`},
		{"sandbox in a weaker place than the upstream", complete, []string{"SWITCHBOARD_SANDBOX=true"},
			`SWITCHBOARD_SANDBOX "true" contradicts --region, which is about a real upstream; remove one of them`},
		{"no sandbox and no upstream", []string{"--sandbox=false"}, nil,
			`--sandbox "false" leaves no upstream at all; give --region or --upstream-url, or let the sandbox run`},

		{"file that is gone", []string{"--config=" + gone}, nil,
			`--config "` + gone + `" cannot be read: no such file or directory; check the path and that this process may read it`},
		{"file that is gone, named by the environment", nil, []string{"SWITCHBOARD_CONFIG=" + gone},
			`SWITCHBOARD_CONFIG "` + gone + `" cannot be read: no such file or directory; check the path and that this process may read it`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg, _, err := Load(test.args, test.env)
			if err == nil {
				t.Fatalf("no mistake in %+v", cfg)
			}
			if got := err.Error(); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if got := err.Error(); strings.Contains(got, secret) || strings.ContainsAny(got, "\r\n") {
				t.Errorf("shows a secret or has two lines: %q", got)
			}
		})
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
		env  []string
		want Command
	}{
		{"nothing serves", nil, nil, Command{Action: Serve}},
		{"serve serves", []string{"serve"}, nil, Command{Action: Serve}},
		{"serve takes settings on both sides", []string{"--sandbox", "serve", "--timeout=1s"}, nil, Command{Action: Serve}},
		{"explain takes a method", []string{"explain", "GetUser"}, nil, Command{Action: Explain, Method: "GetUser"}},
		{"explain works without one", []string{"explain"}, nil, Command{Action: Explain}},
		{"explain does not mind wrong settings", []string{"explain"}, []string{"SWITCHBOARD_TIMEOUT=soon", "SWITCHBOARD_NONE=1"}, Command{Action: Explain}},
		{"version does not mind wrong settings", []string{"--version"}, []string{"SWITCHBOARD_TIMEOUT=soon"}, Command{Action: Version}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg, got, err := Load(test.args, test.env)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if (cfg != nil) != (got.Action == Serve) {
				t.Errorf("settings for %+v: %v", got, cfg)
			}
		})
	}
}

// mustLoad loads settings that are right and to be served.
func mustLoad(t *testing.T, args, env []string) *Config {
	t.Helper()
	cfg, command, err := Load(args, env)
	if err != nil {
		t.Fatal(err)
	}
	if command.Action != Serve {
		t.Fatalf("got the command %+v", command)
	}
	return cfg
}

// write makes a file in a folder of its own and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
