package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/gen"
)

// object is a part of a document: the test shares no type with the code.
type object = map[string]any

func read(t *testing.T, text []byte) object {
	t.Helper()
	var o object
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// TestTheDocumentIsWhatTheVendorsSays compares with the vendor's own document,
// which is of another version of OpenAPI: paths, verbs, parameters, and bodies and
// answers down to the last field and enum value.
func TestTheDocumentIsWhatTheVendorsSays(t *testing.T) {
	t.Parallel()
	const file = "../../../shared/facts/users-api.swagger.json"
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		fmt.Fprintf(os.Stderr, "SKIPPED %s: the upstream's facts are not beside this checkout\n", t.Name())
		t.SkipNow()
	}
	if err != nil {
		t.Fatal(err)
	}
	c := &comparison{t: t, ours: read(t, gen.OpenAPI), theirs: read(t, text), seen: map[string]bool{}, answers: map[any]bool{}}
	ours, theirs := operations(c.ours), operations(c.theirs)
	for _, their := range theirs {
		c.answered(their["responses"])
	}
	for call, their := range theirs {
		our, ok := ours[call]
		if !ok {
			t.Errorf("%s is missing", call)
			continue
		}
		c.operation(call, our, their)
		delete(ours, call)
	}
	for call := range ours {
		t.Errorf("%s is nowhere upstream", call)
	}
	t.Logf("%d operations are the same, and %d pairs of types wherever they stand", len(theirs), len(c.seen))
	for name := range c.ours["components"].(object)["schemas"].(object) {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(c.seen)), func(pair string) bool {
			return strings.HasPrefix(pair, "#/components/schemas/"+name+" ")
		}) && name != "Error" {
			t.Errorf("nothing compared the schema %s", name)
		}
	}
}

func operations(d object) map[string]object {
	all := map[string]object{}
	for path, verbs := range d["paths"].(object) {
		for verb, op := range verbs.(object) {
			all[strings.ToUpper(verb)+" "+path] = op.(object)
		}
	}
	return all
}

type comparison struct {
	t            *testing.T
	ours, theirs object
	seen         map[string]bool
	answers      map[any]bool // the types that answers have, as their document refers to them
}

// answered notes all types in an answer.
func (c *comparison) answered(schema any) {
	switch s := schema.(type) {
	case object:
		if name := s["$ref"]; name != nil && !c.answers[name] {
			c.answers[name] = true
			c.answered(resolve(c.theirs, s))
		}
		for _, member := range s {
			c.answered(member)
		}
	case []any:
		for _, member := range s {
			c.answered(member)
		}
	}
}

func (c *comparison) same(at string, our, their any) {
	c.t.Helper()
	if fmt.Sprint(our) != fmt.Sprint(their) {
		c.t.Errorf("%s: %v, want %v", at, our, their)
	}
}

// where says on which side of a call a schema stands.
type where struct {
	at     string
	answer bool
	patch  bool // a body whose members null clears
	inside bool // not the body or answer itself
	name   any  // what their document calls it
}

func (c *comparison) operation(call string, our, their object) {
	c.t.Helper()
	c.same(call+" operationId", our["operationId"], their["operationId"])
	byName := func(op object) map[string]object {
		all := map[string]object{}
		list, _ := op["parameters"].([]any)
		for _, p := range list {
			p := p.(object)
			all[fmt.Sprint(p["in"], " ", p["name"])] = p
		}
		return all
	}
	ours, theirs := byName(our), byName(their)
	for name, p := range theirs {
		if p["in"] == "body" {
			delete(theirs, name)
			body, _ := our["requestBody"].(object)
			c.same(call+" body required", body["required"], p["required"])
			isPatch := strings.HasPrefix(call, "PATCH ") && p["schema"].(object)["type"] != "array"
			c.schema(where{at: call + " body", patch: isPatch}, content(body), p["schema"])
			our["requestBody"] = nil
		}
	}
	if our["requestBody"] != nil {
		c.t.Errorf("%s has no body upstream", call)
	}
	c.same(call+" parameters", slices.Sorted(maps.Keys(ours)), slices.Sorted(maps.Keys(theirs)))
	for name, p := range theirs {
		at := call + " " + name
		schema, isOpen := closed(ours[name]["schema"].(object))
		c.same(at+" type", schema["type"], p["type"])
		c.same(at+" format", schema["format"], p["format"])
		c.same(at+" required", ours[name]["required"] == true, p["required"] == true)
		c.same(at+" style", ours[name]["style"], nil) // the name repeated, as their collectionFormat multi
		known := p["enum"]
		if items, ok := p["items"].(object); ok {
			c.same(at+" collectionFormat", "multi", p["collectionFormat"])
			our, open := closed(schema["items"].(object))
			isOpen = open
			c.same(at+" items", our["type"], items["type"])
			schema = our
			known = items["enum"]
		}
		if p["type"] != "boolean" { // which lists true and false
			c.same(at+" values", sorted(schema["enum"]), sorted(known))
			c.same(at+" takes others", isOpen, known != nil)
		}
	}
	c.success(call, our, their)
}

// success compares the answers: theirs has one schema, or none, for all of them.
func (c *comparison) success(call string, our, their object) {
	c.t.Helper()
	var want any
	if success, ok := their["responses"].(object)["200"].(object); ok {
		want = success["schema"]
	}
	var statuses []string
	for status, r := range our["responses"].(object) {
		if !strings.HasPrefix(status, "2") {
			if r.(object)["$ref"] == nil {
				c.t.Errorf("%s: the answer with %s is one of its own", call, status)
			}
			continue
		}
		statuses = append(statuses, status)
		c.same(call+" "+status+" has a body", r.(object)["content"] != nil, want != nil)
		c.schema(where{at: call + " " + status, answer: true}, content(r.(object)), want)
	}
	slices.Sort(statuses)
	switch got := strings.Join(statuses, " "); {
	case want == nil && got == "202" && stations.MatchString(call):
	case want == nil && got == "204" && !stations.MatchString(call), want != nil && got == "200":
	case got == "200 202" && jobs.MatchString(call):
	default:
		c.t.Errorf("%s succeeds with %s", call, got)
	}
}

