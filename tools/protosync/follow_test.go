package main

import (
	"maps"
	"strings"
	"testing"
)

// A change is an edit of the document, and of the tree by hand, after the first
// run; and what the next run has to make of it.
type change struct {
	name string
	doc  []string // pairs of old and new text in the document
	hand []string // pairs of old and new text in users_service.proto

	report  string // what the run prints
	diff    string // the lines that the run changes in the tree
	refused string // the error; the run then prints and writes nothing
}

func (c change) test(t *testing.T) {
	t.Helper()
	doc, tree := fixture(t)
	tree[usersFile] = edited(t, tree[usersFile], c.hand)
	w := newWorkspace(t, edited(t, doc, c.doc), tree)
	after := w.run()
	got := ""
	if w.err != nil {
		got = w.err.Error()
	}
	if got != c.refused {
		t.Errorf("error:\n%s\nwant:\n%s", got, c.refused)
	}
	report := strings.TrimPrefix(c.report, "\n")
	if report == "" && c.refused == "" {
		report = noChange
	}
	if w.stdout != report {
		t.Errorf("report:\n%s\nwant:\n%s", w.stdout, report)
	}
	if d := diff(tree, after); d != strings.TrimPrefix(c.diff, "\n") {
		t.Errorf("changed lines:\n%s\nwant:%s", d, c.diff)
	}
	switch {
	case w.err == nil:
		w.settled()
	case !maps.Equal(tree, after):
		t.Error("a refused run wrote to the tree")
	}
}

