package transcode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/structpb"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// table compiles the table of a generated message.
func tableOf(t testing.TB, msg proto.Message) *Message {
	t.Helper()
	m, err := NewCompiler().Message(msg.ProtoReflect().Descriptor())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// decodeAs reads JSON into a message of the type of msg.
func decodeAs[M proto.Message](t testing.TB, msg M, src string, r *Report) (M, error) {
	t.Helper()
	prefix := []byte("kept")
	wire, err := tableOf(t, msg).FromJSON(prefix, []byte(src), r)
	if !bytes.HasPrefix(wire, prefix) {
		t.Fatal("what was in dst is gone")
	}
	got := msg.ProtoReflect().New().Interface().(M)
	if err != nil {
		if len(wire) != len(prefix) {
			t.Fatal("a failed call extended dst")
		}
		return got, err
	}
	if err := proto.Unmarshal(wire[len(prefix):], got); err != nil {
		t.Fatalf("the result is not wire form: %v", err)
	}
	return got, nil
}

func TestFromJSONReads(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		json string
		want *usersv1.User
	}{
		{"an empty object", ` { } `, &usersv1.User{}},
		{"null as an empty message", ` null `, &usersv1.User{}},
		{"zero values as present", `{"id":"","version":0,"acdAutoAnswer":false,"chat":{}}`,
			&usersv1.User{Id: proto.String(""), Version: proto.Int32(0), AcdAutoAnswer: proto.Bool(false), Chat: &usersv1.Chat{}}},
		{"null members as absent", `{"id":null,"version":null,"chat":null,"skills":null,"dateLastLogin":null}`, &usersv1.User{}},
		{"null elements as absent", `{"profileSkills":[null,"a",null],"skills":[null]}`, &usersv1.User{ProfileSkills: []string{"a"}}},
		{"space everywhere", "\n{ \"id\" \t:\r\"x\" , \"profileSkills\" : [ \"a\" , \"b\" ] }\n", &usersv1.User{Id: proto.String("x"), ProfileSkills: []string{"a", "b"}}},
		{"names with escapes", `{"\u0069d":"x","\u0076ersion":7}`, &usersv1.User{Id: proto.String("x"), Version: proto.Int32(7)}},
		{"escapes in strings", `{"id":"\"\\\/\b\f\n\r\t\u00e9\u20AC\uD83D\uDE80"}`, &usersv1.User{Id: proto.String("\"\\/\b\f\n\r\té€🚀")}},
		{"the last of duplicates", `{"id":"a","version":1,"id":"b"}`, &usersv1.User{Id: proto.String("b"), Version: proto.Int32(1)}},
		{"the last of duplicates, null", `{"id":"a","id":null}`, &usersv1.User{}},
		{"the last of duplicate messages, whole", `{"chat":{"jabberId":"a"},"chat":{}}`, &usersv1.User{Chat: &usersv1.Chat{}}},
		{"the last of duplicate lists, whole", `{"profileSkills":["a","b"],"id":"x","profileSkills":["c"]}`, &usersv1.User{Id: proto.String("x"), ProfileSkills: []string{"c"}}},
		{"duplicates at every depth", `{"manager":{"id":"1","manager":{"id":"2","id":"3"},"id":"4"},"id":"5","manager":{"id":"6","id":"7"}}`,
			&usersv1.User{Id: proto.String("5"), Manager: &usersv1.User{Id: proto.String("7")}}},
		{"integers as floats", `{"version":3.0}`, &usersv1.User{Version: proto.Int32(3)}},
		{"integers with an exponent", `{"version":1.5e1}`, &usersv1.User{Version: proto.Int32(15)}},
		{"quoted integers", `{"version":"-12"}`, &usersv1.User{Version: proto.Int32(-12)}},
		{"a message that contains itself", `{"manager":{"manager":{"manager":{"id":"x"}}}}`,
			&usersv1.User{Manager: &usersv1.User{Manager: &usersv1.User{Manager: &usersv1.User{Id: proto.String("x")}}}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var r Report
			got, err := decodeAs(t, &usersv1.User{}, test.json, &r)
			if err != nil {
				t.Fatal(err)
			}
			if !proto.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if len(r.Findings()) != 0 {
				t.Errorf("reported %v", r.Findings())
			}
		})
	}
}

