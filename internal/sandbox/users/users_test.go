package users_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestListingUsersPages(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Seed: 5, Users: 120})
	total := len(box.State.Rosters[org.StateActive])
	var seen []string
	path := "/api/v2/users?pageSize=10&sortOrder=ASC"
	for pages := 0; path != ""; pages++ {
		a := box.Get(path)
		if a.Num("total") != float64(total) || a.Num("pageCount") != float64((total+9)/10) ||
			a.Num("pageNumber") != float64(pages+1) || a.Num("pageSize") != 10 {
			t.Fatalf("page %d: %s", pages+1, a.Text[len(a.Text)-600:])
		}
		if a.Str("firstUri") != "/api/v2/users?pageSize=10&pageNumber=1&sortOrder=ASC" ||
			a.Str("lastUri") != fmt.Sprintf("/api/v2/users?pageSize=10&pageNumber=%d&sortOrder=ASC", (total+9)/10) ||
			a.Str("selfUri") != fmt.Sprintf("/api/v2/users?pageSize=10&pageNumber=%d&sortOrder=ASC", pages+1) ||
			(a.Str("previousUri") == "") != (pages == 0) {
			t.Errorf("page %d: %s", pages+1, a.Text[len(a.Text)-600:])
		}
		for _, u := range a.List("entities") {
			seen = append(seen, sandboxtest.Walk(u, "name").(string)+" "+sandboxtest.Walk(u, "id").(string))
		}
		path = a.Str("nextUri")
	}
	if len(seen) != total || len(slices.Compact(slices.Clone(seen))) != total {
		t.Errorf("%d users on all pages, want %d", len(seen), total)
	}
	if !slices.IsSortedFunc(seen, org.CompareFold) {
		t.Error("the pages are not in order of name")
	}
	down := box.Get("/api/v2/users?sortOrder=descending&pageSize=1")
	if got := down.Str("entities", 0, "name") + " " + down.Str("entities", 0, "id"); got != seen[total-1] {
		t.Errorf("descending starts with %s, want %s", got, seen[total-1])
	}
	beyond := box.Get("/api/v2/users?pageNumber=2147483647&pageSize=500")
	if len(beyond.List("entities")) != 0 || beyond.At("entities") == nil {
		t.Errorf("beyond the end: %s", beyond.Text)
	}
	zero := box.Get("/api/v2/users?pageSize=0&pageNumber=0")
	if zero.Num("pageSize") != 25 || zero.Num("pageNumber") != 1 {
		t.Errorf("zero is not the default: %v %v", zero.At("pageSize"), zero.At("pageNumber"))
	}
}

func TestListingUsersRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	for query, field := range map[string]string{
		"pageSize=501":                        "pageSize",
		"pageSize=-1":                         "pageSize",
		"pageSize=ten":                        "pageSize",
		"pageNumber=-1":                       "pageNumber",
		"pageNumber=4294967296":               "pageNumber",
		"sortOrder=sideways":                  "sortOrder",
		"state=sleepy":                        "state",
		"id=a&jabberId=b":                     "jabberId",
		"integrationPresenceSource=Telegraph": "integrationPresenceSource",
		"integrationPresenceSource=ZoomPhone&pageSize=101": "pageSize",
		"state=inactive&pageSize=500&pageNumber=21":        "pageNumber",
	} {
		box.Do("GET", "/api/v2/users?"+query, "").Problem(400, "bad.request", field)
	}
	box.Get("/api/v2/users?state=inactive&pageSize=500&pageNumber=20")
	box.Get("/api/v2/users?expand=somethingNewer&somethingElse=1&state=")
}

func TestUsersCanBeListedByID(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	all := box.Get("/api/v2/users?pageSize=4").List("entities")
	want := sandboxtest.Ids(all)
	jabber := func(i int) string { return sandboxtest.Walk(all[i], "chat", "jabberId").(string) }
	for name, query := range map[string]string{
		"repeated keys":        "id=" + strings.Join(want, "&id="),
		"joined with commas":   "id=" + strings.Join(want, ","),
		"both":                 "id=" + want[3] + "," + want[1] + "&id=" + want[0] + "&id=" + want[2],
		"escaped commas":       "id=" + strings.Join(want, "%2C"),
		"repeated and unknown": "id=nobody," + strings.Join(want, ",") + "," + want[0],
		"by jabber id":         "jabberId=" + jabber(0) + "," + jabber(1) + "&jabberId=" + jabber(2) + "&jabberId=" + jabber(3),
	} {
		a := box.Get("/api/v2/users?" + query)
		if got := sandboxtest.Ids(a.List("entities")); !slices.Equal(got, want) || a.Num("total") != 4 {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestUsersAreListedByState(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 200})
	sum := 0.0
	for _, state := range org.UserStates {
		a := box.Get("/api/v2/users?pageSize=500&state=" + state)
		for _, u := range a.List("entities") {
			if sandboxtest.Walk(u, "state") != state {
				t.Errorf("%s is listed as %s", sandboxtest.Walk(u, "state"), state)
			}
		}
		if a.Num("total") == 0 {
			t.Errorf("nobody is %s", state)
		}
		sum += a.Num("total")
	}
	if all := box.Get("/api/v2/users?state=any"); all.Num("total") != sum || sum != 200 {
		t.Errorf("any has %v of %v", all.Num("total"), sum)
	}
}

func TestExpandAddsNothingThatWasNotAskedFor(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Agent()
	plain := sandboxtest.Members(box.Get(box.UserPath(id, "")))
	for _, section := range []string{"skills", "presence", "station", "biography", "dateLastLogin", "profileSkills"} {
		if plain[section] {
			t.Errorf("%s is there without expand", section)
		}
	}
	for _, query := range []string{"?expand=skills&expand=presence", "?expand=skills,presence"} {
		got := sandboxtest.Members(box.Get(box.UserPath(id, query)))
		if !got["skills"] || !got["presence"] || len(got) != len(plain)+2 {
			t.Errorf("%s: %v", query, got)
		}
	}
}

func TestRelations(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 100})
	id := box.Agent()
	superiors := box.Get(box.UserPath(id, "/superiors?expand=skills"))
	chain := sandboxtest.Ids(superiors.List())
	if len(chain) != 2 || chain[1] != box.State.FirstUserID || superiors.At(0, "skills") == nil {
		t.Fatalf("superiors of %s: %v", id, chain)
	}
	siblings := sandboxtest.Ids(box.Get(box.UserPath(id, "/adjacents")).List("siblings"))
	reports := sandboxtest.Ids(box.Get(box.UserPath(chain[0], "/directreports")).List())
	if !slices.Contains(reports, id) || slices.Contains(siblings, id) || len(siblings) != len(reports)-1 {
		t.Errorf("reports %v, siblings %v", reports, siblings)
	}
	version := box.Get(box.UserPath(chain[1], "")).Num("version")
	box.Patch(box.UserPath(chain[1], ""), fmt.Sprintf(`{"version":%v,"manager":"%s"}`, version, id)).
		Problem(400, "bad.request", "manager")

	box.Remove(box.UserPath(chain[0], "")).Want(200)
	if a := box.Get(box.UserPath(id, "")); a.At("manager") != nil {
		t.Errorf("a deleted manager shows: %s", a.Text)
	}
	if a := box.Get(box.UserPath(id, "/superiors")); a.Text != "[]" {
		t.Errorf("a deleted manager is above: %s", a.Text)
	}
}
