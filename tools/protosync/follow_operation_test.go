package main

import (
	"strings"
	"testing"
)

func TestOperations(t *testing.T) {
	t.Parallel()
	testChanges(t, []change{{
		name: "an added one joins the service of its path",
		doc: []string{`"/api/v2/users/me": {`, `"/api/v2/users/{userId}/station": {
			"delete": {"operationId": "deleteUserStation", "tags": ["Users"],
			  "parameters": [{"name": "userId", "in": "path", "type": "string"}], "responses": {"202": {}}}},
			"/api/v2/users/me": {`},
		report: `
added operation UserTelephonyService.DeleteUserStation (DELETE /api/v2/users/{user_id}/station)
`,
		diff: `
+syntax = "proto3";
+// The UserTelephonyService and the messages that only it uses.
+package genesyscloud.users.v1;
+import "buf/validate/validate.proto";
+import "genesyscloud/api/v1/options.proto";
+import "google/api/annotations.proto";
+import "google/protobuf/empty.proto";
+option go_package = "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1;usersv1";
+option java_multiple_files = true;
+option java_package = "io.switchboard.genesyscloud.users.v1";
+// UNDESCRIBED: UserTelephonyService is new upstream.
+service UserTelephonyService {
+  // UNDESCRIBED: DeleteUserStation is new upstream.
+  rpc DeleteUserStation(DeleteUserStationRequest) returns (google.protobuf.Empty) {
+    option idempotency_level = IDEMPOTENT;
+    option (google.api.http) = {delete: "/api/v2/users/{user_id}/station"};
+    option (genesyscloud.api.v1.operation) = {
+      id: "deleteUserStation"
+      success: [202]
+    };
+  }
+}
+// DeleteUserStationRequest is what DeleteUserStation takes.
+message DeleteUserStationRequest {
+  string user_id = 1 [(buf.validate.field).string.min_len = 1];
+}
`,
	}, {
		name: "a removed one goes with the messages that only it used",
		doc:  []string{`"operationId": "getUsersMe", "tags": ["Users"]`, `"operationId": "getUsersMe", "tags": ["Me"]`},
		report: `
REMOVED operation UsersService.GetUsersMe: clients that call it will get UNIMPLEMENTED
REMOVED message GetUsersMeRequest: nothing refers to it any longer
`,
		diff: `
-  // UNDESCRIBED: GetUsersMe is new upstream.
-  rpc GetUsersMe(GetUsersMeRequest) returns (User) {
-    option idempotency_level = NO_SIDE_EFFECTS;
-    option (google.api.http) = {get: "/api/v2/users/me"};
-    option (genesyscloud.api.v1.operation) = {
-      id: "getUsersMe"
-      permissions: {mode: MODE_NONE}
-    };
-  }
-// GetUsersMeRequest is what GetUsersMe takes.
-message GetUsersMeRequest {}
`,
	}, {
		name: "one at another path is reported",
		doc:  []string{`"/api/v2/users/me": {`, `"/api/v2/users/myself": {`},
		report: `
changed operation UsersService.GetUsersMe: (google.api.http) is {get: "/api/v2/users/myself"}, was {get: "/api/v2/users/me"}
`,
		diff: `
-    option (google.api.http) = {get: "/api/v2/users/me"};
+    option (google.api.http) = {get: "/api/v2/users/myself"};
`,
	}, {
		name: "one that is deprecated, or no longer, is reported",
		doc: []string{
			`"operationId": "deleteUser",`, `"operationId": "deleteUser", "deprecated": true,`,
			`"operationId": "patchUser", "tags": ["Users"], "deprecated": true, "x-inin-preview": true`, `"operationId": "patchUser", "tags": ["Users"]`,
		},
		report: `
changed operation UsersService.DeleteUser: deprecated is true, was absent
changed operation UsersService.PatchUser: (genesyscloud.api.v1.operation) is {id: "patchUser"}, was { id: "patchUser" preview: true }
changed operation UsersService.PatchUser: deprecated is absent, was true
`,
		diff: `
+    option deprecated = true;
-    option deprecated = true;
-    option (genesyscloud.api.v1.operation) = {
-      id: "patchUser"
-      preview: true
-    };
+    option (genesyscloud.api.v1.operation) = {id: "patchUser"};
`,
	}, {
		name: "other permissions are reported",
		doc:  []string{`{"type": "ANY", "permissions": ["directory:user:view", "directory:user:edit"]}`, `{"type": "ALL", "permissions": ["directory:user:view"]}`},
		report: `
changed operation UsersService.GetUser: (genesyscloud.api.v1.operation) is { id: "getUser" permissions: { mode: MODE_ALL names: ["directory:user:view"] } }, was { id: "getUser" permissions: { mode: MODE_ANY names: [ "directory:user:view", "directory:user:edit" ] } }
`,
		diff: `
-        mode: MODE_ANY
-        names: [
-          "directory:user:view",
-          "directory:user:edit"
-        ]
+        mode: MODE_ALL
+        names: ["directory:user:view"]
`,
	}, {
		name: "permissions that the document does not state are not taken away",
		doc: []string{
			`"x-inin-requires-permissions": {"type": "ANY", "permissions": ["directory:user:view", "directory:user:edit"]}`, `"x-other": 1`,
			`"x-inin-requires-permissions": {"type": "ANY", "permissions": []}`, `"x-other": 1`,
		},
	}, {
		name: "permissions that a person found stay",
		hand: []string{`(genesyscloud.api.v1.operation) = {id: "deleteUser"};`, `(genesyscloud.api.v1.operation) = {
      id: "deleteUser"
      permissions: {
        mode: MODE_ALL
        names: [
          "directory:user:delete",
          "directory:user:view"
        ]
      }
    };`},
	}, {
		name: "another status of success is reported, and the one that the answer implies goes without saying",
		doc:  []string{`{"204": {}}`, `{"204": {}, "202": {}}`},
		report: `
changed operation UsersService.DeleteUser: (genesyscloud.api.v1.operation) is { id: "deleteUser" success: [ 202, 204 ] }, was {id: "deleteUser"}
`,
		diff: `
-    option (genesyscloud.api.v1.operation) = {id: "deleteUser"};
+    option (genesyscloud.api.v1.operation) = {
+      id: "deleteUser"
+      success: [
+        202,
+        204
+      ]
+    };
`,
	}, {
		name: "another answer is refused",
		doc:  []string{`{"204": {}}`, `{"200": {"schema": {"$ref": "#/definitions/Skill"}}}`},
		refused: `UsersService.DeleteUser: the upstream changed its answer from "google.protobuf.Empty" to "Skill", which would break every client: ` +
			`write the new type into the rpc by hand to accept it`,
	}, {
		name:   "another answer is taken once it is written into the rpc by hand",
		doc:    []string{`{"204": {}}`, `{"200": {"schema": {"$ref": "#/definitions/Skill"}}}`},
		hand:   []string{`returns (google.protobuf.Empty)`, `returns (Skill)`},
		report: "reformatted users_service.proto\n", // the import that nobody needs
		diff:   "-import \"google/protobuf/empty.proto\";\n",
	}, {
		name: "an array in place of an object is refused",
		doc: []string{`"operationId": "getUsersMe", "tags": ["Users"],
        "responses": {"200": {"schema": {"$ref": "#/definitions/User"}}}`, `"operationId": "getUsersMe", "tags": ["Users"],
        "responses": {"200": {"schema": {"type": "array", "items": {"$ref": "#/definitions/User"}}}}`},
		refused: `UsersService.GetUsersMe: the upstream changed its answer from "User" to "GetUsersMeResponse", which would break every client: ` +
			`write the new type into the rpc by hand to accept it`,
	}, {
		name: "a name given by hand stays, with the names of what it takes",
		hand: []string{
			"  // UNDESCRIBED: DeleteUser is new upstream.\n  rpc DeleteUser(DeleteUserRequest)", "  // RemoveUser removes.\n  rpc RemoveUser(RemoveUserRequest)",
			"// DeleteUserRequest is what DeleteUser takes.\nmessage DeleteUserRequest {\n  string user_id = 1", "// RemoveUserRequest is what RemoveUser takes.\nmessage RemoveUserRequest {\n  string user_id = 7",
		},
	}, {
		name:    "a name given by hand that another operation has is refused",
		hand:    []string{"rpc DeleteUser(", "rpc GetUser("},
		refused: `UsersService: the operations deleteUser and getUser would both be named GetUser; name one otherwise by hand`,
	}, {
		name: "an rpc's name given by hand does not rename its request",
		hand: []string{"rpc DeleteUser(", "rpc RemoveUser("},
	}})
}

