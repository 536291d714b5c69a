package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/alecthomas/kong"
)

// A parse turns the text of one setting into its value, or says what is wrong
// with it. The text has no surrounding white space and is not empty.
type parse func(setting *kong.Value, text string) (any, *mistake)

// kinds are the grammars of values, by the name that a field's type tag gives.
func kinds() map[string]parse {
	return map[string]parse{
		"text":        parseText,
		"path":        parseText,
		"secret":      parseSecret,
		"file":        parseFile,
		"switch":      parseSwitch,
		"choice":      parseChoice,
		"number":      parseNumber,
		"bytes":       parseBytes,
		"duration":    parseDuration,
		"address":     parseAddress,
		"url":         parseURL,
		"region":      parseRegion,
		"prefix":      parsePrefix,
		"apipaths":    parseAPIPaths,
		"origins":     parseOrigins,
		"share":       parseShare,
		"permissions": parsePermissions,
		"operations":  parseOperations,
	}
}

// reader joins a grammar to the flag library: it takes the text that the
// command line, the environment, the file or the default gives, and completes
// a mistake with the setting's name and value.
type reader struct{ parse parse }

// Decode implements kong.Mapper.
func (r reader) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	value, problem := pop(ctx)
	if problem == nil {
		problem = r.decode(ctx.Value, value.text, target)
	}
	if problem != nil {
		problem.setting = value.as
		if ctx.Value.Tag.Type != "secret" {
			problem.value = value.text
		}
		return problem
	}
	return nil
}

func (r reader) decode(setting *kong.Value, text string, target reflect.Value) *mistake {
	switch {
	case text == "" && setting.HasDefault:
		return &mistake{problem: "is empty", remedy: "give it a value, or leave it out for the default, " + setting.Default}
	case text == "" && setting.IsBool():
		return &mistake{problem: "is empty", remedy: "write true or false"}
	case text == "":
		target.SetZero()
		return nil
	}
	value, problem := r.parse(setting, text)
	if problem == nil {
		target.Set(reflect.ValueOf(value).Convert(target.Type()))
	}
	return problem
}

// pop takes the text of a setting from the library's scanner. A value from
// elsewhere comes with its origin; any other is the command line's (or the
// default, which is right).
func pop(ctx *kong.DecodeContext) (given, *mistake) {
	value := given{origin: origin{fromFlag, "--" + ctx.Value.Name}}
	next := ctx.Scan.Peek()
	if ctx.Value.IsBool() && next.Type != kong.FlagValueToken {
		value.text = "true"
		return value, nil
	}
	if !next.IsValue() {
		// Not next itself: it may be a secret that starts with a dash.
		return value, &mistake{
			problem: "has no value",
			remedy:  fmt.Sprintf("write --%s=VALUE, with the = where the value starts with a dash", ctx.Value.Name),
		}
	}
	switch token := ctx.Scan.Pop().Value.(type) {
	case given:
		value = token
	case string:
		value.text = token
	}
	value.text = strings.TrimSpace(value.text)
	return value, nil
}

func parseText(_ *kong.Value, text string) (any, *mistake) {
	if strings.ContainsFunc(text, unicode.IsControl) {
		return nil, &mistake{problem: "holds a line break or another control character", remedy: "write it in one line"}
	}
	return text, nil
}

func parseSecret(setting *kong.Value, text string) (any, *mistake) {
	if text == mask {
		return nil, &mistake{
			problem: "is the mask that --print-config shows, not a secret",
			remedy:  "give the secret itself, best through " + setting.Tag.Get("vendor") + " or --" + setting.Name + "-file",
		}
	}
	return parseText(setting, text)
}

// maxSecretFile bounds a file with a credential: far above any real one, far
// below what would hurt.
const maxSecretFile = 64 << 10

