package main

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

// Whatever a person wrote into the tree stays, to the letter, also when the
// thing that it describes gets company.
func TestHandWrittenThingsStay(t *testing.T) {
	t.Parallel()
	const (
		long   = "// A line that is longer than what the tool itself would write, and not one that a tool may wrap by itself."
		layout = "//   indented   by hand"
	)
	for _, c := range []struct {
		name string
		hand []string
	}{
		{"the comment of a service", []string{"// UNDESCRIBED: UsersService is new upstream.", "// UsersService holds users."}},
		{"the comment of an rpc", []string{"// UNDESCRIBED: GetUser is new upstream.", "// GetUser returns a user.\n  //\n  // Ask for what you need with expand."}},
		{"the comment of a message", []string{"// UNDESCRIBED: User is new upstream.", "// User is a person."}},
		{"the comment of a request", []string{"// GetUserRequest is what GetUser takes.", "// GetUserRequest names a user."}},
		{"the comment of a field", []string{"  optional int64 version", "  // Counts the changes.\n  optional int64 version"}},
		{"the comment of a field that has a default one", []string{"  // Which fields of the body are sent: those that are unset as null, a list as\n  // [], a map as {}. Without it, all that are set. The version that the write\n  // is based on is sent without being named.\n", "  // What to clear.\n"}},
		{"the comment of an enum", []string{"// State is the set of values that the contract knows.", "// State says whether the user may log in."}},
		{"the comment of an enum value", []string{"    STATE_ACTIVE", "    // May log in.\n    STATE_ACTIVE"}},
		{"the comment of an enum's 0", []string{"    STATE_UNSPECIFIED", "    // Not said.\n    STATE_UNSPECIFIED"}},
		{"the comment of an enum's 1", []string{"// The upstream sent a value that this contract does not know.", "// Some other state."}},
		{"the comment of a file", []string{"// The UsersService and the messages that only it uses.", "// All about users.\n//\n// And more."}},
		{"a license above all", []string{"syntax =", "// Copyright nobody.\n// No rights reserved.\n\nsyntax ="}},
		{"a comment of the file that stands alone", []string{"// The UsersService and", "// To whom it may concern.\n\n// The UsersService and"}},
		{"a comment that stands alone", []string{"// GetUsersMeRequest is", "// ---- requests ----\n\n// GetUsersMeRequest is"}},
		{"a comment with an empty line below", []string{"// GetUsersMeRequest is what GetUsersMe takes.\n", "// ---- requests ----\n\n"}},
		{"a long line", []string{"// UNDESCRIBED: User is new upstream.", long}},
		{"a layout", []string{"// UNDESCRIBED: User is new upstream.", layout}},
		{"a comment without a space", []string{"// UNDESCRIBED: User is new upstream.", "//User is a person."}},
		{"a rule", []string{"User manager = 10;", "User manager = 10 [(buf.validate.field).required = true];"}},
		{"a rule beside what the document says", []string{"(buf.validate.field).string.min_len = 1,\n", "(buf.validate.field).string.max_len = 50,\n"}},
		{"a rule in several lines, with a comment", []string{
			"repeated Skill skills = 9;", `repeated Skill skills = 9 [(buf.validate.field).repeated = {
    // As many as the upstream takes.
    max_items: 50
  }];`,
		}},
		{"a rule that was loosened", []string{"User body = 2 [(buf.validate.field).required = true];", "User body = 2;"}},
		{"a mark of ours", []string{"repeated Skill skills = 9;", "repeated Skill skills = 9 [(genesyscloud.api.v1.field).sensitivity = SENSITIVITY_PERSONAL];"}},
		{"a mark of ours that was taken off", []string{"optional int64 version = 4 [(genesyscloud.api.v1.field).base_version = true];", "optional int64 version = 4;"}},
		{"a mark of the language", []string{"User manager = 10;", "User manager = 10 [deprecated = true];"}},
		{"what was said of repeating a call", []string{"IDEMPOTENCY_UNKNOWN", "IDEMPOTENT"}},
		{"a status of success that the document does not name", []string{`= {id: "deleteUser"};`, "= {\n      id: \"deleteUser\"\n      success: [\n        202,\n        204\n      ]\n    };"}},
		{"a number", []string{"User manager = 10;", "User manager = 77;"}},
		{"a name", []string{"User manager = 10;", "User boss = 10 [json_name = \"manager\"];"}},
		{"a reservation", []string{"message User {\n", "message User {\n  reserved 3000 to 3999, 4001;\n  reserved \"legacy\";\n\n"}},
		{"a reserved name in a message without fields", []string{"message GetUsersMeRequest {}", "message GetUsersMeRequest {\n  reserved \"legacy\";\n}"}},
		{"a reservation in an enum", []string{"    STATE_UNSPECIFIED", "    reserved 20 to 29;\n    reserved \"STATE_LEGACY\";\n    STATE_UNSPECIFIED"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc, tree := fixture(t)
			tree[usersFile] = edited(t, tree[usersFile], c.hand)
			compile(t, tree)
			w := newWorkspace(t, doc, tree)
			if after := w.run(); w.err != nil || w.stdout != noChange || !maps.Equal(tree, after) {
				t.Fatalf("on an unchanged document: error %v, report %q, changed lines:\n%s", w.err, w.stdout, diff(tree, after))
			}

			w.setDocument(edit(t, doc, `"manager": {`, `"nick": {"type": "string"}, "manager": {`))
			after := w.run()
			for line := range strings.Lines(diff(tree, after)) {
				if w.err != nil || !strings.HasPrefix(line, "+  optional string nick = ") {
					t.Errorf("with one more field: error %v, changed line %s", w.err, line)
				}
			}
			w.settled()
		})
	}
}