// What may be said of repeating a call comes from its verb and path, and a person
// decides where they do not tell.
func TestIdempotency(t *testing.T) {
	t.Parallel()
	doc, _ := fixture(t)
	for call, want := range map[string]string{
		"get /api/v2/x":                  "NO_SIDE_EFFECTS",
		"put /api/v2/x":                  "IDEMPOTENT",
		"delete /api/v2/x":               "IDEMPOTENT",
		"patch /api/v2/x":                "IDEMPOTENCY_UNKNOWN",
		"patch /api/v2/x/query":          "IDEMPOTENCY_UNKNOWN",
		"put /api/v2/x/search":           "IDEMPOTENT",
		"post /api/v2/x/query":           "NO_SIDE_EFFECTS",
		"post /api/v2/x/search":          "NO_SIDE_EFFECTS",
		"post /api/v2/x/search/teams":    "NO_SIDE_EFFECTS",
		"post /api/v2/x":                 "IDEMPOTENCY_UNKNOWN",
		"post /api/v2/x/query/jobs":      "IDEMPOTENCY_UNKNOWN",
		"post /api/v2/x/searches":        "IDEMPOTENCY_UNKNOWN",
		"post /api/v2/x/jobquery":        "IDEMPOTENCY_UNKNOWN",
		"post /api/v2/research":          "IDEMPOTENCY_UNKNOWN",
		"post /api/v2/searchers/x/query": "NO_SIDE_EFFECTS",
	} {
		verb, path, _ := strings.Cut(call, " ")
		w := newWorkspace(t, edit(t, doc, `"/api/v2/users/me": {`, `"`+path+`": {"`+verb+`": {"operationId": "aNewOne", "tags": ["Users"]}}, "/api/v2/users/me": {`), nil)
		_, text, _ := strings.Cut(w.run()[usersFile], "// UNDESCRIBED: ANewOne is new upstream.\n")
		text, _, _ = strings.Cut(text, "    option (google.api.http)")
		mark := ""
		if verb == "post" && want == "IDEMPOTENCY_UNKNOWN" {
			mark = "  // UNDECIDED: does ANewOne only read? Then its idempotency_level is\n  // NO_SIDE_EFFECTS.\n"
		}
		if want = mark + "  rpc ANewOne(ANewOneRequest) returns (google.protobuf.Empty) {\n    option idempotency_level = " + want + ";\n"; w.err != nil || text != want {
			t.Errorf("%s: error %v, rpc\n%s\nwant\n%s", call, w.err, text, want)
		}
		w.settled()
	}

	const (
		me        = `"operationId": "getUsersMe", "tags": ["Users"]`
		asPost    = "{get: \"/api/v2/users/me\"}"
		ofMe      = "    option idempotency_level = NO_SIDE_EFFECTS;\n    option (google.api.http) = {get: \"/api/v2/users/me\"};"
		undecided = "  // UNDESCRIBED: GetUsersMe is new upstream."
	)
	testChanges(t, []change{{
		name: "another verb is judged anew",
		doc:  []string{"\"get\": {\n        " + me, "\"post\": {\n        " + me},
		report: `
changed operation UsersService.GetUsersMe: (google.api.http) is {post: "/api/v2/users/me"}, was {get: "/api/v2/users/me"}
changed operation UsersService.GetUsersMe: idempotency_level is IDEMPOTENCY_UNKNOWN, was NO_SIDE_EFFECTS
`,
		diff: `
+  // UNDECIDED: does GetUsersMe only read? Then its idempotency_level is
+  // NO_SIDE_EFFECTS.
-    option idempotency_level = NO_SIDE_EFFECTS;
-    option (google.api.http) = {get: "/api/v2/users/me"};
+    option idempotency_level = IDEMPOTENCY_UNKNOWN;
+    option (google.api.http) = {post: "/api/v2/users/me"};
`,
	}, {
		name: "a POST that was decided stays so",
		doc:  []string{"\"get\": {\n        " + me, "\"post\": {\n        " + me},
		hand: []string{asPost, "{post: \"/api/v2/users/me\"}"},
	}, {
		name: "one that nobody decided is marked once",
		doc:  []string{"\"get\": {\n        " + me, "\"post\": {\n        " + me},
		hand: []string{ofMe, "    option (google.api.http) = {post: \"/api/v2/users/me\"};", undecided, "  // UNDECIDED: soon."},
		report: `
changed operation UsersService.GetUsersMe: idempotency_level is IDEMPOTENCY_UNKNOWN, was absent
`,
		diff: `
+    option idempotency_level = IDEMPOTENCY_UNKNOWN;
`,
	}})
}

