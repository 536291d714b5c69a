package operation_test

import (
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/switchboard-gw/switchboard/internal/operation"
)

func TestAnUntypedOperationIsAVerbAndAName(t *testing.T) {
	t.Parallel()
	for verb, safe := range map[string]bool{
		http.MethodGet: true, http.MethodHead: true,
		http.MethodPost: false, http.MethodPut: false, http.MethodPatch: false, http.MethodDelete: false,
	} {
		op := operation.Untyped(verb)
		if op == nil || op.Typed() || op.Name != "passthrough" || op.FullMethod != "passthrough" || op.Verb != verb || op.Safe() != safe {
			t.Errorf("%s: %+v", verb, op)
		}
	}
	for _, verb := range []string{"", "get", http.MethodOptions, http.MethodTrace, http.MethodConnect, "PURGE"} {
		if op := operation.Untyped(verb); op != nil {
			t.Errorf("%s: %+v", verb, op)
		}
	}
	for _, op := range contract(t).All() {
		if !op.Typed() || op.Name == operation.Passthrough {
			t.Errorf("%s is untyped", op)
		}
	}
}

func TestAPathOutsideOfTheContractIsEscapedAnew(t *testing.T) {
	t.Parallel()
	ops := contract(t)
	for sent, want := range map[string]string{
		"/api/v2/routing/skills":                    "/api/v2/routing/skills",
		"/api/v2/organizations/me":                  "/api/v2/organizations/me",
		"/api/v2/%72outing/skills":                  "/api/v2/routing/skills",
		"/api/v2/routing/s%6bills":                  "/api/v2/routing/skills",
		"/api/v2/Routing/skills":                    "/api/v2/Routing/skills",
		"/api/v2/flows/datatables/d/rows/a%2Fb":     "/api/v2/flows/datatables/d/rows/a%2Fb",
		"/api/v2/flows/datatables/d/rows/a;b":       "/api/v2/flows/datatables/d/rows/a%3Bb",
		"/api/v2/flows/datatables/d/rows/a%20b":     "/api/v2/flows/datatables/d/rows/a%20b",
		"/api/v2/flows/datatables/d/rows/100%25":    "/api/v2/flows/datatables/d/rows/100%25",
		"/api/v2/flows/datatables/d/rows/what%3f":   "/api/v2/flows/datatables/d/rows/what%3F",
		"/api/v2/flows/datatables/d/rows/+1.555":    "/api/v2/flows/datatables/d/rows/%2B1.555",
		"/api/v2/flows/datatables/d/rows/%C3%BC":    "/api/v2/flows/datatables/d/rows/%C3%BC",
		"/api/v2/flows/datatables/d/rows/...":       "/api/v2/flows/datatables/d/rows/...",
		"/api/v2/flows/datatables/d/rows/%EF%BC%A1": "/api/v2/flows/datatables/d/rows/%EF%BC%A1",
		"/api/v2/downloads/a.csv":                   "/api/v2/downloads/a.csv",
		"/api/v2/flows/datatables/d/rows/a:b@c&d=e": "/api/v2/flows/datatables/d/rows/a%3Ab%40c%26d%3De",
	} {
		if got, err := ops.Outside(sent); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", sent, got, err, want)
		}
	}
}

