// Package stubs makes clients in other languages from what a fresh clone has, with
// the tools that people use there: Debian's protoc and npm's generators. No Go
// takes part but for the tests themselves and the server that is called.
package stubs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
)

// clone is a folder with the files that a fresh clone has, of those that count here.
func clone(t *testing.T) string {
	t.Helper()
	const root = "../.."
	folder := t.TempDir()
	list := output(t, root, "git", "ls-files", "-z", "buf.yaml", "proto", "third_party")
	for path := range strings.SplitSeq(strings.TrimRight(list, "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(root, path))
		must(t, err)
		must(t, os.MkdirAll(filepath.Join(folder, filepath.Dir(path)), 0o755))
		must(t, os.WriteFile(filepath.Join(folder, path), text, 0o755))
	}
	return folder
}

// exported is the folder that the documented command makes of a clone, without Go
// at hand.
func exported(t *testing.T) (folder string, files []string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "protos")
	export := exec.Command("proto/export.sh", folder)
	export.Dir, export.Env = clone(t), []string{"PATH=/usr/bin:/bin"}
	if text, err := export.CombinedOutput(); err != nil {
		t.Fatalf("proto/export.sh: %v\n%s", err, text)
	}
	files = filesOf(t, folder)
	if len(files) < 10 {
		t.Fatalf("exported are only %v", files)
	}
	return folder, files
}

// protoc runs Debian's compiler on the exported folder.
func protoc(t *testing.T, folder string, files []string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("protoc"); err != nil {
		needed(t, "there is no protoc")
	}
	output(t, folder, "protoc", append(append([]string{"-I", "."}, args...), files...)...)
}

// npm installs the tools of the package file, once, and returns the folder of their
// commands.
func npm(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		needed(t, "there is no npm")
	}
	if err := install(); err != nil {
		needed(t, "npm cannot install the tools: %v", err)
	}
	bin, err := filepath.Abs("node_modules/.bin")
	must(t, err)
	return bin
}

var install = sync.OnceValue(func() error {
	text, err := exec.Command("npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	return nil
})

func TestProtocMakesStubs(t *testing.T) {
	folder, files := exported(t)
	out := t.TempDir()
	args := []string{"--descriptor_set_out=" + filepath.Join(out, "set")}
	for _, language := range []string{"cpp", "csharp", "java", "objc", "python", "ruby"} {
		must(t, os.Mkdir(filepath.Join(out, language), 0o755))
		args = append(args, "--"+language+"_out="+filepath.Join(out, language))
	}
	protoc(t, folder, files, args...)

	// What it understood, read by the linked types of our options.
	wire, err := os.ReadFile(filepath.Join(out, "set"))
	must(t, err)
	set := &descriptorpb.FileDescriptorSet{}
	must(t, proto.Unmarshal(wire, set))
	methods, secret := 0, false
	for _, file := range set.GetFile() {
		for _, s := range file.GetService() {
			methods += len(s.GetMethod())
		}
		for _, m := range file.GetMessageType() {
			for _, f := range m.GetField() {
				said, _ := proto.GetExtension(f.GetOptions(), apiv1.E_Field).(*apiv1.Field)
				secret = secret || m.GetName() == "CreateUser" && f.GetName() == "password" && said.GetSensitivity() == apiv1.Field_SENSITIVITY_SECRET
			}
		}
	}
	if methods < 130 || !secret {
		t.Errorf("%d methods; CreateUser.password is marked as a secret: %v", methods, secret)
	}
}

// Both generators of TypeScript take the folder from either compiler, and what they
// make passes the compiler of TypeScript at its strictest.
func TestTypeScriptStubsCompile(t *testing.T) {
	folder, files := exported(t)
	bin := npm(t)
	// Below the tools, where the imports of the generated code are looked for.
	out, err := os.MkdirTemp("node_modules", "stubs-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(out) })
	out, err = filepath.Abs(out)
	must(t, err)
	plugins := []struct{ name, options string }{
		{"es", "target=ts,import_extension=js"},
		{"ts_proto", "outputServices=grpc-js,esModuleInterop=true,useExactTypes=false,importSuffix=.js"},
	}
	template := map[string]any{"version": "v2"}
	var args []string
	var list []any
	for _, p := range plugins {
		plugin := filepath.Join(bin, "protoc-gen-"+p.name)
		buf, byProtoc := filepath.Join(out, "buf-"+p.name), filepath.Join(out, "protoc-"+p.name)
		must(t, os.MkdirAll(byProtoc, 0o755))
		list = append(list, map[string]any{"local": plugin, "out": buf, "opt": strings.Split(p.options, ",")})
		args = append(args, "--plugin="+plugin, "--"+p.name+"_out="+byProtoc, "--"+p.name+"_opt="+p.options)
	}
	template["plugins"] = list
	text, err := json.Marshal(template)
	must(t, err)
	output(t, folder, filepath.Join(bin, "buf"), "generate", "--template", string(text))
	protoc(t, folder, files, args...)

	for _, p := range plugins {
		byBuf, byProtoc := filesOf(t, filepath.Join(out, "buf-"+p.name)), filesOf(t, filepath.Join(out, "protoc-"+p.name))
		if len(byBuf) < len(files) || !slices.Equal(byBuf, byProtoc) {
			t.Errorf("protoc-gen-%s made %v by buf and %v by protoc", p.name, byBuf, byProtoc)
		}
		must(t, os.RemoveAll(filepath.Join(out, "protoc-"+p.name))) // the code is the same
	}
	must(t, os.WriteFile(filepath.Join(out, "package.json"), []byte(`{"type": "module"}`), 0o644))
	must(t, os.WriteFile(filepath.Join(out, "tsconfig.json"), []byte(`{
		"compilerOptions": {"strict": true, "noEmit": true, "skipLibCheck": true, "module": "nodenext", "target": "es2022"}
	}`), 0o644))
	output(t, out, filepath.Join(bin, "tsc"), "-p", ".")
}

// filesOf names the files of a folder.
func filesOf(t *testing.T, folder string) (names []string) {
	t.Helper()
	must(t, filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			path, err = filepath.Rel(folder, path)
			names = append(names, path)
		}
		return err
	}))
	return names
}

