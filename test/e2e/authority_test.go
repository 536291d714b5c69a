package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// authority is the vendor's own document as the judge of answers. A JSON Schema
// validator reads it; neither that nor the document knows our contract, so what
// the sandbox, the server and the protos might get wrong together shows here.
type authority struct {
	operations map[string]documentedAnswer // by the vendor's name
	problem    *jsonschema.Schema          // ErrorBody
}

// documentedAnswer is an operation as far as its answer goes.
type documentedAnswer struct {
	verb, path string
	schema     *jsonschema.Schema // nil: the answer has no body
}

// vendorsDocument is nil where the facts are not beside this checkout.
var vendorsDocument = sync.OnceValues(func() (*authority, error) {
	text, err := os.ReadFile(factsFolder + "users-api.swagger.json")
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return newAuthority(text)
})

func needAuthority(t *testing.T) *authority {
	t.Helper()
	a, err := vendorsDocument()
	must(t, err)
	if a == nil {
		skipf(t, "NOTHING CHECKED: the vendor's document is not beside this checkout")
	}
	return a
}

func newAuthority(text []byte) (*authority, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	root := document.(map[string]any)
	for _, definition := range root["definitions"].(map[string]any) {
		tighten(definition.(map[string]any))
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for name, check := range map[string]func(string) error{
		"int32":  func(s string) error { _, err := strconv.ParseInt(s, 10, 32); return err },
		"int64":  func(s string) error { _, err := strconv.ParseInt(s, 10, 64); return err },
		"float":  func(s string) error { _, err := strconv.ParseFloat(s, 32); return err },
		"double": func(s string) error { _, err := strconv.ParseFloat(s, 64); return err },
	} {
		compiler.RegisterFormat(&jsonschema.Format{Name: name, Validate: func(v any) error {
			if n, ok := v.(json.Number); ok && check(n.String()) != nil {
				return errors.New("out of range, or not written as one")
			}
			return nil
		}})
	}
	const name = "vendor.json"
	if err := compiler.AddResource(name, document); err != nil {
		return nil, err
	}
	a := &authority{operations: map[string]documentedAnswer{}}
	if a.problem, err = compiler.Compile(name + "#/definitions/ErrorBody"); err != nil {
		return nil, err
	}
	for path, verbs := range root["paths"].(map[string]any) {
		for verb, operation := range verbs.(map[string]any) {
			described := operation.(map[string]any)
			answer := documentedAnswer{verb: strings.ToUpper(verb), path: path}
			success, _ := described["responses"].(map[string]any)["200"].(map[string]any)
			if success["schema"] != nil {
				at := name + "#/paths/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(path) + "/" + verb + "/responses/200/schema"
				if answer.schema, err = compiler.Compile(at); err != nil {
					return nil, err
				}
			}
			a.operations[described["operationId"].(string)] = answer
		}
	}
	return a, nil
}

// tighten makes a schema of the document say what it means: an object with
// declared members has no others; x-nullable allows null; a bare object as a
// member is the vendor's way to write "any JSON"; and where an object is only
// referred to, by id, the members that it must have are left out.
func tighten(schema map[string]any) {
	members, declares := schema["properties"].(map[string]any)
	for name, member := range members {
		members[name] = tightened(member)
	}
	if items := schema["items"]; items != nil {
		schema["items"] = tightened(items)
	}
	if required := schema["required"]; required != nil {
		delete(schema, "required")
		schema["anyOf"] = []any{map[string]any{"required": required}, map[string]any{
			"required": []any{"id"}, "propertyNames": map[string]any{"enum": []any{"id", "name", "selfUri"}},
		}}
	}
	switch rest := schema["additionalProperties"]; {
	case rest != nil:
		schema["additionalProperties"] = tightened(rest)
	case declares:
		schema["additionalProperties"] = false
	}
}

func tightened(schema any) any {
	s, ok := schema.(map[string]any)
	if !ok { // true or false
		return schema
	}
	tighten(s)
	if s["type"] == "object" && s["properties"] == nil && s["additionalProperties"] == nil {
		return true
	}
	if s["x-nullable"] == true {
		return map[string]any{"anyOf": []any{s, map[string]any{"type": "null"}}}
	}
	return s
}

// find names the operation that a request is about; a literal segment of a path
// comes before a variable.
func (a *authority) find(verb, path string) (name string, found bool) {
	best := -1
	for operation, o := range a.operations {
		if literals := matches(o.path, path); o.verb == verb && literals > best {
			name, best = operation, literals
		}
	}
	return name, best >= 0
}

// matches counts the literal segments of a template that fits; -1 if it does not.
func matches(template, path string) int {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return -1
	}
	literals := 0
	for i := range want {
		switch {
		case strings.HasPrefix(want[i], "{") && got[i] != "":
		case want[i] == got[i]:
			literals++
		default:
			return -1
		}
	}
	return literals
}

