package users_test

import (
	"net/url"
	"slices"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestACursorReadsEveryUserOnceWhateverHappensInBetween(t *testing.T) {
	t.Parallel()
	for _, order := range []string{"asc", "desc"} {
		box := sandboxtest.New(t, sandbox.Options{Users: 40})
		want := sandboxtest.Ids(box.Get("/api/v2/users?pageSize=500&sortOrder=" + order).List("entities"))
		var got []string
		next := "/api/v2/users/query?pageSize=7&sortOrder=" + order
		for next != "" {
			a := box.Get(next)
			page := sandboxtest.Ids(a.List("entities"))
			if a.Num("results") != float64(len(page)) || len(page) > 7 {
				t.Errorf("%s", a.Text)
			}
			got = append(got, page...)
			if next = a.Str("nextUri"); len(got) == 7 {
				// The cursor's own user goes, and one who stands before it comes.
				box.Remove(box.UserPath(page[6], "")).Want(200)
				name := map[string]string{"asc": "AAA", "desc": "zzz"}[order]
				box.Create(name, name+"@example.com")
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %d users %q, want %q", order, len(got), got, want)
		}
	}
	box := sandboxtest.New(t, sandbox.Options{})
	box.Do("GET", "/api/v2/users/query?cursor=x", "").Problem(400, "bad.request", "cursor")
	if a := box.Get("/api/v2/users/query?state=deleted&pageSize=500"); a.Num("results") == 0 || a.At("cursor") != nil {
		t.Errorf("%s", a.Text)
	}
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	if a := box.Get(box.UserPath(id, "/profile?expand=presence,routingStatus")); a.Str("name") != "Ada" ||
		a.At("expands", "presence") == nil || a.At("expands", "routingStatus") == nil || a.At("expands", "station") != nil {
		t.Errorf("%s", a.Text)
	}
	if a := box.Get("/api/v2/profiles/users?id=" + id + ",nobody"); a.Num("total") != 1 || a.Str("entities", 0, "id") != id {
		t.Errorf("%s", a.Text)
	}
	jid := box.Get(box.UserPath(id, "")).Str("chat", "jabberId")
	if a := box.Get("/api/v2/profiles/users?jid=" + url.QueryEscape(jid)); a.Num("total") != 1 {
		t.Errorf("%s", a.Text)
	}
	if a := box.Get(box.UserPath(id, "/favorites")); a.Num("total") != 0 { // nobody manages a new one
		t.Errorf("%s", a.Text)
	}
	report := box.Get(box.UserPath(box.State.FirstUserID, "/directreports")).Str(0, "id")
	if a := box.Get(box.UserPath(report, "/favorites")); a.Num("total") == 0 {
		t.Errorf("%s", a.Text)
	}
	if a := box.Get(box.UserPath(id, "/trustors")); a.Num("total") != 0 || a.Num("pageCount") != 0 {
		t.Errorf("%s", a.Text)
	}
	if a := box.Get("/api/v2/fieldconfig?type=person"); a.Str("entityType") != "person" || len(a.List("sections")) == 0 {
		t.Errorf("%s", a.Text)
	}
	box.Do("GET", "/api/v2/fieldconfig", "").Problem(400, "bad.request", "type")
	box.Do("GET", "/api/v2/fieldconfig?type=cat", "").Problem(400, "bad.request", "type")
}

func TestAdministratorsAreTrustedByPartners(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	path := box.UserPath(id, "/trustors")
	me := box.As("sandbox-user-" + id)
	if a := me.Get("/api/v2/users/me?expand=trustors"); a.At("trustors") == nil || len(a.List("trustors")) != 0 {
		t.Errorf("%s", a.Text)
	}
	admin := box.State.Roles.List[len(box.State.Roles.List)-1].ID
	box.Put(box.UserPath(id, "/roles"), `["`+admin+`"]`).Want(200)
	all := box.Get(path)
	if all.Num("total") != 2 || all.At("entities", 0, "enabled") != true || all.Str("entities", 0, "organization", "id") != all.Str("entities", 0, "id") ||
		all.Str("entities", 0, "organization", "name") == all.Str("entities", 1, "organization", "name") || len(all.List("entities", 0, "authorization", "permissions")) == 0 {
		t.Errorf("%s", all.Text)
	}
	if a := box.Get(path + "?pageSize=1&pageNumber=2"); a.Str("entities", 0, "id") != all.Str("entities", 1, "id") || a.Num("pageCount") != 2 {
		t.Errorf("%s", a.Text)
	}
	if a := me.Get("/api/v2/users/me?expand=trustors"); !slices.Equal(sandboxtest.Ids(a.List("trustors")), sandboxtest.Ids(all.List("entities"))) {
		t.Errorf("%s", a.Text)
	}
	box.Do("GET", box.UserPath("nobody", "/trustors"), "").Problem(404, "user.not.found")
}
