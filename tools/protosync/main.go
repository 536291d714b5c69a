// Command protosync writes the contract (proto/genesyscloud/users/v1) from a
// Swagger 2.0 document in the form in which the vendor publishes its own, and
// follows that document for ever after: what the tree already fixed (field and
// enum numbers, names, comments, validation rules) stays, what disappeared is
// reserved, what is new is added at the end, and what changed its type is
// refused, because it would break every client in silence.
//
//	go run -C tools ./protosync -doc publicapi.json -proto ../proto
//
// The run prints a report of every change, one a line, and "no change" where
// there is none. It exits 1 and writes nothing when it has to refuse.
//
// The way of the data, a file each: swagger.go reads the document, contract.go
// turns it into services and messages, existing.go reads the tree as it is,
// merge.go settles one against the other, print.go writes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "protosync:", err)
		}
		os.Exit(1)
	}
}

// dir is the folder of the contract below the proto root.
const dir = "genesyscloud/users/v1"

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("protosync", flag.ContinueOnError)
	flags.SetOutput(stderr)
	doc := flags.String("doc", "", "the Swagger 2.0 document to follow (required)")
	root := flags.String("proto", "proto", "the root of the proto tree to update")
	tag := flags.String("tag", "Users", "take only operations with this Swagger tag; empty takes all")
	check := flags.Bool("check", false, "write nothing; fail if anything would change")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *doc == "" {
		return errors.New("-doc is missing: name the Swagger 2.0 document to follow")
	}
	text, err := os.ReadFile(*doc)
	if err != nil {
		return err
	}
	files, report, err := Sync(text, *tag, filepath.Join(*root, dir))
	if err != nil {
		return err
	}
	changed := false
	for _, f := range files {
		if f.Text == f.Old {
			continue
		}
		changed = true
		if *check {
			continue
		}
		if err := f.write(filepath.Join(*root, dir)); err != nil {
			return err
		}
	}
	if changed && len(report) == 0 {
		for _, f := range files {
			if f.Text != f.Old {
				report = append(report, "reformatted "+f.Name)
			}
		}
	}
	for _, line := range report {
		fmt.Fprintln(stdout, line)
	}
	switch {
	case !changed:
		fmt.Fprintln(stdout, "no change")
	case *check:
		return errors.New("the contract does not follow the document: run protosync without -check")
	}
	return nil
}

// A File is one .proto file of the contract. An empty Text means that the file
// is no longer wanted.
type File struct{ Name, Text, Old string }

func (f File) write(dir string) error {
	name := filepath.Join(dir, f.Name)
	if f.Text == "" {
		return os.Remove(name)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(f.Text), 0o644)
}

// Sync is the whole program without its side effects: the document and the
// folder of the tree in, the files as they should be and the report out.
func Sync(doc []byte, tag, dir string) ([]File, []string, error) {
	sw, err := parseSwagger(doc)
	if err != nil {
		return nil, nil, err
	}
	old, err := readTree(dir)
	if err != nil {
		return nil, nil, err
	}
	c, err := buildContract(sw, tag, old)
	if err != nil {
		return nil, nil, err
	}
	report, err := merge(c, old)
	if err != nil {
		return nil, nil, err
	}
	return c.print(old), report, nil
}
