package operation_test

import (
	"errors"
	"flag"
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func contract(t testing.TB) *operation.Set {
	t.Helper()
	set, err := operation.Compile(protoregistry.GlobalFiles, "genesyscloud.users.v1")
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// The golden file has a line per RPC, so that a diff shows what a change of the
// contract does.
func TestOperationsAreWhatTheGoldenFileSays(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, op := range contract(t).All() {
		b.WriteString(op.String() + "\n")
	}
	golden(t, "testdata/operations.golden", "the operations", b.String())
}

func TestLiteralsStandBehindVariables(t *testing.T) {
	t.Parallel()
	if err := contract(t).CheckPrecedence(); err != nil {
		t.Error(err)
	}
}

func TestPathKeepsAnIDInItsSegment(t *testing.T) {
	t.Parallel()
	op := contract(t).ByName("GetUser")
	for id, want := range map[string]string{
		"a/b":        "a%2Fb",
		"a?b=c":      "a%3Fb%3Dc",
		"a#b":        "a%23b",
		"%":          "%25",
		"%2e%2e":     "%252e%252e",
		"a+b":        "a%2Bb",
		"a b":        "a%20b",
		"ü":          "%C3%BC",
		"...":        "...",
		"a;b":        "a%3Bb",
		"me2":        "me2",
		"1234-abc.d": "1234-abc.d",
	} {
		got, err := op.Path((&usersv1.GetUserRequest{UserId: id}).ProtoReflect())
		if err != nil || got != "/api/v2/users/"+want {
			t.Errorf("id %q: path %q, error %v; want segment %q", id, got, err, want)
		}
	}
	for name, id := range map[string]string{
		"empty": "", "dot": ".", "dot dot": "..", "NUL": "a\x00", "newline": "a\n", "delete": "\x7f", "C1": "\u0085",
		"too long": strings.Repeat("x", 1025), "literal sibling": "search", "sibling of another verb": "bulk", "invalid UTF-8": "\xff",
	} {
		_, err := op.Path((&usersv1.GetUserRequest{UserId: id}).ProtoReflect())
		if err == nil || !strings.HasPrefix(err.Error(), "user_id ") {
			t.Errorf("%s: error %v, want one that names user_id", name, err)
		}
	}
}

func TestBindPathTellsAnEncodedSlashFromAnEncodedPercent(t *testing.T) {
	t.Parallel()
	op := contract(t).ByName("GetUserState")
	for path, want := range map[string]string{
		"/api/v2/users/a%2Fb/state":   "a/b",
		"/api/v2/users/a%252Fb/state": "a%2Fb",
		"/api/v2/users/%2e%2E/state":  "..",
		"/api/v2/users//state":        "",
	} {
		var m usersv1.GetUserStateRequest
		if err := op.BindPath(m.ProtoReflect(), path); err != nil || m.GetUserId() != want {
			t.Errorf("%s: id %q, error %v; want %q", path, m.GetUserId(), err, want)
		}
	}
	if err := op.BindPath((&usersv1.GetUserStateRequest{}).ProtoReflect(), "/api/v2/users/%zz/state"); err == nil {
		t.Error("a broken percent-encoding was accepted")
	}
}

func TestQuerySendsWhatIsSet(t *testing.T) {
	t.Parallel()
	set := contract(t)
	for want, m := range map[string]proto.Message{
		"": &usersv1.GetUsersRequest{},
		"pageSize=0&id=a&id=b%26c&expand=presence&state=any": &usersv1.GetUsersRequest{
			PageSize: proto.Int32(0), Id: []string{"a", "b&c"}, Expand: []string{"presence"}, State: proto.String("any"),
		},
		"force=false": &usersv1.PostUserInviteRequest{UserId: "u", Force: proto.Bool(false)},
	} {
		name := strings.TrimSuffix(string(m.ProtoReflect().Descriptor().Name()), "Request")
		if got := set.ByName(name).Query(m.ProtoReflect()); got != want {
			t.Errorf("%s: query %q, want %q", name, got, want)
		}
	}
}

func TestBodySendsWhatIsSetAndWhatTheMaskNames(t *testing.T) {
	t.Parallel()
	set := contract(t)
	for want, m := range map[string]proto.Message{
		`{"name":"Ann"}`: &usersv1.PatchUserRequest{UserId: "u", Body: &usersv1.UpdateUser{Name: proto.String("Ann")}},
		`{"name":"Ann","title":null}`: &usersv1.PatchUserRequest{
			UserId: "u", Body: &usersv1.UpdateUser{Name: proto.String("Ann")},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title", "name"}},
		},
		`{}`:        &usersv1.PatchUserRequest{UserId: "u", Body: &usersv1.UpdateUser{}},
		`["r","s"]`: &usersv1.PutUserRolesRequest{SubjectId: "u", Body: []string{"r", "s"}},
		`[]`:        &usersv1.PutUserRolesRequest{SubjectId: "u", EmptyList: true},
	} {
		name := strings.TrimSuffix(string(m.ProtoReflect().Descriptor().Name()), "Request")
		got, err := set.ByName(name).Body(nil, m.ProtoReflect())
		if err != nil || string(got) != want {
			t.Errorf("%s: body %s, error %v; want %s", name, got, err, want)
		}
	}
	if got, err := set.ByName("GetUser").Body(nil, (&usersv1.GetUserRequest{UserId: "u"}).ProtoReflect()); got != nil || err != nil {
		t.Errorf("a GET has the body %q (%v)", got, err)
	}
	for want, m := range map[string]*usersv1.PutUserRolesRequest{
		"body is empty and may have been forgotten: set empty_list to send an empty one": {SubjectId: "u"},
		"empty_list is true, but body is not empty":                                      {SubjectId: "u", Body: []string{""}, EmptyList: true},
	} {
		var fault *operation.FieldError
		if got, err := set.ByName("PutUserRoles").Body(nil, m.ProtoReflect()); got != nil || !errors.As(err, &fault) || err.Error() != want {
			t.Errorf("body %q, error %v, want %s", got, err, want)
		}
	}
	_, err := set.ByName("PatchUser").Body(nil, (&usersv1.PatchUserRequest{
		UserId: "u", Body: &usersv1.UpdateUser{}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"nope"}},
	}).ProtoReflect())
	if err == nil || !strings.HasPrefix(err.Error(), "update_mask ") || !strings.Contains(err.Error(), "nope") {
		t.Errorf("a bad mask path gave %v", err)
	}
}

