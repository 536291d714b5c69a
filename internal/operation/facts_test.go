package operation_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// A fact is what is known of an upstream operation, read with nothing but
// encoding/json.
type fact struct {
	RPC, Method, Path string
	Body, Response    *struct{ Type, Message string }
}

// facts are all operations by the name of their RPC. They stay outside the
// project.
func facts(t *testing.T) map[string]fact {
	t.Helper()
	const file = "../../../shared/facts/operations.json"
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		fmt.Fprintf(os.Stderr, "SKIPPED %s: the upstream's facts are not beside this checkout\n", t.Name())
		t.SkipNow()
	}
	var list []fact
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]fact{}
	for _, f := range list {
		all[f.RPC] = f
	}
	return all
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
