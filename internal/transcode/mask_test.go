package transcode

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

func TestAMaskSendsWhatItNames(t *testing.T) {
	t.Parallel()
	nobody := &usersv1.User{}
	ann := &usersv1.User{
		Id: proto.String("x"), Name: proto.String("Ann"), ProfileSkills: []string{"a"},
		Manager: &usersv1.User{Id: proto.String("y"), Name: proto.String("Bo")},
	}
	for _, test := range []struct {
		name string
		msg  proto.Message
		mask []string
		want string
	}{
		{"no mask: all that is set", ann, nil, `{"id":"x","name":"Ann","manager":{"id":"y","name":"Bo"},"profileSkills":["a"]}`},
		{"an empty mask: all that is set", ann, []string{}, `{"id":"x","name":"Ann","manager":{"id":"y","name":"Bo"},"profileSkills":["a"]}`},
		{"*: all that is set", ann, []string{"*"}, `{"id":"x","name":"Ann","manager":{"id":"y","name":"Bo"},"profileSkills":["a"]}`},
		{"* and an unset field", ann, []string{"title", "*", "manager.title"}, `{"id":"x","name":"Ann","manager":{"id":"y","name":"Bo","title":null},"profileSkills":["a"],"title":null}`},
		{"set fields and nothing else", ann, []string{"profile_skills", "name"}, `{"name":"Ann","profileSkills":["a"]}`},
		{"an unset field and nothing else", ann, []string{"title"}, `{"title":null}`},
		{"unset fields of every shape", nobody, []string{"id", "version", "state", "date_last_login", "chat", "profile_skills", "skills"},
			`{"id":null,"version":null,"state":null,"dateLastLogin":null,"chat":null,"profileSkills":[],"skills":[]}`},
		{"an unset map", &usersv1.Location{}, []string{"coordinates"}, `{"coordinates":{}}`},
		{"a message as a whole", ann, []string{"manager"}, `{"manager":{"id":"y","name":"Bo"}}`},
		{"a field of a message and nothing else of it", ann, []string{"manager.name"}, `{"manager":{"name":"Bo"}}`},
		{"an unset field of a message", ann, []string{"manager.title", "manager.id"}, `{"manager":{"id":"y","title":null}}`},
		{"a field of an unset message", nobody, []string{"manager.chat.jabber_id"}, `{"manager":{"chat":{"jabberId":null}}}`},
		{"a path within another, set", ann, []string{"manager.title", "manager"}, `{"manager":{"id":"y","name":"Bo","title":null}}`},
		{"a path within another, unset", nobody, []string{"manager.title", "manager"}, `{"manager":null}`},
		{"a path twice", ann, []string{"title", "title"}, `{"title":null}`},
		{"what has no JSON form is not looked at", &usersv1.User{Id: proto.String("x"), State: usersv1.User_STATE_UNRECOGNIZED.Enum()}, []string{"id"}, `{"id":"x"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := tableOf(t, test.msg).ToJSON([]byte("kept"), marshal(t, test.msg), test.mask)
			if err != nil {
				t.Fatal(err)
			}
			if want := "kept" + test.want; string(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestToJSONRefusesMasksThatDoNotFit(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "nickname", "jabberId", "dateLastLogin", "manager.", ".manager", "manager.nickname", "manager.*", "skills.name", "date_last_login.seconds", "id.x", "**"} {
		_, err := tableOf(t, &usersv1.User{}).ToJSON(nil, nil, []string{"id", path})
		var e *MaskError
		if !errors.As(err, &e) || e.Path != path {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// The version that a write is based on is sent whatever the mask names, at every
// depth that the mask goes to, and never where it is unset.
func TestTheVersionOfAWriteIsSentWhateverTheMaskNames(t *testing.T) {
	t.Parallel()
	version := &descriptorpb.FieldOptions{}
	proto.SetExtension(version, apiv1.E_Field, &apiv1.Field{BaseVersion: true})
	field := func(name string, number int32, kind descriptorpb.FieldDescriptorProto_Type, options *descriptorpb.FieldOptions) *descriptorpb.FieldDescriptorProto {
		f := &descriptorpb.FieldDescriptorProto{
			Name: proto.String(name), JsonName: proto.String(name), Number: proto.Int32(number), Type: kind.Enum(),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), Options: options,
		}
		if kind == descriptorpb.FieldDescriptorProto_TYPE_MESSAGE {
			f.TypeName = proto.String(".Versioned")
		}
		return f
	}
	fd, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("versioned.proto"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{
			Name: proto.String("Versioned"),
			Field: []*descriptorpb.FieldDescriptorProto{
				field("name", 1, descriptorpb.FieldDescriptorProto_TYPE_STRING, nil),
				field("version", 2, descriptorpb.FieldDescriptorProto_TYPE_INT32, version),
				field("inner", 3, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, nil),
			},
		}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	md := fd.Messages().Get(0)
	m, err := NewCompiler().Message(md)
	if err != nil {
		t.Fatal(err)
	}
	versioned := func(version int32, inner protoreflect.Message) protoreflect.Message {
		msg := dynamicpb.NewMessage(md)
		msg.Set(md.Fields().ByName("name"), protoreflect.ValueOfString("n"))
		if version != 0 {
			msg.Set(md.Fields().ByName("version"), protoreflect.ValueOfInt32(version))
		}
		if inner != nil {
			msg.Set(md.Fields().ByName("inner"), protoreflect.ValueOfMessage(inner))
		}
		return msg
	}
	for _, test := range []struct {
		msg  protoreflect.Message
		mask []string
		want string
	}{
		{versioned(7, nil), []string{"name"}, `{"name":"n","version":7}`},
		{versioned(7, nil), []string{"inner"}, `{"version":7,"inner":null}`},
		{versioned(7, nil), []string{"version"}, `{"version":7}`},
		{versioned(0, nil), []string{"name"}, `{"name":"n"}`},
		{versioned(0, nil), []string{"version"}, `{"version":null}`},
		{versioned(7, versioned(8, nil)), []string{"name"}, `{"name":"n","version":7}`},
		{versioned(7, versioned(8, nil)), []string{"inner.name"}, `{"version":7,"inner":{"name":"n","version":8}}`},
		{versioned(7, versioned(0, nil)), []string{"inner.name"}, `{"version":7,"inner":{"name":"n"}}`},
	} {
		if got, err := m.ToJSON(nil, marshal(t, test.msg.Interface()), test.mask); err != nil || string(got) != test.want {
			t.Errorf("mask %v: got %s, %v\nwant %s", test.mask, got, err, test.want)
		}
	}
}

// Every message of the contract with random masks, against the unmasked text that
// is cut down by what the descriptors say.
func TestAMaskCutsEveryMessageDownToWhatItNames(t *testing.T) {
	t.Parallel()
	all := contract(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		m := all[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range rounds(t) {
				g := newGenerator(seed)
				g.plain = true
				md := newMessage(t, name).ProtoReflect().Descriptor()
				wire, err := m.FromJSON(nil, []byte(g.object(md).ours.String()), nil)
				if err != nil {
					t.Fatal(err)
				}
				text, err := m.ToJSON(nil, wire, nil)
				if err != nil {
					t.Fatal(err)
				}
				var mask []string
				for range 1 + g.IntN(5) {
					mask = append(mask, g.path(md))
				}
				want := masked(md, parse(t, text).(map[string]any), mask)
				for _, w := range [][]byte{wire, scramble(g, md, wire)} {
					got, err := m.ToJSON(nil, w, mask)
					if err != nil {
						t.Fatalf("seed %d: %v", seed, err)
					}
					if got := parse(t, got); !reflect.DeepEqual(got, any(want)) {
						t.Fatalf("seed %d: mask %v of %s\ngot  %v\nwant %v", seed, mask, text, got, want)
					}
				}
			}
		})
	}
}

// path makes a path into a message.
func (g *generator) path(md protoreflect.MessageDescriptor) string {
	if md.Fields().Len() == 0 || g.chance(5) {
		return "*"
	}
	fd := md.Fields().Get(g.IntN(md.Fields().Len()))
	path := string(fd.Name())
	if inner := fd.Message(); inner != nil && !fd.IsList() && !fd.IsMap() && inner.FullName().Parent() != "google.protobuf" && g.chance(60) {
		if rest := g.path(inner); rest != "*" {
			path += "." + rest
		}
	}
	return path
}

// masked cuts an object down to what the paths name.
func masked(md protoreflect.MessageDescriptor, object map[string]any, paths []string) map[string]any {
	whole := slices.Contains(paths, "*")
	left := map[string]any{}
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		named := slices.Contains(paths, string(fd.Name()))
		var below []string
		for _, path := range paths {
			if rest, ok := strings.CutPrefix(path, string(fd.Name())+"."); ok {
				below = append(below, rest)
			}
		}
		facts, _ := proto.GetExtension(fd.Options(), apiv1.E_Field).(*apiv1.Field)
		value, set := object[fd.JSONName()]
		inner, _ := value.(map[string]any)
		switch {
		case set && len(below) > 0:
			if whole || named {
				below = append(below, "*")
			}
			left[fd.JSONName()] = masked(fd.Message(), inner, below)
		case set && (whole || named || facts.GetBaseVersion()):
			left[fd.JSONName()] = value
		case set || !named && len(below) == 0:
		case !named:
			left[fd.JSONName()] = masked(fd.Message(), nil, below)
		case fd.IsMap():
			left[fd.JSONName()] = map[string]any{}
		case fd.IsList():
			left[fd.JSONName()] = []any{}
		default:
			left[fd.JSONName()] = nil
		}
	}
	return left
}