func TestAnswersBecomeMessages(t *testing.T) {
	t.Parallel()
	set := contract(t)
	decode := func(op, json string, into proto.Message) {
		t.Helper()
		wire, err := set.ByName(op).Answer(nil, http.StatusOK, []byte(json), nil)
		if err == nil {
			err = proto.Unmarshal(wire, into)
		}
		if err != nil {
			t.Errorf("%s: %v", op, err)
		}
	}
	var user usersv1.User
	decode("GetUser", `{"id":"u","version":3}`, &user)
	if user.GetId() != "u" || user.GetVersion() != 3 {
		t.Errorf("GetUser: %v", &user)
	}
	var list usersv1.GetUserProfileskillsResponse
	decode("GetUserProfileskills", `["a","b"]`, &list)
	if len(list.GetItems()) != 2 {
		t.Errorf("GetUserProfileskills: %v", &list)
	}
	if wire, err := set.ByName("DeleteUser").Answer(nil, http.StatusOK, []byte(`{"a":[1,null]}`), nil); err != nil || len(wire) == 0 {
		t.Errorf("DeleteUser: %x, %v", wire, err)
	}
}

func TestAnAnswerThatSaysNothingIsNoEmptyMessage(t *testing.T) {
	t.Parallel()
	empty, refused := 0, 0
	for _, op := range contract(t).All() {
		answersNothing := strings.Contains(op.String(), "-> nothing")
		for _, status := range []int{200, 201, 202, 203, 204, 205, 206, 226} {
			for _, body := range []string{"", " \r\n\t", "null", " null\n", strings.Repeat(" ", 1000) + "null" + strings.Repeat("\n", 1000)} {
				wire, err := op.Answer([]byte("kept"), status, []byte(body), nil)
				if string(wire) != "kept" {
					t.Errorf("%s: %d with %q gave %q", op.Name, status, body, wire)
				}
				done := !op.Safe() && (status == 202 || status == 204 || status == 205)
				switch want := !answersNothing && op.Verb != http.MethodDelete && !done; {
				case want && errors.Is(err, operation.ErrNoAnswer):
					refused++
				case !want && err == nil:
					empty++
				default:
					t.Errorf("%s: %d with %q gave the error %v, want one: %v", op.Name, status, body, err, want)
				}
			}
			if answersNothing {
				if wire, err := op.Answer(nil, status, []byte("<html>"), nil); err != nil || len(wire) > 0 {
					t.Errorf("%s answers nothing, and a body gave %q, %v", op.Name, wire, err)
				}
			}
		}
	}
	if empty == 0 || refused == 0 {
		t.Errorf("%d were empty, %d refused", empty, refused)
	}
	for _, body := range []string{"nul", "nulL", "null x", "n"} {
		if _, err := contract(t).ByName("GetUser").Answer(nil, 200, []byte(body), nil); err == nil || errors.Is(err, operation.ErrNoAnswer) {
			t.Errorf("%q gave %v", body, err)
		}
	}
}

