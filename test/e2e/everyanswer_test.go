package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestEverySuccessIsAsTheVendorDocumentsIt makes a successful call of every
// operation, in the order of a story in which each call uses what the ones before
// it made, and lets the vendor's document judge the answers. After each it makes calls
// of the operation that must fail, and lets it judge those, too.
func TestEverySuccessIsAsTheVendorDocumentsIt(t *testing.T) {
	vendor := needAuthority(t)
	operations, _ := facts(t)
	for name, args := range map[string][]string{"through the server": nil, "the sandbox alone": {"sandbox"}} {
		t.Run(name, func(t *testing.T) {
			n := newNarrator(t, vendor, operations, start(t, "", args...))
			for _, s := range story {
				if n.succeed(s) {
					n.fail(s)
				}
			}
			n.report()
		})
	}
}

// step is one call of the story.
type step struct {
	operation string
	with      string // path and query parameters, as a query string
	body      string
	as        string // the user who calls; empty: the service
	keep      string // "name=/pointer name=/pointer": what later steps need of the answer
	has       string // "/pointer /pointer": what else must be in it
	until     string // "/pointer=value": asked again until the answer has it
}

// narrator tells a story: <name> in a step stands for what an earlier one kept.
type narrator struct {
	t          *testing.T
	vendor     *authority
	p          *process
	operations map[string]fact
	token      string

	notes     map[string]string
	succeeded map[string]bool // by operation
	refused   int
}

func newNarrator(t *testing.T, vendor *authority, operations []fact, p *process) *narrator {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Hour)
	hours := func(from, to time.Duration) string {
		return now.Add(from*time.Hour).Format(time.RFC3339) + "/" + now.Add(to*time.Hour).Format(time.RFC3339)
	}
	n := &narrator{
		t: t, vendor: vendor, p: p, operations: map[string]fact{}, succeeded: map[string]bool{},
		notes: map[string]string{
			"yesterday": hours(-24, 0), "lastweek": hours(-7*24, -6*24), "year": hours(-180*24, 180*24),
			"from": now.Add(time.Hour).Format(time.RFC3339), "to": now.Add(9 * time.Hour).Format(time.RFC3339),
			"q64": base64.StdEncoding.EncodeToString([]byte(`{"query":[{"type":"EXACT","fields":["email"],"value":"ada@e2e.example.com"}]}`)),
		},
	}
	for _, op := range operations {
		n.operations[op.Name] = op
	}
	answer, text := p.rest(http.MethodPost, "/oauth/token", []byte("grant_type=client_credentials"),
		"Content-Type", "application/x-www-form-urlencoded", "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("sandbox:sandbox")))
	if n.token = lookUp(text, "/access_token"); answer.StatusCode != http.StatusOK || n.token == "" {
		t.Fatalf("login: %d %s", answer.StatusCode, text)
	}
	return n
}

// succeed makes the call of a step, which must be a success with an answer as
// documented.
func (n *narrator) succeed(s step) bool {
	n.t.Helper()
	if unknown := n.unknown(s); unknown != "" {
		n.t.Errorf("%s needs <%s>, which no step kept", s.operation, unknown)
		return false
	}
	pointer, value, waits := strings.Cut(s.until, "=")
	status, text, documented := n.call(s)
	for range 300 {
		if !waits || status > 299 || lookUp(text, pointer) == value {
			break
		}
		time.Sleep(100 * time.Millisecond)
		status, text, documented = n.call(s)
	}
	if status < 200 || status > 299 || waits && lookUp(text, pointer) != value {
		n.t.Errorf("%s: %d %s", s.operation, status, text)
		return false
	}
	for kept := range strings.FieldsSeq(s.keep) {
		name, pointer, _ := strings.Cut(kept, "=")
		if n.notes[name] = lookUp(text, pointer); n.notes[name] == "" {
			delete(n.notes, name)
			n.t.Errorf("%s: there is nothing at %s: %s", s.operation, pointer, text)
		}
	}
	for pointer := range strings.FieldsSeq(s.has) {
		if lookUp(text, pointer) == "" {
			n.t.Errorf("%s: there is nothing at %s: %s", s.operation, pointer, text)
		}
	}
	if documented {
		n.succeeded[s.operation] = true
	}
	return true
}

// call makes a step's call, and tells whether the answer is as documented. What is
// wrong with it is reported where it is of all answers of a sandbox: in
// process.rest.
func (n *narrator) call(s step) (status int, text []byte, documented bool) {
	n.t.Helper()
	op, known := n.operations[s.operation]
	if !known {
		n.t.Fatalf("the facts have no operation %s", s.operation)
	}
	token := n.token
	if s.as != "" {
		token = "sandbox-user-" + n.fill(s.as)
	}
	var body []byte
	if s.body != "" {
		body = []byte(n.fill(s.body))
	}
	answer, text := n.p.rest(op.Method, n.uri(op, s.with), body, "Authorization", "Bearer "+token)
	wrong := n.vendor.judge(s.operation, answer.StatusCode, answer.Header.Get("Content-Type"), text)
	return answer.StatusCode, text, wrong == nil
}

