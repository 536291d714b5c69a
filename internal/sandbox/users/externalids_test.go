package users_test

import (
	"fmt"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
	"github.com/switchboard-gw/switchboard/internal/sandbox/users"
)

func TestExternalIDs(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id, other := box.Create("Ada", "ada@example.com"), box.Create("Bob", "bob@example.com")
	path := box.UserPath(id, "/externalid")
	if a := box.Get(path); a.Text != "[]" {
		t.Errorf("%s", a.Text)
	}
	box.Post(path, `{"authorityName":"HR","externalKey":"7/a b"}`).Want(200)
	a := box.Post(path, `{"authorityName":"CRM","externalKey":"x"}`).Want(200)
	if len(a.List()) != 2 || a.Str(0, "externalKey") != "7/a b" || a.Str(0, "selfUri") != path+"/HR/7%2Fa%20b" {
		t.Errorf("%s", a.Text)
	}
	if a := box.Get(path + "/CRM"); a.Str("externalKey") != "x" {
		t.Errorf("%s", a.Text)
	}
	if a := box.Get("/api/v2/users/externalid/HR/7%2Fa%20b?expand=presence"); a.Str("id") != id || a.At("presence") == nil {
		t.Errorf("%s", a.Text)
	}
	for body, field := range map[string]string{
		`{"externalKey":"x"}`: "authorityName", `{"authorityName":"HR"}`: "externalKey",
	} {
		box.Post(path, body).Problem(400, "bad.request", field)
	}
	for _, taken := range []string{path, box.UserPath(other, "/externalid")} {
		box.Post(taken, `{"authorityName":"HR","externalKey":"7/a b"}`).Problem(409, "general.conflict")
	}
	box.Do("GET", path+"/ERP", "").Problem(404, "external.id.not.found")
	box.Remove(box.UserPath(other, "/externalid/CRM/x")).Problem(404, "external.id.not.found")
	box.Do("GET", "/api/v2/users/externalid/HR/8", "").Problem(404, "user.not.found")

	box.Remove(path + "/CRM/x").Want(204)
	box.Remove(path+"/CRM/x").Problem(404, "external.id.not.found")
	box.Post(box.UserPath(other, "/externalid"), `{"authorityName":"CRM","externalKey":"x"}`).Want(200)
	for i := range users.MaxExternalIDs - 1 {
		box.Post(path, fmt.Sprintf(`{"authorityName":"N","externalKey":"%d"}`, i)).Want(200)
	}
	box.Post(path, `{"authorityName":"N","externalKey":"one too many"}`).Problem(400, "bad.request")

	// Who is deleted is not found, and keeps what it is called.
	box.Remove(box.UserPath(id, "")).Want(200)
	box.Do("GET", "/api/v2/users/externalid/HR/7%2Fa%20b", "").Problem(404, "user.not.found")
	box.Post(box.UserPath(other, "/externalid"), `{"authorityName":"HR","externalKey":"7/a b"}`).Problem(409, "general.conflict")
}
