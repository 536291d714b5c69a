package analytics_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

func TestObservationsAreThePresentState(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Agent()
	queues := box.Get(box.UserPath(id, "/queues?joined=true&pageSize=100")).List("entities")
	for _, q := range queues {
		box.Patch(box.UserPath(id, "/queues/"+sandboxtest.Walk(q, "id").(string)), `{"joined":false}`).Want(200)
	}
	all := box.Get(box.UserPath(id, "/queues?joined=false&pageSize=100")).List("entities")
	box.Patch(box.UserPath(id, "/queues/"+sandboxtest.Walk(all[0], "id").(string)), `{"joined":true}`).Want(200)

	a := box.Post(observationsPath, `{"filter":`+byUser(id)+`}`).Want(200)
	if want := fmt.Sprintf(`{"results":[{"group":{"userId":"%s"},"data":[{"metric":"oActiveQueues","stats":{"count":1}},`+
		`{"metric":"oMemberQueues","stats":{"count":%d}}]}]}`, id, len(all)); a.Text != want {
		t.Errorf("%s, want %s", a.Text, want)
	}
	a = box.Post(observationsPath, `{"filter":`+byUser(id)+`,"metrics":["oMemberQueues"],"detailMetrics":["oMemberQueues"]}`).Want(200)
	observed := a.List("results", 0, "data", 0, "observations")
	if len(a.List("results", 0, "data")) != 1 || len(observed) != len(all) || sandboxtest.Walk(observed[0], "userId") != id ||
		sandboxtest.Walk(observed[0], "observationDate") != sandboxtest.InstantText(box.Clock.Now()) || a.At("results", 0, "data", 0, "truncated") != false {
		t.Errorf("%s", a.Text)
	}
	box.Remove(box.UserPath(id, "")).Want(200)
	if a := box.Post(observationsPath, `{"filter":`+byUser(id)+`}`).Want(200); a.Text != `{"results":[]}` {
		t.Errorf("who is deleted is observed: %s", a.Text)
	}
}

func TestActivityIsThePresentStateInTheQueues(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	metrics := `"metrics":[{"metric":"oMemberQueues"},{"metric":"oActiveQueues","details":true}],"groupBy":["userId"]`
	a := box.Post(activityPath+"?pageSize=100", `{`+metrics+`}`).Want(200)
	if a.Str("entityIdDimension") != "queueId" {
		t.Errorf("%s", a.Text)
	}
	var groups []string
	for _, result := range a.List("results") {
		id, _ := sandboxtest.Walk(result, "group", "userId").(string)
		groups = append(groups, id)
		u := box.State.Users[id]
		joined := 0
		for _, m := range u.Queues {
			if m.Joined {
				joined++
			}
		}
		entities, _ := sandboxtest.Walk(result, "entities").([]any)
		if sandboxtest.Walk(result, "data", 0, "count") != float64(len(u.Queues)) || sandboxtest.Walk(result, "data", 0, "entityIds") != nil ||
			sandboxtest.Walk(result, "data", 1, "count") != float64(joined) || len(entities) != joined || sandboxtest.Walk(result, "truncated") != false {
			t.Errorf("%v, want %d of %d", result, joined, len(u.Queues))
		}
		for i, e := range entities {
			if sandboxtest.Walk(e, "userId") != id || sandboxtest.Walk(e, "routingStatus") != u.Routing.Status || sandboxtest.Walk(e, "queueMembershipStatus") != "active" ||
				sandboxtest.Walk(e, "queueId") != sandboxtest.Walk(result, "data", 1, "entityIds", i) || sandboxtest.Walk(e, "presenceDate") != wire.At(u.Presence.Since).String() ||
				sandboxtest.Walk(e, "organizationPresenceId") != u.Presence.Definition.ID || sandboxtest.Walk(e, "routingStatusDate") != wire.At(u.Routing.Since).String() {
				t.Errorf("%v", e)
			}
		}
	}
	if len(groups) == 0 || len(groups) == 50 { // who is deleted is in no queue
		t.Errorf("%d groups", len(groups))
	}

	var paged []string
	for number := 1; number <= len(groups)/10+1; number++ {
		a := box.Post(fmt.Sprintf("%s?pageSize=10&pageNumber=%d", activityPath, number), `{"order":"desc",`+metrics+`}`).Want(200)
		for _, result := range a.List("results") {
			paged = append(paged, sandboxtest.Walk(result, "group", "userId").(string))
		}
	}
	slices.Reverse(paged)
	if !slices.Equal(paged, groups) {
		t.Errorf("%d groups on pages, want %d", len(paged), len(groups))
	}

	queue := box.State.Queues.List[0].ID
	a = box.Post(activityPath+"?pageSize=100", `{`+metrics+`,"filter":{"type":"and","predicates":[
		{"dimension":"queueId","value":"`+queue+`"},{"dimension":"routingStatus","value":"INTERACTING"}]}}`).Want(200)
	for _, result := range a.List("results") {
		u := box.State.Users[sandboxtest.Walk(result, "group", "userId").(string)]
		if u.Routing.Status != org.StatusInteracting || !slices.ContainsFunc(u.Queues, func(m org.Membership) bool { return m.Queue.ID == queue }) || sandboxtest.Walk(result, "data", 0, "count") != 1.0 {
			t.Errorf("%v", result)
		}
	}
	if len(a.List("results")) == 0 {
		t.Error("nobody interacts in the queue")
	}
}
