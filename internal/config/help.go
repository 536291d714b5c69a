package config

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// help is the text of --help: how to give settings, then each of them.
func help(model *kong.Application) string {
	var text strings.Builder
	text.WriteString(preamble)
	group := ""
	for _, flag := range model.Flags {
		if flag.Group.Key != group {
			group = flag.Group.Key
			fmt.Fprintf(&text, "\n%s\n", group)
			if about := aboutGroup()[group]; about != "" {
				text.WriteString(wrap(about, "  "))
			}
		}
		fmt.Fprintf(&text, "\n  %s\n", synopsis(flag))
		text.WriteString(wrap(about()[flag.Name], "      "))
		text.WriteString(wrap(facts(flag), "      "))
	}
	return text.String()
}

const preamble = `Switchboard speaks for the Genesys Cloud Users API inside your cluster: gRPC and
REST in, REST out.

Usage
  switchboard [settings]                    run the gateway
  switchboard sandbox [settings]            run the sandbox alone, on --http-addr
  switchboard explain [METHOD]              show how an RPC goes upstream
  switchboard [settings] --print-config     check the settings and show them

A setting can be given in three ways. The first one that is there counts:
  a flag                     --grpc-addr=:7000
  an environment variable    SWITCHBOARD_GRPC_ADDR=:7000
  a line in a YAML file      grpc-addr: ":7000"     (name the file with --config)

With no setting at all the built-in sandbox plays the upstream. For a real one:
  switchboard --region=eu_central_1 \
      --client-id-file=/secrets/id --client-secret-file=/secrets/secret
`

// aboutGroup introduces the groups that need it.
func aboutGroup() map[string]string {
	return map[string]string{
		"Upstream":       "Where your organisation lives. Either the region is enough, or give the address.",
		"Credentials":    "The OAuth client (client credentials grant) with which the service itself calls the upstream. Both halves or none.",
		"Listeners":      "Addresses are host:port. Without a host it is every interface, port 0 is any free port; the addresses that were bound are logged.",
		"REST":           "What an official SDK calls when its gateway setting names this server.",
		"Limits":         "Durations have a unit (500ms, 15s, 2m); bytes may have one (512000, 32MiB).",
		"Sandbox":        "A made-up organisation in memory, for development and tests. It forgets everything when the program stops. With a real upstream these settings, and the next ones, are not looked at.",
		"Sandbox faults": "How the sandbox misbehaves from its start, as an upstream does on a bad day. A share is a percentage of requests (5%, 0.1%). --sandbox-control-addr changes all this while it runs, and more.",
	}
}

