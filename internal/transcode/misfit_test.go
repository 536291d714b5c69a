package transcode

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// oddValues has every kind of JSON, and values at and beyond every bound. Each fits
// some fields and not others.
var oddValues = []string{
	`""`, `"x"`, `" "`, `"5"`, `"-0"`, `"1.5"`, `"1e3"`, `" 5"`, `"0x5"`, `"9223372036854775808"`, `"true"`, `"false"`, `"True"`, `"null"`, `"NaN"`, `"-Infinity"`, `"[]"`,
	`"2026-06-30T23:59:59Z"`, `"2026-06-30T23:59:60Z"`, `"2026-06-30T23:59:60.5+05:30"`, `"2026-06-30t23:59:59z"`, `"2026-06-30 23:59:59Z"`,
	`"2026-06-30T23:59:59.1234567891Z"`, `"2026-06-30T23:59:60.` + strings.Repeat("9", 400) + `-0100"`,
	`"2026-02-30T00:00:00Z"`, `"2026-06-30"`, `"2026-06-30T23:59"`, `"2026-06-30T23:59:59"`, `"2026-06-30T23:59:61Z"`, `"2026-06-30T24:00:00Z"`,
	`"0000-01-01T00:00:00Z"`, `"0001-01-01T00:00:00+00:01"`, `"9999-12-31T23:59:60Z"`, `"2026-06-30T23:59:59+24:00"`, `"2026-06-30T23:59:59.Z"`,
	`0`, `-0`, `5`, `-1`, `1.5`, `1e2`, `2147483648`, `-2147483649`, `9223372036854775808`, `1787200523391`, `1e400`, `-1e400`, `1e39`, `1e-400`, `1` + strings.Repeat("0", 300),
	`true`, `false`, `{}`, `{"id":5,"name":{},"x":[1e400]}`, `[]`, `[5,"x",{},[true]]`, `[[[1e400]]]`,
}

// walked tells how much of the contract is walked.
var walked atomic.Int64

// Every field of every message with every odd value: alone, in a list and in a map,
// among good ones and not. What comes out is what protojson makes of the text that is
// cut down to what fits, and the report names just what was cut.
func TestNoValueFailsAMessage(t *testing.T) {
	all := contract(t)
	t.Run("of the contract", func(t *testing.T) {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				msg := newMessage(t, name)
				fields := msg.ProtoReflect().Descriptor().Fields()
				for i := range fields.Len() {
					fd := fields.Get(i)
					g := newGenerator(uint64(i))
					g.plain, g.depth = true, 5
					key := plainString(fd.JSONName()) + ":"
					for _, odd := range oddValues {
						agree(t, all[name], `{`+key+odd+`}`)
						switch {
						case fd.IsList():
							good := g.single(fd).ours.String()
							agree(t, all[name], `{`+key+`[`+odd+`]}`)
							agree(t, all[name], `{"other":1,`+key+` [`+good+` , `+odd+`,`+good+`, null ] , "other":2}`)
						case fd.IsMap():
							good := g.single(fd.MapValue()).ours.String()
							agree(t, all[name], `{`+key+`{"k":`+odd+`}}`)
							agree(t, all[name], `{"other":1,`+key+` { "a":`+good+`,"k":`+odd+`,"n":null , "z":`+good+` } , "other":2}`)
						}
					}
				}
			})
		}
	})
	t.Logf("%d texts", walked.Load())
}

// Every message with odd values anywhere in it, at every depth.
func TestNoValuesAtAnyDepthFailAMessage(t *testing.T) {
	t.Parallel()
	all := contract(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			md := newMessage(t, name).ProtoReflect().Descriptor()
			for seed := range rounds(t) {
				g := newGenerator(seed)
				g.plain, g.wrong = true, 1+g.IntN(30)
				agree(t, all[name], g.object(md).ours.String())
				// With escapes and duplicates, which are not there any more to be counted.
				g.plain = false
				agreeButForTheReport(t, all[name], g.object(md).ours.String())
			}
		})
	}
}

