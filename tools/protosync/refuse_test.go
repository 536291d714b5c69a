package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What the document itself gets wrong is told in one line, and nothing is
// written: neither into an empty tree nor into one that stands.
func TestBadDocuments(t *testing.T) {
	t.Parallel()
	const (
		getUser   = "GET /api/v2/users/{userId}: "
		patchUser = "PATCH /api/v2/users/{userId}: "
		inUser    = getUser + "definition User, property version: "
		version   = `{"type": "integer", "format": "int64"}`
		expand    = `{"name": "expand", "in": "query", "type": "array", "items": {"type": "string"}}`
		userRef   = `"schema": {"$ref": "#/definitions/User"}}, "default": {}`
		body      = `"in": "body", "required": true, "schema": {"$ref": "#/definitions/User"}`
	)
	for _, c := range []struct {
		name string
		doc  []string // pairs of old and new text; one alone is a document
		want string
	}{
		{"no text", []string{""}, "the document is not Swagger JSON: line 1: unexpected end of JSON input"},
		{"not JSON", []string{"swagger: 2.0"}, "the document is not Swagger JSON: line 1: invalid character 's' looking for beginning of value"},
		{"JSON with a mistake", []string{`"tags": ["Routing"], "responses"`, `"tags": ["Routing"] "responses"`}, `the document is not Swagger JSON: line 44: invalid character '"' after object key:value pair`},
		{"an array", []string{"[]"}, "the document is not Swagger JSON: the whole: array where object belongs"},
		{"a member of another type", []string{`"date-time", "readOnly": true`, `"date-time", "readOnly": "yes"`}, "the document is not Swagger JSON: User: dateCreated: readOnly: string where bool belongs"},
		{"another version of Swagger", []string{`"swagger": "2.0"`, `"openapi": "3.0.0"`}, `the document says swagger ""; this program reads 2.0`},
		{"an older version of Swagger", []string{`"swagger": "2.0"`, `"swagger": "1.2"`}, `the document says swagger "1.2"; this program reads 2.0`},
		{"nothing of interest", []string{`{"swagger": "2.0"}`}, `the document has no operation with the tag "Users"`},
		{"tags that are no list", []string{`"operationId": "getUsersMe", "tags": ["Users"]`, `"operationId": "getUsersMe", "tags": "Users"`}, "GET /api/v2/users/me: tags: string where array belongs"},
		{"a path that is a list", []string{`"/api/v2/queues": {`, `"/api/v2/list": [], "/api/v2/queues": {`}, "the document is not Swagger JSON: /api/v2/list: the whole: array where object belongs"},
		{"a member twice", []string{`"id": {"type"`, `"version": {"type": "string"}, "id": {"type"`}, `the document is not Swagger JSON: User: "version" stands twice in one object`},
		{"null for an object", []string{version, "null"}, `the document is not Swagger JSON: User: "version" is null`},

		{"a reference to nothing", []string{`"manager": {"$ref": "#/definitions/User"}`, `"manager": {"$ref": "#/definitions/Boss"}`}, getUser + `definition User, property manager: reference "#/definitions/Boss" leads nowhere`},
		{"a reference into another document", []string{`"manager": {"$ref": "#/definitions/User"}`, `"manager": {"$ref": "other.json#/User"}`}, getUser + `definition User, property manager: reference "other.json#/User" leads nowhere`},
		{"a reference to nothing in an answer", []string{userRef, `"schema": {"$ref": "#/definitions/Boss"}}`}, getUser + `reference "#/definitions/Boss" leads nowhere`},
		{"a definition without a usable name", []string{`"Skill": {"properties"`, `"Skill[]": {"properties"`, `"skills": {"type": "array", "items": {"$ref": "#/definitions/Skill"}}`, `"skills": {"type": "array", "items": {"$ref": "#/definitions/Skill[]"}}`}, getUser + `definition User, property skills: definition "Skill[]" is not usable as a message name`},
		{"a definition that is a list", []string{`"Skill": {"properties"`, `"Skill": {"type": "array", "properties"`}, getUser + `definition User, property skills: definition Skill is not an object with properties, which alone gives a message`},
		{"a definition that is a map", []string{`"Skill": {"properties"`, `"Skill": {"additionalProperties": {"type": "string"}, "properties"`}, getUser + `definition User, property skills: definition Skill is not an object with properties, which alone gives a message`},
		{"a definition made of others", []string{`"Skill": {"properties"`, `"Skill": {"allOf": [{"$ref": "#/definitions/User"}], "properties"`}, getUser + `definition User, property skills: definition Skill is not an object with properties, which alone gives a message`},

		{"an unknown type", []string{version, `{"type": "decimal"}`}, inUser + `type "decimal" with format "" is not supported`},
		{"an unknown format", []string{version, `{"type": "integer", "format": "int128"}`}, inUser + `type "integer" with format "int128" is not supported`},
		{"no type", []string{version, `{}`}, inUser + `type "" with format "" is not supported`},
		{"a list of lists", []string{version, `{"type": "array", "items": {"type": "array", "items": {"type": "string"}}}`}, inUser + `type "array" with format "" is not supported`},
		{"a list of nothing", []string{version, `{"type": "array"}`}, inUser + `a list without a type of its items`},
		{"a listed value that is no text", []string{`"on leave"`, `7`}, getUser + "definition User, property state: the value 7 of a text is not a text"},
		{"a property without a usable name", []string{`"version": {`, `"3rd": {`}, `User: the property "3rd" gives no usable field name`},
		{"a property of signs", []string{`"version": {`, `"$$": {`}, `User: the property "$$" gives no usable field name`},

		{"a body without a schema", []string{body, `"in": "body"`}, patchUser + "body parameter body has no schema"},
		{"a body that is a list of nothing", []string{body, `"in": "body", "schema": {"type": "array"}`}, patchUser + "body parameter body: a list without a type of its items"},
		{"a second body", []string{expand, `{"name": "a", "in": "body", "schema": {"type": "object"}}, {"name": "b", "in": "body", "schema": {"type": "object"}}`}, getUser + "a second body"},
		{"a query parameter without a type", []string{expand, `{"name": "expand", "in": "query"}`}, getUser + `query parameter expand: type "" with format "" is not supported`},
		{"a query parameter that is a list of nothing", []string{expand, `{"name": "expand", "in": "query", "type": "array"}`}, getUser + "query parameter expand: a list without a type of its items"},
		{"a query parameter that is a list of objects", []string{expand, `{"name": "expand", "in": "query", "type": "array", "items": {"type": "object"}}`}, getUser + `query parameter expand: type "object" with format "" is not supported`},
		{"a form", []string{expand, `{"name": "expand", "in": "formData", "type": "string"}`}, getUser + `parameter expand stands in "formData", which is not supported`},
		{"a parameter elsewhere", []string{expand, `{"$ref": "#/parameters/expand"}`}, getUser + `parameter reference "#/parameters/expand" is not supported`},
		{"a parameter that is null", []string{expand, `null`}, getUser + `a parameter is null`},
		{"a path parameter that is not in the path", []string{expand, `{"name": "id", "in": "path", "type": "string"}`}, getUser + `path parameter id is not in the path`},
		{"a path variable that is no parameter", []string{`"/api/v2/users/me": {`, `"/api/v2/users/me/{what}": {`}, `GET /api/v2/users/me/{what}: path variable {what} has no parameter`},
		{"parameters of a whole path", []string{`"/api/v2/users/me": {`, `"/api/v2/users/me": {"parameters": [],`}, `GET /api/v2/users/me: "parameters" beside the verbs of a path is not supported`},
		{"an answer without a type", []string{userRef, `"schema": {}}`}, getUser + `type "" with format "" is not supported`},
		{"an answer that is a list of nothing", []string{userRef, `"schema": {"type": "array"}}`}, getUser + `a list without a type of its items`},
		{"an answer that is a bare text", []string{userRef, `"schema": {"type": "string"}}`}, getUser + `an answer of type string, which is not a message`},

		{"an unknown verb", []string{`"delete": {`, `"head": {`}, `HEAD /api/v2/users/{userId}: the verb is not supported`},
		{"no operationId", []string{`"operationId": "getUsersMe", `, ``}, `GET /api/v2/users/me: the operationId "" gives no usable RPC name`},
		{"an operationId without a usable name", []string{`"x-purecloud-method-name": "getUserRoutingskills", `, ``}, `GET /api/v2/users/{userId}/routingskills: the operationId "get-user-skills" gives no usable RPC name`},
		{"an operationId twice", []string{`"operationId": "getUsersMe"`, `"operationId": "getUser"`}, `GET /api/v2/users/me: its message GetUserRequest would have the name of another operation's`},
		{"a definition named as a request", []string{`"Queue": {"properties"`, `"GetUserRequest": {"properties"`}, getUser + `its message GetUserRequest would have the name of a definition`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc, tree := fixture(t)
			if len(c.doc) == 1 {
				doc = c.doc[0]
			} else {
				doc = edited(t, doc, c.doc)
			}
			for state, before := range map[string]files{"an empty tree": nil, "a tree": tree} {
				w := newWorkspace(t, doc, before)
				after := w.run()
				if w.err == nil || w.err.Error() != c.want {
					t.Errorf("on %s, error:\n%v\nwant:\n%s", state, w.err, c.want)
				}
				if d := diff(before, after); w.stdout != "" || d != "" {
					t.Errorf("on %s a refused run said %q and changed\n%s", state, w.stdout, d)
				}
			}
		})
	}
}

