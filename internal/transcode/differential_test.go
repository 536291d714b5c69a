package transcode

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
)

// rounds is how often each message of the contract is made up; TRANSCODE_ROUNDS
// asks for more.
func rounds(t *testing.T) uint64 {
	t.Helper()
	s := os.Getenv("TRANSCODE_ROUNDS")
	if s == "" {
		return 20
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatalf("TRANSCODE_ROUNDS: %v", err)
	}
	return n
}

func newMessage(t testing.TB, name string) proto.Message {
	t.Helper()
	mt, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		t.Fatal(err)
	}
	return mt.New().Interface()
}

func TestFromJSONAgreesWithProtojsonForEveryMessage(t *testing.T) {
	t.Parallel()
	all := contract(t)
	t.Logf("%d messages", len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		m := all[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var wire []byte
			for seed := range rounds(t) {
				p := newGenerator(seed).object(newMessage(t, name).ProtoReflect().Descriptor())
				ours, theirs := p.ours.String(), p.theirs.String()
				want := newMessage(t, name)
				if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(theirs), want); err != nil {
					t.Fatalf("seed %d: protojson: %v\n%s", seed, err, theirs)
				}
				var r Report
				var err error
				if wire, err = m.FromJSON(wire[:0], []byte(ours), &r); err != nil {
					t.Fatalf("seed %d: %v\n%s", seed, err, ours)
				}
				got := newMessage(t, name)
				if err := proto.Unmarshal(wire, got); err != nil {
					t.Fatalf("seed %d: unmarshal: %v\n%s", seed, err, ours)
				}
				if !proto.Equal(got, want) {
					t.Fatalf("seed %d: differs\njson %s\ngot  %v\nwant %v", seed, ours, got, want)
				}
			}
		})
	}
}

func TestToJSONAgreesWithProtojsonForEveryMessage(t *testing.T) {
	t.Parallel()
	all := contract(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		m := all[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range rounds(t) {
				g := newGenerator(seed)
				g.plain = true
				msg := newMessage(t, name)
				md := msg.ProtoReflect().Descriptor()
				if err := protojson.Unmarshal([]byte(g.object(md).theirs.String()), msg); err != nil {
					t.Fatal(err)
				}
				wire, err := proto.Marshal(msg)
				if err != nil {
					t.Fatal(err)
				}
				text, err := protojson.Marshal(msg)
				if err != nil {
					t.Fatal(err)
				}
				want := normalize(t, md, parse(t, text))
				if isUnset(msg.ProtoReflect()) {
					continue
				}
				for _, w := range [][]byte{wire, scramble(g, md, wire)} {
					got, err := m.ToJSON(nil, w, nil)
					if err != nil {
						t.Fatalf("seed %d: %v\n%s", seed, err, text)
					}
					if got := parse(t, got); !reflect.DeepEqual(got, want) {
						t.Fatalf("seed %d: differs\ngot  %v\nwant %v", seed, got, want)
					}
				}
			}
		})
	}
}

// isUnset tells whether a message has an enum value that the upstream does not
// know, for which there is no JSON.
func isUnset(m protoreflect.Message) bool {
	unset := false
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if fd.Kind() == protoreflect.EnumKind && !fd.IsList() && v.Enum() <= unrecognized {
			unset = true
		}
		return true
	})
	return unset
}

func parse(t *testing.T, text []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, text)
	}
	return numbers(v)
}

// numbers makes 3, 3.0 and 3e0 equal, and keeps what is beyond a float64.
func numbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	case []any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	case json.Number:
		if i, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return fmt.Sprint("number ", i)
		}
		f, _ := v.Float64()
		if f == float64(int64(f)) && f < 1e15 && f > -1e15 {
			return fmt.Sprint("number ", int64(f))
		}
		return fmt.Sprint("number ", f)
	}
	return v
}

// normalize turns what protojson says of a message into what the upstream says.
func normalize(t *testing.T, md protoreflect.MessageDescriptor, v any) any {
	t.Helper()
	object, ok := v.(map[string]any)
	if !ok || md.FullName().Parent() == "google.protobuf" {
		if md.FullName() == "google.protobuf.Timestamp" {
			at, err := time.Parse(time.RFC3339Nano, v.(string))
			if err != nil {
				t.Fatal(err)
			}
			layout := "2006-01-02T15:04:05.000Z"
			return at.Format(layout)
		}
		return v
	}
	for name, v := range object {
		fd := md.Fields().ByJSONName(name)
		single := func(fd protoreflect.FieldDescriptor, v any) any {
			switch fd.Kind() {
			case protoreflect.MessageKind:
				return normalize(t, fd.Message(), v)
			case protoreflect.EnumKind:
				vd := fd.Enum().Values().ByName(protoreflect.Name(v.(string)))
				return proto.GetExtension(vd.Options(), apiv1.E_Upstream)
			case protoreflect.Int64Kind:
				return "number " + v.(string)
			default:
				return v
			}
		}
		switch {
		case fd.IsMap():
			for k, e := range v.(map[string]any) {
				v.(map[string]any)[k] = single(fd.MapValue(), e)
			}
		case fd.IsList():
			for k, e := range v.([]any) {
				v.([]any)[k] = single(fd, e)
			}
		default:
			object[name] = single(fd, v)
		}
	}
	return object
}
