package transcode

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

func marshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return wire
}

func TestToJSONWrites(t *testing.T) {
	t.Parallel()
	user := &usersv1.User{}
	tests := []struct {
		name string
		msg  proto.Message
		want string
	}{
		{"nothing", user, `{}`},
		{"zero values that are set", &usersv1.User{Id: proto.String(""), Version: proto.Int32(0), AcdAutoAnswer: proto.Bool(false), Chat: &usersv1.Chat{}},
			`{"id":"","chat":{},"version":0,"acdAutoAnswer":false}`},
		{"enum values as the upstream spells them", &usersv1.User{State: usersv1.User_STATE_ACTIVE.Enum()}, `{"state":"active"}`},
		{"no more escapes than needed", &usersv1.User{Id: proto.String("a\"b\\c\n\t\r\b\f\x00\x1f\x7f</>&é\u2028🚀")},
			`{"id":"a\"b\\c\n\t\r\b\f\u0000\u001f` + "\x7f</>&é\u2028🚀" + `"}`},
		{"64-bit integers as numbers", &usersv1.Group{MemberCount: proto.Int64(math.MinInt64)}, `{"memberCount":-9223372036854775808}`},
		{"doubles", &usersv1.Location{Coordinates: map[string]float64{"x": -3.25}}, `{"coordinates":{"x":-3.25}}`},
		{"times with milliseconds", &usersv1.User{DateLastLogin: &timestamppb.Timestamp{Seconds: 1787200523}}, `{"dateLastLogin":"2026-08-20T04:35:23.000Z"}`},
		{"times with microseconds where they would be lost", &usersv1.User{DateLastLogin: &timestamppb.Timestamp{Seconds: 1787200523, Nanos: 391_001_000}}, `{"dateLastLogin":"2026-08-20T04:35:23.391001Z"}`},
		{"times with nanoseconds where they would be lost", &usersv1.User{DateLastLogin: &timestamppb.Timestamp{Seconds: -1, Nanos: 1}}, `{"dateLastLogin":"1969-12-31T23:59:59.000000001Z"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := tableOf(t, test.msg).ToJSON([]byte("kept"), marshal(t, test.msg), nil)
			if err != nil {
				t.Fatal(err)
			}
			if want := "kept" + test.want; string(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestToJSONRefuses(t *testing.T) {
	t.Parallel()
	tag := protowire.AppendTag
	for _, test := range []struct {
		name  string
		msg   proto.Message
		wire  []byte
		field string
	}{
		{"an enum value that stands for nothing", &usersv1.User{Manager: &usersv1.User{State: usersv1.User_STATE_UNSPECIFIED.Enum()}}, nil, "manager.state"},
		{"an enum value that was not recognized", &usersv1.User{Skills: []*usersv1.UserRoutingSkill{{State: usersv1.UserRoutingSkill_STATE_UNRECOGNIZED.Enum()}}}, nil, "skills.state"},
		{"an enum value of the future", &usersv1.User{State: usersv1.User_State(99).Enum()}, nil, "state"},
		{"NaN", &usersv1.Geolocation{Latitude: proto.Float64(math.NaN())}, nil, "latitude"},
		{"infinity in a map", &usersv1.Location{Coordinates: map[string]float64{"x": math.Inf(1)}}, nil, "coordinates"},
		{"a time after the year 9999", &usersv1.User{DateLastLogin: &timestamppb.Timestamp{Seconds: maxSeconds + 1}}, nil, "date_last_login"},
		{"a time with too many nanoseconds", &usersv1.User{DateLastLogin: &timestamppb.Timestamp{Nanos: 1e9}}, nil, "date_last_login"},
		{"an unknown field", &usersv1.User{}, tag(nil, 4000, protowire.VarintType), ""},
		{"an unknown field in a message", &usersv1.User{}, protowire.AppendBytes(tag(nil, numberOf("manager"), protowire.BytesType), append(tag(nil, 4000, protowire.VarintType), 0)), "manager"},
		{"a wrong wire type", &usersv1.User{}, append(tag(nil, numberOf("id"), protowire.VarintType), 0), "id"},
		{"a field that is cut off", &usersv1.User{}, append(tag(nil, numberOf("id"), protowire.BytesType), 5, 'x'), "id"},
		{"half a tag", &usersv1.User{}, []byte{0x80}, ""},
		{"the field number 0", &usersv1.User{}, []byte{0x00, 0x00}, ""},
		{"a string that is not UTF-8", &usersv1.User{}, append(tag(nil, numberOf("id"), protowire.BytesType), 1, 0xFF), "id"},
		{"a Value without a value", &structpb.ListValue{Values: []*structpb.Value{{}}}, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.wire == nil {
				test.wire = marshal(t, test.msg)
			}
			got, err := tableOf(t, test.msg).ToJSON([]byte("kept"), test.wire, nil)
			var e *WireError
			if !errors.As(err, &e) || e.Field != test.field {
				t.Errorf("got error %v, want one of the field %q", err, test.field)
			}
			if string(got) != "kept" {
				t.Errorf("dst is %q", got)
			}
		})
	}
}

func numberOf(field string) protowire.Number {
	return (&usersv1.User{}).ProtoReflect().Descriptor().Fields().ByTextName(field).Number()
}

func TestBothDirectionsHaveTheSameBoundOfDepth(t *testing.T) {
	t.Parallel()
	user, m := &usersv1.User{}, tableOf(t, &usersv1.User{})
	for range maxDepth - 1 {
		user = &usersv1.User{Manager: user}
	}
	text, err := m.ToJSON(nil, marshal(t, user), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.FromJSON(nil, text, nil); err != nil {
		t.Fatal(err)
	}
	if _, err = m.ToJSON(nil, marshal(t, &usersv1.User{Manager: user}), nil); err == nil || !strings.Contains(err.Error(), errTooDeep) {
		t.Errorf("got %v", err)
	}
	value := structpb.NewNullValue()
	for range maxDepth {
		value = structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{value}})
	}
	free := tableOf(t, value)
	if text, err = free.ToJSON(nil, marshal(t, value), nil); err != nil {
		t.Fatal(err)
	}
	if _, err = free.FromJSON(nil, text, nil); err != nil {
		t.Fatal(err)
	}
	if _, err = free.FromJSON(nil, []byte("["+string(text)+"]"), nil); err == nil {
		t.Error("101 lists were read")
	}
}

func TestOneFieldIsWrittenAsABareValue(t *testing.T) {
	t.Parallel()
	msg := &usersv1.User{Id: proto.String("not looked at"), ProfileSkills: []string{"a", "b"}, Manager: &usersv1.User{}}
	m := tableOf(t, msg)
	fields := msg.ProtoReflect().Descriptor().Fields()
	for field, want := range map[string]string{"profile_skills": `["a","b"]`, "manager": `{}`, "skills": `[]`, "title": `null`} {
		got, err := m.ToJSONField(nil, marshal(t, msg), fields.ByTextName(field))
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v, want %s", field, got, err, want)
		}
	}
	var wire []byte // a list in two pieces with something between them
	for _, part := range []*usersv1.User{{ProfileSkills: []string{"a"}}, {Id: proto.String("x")}, {ProfileSkills: []string{"b"}}} {
		wire = append(wire, marshal(t, part)...)
	}
	got, err := m.ToJSONField(nil, wire, fields.ByTextName("profile_skills"))
	if err != nil || string(got) != `["a","b"]` {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestUnusualWireMeansWhatProtobufSays(t *testing.T) {
	t.Parallel()
	concat := func(parts ...proto.Message) (wire []byte) {
		for _, part := range parts {
			wire = append(wire, marshal(t, part)...)
		}
		return wire
	}
	value := func(v any) *structpb.Value {
		x, err := structpb.NewValue(v)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, test := range []struct {
		name string
		msg  proto.Message
		wire []byte
		want string
	}{
		{"the last scalar", &usersv1.User{}, concat(&usersv1.User{Id: proto.String("a")}, &usersv1.User{Id: proto.String("b")}), `{"id":"b"}`},
		{"merged messages", &usersv1.User{}, concat(&usersv1.User{Manager: &usersv1.User{Id: proto.String("a"), Title: proto.String("t")}}, &usersv1.User{Manager: &usersv1.User{Id: proto.String("b")}}), `{"manager":{"id":"b","title":"t"}}`},
		{"the last entry of a key", &usersv1.Location{}, concat(&usersv1.Location{Coordinates: map[string]float64{"x": 1}}, &usersv1.Location{Coordinates: map[string]float64{"x": 2}}), `{"coordinates":{"x":2}}`},
		{"the last of many entries of a key", &usersv1.Location{}, concat(manyCoordinates(20), &usersv1.Location{Coordinates: map[string]float64{"a": -1}}), `{"coordinates":{"a":-1,` + strings.TrimPrefix(manyCoordinatesJSON(20), `"a":0,`) + `}}`},
		{"an entry without key and value", &usersv1.Location{}, protowire.AppendBytes(protowire.AppendTag(nil, (&usersv1.Location{}).ProtoReflect().Descriptor().Fields().ByTextName("coordinates").Number(), protowire.BytesType), nil), `{"coordinates":{"":0}}`},
		{"the last kind of a Value", &structpb.Value{}, concat(value("a"), value(1), value([]any{true}), value(false)), `false`},
		{"merged kinds of a Value", &structpb.Value{}, concat(value(1), value([]any{true}), value([]any{false})), `[true,false]`},
		{"null as the last kind of a Value", &structpb.Value{}, concat(value(1), value(nil)), `null`},
		{"merged keys of a Struct", &structpb.Struct{}, concat(value(map[string]any{"a": 1.0}).GetStructValue(), value(map[string]any{"b": 2.0, "a": "x"}).GetStructValue()), `{"a":"x","b":2}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := tableOf(t, test.msg).ToJSON(nil, test.wire, nil)
			if err != nil || string(got) != test.want {
				t.Errorf("got %s, %v\nwant %s", got, err, test.want)
			}
		})
	}
}

func manyCoordinates(n int) *usersv1.Location {
	m := map[string]float64{}
	for i := range n {
		m[string(rune('a'+i))] = float64(i)
	}
	return &usersv1.Location{Coordinates: m}
}

func manyCoordinatesJSON(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + string(rune('a'+i)) + `":` + strconv.Itoa(i))
	}
	return b.String()
}