func TestFromJSONRefusesWithOffsetAndPointer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		json    string
		offset  int
		pointer string
		problem string
	}{
		{``, 0, "", "expected a value, found the end of the text"},
		{`  `, 2, "", "expected a value, found the end of the text"},
		{`[]`, 0, "", "expected an object, found a list"},
		{`5`, 0, "", "expected an object, found a number"},
		{`"x"`, 0, "", "expected an object, found a string"},
		{`<html>`, 0, "", "expected an object, found '<'"},
		{`{} {}`, 3, "", "expected the end of the text, found an object"},
		{`{}x`, 2, "", "expected the end of the text, found 'x'"},
		{`nul`, 0, "", "expected null, found 'n'"},
		{`{`, 1, "", "expected the name of a member, found the end of the text"},
		{`{"id"`, 5, "/id", "expected a colon, found the end of the text"},
		{`{"id":`, 6, "/id", "expected a string, found the end of the text"},
		{`{"id":"x`, 8, "/id", "expected the end of the string, found the end of the text"},
		{`{"id":"x"`, 9, "/id", "expected a comma or the end of the object, found the end of the text"},
		{`{"id":"x",}`, 10, "", "expected the name of a member, found '}'"},
		{`{,}`, 1, "", "expected the name of a member, found ','"},
		{`{"id" "x"}`, 6, "/id", "expected a colon, found a string"},
		{`{"id":"x" "name":"y"}`, 10, "/id", "expected a comma or the end of the object, found a string"},
		{`{id:1}`, 1, "", "expected the name of a member, found 'i'"},
		{`{"version":01}`, 11, "/version", errNumber},
		{`{"version":-}`, 12, "/version", errNumber},
		{`{"version":1.}`, 13, "/version", errNumber},
		{`{"version":1e}`, 13, "/version", errNumber},
		{`{"version":+1}`, 11, "/version", "expected a number, found '+'"},
		{`{"version":NaN}`, 11, "/version", "expected a number, found 'N'"},
		{`{"geolocation":{"latitude":.5}}`, 27, "/geolocation/latitude", "expected a number, found '.'"},
		{`{"acdAutoAnswer":tru}`, 17, "/acdAutoAnswer", "expected true, found 't'"},
		{`{"profileSkills":["a" "b"]}`, 22, "/profileSkills/0", "expected a comma or the end of the list, found a string"},
		{`{"profileSkills":["a",]}`, 22, "/profileSkills/1", "expected a string, found ']'"},
		{"{\"id\":\"a\nb\"}", 8, "/id", errControl},
		{"{\"id\":\"a\xff\"}", 8, "/id", errUTF8},
		{"{\"id\":\"\xed\xa0\x80\"}", 7, "/id", errUTF8},
		{"{\"\xc0\x80\":1}", 2, "", errUTF8},
		{`{"id":"\x"}`, 7, "/id", errEscape},
		{`{"id":"\u12g4"}`, 7, "/id", errEscape},
		{`{"id":"\`, 8, "/id", "expected the end of the string, found the end of the text"},
		{`{"manager":{"skills":[{},{"id":[{"id":tru}]}]}}`, 38, "/manager/skills/1/id/0/*", "expected true, found 't'"},
		{`{"id":{"a":1,}}`, 13, "/id", "expected the name of a member, found '}'"},
		{`{"version":[01]}`, 12, "/version/0", errNumber},
		{`{"state":{"a":"\x"}}`, 15, "/state/*", errEscape},
		{`{"dateLastLogin":["` + "\xff" + `"]}`, 19, "/dateLastLogin/0", errUTF8},
		{`{"other":{"a/b~c":[1,{"d":tru}]}}`, 26, "/*/*/1/*", "expected true, found 't'"},
		{`{"other":[1,2`, 13, "/*/1", "expected a comma or the end of the list, found the end of the text"},
		{`{"other":{"a":1,}}`, 16, "/*", "expected the name of a member, found '}'"},
		{`{"` + strings.Repeat("n", 300) + `":?}`, 304, "/*", "expected a value, found '?'"},
		{strings.Repeat(`{"manager":`, 101), 11 * 100, "", errTooDeep},
		{strings.Repeat(`{"manager":`, 99) + `{"id":{}}`, 11*99 + 6, "", errTooDeep},
		{`{"other":` + strings.Repeat(`[`, 100), 9 + 99, "", errTooDeep},
		{`{"id":` + strings.Repeat(`[`, 100), 6 + 99, "", errTooDeep},
		{`{` + strings.Repeat(`"manager":{`, 40) + `"id":?`, 1 + 40*11 + 5, strings.Repeat("/manager", 33)[:256] + "…", "expected a string, found '?'"},
		{`{"other":` + strings.Repeat(`{"":`, 100), 9 + 4*99, "", errTooDeep},
	}
	for _, test := range tests {
		t.Run(test.json[:min(len(test.json), 30)], func(t *testing.T) {
			t.Parallel()
			_, err := decodeAs(t, &usersv1.User{}, test.json, nil)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if test.problem == errTooDeep {
				test.pointer = e.Pointer
			}
			if want := (Error{test.offset, test.pointer, test.problem}); *e != want {
				t.Errorf("got %+v\nwant %+v", *e, want)
			}
		})
	}
}

func TestEveryPrefixOfATextIsRefused(t *testing.T) {
	t.Parallel()
	src := payload(t, "user_expanded")
	m := tableOf(t, &usersv1.User{})
	for n := range len(bytes.TrimSpace(src)) {
		// The capacity ends where the text ends: reading on would panic.
		_, err := m.FromJSON(nil, src[:n:n], nil)
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
		if e.Offset > n {
			t.Fatalf("the first %d bytes: offset %d", n, e.Offset)
		}
	}
}

func TestPayloadsAgreeWithProtojson(t *testing.T) {
	t.Parallel()
	all := contract(t)
	for _, p := range payloads {
		t.Run(p.file, func(t *testing.T) {
			t.Parallel()
			src := payload(t, p.file)
			var r Report
			wire, err := all[p.message].FromJSON(nil, src, &r)
			if err != nil {
				t.Fatal(err)
			}
			got, want := newMessage(t, p.message), newMessage(t, p.message)
			if err := proto.Unmarshal(wire, got); err != nil {
				t.Fatal(err)
			}
			if err := protojson.Unmarshal(protojsonSpelling(t, want.ProtoReflect().Descriptor(), src), want); err != nil {
				t.Fatal(err)
			}
			if !proto.Equal(got, want) {
				t.Error("differs from protojson")
			}
			if len(r.Findings()) > 0 {
				t.Errorf("not in the contract: %v", r.Findings())
			}
			back, err := all[p.message].ToJSON(nil, wire, nil)
			if err != nil {
				t.Fatal(err)
			}
			again, err := all[p.message].FromJSON(nil, back, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(wire, again) {
				t.Error("there and back is not the same")
			}
		})
	}
}

// A Value takes any JSON, so it shows which texts are JSON at all.
func TestFreeFormAcceptsExactlyJSON(t *testing.T) {
	t.Parallel()
	m := tableOf(t, &structpb.Value{})
	texts := []string{
		``, `0`, `-0`, `00`, `0.`, `0.0`, `.0`, `1e5`, `1E+5`, `1e-5`, `1e`, `1e+`, `--1`, `1.2.3`, `0x1`, `1_000`, `1e308`, `1e309`, `-1e-400`,
		`true`, `false`, `null`, `True`, `nil`, `truefalse`, `true false`,
		`""`, `"`, `"a`, `"\"`, `"\\"`, `"\u0000"`, `"\u00"`, `"\ud83d\ude80"`, `"\ud83d"`, `"\ude80"`, `"\U0041"`, "\"\x00\"", "\"\x7f\"", "\"\x1f\"", "\"\t\"",
		"\"\xc3\xa9\"", "\"\xc3\"", "\"\xe2\x82\"", "\"\xf4\x90\x80\x80\"", "\"\xef\xbf\xbf\"", "\"\xed\x9f\xbf\"", "\"\xed\xa0\x80\"", "\"\xe0\x80\x80\"", "\"\xf0\x80\x80\x80\"", "\xef\xbb\xbf{}",
		`[]`, `[`, `]`, `[,]`, `[1,]`, `[,1]`, `[1 2]`, `[1,2]`, `[[[]]]`, `[[]`, `[]]`, `{}`, `{`, `}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`, `{"a":1,"a":2}`, `{1:2}`, `{"a":{"b":[{}]}}`,
		"\v[]", "\f[]", "[]\u00a0", "[\n]", " \t\r\n[] \t\r\n", "/**/[]", "[]//",
	}
	for i, text := range texts {
		text = strings.TrimPrefix(text, " ")
		for _, wrap := range []string{"%", "[%]", `{"k":%}`, `["padding to have words to read",%,"padding to have words to read"]`} {
			src := strings.Replace(wrap, "%", text, 1)
			want := isJSON(src)
			got, err := decodeAs(t, &structpb.Value{}, src, nil)
			if (err == nil) != want {
				t.Errorf("%d: %q: error %v, JSON: %v", i, src, err, want)
			}
			// The value of an unknown member is checked all the same.
			_, err = decodeAs(t, &usersv1.Chat{}, `{"no such member":`+src+`}`, nil)
			if (err == nil) != want && src != "" {
				t.Errorf("%d: %q: skipped with error %v, JSON: %v", i, src, err, want)
			}
			if !want {
				continue
			}
			var value any
			if err := json.Unmarshal([]byte(strings.ReplaceAll(src, "1e309", "null")), &value); err != nil {
				t.Fatalf("%q: %v", src, err)
			}
			judge, err := structpb.NewValue(value)
			if err != nil {
				t.Fatal(err)
			}
			if !proto.Equal(got, judge) {
				t.Errorf("%q: got %v, want %v", src, got, judge)
			}
		}
	}
	_ = m
}

// isJSON is what others say: valid JSON in valid UTF-8, escapes of half a character
// included.
func isJSON(src string) bool {
	return utf8.ValidString(src) && jsontext.Value(src).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

func TestUnknownMembersAndEnumValuesAreReportedOnce(t *testing.T) {
	t.Parallel()
	src := `{"state":"zombie","new":{"deep":[1,"x",{"y":null}]},"skills":[{"state":"a","neu\u0065r":1},{"state":"b"},{"state":"a","neuer":2}]}`
	var r Report
	got, err := decodeAs(t, &usersv1.User{}, src, &r)
	if err != nil {
		t.Fatal(err)
	}
	const user, skill = "genesyscloud.users.v1.User", "genesyscloud.users.v1.UserRoutingSkill"
	want := []Finding{
		{Kind: UnknownEnumValue, Message: user, Field: "state", Value: "zombie"},
		{Kind: UnknownMember, Message: user, Field: "new"},
		{Kind: UnknownEnumValue, Message: skill, Field: "state", Value: "a"},
		{Kind: UnknownMember, Message: skill, Field: "neuer"},
		{Kind: UnknownEnumValue, Message: skill, Field: "state", Value: "b"},
	}
	if len(r.Findings()) != len(want) {
		t.Fatalf("got %v", r.Findings())
	}
	for i, f := range r.Findings() {
		if f != want[i] {
			t.Errorf("got %v, want %v", f, want[i])
		}
	}
	if got.GetState() != unrecognized || got.GetSkills()[1].GetState() != unrecognized {
		t.Errorf("got %v, want UNRECOGNIZED", got)
	}
	if r.Reset(); len(r.Findings()) != 0 || r.Truncated() {
		t.Error("a report that was reset has findings")
	}
}

func TestAReportIsBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"` + strings.Repeat("é", 500) + `":1`)
	for i := range 10_000 {
		b.WriteString(`,"x` + strconv.Itoa(i) + `":1`)
	}
	b.WriteString(`}`)
	var r Report
	if _, err := decodeAs(t, &usersv1.User{}, b.String(), &r); err != nil {
		t.Fatal(err)
	}
	if n := len(r.Findings()); n != maxFindings || !r.Truncated() {
		t.Errorf("%d findings, truncated %v", n, r.Truncated())
	}
	if got := r.Findings()[0].Field; got != strings.Repeat("é", maxFindingBytes/2) {
		t.Errorf("got a name of %d bytes", len(got))
	}
}

func TestMapsDropNullAndKeepTheLastOfAKey(t *testing.T) {
	t.Parallel()
	src := `{"coordinates":{"a":1,"b":null,"c":2,"c":3,"d":4,"d":null,"e":null,"e":5}}`
	got, err := decodeAs(t, &usersv1.Location{}, src, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"a": 1, "c": 3, "e": 5}
	if len(got.GetCoordinates()) != len(want) {
		t.Errorf("got %v, want %v", got.GetCoordinates(), want)
	}
	for k, v := range want {
		if got.GetCoordinates()[k] != v {
			t.Errorf("got %v, want %v", got.GetCoordinates(), want)
		}
	}
}

func TestLongIntegersKeepTheirDigits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"9007199254740993":                       9007199254740993,
		"9223372036854775807":                    math.MaxInt64,
		"-9223372036854775808":                   math.MinInt64,
		"9223372036854775807.000":                math.MaxInt64,
		"922337203685477580.7e1":                 math.MaxInt64,
		"0.00009223372036854775807e23":           math.MaxInt64,
		"92233720368547758070000e-4":             math.MaxInt64,
		"1e18":                                   1_000_000_000_000_000_000,
		"0e999999999999999999999999":             0,
		"-0.0e-99999":                            0,
		`"9007199254740993"`:                     9007199254740993,
		"1" + strings.Repeat("0", 500) + "e-500": 1,
	} {
		d := decoder{src: []byte(text)}
		got, end := d.integer(0, 64)
		if end != len(text) || got != want {
			t.Errorf("%s: got %d, %v", text, got, d.err.Problem)
		}
	}
	for text, want := range map[string]string{
		"9223372036854775808": errRange64, "-9223372036854775809": errRange64, "1e19": errRange64, "1e99999999999999": errRange64,
		"1e-1": errFraction, "10e-2": errFraction, "1.000000000000000000000000001": errFraction, "1e-99999999999999": errFraction,
		`"1`: errNumber, `"1 "`: errNumber,
	} {
		d := decoder{src: []byte(text)}
		if _, end := d.integer(0, 64); end >= 0 || d.err.Problem != want {
			t.Errorf("%s: got %q, want %q", text, d.err.Problem, want)
		}
	}
}

func TestFloatsAreRoundedLikeStrconv(t *testing.T) {
	t.Parallel()
	g := newGenerator(1)
	for range 50_000 {
		text := strings.Trim(g.float(false), `"`)
		want, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		d := decoder{src: []byte(text)}
		if got, end := d.double(0); end != len(text) || got != math.Float64bits(want) {
			t.Fatalf("%s: got %v, want %v", text, math.Float64frombits(got), want)
		}
		text = strings.Trim(g.float(true), `"`)
		want, err = strconv.ParseFloat(text, 32)
		if err != nil {
			t.Fatal(err)
		}
		d = decoder{src: []byte(text)}
		if got, end := d.float(0); end != len(text) || got != math.Float32bits(float32(want)) {
			t.Fatalf("%s: got %v, want %v", text, math.Float32frombits(got), want)
		}
	}
}

func TestOneFieldIsReadFromABareValue(t *testing.T) {
	t.Parallel()
	user := &usersv1.User{}
	m := tableOf(t, user)
	fields := user.ProtoReflect().Descriptor().Fields()
	for _, test := range []struct {
		field, json string
		want        *usersv1.User
	}{
		{"profile_skills", ` ["a", null, "b"] `, &usersv1.User{ProfileSkills: []string{"a", "b"}}},
		{"profile_skills", `[]`, &usersv1.User{}},
		{"profile_skills", `null`, &usersv1.User{}},
		{"images", `[{"resolution":"x48"}]`, &usersv1.User{Images: []*usersv1.Image{{Resolution: proto.String("x48")}}}},
		{"chat", `{"jabberId":"x"}`, &usersv1.User{Chat: &usersv1.Chat{JabberId: proto.String("x")}}},
		{"version", `7`, &usersv1.User{Version: proto.Int32(7)}},
	} {
		wire, err := m.FromJSONField(nil, []byte(test.json), fields.ByTextName(test.field), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := &usersv1.User{}
		if err := proto.Unmarshal(wire, got); err != nil {
			t.Fatal(err)
		}
		if !proto.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.json, got, test.want)
		}
	}
	var e *Error
	if _, err := m.FromJSONField(nil, []byte(`[?]`), fields.ByTextName("profile_skills"), nil); !errors.As(err, &e) || e.Pointer != "/0" || e.Offset != 1 {
		t.Errorf("got %v", err)
	}
	other := (&usersv1.Chat{}).ProtoReflect().Descriptor().Fields().Get(0)
	if _, err := m.FromJSONField(nil, []byte(`""`), other, nil); err == nil {
		t.Error("a field of another message was taken")
	}
}

// A message with more fields than a word has bits: some of them share one, which
// must not make different members pass for the same.
func TestLargeMessagesKeepTheirMembersApart(t *testing.T) {
	t.Parallel()
	const count = maxFields
	file := &descriptorpb.FileDescriptorProto{Name: proto.String("large.proto"), Syntax: proto.String("proto3")}
	message := &descriptorpb.DescriptorProto{Name: proto.String("Large")}
	for i := range int32(count) {
		message.Field = append(message.Field, &descriptorpb.FieldDescriptorProto{
			Name: proto.String(fmt.Sprintf("f%d", i)), JsonName: proto.String(fmt.Sprintf("f%d", i)), Number: proto.Int32(i + 1),
			Type:  descriptorpb.FieldDescriptorProto_TYPE_INT32.Enum(),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		})
	}
	file.MessageType = []*descriptorpb.DescriptorProto{message}
	fd, err := protodesc.NewFile(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	md := fd.Messages().Get(0)
	m, err := NewCompiler().Message(md)
	if err != nil {
		t.Fatal(err)
	}
	text, want := "{", dynamicpb.NewMessage(md)
	for i := range count {
		text += fmt.Sprintf(`"f%d":%d,`, i, i+1)
		want.Set(md.Fields().Get(i), protoreflect.ValueOfInt32(int32(i+1)))
	}
	want.Set(md.Fields().Get(3), protoreflect.ValueOfInt32(7))
	wire, err := m.FromJSON(nil, []byte(text+`"f3":7}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := dynamicpb.NewMessage(md)
	if err := (proto.UnmarshalOptions{}).Unmarshal(wire, got); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(got, want) || len(wire) != proto.Size(want) {
		t.Errorf("got %v", got)
	}
}

// A name that differs from a known one in a single bit is another name, or no name
// at all, also where the known one is expected.
func TestNamesThatNearlyMatchAreOthers(t *testing.T) {
	t.Parallel()
	m := tableOf(t, &usersv1.AnalyticsUserPresenceRecord{})
	for _, f := range m.fields {
		known := `{` + f.key + `null}`
		if _, err := m.FromJSON(nil, []byte(known), nil); err != nil {
			t.Fatal(err)
		}
		for at := 1; at < len(known)-len("null}"); at++ {
			for bit := range 8 {
				text := []byte(known + strings.Repeat(" ", 40)) // room to look ahead
				text[at] ^= 1 << bit
				var r Report
				_, err := m.FromJSON(nil, text, &r)
				valid := jsontext.Value(text).IsValid()
				if (err == nil) != valid || valid && len(r.Findings()) != 1 {
					t.Errorf("%s: error %v, %d unknown", text, err, len(r.Findings()))
				}
			}
		}
	}
}