// A text that is required may not be empty in what is sent; but what the upstream
// answers, and a message beside the body may come from there, is taken as it is.
func TestRequiredTexts(t *testing.T) {
	t.Parallel()
	const (
		rule  = "[\n    (google.api.field_behavior) = REQUIRED,\n    (buf.validate.field).string.min_len = 1\n  ];"
		plain = "[(google.api.field_behavior) = REQUIRED];"
		model = `": {"required": ["x", "n", "l", "r"], "properties": {"x": {"type": "string"}, "n": {"type": "integer"},
			"l": {"type": "array", "items": {"type": "string"}}, "r": {"type": "string", "readOnly": true}, "y": {"type": "string"}}},`
	)
	doc, _ := fixture(t)
	doc = edit(t, doc, `"manager": {`, `"answeredToo": {"$ref": "#/definitions/Answered"}, "manager": {`)
	doc = edit(t, doc, `"schema": {"$ref": "#/definitions/User"}}
        ],`, `"schema": {"$ref": "#/definitions/Change"}}],`)
	doc = edit(t, doc, `"definitions": {`, `"definitions": {"Answered`+model+` "Sent`+model+`
		"Change": {"required": ["x"], "properties": {"x": {"type": "string"}, "sent": {"$ref": "#/definitions/Sent"}, "answered": {"$ref": "#/definitions/Answered"}}},`)
	w := newWorkspace(t, doc, nil)
	tree := w.run()
	text := tree[usersFile] + tree["common.proto"]
	for _, want := range []string{
		"message Change {\n  optional string x = 1 " + rule,
		"message Sent {\n  optional string x = 1 " + rule + "\n  optional int32 n = 2 " + plain + "\n  repeated string l = 3 " + plain + "\n  optional string r = 4 [(google.api.field_behavior) = OUTPUT_ONLY];\n  optional string y = 5;",
		"message Answered {\n  optional string x = 1 " + plain,
		"optional string name = 2 [\n    (google.api.field_behavior) = REQUIRED,\n    (genesyscloud.api.v1.field).sensitivity", // of the user, who is answered alone now
	} {
		if w.err != nil || !strings.Contains(text, want) {
			t.Errorf("error %v, want\n%s\nin\n%s", w.err, want, text)
		}
	}
	w.settled()
}

