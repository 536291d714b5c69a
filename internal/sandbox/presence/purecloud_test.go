package presence_test

import (
	"slices"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// From any presence to any other: On Queue takes a user on queue, all others off it,
// and what was is in the records.
func TestGoingOnQueueIsAWriteOfThePresence(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	path := box.UserPath(id, "/presences/purecloud")
	write := func(p *org.PresenceDefinition) {
		t.Helper()
		was := box.Get(box.UserPath(id, "/routingstatus"))
		before := box.Get(path)
		box.Clock.Advance(60e9)
		a := box.Patch(path, `{"presenceDefinition":{"id":"`+p.ID+`"}}`).Want(200)
		status := box.Get(box.UserPath(id, "/routingstatus"))
		onQueue := p.SystemPresence == org.PresenceOnQueue
		if a.Str("presenceDefinition", "id") != p.ID || a.Str("source") != "PURECLOUD" || box.Get(path).Text != a.Text ||
			(status.Str("status") == org.StatusIdle) != onQueue || (status.Str("status") == org.StatusOffQueue) == onQueue {
			t.Errorf("%s: %s %s", p.SystemPresence, a.Text, status.Text)
		}
		if stays := status.Str("status") == was.Str("status"); stays != (status.Str("startTime") == was.Str("startTime")) {
			t.Errorf("%s: the status was %s and is %s", p.SystemPresence, was.Text, status.Text)
		}
		if stays := before.Str("presenceDefinition", "id") == p.ID; stays != (before.Str("modifiedDate") == a.Str("modifiedDate")) {
			t.Errorf("%s: the presence was %s and is %s", p.SystemPresence, before.Text, a.Text)
		}
	}
	all := box.State.Presences.List
	for _, from := range all {
		for _, to := range all {
			write(from)
			write(to)
		}
	}
	if !slices.ContainsFunc(all, func(p *org.PresenceDefinition) bool { return p.SystemPresence == org.PresenceOnQueue }) {
		t.Error("there is no presence of being on queue")
	}
	box.CheckInvariants()
	box.CheckHistories()

	if a := box.Patch(path, `{"message":"back at two"}`).Want(200); a.Str("message") != "back at two" {
		t.Errorf("%s", a.Text)
	}
	box.Patch(path, `{"presenceDefinition":{"id":"none"}}`).Problem(400, "bad.request", "presenceDefinition.id")
	box.Put(box.UserPath(id, "/state"), `{"state":"inactive"}`).Want(200)
	box.Patch(path, `{"presenceDefinition":{"id":"`+all[0].ID+`"}}`).Problem(400, "bad.request", "presenceDefinition")
	box.Do("GET", "/api/v2/users/none/presences/purecloud", "").Problem(404, "user.not.found")
}