// agree reads a text that has no member twice.
func agree(t *testing.T, m *Message, text string) {
	t.Helper()
	r, cuts := agreeButForTheReport(t, m, text)
	type key struct {
		kind           Kind
		message, field string
	}
	counts, pointers := map[key]int{}, map[key][]string{}
	for _, c := range cuts {
		k := key{c.kind, c.message, c.field}
		counts[k]++
		pointers[k] = append(pointers[k], c.pointer)
	}
	reported := map[key]int{}
	for _, f := range r.Findings() {
		if f.Kind != LeftOut && f.Kind != Mended {
			continue
		}
		k := key{f.Kind, f.Message, f.Field}
		reported[k] = f.Count
		if at := strings.TrimSuffix(f.Pointer, "…"); !slices.ContainsFunc(pointers[k], func(p string) bool { return p == f.Pointer || at != f.Pointer && strings.HasPrefix(p, at) }) {
			t.Errorf("%v: %s is none of %v\n%s", k, f.Pointer, pointers[k], text)
		}
		if !harmless.MatchString(f.Problem) || f.Value != "" {
			t.Errorf("the report says %q and %q", f.Problem, f.Value)
		}
	}
	if !r.Truncated() && !maps.Equal(reported, counts) {
		t.Fatalf("json %s\nreported %v\nwant     %v\n%v", text, reported, counts, pointers)
	}
}

func agreeButForTheReport(t *testing.T, m *Message, text string) (*Report, []cut) {
	t.Helper()
	walked.Add(1)
	got, want := newMessage(t, m.name), newMessage(t, m.name)
	fitting, cuts := cutDown(t, want.ProtoReflect().Descriptor(), []byte(text))
	if err := protojson.Unmarshal(fitting, want); err != nil {
		t.Fatalf("protojson: %v\n%s", err, fitting)
	}
	var r Report
	// The capacity ends where the text ends: reading on would panic.
	wire, err := m.FromJSON(nil, []byte(text)[:len(text):len(text)], &r)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := proto.Unmarshal(wire, got); err != nil {
		t.Fatalf("not wire form: %v\n%s", err, text)
	}
	if !proto.Equal(got, want) {
		t.Fatalf("json %s\ngot  %v\nwant %v", text, got, want)
	}
	return &r, cuts
}

// harmless is what a problem may say.
var harmless = regexp.MustCompile(`^expected (a|an|an integer of (32|64) bits|a floating-point number|a time as RFC 3339 writes it|a time in the years 1 to 9999|an integer)` +
	`( (string|object|list|number|bool|string with a time))?, found (a|an|another|one beyond its range|a larger one|a number with a fraction|another string)( (string|object|list|number|bool))?$`)

