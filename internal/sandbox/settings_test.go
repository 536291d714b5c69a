package sandbox

import (
	"fmt"
	"testing"
)

func TestExternalIDs(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id, other := org.create("Ada", "ada@example.com"), org.create("Bob", "bob@example.com")
	path := org.userPath(id, "/externalid")
	if a := org.get(path); a.text != "[]" {
		t.Errorf("%s", a.text)
	}
	org.post(path, `{"authorityName":"HR","externalKey":"7/a b"}`).want(200)
	a := org.post(path, `{"authorityName":"CRM","externalKey":"x"}`).want(200)
	if len(a.list()) != 2 || a.str(0, "externalKey") != "7/a b" || a.str(0, "selfUri") != path+"/HR/7%2Fa%20b" {
		t.Errorf("%s", a.text)
	}
	if a := org.get(path + "/CRM"); a.str("externalKey") != "x" {
		t.Errorf("%s", a.text)
	}
	if a := org.get("/api/v2/users/externalid/HR/7%2Fa%20b?expand=presence"); a.str("id") != id || a.at("presence") == nil {
		t.Errorf("%s", a.text)
	}
	for body, field := range map[string]string{
		`{"externalKey":"x"}`: "authorityName", `{"authorityName":"HR"}`: "externalKey",
	} {
		org.post(path, body).problem(400, "bad.request", field)
	}
	for _, taken := range []string{path, org.userPath(other, "/externalid")} {
		org.post(taken, `{"authorityName":"HR","externalKey":"7/a b"}`).problem(409, "general.conflict")
	}
	org.do("GET", path+"/ERP", "").problem(404, "external.id.not.found")
	org.remove(org.userPath(other, "/externalid/CRM/x")).problem(404, "external.id.not.found")
	org.do("GET", "/api/v2/users/externalid/HR/8", "").problem(404, "user.not.found")

	org.remove(path + "/CRM/x").want(204)
	org.remove(path+"/CRM/x").problem(404, "external.id.not.found")
	org.post(org.userPath(other, "/externalid"), `{"authorityName":"CRM","externalKey":"x"}`).want(200)
	for i := range maxExternalIDs - 1 {
		org.post(path, fmt.Sprintf(`{"authorityName":"N","externalKey":"%d"}`, i)).want(200)
	}
	org.post(path, `{"authorityName":"N","externalKey":"one too many"}`).problem(400, "bad.request")

	// Who is deleted is not found, and keeps what it is called.
	org.remove(org.userPath(id, "")).want(200)
	org.do("GET", "/api/v2/users/externalid/HR/7%2Fa%20b", "").problem(404, "user.not.found")
	org.post(org.userPath(other, "/externalid"), `{"authorityName":"HR","externalKey":"7/a b"}`).problem(409, "general.conflict")
}

func TestUtilization(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	path := "/api/v2/routing/users/" + id + "/utilization"
	organisation := org.get(path)
	if organisation.str("level") != "Organization" || organisation.num("utilization", "call", "maximumCapacity") != 1 {
		t.Errorf("%s", organisation.text)
	}
	a := org.put(path, `{"utilization":{"email":{"maximumCapacity":9,"interruptableMediaTypes":["call"],"includeNonAcd":true}},"maxInboundCalls":2}`).want(200)
	if a.str("level") != "Agent" || a.num("utilization", "email", "maximumCapacity") != 9 || a.num("maxInboundCalls") != 2 {
		t.Errorf("%s", a.text)
	}
	a = org.put(path, `{"utilization":{"call":{"maximumCapacity":3}}}`).want(200)
	if a.num("utilization", "email", "maximumCapacity") != organisation.num("utilization", "email", "maximumCapacity") ||
		a.num("utilization", "call", "maximumCapacity") != 3 || a.at("maxInboundCalls") != nil || org.get(path).text != a.text {
		t.Errorf("what is left out goes back to the default: %s", a.text)
	}
	if a := org.put(path, `{"utilization":{"call":null}}`).want(200); a.num("utilization", "call", "maximumCapacity") != 1 {
		t.Errorf("null is left out, too: %s", a.text)
	}
	for body, field := range map[string]string{
		`{"utilization":{"fax":{"maximumCapacity":1}}}`:                                        "utilization.fax",
		`{"utilization":{"call":{"maximumCapacity":26}}}`:                                      "utilization.call.maximumCapacity",
		`{"utilization":{"call":{"maximumCapacity":1,"interruptableMediaTypes":["call"]}}}`:    "utilization.call.interruptableMediaTypes",
		`{"labelUtilizations":{"11111111-1111-4111-8111-111111111111":{"maximumCapacity":1}}}`: "labelUtilizations",
		`{"maxInboundCalls":-1}`: "maxInboundCalls",
	} {
		org.put(path, body).problem(400, "bad.request", field)
	}
	org.remove(path).want(204)
	if a := org.get(path); a.text != organisation.text {
		t.Errorf("%s", a.text)
	}
	org.do("GET", "/api/v2/routing/users/none/utilization", "").problem(404, "user.not.found")
}

func TestDirectRoutingBackups(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id, other := org.create("Ada", "ada@example.com"), org.create("Bob", "bob@example.com")
	path := func(id string) string { return "/api/v2/routing/users/" + id + "/directroutingbackup/settings" }
	if a := org.get(path(id)); a.at("waitForAgent") != false || len(a.list("backedUpUsers")) != 0 {
		t.Errorf("%s", a.text)
	}
	if a := org.put(path(id), `{"userId":"`+other+`","waitForAgent":true,"agentWaitSeconds":9}`).want(200); a.str("userId") != other || a.num("agentWaitSeconds") != 9 {
		t.Errorf("%s", a.text)
	}
	me := org.as("sandbox-user-" + other)
	const mine = "/api/v2/routing/directroutingbackup/settings/me"
	if a := me.get(mine); len(a.list("backedUpUsers")) != 1 || a.str("backedUpUsers", 0) != id {
		t.Errorf("%s", a.text)
	}
	queue := org.sandbox.org.queues.list[0].ID
	me.put(mine, `{"queueId":"`+queue+`"}`).want(200)
	if a := org.get(path(other)); a.str("queueId") != queue {
		t.Errorf("%s", a.text)
	}
	for body, field := range map[string]string{
		`{"queueId":"none"}`: "queueId", `{"userId":"none"}`: "userId", `{"userId":"` + id + `"}`: "userId",
		`{"queueId":"` + queue + `","userId":"` + other + `"}`: "userId", `{"agentWaitSeconds":-1}`: "agentWaitSeconds",
	} {
		org.put(path(id), body).problem(400, "bad.request", field)
	}
	org.remove(path(id)).want(204)
	if a := me.get(mine); len(a.list("backedUpUsers")) != 0 {
		t.Errorf("%s", a.text)
	}
	me.put(mine, `{"userId":"`+id+`"}`).want(200)
	org.remove(org.userPath(id, "")).want(200)
	if a := me.get(mine); a.at("userId") != nil {
		t.Errorf("who is deleted stands in for nobody: %s", a.text)
	}
}
