package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// A small JSON view of messages of its own, so that nothing of the server's
// transcoder judges itself.

// method finds an RPC of the contract by its short name.
func method(t *testing.T, name string) protoreflect.MethodDescriptor {
	t.Helper()
	var found protoreflect.MethodDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage(usersv1.File_genesyscloud_users_v1_users_service_proto.Package(), func(fd protoreflect.FileDescriptor) bool {
		for i := range fd.Services().Len() {
			if md := fd.Services().Get(i).Methods().ByName(protoreflect.Name(name)); md != nil {
				found = md
			}
		}
		return found == nil
	})
	if found == nil {
		t.Fatalf("the contract has no RPC %s", name)
	}
	return found
}

func newMessage(md protoreflect.MessageDescriptor) protoreflect.Message {
	return dynamicpb.NewMessage(md)
}

// setJSON sets the field with a JSON name from decoded JSON.
func setJSON(t *testing.T, m protoreflect.Message, name string, v any) {
	t.Helper()
	fd := m.Descriptor().Fields().ByJSONName(name)
	if fd == nil {
		t.Fatalf("%s has no field with the JSON name %q", m.Descriptor().FullName(), name)
	}
	switch {
	case fd.IsList():
		list := m.Mutable(fd).List()
		for _, e := range v.([]any) {
			list.Append(toProto(t, fd, e))
		}
	case fd.IsMap():
		entries := m.Mutable(fd).Map()
		for k, e := range v.(map[string]any) {
			entries.Set(protoreflect.ValueOfString(k).MapKey(), toProto(t, fd.MapValue(), e))
		}
	default:
		m.Set(fd, toProto(t, fd, v))
	}
}

func toProto(t *testing.T, fd protoreflect.FieldDescriptor, v any) protoreflect.Value {
	t.Helper()
	switch fd.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(v.(string))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(v.(bool))
	case protoreflect.Int32Kind:
		n, err := strconv.ParseInt(string(v.(json.Number)), 10, 32)
		must(t, err)
		return protoreflect.ValueOfInt32(int32(n))
	case protoreflect.Int64Kind:
		n, err := strconv.ParseInt(string(v.(json.Number)), 10, 64)
		must(t, err)
		return protoreflect.ValueOfInt64(n)
	case protoreflect.DoubleKind:
		n, err := v.(json.Number).Float64()
		must(t, err)
		return protoreflect.ValueOfFloat64(n)
	case protoreflect.FloatKind:
		n, err := v.(json.Number).Float64()
		must(t, err)
		return protoreflect.ValueOfFloat32(float32(n))
	case protoreflect.EnumKind:
		values := fd.Enum().Values()
		for i := range values.Len() {
			if proto.GetExtension(values.Get(i).Options(), apiv1.E_Upstream) == v {
				return protoreflect.ValueOfEnum(values.Get(i).Number())
			}
		}
		t.Fatalf("%s has no value for %q", fd.FullName(), v)
	}
	var known proto.Message
	switch fd.Message().FullName() {
	case "google.protobuf.Timestamp":
		at, err := time.Parse(time.RFC3339, v.(string))
		must(t, err)
		known = timestamppb.New(at)
	case "google.protobuf.Value", "google.protobuf.Struct", "google.protobuf.ListValue":
		value, err := structpb.NewValue(plain(v))
		must(t, err)
		switch fd.Message().Name() {
		case "Value":
			known = value
		case "Struct":
			known = value.GetStructValue()
		default:
			known = value.GetListValue()
		}
	default:
		m := newMessage(fd.Message())
		for name, e := range v.(map[string]any) {
			setJSON(t, m, name, e)
		}
		return protoreflect.ValueOfMessage(m)
	}
	wire, err := proto.Marshal(known)
	must(t, err)
	m := newMessage(fd.Message())
	must(t, proto.Unmarshal(wire, m.Interface()))
	return protoreflect.ValueOfMessage(m)
}

// readJSON is what a message says, as decoded JSON.
func readJSON(m protoreflect.Message) any {
	switch m.Descriptor().FullName() {
	case "google.protobuf.Timestamp":
		var known timestamppb.Timestamp
		convert(m, &known)
		return known.AsTime().Format("2006-01-02T15:04:05.000Z")
	case "google.protobuf.Value":
		var known structpb.Value
		convert(m, &known)
		return known.AsInterface()
	case "google.protobuf.Struct":
		var known structpb.Struct
		convert(m, &known)
		return known.AsMap()
	case "google.protobuf.ListValue":
		var known structpb.ListValue
		convert(m, &known)
		return known.AsSlice()
	}
	object := map[string]any{}
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.IsList():
			list := []any{}
			for i := range v.List().Len() {
				list = append(list, fromProto(fd, v.List().Get(i)))
			}
			object[fd.JSONName()] = list
		case fd.IsMap():
			entries := map[string]any{}
			v.Map().Range(func(k protoreflect.MapKey, e protoreflect.Value) bool {
				entries[k.String()] = fromProto(fd.MapValue(), e)
				return true
			})
			object[fd.JSONName()] = entries
		default:
			object[fd.JSONName()] = fromProto(fd, v)
		}
		return true
	})
	return object
}

func fromProto(fd protoreflect.FieldDescriptor, v protoreflect.Value) any {
	switch x := v.Interface().(type) {
	case protoreflect.Message:
		return readJSON(x)
	case protoreflect.EnumNumber:
		return proto.GetExtension(fd.Enum().Values().ByNumber(x).Options(), apiv1.E_Upstream)
	case int32, int64:
		return json.Number(fmt.Sprint(x))
	case float32:
		return float64(x)
	default:
		return x
	}
}

func convert(m protoreflect.Message, known proto.Message) {
	wire, err := proto.Marshal(m.Interface())
	if err == nil {
		err = proto.Unmarshal(wire, known)
	}
	if err != nil {
		panic(err)
	}
}

// plain has float64 where decoded JSON has json.Number.
func plain(v any) any {
	switch x := v.(type) {
	case json.Number:
		f, _ := x.Float64()
		return f
	case []any:
		list := []any{}
		for _, e := range x {
			list = append(list, plain(e))
		}
		return list
	case map[string]any:
		object := map[string]any{}
		for k, e := range x {
			object[k] = plain(e)
		}
		return object
	default:
		return v
	}
}

// equal compares decoded JSON: numbers by value, integers digit by digit.
func equal(x, y any) bool {
	switch a := x.(type) {
	case json.Number, float64:
		if reflect.TypeOf(x) == reflect.TypeOf(y) && x == y {
			return true
		}
		if fmt.Sprint(x) == fmt.Sprint(y) {
			return true
		}
		f, okF := plain(x).(float64)
		g, okG := plain(y).(float64)
		return okF && okG && f == g && math.Abs(f) < 1<<53
	case []any:
		b, ok := y.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := y.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k := range a {
			if e, ok := b[k]; !ok || !equal(a[k], e) {
				return false
			}
		}
		return true
	default:
		return reflect.DeepEqual(x, y)
	}
}

func sameJSON(t *testing.T, got []byte, want any) bool {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(got))
	dec.UseNumber()
	var v any
	return dec.Decode(&v) == nil && !dec.More() && equal(v, want)
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	return string(b)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refusedFor tells whether an error is INVALID_ARGUMENT that names the field.
func refusedFor(err error, field string) bool {
	st := status.Convert(err)
	if st.Code() != codes.InvalidArgument {
		return false
	}
	for _, d := range st.Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				if v.GetField() == field {
					return true
				}
			}
		}
	}
	return false
}