// parseFile checks that a file with a credential can be read now; whoever uses
// it reads it again when it changes.
func parseFile(_ *kong.Value, path string) (any, *mistake) {
	// A secret where its path should be is an easy mix-up, and must not be shown.
	private := !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, ".")
	content, err := readBounded(path, maxSecretFile)
	switch {
	case err != nil:
		remedy := "check the path and that this process may read it"
		if private {
			remedy = "give the path of a file, starting with / or ./ (what was given is not shown, it may be a secret)"
		}
		return nil, &mistake{problem: "cannot be read: " + reason(err), remedy: remedy, private: private}
	case len(bytes.TrimSpace(content)) == 0:
		return nil, &mistake{problem: "is an empty file", remedy: "write the credential into it, nothing else", private: private}
	}
	return path, nil
}

// readBounded reads a file of at most limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	return content, err
}

// reason is what the operating system says, without the path, which the message
// has already.
func reason(err error) string {
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return failed.Err.Error()
	}
	return err.Error()
}

func parseSwitch(_ *kong.Value, text string) (any, *mistake) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return nil, &mistake{problem: "is neither true nor false", remedy: "write true or false"}
}

func parseChoice(setting *kong.Value, text string) (any, *mistake) {
	chosen := strings.ToLower(text)
	choices := choicesOf(setting)
	for _, choice := range choices {
		if choice != chosen {
			continue
		}
		if setting.Target.Type() != reflect.TypeFor[slog.Level]() {
			return chosen, nil
		}
		var level slog.Level
		if err := level.UnmarshalText([]byte(chosen)); err == nil {
			return level, nil
		}
	}
	return nil, &mistake{problem: "is not one of the choices", remedy: "write " + alternatives(choices)}
}

// choicesOf are the only values of a setting, if it is a choice.
func choicesOf(setting *kong.Value) []string {
	return strings.Split(setting.Tag.Get("choices"), ",")
}

// alternatives lists names as a sentence does.
func alternatives(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

func parseNumber(setting *kong.Value, text string) (any, *mistake) {
	size := setting.Target.Type().Bits()
	if setting.Target.CanInt() {
		size-- // For the sign.
	}
	return bounded(setting, text, func(text string) (uint64, error) {
		return strconv.ParseUint(text, 10, size)
	}, "is not a whole number", "write digits only")
}

func parseDuration(setting *kong.Value, text string) (any, *mistake) {
	return bounded(setting, text, time.ParseDuration,
		"is not a duration", "write a number with its unit, such as 500ms, 15s or 2m")
}

func parseBytes(setting *kong.Value, text string) (any, *mistake) {
	return bounded(setting, text, readBytes,
		"is not a number of bytes", "write digits, with KiB, MiB or GiB where wanted, such as 512000 or 32MiB")
}

// bounded reads a value and holds it against the setting's bounds, which are
// written in the same notation.
func bounded[T cmp.Ordered](setting *kong.Value, text string, read func(string) (T, error), problem, remedy string) (any, *mistake) {
	low, high := setting.Tag.Get("min"), setting.Tag.Get("max")
	within := "give at least " + low
	if high != "" {
		within = "give " + low + " to " + high
	}
	value, err := read(text)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return nil, &mistake{problem: "is out of range", remedy: within}
	case err != nil:
		return nil, &mistake{problem: problem, remedy: remedy + ", " + strings.TrimPrefix(within, "give ")}
	}
	least, err := read(low)
	if err != nil {
		return nil, &mistake{problem: "has the broken bound " + low}
	}
	if value < least {
		return nil, &mistake{problem: "is out of range", remedy: within}
	}
	if high == "" {
		return value, nil
	}
	most, err := read(high)
	if err != nil {
		return nil, &mistake{problem: "has the broken bound " + high}
	}
	if value > most {
		return nil, &mistake{problem: "is out of range", remedy: within}
	}
	return value, nil
}

var digits = regexp.MustCompile(`^[0-9]+$`)

// byteUnits are the units of a number of bytes, the largest first.
func byteUnits() []struct {
	name string
	size int
} {
	return []struct {
		name string
		size int
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}
}

// readBytes reads a number of bytes, with or without a unit.
func readBytes(text string) (int, error) {
	factor := 1
	for _, unit := range byteUnits() {
		if number, ok := strings.CutSuffix(text, unit.name); ok {
			text, factor = strings.TrimSpace(number), unit.size
		}
	}
	// 33 bits and a factor of 30 fit an int.
	number, err := strconv.ParseUint(text, 10, 33)
	return int(number) * factor, err //nolint:gosec // See above.
}