func TestAPathThatCouldBeAnotherIsRefused(t *testing.T) {
	t.Parallel()
	ops := contract(t)
	for sent, want := range map[string]string{
		"/api/v2/":                                           "empty segment",
		"/api/v2/routing/":                                   "empty segment",
		"/api/v2//routing":                                   "empty segment",
		"/api/v2/routing//skills":                            "empty segment",
		"/api/v2/routing/%20/skills":                         "empty segment",
		"/api/v2/routing/;x=1/skills":                        "empty segment",
		"/api/v2/routing/skills%2F":                          "empty segment",
		"/api/v2/routing/%2Fskills":                          "empty segment",
		"/api/v2/routing/a%5C%5Cb":                           "empty segment",
		"/api/v2/routing/a%252F":                             "empty segment",
		"/api/v2/routing/.":                                  `"." or ".."`,
		"/api/v2/routing/../../oauth/token":                  `"." or ".."`,
		"/api/v2/routing/%2e%2E/x":                           `"." or ".."`,
		"/api/v2/routing/%2e%2e%2fx":                         `"." or ".."`,
		"/api/v2/routing/..;x=1/x":                           `"." or ".."`,
		"/api/v2/routing/..%3bx=1/x":                         `"." or ".."`,
		"/api/v2/routing/%20..%20/x":                         `"." or ".."`,
		"/api/v2/routing/..%5c..%5cx":                        `"." or ".."`,
		"/api/v2/routing/%252e%252e/x":                       `"." or ".."`,
		"/api/v2/routing/%25252e%25252e%25252fx":             `"." or ".."`,
		"/api/v2/routing/x%2F..%2F..%2F..%2F..%2Foauth":      `"." or ".."`,
		"/api/v2/routing/" + strings.Repeat("%25", 9) + "2e": "",
		"/api/v2/routing/%2525252525252e":                    "escaped too often",
		"/api/v2/routing/%zz":                                "broken percent-encoding",
		"/api/v2/routing/%0a":                                "control character",
		"/api/v2/routing/%00":                                "control character",
		"/api/v2/routing/%C2%85":                             "control character",
		"/api/v2/routing/%250d%250aHost:":                    "control character",
		"/api/v2/routing/%ff":                                "not valid UTF-8",
		"/api/v2/routing/%c0%ae%c0%ae":                       "not valid UTF-8", // an overlong ".."
		"/api/v2/routing/" + strings.Repeat("x", 1025):       "too long",
		"/api/v2/%75sers/u":                                  "another spelling",
		"/api/v2/USERS/u":                                    "another spelling",
		"/api/v2/users;x=1/u":                                "another spelling",
		"/api/v2/users%3Bx/u":                                "another spelling",
		"/api/v2/users%20/u":                                 "another spelling",
		"/api/v2/users%3Fx/u":                                "another spelling",
		"/api/v2/users%23":                                   "another spelling",
		"/api/v2/users%2Fu":                                  "another spelling",
		"/api/v2/users%5Cu":                                  "another spelling",
		"/api/v2/%2575sers/u":                                "another spelling",
		"/api/v2/users%252Fu":                                "another spelling",
		"/api/v2/users.json":                                 "another spelling",
		"/api/v2/users/u/routingstatus.json":                 "another spelling",
		"/api/v2/users./u":                                   "another spelling",
		"/api/v2/%EF%BD%95sers/u":                            "another spelling", // a wide u
		"/api/v2/users%EF%BC%8Fu":                            "another spelling", // a wide slash
		"/api/v2/routing/%EF%BC%8E%EF%BC%8E/x":               `"." or ".."`,      // wide dots
		"/api/v2/routing/%E2%80%A5/x":                        `"." or ".."`,      // a leader of two dots
		"/api/v2/routing/%EF%BC%852e%EF%BC%852e/x":           `"." or ".."`,      // wide percent signs
		"/api/v2/routing/%E3%80%80/x":                        "empty segment",    // a wide space
	} {
		got, err := ops.Outside(sent)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", sent, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %q, %v; want an error with %q", sent, got, err, want)
		}
	}
}

// spellings are other ways to write a path, by what is done.
var spellings = map[string]func(string) string{
	"as it is":             func(p string) string { return p },
	"a slash more":         func(p string) string { return p + "/" },
	"a dot more":           func(p string) string { return p + "/." },
	"there and back":       func(p string) string { return p + "/x/.." },
	"two slashes":          func(p string) string { return strings.Replace(p, "/api/v2/", "/api/v2//", 1) },
	"a dot in between":     func(p string) string { return strings.Replace(p, "/api/v2/", "/api/v2/./", 1) },
	"out and in":           func(p string) string { return "/api/v2/x/.." + strings.TrimPrefix(p, "/api/v2") },
	"in capitals":          func(p string) string { return "/api/v2" + strings.ToUpper(strings.TrimPrefix(p, "/api/v2")) },
	"an escaped letter":    func(p string) string { return p[:8] + "%" + hex(p[8]) + p[9:] },
	"escaped twice":        func(p string) string { return p[:8] + "%25" + hex(p[8]) + p[9:] },
	"escaped three times":  func(p string) string { return p[:8] + "%2525" + hex(p[8]) + p[9:] },
	"every letter escaped": func(p string) string { return "/api/v2" + escapeAll(p[7:]) },
	"an escaped slash":     func(p string) string { return p[:8] + strings.ReplaceAll(p[8:], "/", "%2F") },
	"one escaped twice":    func(p string) string { return p[:8] + strings.ReplaceAll(p[8:], "/", "%252f") },
	"a backslash":          func(p string) string { return p[:8] + strings.ReplaceAll(p[8:], "/", "%5C") },
	"a parameter":          func(p string) string { return p + ";x=1" },
	"a parameter before":   func(p string) string { return p[:8] + strings.Replace(p[8:], "/", ";x=1/", 1) },
	"an escaped parameter": func(p string) string { return p[:8] + strings.Replace(p[8:], "/", "%3Bx/", 1) + "%3Bx" },
	"an escaped query":     func(p string) string { return p + "%3Fx=1" },
	"an escaped fragment":  func(p string) string { return p + "%23/x" },
	"a space":              func(p string) string { return p + "%20" },
	"a space before":       func(p string) string { return p[:8] + "%20" + p[8:] },
	"a NUL":                func(p string) string { return p + "%00" },
	"an extension":         func(p string) string { return p + ".json" },
	"a dot behind": func(p string) string {
		return strings.Replace(p[:8]+strings.Replace(p[8:], "/", "./", 1), "/./", "/", 1) + "."
	},
	"in wide letters": func(p string) string { return "/api/v2" + wide(p[7:]) },
	"wide slashes":    func(p string) string { return p[:8] + strings.ReplaceAll(p[8:], "/", "%EF%BC%8F") },
}

