package operation_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
)

// The golden file has all messages and enums with what buf does not hold against
// the contract as it was: the names in JSON, the upstream's spelling of enum
// values, and the rules.
func TestMessagesAreWhatTheGoldenFileSays(t *testing.T) {
	t.Parallel()
	golden(t, "testdata/messages.golden", "the messages", `# Every message of the contract:
#   NUMBER NAME TYPE [json NAME] [what else is said of it]
# A ? stands behind a scalar that may be absent, a json name where it is not the
# usual one. Below it, its enums with the upstream's spelling of each value.

`+strings.Join(describedMessages(), "\n"))
}

func describedMessages() (all []string) {
	protoregistry.GlobalFiles.RangeFilesByPackage("genesyscloud.users.v1", func(fd protoreflect.FileDescriptor) bool {
		for i := range fd.Messages().Len() {
			all = append(all, describedMessage(fd.Messages().Get(i)))
		}
		return true
	})
	slices.Sort(all)
	return all
}

func describedMessage(md protoreflect.MessageDescriptor) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", md.Name())
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		fmt.Fprintf(&b, "  %d %s %s", fd.Number(), fd.Name(), describedType(fd))
		if fd.JSONName() != usualJSONName(fd) {
			fmt.Fprintf(&b, " json %q", fd.JSONName())
		}
		for _, said := range describedOptions(fd) {
			b.WriteString(" " + said)
		}
		b.WriteString("\n")
	}
	for i := range md.Enums().Len() {
		ed := md.Enums().Get(i)
		fmt.Fprintf(&b, "  enum %s\n", ed.Name())
		for j := range ed.Values().Len() {
			v := ed.Values().Get(j)
			fmt.Fprintf(&b, "    %d %s", v.Number(), v.Name())
			if proto.HasExtension(v.Options(), apiv1.E_Upstream) {
				fmt.Fprintf(&b, " %q", proto.GetExtension(v.Options(), apiv1.E_Upstream))
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func describedType(fd protoreflect.FieldDescriptor) string {
	one := func(fd protoreflect.FieldDescriptor) string {
		switch {
		case fd.Message() != nil:
			return string(fd.Message().Name())
		case fd.Enum() != nil:
			return string(fd.Enum().Name())
		default:
			return fd.Kind().String()
		}
	}
	switch {
	case fd.IsMap():
		return "map<" + one(fd.MapKey()) + "," + one(fd.MapValue()) + ">"
	case fd.IsList():
		return one(fd) + "[]"
	case fd.Message() == nil && fd.HasPresence():
		return one(fd) + "?"
	default:
		return one(fd)
	}
}

// usualJSONName is what protobuf makes of a field's name without an option.
func usualJSONName(fd protoreflect.FieldDescriptor) string {
	parts := strings.Split(string(fd.Name()), "_")
	for i := 1; i < len(parts); i++ {
		if parts[i] != "" {
			parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
		}
	}
	return strings.Join(parts, "")
}

// describedOptions is what the options of a field say, a word each.
func describedOptions(fd protoreflect.FieldDescriptor) (said []string) {
	for _, b := range proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior) {
		said = append(said, b.String())
	}
	rules := words("", proto.GetExtension(fd.Options(), validate.E_Field).(*validate.FieldRules).ProtoReflect())
	marks := words("", proto.GetExtension(fd.Options(), apiv1.E_Field).(*apiv1.Field).ProtoReflect())
	return slices.Concat(said, rules, marks)
}

// words are the set fields of an option, as path=value.
func words(prefix string, m protoreflect.Message) (said []string) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		name := prefix + string(fd.Name())
		switch {
		case fd.Message() != nil && !fd.IsList():
			said = append(said, words(name+".", v.Message())...)
		case fd.Enum() != nil && !fd.IsList():
			said = append(said, string(fd.Enum().Values().ByNumber(v.Enum()).Name()))
		case fd.Kind() == protoreflect.BoolKind && v.Bool():
			said = append(said, name)
		default:
			said = append(said, fmt.Sprintf("%s=%v", name, v))
		}
		return true
	})
	slices.Sort(said)
	return said
}

// golden holds a text against a file, which -update writes.
func golden(t *testing.T, file, what, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	if got == want {
		return
	}
	var lost, found []string
	has := func(text string) map[string]bool {
		set := map[string]bool{}
		for line := range strings.Lines(text) {
			set[line] = true
		}
		return set
	}
	before, after := has(want), has(got)
	for line := range strings.Lines(want) {
		if !after[line] {
			lost = append(lost, "-"+line)
		}
	}
	for line := range strings.Lines(got) {
		if !before[line] {
			found = append(found, "+"+line)
		}
	}
	t.Errorf("%s changed; if that is meant, run: go test ./internal/operation -update\n%s%s", what, strings.Join(lost, ""), strings.Join(found, ""))
}
