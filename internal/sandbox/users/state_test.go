package users_test

import (
	"slices"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestUserState(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	path := box.UserPath(id, "/state")
	if a := box.Get(path); a.Str("state") != "active" || a.Num("version") != 1 {
		t.Errorf("%s", a.Text)
	}
	box.Put(path, `{"state":"inactive","version":7}`).Problem(409, "general.conflict", "version")
	box.Put(path, `{}`).Problem(400, "bad.request", "state")
	box.Put(path, `{"state":"inactive","stateChangeReason":"Boredom"}`).Problem(400, "bad.request", "stateChangeReason")
	a := box.Put(path, `{"state":"inactive","version":1,"stateChangeReason":"Leave"}`).Want(200)
	if a.Num("version") != 2 || a.Str("stateChangeReason") != "Leave" || a.Str("stateChangeDate") != "2026-08-20T04:35:23.391Z" {
		t.Errorf("%s", a.Text)
	}
	box.Put(path, `{"state":"deleted"}`).Want(200)
	if a := box.Get(path); a.Str("state") != "deleted" {
		t.Errorf("%s", a.Text)
	}
	box.Put(path, `{"state":"active"}`).Want(200)
	box.Get(box.UserPath(id, ""))
	box.CheckInvariants()
}

func TestADeletedUserStillHoldsItsAddress(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	body := `{"name":"Other","email":"ADA@example.com","divisionId":"` + box.Division() + `"}`
	box.Post("/api/v2/users", body).Problem(409, "general.conflict")
	gone := box.Remove(box.UserPath(id, "")).Want(200)
	if gone.Text != "{}" {
		t.Errorf("DELETE answered %s", gone.Text)
	}
	box.Post("/api/v2/users", body).Problem(409, "general.conflict")
	box.Do("GET", box.UserPath(id, ""), "").Problem(404, "user.not.found")
	box.Do("GET", box.UserPath(id, "/routingstatus"), "").Problem(404, "user.not.found")
	box.Remove(box.UserPath(id, "")).Problem(404, "user.not.found")
	if a := box.Get(box.UserPath(id, "?state=deleted")); a.Str("state") != "deleted" || a.Num("version") != 2 {
		t.Errorf("deleted: %s", a.Text)
	}
	if slices.Contains(sandboxtest.Ids(box.Get("/api/v2/users?pageSize=500").List("entities")), id) {
		t.Error("a deleted user is listed")
	}
	if !slices.Contains(sandboxtest.Ids(box.Get("/api/v2/users?pageSize=500&state=deleted").List("entities")), id) {
		t.Error("a deleted user is not listed as deleted")
	}
	box.Patch(box.UserPath(id, ""), `{"version":2,"title":"x"}`).Problem(404, "user.not.found")
	if a := box.Patch(box.UserPath(id, ""), `{"version":2,"state":"active"}`).Want(200); a.Num("version") != 3 {
		t.Errorf("restored: %s", a.Text)
	}
	box.Get(box.UserPath(id, ""))
	box.Do("GET", box.UserPath(id, "?state=deleted"), "").Problem(404, "user.not.found")
	box.CheckInvariants()
}