// Two upstream names that give one of ours are refused, and a name given by
// hand is the way out.
func TestNameCollisions(t *testing.T) {
	t.Parallel()
	manager := `"manager": {`
	testChanges(t, []change{{
		name:    "two properties",
		doc:     []string{manager, `"selfUri": {"type": "string"}, "self_uri": {"type": "string"}, ` + manager},
		refused: `User: field "selfUri" and field "self_uri" would both be named self_uri; name one otherwise by hand`,
	}, {
		name:   "two properties, one of which is named by hand",
		doc:    []string{manager, `"selfUri": {"type": "string"}, "self_uri": {"type": "string"}, ` + manager},
		hand:   []string{"  User manager = 10;\n", "  User manager = 10;\n  optional string old_self_uri = 12 [json_name = \"self_uri\"];\n"},
		report: "added field User.self_uri = 13 (optional string)\n",
		diff:   "+  optional string self_uri = 13;\n",
	}, {
		name:    "$schema beside schema",
		doc:     []string{manager, `"schema": {"type": "string"}, "$schema": {"type": "string"}, ` + manager},
		refused: `User: field "schema" and field "$schema" would both be named schema; name one otherwise by hand`,
	}, {
		name:    "two parameters",
		doc:     []string{`{"name": "pageSize"`, `{"name": "page_size", "in": "query", "type": "string"}, {"name": "pageSize"`},
		refused: `GetUserRequest: field "pageSize" and field "page_size" would both be named page_size; name one otherwise by hand`,
	}, {
		name: "a property that is named as a removed one was",
		doc:  []string{`"version": {"type": "integer", "format": "int64"}`, `"Version": {"type": "integer", "format": "int64"}`},
		refused: `User.version: the upstream has a field "Version", whose name is reserved: ` +
			`give it another name by hand (with json_name = "Version"), or drop the name from the reserved list`,
	}, {
		name: "the enums of two properties",
		doc:  []string{manager, `"kind": {"type": "string", "enum": ["a"]}, "kind_": {"type": "string", "enum": ["b"]}, ` + manager},
		refused: `User: enum Kind and enum Kind would both be named Kind; name one otherwise by hand
User: the value KIND_UNSPECIFIED and the value KIND_UNSPECIFIED would both be named KIND_UNSPECIFIED; name one otherwise by hand
User: the value KIND_UNRECOGNIZED and the value KIND_UNRECOGNIZED would both be named KIND_UNRECOGNIZED; name one otherwise by hand`,
	}, {
		name:    "an enum and the message that a field needs",
		doc:     []string{manager, `"skill": {"type": "string", "enum": ["a"]}, ` + manager},
		refused: `User.skills: its type Skill is hidden by the enum of that name in the same message; name the enum otherwise by hand`,
	}, {
		name: "an enum and the message that a field needs, with the enum named by hand",
		doc:  []string{manager, `"skill": {"type": "string", "enum": ["a"]}, ` + manager},
		hand: []string{
			"  optional string id = 1", "  enum SkillLevel {\n    SKILL_LEVEL_NONE = 0;\n  }\n\n  optional string id = 1",
			"  User manager = 10;\n", "  User manager = 10;\n  optional SkillLevel skill = 11;\n",
		},
		report: "added enum value User.SkillLevel.SKILL_LEVEL_A = 2 (\"a\")\n",
		diff: `
+  // SkillLevel is the set of values that the contract knows.
+    // The upstream sent a value that this contract does not know.
+    SKILL_LEVEL_UNRECOGNIZED = 1;
+    SKILL_LEVEL_A = 2 [(genesyscloud.api.v1.upstream) = "a"];
`,
	}})
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no document", nil, "-doc is missing: name the Swagger 2.0 document to follow"},
		{"a document that is not there", []string{"-doc", "testdata/none.json"}, "open testdata/none.json: no such file or directory"},
		{"an unknown flag", []string{"-dok", "x"}, "flag provided but not defined: -dok"},
		{"an argument that is no flag", []string{"-doc", document, "proto"}, `unexpected argument "proto": the tree is named by -proto`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var stdout strings.Builder
			err := run(append([]string{"-proto", t.TempDir()}, c.args...), &stdout)
			if err == nil || err.Error() != c.want || stdout.Len() > 0 {
				t.Errorf("error %v, output %q", err, stdout.String())
			}
		})
	}
}

