package sandbox

import (
	"testing"
)

func TestStations(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id, other := org.create("Ada", "ada@example.com"), org.create("Bob", "bob@example.com")
	var free []string
	for _, s := range org.sandbox.org.stations.list {
		if s.associated == "" && s.defaultOf == "" {
			free = append(free, s.id)
		}
	}
	if len(free) < 2 {
		t.Fatal("no free stations") // those of the deleted
	}
	path := org.userPath(id, "/station")
	if a := org.get(path); a.text != "{}" {
		t.Errorf("%s", a.text)
	}
	org.put(path+"/defaultstation/"+free[0], "").want(204)
	if a := org.get(path); a.str("defaultStation", "id") != free[0] || a.str("effectiveStation", "id") != free[0] ||
		a.at("associatedStation") != nil || a.str("defaultStation", "defaultUser", "id") != id {
		t.Errorf("%s", a.text)
	}
	org.put(path+"/associatedstation/"+free[1], "").want(204)
	org.put(path+"/associatedstation/"+free[1], "").want(204)
	if a := org.get(path); a.str("associatedStation", "id") != free[1] || a.str("effectiveStation", "id") != free[1] ||
		a.str("associatedStation", "associatedUser", "id") != id || a.str("associatedStation", "associatedDate") == "" {
		t.Errorf("%s", a.text)
	}
	org.put(org.userPath(other, "/station/associatedstation/"+free[1]), "").problem(409, "general.conflict")
	org.put(org.userPath(other, "/station/defaultstation/"+free[0]), "").problem(409, "general.conflict")
	org.put(path+"/associatedstation/none", "").problem(404, "station.not.found")
	org.put(path+"/defaultstation/none", "").problem(404, "station.not.found")

	org.remove(path + "/associatedstation").want(204)
	org.remove(path + "/associatedstation").want(204)
	org.remove(path + "/defaultstation").want(204)
	if a := org.get(path); a.str("lastAssociatedStation", "id") != free[1] || a.at("effectiveStation") != nil {
		t.Errorf("%s", a.text)
	}
	org.put(org.userPath(other, "/station/associatedstation/"+free[1]), "").want(204)
	me := org.as("sandbox-user-" + id)
	me.put("/api/v2/users/stations/me/associatedstation/"+free[0], "").want(204)
	if a := me.get("/api/v2/users/stations/me"); a.str("associatedStation", "id") != free[0] {
		t.Errorf("%s", a.text)
	}
	me.remove("/api/v2/users/stations/me/associatedstation").want(204)

	// Whoever leaves gives the telephones back.
	org.put(path+"/associatedstation/"+free[0], "").want(204)
	org.put(path+"/defaultstation/"+free[0], "").want(204)
	org.remove(org.userPath(id, "")).want(200)
	org.put(org.userPath(other, "/station/associatedstation/"+free[0]), "").want(204)
	org.put(org.userPath(other, "/station/defaultstation/"+free[0]), "").want(204)
	org.put(org.userPath(other, "/state"), `{"state":"inactive"}`).want(200)
	org.put(org.userPath(other, "/station/associatedstation/"+free[0]), "").problem(409, "general.conflict")
	checkInvariants(t, org.sandbox.org)
}

func TestOutOfOffice(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	path := org.userPath(id, "/outofoffice")
	if a := org.get(path); a.at("active") != false || a.str("user", "id") != id || a.str("selfUri") != path {
		t.Errorf("%s", a.text)
	}
	a := org.put(path, `{"active":true,"startDate":"2026-09-01T10:00:00+02:00","endDate":"2026-09-02T00:00:00Z"}`).want(200)
	if a.str("startDate") != "2026-09-01T08:00:00.000Z" || a.at("active") != true {
		t.Errorf("%s", a.text)
	}
	if org.get(path).text != a.text {
		t.Errorf("%s", org.get(path).text)
	}
	if a = org.put(path, `{"active":true,"indefinite":true}`).want(200); a.at("startDate") != nil {
		t.Errorf("PUT keeps what it does not name: %s", a.text)
	}
	org.put(path, `{"active":true}`).problem(400, "bad.request", "startDate")
	org.put(path, `{"active":true,"startDate":"2026-09-01T10:00:00Z"}`).problem(400, "bad.request", "endDate")
	org.put(path, `{"startDate":"2026-09-01T10:00:00Z","endDate":"2026-09-01T10:00:00Z"}`).problem(400, "bad.request", "endDate")
}

