// Command openapi writes the OpenAPI 3 document of the REST face: from standard
// input, a FileDescriptorSet with the comments of the sources, and the page about
// errors, to standard output.
//
//	buf build --as-file-descriptor-set -o - | go run ./internal/openapi docs/errors.md
//
// A generator that knows grpc-gateway's JSON would describe what our gateway does
// not speak: enum values by their protobuf names, quoted integers, wrappers around
// lists. REST goes through Switchboard verbatim, so this document says what the
// upstream takes and sends, which the contract's annotations tell.
//
// describe.go walks the operations, schema.go turns their types into schemas,
// errors.go has the answers that all of them share, words.go reads the contract's
// comments. What the server alone knows, the prefixes of the paths among it,
// internal/apidocs adds when it serves the document.
//
// The version is 3.0: generators of clients know that one best, and nothing of
// ours needs a newer one.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

// run writes nothing unless the document is valid.
func run(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("the one argument is the page about errors")
	}
	page, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	own, err := readOwnErrors(string(page))
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(text, set); err != nil {
		return fmt.Errorf("standard input is no FileDescriptorSet: %w", err)
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return err
	}
	var services []protoreflect.ServiceDescriptor
	files.RangeFilesByPackage(usersv1.File_genesyscloud_users_v1_users_service_proto.Package(), func(fd protoreflect.FileDescriptor) bool {
		for i := range fd.Services().Len() {
			services = append(services, fd.Services().Get(i))
		}
		return true
	})
	d, err := describe(services, own)
	if err != nil {
		return err
	}
	if err := check(d); err != nil {
		return err
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}