// What a shell sees of the program: its exit code and its last words.
func TestExitCode(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"-h":                  "", // and code 0
		"-doc none.json":      "protosync: open none.json: no such file or directory\n",
		"-doc " + document:    "protosync: the contract does not follow the document: run protosync without -check\n",
		"-doc x -check=often": "protosync: invalid boolean value \"often\" for -check: parse error\n",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-check", "-proto", t.TempDir()}, strings.Fields(args)...)...)
			cmd.Env = append(os.Environ(), asMain+"=1")
			var stderr strings.Builder
			cmd.Stderr = &stderr
			if err := cmd.Run(); (err != nil) != (want != "") || stderr.String() != want {
				t.Errorf("error %v, last words %q", err, stderr.String())
			}
		})
	}
}

const asMain = "PROTOSYNC_TEST_AS_MAIN"

// TestMain lets the test's own binary stand in for the program.
func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestHelpIsNotAFailure(t *testing.T) {
	t.Parallel()
	var stdout strings.Builder
	if err := run([]string{"-h"}, &stdout); err != nil {
		t.Errorf("error %v", err)
	}
	for _, word := range []string{"Usage: protosync -doc", "-proto", "-tag", "-check", "reserved"} {
		if !strings.Contains(stdout.String(), word) {
			t.Errorf("the help does not mention %q:\n%s", word, stdout.String())
		}
	}
}

// A tree that cannot be read is not taken for an empty one.
func TestUnreadableTree(t *testing.T) {
	t.Parallel()
	doc, _ := fixture(t)
	w := newWorkspace(t, doc, nil)
	w.write(filepath.Join("proto", filepath.Dir(dir), "v1"), "a file, not a folder")
	var stdout strings.Builder
	err := run([]string{"-doc", filepath.Join(w.root, "doc.json"), "-proto", filepath.Join(w.root, "proto")}, &stdout)
	if err == nil || stdout.Len() > 0 {
		t.Errorf("error %v, output %q", err, stdout.String())
	}
	if text, err := os.ReadFile(filepath.Join(w.root, "proto", dir)); err != nil || string(text) != "a file, not a folder" {
		t.Errorf("the file became %q (%v)", text, err)
	}
}