// A message that two services use stands in common.proto and stays there, also
// when one of them is left; a service without operations has no file.
func TestLastOperationOfAService(t *testing.T) {
	t.Parallel()
	doc, tree := fixture(t)
	w := newWorkspace(t, edit(t, doc, `"x-purecloud-method-name": "getUserRoutingskills", "tags": ["Users"]`, `"tags": ["Routing"]`), tree)
	after := w.run()
	const report = `REMOVED operation UserRoutingService.GetUserRoutingskills: clients that call it will get UNIMPLEMENTED
REMOVED message GetUserRoutingskillsRequest: nothing refers to it any longer
REMOVED message GetUserRoutingskillsResponse: nothing refers to it any longer
`
	if w.err != nil || w.stdout != report {
		t.Errorf("error %v, report:\n%s", w.err, w.stdout)
	}
	if len(after) != 2 || after["common.proto"] != tree["common.proto"] {
		t.Errorf("Skill does not stay in common.proto:\n%s", diff(tree, after))
	}
	w.settled()
}

// A message that a second service begins to use moves to common.proto, with all
// that it holds, and the report says so.
func TestMessageOfASecondService(t *testing.T) {
	t.Parallel()
	doc, tree := fixture(t)
	w := newWorkspace(t, edit(t, doc, `"Skill": {"properties": {`, `"Skill": {"properties": {"owner": {"$ref": "#/definitions/User"}, `), tree)
	after := w.run()
	const report = `added field Skill.owner = 3 (User)
MOVED message User from users_service.proto to common.proto: generated code that imports it changes
`
	if w.err != nil || w.stdout != report || !strings.Contains(after["common.proto"], "message User {") {
		t.Errorf("error %v, report:\n%s\nchanges:\n%s", w.err, w.stdout, diff(tree, after))
	}
	w.settled()
}

