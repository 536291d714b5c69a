package transcode

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// fuzzed are the messages that are fuzzed: between them they have every kind of
// field.
var fuzzed = []proto.Message{
	&usersv1.User{},
	&usersv1.AnalyticsUserDetailsQueryResponse{},
	&usersv1.Location{},
	&usersv1.UserQueue{},
	&usersv1.DataSchema{},
	&usersv1.AsyncUserDetailsQuery{},
	&structpb.Value{},
	&structpb.Struct{},
	&timestamppb.Timestamp{},
}

// fuzzTables compiles them once; fuzzing calls from several goroutines.
var fuzzTables = sync.OnceValues(func() ([]*Message, error) {
	c := NewCompiler()
	var tables []*Message
	for _, msg := range fuzzed {
		m, err := c.Message(msg.ProtoReflect().Descriptor())
		if err != nil {
			return nil, err
		}
		tables = append(tables, m)
	}
	return tables, nil
})

func fuzzTable(t testing.TB, which uint8) (*Message, proto.Message) {
	t.Helper()
	tables, err := fuzzTables()
	if err != nil {
		t.Fatal(err)
	}
	k := int(which) % len(fuzzed)
	return tables[k], fuzzed[k].ProtoReflect().New().Interface()
}

func FuzzFromJSON(f *testing.F) {
	for k, msg := range fuzzed {
		if msg.ProtoReflect().Descriptor().FullName().Parent() != "google.protobuf" {
			f.Add(uint8(k), []byte(newGenerator(uint64(k)).object(msg.ProtoReflect().Descriptor()).ours.String()))
		}
		f.Add(uint8(k), []byte(newGenerator(uint64(k)).free(3).ours.String()))
	}
	f.Add(uint8(0), []byte(`{"dateLastLogin":"2026-08-20T04:35:23.391Z","id":"x","id":"y","n":[{}],"version":1e2,"state":"active"}`))
	for k, odd := range oddValues {
		f.Add(uint8(0), []byte(`{"id":`+odd+`,"version":`+odd+`,"acdAutoAnswer":`+odd+`,"state":`+odd+`,"dateLastLogin":`+odd+`,"manager":`+odd+`,"skills":[`+odd+`,{}]}`))
		f.Add(uint8(2+k%4), []byte(`{"coordinates":{"a":`+odd+`},"memberCount":`+odd+`,"jsonSchema":{"properties":{"x":`+odd+`}}}`))
	}
	f.Add(uint8(2), []byte(`{"coordinates":{"a":null,"a":1,"b":-1.5e-3}}`))
	f.Fuzz(func(t *testing.T, which uint8, src []byte) {
		m, got := fuzzTable(t, which)
		var r Report
		before := bytes.Clone(src)
		wire, err := m.FromJSON(nil, slices.Clip(src), &r)
		if !bytes.Equal(before, src) {
			t.Fatal("src was changed")
		}
		valid := isJSON(string(src))
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(src) || e.Problem == "" {
				t.Fatalf("error %#v", err)
			}
			if valid && e.Problem != errTooDeep && !ofAnotherKind(m, src) {
				t.Fatalf("refused what is JSON: %v", err)
			}
			return
		}
		if !valid {
			t.Fatal("took what is not JSON")
		}
		if err := proto.Unmarshal(wire, got); err != nil {
			t.Fatal(err)
		}
		if again, err := m.FromJSON([]byte("x"), src, nil); err != nil || !bytes.Equal(again[1:], wire) {
			t.Fatalf("a second time: %v", err)
		}
		for _, f := range r.Findings() {
			if (f.Kind == LeftOut || f.Kind == Mended) && (f.Count < 1 || len(f.Pointer) > maxPointer+len("…") || f.Problem != errSurrogate && !harmless.MatchString(f.Problem)) {
				t.Fatalf("reported %+v", f)
			}
		}
		// What protojson makes of it, in its spelling and without what does not fit,
		// must be the same.
		want := got.ProtoReflect().New().Interface()
		fitting := protojsonSpelling(t, want.ProtoReflect().Descriptor(), src)
		if m.op == opValue || string(fitting) != "null" {
			if err := protojson.Unmarshal(fitting, want); err != nil {
				if m.op == opTimestamp {
					return // protojson wants a colon in the offset
				}
				t.Fatalf("protojson: %v\n%s", err, fitting)
			}
		}
		if !proto.Equal(got, want) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
	})
}

// ofAnotherKind tells whether a JSON text is something else than the message is. A
// time is only one if it is written as one.
func ofAnotherKind(m *Message, src []byte) bool {
	first := bytes.TrimLeft(src, " \t\r\n")[0]
	return m.op == opTimestamp || m.op != opValue && first != '{'
}

func FuzzToJSON(f *testing.F) {
	for k, msg := range fuzzed {
		wire, err := func() ([]byte, error) {
			m, _ := fuzzTable(f, uint8(k))
			g := newGenerator(uint64(k))
			if msg.ProtoReflect().Descriptor().FullName().Parent() == "google.protobuf" {
				return m.FromJSON(nil, []byte(g.freeObject(3).ours.String()), nil)
			}
			return m.FromJSON(nil, []byte(g.object(msg.ProtoReflect().Descriptor()).ours.String()), nil)
		}()
		if err == nil {
			f.Add(uint8(k), wire)
			f.Add(uint8(k), scramble(newGenerator(1), msg.ProtoReflect().Descriptor(), wire))
		}
	}
	f.Add(uint8(8), []byte{0x08, 1, 0x10, 5})
	f.Fuzz(func(t *testing.T, which uint8, wire []byte) {
		m, want := fuzzTable(t, which)
		before := bytes.Clone(wire)
		text, err := m.ToJSON(nil, slices.Clip(wire), nil)
		if !bytes.Equal(before, wire) {
			t.Fatal("wire was changed")
		}
		if err != nil {
			var e *WireError
			if !errors.As(err, &e) || e.Problem == "" {
				t.Fatalf("error %#v", err)
			}
			return
		}
		if !json.Valid(text) || !jsontext.Value(text).IsValid() {
			t.Fatalf("not JSON: %q", text)
		}
		if err := proto.Unmarshal(wire, want); err != nil {
			if strings.Contains(err.Error(), "UTF-8") {
				return // in a string that a later one overrules
			}
			t.Fatalf("took what is not wire form: %v", err)
		}
		got := want.ProtoReflect().New().Interface()
		back, err := m.FromJSON(nil, text, nil)
		if err != nil {
			t.Fatalf("not read again: %v\n%s", err, text)
		}
		if err := proto.Unmarshal(back, got); err != nil {
			t.Fatal(err)
		}
		if !proto.Equal(got, want) {
			t.Fatalf("got  %v\nwant %v\njson %s", got, want, text)
		}
	})
}
