package operation_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
)

// The golden file is for a person to read: what is marked as secret or personal,
// and every text that is not.
func TestSensitivityIsWhatTheGoldenFileSays(t *testing.T) {
	t.Parallel()
	levels := []struct {
		level apiv1.Field_Sensitivity
		title string
	}{
		{apiv1.Field_SENSITIVITY_SECRET, "Secret"},
		{apiv1.Field_SENSITIVITY_PERSONAL, "Personal"},
		{apiv1.Field_SENSITIVITY_UNSPECIFIED, "Neither, though it can hold any text"},
	}
	var b strings.Builder
	b.WriteString("# Fields by what the contract says of who may see them: the name of a field, and\n# the messages that have one.\n")
	for _, l := range levels {
		found := map[string][]string{}
		for _, fd := range fields() {
			if sensitivity(fd) == l.level && (l.level != apiv1.Field_SENSITIVITY_UNSPECIFIED || holdsText(fd)) {
				found[string(fd.Name())] = append(found[string(fd.Name())], string(fd.Parent().Name()))
			}
		}
		fmt.Fprintf(&b, "\n## %s\n", l.title)
		for _, name := range slices.Sorted(maps.Keys(found)) {
			slices.Sort(found[name])
			fmt.Fprintf(&b, "%s\n", name)
			for _, message := range found[name] {
				fmt.Fprintf(&b, "    %s\n", message)
			}
		}
	}
	golden(t, "testdata/sensitivity.golden", "what is personal or secret", b.String())
}

// What nobody would call public stays marked, whatever the golden file says.
func TestWhatIsCertainlySensitiveIsMarked(t *testing.T) {
	t.Parallel()
	certain := map[string]apiv1.Field_Sensitivity{}
	for _, name := range []string{"password", "new_password", "old_password", "token", "credential_fields", "key_uri", "encoded_quick_response_code", "mapbox_key"} {
		certain[name] = apiv1.Field_SENSITIVITY_SECRET
	}
	for _, name := range []string{
		"email", "username", "preferred_name", "display_name", "phone_number", "ani", "dnis", "jid", "jabber_id", "biography", "spouse", "hobbies",
		"interests", "image_uri", "latitude", "longitude", "coordinates", "city", "street1", "zipcode", "notes", "q64", "external_key", "attributes",
	} {
		certain[name] = apiv1.Field_SENSITIVITY_PERSONAL
	}
	seen := map[string]bool{}
	for _, fd := range fields() {
		want, ok := certain[string(fd.Name())]
		if !ok || fd.Message() != nil && !fd.IsMap() {
			continue
		}
		seen[string(fd.Name())] = true
		if got := sensitivity(fd); got != want {
			t.Errorf("%s is %v, want %v", fd.FullName(), got, want)
		}
	}
	for name := range certain {
		if !seen[name] {
			t.Errorf("no message has a field %s any longer", name)
		}
	}
}

func sensitivity(fd protoreflect.FieldDescriptor) apiv1.Field_Sensitivity {
	field, _ := proto.GetExtension(fd.Options(), apiv1.E_Field).(*apiv1.Field)
	return field.GetSensitivity()
}

// holdsText tells whether a field holds texts, or JSON that may.
func holdsText(fd protoreflect.FieldDescriptor) bool {
	if fd.IsMap() {
		fd = fd.MapValue()
	}
	if fd.Message() != nil {
		return slices.Contains([]protoreflect.FullName{"google.protobuf.Value", "google.protobuf.Struct", "google.protobuf.ListValue"}, fd.Message().FullName())
	}
	return fd.Kind() == protoreflect.StringKind
}
