package main

import (
	"strings"
	"testing"
)

func TestEnumValues(t *testing.T) {
	t.Parallel()
	testChanges(t, []change{{
		name: "an added one gets the next free number wherever it stands",
		doc:  []string{`["active", "on leave", ""]`, `["at-work", "active", "on leave", ""]`},
		report: `
added enum value User.State.STATE_AT_WORK = 5 ("at-work")
`,
		diff: `
+    STATE_AT_WORK = 5 [(genesyscloud.api.v1.upstream) = "at-work"];
`,
	}, {
		name: "a removed one leaves its number and name reserved",
		doc:  []string{`["active", "on leave", ""]`, `["active", ""]`},
		report: `
REMOVED enum value User.State.STATE_ON_LEAVE: number 3 is reserved
`,
		diff: `
+    reserved 3;
+    reserved "STATE_ON_LEAVE";
-    STATE_ON_LEAVE = 3 [(genesyscloud.api.v1.upstream) = "on leave"];
`,
	}, {
		name: "an added one does not take a number that was reserved last",
		doc:  []string{`["active", "on leave", ""]`, `["active", "on leave", "away"]`},
		hand: []string{"    STATE_EMPTY = 4 [(genesyscloud.api.v1.upstream) = \"\"];\n", "", "    STATE_UNSPECIFIED", "    reserved 4;\n    reserved \"STATE_EMPTY\";\n    STATE_UNSPECIFIED"},
		report: `
added enum value User.State.STATE_AWAY = 5 ("away")
`,
		diff: `
+    STATE_AWAY = 5 [(genesyscloud.api.v1.upstream) = "away"];
`,
	}, {
		name: "a moved one keeps its number",
		doc:  []string{`["active", "on leave", ""]`, `["", "on leave", "active"]`},
	}, {
		name: "a renamed one is one removed and one added",
		doc:  []string{`["active", "on leave", ""]`, `["active", "away", ""]`},
		report: `
REMOVED enum value User.State.STATE_ON_LEAVE: number 3 is reserved
added enum value User.State.STATE_AWAY = 5 ("away")
`,
		diff: `
+    reserved 3;
+    reserved "STATE_ON_LEAVE";
-    STATE_ON_LEAVE = 3 [(genesyscloud.api.v1.upstream) = "on leave"];
+    STATE_AWAY = 5 [(genesyscloud.api.v1.upstream) = "away"];
`,
	}, {
		name: "one in another spelling does not take the name that is reserved with it",
		doc:  []string{`["active", "on leave", ""]`, `["active", "ON LEAVE", ""]`},
		report: `
REMOVED enum value User.State.STATE_ON_LEAVE: number 3 is reserved
added enum value User.State.STATE_ON_LEAVE_5 = 5 ("ON LEAVE")
`,
		diff: `
+    reserved 3;
+    reserved "STATE_ON_LEAVE";
-    STATE_ON_LEAVE = 3 [(genesyscloud.api.v1.upstream) = "on leave"];
+    STATE_ON_LEAVE_5 = 5 [(genesyscloud.api.v1.upstream) = "ON LEAVE"];
`,
	}, {
		name: "a name given by hand stays",
		hand: []string{`STATE_EMPTY = 4`, `STATE_NOT_SAID = 4`},
	}, {
		name: "an enum's name given by hand stays, for new values too",
		doc:  []string{`["active", "on leave", ""]`, `["active", "on leave", "", "away"]`},
		hand: []string{
			`// State is the set`, `// Condition is the set`,
			`enum State {`, `enum Condition {`,
			`STATE_UNSPECIFIED`, `CONDITION_UNSPECIFIED`,
			`STATE_UNRECOGNIZED`, `CONDITION_UNRECOGNIZED`,
			`STATE_ACTIVE`, `CONDITION_ACTIVE`,
			`STATE_ON_LEAVE`, `CONDITION_ON_LEAVE`,
			`STATE_EMPTY`, `CONDITION_EMPTY`,
			`optional State state`, `optional Condition state`,
		},
		report: `
added enum value User.Condition.CONDITION_AWAY = 5 ("away")
`,
		diff: `
+    CONDITION_AWAY = 5 [(genesyscloud.api.v1.upstream) = "away"];
`,
	}, {
		name: "of a list and of a map are found as well",
		doc: []string{`"manager": {`, `"days": {"type": "array", "items": {"type": "string", "enum": ["Mon"]}},
			"shifts": {"type": "object", "additionalProperties": {"type": "string", "enum": ["early"]}}, "manager": {`},
		report: `
added field User.days = 11 (repeated Days)
added field User.shifts = 12 (map<string, Shifts>)
`,
		diff: `
+  // Days is the set of values that the contract knows.
+  enum Days {
+    DAYS_UNSPECIFIED = 0;
+    // The upstream sent a value that this contract does not know.
+    DAYS_UNRECOGNIZED = 1;
+    DAYS_MON = 2 [(genesyscloud.api.v1.upstream) = "Mon"];
+  }
+  // Shifts is the set of values that the contract knows.
+  enum Shifts {
+    SHIFTS_UNSPECIFIED = 0;
+    // The upstream sent a value that this contract does not know.
+    SHIFTS_UNRECOGNIZED = 1;
+    SHIFTS_EARLY = 2 [(genesyscloud.api.v1.upstream) = "early"];
+  }
+  repeated Days days = 11;
+  map<string, Shifts> shifts = 12;
`,
	}, {
		name:    "two of one constant name are refused",
		doc:     []string{`["active", "on leave", ""]`, `["active", "on leave", "", "On Leave"]`},
		refused: `User: value "on leave" of State and value "On Leave" of State would both be named STATE_ON_LEAVE; name one otherwise by hand`,
	}, {
		name: "two of one constant name are taken once a person names one",
		doc:  []string{`["active", "on leave", ""]`, `["active", "on leave", "", "On Leave"]`},
		hand: []string{`= ""];`, `= ""];
    STATE_ON_LEAVE_OLD = 5 [(genesyscloud.api.v1.upstream) = "On Leave"];`},
	}, {
		name:    "one that means what 0 means is refused",
		doc:     []string{`["active", "on leave", ""]`, `["active", "on leave", "", "unspecified"]`},
		refused: `User: the value STATE_UNSPECIFIED and value "unspecified" of State would both be named STATE_UNSPECIFIED; name one otherwise by hand`,
	}, {
		name:    "one listed twice is refused",
		doc:     []string{`["active", "on leave", ""]`, `["active", "on leave", "", "active"]`},
		refused: `GET /api/v2/users/{userId}: definition User, property state: the value "active" is listed twice`,
	}, {
		name:    "one without a usable name is refused",
		doc:     []string{`["active", "on leave", ""]`, `["active", "on leave", "", "été"]`},
		refused: `User.State: the value "été" gives no usable name; name it by hand`,
	}, {
		name: "a list of values is not a list of messages of that name",
		doc: []string{
			`"skills": {"type": "array", "items": {"$ref": "#/definitions/Skill"}}`,
			`"skills": {"type": "array", "items": {"type": "string", "enum": ["x"]}}`,
		},
		hand: []string{`  repeated Skill skills = 9;`, `  repeated Skills skills = 9;`}, // a definition of that name, once
		refused: `User.skills: the upstream changed its type from "repeated Skills" to "repeated Skills of another kind", which would break every client: ` +
			`reserve 9 by hand and let the field come back under a new number and name`,
	}})
}

// A value that comes back gets a new number and a name that differs from the
// reserved one.
func TestReturningEnumValue(t *testing.T) {
	t.Parallel()
	doc, tree := fixture(t)
	w := newWorkspace(t, edit(t, doc, `["active", "on leave", ""]`, `["active", ""]`), tree)
	w.run()
	w.setDocument(doc)
	after := w.run()
	if w.err != nil || w.stdout != "added enum value User.State.STATE_ON_LEAVE_5 = 5 (\"on leave\")\n" {
		t.Errorf("error %v, report %q", w.err, w.stdout)
	}
	for _, line := range []string{
		"    reserved 3;\n", "    reserved \"STATE_ON_LEAVE\";\n",
		"    STATE_ON_LEAVE_5 = 5 [(genesyscloud.api.v1.upstream) = \"on leave\"];\n",
	} {
		if !strings.Contains(after[usersFile], line) {
			t.Errorf("%q is missing:\n%s", line, diff(tree, after))
		}
	}
	w.settled()
}
