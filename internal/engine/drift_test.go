package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/transcode"
)

// drifting reads an answer with a fresh log, and returns the trailer and the log.
func drifting(t *testing.T, op *operation.Operation, answer string) (trailer []string, log string) {
	t.Helper()
	var report transcode.Report
	if _, err := op.Answer(nil, 200, []byte(answer), &report); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	d := &driftLog{log: slog.New(slog.NewJSONHandler(&out, nil))}
	return d.note(context.Background(), op, &report), out.String()
}

// A value that does not fit is named by its place, and never itself. The log has it
// once, wherever and however often it comes again.
func TestValuesThatDoNotFitAreNamedByTheirPlace(t *testing.T) {
	t.Parallel()
	op := contract(t).ByName("GetUsers")
	var out bytes.Buffer
	d := &driftLog{log: slog.New(slog.NewJSONHandler(&out, nil))}
	const user = "genesyscloud.users.v1.User"
	for answer, want := range map[string]string{
		`{"entities":[{},{"dateLastLogin":"Lovelace"},{"dateLastLogin":"Lovelace"}]}`: `value-left-out ` + user + ` "dateLastLogin" x2, first /entities/1/dateLastLogin: expected a time as RFC 3339 writes it, found another string`,
		`{"entities":[{"dateLastLogin":{"Lovelace":1}}]}`:                             `value-left-out ` + user + ` "dateLastLogin" x1, first /entities/0/dateLastLogin: expected a string with a time, found an object`,
		`{"entities":[{"title":4711}]}`:                                               `value-mended ` + user + ` "title" x1, first /entities/0/title: expected a string, found a number`,
		`{"entities":[{"locations":[{"coordinates":{"Lovelace":"4711"}}]}]}`:          "",
		`{"entities":[{"locations":[{"coordinates":{"Lovelace":"x"}}]}]}`:             `value-left-out genesyscloud.users.v1.Location "coordinates" x1, first /entities/0/locations/0/coordinates/*: expected a number, found a string`,
	} {
		var report transcode.Report
		if _, err := op.Answer(nil, 200, []byte(answer), &report); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(d.note(context.Background(), op, &report), "\n"); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", answer, got, want)
		}
	}
	if log := out.String(); strings.Count(log, "\n") != 3 || strings.Contains(log, "Lovelace") || strings.Contains(log, "4711") {
		t.Errorf("logged %s", log)
	}
}

// What looks like a name of the contract is shown, what may be a person's is not,
// neither in the trailer nor in the log.
func TestOnlyNamesOfTheUpstreamAreShown(t *testing.T) {
	t.Parallel()
	ops := contract(t)
	get, status := ops.ByName("GetUser"), ops.ByName("GetUserRoutingstatus")
	personal := []string{
		"Ada Lovelace", "ada lovelace", "ada.lovelace@example.com", "+49 151 2345678", "01512345678", "1815-12-10", "Ada", "Lovelace", "AdaLovelace",
		"88df10aa-e95e-486c-9620-ca7c8b907441", "a1b2c3d4", "ADA LOVELACE", "ADA-LOVELACE", "ada_lovelace", "日本", "Müller", "müller", "", " ", "a\nb", "a\"b", `a\b`, "{}", "ada'", "$ada",
		"_", "A_1234567", strings.Repeat("a", 41), strings.Repeat("a", 4000), "\u0000",
	}
	for _, value := range personal {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		checkHidden := func(kind string, trailer []string, log string) {
			all := strings.Join(trailer, "\n") + log
			if len(trailer) != 1 || !strings.Contains(all, "not shown") || strings.Count(log, "\n") != 1 {
				t.Errorf("%s %q: trailer %q, log %s", kind, value, trailer, log)
			}
			if len(value) > 2 && (strings.Contains(all, value) || strings.Contains(all, strings.Trim(string(text), `"`))) {
				t.Errorf("the %s %q is shown: %q, %s", kind, value, trailer, log)
			}
		}
		trailer, log := drifting(t, get, fmt.Sprintf(`{"state":%s}`, text))
		checkHidden("value", trailer, log)
		if value == "$ada" {
			continue // $schema is a member, and so may this be
		}
		trailer, log = drifting(t, get, fmt.Sprintf(`{%s:1}`, text))
		checkHidden("member", trailer, log)
	}
	for _, c := range []struct {
		op           *operation.Operation
		answer, want string
	}{
		{get, `{"state":"dozing"}`, `unknown-value genesyscloud.users.v1.User "state"="dozing"`},
		{get, `{"state":"onLeave2"}`, `"state"="onLeave2"`},
		{get, `{"state":"DOZING"}`, `"state" (a value that is not shown)`}, // its siblings are in small letters
		{status, `{"status":"ON_HOLD"}`, `"status"="ON_HOLD"`},
		{status, `{"status":"onHold"}`, `"status" (a value that is not shown)`},
		{get, `{"brandNew":1}`, `unknown-field genesyscloud.users.v1.User "brandNew"`},
		{get, `{"$schema2":1}`, `"$schema2"`},
		{get, `{"manager":{"_links":{}}}`, `"_links"`},
	} {
		trailer, log := drifting(t, c.op, c.answer)
		if len(trailer) != 1 || !strings.HasSuffix(trailer[0], c.want) || !strings.Contains(log, strings.ReplaceAll(c.want, `"`, `\"`)) {
			t.Errorf("%s: trailer %q, log %s, want %s", c.answer, trailer, log, c.want)
		}
	}
}

