package operation_test

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// unknownNumber is a number that no field of the contract has.
const unknownNumber = 15_000

var unknownField = protowire.AppendVarint(protowire.AppendTag(nil, unknownNumber, protowire.VarintType), 1)

// place is a message somewhere in a request, with the path that leads to it.
type place struct {
	path    string
	message protoreflect.Message
}

// places fills a request with one message in each field that can hold some, and
// returns all of them but free-form ones; a message type is entered once per path.
func places(m protoreflect.Message, path string, above []protoreflect.FullName) []place {
	all := []place{{path, m}}
	above = append(above, m.Descriptor().FullName())
	for i := range m.Descriptor().Fields().Len() {
		fd := m.Descriptor().Fields().Get(i)
		at := strings.TrimPrefix(path+"."+string(fd.Name()), ".")
		var inner protoreflect.Message
		switch {
		case fd.IsMap() && fd.MapValue().Message() != nil:
			value := m.Mutable(fd).Map().NewValue()
			m.Mutable(fd).Map().Set(protoreflect.ValueOfString("key").MapKey(), value)
			inner, at = value.Message(), at+"[*]"
		case fd.IsMap() || fd.Message() == nil:
			continue
		case fd.IsList():
			m.Mutable(fd).List().AppendMutable()
			inner, at = m.Mutable(fd).List().AppendMutable().Message(), at+"[1]"
		default:
			inner = m.Mutable(fd).Message()
		}
		free, seen := false, false
		switch name := inner.Descriptor().FullName(); name {
		case "google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue":
			free = true
		default:
			for _, a := range above {
				seen = seen || a == name
			}
		}
		if !free && !seen {
			all = append(all, places(inner, at, above)...)
		}
	}
	return all
}

func TestUnknownFieldsOfRequestsAreFoundAtEveryDepth(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, op := range contract(t).All() {
		request := op.NewRequest().ProtoReflect()
		for _, p := range places(request, "", nil) {
			if err := op.Unknown(request); err != nil {
				t.Fatalf("%s: without an unknown field: %v", op.Name, err)
			}
			p.message.SetUnknown(unknownField)
			var e *operation.UnknownFieldError
			if err := op.Unknown(request); !errors.As(err, &e) || e.Path != p.path || e.Number != unknownNumber {
				t.Errorf("%s: got %v, want the field of %q", op.Name, err, p.path)
			} else if !strings.Contains(e.Error(), "15000") || !strings.Contains(e.Error(), p.path) || !strings.HasSuffix(e.Field(), "15000") {
				t.Errorf("%s: %q at %q does not say which field it is", op.Name, e, e.Field())
			}
			p.message.SetUnknown(nil)
			tried++
		}
	}
	if tried < 250 {
		t.Errorf("only %d messages were tried", tried)
	}
	t.Logf("%d messages", tried)
}

// A request is searched before every call.
func TestTheSearchForUnknownFieldsDoesNotAllocate(t *testing.T) {
	set := contract(t)
	for name, request := range map[string]proto.Message{
		"GetUser":  &usersv1.GetUserRequest{UserId: "u", Expand: []string{"presence"}},
		"GetUsers": &usersv1.GetUsersRequest{PageSize: proto.Int32(100), Id: []string{"a", "b"}},
		"PatchUser": &usersv1.PatchUserRequest{UserId: "u", Body: &usersv1.UpdateUser{
			Name: proto.String("x"), Chat: &usersv1.Chat{JabberId: proto.String("y")}, ProfileSkills: []string{"a"},
		}},
	} {
		op, m := set.ByName(name), request.ProtoReflect()
		if n := testing.AllocsPerRun(100, func() {
			if err := op.Unknown(m); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkUnknown(b *testing.B) {
	set := contract(b)
	for name, request := range map[string]proto.Message{
		"GetUsers": &usersv1.GetUsersRequest{PageSize: proto.Int32(100)},
		"PatchUser": &usersv1.PatchUserRequest{UserId: "u", Body: &usersv1.UpdateUser{
			Name: proto.String("x"), Chat: &usersv1.Chat{JabberId: proto.String("y")}, Addresses: []*usersv1.Contact{{}, {}, {}},
		}},
	} {
		op, m := set.ByName(name), request.ProtoReflect()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := op.Unknown(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