// jobs are the operations that the facts have 202 for: to submit one, and to look
// how far it is.
var jobs = regexp.MustCompile(`^POST .*/jobs$|^GET .*/jobs/\{jobId\}$`)

// stations are the writes of stations, which the upstream accepts with 202.
var stations = regexp.MustCompile(`^(PUT|DELETE) .*/(associatedstation|defaultstation)\b`)

func content(of object) any {
	media, _ := of["content"].(object)
	schema, _ := media["application/json"].(object)
	if schema == nil {
		return nil
	}
	return schema["schema"]
}

// schema compares two types by their structure, whatever they are called.
func (c *comparison) schema(w where, our, their any) {
	c.t.Helper()
	if our == nil || their == nil {
		c.same(w.at, our, their)
		return
	}
	a, b := our.(object), their.(object)
	if all, ok := a["allOf"].([]any); ok { // what is beside a reference
		a = all[0].(object)
	}
	if either, ok := a["anyOf"].([]any); ok && either[0].(object)["$ref"] != nil {
		c.same(w.at+" or null", either[1], object{"type": "object", "nullable": true, "enum": []any{nil}})
		a = either[0].(object)
	}
	a, isOpen := closed(a)
	if a["$ref"] != nil && b["$ref"] != nil {
		w.name = b["$ref"]
		pair := fmt.Sprint(a["$ref"], " ", b["$ref"], " ", w.answer, w.inside)
		if c.seen[pair] {
			return
		}
		c.seen[pair] = true
		w.at += " " + strings.TrimPrefix(b["$ref"].(string), "#/definitions/")
	}
	a, b = resolve(c.ours, a), resolve(c.theirs, b)
	if len(a) == 0 || a["type"] == nil && a["properties"] == nil { // anything: theirs says so, or says object
		if b["type"] != nil && b["type"] != "object" && b["type"] != "string" || b["properties"] != nil {
			c.t.Errorf("%s: anything, want %v", w.at, b)
		}
		return
	}
	c.same(w.at+" type", a["type"], b["type"])
	format := b["format"]
	if format == "date" {
		format = nil // a string in the contract
	}
	if ours := a["format"]; ours != "password" { // a hint of ours
		c.same(w.at+" format", ours, format)
	}
	c.same(w.at+" enum", sorted(a["enum"]), sorted(b["enum"]))
	c.same(w.at+" takes other values", isOpen, b["enum"] != nil)
	for _, part := range []string{"items", "additionalProperties"} {
		switch {
		case a[part] != nil && b[part] != nil:
			inside := w
			inside.at, inside.inside = w.at+" "+part, part != "items" || w.inside
			c.schema(inside, a[part], b[part])
		case a[part] != nil || b[part] != nil:
			c.same(w.at+" "+part, a[part], b[part])
		}
	}
	c.members(w, a, b)
}

func (c *comparison) members(w where, a, b object) {
	c.t.Helper()
	ours, _ := a["properties"].(object)
	theirs, _ := b["properties"].(object)
	c.same(w.at+" properties", slices.Sorted(maps.Keys(ours)), slices.Sorted(maps.Keys(theirs)))
	// What their document calls required is so in a body, and in what only bodies
	// have. Nowhere does an answer have to have it.
	if w.answer || w.inside && c.answers[w.name] {
		c.same(w.at+" required", sorted(a["required"]), "[]")
	} else {
		c.same(w.at+" required", sorted(a["required"]), sorted(b["required"]))
	}
	for name, property := range theirs {
		inside := w
		inside.at, inside.inside, inside.patch, inside.name = w.at+"."+name, true, false, nil
		our, their := ours[name].(object), property.(object)
		if w.patch && !w.inside {
			kept := slices.Contains(sorted(b["required"]), name) || their["readOnly"] == true || their["type"] == "array" ||
				their["additionalProperties"] != nil || name == "version"
			if nullable := takesNull(our); nullable == kept && len(our) > 0 {
				c.t.Errorf("%s: takes null: %v", inside.at, nullable)
			}
		} else if takesNull(our) {
			c.t.Errorf("%s: takes null", inside.at)
		}
		c.same(inside.at+" readOnly", our["readOnly"] == true, their["readOnly"] == true)
		c.schema(inside, our, their)
	}
}

func takesNull(s object) bool {
	either, _ := s["anyOf"].([]any)
	return s["nullable"] == true || len(either) > 0 && either[len(either)-1].(object)["nullable"] == true
}

// closed takes the known values from a text that others may be added to.
func closed(s object) (object, bool) {
	either, ok := s["anyOf"].([]any)
	if !ok || len(either) != 2 || either[0].(object)["enum"] == nil {
		return s, false
	}
	other := either[1].(object)
	return either[0].(object), other["type"] == "string" && other["enum"] == nil
}

func sorted(list any) []string {
	var all []string
	values, _ := list.([]any)
	for _, v := range values {
		all = append(all, fmt.Sprint(v))
	}
	slices.Sort(all)
	return all
}

func resolve(document, s object) object {
	for s["$ref"] != nil {
		at := document
		for step := range strings.SplitSeq(strings.TrimPrefix(s["$ref"].(string), "#/"), "/") {
			at = at[step].(object)
		}
		s = at
	}
	return s
}
