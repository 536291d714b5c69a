package operation_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// Every body that has an update mask, with every field of it and of the messages
// in it: exactly what the mask names is sent, and the version that the write is
// based on.
func TestAnUpdateMaskNamesWhatIsSent(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, op := range contract(t).All() {
		request := op.NewRequest().ProtoReflect()
		mask := request.Descriptor().Fields().ByName("update_mask")
		if mask == nil {
			continue
		}
		fields := op.BodyField().Message().Fields()
		send := func(set bool, paths ...string) map[string]any {
			t.Helper()
			body := request.NewField(op.BodyField())
			if set {
				fill(body.Message(), 2)
			}
			request.Set(op.BodyField(), body)
			request.Set(mask, protoreflect.ValueOfMessage((&fieldmaskpb.FieldMask{Paths: paths}).ProtoReflect()))
			return sent(t, op, request)
		}
		all := send(true)
		if len(all) != fields.Len() {
			t.Errorf("%s: without a mask %d of %d fields are sent", op.Name, len(all), fields.Len())
		}
		if got := send(true, "*"); !reflect.DeepEqual(got, all) {
			t.Errorf("%s: * sends %v", op.Name, got)
		}
		for i := range fields.Len() {
			fd := fields.Get(i)
			tried++
			want := versions(all, op.BodyField().Message())
			want[fd.JSONName()] = all[fd.JSONName()]
			if got := send(true, string(fd.Name())); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: mask %s sends %v, want %v", op.Name, fd.Name(), got, want)
			}
			if got, want := send(false, string(fd.Name())), map[string]any{fd.JSONName(): unset(fd)}; !reflect.DeepEqual(got, want) {
				t.Errorf("%s: mask %s sends %v of an empty body, want %v", op.Name, fd.Name(), got, want)
			}
			if fd.Message() == nil || fd.IsList() || fd.IsMap() || fd.Message().FullName().Parent() == "google.protobuf" {
				continue
			}
			whole, _ := all[fd.JSONName()].(map[string]any)
			for k := range fd.Message().Fields().Len() {
				inner := fd.Message().Fields().Get(k)
				path := string(fd.Name()) + "." + string(inner.Name())
				tried++
				part := versions(whole, fd.Message())
				part[inner.JSONName()] = whole[inner.JSONName()]
				want := versions(all, op.BodyField().Message())
				want[fd.JSONName()] = part
				if got := send(true, path); !reflect.DeepEqual(got, want) {
					t.Errorf("%s: mask %s sends %v, want %v", op.Name, path, got, want)
				}
				if got, want := send(false, path), map[string]any{fd.JSONName(): map[string]any{inner.JSONName(): unset(inner)}}; !reflect.DeepEqual(got, want) {
					t.Errorf("%s: mask %s sends %v of an empty body, want %v", op.Name, path, got, want)
				}
			}
		}
	}
	if tried < 150 {
		t.Errorf("only %d paths were tried", tried)
	}
	t.Logf("%d paths", tried)
}

func sent(t *testing.T, op *operation.Operation, request protoreflect.Message) map[string]any {
	t.Helper()
	text, err := op.Body(nil, request)
	if err != nil {
		t.Fatalf("%s: %v", op.Name, err)
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatalf("%s: %v in %s", op.Name, err, text)
	}
	return object
}

// versions is what an object has of the version that a write is based on.
func versions(object map[string]any, md protoreflect.MessageDescriptor) map[string]any {
	object = maps.Clone(object)
	if object == nil {
		object = map[string]any{}
	}
	maps.DeleteFunc(object, func(name string, _ any) bool {
		facts, _ := proto.GetExtension(md.Fields().ByJSONName(name).Options(), apiv1.E_Field).(*apiv1.Field)
		return !facts.GetBaseVersion()
	})
	return object
}

// unset is the JSON that clears a field.
func unset(fd protoreflect.FieldDescriptor) any {
	switch {
	case fd.IsMap():
		return map[string]any{}
	case fd.IsList():
		return []any{}
	default:
		return nil
	}
}

// fill sets every field, those of messages in it down to a depth.
func fill(m protoreflect.Message, depth int) {
	for i := range m.Descriptor().Fields().Len() {
		fd := m.Descriptor().Fields().Get(i)
		free := fd.Message() != nil && slices.Contains([]protoreflect.FullName{"google.protobuf.Struct", "google.protobuf.ListValue", "google.protobuf.Timestamp"}, fd.Message().FullName())
		switch {
		case fd.IsMap():
			m.Mutable(fd).Map().Set(protoreflect.ValueOfString("key").MapKey(), filled(m.Mutable(fd).Map().NewValue(), fd.MapValue()))
		case fd.IsList():
			m.Mutable(fd).List().Append(filled(m.Mutable(fd).List().NewElement(), fd))
		case fd.Message() != nil && !free && fd.Message().FullName() != "google.protobuf.Value" && depth > 0:
			fill(m.Mutable(fd).Message(), depth-1)
		default:
			m.Set(fd, filled(m.NewField(fd), fd))
		}
	}
}

// filled is a value of a kind that has a JSON form.
func filled(zero protoreflect.Value, fd protoreflect.FieldDescriptor) protoreflect.Value {
	switch {
	case fd.Enum() != nil:
		return protoreflect.ValueOfEnum(fd.Enum().Values().Get(fd.Enum().Values().Len() - 1).Number())
	case fd.Message() != nil && fd.Message().FullName() == "google.protobuf.Value":
		zero.Message().Set(fd.Message().Fields().ByName("bool_value"), protoreflect.ValueOfBool(true))
	}
	return zero
}
