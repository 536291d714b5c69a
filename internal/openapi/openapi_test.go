package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
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

// TestTheDocumentIsWhatTheVendorsSays compares with the vendor's own form of the
// document: paths, verbs, parameters, and bodies and answers down to the last
// field and enum value.
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
	c := &comparison{t: t, ours: read(t, gen.OpenAPI), theirs: read(t, text), seen: map[string]bool{}}
	ours, theirs := operations(c.ours), operations(c.theirs)
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
	t.Logf("%d operations, %d pairs of types are the same", len(theirs), len(c.seen))
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
}

func (c *comparison) same(at string, our, their any) {
	c.t.Helper()
	if fmt.Sprint(our) != fmt.Sprint(their) {
		c.t.Errorf("%s: %v, want %v", at, our, their)
	}
}

func (c *comparison) operation(call string, our, their object) {
	c.t.Helper()
	c.same(call+" operationId", our["operationId"], their["operationId"])
	byName := func(op object) map[string]object {
		all := map[string]object{}
		list, _ := op["parameters"].([]any)
		for _, p := range list {
			p := p.(object)
			if p["in"] == "body" {
				all["body"] = p
			} else {
				all[fmt.Sprint(p["in"], " ", p["name"])] = p
			}
		}
		return all
	}
	ours, theirs := byName(our), byName(their)
	c.same(call+" parameters", slices.Sorted(maps.Keys(ours)), slices.Sorted(maps.Keys(theirs)))
	for name, p := range theirs {
		at := call + " " + name
		if name == "body" {
			c.schema(at, ours[name]["schema"], p["schema"])
			continue
		}
		c.same(at+" type", ours[name]["type"], p["type"])
		c.same(at+" format", ours[name]["format"], p["format"])
		c.same(at+" required", ours[name]["required"] == true, p["required"] == true)
		c.same(at+" collectionFormat", ours[name]["collectionFormat"], p["collectionFormat"])
		if items, ok := p["items"].(object); ok {
			c.same(at+" items", ours[name]["items"].(object)["type"], items["type"])
		}
	}
	success := func(op object) any {
		responses := op["responses"].(object)
		for _, status := range []string{"200", "204"} {
			if r, ok := responses[status].(object); ok {
				return r["schema"]
			}
		}
		return responses["default"].(object)["schema"]
	}
	c.schema(call+" answer", success(our), success(their))
}

// schema compares two types by their structure, whatever they are called.
func (c *comparison) schema(at string, our, their any) {
	c.t.Helper()
	if our == nil || their == nil {
		c.same(at, our, their)
		return
	}
	a, b := our.(object), their.(object)
	pair := fmt.Sprint(a["$ref"], b["$ref"])
	if a["$ref"] != nil && b["$ref"] != nil {
		if c.seen[pair] {
			return
		}
		c.seen[pair] = true
		at += " " + strings.TrimPrefix(b["$ref"].(string), "#/definitions/")
	}
	a, b = resolve(c.ours, a), resolve(c.theirs, b)
	if len(a) == 0 || a["type"] == nil && a["properties"] == nil { // anything: theirs says so, or says object
		if b["type"] != nil && b["type"] != "object" && b["type"] != "string" || b["properties"] != nil {
			c.t.Errorf("%s: anything, want %v", at, b)
		}
		return
	}
	c.same(at+" type", a["type"], b["type"])
	format := b["format"]
	if format == "date" {
		format = nil // a string in the contract
	}
	c.same(at+" format", a["format"], format)
	c.same(at+" enum", sorted(a["enum"]), sorted(b["enum"]))
	for _, part := range []string{"items", "additionalProperties"} {
		switch {
		case a[part] != nil && b[part] != nil:
			c.schema(at+" "+part, a[part], b[part])
		case a[part] != nil || b[part] != nil:
			c.same(at+" "+part, a[part], b[part])
		}
	}
	ours, _ := a["properties"].(object)
	theirs, _ := b["properties"].(object)
	c.same(at+" properties", slices.Sorted(maps.Keys(ours)), slices.Sorted(maps.Keys(theirs)))
	for name, property := range theirs {
		c.schema(at+"."+name, ours[name], property)
	}
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
		s = document["definitions"].(object)[strings.TrimPrefix(s["$ref"].(string), "#/definitions/")].(object)
	}
	return s
}