// writeBytes is the reverse of readBytes, in the largest unit that is exact; but
// not in KiB, which would make an unfamiliar 500KiB of the familiar 512000.
func writeBytes(number int) string {
	for _, unit := range byteUnits() {
		if number != 0 && number%unit.size == 0 && unit.name != "KiB" {
			return strconv.Itoa(number/unit.size) + unit.name
		}
	}
	return strconv.Itoa(number)
}

func parseAddress(_ *kong.Value, text string) (any, *mistake) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		example := ":9090"
		if digits.MatchString(text) {
			example = ":" + text
		}
		return nil, &mistake{problem: "is not host:port", remedy: "write " + example + " for every interface, or 127.0.0.1" + example + " for one"}
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return nil, &mistake{problem: "has a bad port", remedy: "write a number from 0 (any free port) to 65535 after the colon"}
	}
	if _, err := netip.ParseAddr(host); host != "" && err != nil && !hostName.MatchString(host) {
		return nil, &mistake{problem: "has a bad host", remedy: "write an IP address or a host name before the colon, or nothing for every interface"}
	}
	return text, nil
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

// parseURL reads the base address of an upstream host.
func parseURL(_ *kong.Value, text string) (any, *mistake) {
	const example = "write scheme and host, such as https://api.mypurecloud.de"
	// What stands before an @ or after a ? may be a password or a token.
	private := strings.ContainsAny(text, "@?#")
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", !strings.Contains(text, "://"):
		return nil, &mistake{problem: "is not an http or https address", remedy: example, private: private}
	case private:
		return nil, &mistake{problem: "has more than scheme, host and path", remedy: "leave out user, password, query and fragment", private: true}
	case u.Hostname() == "" || strings.HasSuffix(u.Host, ":"):
		return nil, &mistake{problem: "has no host, or a colon without a port", remedy: example}
	}
	if port := u.Port(); port != "" {
		if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return nil, &mistake{problem: "has a bad port", remedy: "write a number from 1 to 65535 after the colon"}
		}
	}
	u.Host = strings.ToLower(u.Host)
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	if strings.HasSuffix(u.Path, "/api/v2") {
		return nil, &mistake{problem: "ends in /api/v2", remedy: "leave that out, every operation's path starts with it"}
	}
	if strings.Contains(u.Path+"/", "/../") || strings.Contains(u.Path+"/", "/./") {
		return nil, &mistake{problem: "has a . or .. in its path", remedy: "write the path that is meant"}
	}
	return u.String(), nil
}

func parseRegion(_ *kong.Value, text string) (any, *mistake) {
	if region, ok := findRegion(text); ok {
		return region.key, nil
	}
	return nil, &mistake{
		problem: "is not a known region",
		remedy:  suggest(text, regionNames(), "write a region such as us_east_1, eu_central_1 or mypurecloud.de (--help lists all), or give --upstream-url and --login-url"),
	}
}

// parsePrefix reads the start of a path, up to where the API's own paths go on.
func parsePrefix(_ *kong.Value, text string) (any, *mistake) {
	const remedy = "write a path such as /genesys or /team/genesys, of letters, digits and -._~"
	prefix := strings.TrimSuffix(text, "/")
	switch {
	case prefix == "": // a lone slash is no prefix
	case !prefixPath.MatchString(prefix):
		return nil, &mistake{problem: "is not the start of a path", remedy: remedy}
	case strings.Contains(prefix+"/", "/../"), strings.Contains(prefix+"/", "/./"):
		return nil, &mistake{problem: "has a . or .. in its path", remedy: "write the path that is meant"}
	case strings.Contains(prefix+"/", "/api/v2/"):
		return nil, &mistake{problem: "has /api/v2 in it", remedy: "leave that out, every operation's path starts with it"}
	}
	return prefix, nil
}

var prefixPath = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)