// about says what each flag is for.
func about() map[string]string {
	var keys []string
	for _, r := range regions() {
		keys = append(keys, r.key)
	}
	return map[string]string{
		"region": "The upstream's region, as a key (eu_central_1, eu-central-1) or a domain (mypurecloud.de). It sets both addresses below. Known: " +
			strings.Join(keys, ", ") + ".",
		"upstream-url":      "Base address of the API, such as https://api.mypurecloud.de. Goes before --region; of use for a new region or a proxy.",
		"login-url":         "Base address of the login host. Follows from an API address that starts with api., else from --region.",
		"upstream-insecure": "Allow plain http to a host that is not this machine. Tokens and the client's secret then travel in clear text.",
		"upstream-auth": "Whose token goes upstream. auto: the caller's own bearer token when it sends one, else the service's. service: always the service's. " +
			"caller: always the caller's, and a call without one is refused.",

		"client-id":       "Id of the OAuth client.",
		"client-id-file":  "File that holds the id, for mounted secrets. It is read again when it changes.",
		"client-secret":   "Secret of the OAuth client. Prefer the variable or the file: every process on the machine can see flags.",
		"upstream-tokens": "How many access tokens the service holds. The upstream's rate limit is per token, so this multiplies it.",
		"client-secret-file": "File that holds the secret, for mounted secrets. " +
			"It is read again when it changes.",

		"grpc-addr":  "Where gRPC listens.",
		"http-addr":  "Where REST listens.",
		"admin-addr": "Where /livez and /readyz listen, and Go's profiles if they are wanted. Keep it inside the cluster.",
		"ready-file": "File to write the bound addresses to once every listener is open.",
		"ready-wait": "The server is ready (/readyz, gRPC health) with its first token. A login host that cannot be reached delays that for so long at most; one that refuses the client, until somebody mends it. 0s waits for neither.",
		"reflection": "Let gRPC clients such as grpcurl ask for the contract. --reflection=false turns it off.",
		"pprof":      "Serve Go's profiles at /debug/pprof on the admin port. They tell about the program, not about its calls.",

		"http-api-prefix":        "What stands before /api/v2 in the paths; the SDK's path_params_api. Paths without it are then unknown.",
		"http-login":             "Pass POST /oauth/token to the login host, so that clients with credentials of their own can log in here. Nothing of it is logged.",
		"http-login-prefix":      "What stands before /oauth/token; the SDK's path_params_login.",
		"http-cors-origins":      "Web origins whose pages may call the API from a browser, separated by commas. Without it browsers refuse that to every page but those of /docs.",
		"http-passthrough":       "Pass other paths of the vendor's API through, too, untyped: off, read (GET and HEAD) or all. Whoever reaches the port can then do there what the token may: the caller's own, or the service's.",
		"http-passthrough-paths": "What may pass through, separated by commas: /api/v2/routing/,/api/v2/organizations/me. Without it, everything below /api/v2/.",

		"timeout":            "Deadline of a call that brings none.",
		"max-timeout":        "The longest deadline a caller can have; a longer one is cut to this.",
		"max-request-bytes":  "The largest request body. The upstream itself takes 512000 bytes.",
		"max-response-bytes": "The largest upstream answer, decompressed.",
		"max-inflight-bytes": "Memory for the answers of all calls in flight. A call that does not fit in waits for others, within its deadline. A quarter of the container's memory limit is a good value.",
		"shutdown-timeout":   "How long running calls may take to finish after SIGTERM or Ctrl-C. Another SIGTERM within 3 seconds changes nothing, a later one or a second Ctrl-C stops at once. Keep it below the pod's grace period.",

		"sandbox":                     "Let the sandbox play the upstream. Starts by itself when no setting names an upstream.",
		"sandbox-users":               "How many users the organisation starts with. 100000 take about 2 seconds and 400 MiB.",
		"sandbox-seed":                "The same seed makes the same users and ids, and gives faults the same luck.",
		"sandbox-token-lifetime":      "How long the tokens are good for that the sandbox gives out.",
		"sandbox-require-division":    "Refuse to create a user without a division, as the upstream's document says; else such a user is in the home division.",
		"sandbox-enforce-permissions": "Refuse callers that lack the permissions of an operation (explain shows them) with 403. A user's token has those of the user's roles.",
		"sandbox-client-permissions":  "What the sandbox's OAuth client may do when permissions are enforced, separated by commas: routing:queue:view,directory:*:*. Without it, everything.",
		"sandbox-control-addr":        "Where the sandbox's faults can be seen and changed while it runs (GET, PUT, PATCH and DELETE /faults). Whoever reaches it can, so keep it on this machine: 127.0.0.1:9092.",

		"sandbox-rate-limit":           "How many requests a minute a token may make, as the headers of all answers tell. 300 is usual upstream, 180 has been seen.",
		"sandbox-enforce-rate-limit":   "Refuse what is over the limit with 429 and Retry-After.",
		"sandbox-login-limit":          "How many tokens a minute a client may ask for before the login host throttles it (400, as upstream). 0 is no limit.",
		"sandbox-latency":              "What half of the answers take at most. 0s is no latency.",
		"sandbox-latency-p99":          "What 99 of 100 answers take at most. 0s lets all take the same.",
		"sandbox-latency-distribution": "The shape of the latencies between the two. A uniform one cannot have a p99 of twice its median.",
		"sandbox-error-rate":           "Share of requests that get an error and are not carried out.",
		"sandbox-error-status":         "The status of that error.",
		"sandbox-error-retry-after":    "What its Retry-After says. 0s is no such header.",
		"sandbox-reset-rate":           "Share of requests that are carried out and whose connection is then reset.",
		"sandbox-truncation-rate":      "Share of answers that break off half-way.",
		"sandbox-slow-rate":            "Share of answers that come in pieces of 64 bytes, ten a second.",
		"sandbox-stale-token-rate":     "Share of requests whose token is refused from then on, before its time.",
		"sandbox-login-error-rate":     "Share of logins that get 503.",
		"sandbox-drift-rate":           "Share of answers with members and a routing status that the contract does not know.",
		"sandbox-fault-operations":     "What the faults are about, but for limits and logins, separated by commas: getUser,/api/v2/users/*/routingstatus. Without it, every operation.",
		"sandbox-search-delay":         "How long it takes until a search finds what was written. Reads by id see it at once.",

		"log-level":  "The lowest level that is logged: debug, info, warn or error.",
		"log-format": "json for machines, text for people.",

		"config":       "YAML file with settings; its keys are the names of the flags.",
		"print-config": "Check the settings, show the effective ones with where each comes from, and stop. The output can be given to --config; secrets are masked.",
		"version":      "Show the version and stop.",
		"help":         "Show this text and stop.",
	}
}

// synopsis is a flag as it is written.
func synopsis(flag *kong.Flag) string {
	name := "--" + flag.Name
	if flag.Short != 0 {
		name = fmt.Sprintf("-%c, %s", flag.Short, name)
	}
	if flag.HasDefault && flag.IsBool() {
		return name + "[=true|false]"
	}
	placeholder := map[string]string{
		"text": "TEXT", "path": "FILE", "secret": "SECRET", "file": "FILE", "choice": strings.Join(choicesOf(flag.Value), "|"),
		"number": "NUMBER", "bytes": "BYTES", "duration": "DURATION", "address": "HOST:PORT", "url": "URL", "region": "REGION",
		"prefix": "PATH", "apipaths": "PATHS", "origins": "ORIGINS", "share": "PERCENT", "permissions": "PERMISSIONS", "operations": "OPERATIONS",
	}[flag.Tag.Type]
	if placeholder == "" {
		return name
	}
	return name + "=" + placeholder
}

// facts are the default, the bounds and the variables of a flag.
func facts(flag *kong.Flag) string {
	names := variables(flag)
	if len(names) == 0 {
		return ""
	}
	said := "Not set by default. "
	if flag.HasDefault {
		said = "Default " + flag.Default + ". "
	}
	if low, high := flag.Tag.Get("min"), flag.Tag.Get("max"); high != "" {
		said = strings.TrimSuffix(said, ". ") + ", from " + low + " to " + high + ". "
	}
	return said + "Variable " + strings.Join(names, " or ") + "."
}

// wrap breaks a text into lines of at most 80 columns after the indentation.
func wrap(text, indent string) string {
	var out strings.Builder
	line := indent
	for _, word := range strings.Fields(text) {
		if line != indent && len(line)+1+len(word) > 80 {
			out.WriteString(line + "\n")
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	if line != indent {
		out.WriteString(line + "\n")
	}
	return out.String()
}