// The commands of the page for clients, as they stand there, in a clone.
func TestTheCommandsOfThePageWork(t *testing.T) {
	bin := npm(t)
	if _, err := exec.LookPath("protoc"); err != nil {
		needed(t, "there is no protoc")
	}
	page, err := os.ReadFile("../../docs/clients.md")
	must(t, err)
	script := "set -eu\nbuf build\n" // of a fresh clone
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(page, -1) {
		script += string(block[1])
	}
	folder := clone(t)
	shell := exec.Command("sh", "-c", script)
	shell.Dir, shell.Env = folder, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	if text, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, text)
	}
	for _, made := range []string{
		"io/switchboard/genesyscloud/users/v1/User.java", "genesyscloud/users/v1/users_service.ts", "es/genesyscloud/users/v1/users_service_pb.ts",
	} {
		if _, err := os.Stat(filepath.Join(folder, "protos", made)); err != nil {
			t.Error(err)
		}
	}
}

// A program without generated code calls the real server and reads its errors.
func TestProtoLoaderCallsTheServer(t *testing.T) {
	folder, _ := exported(t)
	npm(t)
	var got struct {
		Services, Methods, Code int
		Users                   []string
		Reason                  string
		Password                map[string]any
	}
	must(t, json.Unmarshal([]byte(output(t, ".", "node", "call.mjs", folder, sandbox(t).GRPC)), &got))
	if got.Services != 7 || got.Methods < 130 || len(got.Users) != 2 || got.Users[0] == "" || got.Code != 5 || got.Reason == "" {
		t.Errorf("the program found %+v", got)
	}
	if text := fmt.Sprint(got.Password); !strings.Contains(text, "SENSITIVITY_SECRET") {
		t.Errorf("CreateUser.password has the options %s", text)
	}
}

// addresses are where a server listens.
type addresses struct{ GRPC, HTTP string }

// sandbox runs the server with the embedded sandbox.
func sandbox(t *testing.T, more ...string) (at addresses) {
	t.Helper()
	dir := t.TempDir()
	binary, ready := filepath.Join(dir, "server"), filepath.Join(dir, "ready")
	output(t, "../..", "go", "build", "-o", binary, "./cmd/server")
	var log bytes.Buffer
	cmd := exec.Command(binary, append([]string{"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0", "--ready-file=" + ready}, more...)...)
	cmd.Stdout, cmd.Stderr = &log, &log
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server: %v\n%s", err, &log)
		}
	})
	for range 600 {
		if text, err := os.ReadFile(ready); err == nil {
			must(t, json.Unmarshal(text, &at))
			return at
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the server is not ready")
	return at
}

// output runs a command, which must succeed, and returns what it printed.
func output(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", filepath.Base(name), err, &stdout, &stderr)
	}
	return stdout.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// needed skips a test that lacks something, or fails it where nothing may be
// skipped: CI is set on a machine that is to have it all.
func needed(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf(format, args...)
	}
	_, _ = fmt.Fprintf(os.Stderr, "SKIPPED %s: %s\n", t.Name(), fmt.Sprintf(format, args...))
	t.SkipNow()
}