// judge says what is wrong with an answer; nil if nothing is. Each complaint has
// the JSON pointer to what is wrong.
func (a *authority) judge(operation string, status int, kind string, body []byte) []string {
	schema := a.operations[operation].schema
	switch {
	case status >= 400:
		schema = a.problem
	case status < 200 || status >= 300:
		return []string{fmt.Sprintf("the status %d is neither a success nor an error", status)}
	case schema == nil && len(body) > 0:
		return []string{"there is a body where none is documented"}
	case schema == nil:
		return nil
	}
	if media, _, _ := strings.Cut(kind, ";"); media != "application/json" {
		return []string{fmt.Sprintf("the Content-Type is %q", kind)}
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return []string{err.Error()}
	}
	wrong := complaints(schema, value)
	if object, _ := value.(map[string]any); wrong == nil && status >= 400 && object["status"] != json.Number(strconv.Itoa(status)) {
		wrong = append(wrong, fmt.Sprintf("/status: %v in the body of a %d", object["status"], status))
	}
	return wrong
}

func complaints(schema *jsonschema.Schema, value any) []string {
	invalid := (*jsonschema.ValidationError)(nil)
	switch err := schema.Validate(value); {
	case err == nil:
		return nil
	case !errors.As(err, &invalid):
		return []string{err.Error()}
	}
	return leaves(invalid)
}

// leaves are the complaints that have no others below them.
func leaves(e *jsonschema.ValidationError) (wrong []string) {
	for _, cause := range e.Causes {
		wrong = append(wrong, leaves(cause)...)
	}
	if wrong == nil {
		where := ""
		for _, token := range e.InstanceLocation {
			where += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(token)
		}
		wrong = []string{where + ": " + e.ErrorKind.LocalizedString(message.NewPrinter(language.English))}
	}
	return wrong
}

// check judges an answer of the sandbox to any request at all, and reports what is
// wrong; where the vendor's document is missing it does nothing.
func check(t *testing.T, verb, path string, answer *http.Response, body []byte) {
	t.Helper()
	a, err := vendorsDocument()
	must(t, err)
	path, _, _ = strings.Cut(path, "?")
	if a == nil || !strings.HasPrefix(path, "/api/v2/") {
		return
	}
	operation, known := a.find(verb, path)
	if !known && answer.StatusCode < 400 {
		t.Errorf("%s %s: answered %d, but no such operation is documented", verb, path, answer.StatusCode)
	}
	for _, wrong := range a.judge(operation, answer.StatusCode, answer.Header.Get("Content-Type"), body) {
		t.Errorf("%s (%s %s, %d): %s", operation, verb, path, answer.StatusCode, wrong)
	}
}

// startJudged runs the server in front of a sandbox of its own, with the judge in
// between: what reaches gRPC is judged, too.
func startJudged(t *testing.T, more ...string) *process {
	t.Helper()
	alone := start(t, "", "sandbox")
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: alone.HTTP})
	proxy.ModifyResponse = func(answer *http.Response) error {
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return err
		}
		answer.Body = io.NopCloser(bytes.NewReader(body))
		check(t, answer.Request.Method, answer.Request.URL.EscapedPath(), answer, body)
		return nil
	}
	judge := httptest.NewServer(proxy)
	t.Cleanup(judge.Close)
	return start(t, "", append([]string{"--upstream-url=" + judge.URL, "--login-url=" + judge.URL, "--client-id=sandbox", "--client-secret=sandbox"}, more...)...)
}

