package operation_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
)

// A fact is what is known of an upstream operation, read with nothing but
// encoding/json.
type fact struct {
	RPC, Method, Path string
	Body, Response    *struct{ Type, Message string }
}

// facts are all operations by the name of their RPC.
func facts(t *testing.T) map[string]fact {
	t.Helper()
	var list []fact
	readFacts(t, "operations.json", &list)
	all := map[string]fact{}
	for _, f := range list {
		all[f.RPC] = f
	}
	return all
}

// readFacts reads one of the files of facts, which stay outside the project.
func readFacts(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("../../../shared/facts/" + name)
	if os.IsNotExist(err) {
		fmt.Fprintf(os.Stderr, "SKIPPED %s: the upstream's facts are not beside this checkout\n", t.Name())
		t.SkipNow()
	}
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The POSTs that only read, by what the vendor says of each.
var reads = map[string]bool{
	"PostAnalyticsUsersActivityQuery":               true,
	"PostAnalyticsUsersAggregatesQuery":             true,
	"PostAnalyticsUsersDetailsQuery":                true,
	"PostAnalyticsUsersObservationsQuery":           true,
	"PostUsersDevelopmentActivitiesAggregatesQuery": true,
	"PostUsersSearch":                               true,
	"PostUsersSearchConversationTarget":             true,
	"PostUsersSearchQueuemembersManage":             true,
	"PostUsersSearchTeamsAssign":                    true,
}

func TestSafetyFollowsFromTheFacts(t *testing.T) {
	t.Parallel()
	facts := facts(t)
	safe, posts := 0, 0
	for _, op := range contract(t).All() {
		f := facts[op.Name]
		if want := f.Method == "GET" || reads[op.Name]; op.Safe() != want {
			t.Errorf("%s (%s %s): safe is %v", op.Name, f.Method, f.Path, op.Safe())
		}
		if !op.Safe() {
			continue
		}
		safe++
		if f.Method == "POST" {
			posts++
		}
		// Who only reads answers what was read, and starts nothing.
		if f.Response == nil || f.Response.Type == "void" || f.Response.Message == "AsyncQueryResponse" {
			t.Errorf("%s is safe and answers %+v", op.Name, f.Response)
		}
	}
	if posts != len(reads) || safe == posts {
		t.Errorf("%d of %d safe operations are POSTs, want %d", posts, safe, len(reads))
	}
}

// The version that a write is based on is marked wherever the facts have one in
// the body of a change, and nowhere else.
func TestBaseVersionsAreMarked(t *testing.T) {
	t.Parallel()
	var models map[string][]struct {
		Name, Type string
		ReadOnly   bool
	}
	operations := facts(t)
	readFacts(t, "models.json", &models)
	want := map[string]bool{}
	for _, f := range operations {
		if f.Body == nil || f.Method != "PATCH" && f.Method != "PUT" {
			continue
		}
		for _, m := range models[f.Body.Message] {
			if m.Name == "version" && strings.HasPrefix(m.Type, "int") && !m.ReadOnly {
				want["genesyscloud.users.v1."+f.Body.Message+".version"] = true
			}
		}
	}
	got := map[string]bool{}
	for _, fd := range fields() {
		if field, _ := proto.GetExtension(fd.Options(), apiv1.E_Field).(*apiv1.Field); field.GetBaseVersion() {
			got[string(fd.FullName())] = true
		}
	}
	if !maps.Equal(got, want) || len(want) < 3 {
		t.Errorf("marked are %v, want %v", got, want)
	}
}

// fields are those of all messages of the contract.
func fields() (all []protoreflect.FieldDescriptor) {
	protoregistry.GlobalFiles.RangeFilesByPackage("genesyscloud.users.v1", func(fd protoreflect.FileDescriptor) bool {
		for i := range fd.Messages().Len() {
			fields := fd.Messages().Get(i).Fields()
			for j := range fields.Len() {
				all = append(all, fields.Get(j))
			}
		}
		return true
	})
	return all
}