func TestExplainNamesEveryField(t *testing.T) {
	t.Parallel()
	for _, op := range contract(t).All() {
		var b strings.Builder
		if err := op.Explain(&b); err != nil {
			t.Fatal(err)
		}
		fields := op.NewRequest().ProtoReflect().Descriptor().Fields()
		for i := range fields.Len() {
			if name := string(fields.Get(i).Name()); !strings.Contains(b.String(), name) {
				t.Errorf("%s: explain does not tell of %s", op.Name, name)
			}
		}
	}
}

func TestByNameKnowsEveryName(t *testing.T) {
	t.Parallel()
	set := contract(t)
	for _, name := range []string{"GetUser", "getUser", "genesyscloud.users.v1.UsersService.GetUser", "/genesyscloud.users.v1.UsersService/GetUser"} {
		if op := set.ByName(name); op == nil || op.Name != "GetUser" {
			t.Errorf("%s is not found", name)
		}
	}
	if set.ByName("Nope") != nil || set.ByMethod("/x/y") != nil {
		t.Error("an unknown name is found")
	}
}

func TestFindPrefersTheLiteral(t *testing.T) {
	t.Parallel()
	ops := contract(t)
	for call, want := range map[string]string{
		"GET /api/v2/users/me":                        "GetUsersMe",
		"GET /api/v2/users/someone":                   "GetUser",
		"GET /api/v2/users/":                          "GetUser", // whose id is then refused
		"PATCH /api/v2/users/me":                      "PatchUser",
		"PATCH /api/v2/users/bulk":                    "PatchUsersBulk",
		"GET /api/v2/users/a%2Fb/queues":              "GetUserQueues",
		"GET /api/v2/users/externalid/bulk/me":        "GetUsersExternalidAuthorityNameExternalKey",
		"GET /api/v2/users/u/customattributes/bulk":   "GetUserCustomattributesBulk",
		"PUT /api/v2/users/u":                         "",
		"GET /api/v2/users/u/queues/":                 "",
		"GET /api/v2/%75sers/u":                       "",
		"GET /api/v2":                                 "",
		"GET ":                                        "",
		"GET /api/v2/users/u/nothing/of/the/contract": "",
	} {
		verb, path, _ := strings.Cut(call, " ")
		got := ""
		if op := ops.Find(verb, path); op != nil {
			got = op.Name
		}
		if got != want {
			t.Errorf("%s is %q, want %q", call, got, want)
		}
	}
	for _, op := range ops.All() {
		if got := ops.Find(op.Verb, op.Template); got != op {
			t.Errorf("%s %s is found as %v", op.Verb, op.Template, got)
		}
	}
}

// Every method says how it may be repeated, and what it says fits its verb.
func TestIdempotencyIsStatedAndFitsTheVerb(t *testing.T) {
	t.Parallel()
	fits := map[string][]descriptorpb.MethodOptions_IdempotencyLevel{
		"GET":    {descriptorpb.MethodOptions_NO_SIDE_EFFECTS},
		"PUT":    {descriptorpb.MethodOptions_IDEMPOTENT},
		"DELETE": {descriptorpb.MethodOptions_IDEMPOTENT},
		"PATCH":  {descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN},
		"POST":   {descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN, descriptorpb.MethodOptions_NO_SIDE_EFFECTS},
	}
	set := contract(t)
	for _, sd := range set.Services() {
		for i := range sd.Methods().Len() {
			md := sd.Methods().Get(i)
			op := set.ByName(string(md.FullName()))
			options := md.Options().(*descriptorpb.MethodOptions)
			if options.IdempotencyLevel == nil || !slices.Contains(fits[op.Verb], options.GetIdempotencyLevel()) {
				t.Errorf("%s: %s is said to be %v", op.Name, op.Verb, options.IdempotencyLevel)
			}
			if safe := options.GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS; op.Safe() != safe {
				t.Errorf("%s: safe is %v", op.Name, op.Safe())
			}
		}
	}
}