// parseAPIPaths reads starts of paths of the upstream's API, separated by commas.
func parseAPIPaths(_ *kong.Value, text string) (any, *mistake) {
	const remedy = "write starts of paths, separated by commas, such as /api/v2/routing/,/api/v2/organizations/me"
	var paths []string
	for path := range strings.SplitSeq(text, ",") {
		path = strings.TrimSpace(path)
		switch {
		case !strings.HasPrefix(path+"/", "/api/v2/"):
			return nil, &mistake{problem: "has a path that is not below /api/v2/", remedy: remedy}
		case strings.Contains(path+"/", "/../"), strings.Contains(path+"/", "/./"):
			return nil, &mistake{problem: "has a . or .. in a path", remedy: "write the path that is meant"}
		case !prefixPath.MatchString(strings.TrimSuffix(path, "/")):
			return nil, &mistake{problem: "has a path that cannot be one of the API", remedy: remedy}
		}
		paths = append(paths, path)
	}
	return strings.Join(paths, ","), nil
}

// parseOrigins reads web origins (RFC 6454, section 6.1), separated by commas.
func parseOrigins(_ *kong.Value, text string) (any, *mistake) {
	var origins []string
	for origin := range strings.SplitSeq(text, ",") {
		origin = strings.ToLower(strings.TrimSpace(origin))
		u, err := url.Parse(origin)
		switch {
		case strings.Contains(origin, "*"):
			return nil, &mistake{
				problem: "has a *, which would let every web page act with the service's token",
				remedy:  "list the origins, such as https://desk.example.com",
			}
		case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "", origin != u.Scheme+"://"+u.Host:
			return nil, &mistake{
				problem: "is not a list of web origins",
				remedy:  "write scheme, host and perhaps port of each, separated by commas, such as https://desk.example.com,http://localhost:3000",
			}
		}
		origins = append(origins, origin)
	}
	return strings.Join(origins, ","), nil
}

// parseShare reads a percentage.
func parseShare(_ *kong.Value, text string) (any, *mistake) {
	digits, ok := strings.CutSuffix(text, "%")
	percent, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if !ok || err != nil || !(percent >= 0 && percent <= 100) { // NaN is not either
		return nil, &mistake{problem: "is not a percentage", remedy: "write a number from 0 to 100 with a percent sign, such as 5%"}
	}
	return percent / 100, nil
}

// parsePermissions reads names of permissions, separated by commas.
func parsePermissions(_ *kong.Value, text string) (any, *mistake) {
	return parseList(text, permissionName, &mistake{
		problem: "is not a list of permissions",
		remedy:  "write domain:entity:action of each, separated by commas, with * for every one, such as routing:queue:view,directory:*:*",
	})
}

var permissionName = regexp.MustCompile(`^([A-Za-z0-9_-]+|\*)(:([A-Za-z0-9_-]+|\*)){2}$`)

// parseOperations reads names of operations and patterns of paths, separated by
// commas. Whether there are such operations, the sandbox knows.
func parseOperations(_ *kong.Value, text string) (any, *mistake) {
	return parseList(text, operationName, &mistake{
		problem: "is not a list of operations",
		remedy:  "write names and paths, separated by commas, such as getUser,/api/v2/users/*/routingstatus",
	})
}

var operationName = regexp.MustCompile(`^([A-Za-z0-9]+|(/[A-Za-z0-9*?._~%-]+)+)$`)

// parseList reads items of a form, separated by commas.
func parseList(text string, form *regexp.Regexp, wrong *mistake) (any, *mistake) {
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); !form.MatchString(item) {
			return nil, wrong
		}
		items = append(items, item)
	}
	return strings.Join(items, ","), nil
}

// notation writes the value of a setting of the given kind as parse reads it;
// a secret as its mask.
func notation(kind string, value reflect.Value) string {
	switch v := value.Interface().(type) {
	case int:
		if kind == "bytes" {
			return writeBytes(v)
		}
	case float64:
		return strconv.FormatFloat(100*v, 'g', 12, 64) + "%"
	case time.Duration:
		return zeroUnits.ReplaceAllString(v.String(), "$1")
	case slog.Level:
		return strings.ToLower(v.String())
	}
	return fmt.Sprint(value.Interface())
}

// zeroUnits are the units that the standard library writes although they are
// zero: 1h0m0s is 1h.
var zeroUnits = regexp.MustCompile(`([hm])(0m)?0s$`)