func TestWhatAFieldCannotHoldIsMendedOrLeftOut(t *testing.T) {
	t.Parallel()
	const user, skill, geo = "genesyscloud.users.v1.User", "genesyscloud.users.v1.UserRoutingSkill", "genesyscloud.users.v1.Geolocation"
	for _, test := range []struct {
		json string
		want *usersv1.User
		left Finding
	}{
		{`{"id":5.50}`, &usersv1.User{Id: proto.String("5.50")}, Finding{Kind: Mended, Message: user, Field: "id", Pointer: "/id", Problem: "expected a string, found a number"}},
		{`{"id":true}`, &usersv1.User{Id: proto.String("true")}, Finding{Kind: Mended, Message: user, Field: "id", Pointer: "/id", Problem: "expected a string, found a bool"}},
		{`{"id":{"a":"x"},"name":"Ann"}`, &usersv1.User{Name: proto.String("Ann")}, Finding{Kind: LeftOut, Message: user, Field: "id", Pointer: "/id", Problem: "expected a string, found an object"}},
		{`{"manager":{"skills":[{},{"id":[]}]}}`, &usersv1.User{Manager: &usersv1.User{Skills: []*usersv1.UserRoutingSkill{{}, {}}}},
			Finding{Kind: LeftOut, Message: skill, Field: "id", Pointer: "/manager/skills/1/id", Problem: "expected a string, found a list"}},
		{`{"skills":{}}`, &usersv1.User{}, Finding{Kind: LeftOut, Message: user, Field: "skills", Pointer: "/skills", Problem: "expected a list, found an object"}},
		{`{"skills":[{},"x",{}]}`, &usersv1.User{Skills: []*usersv1.UserRoutingSkill{{}, {}}}, Finding{Kind: LeftOut, Message: user, Field: "skills", Pointer: "/skills/1", Problem: "expected an object, found a string"}},
		{`{"manager":"x"}`, &usersv1.User{}, Finding{Kind: LeftOut, Message: user, Field: "manager", Pointer: "/manager", Problem: "expected an object, found a string"}},
		{`{"version":"x"}`, &usersv1.User{}, Finding{Kind: LeftOut, Message: user, Field: "version", Pointer: "/version", Problem: "expected a number, found a string"}},
		{`{"version":false}`, &usersv1.User{}, Finding{Kind: LeftOut, Message: user, Field: "version", Pointer: "/version", Problem: "expected a number, found a bool"}},
		{`{"version":1.5}`, &usersv1.User{}, Finding{Kind: LeftOut, Message: user, Field: "version", Pointer: "/version", Problem: errFraction}},
		{`{"version":"1.5"}`, &usersv1.User{}, Finding{Kind: LeftOut, Message: user, Field: "version", Pointer: "/version", Problem: errFraction}},
		{`{"version":2147483648}`, &usersv1.User{}, Finding{Kind: LeftOut, Message: user, Field: "version", Pointer: "/version", Problem: errRange32}},
		{`{"version":1e400}`, &usersv1.User{}, Finding{Kind: LeftOut, Message: user, Field: "version", Pointer: "/version", Problem: errRange64}},
		{`{"geolocation":{"latitude":1e309,"longitude":1}}`, &usersv1.User{Geolocation: &usersv1.Geolocation{Longitude: proto.Float64(1)}},
			Finding{Kind: LeftOut, Message: geo, Field: "latitude", Pointer: "/geolocation/latitude", Problem: errRangeFloat}},
		{`{"acdAutoAnswer":"true"}`, &usersv1.User{AcdAutoAnswer: proto.Bool(true)}, Finding{Kind: Mended, Message: user, Field: "acdAutoAnswer", Pointer: "/acdAutoAnswer", Problem: "expected a bool, found a string"}},
		{`{"acdAutoAnswer":1}`, &usersv1.User{}, Finding{Kind: LeftOut, Message: user, Field: "acdAutoAnswer", Pointer: "/acdAutoAnswer", Problem: "expected a bool, found a number"}},
		{`{"state":1}`, &usersv1.User{}, Finding{Kind: LeftOut, Message: user, Field: "state", Pointer: "/state", Problem: "expected a string, found a number"}},
		{`{"dateLastLogin":5}`, &usersv1.User{}, Finding{Kind: LeftOut, Message: user, Field: "dateLastLogin", Pointer: "/dateLastLogin", Problem: "expected a string with a time, found a number"}},
		{`{"dateLastLogin":""}`, &usersv1.User{}, Finding{Kind: LeftOut, Message: user, Field: "dateLastLogin", Pointer: "/dateLastLogin", Problem: errTime}},
		{`{"dateLastLogin":"0001-01-01T00:00:00+00:01"}`, &usersv1.User{}, Finding{Kind: LeftOut, Message: user, Field: "dateLastLogin", Pointer: "/dateLastLogin", Problem: errTimeRange}},
		{`{"profileSkills":["a",7,"b"]}`, &usersv1.User{ProfileSkills: []string{"a", "7", "b"}}, Finding{Kind: Mended, Message: user, Field: "profileSkills", Pointer: "/profileSkills/1", Problem: "expected a string, found a number"}},
		{`{"id":"a\ud83d","name":"\ude80b\u0041"}`, &usersv1.User{Id: proto.String("a\uFFFD"), Name: proto.String("\uFFFDbA")}, Finding{Kind: Mended, Message: user, Field: "id", Pointer: "/id", Problem: errSurrogate, Count: 2}},
		{`{"id":"\ud83d\ud83d\ude80\ufffd"}`, &usersv1.User{Id: proto.String("\uFFFD🚀\uFFFD")}, Finding{Kind: Mended, Message: user, Field: "id", Pointer: "/id", Problem: errSurrogate}},
		{`{"id":"a","id":{}}`, &usersv1.User{}, Finding{Kind: LeftOut, Message: user, Field: "id", Pointer: "/id", Problem: "expected a string, found an object"}},
		{`{"id":{},"manager":{"id":"1","id":"2"},"id":"a"}`, &usersv1.User{Id: proto.String("a"), Manager: &usersv1.User{Id: proto.String("2")}},
			Finding{Kind: LeftOut, Message: user, Field: "id", Pointer: "/id", Problem: "expected a string, found an object"}},
		{`{"skills":[{}],"skills":5}`, &usersv1.User{}, Finding{Kind: LeftOut, Message: user, Field: "skills", Pointer: "/skills", Problem: "expected a list, found a number"}},
		{`{"skills":[[],{"id":"x"},7]}`, &usersv1.User{Skills: []*usersv1.UserRoutingSkill{{Id: proto.String("x")}}},
			Finding{Kind: LeftOut, Message: user, Field: "skills", Pointer: "/skills/0", Problem: "expected an object, found a list", Count: 2}},
	} {
		t.Run(test.json, func(t *testing.T) {
			t.Parallel()
			var r Report
			got, err := decodeAs(t, &usersv1.User{}, test.json, &r)
			if err != nil {
				t.Fatal(err)
			}
			if !proto.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			test.left.Count = cmp.Or(test.left.Count, 1)
			if !slices.Equal(r.Findings(), []Finding{test.left}) {
				t.Errorf("reported %+v\nwant     %+v", r.Findings(), test.left)
			}
		})
	}
}

