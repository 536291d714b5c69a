package main

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"google.golang.org/protobuf/reflect/protoregistry"

	// Linked, so that the trees which the tests write can be compiled.
	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	_ "google.golang.org/genproto/googleapis/api/annotations"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	golden    = "testdata/golden" // what the first run makes of document
	document  = "testdata/users.json"
	noChange  = "no change\n"
	usersFile = "users_service.proto"
)

// A files is a folder of the contract: file name to text.
type files map[string]string

func readFiles(t *testing.T, dir string) files {
	t.Helper()
	read := files{}
	names, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, n := range names {
		text, err := os.ReadFile(filepath.Join(dir, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		read[n.Name()] = string(text)
	}
	return read
}

// edit replaces old by new, which must stand in the text exactly once: a test
// whose fixture moved away from under it must not pass.
func edit(t *testing.T, text, old, with string) string {
	t.Helper()
	if n := strings.Count(text, old); n != 1 {
		t.Fatalf("%q stands %d times in the text to edit, not once", old, n)
	}
	return strings.Replace(text, old, with, 1)
}

// edited applies pairs of old and new text.
func edited(t *testing.T, text string, pairs []string) string {
	t.Helper()
	for pair := range slices.Chunk(pairs, 2) {
		text = edit(t, text, pair[0], pair[1])
	}
	return text
}

// A workspace is a proto tree and a document on disk, and what the last run said.
type workspace struct {
	t      *testing.T
	root   string
	stdout string
	err    error
}

func newWorkspace(t *testing.T, doc string, tree files) *workspace {
	t.Helper()
	w := &workspace{t: t, root: t.TempDir()}
	w.setDocument(doc)
	for name, text := range tree {
		w.write(filepath.Join("proto", dir, name), text)
	}
	return w
}

func (w *workspace) write(name, text string) {
	w.t.Helper()
	name = filepath.Join(w.root, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *workspace) setDocument(doc string) { w.write("doc.json", doc) }

// run is the command line, as main would run it. It returns the tree after it.
func (w *workspace) run(flags ...string) files {
	w.t.Helper()
	var stdout bytes.Buffer
	args := []string{"-doc", filepath.Join(w.root, "doc.json"), "-proto", filepath.Join(w.root, "proto")}
	w.err = run(append(args, flags...), &stdout)
	w.stdout = stdout.String()
	return w.tree()
}

func (w *workspace) tree() files {
	w.t.Helper()
	return readFiles(w.t, filepath.Join(w.root, "proto", dir))
}

// settled fails the test unless the tree is valid protobuf and a second run on
// the same document leaves every byte of it alone.
func (w *workspace) settled() {
	w.t.Helper()
	before := w.tree()
	compile(w.t, before)
	after := w.run()
	if w.err != nil || w.stdout != noChange || !maps.Equal(before, after) {
		w.t.Errorf("a second run is not a no-op: error %v, report %q, changes\n%s", w.err, w.stdout, diff(before, after))
	}
}

// diff lists the lines that differ between two trees, as diff would, without
// those that are blank.
func diff(before, after files) string {
	names := files{}
	maps.Copy(names, before)
	maps.Copy(names, after)
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(names)) {
		diffLines(&out, slices.Collect(strings.Lines(before[name])), slices.Collect(strings.Lines(after[name])))
	}
	return out.String()
}

func diffLines(out *strings.Builder, before, after []string) {
	// common[i][j] is the length of what before[i:] and after[j:] share in order.
	common := make([][]int, len(before)+1)
	for i := range common {
		common[i] = make([]int, len(after)+1)
	}
	for i := len(before) - 1; i >= 0; i-- {
		for j := len(after) - 1; j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if before[i] == after[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	show := func(mark, line string) {
		if strings.TrimSpace(line) != "" {
			out.WriteString(mark + line)
		}
	}
	i, j := 0, 0
	for i < len(before) || j < len(after) {
		switch {
		case i < len(before) && j < len(after) && before[i] == after[j]:
			i, j = i+1, j+1
		case j == len(after) || i < len(before) && common[i+1][j] >= common[i][j+1]:
			show("-", before[i])
			i++
		default:
			show("+", after[j])
			j++
		}
	}
}

// compile proves that a tree is valid protobuf.
func compile(t *testing.T, tree files) linker.Files {
	t.Helper()
	source := protocompile.ResolverFunc(func(path string) (protocompile.SearchResult, error) {
		if text, ok := tree[strings.TrimPrefix(path, dir+"/")]; ok {
			return protocompile.SearchResult{Source: strings.NewReader(text)}, nil
		}
		if path == "genesyscloud/api/v1/options.proto" {
			text, err := os.ReadFile("../../proto/" + path)
			return protocompile.SearchResult{Source: bytes.NewReader(text)}, err
		}
		linked, err := protoregistry.GlobalFiles.FindFileByPath(path)
		return protocompile.SearchResult{Desc: linked}, err
	})
	var names []string
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		names = append(names, dir+"/"+name)
	}
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(source)}
	compiled, err := compiler.Compile(t.Context(), names...)
	if err != nil {
		t.Errorf("the tree does not compile: %v", err)
	}
	return compiled
}

func fixture(t *testing.T) (doc string, tree files) {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), readFiles(t, golden)
}
