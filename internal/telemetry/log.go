// Package telemetry is how Switchboard is seen from outside: the logger here,
// beside it whatever measures. It imports nothing else of the project; what it
// is given by the other packages goes to the log stream and the monitoring
// system, and never holds a secret.
package telemetry

import (
	"io"
	"log/slog"
	"reflect"
	"strings"
	"unicode"
)

// redacted is what a log shows in place of a secret.
const redacted = "[redacted]"

// NewLogger returns a logger that writes one line per record to w: key=value
// pairs when format is "text", else JSON. Times are in UTC. An attribute whose
// key, or whose group's key, names a secret is printed as [redacted], and so are
// such members of a map (http.Header and gRPC metadata are maps). That is a
// guard against a slip, not a licence: what stands inside a message, a struct or
// an error is printed as it is.
//
// The level is asked for every record, so a *slog.LevelVar can change it while
// the program runs.
func NewLogger(w io.Writer, format string, level slog.Leveler) *slog.Logger {
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: guard}
	if format == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// guard is called for every attribute but the groups, whose keys it gets with
// each member.
func guard(groups []string, attr slog.Attr) slog.Attr {
	if namesSecret(attr.Key) {
		return slog.String(attr.Key, redacted)
	}
	for _, group := range groups {
		if namesSecret(group) {
			return slog.String(attr.Key, redacted)
		}
	}
	switch attr.Value.Kind() {
	case slog.KindTime:
		attr.Value = slog.TimeValue(attr.Value.Time().UTC())
	case slog.KindAny:
		attr.Value = slog.AnyValue(guardMap(attr.Value.Any()))
	}
	return attr
}

// guardMap replaces the members of a map whose keys name secrets. A value that
// is no map with string keys, or holds no secret, is returned as it is.
func guardMap(value any) any {
	members := reflect.ValueOf(value)
	if members.Kind() != reflect.Map || members.Type().Key().Kind() != reflect.String {
		return value
	}
	safe, found := make(map[string]any, members.Len()), false
	for key, member := range members.Seq2() {
		name := key.String()
		if namesSecret(name) {
			safe[name], found = redacted, true
			continue
		}
		safe[name] = guardMap(member.Interface())
		found = found || member.Kind() == reflect.Map || member.Kind() == reflect.Interface
	}
	if !found {
		return value
	}
	return safe
}

// namesSecret says whether one of a key's words names a secret. Words end at
// anything but letters and digits, and where a capital follows a small letter:
// client_secret, Set-Cookie and accessToken all count. The plural does not, it
// is a number of them.
func namesSecret(key string) bool {
	start, previous := 0, rune(0)
	for at, r := range key {
		camel := unicode.IsUpper(r) && unicode.IsLower(previous)
		if camel || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			if secretWord(key[start:at]) {
				return true
			}
			start = at
			if !camel {
				start += len(string(r))
			}
		}
		previous = r
	}
	return secretWord(key[start:])
}

func secretWord(word string) bool {
	for _, secret := range [...]string{"authorization", "token", "secret", "password", "cookie"} {
		if strings.EqualFold(word, secret) {
			return true
		}
	}
	return false
}