func testChanges(t *testing.T, changes []change) {
	t.Helper()
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t)
		})
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	testChanges(t, []change{{
		name: "an added one gets the next free number wherever it stands",
		doc:  []string{`"id": {"type": "string", "readOnly": true},`, `"nick": {"type": "string"}, "id": {"type": "string", "readOnly": true},`},
		report: `
added field User.nick = 11 (optional string)
`,
		diff: `
+  optional string nick = 11;
`,
	}, {
		name: "a removed one leaves its number and name reserved",
		doc:  []string{`"version": {"type": "integer", "format": "int64"},`, ``},
		report: `
REMOVED field User.version: number 4 is reserved
`,
		diff: `
+  reserved 4;
+  reserved "version";
-  optional int64 version = 4 [(genesyscloud.api.v1.field).base_version = true];
`,
	}, {
		name: "a moved one keeps its number",
		doc: []string{
			`"version": {"type": "integer", "format": "int64"},`, ``,
			`"id": {"type"`, `"version": {"type": "integer", "format": "int64"}, "id": {"type"`,
		},
	}, {
		name: "an added one does not fill the gap of a removed one",
		doc:  []string{`"manager": {"$ref": "#/definitions/User"}`, `"nick": {"type": "string"}`},
		report: `
REMOVED field User.manager: number 10 is reserved
added field User.nick = 11 (optional string)
`,
		diff: `
+  reserved 10;
+  reserved "manager";
-  User manager = 10;
+  optional string nick = 11;
`,
	}, {
		name: "an added one does not take a number that was reserved last",
		doc:  []string{`"manager": {"$ref": "#/definitions/User"}`, `"nick": {"type": "string"}`},
		hand: []string{"  User manager = 10;\n", "", "message User {\n", "message User {\n  reserved 10 to 20;\n  reserved \"manager\";\n\n"},
		report: `
added field User.nick = 21 (optional string)
`,
		diff: `
+  optional string nick = 21;
`,
	}, {
		name: "reservations are kept in order",
		doc:  []string{`"id": {"type": "string", "readOnly": true},`, ``},
		hand: []string{"  User manager = 10;\n", "", "message User {\n", "message User {\n  reserved 10;\n  reserved \"boss\", \"manager\";\n\n",
			"  optional int64 version = 4 [(genesyscloud.api.v1.field).base_version = true];", "  User supervisor = 4 [json_name = \"manager\"];"},
		report: `
REMOVED field User.id: number 1 is reserved
added field User.version = 11 (optional int64)
`,
		diff: `
-  reserved 10;
-  reserved "boss", "manager";
+  reserved 1, 10;
+  reserved "boss", "id", "manager";
-  optional string id = 1 [(google.api.field_behavior) = OUTPUT_ONLY];
+  optional int64 version = 11 [(genesyscloud.api.v1.field).base_version = true];
`,
	}, {
		name:    "another scalar type is refused",
		doc:     []string{`"version": {"type": "integer", "format": "int64"}`, `"version": {"type": "string"}`},
		refused: `User.version: the upstream changed its type from "optional int64" to "optional string", which would break every client: reserve 4 by hand and let the field come back under a new number and name`,
	}, {
		name:    "a list in place of one value is refused",
		doc:     []string{`"manager": {"$ref": "#/definitions/User"}`, `"manager": {"type": "array", "items": {"$ref": "#/definitions/User"}}`},
		refused: `User.manager: the upstream changed its type from "User" to "repeated User", which would break every client: reserve 10 by hand and let the field come back under a new number and name`,
	}, {
		name:    "text in place of listed values is refused",
		doc:     []string{`, "enum": ["active", "on leave", ""]`, ``},
		refused: `User.state: the upstream changed its type from "optional State" to "optional string", which would break every client: reserve 3 by hand and let the field come back under a new number and name`,
	}, {
		name: "every refusal is told at once, a line each",
		doc: []string{
			`"version": {"type": "integer", "format": "int64"}`, `"version": {"type": "boolean"}`,
			`{"type": "number", "format": "double"}`, `{"type": "integer"}`,
		},
		refused: `Skill.proficiency: the upstream changed its type from "optional double" to "optional int32", which would break every client: reserve 2 by hand and let the field come back under a new number and name
User.version: the upstream changed its type from "optional int64" to "optional bool", which would break every client: reserve 4 by hand and let the field come back under a new number and name`,
	}, {
		name: "another type is taken once the old number and name are reserved by hand",
		doc:  []string{`"version": {"type": "integer", "format": "int64"}`, `"version": {"type": "string"}`},
		hand: []string{
			"  optional int64 version = 4 [(genesyscloud.api.v1.field).base_version = true];\n", "",
			"  User manager = 10;\n", "  User manager = 10;\n  optional string version_text = 11 [json_name = \"version\"];\n",
			"message User {\n", "message User {\n  reserved 4;\n  reserved \"version\";\n\n",
		},
	}, {
		name:   "the order and layout of a tree edited by hand are mended, and said",
		hand:   []string{"  optional string id = 1", "  User manager = 10;\n  optional string id = 1", "  repeated Skill skills = 9;\n  User manager = 10;", "  repeated Skill  skills=9;"},
		report: "reformatted users_service.proto\n",
		diff: `
-  User manager = 10;
-  repeated Skill  skills=9;
+  repeated Skill skills = 9;
+  User manager = 10;
`,
	}, {
		name: "a change of who sets it is reported",
		doc:  []string{`"id": {"type": "string", "readOnly": true}`, `"id": {"type": "string"}`, `"required": ["name"]`, `"required": ["name", "labels"]`},
		report: `
changed field User.id: its behavior is absent, was OUTPUT_ONLY
changed field User.labels: its behavior is REQUIRED, was absent
`,
		diff: `
-  optional string id = 1 [(google.api.field_behavior) = OUTPUT_ONLY];
+  optional string id = 1;
-  map<string, string> labels = 7;
+  map<string, string> labels = 7 [(google.api.field_behavior) = REQUIRED];
`,
	}, {
		name: "a name of protobuf's own is a name like any other",
		doc: []string{`"manager": {`, `"message": {"type": "string"}, "reserved": {"type": "boolean"}, "option": {"$ref": "#/definitions/Skill"},
			"google": {"type": "string", "format": "date-time"}, "package": {"type": "string", "enum": ["syntax"]}, "manager": {`},
		report: `
added field User.message = 11 (optional string)
added field User.reserved = 12 (optional bool)
added field User.option = 13 (Skill)
added field User.google = 14 (google.protobuf.Timestamp)
added field User.package = 15 (optional Package)
`,
		diff: `
+  // Package is the set of values that the contract knows.
+  enum Package {
+    PACKAGE_UNSPECIFIED = 0;
+    // The upstream sent a value that this contract does not know.
+    PACKAGE_UNRECOGNIZED = 1;
+    PACKAGE_SYNTAX = 2 [(genesyscloud.api.v1.upstream) = "syntax"];
+  }
+  optional string message = 11;
+  optional bool reserved = 12;
+  Skill option = 13;
+  google.protobuf.Timestamp google = 14;
+  optional Package package = 15;
`,
	}, {
		name: "$schema has a name without the sign",
		doc:  []string{`"manager": {`, `"$schema": {"type": "string"}, "manager": {`},
		report: `
added field User.schema = 11 (optional string)
`,
		diff: `
+  optional string schema = 11 [json_name = "$schema"];
`,
	}, {
		name: "an upstream name in another style keeps it in JSON",
		doc: []string{`"manager": {`, `"e-mail.address": {"type": "string"}, "OAuthClientID": {"type": "string"}, "address_line": {"type": "string"},
			"URLPath2D": {"type": "string"}, "manager": {`},
		report: `
added field User.e_mail_address = 11 (optional string)
added field User.oauth_client_id = 12 (optional string)
added field User.address_line = 13 (optional string)
added field User.url_path2_d = 14 (optional string)
`,
		diff: `
+  optional string e_mail_address = 11 [json_name = "e-mail.address"];
+  optional string oauth_client_id = 12 [json_name = "OAuthClientID"];
+  optional string address_line = 13 [json_name = "address_line"];
+  optional string url_path2_d = 14 [json_name = "URLPath2D"];
`,
	}})
}

