package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// prefix starts the name of every environment variable of ours.
const prefix = "SWITCHBOARD_"

// fromEnvironment takes the settings that the environment gives. An empty
// variable counts as absent, which is how deployment tools write "none". A
// variable with our prefix that is no setting is refused, because it is one that
// was misspelt; the variables that Kubernetes adds for Services are not.
func fromEnvironment(env []string, model *kong.Application) (map[string]given, error) {
	present := make(map[string]string)
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		if _, twice := present[name]; !twice { // The first counts, as for os.Getenv.
			present[name] = value
		}
	}

	values := make(map[string]given)
	var known []string
	for _, flag := range model.Flags {
		for _, name := range variables(flag) {
			known = append(known, name)
			if _, given := values[flag.Name]; given || present[name] == "" {
				continue
			}
			values[flag.Name] = given{present[name], origin{inEnvironment, name}}
		}
	}

	var strays []string
	for name, value := range present {
		if strings.HasPrefix(name, prefix) && !slices.Contains(known, name) && !fromKubernetes(name, value) {
			strays = append(strays, name)
		}
	}
	if len(strays) == 0 {
		return values, nil
	}
	stray := slices.Min(strays)
	return nil, &mistake{
		setting: stray,
		problem: "is set in the environment but is no setting",
		remedy:  suggest(stray, known, "remove it, --help lists every setting"),
	}
}

// variables are the environment variables of a flag, the first one that is set
// counts. What is about one run only has none.
func variables(flag *kong.Flag) []string {
	if flag.Group.Key == thisRun && flag.Name != "config" {
		return nil
	}
	names := []string{prefix + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))}
	if vendor := flag.Tag.Get("vendor"); vendor != "" {
		names = append(names, vendor)
	}
	return names
}

// fromKubernetes says whether Kubernetes puts such a variable into every
// container of a namespace with a Service named switchboard, or switchboard-
// and more. A name that merely ends in _PORT could be a misspelt setting, so
// there the value has to look like Kubernetes', too.
func fromKubernetes(name, value string) bool {
	return serviceVariable.MatchString(name) ||
		strings.HasSuffix(name, "_PORT") && servicePort.MatchString(value)
}

var (
	serviceVariable = regexp.MustCompile(`^SWITCHBOARD_([A-Z0-9_]+_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)
	servicePort     = regexp.MustCompile(`^(tcp|udp|sctp)://`)
)