func TestFreeFormJSONKeepsItsPlacesWhereANumberIsTooLarge(t *testing.T) {
	t.Parallel()
	var r Report
	got, err := decodeAs(t, &structpb.Value{}, `{"a":[1e400,1],"b":1,"b":-1e999,"\ud800":2}`, &r)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := structpb.NewValue(map[string]any{"a": []any{nil, 1.0}, "b": nil, "\uFFFD": 2.0})
	if !proto.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	const value = "google.protobuf.Value"
	if want := []Finding{{Kind: LeftOut, Message: value, Pointer: "/*/0", Problem: errRangeFloat, Count: 2}, {Kind: Mended, Message: value, Pointer: "", Problem: errSurrogate, Count: 1}}; !slices.Equal(r.Findings(), want) {
		t.Errorf("reported %+v", r.Findings())
	}
}

// A text of which nothing would be left is not an answer.
func TestATextOfAnotherKindThanItsMessageIsRefused(t *testing.T) {
	t.Parallel()
	user := tableOf(t, &usersv1.User{})
	location := tableOf(t, &usersv1.Location{})
	for _, text := range []string{`5`, `"x"`, `true`, `[]`, `[{}]`} {
		if _, err := user.FromJSON(nil, []byte(text), nil); err == nil {
			t.Errorf("%s is a user", text)
		}
	}
	for name, texts := range map[string][]string{
		"profile_skills": {`{}`, ` 5`, `"x"`}, "skills": {`{}`, `true`}, "manager": {`[]`, `"x"`}, "version": {`"x"`, `{}`, `1.5`}, "date_last_login": {`""`, `5`}, "id": {`{}`},
	} {
		fd := (&usersv1.User{}).ProtoReflect().Descriptor().Fields().ByTextName(name)
		for _, text := range texts {
			if wire, err := user.FromJSONField(nil, []byte(text), fd, &Report{}); err == nil || len(wire) > 0 {
				t.Errorf("%s is %s: %x", text, name, wire)
			}
		}
	}
	fd := (&usersv1.Location{}).ProtoReflect().Descriptor().Fields().ByTextName("coordinates")
	if _, err := location.FromJSONField(nil, []byte(`[]`), fd, nil); err == nil {
		t.Error("a list is a map")
	}
	if wire, err := location.FromJSONField(nil, []byte(`{"x":"y"}`), fd, nil); err != nil || len(wire) > 0 {
		t.Errorf("an entry that does not fit: %x, %v", wire, err)
	}
}