func TestGeolocations(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	path := org.userPath(id, "/geolocations/")
	org.do("GET", path+"phone", "").problem(404, "geolocation.not.found")
	org.patch(path+"phone", `{"longitude":1}`).problem(400, "bad.request", "latitude")
	org.patch(path+"phone", `{"latitude":1}`).problem(400, "bad.request", "longitude")
	org.patch(path+"phone", `{"latitude":null,"longitude":1}`).problem(400, "bad.request", "latitude")
	org.patch(path+"phone", `{"latitude":1,"longitude":null}`).problem(400, "bad.request", "longitude")
	org.patch(path+"phone", `{"latitude":91,"longitude":1}`).problem(400, "bad.request", "latitude")
	org.do("GET", path+"phone", "").problem(404, "geolocation.not.found")
	a := org.patch(path+"phone%2F1", `{"latitude":52.5,"longitude":13,"primary":true,"city":"Berlin"}`).want(200)
	if a.str("id") != "phone/1" || a.num("latitude") != 52.5 || a.str("selfUri") != path+"phone%2F1" {
		t.Errorf("%s", a.text)
	}
	org.patch(path+"desk", `{"latitude":0,"longitude":0,"primary":true}`).want(200)
	org.patch(path+"phone%2F1", `{"latitude":null}`).problem(400, "bad.request", "latitude")
	if a = org.patch(path+"phone%2F1", `{"city":null}`).want(200); a.at("primary") != false || a.at("city") != nil || a.num("longitude") != 13 {
		t.Errorf("%s", a.text)
	}
	if a = org.get(org.userPath(id, "?expand=geolocation")); a.str("geolocation", "id") != "desk" {
		t.Errorf("%s", a.text)
	}
	for range maxClients + 5 {
		org.patch(path+randomID(), `{"latitude":0,"longitude":0}`).want(200)
	}
	if n := len(org.sandbox.org.users[id].geolocations); n != maxClients {
		t.Errorf("%d clients are remembered", n)
	}
}

func TestCallForwarding(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	path := org.userPath(id, "/callforwarding")
	if a := org.get(path); a.at("enabled") != false || a.str("user", "id") != id {
		t.Errorf("%s", a.text)
	}
	a := org.put(path, `{"enabled":true,"calls":[{"targets":[{"type":"PHONENUMBER","value":"+13175550100"}]}],"voicemail":"LASTCALL"}`).want(200)
	if a.str("calls", 0, "targets", 0, "value") != "+13175550100" || a.str("voicemail") != "LASTCALL" || a.str("modifiedDate") == "" {
		t.Errorf("%s", a.text)
	}
	if a = org.patch(path, `{"enabled":false}`).want(200); a.str("voicemail") != "LASTCALL" || len(a.list("calls")) != 1 {
		t.Errorf("PATCH forgets: %s", a.text)
	}
	if a = org.put(path, `{"enabled":false}`).want(200); a.str("voicemail") != "NONE" || len(a.list("calls")) != 0 {
		t.Errorf("PUT keeps: %s", a.text)
	}
	org.patch(path, `{"enabled":true}`).problem(400, "bad.request", "calls")
	org.patch(path, `{"enabled":true,"calls":[{"targets":[]},{}]}`).problem(400, "bad.request", "calls")
	org.patch(path, `{"voicemail":"PIGEON"}`).problem(400, "bad.request", "voicemail")
	org.patch(path, `{"calls":[{"targets":[{"type":"PIGEON","value":"1"}]}]}`).problem(400, "bad.request", "calls.targets.type")
	org.patch(path, `{"calls":[{"targets":[{"type":"STATION"}]}]}`).problem(400, "bad.request", "calls.targets.value")
}
