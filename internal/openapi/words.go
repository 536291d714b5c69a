package main

import (
	"regexp"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
)

// comment is what the source says of a declaration, in one paragraph each.
func comment(d protoreflect.Descriptor) string {
	var all []string
	for p := range strings.SplitSeq(d.ParentFile().SourceLocations().ByDescriptor(d).LeadingComments, "\n\n") {
		all = append(all, strings.Join(strings.Fields(p), " "))
	}
	return paragraphs(all...)
}

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