// However many values do not fit, the report stays small and what it costs does, too.
func TestAReportOfMisfitsIsBounded(t *testing.T) {
	t.Parallel()
	page := `{"entities":[` + strings.Repeat(`{"id":"x","dateLastLogin":""},`, 99) + `{"id":"y","dateLastLogin":"soon"}]}`
	var r Report
	got, err := decodeAs(t, &usersv1.UserEntityListing{}, page, &r)
	if err != nil || len(got.GetEntities()) != 100 || got.GetEntities()[99].GetId() != "y" {
		t.Fatalf("%v, %v", got, err)
	}
	want := []Finding{{Kind: LeftOut, Message: "genesyscloud.users.v1.User", Field: "dateLastLogin", Pointer: "/entities/0/dateLastLogin", Problem: errTime, Count: 100}}
	if !reflect.DeepEqual(r.Findings(), want) {
		t.Errorf("reported %+v", r.Findings())
	}
	// Twice into the same report, as a caller may, and with a member twice, for which
	// the text is read twice.
	if _, err := decodeAs(t, &usersv1.UserEntityListing{}, strings.Replace(page, `{"id"`, `{"id":"z","id"`, 1), &r); err != nil || r.Findings()[0].Count != 200 {
		t.Errorf("reported %+v, %v", r.Findings(), err)
	}

	// One misfit of every field that a user and those around it have.
	var b strings.Builder
	add := func(prefix string, m proto.Message, suffix string) {
		b.WriteString(prefix)
		fields := m.ProtoReflect().Descriptor().Fields()
		for i := range fields.Len() {
			fmt.Fprintf(&b, `%s"%s":[[["%s"]]]`, strings.Repeat(",", min(i, 1)), fields.Get(i).JSONName(), strings.Repeat("long", 1000))
		}
		b.WriteString(suffix)
	}
	add(`{"entities":[{`, &usersv1.User{}, `},`)
	add(`{"geolocation":{`, &usersv1.Geolocation{}, `}},`)
	add(`{"station":{"associatedStation":{`, &usersv1.UserStation{}, `}}},`)
	add(`{"skills":[{`, &usersv1.UserRoutingSkill{}, `}]},`)
	add(`{"authorization":{"roles":[{`, &usersv1.DomainRole{}, `}]}},`)
	add(`{"groups":[{`, &usersv1.Group{}, `}]}]}`)
	r.Reset()
	if _, err := decodeAs(t, &usersv1.UserEntityListing{}, b.String(), &r); err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, f := range r.Findings() {
		size += len(f.Message) + len(f.Field) + len(f.Value) + len(f.Pointer) + len(f.Problem)
	}
	if len(r.Findings()) != maxFindings || !r.Truncated() || size > maxFindings*300 {
		t.Errorf("%d findings of %d bytes, truncated: %v", len(r.Findings()), size, r.Truncated())
	}
}

// What a decoder has learned of a text with misfits must not show in the next text.
func TestMisfitsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	m := tableOf(t, &usersv1.UserEntityListing{})
	good := payload(t, "users_page_100")
	want, err := m.FromJSON(nil, good, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{`{"entities":[{"id":5,"version":"x","skills":{},"dateLastLogin":""}]}`, `{"entities":[{"id":{}},?]}`, `{"entities":[{"id":"a","id":[]}]}`} {
		_, _ = m.FromJSON(nil, []byte(bad), nil)
		var r Report
		if got, err := m.FromJSON(nil, good, &r); err != nil || !bytes.Equal(got, want) || len(r.Findings()) > 0 {
			t.Errorf("after %s: %v, %v", bad, r.Findings(), err)
		}
	}
}
