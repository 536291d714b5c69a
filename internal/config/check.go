package config

import (
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// complete checks the settings against each other and fills in what follows
// from them. origins says whom to tell about a mistake, and learns what was
// derived.
func (c *Config) complete(o origins) error {
	for _, step := range []func(origins) error{
		c.checkListeners, c.checkPassthrough, c.checkDeadlines, c.checkMemory, c.chooseSandbox, c.completeAddresses, c.checkCredentials, c.checkLatency,
	} {
		if err := step(o); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) checkListeners(o origins) error {
	listeners := []struct{ name, address string }{
		{"grpc-addr", c.GRPCAddr}, {"http-addr", c.HTTPAddr}, {"admin-addr", c.AdminAddr}, {"sandbox-control-addr", c.SandboxControlAddr},
	}
	for i, one := range listeners {
		for _, other := range listeners[:i] {
			_, port, _ := net.SplitHostPort(one.address)
			if one.address == other.address && one.address != "" && strings.Trim(port, "0") != "" {
				return &mistake{
					setting: o.name(one.name), value: one.address,
					problem: "is also " + o.name(other.name), remedy: "give each listener a port of its own",
				}
			}
		}
	}
	if c.ReadyFile == "" {
		return nil
	}
	if folder, err := os.Stat(filepath.Dir(c.ReadyFile)); err != nil || !folder.IsDir() {
		return &mistake{
			setting: o.name("ready-file"), value: c.ReadyFile,
			problem: "is in a folder that does not exist", remedy: "create the folder or name another",
		}
	}
	return nil
}

// checkPassthrough refuses paths of which nothing passes through, but where that was
// switched off in a stronger place.
func (c *Config) checkPassthrough(o origins) error {
	paths := o["http-passthrough-paths"]
	if c.HTTPPassthrough != PassNothing || c.HTTPPassthroughPaths == "" || o["http-passthrough"].source > paths.source {
		return nil
	}
	return &mistake{
		setting: o.name("http-passthrough-paths"), value: c.HTTPPassthroughPaths,
		problem: "is set, but nothing passes through", remedy: "add --http-passthrough=read (or all)",
	}
}

func (c *Config) checkDeadlines(o origins) error {
	if c.Timeout <= c.MaxTimeout {
		return nil
	}
	// Whoever changed one of the two is told about that one.
	wrong, value, other, limit := "timeout", c.Timeout, "max-timeout", c.MaxTimeout
	problem := "is longer than "
	if o["timeout"].source < o["max-timeout"].source {
		wrong, value, other, limit = other, limit, wrong, value
		problem = "is shorter than "
	}
	return &mistake{
		setting: o.name(wrong), value: value.String(),
		problem: problem + o.name(other) + " " + quote(limit.String()), remedy: "change one of them",
	}
}

// checkMemory wants room for the largest answer in the memory for all: over gRPC it
// lies there twice, as it came and as it goes.
func (c *Config) checkMemory(o origins) error {
	if c.MaxInflightBytes >= 2*c.MaxResponseBytes {
		return nil
	}
	// Whoever changed one of the two is told about that one.
	if o["max-inflight-bytes"].source < o["max-response-bytes"].source {
		return &mistake{
			setting: o.name("max-response-bytes"), value: writeBytes(c.MaxResponseBytes),
			problem: "is more than half of " + o.name("max-inflight-bytes") + " " + quote(writeBytes(c.MaxInflightBytes)),
			remedy:  "write at most " + writeBytes(c.MaxInflightBytes/2) + ", or raise the other",
		}
	}
	return &mistake{
		setting: o.name("max-inflight-bytes"), value: writeBytes(c.MaxInflightBytes),
		problem: "is less than twice " + o.name("max-response-bytes") + " " + quote(writeBytes(c.MaxResponseBytes)),
		remedy:  "write at least " + writeBytes(2*c.MaxResponseBytes) + ", or lower the other",
	}
}

// checkLatency wants the two ends of the sandbox's latency in order.
func (c *Config) checkLatency(o origins) error {
	wrong := &mistake{setting: o.name("sandbox-latency-p99"), value: c.SandboxLatencyP99.String()}
	switch {
	case c.SandboxLatencyP99 == 0:
		return nil
	case c.SandboxLatencyP99 < c.SandboxLatency || c.SandboxLatency == 0:
		wrong.problem, wrong.remedy = "does not go with "+o.name("sandbox-latency")+" "+quote(c.SandboxLatency.String()), "write a median above 0s that is no longer"
	case c.SandboxLatencyDistribution == "uniform" && float64(c.SandboxLatencyP99) > 1.98*float64(c.SandboxLatency):
		wrong.problem, wrong.remedy = "is beyond what a uniform distribution with the median "+quote(c.SandboxLatency.String())+" reaches", "write at most 1.98 times the median, or choose another distribution"
	default:
		return nil
	}
	return wrong
}

// chooseSandbox decides between the sandbox and a real upstream. The sandbox
// starts when it is asked for, or when nothing at all names an upstream. It is
// never pushed aside in silence: a setting that names an upstream must come
// from a weaker place, such as the variables that the upstream's own tools
// leave in a developer's shell, or it is a contradiction.
func (c *Config) chooseSandbox(o origins) error {
	asked, named := o["sandbox"].source, c.upstreamSetting(o)
	switch {
	case named == "" && asked == byDefault:
		c.Sandbox = true
		o["sandbox"] = origin{derived, "no upstream is named"}
	case named == "" && !c.Sandbox:
		return &mistake{
			setting: o.name("sandbox"), value: "false",
			problem: "leaves no upstream at all", remedy: "give --region or --upstream-url, or let the sandbox run",
		}
	case c.Sandbox && o[named].source >= asked:
		return &mistake{
			setting: o.name("sandbox"), value: "true",
			problem: "contradicts " + o.name(named) + ", which is about a real upstream", remedy: "remove one of them",
		}
	}
	if c.Sandbox {
		for _, setting := range c.ofUpstream() {
			*setting.value = ""
			delete(o, setting.name)
		}
	}
	return nil
}

// named is a setting's name with its value.
type named struct {
	name  string
	value *string
}

// ofUpstream lists the settings that only a real upstream has a use for.
func (c *Config) ofUpstream() []named {
	return []named{
		{"upstream-url", &c.UpstreamURL}, {"region", &c.Region}, {"login-url", &c.LoginURL},
		{"client-id", &c.ClientID}, {"client-id-file", &c.ClientIDFile},
		{"client-secret", (*string)(&c.ClientSecret)}, {"client-secret-file", &c.ClientSecretFile},
	}
}

// upstreamSetting names the setting from the strongest place that is about a
// real upstream, or nothing when there is none.
func (c *Config) upstreamSetting(o origins) string {
	strongest := ""
	for _, setting := range c.ofUpstream() {
		if *setting.value != "" && o[setting.name].source > o[strongest].source {
			strongest = setting.name
		}
	}
	return strongest
}

// completeAddresses finds the addresses of the upstream: those that are given,
// else those of the region; a login host that stands beside a given API host.
func (c *Config) completeAddresses(o origins) error {
	if c.Sandbox {
		return nil
	}
	home, _ := findRegion(c.Region)
	switch {
	case c.UpstreamURL == "" && c.Region == "":
		return &mistake{
			setting: o.name(c.upstreamSetting(o)),
			problem: "is set, but no upstream to use it with", remedy: "add --region (or GENESYSCLOUD_REGION), or --upstream-url",
		}
	case c.UpstreamURL == "":
		c.UpstreamURL = home.apiURL()
		o["upstream-url"] = origin{derived, "region " + c.Region}
	}
	if c.LoginURL == "" {
		beside, ok := loginBeside(c.UpstreamURL)
		switch {
		case ok:
			c.LoginURL = beside
			o["login-url"] = origin{derived, "beside upstream-url"}
		case c.Region != "":
			c.LoginURL = home.loginURL()
			o["login-url"] = origin{derived, "region " + c.Region}
		default:
			return &mistake{
				setting: o.name("upstream-url"), value: c.UpstreamURL,
				problem: "does not start with api., so its login host is unknown", remedy: "add --login-url",
			}
		}
	}
	if c.UpstreamInsecure {
		return nil
	}
	for _, setting := range []named{{"upstream-url", &c.UpstreamURL}, {"login-url", &c.LoginURL}} {
		if strings.HasPrefix(*setting.value, "http:") && !loopback(*setting.value) {
			return &mistake{
				setting: o.name(setting.name), value: *setting.value,
				problem: "would send tokens in clear text", remedy: "write https, or add --upstream-insecure if the network is trusted",
			}
		}
	}
	return nil
}

// loginBeside is the login address that belongs to an API address, when the
// host follows the upstream's pattern: api.X and login.X.
func loginBeside(apiURL string) (string, bool) {
	u, err := url.Parse(apiURL)
	if err != nil {
		return "", false
	}
	domain, ok := strings.CutPrefix(u.Host, "api.")
	return u.Scheme + "://login." + domain, ok
}

// loopback says whether an address stays on this machine.
func loopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// checkCredentials wants both halves of the service's credentials, each once;
// or none where every caller brings a token.
func (c *Config) checkCredentials(o origins) error {
	if c.Sandbox {
		return nil
	}
	halves := []struct{ name, value, file, vendor string }{
		{"client-id", c.ClientID, c.ClientIDFile, "GENESYSCLOUD_OAUTHCLIENT_ID"},
		{"client-secret", string(c.ClientSecret), c.ClientSecretFile, "GENESYSCLOUD_OAUTHCLIENT_SECRET"},
	}
	for i, half := range halves {
		other := halves[1-i]
		if half.value != "" && half.file != "" {
			return &mistake{
				setting: o.name(half.name + "-file"), value: half.file,
				problem: "and " + o.name(half.name) + " are both set", remedy: "remove one of them",
			}
		}
		if half.value+half.file != "" && other.value+other.file == "" {
			name := half.name
			if half.file != "" {
				name += "-file"
			}
			return &mistake{
				setting: o.name(name),
				problem: "is set without the " + other.name, remedy: "add " + other.vendor + " or --" + other.name + "-file",
			}
		}
	}
	if halves[0].value+halves[0].file == "" && c.UpstreamAuth != AuthCaller {
		return &mistake{
			setting: o.name("upstream-auth"), value: string(c.UpstreamAuth),
			problem: "needs credentials of the service for calls without a token",
			remedy:  "add GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET (or --client-id-file and --client-secret-file), or write --upstream-auth=caller if every caller brings its own",
		}
	}
	return nil
}
