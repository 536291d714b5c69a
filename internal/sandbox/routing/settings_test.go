package routing_test

import (
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestUtilization(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	path := "/api/v2/routing/users/" + id + "/utilization"
	organisation := box.Get(path)
	if organisation.Str("level") != "Organization" || organisation.Num("utilization", "call", "maximumCapacity") != 1 {
		t.Errorf("%s", organisation.Text)
	}
	a := box.Put(path, `{"utilization":{"email":{"maximumCapacity":9,"interruptableMediaTypes":["call"],"includeNonAcd":true}},"maxInboundCalls":2}`).Want(200)
	if a.Str("level") != "Agent" || a.Num("utilization", "email", "maximumCapacity") != 9 || a.Num("maxInboundCalls") != 2 {
		t.Errorf("%s", a.Text)
	}
	a = box.Put(path, `{"utilization":{"call":{"maximumCapacity":3}}}`).Want(200)
	if a.Num("utilization", "email", "maximumCapacity") != organisation.Num("utilization", "email", "maximumCapacity") ||
		a.Num("utilization", "call", "maximumCapacity") != 3 || a.At("maxInboundCalls") != nil || box.Get(path).Text != a.Text {
		t.Errorf("what is left out goes back to the default: %s", a.Text)
	}
	if a := box.Put(path, `{"utilization":{"call":null}}`).Want(200); a.Num("utilization", "call", "maximumCapacity") != 1 {
		t.Errorf("null is left out, too: %s", a.Text)
	}
	for body, field := range map[string]string{
		`{"utilization":{"fax":{"maximumCapacity":1}}}`:                                        "utilization.fax",
		`{"utilization":{"call":{"maximumCapacity":26}}}`:                                      "utilization.call.maximumCapacity",
		`{"utilization":{"call":{"maximumCapacity":1,"interruptableMediaTypes":["call"]}}}`:    "utilization.call.interruptableMediaTypes",
		`{"labelUtilizations":{"11111111-1111-4111-8111-111111111111":{"maximumCapacity":1}}}`: "labelUtilizations",
		`{"maxInboundCalls":-1}`: "maxInboundCalls",
	} {
		box.Put(path, body).Problem(400, "bad.request", field)
	}
	box.Remove(path).Want(204)
	if a := box.Get(path); a.Text != organisation.Text {
		t.Errorf("%s", a.Text)
	}
	box.Do("GET", "/api/v2/routing/users/none/utilization", "").Problem(404, "user.not.found")
}

func TestDirectRoutingBackups(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id, other := box.Create("Ada", "ada@example.com"), box.Create("Bob", "bob@example.com")
	path := func(id string) string { return "/api/v2/routing/users/" + id + "/directroutingbackup/settings" }
	if a := box.Get(path(id)); a.At("waitForAgent") != false || len(a.List("backedUpUsers")) != 0 {
		t.Errorf("%s", a.Text)
	}
	if a := box.Put(path(id), `{"userId":"`+other+`","waitForAgent":true,"agentWaitSeconds":9}`).Want(200); a.Str("userId") != other || a.Num("agentWaitSeconds") != 9 {
		t.Errorf("%s", a.Text)
	}
	me := box.As("sandbox-user-" + other)
	const mine = "/api/v2/routing/directroutingbackup/settings/me"
	if a := me.Get(mine); len(a.List("backedUpUsers")) != 1 || a.Str("backedUpUsers", 0) != id {
		t.Errorf("%s", a.Text)
	}
	queue := box.State.Queues.List[0].ID
	me.Put(mine, `{"queueId":"`+queue+`"}`).Want(200)
	if a := box.Get(path(other)); a.Str("queueId") != queue {
		t.Errorf("%s", a.Text)
	}
	for body, field := range map[string]string{
		`{"queueId":"none"}`: "queueId", `{"userId":"none"}`: "userId", `{"userId":"` + id + `"}`: "userId",
		`{"queueId":"` + queue + `","userId":"` + other + `"}`: "userId", `{"agentWaitSeconds":-1}`: "agentWaitSeconds",
	} {
		box.Put(path(id), body).Problem(400, "bad.request", field)
	}
	box.Remove(path(id)).Want(204)
	if a := me.Get(mine); len(a.List("backedUpUsers")) != 0 {
		t.Errorf("%s", a.Text)
	}
	me.Put(mine, `{"userId":"`+id+`"}`).Want(200)
	box.Remove(box.UserPath(id, "")).Want(200)
	if a := me.Get(mine); a.At("userId") != nil {
		t.Errorf("who is deleted stands in for nobody: %s", a.Text)
	}
}