// What the tool has no place for it must not lose in silence.
func TestWhatCannotBeKeptIsRefused(t *testing.T) {
	t.Parallel()
	const (
		comment = ": protosync cannot keep this comment: put it above an rpc, a message, a field or the like, in // lines of its own"
		other   = ": protosync cannot keep this; take it out, or teach protosync to keep it"
	)
	for _, c := range []struct {
		name    string
		old     string
		with    string
		at      string // what the error points at
		refusal string
	}{
		{"a comment at the end of a line", "User manager = 10;", "User manager = 10; // line manager", "// line manager", comment},
		{"a comment at the end of a message", "  User manager = 10;\n", "  User manager = 10;\n  // To come.\n", "// To come.", comment},
		{"a comment of an import", `import "google/api/annotations.proto";`, "// For REST.\nimport \"google/api/annotations.proto\";", "// For REST.", comment},
		{"a comment inside an rpc", "    option deprecated = true;", "    // Since May.\n    option deprecated = true;", "// Since May.", comment},
		{"a comment in a block", "  User manager = 10;", "  /* The\n line manager. */\n  User manager = 10;", "/* The", comment},
		{"an option of a file", "option java_multiple_files = true;", "option java_multiple_files = true;\noption cc_enable_arenas = true;", "option cc_enable_arenas = true;", other},
		{"an option of an rpc", "    option deprecated = true;", "    option deprecated = true;\n    option (my.option) = 1;", "option (my.option) = 1;", other},
		{"an option of a service", "service UsersService {", "service UsersService {\n  option deprecated = true;\n", "option deprecated = true;", other},
		{"an option of an enum", "  enum State {", "  enum State {\n    option allow_alias = true;", "option allow_alias = true;", other},
		{"a request of several rpcs", "rpc DeleteUser(DeleteUserRequest)", "rpc DeleteUser(google.protobuf.Empty)", "(google.protobuf.Empty)", other},
		{"an import above the package", "// The UsersService and the messages that only it uses.\n", "import \"a.proto\";\n", "import \"a.proto\";", other},
		{"a JSON name that is no text", "User manager = 10;", "User manager = 10 [json_name = boss];", "json_name = boss", other},
		{"an option of a message", "GetUsersMeRequest {}", "GetUsersMeRequest {\n  option no_standard_descriptor_accessor = true;\n}", "option no_standard_descriptor_accessor = true;", other},
		{"an option of a field whose import nobody would write", "User manager = 10;", "User manager = 10 [(my.option) = 1];", "(my.option) = 1", other},
		{"an option of an enum value", `= "active"];`, `= "active", deprecated = true];`, "deprecated = true", other},
		{"an enum value of nothing upstream", "    STATE_ACTIVE = 2", "    STATE_LOST = 9;\n    STATE_ACTIVE = 2", "STATE_LOST = 9;", other},
		{"a choice", "  User manager = 10;\n", "  oneof who { User manager = 10; }\n", "oneof who { User manager = 10; }", other},
		{"a map of numbers", "map<string, string> labels = 7;", "map<int32, string> labels = 7;", "map<int32, string> labels = 7;", other},
		{"a nested message", "GetUsersMeRequest {}", "GetUsersMeRequest {\n  message Inner {\n  }\n}", "message Inner { ...", other},
		{"a top-level enum", "// GetUsersMeRequest is", "enum Top { TOP = 0; }\n\n// GetUsersMeRequest is", "enum Top { TOP = 0; }", other},
		{"a stream", "returns (google.protobuf.Empty)", "returns (stream google.protobuf.Empty)", "(stream google.protobuf.Empty)", other},
		{"a reservation without an end, which leaves no number", "message User {\n", "message User {\n  reserved 100 to max;\n\n", "100 to max", other},
		{"a file that is not protobuf", "User manager = 10;", "User = 10;", "= 10;", ": syntax error: unexpected '='"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc, tree := fixture(t)
			text := edit(t, tree[usersFile], c.old, c.with)
			tree[usersFile] = text
			w := newWorkspace(t, doc, tree)
			after := w.run()
			first, _, _ := strings.Cut(c.at, " ...")
			before := text[:strings.Index(text, c.with)+strings.Index(c.with, first)]
			line := strings.Count(before, "\n") + 1
			column := len(before) - strings.LastIndex(before, "\n")
			want := fmt.Sprintf("%s:%d:%d", usersFile, line, column)
			if c.refusal == other {
				want += ": " + c.at
			}
			if want += c.refusal; w.err == nil || w.err.Error() != want {
				t.Errorf("error:\n%v\nwant:\n%s", w.err, want)
			}
			if w.stdout != "" || !maps.Equal(tree, after) {
				t.Errorf("a refused run said %q and changed\n%s", w.stdout, diff(tree, after))
			}
		})
	}
}
