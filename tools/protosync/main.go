// Command protosync writes the contract (proto/genesyscloud/users/v1) from a
// Swagger 2.0 document in the form in which the vendor publishes its own, and
// follows that document for ever after:
//
//	go run -C tools ./protosync -doc publicapi.json -proto ../proto
//
// What the tree fixed stays: numbers, names, comments and validation rules, also
// those that a person changed or added, and so do permissions and statuses of
// success that the document does not state. A field is known by its JSON name, an
// enum value by its upstream string and an RPC by the id in its operation
// option, whatever they are called here; a message by the name of its definition.
//
// What is new gets the next number that was never used, and the placeholder
// comment "UNDESCRIBED:", which the lint step refuses until someone describes
// it. So it does "UNDECIDED:", which stands where a person must say whether a
// POST only reads. What is personal or secret is proposed by names, to be read.
// What disappeared is reserved, number and name. Messages are the exception:
// one that nothing reaches goes with all its reservations, as protobuf cannot
// reserve a message.
//
// What would break clients in silence is refused: another type of a field or an
// answer, a name for two things, a reserved name come back. So is what a person
// wrote and the tool has no place for. Each refusal is one line, and the run
// then writes nothing. The way out is always an edit of the tree by hand, which
// the next run keeps.
//
// The run prints a report of every change, one a line, and "no change" where
// there is none.
//
// The way of the data, a file each: swagger.go reads the document, build.go turns
// it into the services and messages of contract.go (names.go names them),
// existing.go reads the tree as it is, merge.go settles one against the other,
// print.go writes.
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
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "protosync:", err)
		os.Exit(1)
	}
}

// dir is the folder of the contract below the proto root.
const dir = "genesyscloud/users/v1"

const usage = `Usage: protosync -doc FILE [-proto FOLDER] [-tag TAG] [-check]

Writes FOLDER/` + dir + ` from a Swagger 2.0 document and prints what
changed. Numbers, names, comments and rules of the tree stay; what disappeared is
reserved; a changed type is refused, and then nothing is written.

`

func run(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("protosync", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are told once, by main
	doc := flags.String("doc", "", "the Swagger 2.0 document to follow, a `file` (required)")
	root := flags.String("proto", "proto", "the root of the proto tree to update, a `folder`")
	tag := flags.String("tag", "Users", "take only operations with this Swagger `tag`; empty takes all")
	check := flags.Bool("check", false, "write nothing; fail if anything would change")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return nil
	case err != nil:
		return err
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q: the tree is named by -proto", flags.Arg(0))
	case *doc == "":
		return errors.New("-doc is missing: name the Swagger 2.0 document to follow")
	}
	text, err := os.ReadFile(*doc)
	if err != nil {
		return err
	}
	folder := filepath.Join(*root, dir)
	files, report, err := follow(text, *tag, folder)
	if err != nil {
		return err
	}
	for _, line := range report {
		fmt.Fprintln(stdout, line)
	}
	switch {
	case len(files) == 0:
		fmt.Fprintln(stdout, "no change")
		return nil
	case *check:
		return errors.New("the contract does not follow the document: run protosync without -check")
	}
	for _, f := range files {
		if err := f.write(folder); err != nil {
			return err
		}
	}
	return nil
}

// follow is the whole program without its side effects: the document and the
// folder of the tree in; the files to write, which are those that change, and
// the report out.
func follow(doc []byte, tag, dir string) ([]file, []string, error) {
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
	files := c.print(old)
	if len(report) == 0 {
		for _, f := range files {
			report = append(report, "reformatted "+f.name)
		}
	}
	return files, report, nil
}

// A file is a .proto file of the contract. One without text is not wanted.
type file struct{ name, text string }

func (f file) write(dir string) error {
	name := filepath.Join(dir, f.name)
	if f.text == "" {
		return os.Remove(name)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(f.text), 0o644)
}
