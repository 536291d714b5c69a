package telephony_test

import (
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestStations(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id, other := box.Create("Ada", "ada@example.com"), box.Create("Bob", "bob@example.com")
	var free []string
	for _, s := range box.State.Stations.List {
		if s.Associated == "" && s.DefaultOf == "" {
			free = append(free, s.ID)
		}
	}
	if len(free) < 2 {
		t.Fatal("no free stations") // those of the deleted
	}
	path := box.UserPath(id, "/station")
	if a := box.Get(path); a.Text != "{}" {
		t.Errorf("%s", a.Text)
	}
	box.Put(path+"/defaultstation/"+free[0], "").Want(202)
	if a := box.Get(path); a.Str("defaultStation", "id") != free[0] || a.Str("effectiveStation", "id") != free[0] ||
		a.At("associatedStation") != nil || a.Str("defaultStation", "defaultUser", "id") != id {
		t.Errorf("%s", a.Text)
	}
	box.Put(path+"/associatedstation/"+free[1], "").Want(202)
	box.Put(path+"/associatedstation/"+free[1], "").Want(202)
	if a := box.Get(path); a.Str("associatedStation", "id") != free[1] || a.Str("effectiveStation", "id") != free[1] ||
		a.Str("associatedStation", "associatedUser", "id") != id || a.Str("associatedStation", "associatedDate") == "" {
		t.Errorf("%s", a.Text)
	}
	box.Put(box.UserPath(other, "/station/associatedstation/"+free[1]), "").Problem(409, "general.conflict")
	box.Put(box.UserPath(other, "/station/defaultstation/"+free[0]), "").Problem(409, "general.conflict")
	box.Put(path+"/associatedstation/none", "").Problem(404, "station.not.found")
	box.Put(path+"/defaultstation/none", "").Problem(404, "station.not.found")

	box.Remove(path + "/associatedstation").Want(202)
	box.Remove(path + "/associatedstation").Want(202)
	box.Remove(path + "/defaultstation").Want(202)
	if a := box.Get(path); a.Str("lastAssociatedStation", "id") != free[1] || a.At("effectiveStation") != nil {
		t.Errorf("%s", a.Text)
	}
	box.Put(box.UserPath(other, "/station/associatedstation/"+free[1]), "").Want(202)
	me := box.As("sandbox-user-" + id)
	me.Put("/api/v2/users/stations/me/associatedstation/"+free[0], "").Want(202)
	if a := me.Get("/api/v2/users/stations/me"); a.Str("associatedStation", "id") != free[0] {
		t.Errorf("%s", a.Text)
	}
	me.Remove("/api/v2/users/stations/me/associatedstation").Want(202)

	// Whoever leaves gives the telephones back.
	box.Put(path+"/associatedstation/"+free[0], "").Want(202)
	box.Put(path+"/defaultstation/"+free[0], "").Want(202)
	box.Remove(box.UserPath(id, "")).Want(200)
	box.Put(box.UserPath(other, "/station/associatedstation/"+free[0]), "").Want(202)
	box.Put(box.UserPath(other, "/station/defaultstation/"+free[0]), "").Want(202)
	box.Put(box.UserPath(other, "/state"), `{"state":"inactive"}`).Want(200)
	box.Put(box.UserPath(other, "/station/associatedstation/"+free[0]), "").Problem(409, "general.conflict")
	box.CheckInvariants()
}

func TestCallForwarding(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	path := box.UserPath(id, "/callforwarding")
	if a := box.Get(path); a.At("enabled") != false || a.Str("user", "id") != id {
		t.Errorf("%s", a.Text)
	}
	a := box.Put(path, `{"enabled":true,"calls":[{"targets":[{"type":"PHONENUMBER","value":"+13175550100"}]}],"voicemail":"LASTCALL"}`).Want(200)
	if a.Str("calls", 0, "targets", 0, "value") != "+13175550100" || a.Str("voicemail") != "LASTCALL" || a.Str("modifiedDate") == "" {
		t.Errorf("%s", a.Text)
	}
	if a = box.Patch(path, `{"enabled":false}`).Want(200); a.Str("voicemail") != "LASTCALL" || len(a.List("calls")) != 1 {
		t.Errorf("PATCH forgets: %s", a.Text)
	}
	if a = box.Put(path, `{"enabled":false}`).Want(200); a.Str("voicemail") != "NONE" || len(a.List("calls")) != 0 {
		t.Errorf("PUT keeps: %s", a.Text)
	}
	box.Patch(path, `{"enabled":true}`).Problem(400, "bad.request", "calls")
	box.Patch(path, `{"enabled":true,"calls":[{"targets":[]},{}]}`).Problem(400, "bad.request", "calls")
	box.Patch(path, `{"voicemail":"PIGEON"}`).Problem(400, "bad.request", "voicemail")
	box.Patch(path, `{"calls":[{"targets":[{"type":"PIGEON","value":"1"}]}]}`).Problem(400, "bad.request", "calls.targets.type")
	box.Patch(path, `{"calls":[{"targets":[{"type":"STATION"}]}]}`).Problem(400, "bad.request", "calls.targets.value")
}