// uri puts parameters where the facts say they go. A star stands for all values
// that a parameter can have.
func (n *narrator) uri(op fact, with string) string {
	given, err := url.ParseQuery(with)
	must(n.t, err)
	path, query := op.Path, url.Values{}
	for _, p := range op.Params {
		values := given[p.Name]
		delete(given, p.Name)
		for i, v := range values {
			values[i] = n.fill(v)
		}
		switch {
		case p.In == "path" && len(values) == 1:
			path = strings.Replace(path, "{"+p.Name+"}", segment(values[0]), 1)
		case p.In == "path":
			n.t.Fatalf("%s: no %s", op.Name, p.Name)
		case slices.Equal(values, []string{"*"}):
			query[p.Name] = p.Values
		case values != nil:
			query[p.Name] = values
		}
	}
	if len(given) > 0 {
		n.t.Fatalf("%s has no parameters %v", op.Name, given)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

var noteInText = regexp.MustCompile(`<[a-z]\w*>`)

// note is what a step kept, or what follows from that.
func (n *narrator) note(name string) (string, bool) {
	switch name {
	case "code":
		uri, kept := n.notes["keyuri"]
		return totp(n.t, uri, time.Now()), kept
	case "credential":
		challenge, kept := n.notes["challenge"]
		return newCredential(n.t, n.notes["rp"], challenge), kept
	}
	value, kept := n.notes[name]
	return value, kept
}

func (n *narrator) fill(text string) string {
	return noteInText.ReplaceAllStringFunc(text, func(name string) string {
		value, _ := n.note(strings.Trim(name, "<>"))
		return value
	})
}

// unknown names a note that a step needs and nobody kept.
func (n *narrator) unknown(s step) string {
	for _, name := range noteInText.FindAllString(s.with+s.body+s.as, -1) {
		name = strings.Trim(name, "<>")
		if _, kept := n.note(name); !kept {
			return name
		}
	}
	return ""
}

// fail makes the call of a step without a good token, with bodies of the wrong type
// and with ids that lead nowhere.
func (n *narrator) fail(s step) {
	n.t.Helper()
	refuse := func(s step, name string, want ...int) {
		n.t.Helper()
		switch status, text, documented := n.call(s); {
		case !slices.Contains(want, status):
			n.t.Errorf("%s with %s: %d %s, want %v", s.operation, name, status, text, want)
		case documented:
			n.refused++
		}
	}
	stranger := s
	stranger.as = "nobody"
	refuse(stranger, "a stranger's token", http.StatusUnauthorized)
	op := n.operations[s.operation]
	if op.Body != nil {
		for _, body := range []string{`{"`, `"text"`, `null`} {
			broken := s
			broken.body = body
			refuse(broken, "the body "+body, http.StatusBadRequest)
		}
	}
	lost := false
	given, err := url.ParseQuery(s.with)
	must(n.t, err)
	for _, p := range op.Params {
		if p.In == "path" {
			given[p.Name], lost = []string{"7"}, true
		}
	}
	if s.with = given.Encode(); lost {
		refuse(s, "ids that lead nowhere", http.StatusNotFound, http.StatusBadRequest)
	}
}

// report counts by operation.
func (n *narrator) report() {
	n.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(n.operations)) {
		if !n.succeeded[name] {
			n.t.Errorf("%s never succeeded", name)
		}
	}
	n.t.Logf("%d/%d operations answer with success as the vendor documents it", len(n.succeeded), len(n.operations))
	n.t.Logf("%d errors are as the vendor documents them", n.refused)
}

// lookUp finds the text at a JSON pointer, in which a star is the first item of a
// list that has all that follows; empty if there is none.
func lookUp(text []byte, pointer string) string {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return ""
	}
	return walk(v, strings.Split(pointer, "/")[1:])
}

func walk(v any, steps []string) string {
	if len(steps) == 0 {
		if v == nil {
			return ""
		}
		return fmt.Sprint(v)
	}
	switch v := v.(type) {
	case map[string]any:
		return walk(v[steps[0]], steps[1:])
	case []any:
		for i, item := range v {
			if steps[0] == "*" || steps[0] == strconv.Itoa(i) {
				if found := walk(item, steps[1:]); found != "" {
					return found
				}
			}
		}
	}
	return ""
}
