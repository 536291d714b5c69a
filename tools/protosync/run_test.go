package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFirstRunWritesTheTree(t *testing.T) {
	t.Parallel()
	doc, want := fixture(t)
	w := newWorkspace(t, doc, nil)
	got := w.run()
	if w.err != nil {
		t.Fatal(w.err)
	}
	if *update {
		if err := os.RemoveAll(golden); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(golden, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range got {
			if err := os.WriteFile(filepath.Join(golden, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want = got
	}
	if !maps.Equal(got, want) {
		t.Errorf("the tree differs from %s (go test -update rewrites it):\n%s", golden, diff(want, got))
	}
	const report = `added operation UserRoutingService.GetUserRoutingskills (GET /api/v2/users/{user_id}/routingskills)
added operation UsersService.DeleteUser (DELETE /api/v2/users/{user_id})
added operation UsersService.GetUser (GET /api/v2/users/{user_id})
added operation UsersService.PatchUser (PATCH /api/v2/users/{user_id})
added operation UsersService.GetUsersMe (GET /api/v2/users/me)
added message Skill
added message User
`
	if w.stdout != report {
		t.Errorf("report:\n%s", w.stdout)
	}
	w.settled()
}

// What a person has to describe is marked, and nothing else is.
func TestNewThingsCarryAPlaceholder(t *testing.T) {
	t.Parallel()
	doc, _ := fixture(t)
	w := newWorkspace(t, doc, nil)
	var marked []string
	for _, text := range w.run() {
		for line := range strings.Lines(text) {
			if _, rest, ok := strings.Cut(line, "// UNDESCRIBED: "); ok {
				marked = append(marked, strings.Fields(rest)[0])
			}
		}
	}
	want := map[string]bool{
		"UsersService": true, "UserRoutingService": true,
		"GetUser": true, "PatchUser": true, "DeleteUser": true, "GetUsersMe": true, "GetUserRoutingskills": true,
		"User": true, "Skill": true,
	}
	got := map[string]bool{}
	for _, name := range marked {
		got[name] = true
	}
	if len(marked) != len(got) || !maps.Equal(got, want) {
		t.Errorf("marked as undescribed: %v", marked)
	}
}

func TestCheckWritesNothingAndFails(t *testing.T) {
	t.Parallel()
	doc, tree := fixture(t)
	w := newWorkspace(t, doc, tree)
	if w.run("-check"); w.err != nil || w.stdout != noChange {
		t.Errorf("on a tree that follows the document: error %v, report %q", w.err, w.stdout)
	}
	w.setDocument(edit(t, doc, `"name": {"type": "string"}, "proficiency"`, `"name": {"type": "string"}, "level": {"type": "string"}, "proficiency"`))
	after := w.run("-check")
	if w.err == nil || w.stdout != "added field Skill.level = 3 (optional string)\n" {
		t.Errorf("on a tree that is behind: error %v, report %q", w.err, w.stdout)
	}
	if !maps.Equal(tree, after) {
		t.Errorf("-check wrote:\n%s", diff(tree, after))
	}
}

// Only .proto files are the tool's.
func TestOtherFilesAreLeftAlone(t *testing.T) {
	t.Parallel()
	doc, tree := fixture(t)
	w := newWorkspace(t, doc, tree)
	w.write(filepath.Join("proto", dir, "README.md"), "By hand.")
	if after := w.run(); w.err != nil || w.stdout != noChange || after["README.md"] != "By hand." {
		t.Errorf("error %v, report %q, README.md: %q", w.err, w.stdout, after["README.md"])
	}
}

func TestTagChoosesTheOperations(t *testing.T) {
	t.Parallel()
	doc, tree := fixture(t)
	w := newWorkspace(t, doc, tree)
	w.run("-tag", "")
	if want := "added operation UserRoutingService.GetQueues (GET /api/v2/queues)\nadded message Queue\n"; w.err != nil || w.stdout != want {
		t.Errorf("all tags: error %v, report %q", w.err, w.stdout)
	}
	w.run("-tag", "Nobody")
	if w.err == nil || w.err.Error() != `the document has no operation with the tag "Nobody"` {
		t.Errorf("a tag of nobody: error %v", w.err)
	}
}
