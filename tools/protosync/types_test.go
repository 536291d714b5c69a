package main

import (
	"fmt"
	"strings"
	"testing"
)

// Every form of a type that the tool knows, as a property of a definition.
func TestTypesOfProperties(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		`"type": "string"`:                                              "optional string x = 3;",
		`"type": "string", "format": "date"`:                            "optional string x = 3;",
		`"type": "string", "format": "date-time"`:                       "google.protobuf.Timestamp x = 3;",
		`"type": "boolean"`:                                             "optional bool x = 3;",
		`"type": "integer"`:                                             "optional int32 x = 3;",
		`"type": "integer", "format": "int32"`:                          "optional int32 x = 3;",
		`"type": "integer", "format": "int64"`:                          "optional int64 x = 3;",
		`"type": "integer", "enum": [1, 2]`:                             "optional int32 x = 3;",
		`"type": "number"`:                                              "optional double x = 3;",
		`"type": "number", "format": "float"`:                           "optional float x = 3;",
		`"type": "object"`:                                              "google.protobuf.Value x = 3;",
		`"type": "object", "properties": {"y": {}}`:                     "google.protobuf.Value x = 3;",
		`"type": "object", "additionalProperties": true`:                "google.protobuf.Value x = 3;",
		`"type": "object", "additionalProperties": false`:               "google.protobuf.Value x = 3;",
		`"type": "object", "additionalProperties": {}`:                  "google.protobuf.Value x = 3;",
		`"type": "object", "additionalProperties": {"type": "integer"}`: "map<string, int32> x = 3;",
		`"type": "object", "additionalProperties": {"type": "object"}`:  "map<string, google.protobuf.Value> x = 3;",
		`"type": "object", "additionalProperties": {"type": "string", "format": "date-time"}`: "map<string, google.protobuf.Timestamp> x = 3;",
		`"type": "object", "additionalProperties": {"$ref": "#/definitions/User"}`:            "map<string, User> x = 3;",
		`"type": "object", "additionalProperties": {"type": "array", "items": {}}`:            "map<string, google.protobuf.ListValue> x = 3;",
		`"type": "array", "items": {"type": "string", "format": "date-time"}`:                 "repeated google.protobuf.Timestamp x = 3;",
		`"type": "array", "items": {"type": "object"}`:                                        "repeated google.protobuf.Value x = 3;",
		`"type": "array", "items": {"$ref": "#/definitions/User"}`:                            "repeated User x = 3;",
		`"$ref": "#/definitions/Skill"`:                                                       "Skill x = 3;",
	} {
		t.Run(schema, func(t *testing.T) {
			t.Parallel()
			doc, tree := fixture(t)
			w := newWorkspace(t, edit(t, doc, `"proficiency": {`, fmt.Sprintf(`"x": {%s}, "proficiency": {`, schema)), tree)
			if after := w.run(); w.err != nil || !strings.Contains(after["common.proto"], "\n  "+want+"\n") {
				t.Errorf("error %v, want the line %q, changed lines:\n%s", w.err, want, diff(tree, after))
			}
			w.settled()
		})
	}
}

// A list as a body has a field beside it.
const emptyListField = `  // Sends an empty list. An empty body alone is refused, since it may have been
  // forgotten.
  bool empty_list = 1000 [(genesyscloud.api.v1.field).sends_empty_list = true];
}`

// Every form of a body and an answer, in the one operation that has both.
func TestTypesOfBodiesAndAnswers(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		`{"$ref": "#/definitions/Skill"}`:                                    "Skill body = 2 [(buf.validate.field).required = true];\n  // Which fields of the body are sent",
		`{"type": "object"}`:                                                 "google.protobuf.Struct body = 2 [(buf.validate.field).required = true];\n  // Which fields of the body are sent",
		`{"type": "array", "items": {"$ref": "#/definitions/Skill"}}`:        "repeated Skill body = 2;\n" + emptyListField,
		`{"type": "array", "items": {"type": "string"}}`:                     "repeated string body = 2;\n" + emptyListField,
		`{"type": "array", "items": {"type": "object"}}`:                     "repeated google.protobuf.Struct body = 2;\n" + emptyListField,
		`{"type": "array", "items": {"type": "integer", "format": "int64"}}`: "repeated int64 body = 2;\n" + emptyListField,
	} {
		t.Run("body "+schema, func(t *testing.T) {
			t.Parallel()
			doc, _ := fixture(t)
			w := newWorkspace(t, edit(t, doc, `"in": "body", "required": true, "schema": {"$ref": "#/definitions/User"}`, `"in": "body", "required": true, "schema": `+schema), nil)
			if after := w.run(); w.err != nil || !strings.Contains(after[usersFile], "\n  "+want) {
				t.Errorf("error %v, want %q in:\n%s", w.err, want, after[usersFile])
			}
			w.settled()
		})
	}
	for schema, want := range map[string]string{
		`{"204": {}}`: "DeleteUserRequest) returns (google.protobuf.Empty)",
		`{"default": {"schema": {"$ref": "#/definitions/Skill"}}, "202": {}}`:                    "DeleteUserRequest) returns (google.protobuf.Empty)",
		`{"202": {}, "200": {"schema": {"$ref": "#/definitions/Skill"}}}`:                        "DeleteUserRequest) returns (Skill)",
		`{"200": {"schema": {"type": "object"}}}`:                                                "DeleteUserRequest) returns (google.protobuf.Struct)",
		`{"200": {"schema": {"type": "array", "items": {"$ref": "#/definitions/Skill"}}}}`:       "DeleteUserRequest) returns (DeleteUserResponse)",
		`{"200": {"schema": {"type": "array", "items": {"type": "string", "format": "date"}}}}`:  "message DeleteUserResponse {\n  repeated string items = 1;\n}",
		`{"200": {"schema": {"type": "array", "items": {"type": "object", "properties": {}}}}}`:  "message DeleteUserResponse {\n  repeated google.protobuf.Struct items = 1;\n}",
		`{"200": {"schema": {"type": "array", "items": {"type": "number", "format": "float"}}}}`: "message DeleteUserResponse {\n  repeated float items = 1;\n}",
	} {
		t.Run("answer "+schema, func(t *testing.T) {
			t.Parallel()
			doc, _ := fixture(t)
			w := newWorkspace(t, edit(t, doc, `{"204": {}}`, schema), nil)
			if after := w.run(); w.err != nil || !strings.Contains(after[usersFile], want) {
				t.Errorf("error %v, want %q in:\n%s", w.err, want, after[usersFile])
			}
			w.settled()
		})
	}
}

// The vendor's whole document has more than the operations that we take, and
// what those do must not stop us.
func TestForeignPartsOfADocumentAreIgnored(t *testing.T) {
	t.Parallel()
	doc, tree := fixture(t)
	doc = edit(t, doc, `"/api/v2/queues": {`, `"/api/v2/other": {
		"x-note": "not a verb", "parameters": [],
		"head": {"operationId": "headOther", "tags": ["Other"], "responses": {}}},
		"/api/v2/queues": {`)
	doc = edit(t, doc, `"Queue": {`, `"Odd[]": {"allOf": [{}], "type": "array", "properties": {"n": {"type": "integer", "enum": [1]}}}, "Queue": {`)
	w := newWorkspace(t, doc, tree)
	if w.run(); w.err != nil || w.stdout != noChange {
		t.Errorf("error %v, report %q", w.err, w.stdout)
	}
}