// wide writes small letters in their wide form.
func wide(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'ａ'
		}
		return r
	}, text)
}

func hex(c byte) string { return string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]) }

// escapeAll escapes all but slashes.
func escapeAll(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if text[i] == '/' {
			b.WriteByte('/')
		} else {
			b.WriteString("%" + hex(text[i]))
		}
	}
	return b.String()
}

// However the path of an operation is written, it is the operation's or refused.
func TestNoOperationIsReachedUntypedInAnySpelling(t *testing.T) {
	t.Parallel()
	ops := contract(t)
	refused := 0
	for _, op := range ops.All() {
		sent := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(op.Template, "8a1c8a0e-0000-4000-8000-000000000001")
		for name, respell := range spellings {
			sent := respell(sent)
			if len(ops.Verbs(sent)) > 0 {
				continue // the operation's own, or with an odd id
			}
			if got, err := ops.Outside(sent); err == nil {
				t.Errorf("%s with %s: %s would pass as %s", op.Name, name, sent, got)
			} else {
				refused++
			}
		}
	}
	if refused < 10*len(ops.All()) {
		t.Errorf("only %d were refused", refused)
	}
}

// laxRoutes are the operations as a server sees them that compares paths without
// case.
func laxRoutes(t testing.TB) (all []*regexp.Regexp) {
	t.Helper()
	for _, op := range contract(t).All() {
		pattern := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(op.Template, "[^/]+")
		all = append(all, regexp.MustCompile("(?i)^"+pattern+"$"))
	}
	return all
}

var parameters = regexp.MustCompile(`;[^/]*`)

// laxReadings are what servers make of a path that unescape it any number of times,
// drop parameters, queries and fragments, clean it, and take a backslash for a slash.
func laxReadings(sent string) (all []string) {
	for range 6 {
		for _, text := range []string{sent, strings.ReplaceAll(sent, `\`, "/"), norm.NFKC.String(sent)} {
			text, _, _ = strings.Cut(text, "?")
			text, _, _ = strings.Cut(text, "#")
			all = append(all, path.Clean("/"+text), path.Clean("/"+parameters.ReplaceAllString(text, "")))
		}
		again, err := url.PathUnescape(sent)
		if err != nil {
			break
		}
		sent = again
	}
	return all
}

// FuzzOutside: no path that passes is, in any reading, an operation's or outside of the
// API; and it stays what it is when it is read again.
func FuzzOutside(f *testing.F) {
	for _, respell := range spellings {
		f.Add(respell("/api/v2/users/u")[8:])
		f.Add(respell("/api/v2/routing/skills/s")[8:])
	}
	f.Add("organizations/me")
	f.Add("flows/datatables/d/rows/a%2Fb%20c;d%3Fe")
	f.Add("x/%252e%252e/%25252e%25252e/oauth/token")
	ops, routes := contract(f), laxRoutes(f)
	f.Fuzz(func(t *testing.T, below string) {
		sent := operation.APIPrefix + below
		got, err := ops.Outside(sent)
		if err != nil || len(ops.Verbs(sent)) > 0 {
			return
		}
		if again, err := ops.Outside(got); err != nil || again != got {
			t.Errorf("%q passes as %q, and that as %q (%v)", sent, got, again, err)
		}
		for _, reading := range laxReadings(got) {
			if !strings.HasPrefix(reading, operation.APIPrefix) {
				t.Errorf("%q passes as %q, which could be read as %q", sent, got, reading)
			}
			for _, route := range routes {
				if route.MatchString(reading) {
					t.Errorf("%q passes as %q, which could be read as %q, %s", sent, got, reading, route)
				}
			}
		}
	})
}
