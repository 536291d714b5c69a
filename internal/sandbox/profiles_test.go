package sandbox

import (
	"net/url"
	"slices"
	"testing"
)

func TestACursorReadsEveryUserOnceWhateverHappensInBetween(t *testing.T) {
	t.Parallel()
	for _, order := range []string{"asc", "desc"} {
		org := newTestOrg(t, Options{Users: 40})
		want := ids(org.get("/api/v2/users?pageSize=500&sortOrder=" + order).list("entities"))
		var got []string
		next := "/api/v2/users/query?pageSize=7&sortOrder=" + order
		for next != "" {
			a := org.get(next)
			page := ids(a.list("entities"))
			if a.num("results") != float64(len(page)) || len(page) > 7 {
				t.Errorf("%s", a.text)
			}
			got = append(got, page...)
			if next = a.str("nextUri"); len(got) == 7 {
				// The cursor's own user goes, and one who stands before it comes.
				org.remove(org.userPath(page[6], "")).want(200)
				name := map[string]string{"asc": "AAA", "desc": "zzz"}[order]
				org.create(name, name+"@example.com")
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %d users %q, want %q", order, len(got), got, want)
		}
	}
	org := newTestOrg(t, Options{})
	org.do("GET", "/api/v2/users/query?cursor=x", "").problem(400, "bad.request", "cursor")
	if a := org.get("/api/v2/users/query?state=deleted&pageSize=500"); a.num("results") == 0 || a.at("cursor") != nil {
		t.Errorf("%s", a.text)
	}
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	if a := org.get(org.userPath(id, "/profile?expand=presence,routingStatus")); a.str("name") != "Ada" ||
		a.at("expands", "presence") == nil || a.at("expands", "routingStatus") == nil || a.at("expands", "station") != nil {
		t.Errorf("%s", a.text)
	}
	if a := org.get("/api/v2/profiles/users?id=" + id + ",nobody"); a.num("total") != 1 || a.str("entities", 0, "id") != id {
		t.Errorf("%s", a.text)
	}
	jid := org.get(org.userPath(id, "")).str("chat", "jabberId")
	if a := org.get("/api/v2/profiles/users?jid=" + url.QueryEscape(jid)); a.num("total") != 1 {
		t.Errorf("%s", a.text)
	}
	if a := org.get(org.userPath(id, "/favorites")); a.num("total") != 0 { // nobody manages a new one
		t.Errorf("%s", a.text)
	}
	report := org.get(org.userPath(org.sandbox.org.firstUserID, "/directreports")).str(0, "id")
	if a := org.get(org.userPath(report, "/favorites")); a.num("total") == 0 {
		t.Errorf("%s", a.text)
	}
	if a := org.get(org.userPath(id, "/trustors")); a.num("total") != 0 || a.num("pageCount") != 0 {
		t.Errorf("%s", a.text)
	}
	if a := org.get("/api/v2/fieldconfig?type=person"); a.str("entityType") != "person" || len(a.list("sections")) == 0 {
		t.Errorf("%s", a.text)
	}
	org.do("GET", "/api/v2/fieldconfig", "").problem(400, "bad.request", "type")
	org.do("GET", "/api/v2/fieldconfig?type=cat", "").problem(400, "bad.request", "type")
}

func TestAdministratorsAreTrustedByPartners(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	path := org.userPath(id, "/trustors")
	me := org.as(userTokenPrefix + id)
	if a := me.get("/api/v2/users/me?expand=trustors"); a.at("trustors") == nil || len(a.list("trustors")) != 0 {
		t.Errorf("%s", a.text)
	}
	admin := org.sandbox.org.roles.list[len(seedRoles)-1].ID
	org.put(org.userPath(id, "/roles"), `["`+admin+`"]`).want(200)
	all := org.get(path)
	if all.num("total") != 2 || all.at("entities", 0, "enabled") != true || all.str("entities", 0, "organization", "id") != all.str("entities", 0, "id") ||
		all.str("entities", 0, "organization", "name") == all.str("entities", 1, "organization", "name") || len(all.list("entities", 0, "authorization", "permissions")) == 0 {
		t.Errorf("%s", all.text)
	}
	if a := org.get(path + "?pageSize=1&pageNumber=2"); a.str("entities", 0, "id") != all.str("entities", 1, "id") || a.num("pageCount") != 2 {
		t.Errorf("%s", a.text)
	}
	if a := me.get("/api/v2/users/me?expand=trustors"); !slices.Equal(ids(a.list("trustors")), ids(all.list("entities"))) {
		t.Errorf("%s", a.text)
	}
	org.do("GET", org.userPath("nobody", "/trustors"), "").problem(404, "user.not.found")
}
