package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/descriptorpb"
)

// What is printed says what is linked, to the last option.
func TestThePrintedFilesCompileToWhatIsLinked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := run(dir); err != nil {
		t.Fatal(err)
	}
	linked := files(roots)
	compiler := protocompile.Compiler{
		Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{dir}}),
	}
	for _, path := range printed(t, dir) {
		compiled, err := compiler.Compile(t.Context(), path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if d := cmp.Diff(plain(t, linked[path]), plain(t, compiled[0]), protocmp.Transform()); d != "" {
			t.Errorf("%s is not what is linked (-linked +printed):\n%s", path, d)
		}
		delete(linked, path)
	}
	if len(linked) > 0 {
		t.Errorf("not printed: %v", linked)
	}
}

// plain is a descriptor with all its options read by the linked types.
func plain(t *testing.T, fd protoreflect.FileDescriptor) *descriptorpb.FileDescriptorProto {
	t.Helper()
	wire, err := proto.Marshal(protodesc.ToFileDescriptorProto(fd))
	p := &descriptorpb.FileDescriptorProto{}
	if err == nil {
		err = proto.Unmarshal(wire, p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The copies in the repository are what this program prints.
func TestTheCopiesAreFresh(t *testing.T) {
	t.Parallel()
	const kept = "../../third_party/proto"
	dir := t.TempDir()
	if err := run(dir); err != nil {
		t.Fatal(err)
	}
	want, got := texts(t, dir), texts(t, kept)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("third_party/proto is stale: run 'make generate' (-printed +kept):\n%s", d)
	}
}

func texts(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, path := range printed(t, dir) {
		text, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		all[path] = string(text)
	}
	return all
}

func printed(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestSpread(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"a list of messages": {
			"optional int32 a = 1 [\n    (x) = {\n      list: [ { b: \"]}\", c: 1 }, { d: [2] } ]\n    }\n  ];",
			"optional int32 a = 1 [\n    (x).list = {\n      b: \"]}\"\n      c: 1\n    },\n    (x).list = {\n      d: [2]\n    }\n  ];",
		},
		"an option beside it": {
			"optional int32 a = 1 [deprecated = true, (x) = { list: [ { b: 1 } ] }, (y) = 2];",
			"optional int32 a = 1 [deprecated = true, (x).list = {\n", // and so on
		},
		"a list of numbers":      {"optional int32 a = 1 [(x) = { list: [ 1, 2 ] }];", ""},
		"an empty list":          {"optional int32 a = 1 [(x) = { list: [ ] }];", ""},
		"two fields":             {"optional int32 a = 1 [(x) = { list: [ { b: 1 } ], c: 2 }];", ""},
		"a message":              {"optional int32 a = 1 [(x) = { list: { b: 1 } }];", ""},
		"an option of a message": {"option (x) = { list: [ { b: 1 } ] };", ""},
	} {
		head := "syntax = \"proto2\";\nmessage M {\n  "
		got, err := spread("x.proto", head+c.in+"\n}\n")
		want := head + c.want
		if c.want == "" {
			want = head + c.in + "\n}\n"
		}
		if err != nil || !strings.HasPrefix(got, want) {
			t.Errorf("%s: error %v\n%s\nwant\n%s", name, err, got, want)
		}
	}
}