// What was reserved comes back only under a new number, and under its own name
// only when a person says so.
func TestReturningField(t *testing.T) {
	t.Parallel()
	doc, tree := fixture(t)
	w := newWorkspace(t, edit(t, doc, `"version": {"type": "integer", "format": "int64"},`, ``), tree)
	reserved := w.run()
	if w.err != nil {
		t.Fatal(w.err)
	}
	for name, versionType := range map[string]string{
		"with the old type":     `"type": "integer", "format": "int64"`,
		"with a different type": `"type": "boolean"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			again := edit(t, doc, `"version": {"type": "integer", "format": "int64"}`, `"version": {`+versionType+`}`)
			w := newWorkspace(t, again, reserved)
			const refusal = `User.version: the upstream has a field "version", whose name is reserved: give it another name by hand (with json_name = "version"), or drop the name from the reserved list`
			if after := w.run(); w.err == nil || w.err.Error() != refusal || !maps.Equal(after, reserved) {
				t.Errorf("error %v, changed lines:\n%s", w.err, diff(reserved, after))
			}

			dropped := maps.Clone(reserved)
			dropped[usersFile] = edit(t, dropped[usersFile], `  reserved "version";`+"\n", "")
			w = newWorkspace(t, again, dropped)
			if after := w.run(); w.err != nil || !strings.Contains(after[usersFile], " version = 11") || !strings.Contains(after[usersFile], "  reserved 4;\n") {
				t.Errorf("after the name is dropped from the list: error %v, changed lines:\n%s", w.err, diff(dropped, after))
			}
			w.settled()
		})
	}
	t.Run("under a name given by hand", func(t *testing.T) {
		t.Parallel()
		renamed := maps.Clone(reserved)
		renamed[usersFile] = edit(t, renamed[usersFile], "  User manager = 10;\n", "  User manager = 10;\n  optional int64 revision = 11 [json_name = \"version\"];\n")
		w := newWorkspace(t, doc, renamed)
		if after := w.run(); w.err != nil || w.stdout != noChange {
			t.Errorf("error %v, report %q, changed lines:\n%s", w.err, w.stdout, diff(renamed, after))
		}
		w.settled()
	})
}
