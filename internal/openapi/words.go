package main

import (
	"regexp"
	"strings"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
)

// comment is what the contract says of a declaration, in the words of REST.
func comment(d protoreflect.Descriptor) string { return inREST(source(d), namesIn(d.ParentFile())) }

// source is what stands there, in one paragraph each.
func source(d protoreflect.Descriptor) string {
	var all []string
	for p := range strings.SplitSeq(d.ParentFile().SourceLocations().ByDescriptor(d).LeadingComments, "\n\n") {
		all = append(all, strings.Join(strings.Fields(p), " "))
	}
	return paragraphs(all...)
}

// The contract's words are about gRPC; here they are about REST: a field is named as
// in JSON, and an error by its status.
var (
	protoName = regexp.MustCompile(`\b[a-z]+(?:_[a-z0-9]+)+\b`)
	restWords = strings.NewReplacer(
		"with ALREADY_EXISTS", "with status 409", "with ABORTED", "with status 409", "with NOT_FOUND", "with status 404",
		"with INVALID_ARGUMENT", "with status 400", "with FAILED_PRECONDITION", "with status 400", "with PERMISSION_DENIED", "with status 403",
	)
)

func inREST(text string, names map[string]string) string {
	return protoName.ReplaceAllStringFunc(restWords.Replace(text), func(word string) string {
		if name := names[word]; name != "" {
			return name
		}
		return word // a value of the upstream's
	})
}

// namesIn are the JSON names of all fields of a file and of those of its package that
// it imports, by their proto names.
func namesIn(file protoreflect.FileDescriptor) map[string]string {
	if names, ok := namesOf.Load(file.Path()); ok {
		return names.(map[string]string)
	}
	names := map[string]string{}
	var messages func(protoreflect.MessageDescriptors)
	messages = func(all protoreflect.MessageDescriptors) {
		for i := range all.Len() {
			fields := all.Get(i).Fields()
			for j := range fields.Len() {
				names[string(fields.Get(j).Name())] = fields.Get(j).JSONName()
			}
			messages(all.Get(i).Messages())
		}
	}
	messages(file.Messages())
	for i := range file.Imports().Len() {
		if imported := file.Imports().Get(i); imported.Package() == file.Package() {
			messages(imported.Messages())
		}
	}
	namesOf.Store(file.Path(), names)
	return names
}

var namesOf sync.Map // path: names

// paragraphs joins those that say something.
func paragraphs(all ...string) string {
	var said []string
	for _, p := range all {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, "\n\n")
}

// sentence parts a comment behind its first sentence.
func sentence(text string) (first, rest string) {
	if end := strings.Index(text, ". "); end > 0 {
		return text[:end+1], text[end+2:]
	}
	return text, ""
}

// knownValues are those that a comment names. The contract has parameters with
// listed values as texts, since the upstream adds to the lists freely, and always
// names them in these words.
func knownValues(text string) []string {
	if list := listed.FindStringSubmatch(text); list != nil {
		return strings.Split(list[1], ", ")
	}
	return nil
}

var listed = regexp.MustCompile(`Known values: ([^;]+); others are passed on\.`)

func clearing(body protoreflect.FieldDescriptor, verb string) string {
	if isPatch(body, verb) {
		return "What is absent stays as it is; null clears."
	}
	return ""
}

func permissions(p *apiv1.Permissions) string {
	names := "`" + strings.Join(p.GetNames(), "`, `") + "`"
	switch p.GetMode() {
	case apiv1.Permissions_MODE_NONE:
		return "Needs no permission."
	case apiv1.Permissions_MODE_ANY:
		if len(p.GetNames()) > 1 {
			return "Needs one of the permissions " + names + "."
		}
		return "Needs the permission " + names + "."
	case apiv1.Permissions_MODE_ALL:
		return "Needs all of the permissions " + names + "."
	default:
		return ""
	}
}

func preview(facts *apiv1.Operation) string {
	if facts.GetPreview() {
		return "A preview: the upstream may change it without the usual notice."
	}
	return ""
}
