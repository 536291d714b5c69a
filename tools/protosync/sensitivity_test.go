package main

import "testing"

func TestSensitivityIsProposedByNames(t *testing.T) {
	t.Parallel()
	const text = "string"
	for _, c := range []struct{ message, property, typ, want string }{
		{"Anything", "password", text, secret},
		{"Anything", "newPassword", text, secret},
		{"Anything", "accessToken", text, secret},
		{"Anything", "tokenType", text, neither},
		{"Anything", "clientSecret", text, secret},
		{"Anything", "secretary", text, neither},
		{"Anything", "token", "SomeMessage", neither}, // its own fields are looked at
		{"Credential", "credentialFields", text, secret},
		{"Anything", "email", text, personal},
		{"Anything", "outboundEmail", text, personal},
		{"Anything", "emailCount", "int32", neither},
		{"Anything", "phoneNumber", text, personal},
		{"Anything", "pageNumber", text, neither},
		{"User", "name", text, personal},
		{"UserMe", "name", text, personal},
		{"UserQueue", "name", text, neither},
		{"Skill", "name", text, neither},
		{"Group", "name", text, neither},
		{"User", "title", text, personal},
		{"JsonSchemaDocument", "title", text, neither},
		{"User", "id", text, neither},
		{"Geolocation", "latitude", "double", personal},
		{"Location", "coordinates", "double", personal},
		{"UserCustomAttributes", "attributes", typeValue, personal},
		{"UserPresence", "message", text, personal},
		{"Anything", "message", text, neither},
		{"GetUsersSearchRequest", "q64", text, personal},
		{"Education", "anything", text, personal},
		{"Education", "pass", "bool", neither},
	} {
		if got := sensitivity(&message{name: c.message}, &field{jsonName: c.property, typ: c.typ}); got != c.want {
			t.Errorf("%s.%s (%s) is %q, want %q", c.message, c.property, c.typ, got, c.want)
		}
	}
	if got := sensitivity(&message{name: "User"}, &field{jsonName: "name", typ: "Name", enum: &enum{}}); got != neither {
		t.Errorf("a choice is %q", got)
	}
}

// What a new field is marked as, the report tells.
func TestSensitivityIsReported(t *testing.T) {
	t.Parallel()
	testChanges(t, []change{{
		name: "of a property",
		doc:  []string{`"manager": {`, `"email": {"type": "string"}, "manager": {`},
		report: `
added field User.email = 11 (optional string), marked as SENSITIVITY_PERSONAL
`,
		diff: `
+  optional string email = 11 [(genesyscloud.api.v1.field).sensitivity = SENSITIVITY_PERSONAL];
`,
	}, {
		name: "of a map",
		doc:  []string{`"manager": {`, `"spareToken": {"type": "object", "additionalProperties": {"type": "string"}}, "manager": {`},
		report: `
added field User.spare_token = 11 (map<string, string>), marked as SENSITIVITY_SECRET
`,
		diff: `
+  map<string, string> spare_token = 11 [(genesyscloud.api.v1.field).sensitivity = SENSITIVITY_SECRET];
`,
	}, {
		name: "of a parameter",
		doc:  []string{`{"name": "pageSize", "in": "query"`, `{"name": "jabberId", "in": "query", "type": "string"}, {"name": "pageSize", "in": "query"`},
		report: `
added field GetUserRequest.jabber_id = 4 (optional string), marked as SENSITIVITY_PERSONAL
`,
		diff: `
+  optional string jabber_id = 4 [(genesyscloud.api.v1.field).sensitivity = SENSITIVITY_PERSONAL];
`,
	}})
}
