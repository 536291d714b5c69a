package sandbox_test

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms are the packages of the sandbox and which of the others each may import.
// Whatever a room imports stands below it, so that a look from the bottom upwards
// never meets what it does not know yet.
var rooms = []struct {
	name string
	may  string
}{
	{"wire", ""},
	{"filter", ""},
	{"contract", ""},
	{"problem", "wire"},
	{"org", "wire"},
	{"access", "problem wire"},
	{"api", "org access problem wire"},
	{"history", "org"},
	{"presence", "api org problem wire"},
	{"routing", "api org problem wire"},
	{"telephony", "api org problem wire"},
	{"authorization", "api org problem wire"},
	{"development", "api filter org problem wire"},
	{"customattributes", "api org problem wire"},
	{"verifiers", "api org problem wire"},
	{"analytics", "history api filter org problem wire"},
	{"chats", "presence api org wire"},
	{"users", "presence routing telephony authorization api access org problem wire"},
	{"search", "users api org problem wire"},
	{"beside", "users authorization contract api org problem wire"},
	{"server", "api access contract org problem wire"},
	{"faults", "access contract org problem wire"},
	{".", "faults server beside search users chats presence routing telephony authorization analytics development customattributes verifiers api access org"},
	{"sandboxtest", ". org wire"},
}

const (
	housePath = "github.com/switchboard-gw/switchboard/internal/sandbox"
	// maxRoom is the most files that a room has, and maxFile the most lines of one,
	// tests included.
	maxRoom = 25
	maxFile = 400
)

func TestRoomsImportOneWay(t *testing.T) {
	t.Parallel()
	var below []string
	for _, room := range rooms {
		may := strings.Fields(room.may)
		for _, other := range may {
			if !slices.Contains(below, other) {
				t.Errorf("%s may import %s, which does not stand below it", room.name, other)
			}
		}
		below = append(below, room.name)
		for _, file := range goFiles(t, room.name) {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, imported := range importsOf(t, file) {
				other, inside := strings.CutPrefix(imported, housePath)
				if other = strings.TrimPrefix(other, "/"); other == "" {
					other = "."
				}
				switch {
				case inside && !slices.Contains(may, other):
					t.Errorf("%s imports %s", file, other)
				case !inside && strings.HasPrefix(imported, path.Dir(path.Dir(housePath))+"/") && room.name != "contract":
					t.Errorf("%s imports %s: only contract looks at the rest of the module", file, imported)
				}
			}
		}
	}
	err := filepath.WalkDir(".", func(folder string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && len(goFiles(t, folder)) > 0 && !slices.Contains(below, filepath.ToSlash(folder)) {
			t.Errorf("nothing is said of what %s may import", folder)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRoomsAreOfASizeThatCanBeRead(t *testing.T) {
	t.Parallel()
	for _, room := range rooms {
		files := goFiles(t, room.name)
		if len(files) > maxRoom {
			t.Errorf("%s has %d files, more than %d: it wants rooms", room.name, len(files), maxRoom)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if lines := bytes.Count(text, []byte("\n")); lines > maxFile {
				t.Errorf("%s has %d lines, more than %d", file, lines, maxFile)
			}
		}
	}
}

func goFiles(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func importsOf(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, imported)
	}
	return paths
}
