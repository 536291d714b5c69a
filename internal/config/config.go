// Package config is the one place where Switchboard's settings are declared,
// read, checked and shown. A setting comes, in falling order of precedence,
// from a flag, an environment variable, a line of a YAML file, or its default;
// Load brings them together, and a mistake in any of them becomes one line that
// names the setting as it was given, the value and the remedy.
//
// Only cmd/server imports this package: everything else is handed the values it
// needs. It imports the flag and YAML libraries and nothing of Switchboard's.
//
// A new setting is a field of Config and a text in help.go; its flag, variable,
// file key, checks, line of the help and line of --print-config follow.
package config

import (
	"log/slog"
	"time"
)

// Config is every setting after Load: checked, completed and plain to use. It
// is comparable, and nothing changes it once it is loaded.
//
// The tags are the declaration that the rest of the package reads: type names
// the grammar of the value (kinds in value.go); choices are
// its only values; min and max bound it, both inclusive, in the notation of the
// value; vendor is an environment variable that the upstream's own tools use and
// that counts as well. A setting without
// a default may stay unset, which is its zero value.
type Config struct {
	// Region is the key of a known region, such as eu_central_1, or empty.
	Region string `group:"Upstream" name:"region" type:"region" vendor:"GENESYSCLOUD_REGION"`
	// UpstreamURL is the base address of the upstream's API: scheme, host and
	// perhaps a path, no trailing slash. Empty exactly when Sandbox is true.
	UpstreamURL string `group:"Upstream" name:"upstream-url" type:"url"`
	// LoginURL is the base address of the upstream's login host, in the form of
	// UpstreamURL. Empty exactly when Sandbox is true.
	LoginURL string `group:"Upstream" name:"login-url" type:"url"`
	// UpstreamInsecure says that both addresses may be plain http. It is for the
	// check of the addresses; nothing else needs to look at it.
	UpstreamInsecure bool `group:"Upstream" name:"upstream-insecure" type:"switch" default:"false"`
	// UpstreamAuth says whose token an upstream request carries.
	UpstreamAuth UpstreamAuth `group:"Upstream" name:"upstream-auth" type:"choice" choices:"auto,service,caller" default:"auto"`

	// ClientID and ClientIDFile are the id of the service's OAuth client and the
	// file that holds it. At most one is set; both are empty when the service
	// has no credentials of its own.
	ClientID string `group:"Credentials" name:"client-id" type:"text" vendor:"GENESYSCLOUD_OAUTHCLIENT_ID"`
	// ClientIDFile is to be read again when it changes; it was readable and not
	// empty at start-up. Surrounding white space is not part of the id.
	ClientIDFile string `group:"Credentials" name:"client-id-file" type:"file"`
	// ClientSecret and ClientSecretFile are the client's secret, as above. One
	// of them is set if and only if the id is.
	ClientSecret Secret `group:"Credentials" name:"client-secret" type:"secret" vendor:"GENESYSCLOUD_OAUTHCLIENT_SECRET"`
	// ClientSecretFile is to be read again when it changes, like ClientIDFile.
	ClientSecretFile string `group:"Credentials" name:"client-secret-file" type:"file"`
	// UpstreamTokens is how many access tokens the service holds at once.
	UpstreamTokens int `group:"Credentials" name:"upstream-tokens" type:"number" default:"1" min:"1" max:"50"`

	// GRPCAddr is where gRPC listens, as net.Listen takes it. Port 0 is any
	// free port, here and below.
	GRPCAddr string `group:"Listeners" name:"grpc-addr" type:"address" default:":9090"`
	// HTTPAddr is where REST listens.
	HTTPAddr string `group:"Listeners" name:"http-addr" type:"address" default:":8080"`
	// AdminAddr is where health and metrics listen.
	AdminAddr string `group:"Listeners" name:"admin-addr" type:"address" default:":9091"`
	// ReadyFile is the file that gets the bound addresses once all listeners are
	// open, or empty. Its folder exists.
	ReadyFile string `group:"Listeners" name:"ready-file" type:"path"`
	// ReadyWait is how long a login host that cannot be reached keeps the server from
	// being ready; 0 for not at all.
	ReadyWait time.Duration `group:"Listeners" name:"ready-wait" type:"duration" default:"30s" min:"0s" max:"1h"`
	// Reflection says whether gRPC server reflection is registered.
	Reflection bool `group:"Listeners" name:"reflection" type:"switch" default:"true"`
	// Pprof says whether the admin port serves Go's profiles.
	Pprof bool `group:"Listeners" name:"pprof" type:"switch" default:"false"`

	// HTTPAPIPrefix is what stands before /api/v2 in the paths of the REST port:
	// empty, or segments with a leading slash each.
	HTTPAPIPrefix string `group:"REST" name:"http-api-prefix" type:"prefix"`
	// HTTPLogin says whether the REST port passes logins to the login host.
	HTTPLogin bool `group:"REST" name:"http-login" type:"switch" default:"true"`
	// HTTPLoginPrefix is what stands before /oauth/token, like HTTPAPIPrefix.
	HTTPLoginPrefix string `group:"REST" name:"http-login-prefix" type:"prefix"`
	// HTTPCORSOrigins are the web origins whose pages may call the REST port,
	// separated by commas; empty for none.
	HTTPCORSOrigins string `group:"REST" name:"http-cors-origins" type:"origins"`

	// HTTPPassthrough says what of the upstream's API the REST port passes through
	// beside the operations of the contract.
	HTTPPassthrough Passthrough `group:"REST" name:"http-passthrough" type:"choice" choices:"off,read,all" default:"off"`
	// HTTPPassthroughPaths are where, separated by commas and below /api/v2; empty
	// for everywhere. One that ends in a slash is all below it, any other is itself
	// and what is below it. Where nothing passes through it says nothing.
	HTTPPassthroughPaths string `group:"REST" name:"http-passthrough-paths" type:"apipaths"`

	// Timeout is the deadline of a call that comes without one.
	Timeout time.Duration `group:"Limits" name:"timeout" type:"duration" default:"15s" min:"100ms" max:"10m"`
	// MaxTimeout is the longest deadline that a caller may ask for; a longer one
	// is cut to it. Never shorter than Timeout.
	MaxTimeout time.Duration `group:"Limits" name:"max-timeout" type:"duration" default:"1m" min:"100ms" max:"1h"`
	// MaxRequestBytes bounds the body of one request.
	MaxRequestBytes int `group:"Limits" name:"max-request-bytes" type:"bytes" default:"512000" min:"1KiB" max:"64MiB"`
	// MaxResponseBytes bounds the decompressed body of one upstream answer.
	MaxResponseBytes int `group:"Limits" name:"max-response-bytes" type:"bytes" default:"32MiB" min:"64KiB" max:"1GiB"`
	// MaxInflightBytes bounds the bodies of all calls in flight together; a call
	// past it waits, within its deadline.
	MaxInflightBytes int `group:"Limits" name:"max-inflight-bytes" type:"bytes" default:"128MiB" min:"1MiB" max:"64GiB"`
	// ShutdownTimeout is how long calls in flight may take to finish after the
	// order to stop.
	ShutdownTimeout time.Duration `group:"Limits" name:"shutdown-timeout" type:"duration" default:"20s" min:"0s" max:"10m"`

	// Sandbox says that the built-in sandbox is the upstream. The addresses and
	// credentials above are then empty.
	Sandbox bool `group:"Sandbox" name:"sandbox" type:"switch" default:"false"`
	// SandboxUsers is how many users the sandbox's organisation starts with.
	SandboxUsers int `group:"Sandbox" name:"sandbox-users" type:"number" default:"50" min:"1" max:"100000"`
	// SandboxSeed makes the sandbox's people and ids; the same seed makes the
	// same ones.
	SandboxSeed uint64 `group:"Sandbox" name:"sandbox-seed" type:"number" default:"1" min:"0"`
	// SandboxTokenLifetime is how long the sandbox's tokens are good for.
	SandboxTokenLifetime time.Duration `group:"Sandbox" name:"sandbox-token-lifetime" type:"duration" default:"23h59m59s" min:"1s" max:"48h"`
	// SandboxRequireDivision says whether a new user of the sandbox needs a
	// division.
	SandboxRequireDivision bool `group:"Sandbox" name:"sandbox-require-division" type:"switch" default:"false"`
	// SandboxEnforcePermissions says whether the sandbox's callers need the
	// permissions that the contract states for an operation.
	SandboxEnforcePermissions bool `group:"Sandbox" name:"sandbox-enforce-permissions" type:"switch" default:"false"`
	// SandboxClientPermissions is what the sandbox's OAuth client may do then,
	// separated by commas; empty for everything.
	SandboxClientPermissions string `group:"Sandbox" name:"sandbox-client-permissions" type:"permissions"`
	// SandboxControlAddr is where the sandbox's faults can be changed, or empty for
	// nowhere.
	SandboxControlAddr string `group:"Sandbox" name:"sandbox-control-addr" type:"address"`

	// SandboxRateLimit is how many requests a minute a token of the sandbox may
	// make, as its answers tell.
	SandboxRateLimit int `group:"Sandbox faults" name:"sandbox-rate-limit" type:"number" default:"300" min:"1" max:"1000000"`
	// SandboxEnforceRateLimit says whether what is over the limit is refused.
	SandboxEnforceRateLimit bool `group:"Sandbox faults" name:"sandbox-enforce-rate-limit" type:"switch" default:"false"`
	// SandboxLoginLimit is how many tokens a minute a client of the sandbox may ask
	// for; 0 for no limit.
	SandboxLoginLimit int `group:"Sandbox faults" name:"sandbox-login-limit" type:"number" default:"0" min:"0" max:"1000000"`
	// SandboxLatency is what half of the sandbox's answers take at most; 0 for none.
	SandboxLatency time.Duration `group:"Sandbox faults" name:"sandbox-latency" type:"duration" default:"0s" min:"0s" max:"10m"`
	// SandboxLatencyP99 is what 99 of 100 take at most; 0 where all take the same.
	// Otherwise never shorter than SandboxLatency.
	SandboxLatencyP99 time.Duration `group:"Sandbox faults" name:"sandbox-latency-p99" type:"duration" default:"0s" min:"0s" max:"10m"`
	// SandboxLatencyDistribution is the shape of what lies between.
	SandboxLatencyDistribution string `group:"Sandbox faults" name:"sandbox-latency-distribution" type:"choice" choices:"lognormal,normal,uniform" default:"lognormal"`
	// SandboxErrorRate is the share of the sandbox's requests that get an error,
	// from 0 to 1, as all shares below.
	SandboxErrorRate float64 `group:"Sandbox faults" name:"sandbox-error-rate" type:"share" default:"0%"`
	// SandboxErrorStatus is that error's status.
	SandboxErrorStatus int `group:"Sandbox faults" name:"sandbox-error-status" type:"number" default:"503" min:"400" max:"599"`
	// SandboxErrorRetryAfter is what its Retry-After says; 0 for no such header.
	SandboxErrorRetryAfter time.Duration `group:"Sandbox faults" name:"sandbox-error-retry-after" type:"duration" default:"0s" min:"0s" max:"24h"`
	// SandboxResetRate is the share of connections that break before the answer.
	SandboxResetRate float64 `group:"Sandbox faults" name:"sandbox-reset-rate" type:"share" default:"0%"`
	// SandboxTruncationRate is the share of answers that end half-way.
	SandboxTruncationRate float64 `group:"Sandbox faults" name:"sandbox-truncation-rate" type:"share" default:"0%"`
	// SandboxSlowRate is the share of answers whose bodies come piece by piece.
	SandboxSlowRate float64 `group:"Sandbox faults" name:"sandbox-slow-rate" type:"share" default:"0%"`
	// SandboxStaleTokenRate is the share of requests that end their token's life.
	SandboxStaleTokenRate float64 `group:"Sandbox faults" name:"sandbox-stale-token-rate" type:"share" default:"0%"`
	// SandboxLoginErrorRate is the share of logins that fail.
	SandboxLoginErrorRate float64 `group:"Sandbox faults" name:"sandbox-login-error-rate" type:"share" default:"0%"`
	// SandboxDriftRate is the share of answers with what the contract does not know.
	SandboxDriftRate float64 `group:"Sandbox faults" name:"sandbox-drift-rate" type:"share" default:"0%"`
	// SandboxFaultOperations are the operations that the faults above are about,
	// but for the limits and the logins; separated by commas, empty for all.
	SandboxFaultOperations string `group:"Sandbox faults" name:"sandbox-fault-operations" type:"operations"`
	// SandboxSearchDelay is how long it takes until a search finds what was written.
	SandboxSearchDelay time.Duration `group:"Sandbox faults" name:"sandbox-search-delay" type:"duration" default:"0s" min:"0s" max:"1h"`

	// LogLevel is the lowest level that is logged.
	LogLevel slog.Level `group:"Logging" name:"log-level" type:"choice" choices:"debug,info,warn,error" default:"info"`
	// LogFormat is "json" or "text".
	LogFormat string `group:"Logging" name:"log-format" type:"choice" choices:"json,text" default:"json"`
}

// UpstreamAuth says whose token an upstream request carries.
type UpstreamAuth string

// The ways to choose the token of an upstream request.
const (
	// AuthAuto takes the caller's own bearer token when there is one, else the
	// service's.
	AuthAuto UpstreamAuth = "auto"
	// AuthService always takes the service's token.
	AuthService UpstreamAuth = "service"
	// AuthCaller always takes the caller's token; a call without one is refused.
	// The service may then have no credentials.
	AuthCaller UpstreamAuth = "caller"
)

// Passthrough says what the REST port passes through.
type Passthrough string

// What the REST port may pass through.
const (
	// PassNothing is for operations of the contract alone.
	PassNothing Passthrough = "off"
	// PassReads lets GET and HEAD through.
	PassReads Passthrough = "read"
	// PassAll lets every verb of the upstream's API through.
	PassAll Passthrough = "all"
)

// Secret is a string that prints as a mask however it is printed. Convert it to
// a string where the secret itself is needed.
type Secret string

// mask is what a secret looks like in print.
const mask = "********"

// String returns the mask, or nothing for the empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString keeps %#v from showing the secret.
func (s Secret) GoString() string { return `"` + s.String() + `"` }

// MarshalText keeps encoders, such as encoding/json, from showing the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
