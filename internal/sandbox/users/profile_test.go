package users_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestProfileSkills(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	path := box.UserPath(id, "/profileskills")
	if a := box.Get(path); a.Text != "[]" {
		t.Errorf("%s", a.Text)
	}
	if a := box.Put(path, `["b","a"]`).Want(200); a.Text != `["b","a"]` {
		t.Errorf("%s", a.Text)
	}
	if a := box.Get(path); a.Text != `["b","a"]` {
		t.Errorf("%s", a.Text)
	}
	box.Put(path, `[1]`).Problem(400, "bad.request", "body")
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	sent := func() string { return box.Get(box.UserPath(id, "")).Str("dateWelcomeSent") }
	box.Post(box.UserPath(id, "/invite"), "").Want(204)
	first := sent()
	box.Clock.Advance(1e9)
	box.Post(box.UserPath(id, "/invite?force=false"), "").Want(204)
	if first == "" || sent() != first {
		t.Errorf("sent %q, then %q", first, sent())
	}
	box.Post(box.UserPath(id, "/invite?force=true"), "").Want(204)
	if sent() == first {
		t.Error("force did not send again")
	}
	box.Post(box.UserPath(id, "/invite?force=perhaps"), "").Problem(400, "bad.request", "force")
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	me := box.As("sandbox-user-" + id)
	me.Post("/api/v2/users/me/password", `{"oldPassword":"","newPassword":"correct horse"}`).Problem(400, "bad.request", "oldPassword")
	me.Post("/api/v2/users/me/password", `{"oldPassword":"none yet","newPassword":"correct horse"}`).Problem(400, "bad.request", "oldPassword")
	box.Post(box.UserPath(id, "/password"), `{}`).Problem(400, "bad.request", "newPassword")
	box.Post(box.UserPath(id, "/password"), `{"newPassword":"short"}`).Problem(400, "bad.request", "newPassword")
	box.Post(box.UserPath(id, "/password"), `{"newPassword":"correct horse"}`).Want(204)
	refused := me.Post("/api/v2/users/me/password", `{"oldPassword":"wrong horse","newPassword":"battery staple"}`).
		Problem(400, "bad.request", "oldPassword")
	if strings.Contains(refused.Text, "horse") {
		t.Errorf("an error shows a password: %s", refused.Text)
	}
	me.Post("/api/v2/users/me/password", `{"oldPassword":"correct horse","newPassword":"battery staple"}`).Want(204)
	if all := fmt.Sprintf("%+v", *box.State.Users[id]); strings.Contains(all, "battery") {
		t.Error("a password is stored in clear")
	}
}
