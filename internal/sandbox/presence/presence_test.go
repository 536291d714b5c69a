package presence_test

import (
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/presence"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

func TestOutOfOffice(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	path := box.UserPath(id, "/outofoffice")
	if a := box.Get(path); a.At("active") != false || a.Str("user", "id") != id || a.Str("selfUri") != path {
		t.Errorf("%s", a.Text)
	}
	a := box.Put(path, `{"active":true,"startDate":"2026-09-01T10:00:00+02:00","endDate":"2026-09-02T00:00:00Z"}`).Want(200)
	if a.Str("startDate") != "2026-09-01T08:00:00.000Z" || a.At("active") != true {
		t.Errorf("%s", a.Text)
	}
	if box.Get(path).Text != a.Text {
		t.Errorf("%s", box.Get(path).Text)
	}
	if a = box.Put(path, `{"active":true,"indefinite":true}`).Want(200); a.At("startDate") != nil {
		t.Errorf("PUT keeps what it does not name: %s", a.Text)
	}
	box.Put(path, `{"active":true}`).Problem(400, "bad.request", "startDate")
	box.Put(path, `{"active":true,"startDate":"2026-09-01T10:00:00Z"}`).Problem(400, "bad.request", "endDate")
	box.Put(path, `{"startDate":"2026-09-01T10:00:00Z","endDate":"2026-09-01T10:00:00Z"}`).Problem(400, "bad.request", "endDate")
}

func TestGeolocations(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	path := box.UserPath(id, "/geolocations/")
	box.Do("GET", path+"phone", "").Problem(404, "geolocation.not.found")
	box.Patch(path+"phone", `{"longitude":1}`).Problem(400, "bad.request", "latitude")
	box.Patch(path+"phone", `{"latitude":1}`).Problem(400, "bad.request", "longitude")
	box.Patch(path+"phone", `{"latitude":null,"longitude":1}`).Problem(400, "bad.request", "latitude")
	box.Patch(path+"phone", `{"latitude":1,"longitude":null}`).Problem(400, "bad.request", "longitude")
	box.Patch(path+"phone", `{"latitude":91,"longitude":1}`).Problem(400, "bad.request", "latitude")
	box.Do("GET", path+"phone", "").Problem(404, "geolocation.not.found")
	a := box.Patch(path+"phone%2F1", `{"latitude":52.5,"longitude":13,"primary":true,"city":"Berlin"}`).Want(200)
	if a.Str("id") != "phone/1" || a.Num("latitude") != 52.5 || a.Str("selfUri") != path+"phone%2F1" {
		t.Errorf("%s", a.Text)
	}
	box.Patch(path+"desk", `{"latitude":0,"longitude":0,"primary":true}`).Want(200)
	box.Patch(path+"phone%2F1", `{"latitude":null}`).Problem(400, "bad.request", "latitude")
	if a = box.Patch(path+"phone%2F1", `{"city":null}`).Want(200); a.At("primary") != false || a.At("city") != nil || a.Num("longitude") != 13 {
		t.Errorf("%s", a.Text)
	}
	if a = box.Get(box.UserPath(id, "?expand=geolocation")); a.Str("geolocation", "id") != "desk" {
		t.Errorf("%s", a.Text)
	}
	for range presence.MaxClients + 5 {
		box.Patch(path+wire.RandomID(), `{"latitude":0,"longitude":0}`).Want(200)
	}
	if n := len(box.State.Users[id].Geolocations); n != presence.MaxClients {
		t.Errorf("%d clients are remembered", n)
	}
}

func TestPresenceIsThatOfTheSourceAskedFor(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Agent()
	for query, want := range map[string][2]any{
		"expand=presence": {"PURECLOUD", nil},
		"expand=presence&integrationPresenceSource=ZoomPhone":                     {"ZoomPhone", nil},
		"expand=presence,integrationPresence&integrationPresenceSource=ZoomPhone": {"ZoomPhone", "ZoomPhone"},
		"expand=integrationPresence":                                              {nil, nil},
		"integrationPresenceSource=ZoomPhone":                                     {nil, nil},
	} {
		user := box.Get(box.UserPath(id, "?"+query))
		listed := box.Get("/api/v2/users?id=" + id + "&" + query)
		profile := box.Get(box.UserPath(id, "/profile?"+query))
		for i, section := range []string{"presence", "integrationPresence"} {
			for _, got := range []any{
				user.At(section, "source"), listed.At("entities", 0, section, "source"), profile.At("expands", section, "source"),
			} {
				if got != want[i] {
					t.Errorf("%s: %s is from %v, want %v", query, section, got, want[i])
				}
			}
		}
	}
}