// The judge itself: each single slip in a good answer is found, where it is.
func TestTheAuthorityIsNotBlind(t *testing.T) {
	a := needAuthority(t)
	const good = `{"id":"u","name":"Ann","version":3,"state":"active","acdAutoAnswer":false,"dateLastLogin":"2026-08-20T04:35:23.391Z",
		"manager":{"id":"m","version":1},"division":{"id":"d"},"skills":[{"id":"s","proficiency":3.0,"state":"active"}],
		"locations":[{"id":"l","coordinates":{"x":1.5}}],"biography":{"education":[{"school":"State"}]}}`
	if wrong := a.judge("getUser", 200, "application/json", []byte(good)); wrong != nil {
		t.Fatalf("a good answer: %q", wrong)
	}
	for _, c := range []struct{ name, old, new, at string }{
		{"an undeclared member", `"id":"u"`, `"id":"u","nickname":"A"`, ""},
		{"an undeclared member far inside", `"school":"State"`, `"school":"State","grade":1`, "/biography/education/0"},
		{"a number for a text", `"name":"Ann"`, `"name":3`, "/name"},
		{"a text for a number", `"version":3`, `"version":"3"`, "/version"},
		{"a text for a truth value", `"acdAutoAnswer":false`, `"acdAutoAnswer":"no"`, "/acdAutoAnswer"},
		{"a null", `"name":"Ann"`, `"name":null`, "/name"},
		{"a list for an object", `"division":{"id":"d"}`, `"division":[]`, "/division"},
		{"an object for a list", `[{"school":"State"}]`, `{}`, "/biography/education"},
		{"an int32 that is too large", `"version":3`, `"version":2147483648`, "/version"},
		{"an int32 that is too small", `"version":3`, `"version":-2147483649`, "/version"},
		{"an int32 with a fraction", `"version":3`, `"version":3.5`, "/version"},
		{"an int32 with a decimal point", `"version":3`, `"version":3.0`, "/version"},
		{"a double beyond all doubles", `"proficiency":3.0`, `"proficiency":1e999`, "/skills/0/proficiency"},
		{"a text in a map of numbers", `"x":1.5`, `"x":"1.5"`, "/locations/0/coordinates/x"},
		{"a date and time without a zone", `04:35:23.391Z`, `04:35:23.391`, "/dateLastLogin"},
		{"a day that there is not", `2026-08-20T`, `2026-02-30T`, "/dateLastLogin"},
		{"milliseconds for a date and time", `"2026-08-20T04:35:23.391Z"`, `1787200523391`, "/dateLastLogin"},
		{"an enum value that there is not", `"state":"active","acd`, `"state":"dozing","acd`, "/state"},
		{"a missing member", `"version":3,`, ``, ""},
		{"no JSON", `{"id":"u"`, `{"id"="u"`, "invalid character '=' after object key"},
	} {
		broken := strings.Replace(good, c.old, c.new, 1)
		if broken == good {
			t.Fatalf("%s: nothing was broken", c.name)
		}
		wrong := a.judge("getUser", 200, "application/json", []byte(broken))
		if len(wrong) == 0 {
			t.Errorf("%s passed", c.name)
		}
		for _, complaint := range wrong {
			if at, _, _ := strings.Cut(complaint, ": "); at != c.at {
				t.Errorf("%s: %q, want complaints about %q", c.name, complaint, c.at)
			}
		}
	}

	const problem = `{"message":"m","code":"c","status":404,"contextId":"x","details":[{"errorCode":"e","fieldName":"f"}],"errors":[]}`
	if wrong := a.judge("getUser", 404, "application/json", []byte(problem)); wrong != nil {
		t.Errorf("a good error: %q", wrong)
	}
	for name, broken := range map[string]string{
		"an undeclared member of a detail": strings.Replace(problem, `"fieldName"`, `"field"`, 1),
		"another status":                   strings.Replace(problem, "404", "400", 1),
		"no body":                          "",
		"a text":                           `"not found"`,
	} {
		if a.judge("getUser", 404, "application/json", []byte(broken)) == nil {
			t.Errorf("an error with %s passed", name)
		}
	}
	if a.judge("getUser", 200, "text/html", []byte(good)) == nil || a.judge("getUser", 302, "", nil) == nil ||
		a.judge("deleteUserVerifier", 200, "application/json", []byte("{}")) == nil {
		t.Error("HTML, a redirect or a body of a void operation passed")
	}

	// For every operation: nothing that is not declared, and no other type.
	for name, o := range a.operations {
		if o.schema == nil || name == "deleteUser" || name == "getUserCustomattributesBulk" {
			continue // these declare no members
		}
		undeclared, list := any(map[string]any{"undeclared": true}), any([]any{map[string]any{"undeclared": true}})
		for _, bad := range []any{undeclared, list, "text", json.Number("1"), nil, math.Inf(1)} {
			if complaints(o.schema, bad) == nil {
				t.Errorf("%s takes %v", name, bad)
			}
		}
	}
}