func TestParameters(t *testing.T) {
	t.Parallel()
	const pageSize = `{"name": "pageSize", "in": "query", "type": "integer", "format": "int32"}`
	testChanges(t, []change{{
		name: "an added one gets the next free number wherever it stands",
		doc:  []string{pageSize, `{"name": "sortOrder", "in": "query", "required": true, "type": "string", "enum": ["ASC"]}, ` + pageSize},
		report: `
added field GetUserRequest.sort_order = 4 (optional string)
`,
		diff: `
+  optional string sort_order = 4 [
+    (buf.validate.field).required = true,
+    (buf.validate.field).string.min_len = 1
+  ];
`,
	}, {
		name: "an added list of texts that is required holds no empty one",
		doc:  []string{pageSize, `{"name": "ids", "in": "query", "required": true, "type": "array", "items": {"type": "string"}}, ` + pageSize},
		report: `
added field GetUserRequest.ids = 4 (repeated string)
`,
		diff: `
+  repeated string ids = 4 [
+    (buf.validate.field).required = true,
+    (buf.validate.field).repeated.items.string.min_len = 1
+  ];
`,
	}, {
		name: "an added number that is required has no rule of texts",
		doc:  []string{pageSize, `{"name": "page", "in": "query", "required": true, "type": "integer"}, ` + pageSize},
		report: `
added field GetUserRequest.page = 4 (optional int32)
`,
		diff: `
+  optional int32 page = 4 [(buf.validate.field).required = true];
`,
	}, {
		name: "a removed one leaves its number and name reserved",
		doc:  []string{",\n          " + pageSize, ``},
		report: `
REMOVED field GetUserRequest.page_size: number 3 is reserved
`,
		diff: `
+  reserved 3;
+  reserved "page_size";
-  optional int32 page_size = 3;
`,
	}, {
		name:    "one that may be repeated now is refused",
		doc:     []string{pageSize, `{"name": "pageSize", "in": "query", "type": "array", "items": {"type": "integer", "format": "int32"}}`},
		refused: `GetUserRequest.page_size: the upstream changed its type from "optional int32" to "repeated int32", which would break every client: reserve 3 by hand and let the field come back under a new number and name`,
	}, {
		name:    "another body is refused",
		doc:     []string{`"in": "body", "required": true, "schema": {"$ref": "#/definitions/User"}`, `"in": "body", "required": true, "schema": {"$ref": "#/definitions/Skill"}`},
		refused: `PatchUserRequest.body: the upstream changed its type from "User" to "Skill", which would break every client: reserve 2 by hand and let the field come back under a new number and name`,
	}, {
		name: "one beside a list body counts on below the field that is ours",
		doc: []string{
			`"in": "body", "required": true, "schema": {"$ref": "#/definitions/User"}`, `"in": "body", "required": true, "schema": {"type": "array", "items": {"$ref": "#/definitions/User"}}`,
			`{"name": "userId", "in": "path", "required": true, "type": "string"},
          {"name": "body"`, `{"name": "userId", "in": "path", "required": true, "type": "string"}, {"name": "force", "in": "query", "type": "boolean"},
          {"name": "body"`,
		},
		hand: []string{
			"  User body = 2 [(buf.validate.field).required = true];\n  // Which fields of the body are sent: those that are unset as null, a list as\n  // [], a map as {}. Without it, all that are set. The version that the write\n  // is based on is sent without being named.\n  google.protobuf.FieldMask update_mask = 3;\n",
			"  repeated User body = 2;\n  // All of them.\n  bool empty_list = 1000 [(genesyscloud.api.v1.field).sends_empty_list = true];\n",
			"import \"google/protobuf/field_mask.proto\";\n", "",
		},
		report: `
added field PatchUserRequest.force = 3 (optional bool)
`,
		diff: `
+  optional bool force = 3;
`,
	}, {
		name: "a header is the server's own and gives no field",
		doc:  []string{pageSize, pageSize + `, {"name": "If-Match", "in": "header", "type": "string"}`},
	}, {
		name: "a name given by hand stays, in the path and the body too",
		hand: []string{
			"message DeleteUserRequest {\n  string user_id = 1 [", "message DeleteUserRequest {\n  string id = 1 [\n    json_name = \"userId\",\n    ",
			"min_len = 1];\n}\n\n// GetUserRequest", "min_len = 1\n  ];\n}\n\n// GetUserRequest",
			`{delete: "/api/v2/users/{user_id}"}`, `{delete: "/api/v2/users/{id}"}`,
			`  User body = 2 [(buf.validate.field).required = true];`, "  User user = 2 [\n    json_name = \"body\",\n    (buf.validate.field).required = true\n  ];",
			`body: "body"`, `body: "user"`,
		},
	}})
}