// The rule knows the contract: it would show every value and member that the
// contract has, but for those few that are written like no name.
func TestWhatTheContractHasWouldBeShown(t *testing.T) {
	t.Parallel()
	values, members := map[string]bool{}, map[string]bool{}
	odd := map[string]bool{"en_US": true, "pt_BR": true, "pt_PT": true, "zh_CN": true, "zh_TW": true, "authorization.unusedRoles": true, "CLIENT-CREDENTIALS": true, "SAML2-BEARER": true}
	var walk func(protoreflect.MessageDescriptors)
	walk = func(all protoreflect.MessageDescriptors) {
		for i := range all.Len() {
			md := all.Get(i)
			walk(md.Messages())
			for j := range md.Fields().Len() {
				fd := md.Fields().Get(j)
				if fd.Message() == nil || !fd.IsMap() {
					members[fd.JSONName()] = true
				}
				if fd.Enum() == nil {
					continue
				}
				for k := range fd.Enum().Values().Len() {
					value, _ := proto.GetExtension(fd.Enum().Values().Get(k).Options(), apiv1.E_Upstream).(string)
					if value == "" || odd[value] {
						continue
					}
					values[value] = true
					if !stylesOf(string(md.FullName()), fd.JSONName()).allow(value) {
						t.Errorf("the value %q of %s would not be shown", value, fd.FullName())
					}
				}
			}
		}
	}
	for _, fd := range []protoreflect.FileDescriptor{
		usersv1.File_genesyscloud_users_v1_common_proto, usersv1.File_genesyscloud_users_v1_users_service_proto,
		usersv1.File_genesyscloud_users_v1_user_analytics_service_proto, usersv1.File_genesyscloud_users_v1_user_authorization_service_proto,
		usersv1.File_genesyscloud_users_v1_user_development_service_proto, usersv1.File_genesyscloud_users_v1_user_presence_service_proto,
		usersv1.File_genesyscloud_users_v1_user_routing_service_proto, usersv1.File_genesyscloud_users_v1_user_telephony_service_proto,
	} {
		walk(fd.Messages())
	}
	hidden := 0
	for name := range members {
		if !isMemberName(name) {
			hidden++
		}
	}
	if len(values) < 200 || len(members) < 400 || hidden > 1 {
		t.Errorf("%d values; %d of %d members would not be shown", len(values), hidden, len(members))
	}
}

// An answer full of what is new: as much as there is room for, and how much is not.
func TestTheTrailerOfDriftIsBounded(t *testing.T) {
	t.Parallel()
	members := []string{`"id":"u"`}
	for i := range 200 {
		members = append(members, fmt.Sprintf(`"brandNew%s%c%c":%d`, strings.Repeat("x", 20), 'A'+i/26, 'A'+i%26, i))
	}
	trailer, log := drifting(t, contract(t).ByName("GetUser"), "{"+strings.Join(members, ",")+"}")
	size := 0
	for _, value := range trailer {
		size += len(TrailerDrift) + len(value) + 32
	}
	if size > 4096-768 || len(trailer) < 20 {
		t.Errorf("%d bytes in %d values", size, len(trailer))
	}
	// The report keeps 64, the trailer says of how many more it knows, and that there
	// may be more.
	if got, want := trailer[len(trailer)-1], fmt.Sprintf("left-out at least %d", 64+1-(len(trailer)-1)); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if n := strings.Count(log, "\n"); n != 64 {
		t.Errorf("%d lines", n)
	}
}

func TestDriftIsLoggedOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	d := &driftLog{log: slog.New(slog.NewJSONHandler(&out, nil))}
	get := contract(t).ByName("GetUser")
	for i := range 3 * maxDriftLogged {
		var report transcode.Report
		if _, err := get.Answer(nil, 200, fmt.Appendf(nil, `{"state":"Person %d","new%c%c%c%c":1}`, i, 'A'+i%26, 'A'+i/26%26, 'A'+i/676%26, 'A'+i/17576), &report); err != nil {
			t.Fatal(err)
		}
		d.note(t.Context(), get, &report)
	}
	if n := strings.Count(out.String(), "\n"); n != maxDriftLogged {
		t.Errorf("%d lines, want %d", n, maxDriftLogged)
	}
	if n := strings.Count(out.String(), "not shown"); n != 1 {
		t.Errorf("%d lines of values that are not shown", n)
	}
}
