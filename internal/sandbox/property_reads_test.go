package sandbox_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
	"pgregory.net/rapid"
)

func (w *world) FindByExternalID(t *rapid.T) {
	id := drawExternalID.Draw(t, "id")
	path := "/api/v2/users/externalid/" + url.PathEscape(id.AuthorityName) + "/" + url.PathEscape(id.ExternalKey)
	p := w.taken[id]
	if p == nil || p.state == org.StateDeleted {
		w.call(t, 404, "GET", path, nil)
		return
	}
	if got := w.call(t, 200, "GET", path, nil); textAt(got, "id") != p.id {
		t.Fatalf("%v has the id %s, want %s", id, textAt(got, "id"), p.id)
	}
}

// byNameAndID is how lists are sorted.
func byNameAndID(a, b *person) int {
	return cmp.Or(strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name)), strings.Compare(a.id, b.id))
}

// ReadAllPages follows the pages of a list to its end, and back.
func (w *world) ReadAllPages(t *rapid.T) {
	state := rapid.SampledFrom(append([]string{org.AnyState}, org.UserStates...)).Draw(t, "state")
	size := rapid.IntRange(1, len(w.people)+1).Draw(t, "size")
	order := rapid.SampledFrom([]string{"ASC", "descending"}).Draw(t, "order")
	want := w.inState(state)
	slices.SortFunc(want, byNameAndID)
	if order == "descending" {
		slices.Reverse(want)
	}
	pages := (len(want) + size - 1) / size
	next := fmt.Sprintf("/api/v2/users?state=%s&pageSize=%d&sortOrder=%s", state, size, order)
	var got []any
	var all [][]any
	var last any
	for number := 1; next != ""; number++ {
		last = w.call(t, 200, "GET", next, nil)
		if numberAt(last, "total") != len(want) || numberAt(last, "pageCount") != pages || numberAt(last, "pageSize") != size ||
			numberAt(last, "pageNumber") != number {
			t.Fatalf("%s: %v, want %d on %d pages", next, last, len(want), pages)
		}
		entities := listAt(last, "entities")
		all = append(all, entities)
		got = append(got, entities...)
		next = textAt(last, "nextUri")
	}
	if len(all) != max(pages, 1) || len(got) != len(want) {
		t.Fatalf("%d on %d pages, want %d on %d", len(got), len(all), len(want), pages)
	}
	for i, p := range want {
		p.compare(t, got[i])
	}
	for _, entities := range slices.Backward(all) {
		if fmt.Sprint(listAt(last, "entities")) != fmt.Sprint(entities) {
			t.Fatal("the pages are others on the way back")
		}
		if previous := textAt(last, "previousUri"); previous != "" {
			last = w.call(t, 200, "GET", previous, nil)
		}
	}
}

// Search compares a search with the model, page by page.
func (w *world) Search(t *rapid.T) {
	state := rapid.SampledFrom([]string{"", org.StateActive, org.StateInactive, org.StateDeleted}).Draw(t, "state")
	field := rapid.SampledFrom([]string{"name", "email", "title"}).Draw(t, "field")
	kind := rapid.SampledFrom([]string{"EXACT", "STARTS_WITH", "CONTAINS"}).Draw(t, "kind")
	value := rapid.SampledFrom([]string{"a", "AD", "ä", "b", "C@x.io", "lead", "Ω", "o"}).Draw(t, "value")
	size := rapid.IntRange(1, 5).Draw(t, "size")
	test := map[string]func(text, value string) bool{"EXACT": func(a, b string) bool { return a == b }, "STARTS_WITH": strings.HasPrefix, "CONTAINS": strings.Contains}[kind]
	query := []map[string]any{{"type": kind, "fields": []string{field}, "value": value}}
	if state != "" {
		query = append(query, map[string]any{"type": "EXACT", "fields": []string{"state"}, "value": state})
	}
	var want []*person
	for _, p := range w.inState(cmp.Or(state, org.StateActive)) {
		text := map[string]string{"name": p.name, "email": p.email, "title": p.title}[field]
		if test(strings.ToLower(text), strings.ToLower(value)) {
			want = append(want, p)
		}
	}
	slices.SortFunc(want, byNameAndID)
	page := w.call(t, 200, "POST", "/api/v2/users/search", map[string]any{"query": query, "pageSize": size})
	var got []any
	for {
		if numberAt(page, "total") != len(want) {
			t.Fatalf("%v finds %d, want %d", query, numberAt(page, "total"), len(want))
		}
		got = append(got, listAt(page, "results")...)
		next := textAt(page, "nextPage")
		if next == "" {
			break
		}
		page = w.call(t, 200, "GET", next, nil)
	}
	if len(got) != len(want) {
		t.Fatalf("%v: the pages have %d, want %d", query, len(got), len(want))
	}
	for i, p := range want {
		p.compare(t, got[i])
	}
}

// compare compares a user as a read shows it.
func (p *person) compare(t *rapid.T, got any) {
	t.Helper()
	shown := person{
		id: textAt(got, "id"), name: textAt(got, "name"), email: textAt(got, "email"), title: textAt(got, "title"), state: textAt(got, "state"),
		version: numberAt(got, "version"), division: textAt(got, "division", "id"),
	}
	want := person{id: p.id, name: p.name, email: p.email, title: p.title, state: p.state, version: p.version, division: p.division}
	if fmt.Sprint(shown) != fmt.Sprint(want) {
		t.Fatalf("the user is\n%+v, want\n%+v", shown, want)
	}
}

// Check follows every action: the totals, and all about the user it touched.
func (w *world) Check(t *rapid.T) {
	for _, state := range append([]string{org.AnyState}, org.UserStates...) { // a page beyond the last is short
		if got, want := numberAt(w.call(t, 200, "GET", "/api/v2/users?pageSize=1&pageNumber=1000&state="+state, nil), "total"), len(w.inState(state)); got != want {
			t.Fatalf("%d users are %s, want %d", got, state, want)
		}
	}
	p := w.touched
	if p == nil {
		return
	}
	w.touched = nil
	if p.state == org.StateDeleted {
		p.compare(t, w.call(t, 200, "GET", p.path("?state=deleted"), nil))
		return
	}
	u := w.call(t, 200, "GET", p.path("?expand=skills,profileSkills"), nil)
	p.compare(t, u)
	skills := map[string]float64{}
	for _, s := range listAt(u, "skills") {
		skills[textAt(s, "id")] = sandboxtest.Walk(s, "proficiency").(float64)
	}
	if !maps.Equal(skills, p.skills) || fmt.Sprint(listAt(u, "profileSkills")) != fmt.Sprint(p.profileSkills) {
		t.Fatalf("%s has the skills %v and %v, want %v and %v", p.name, skills, listAt(u, "profileSkills"), p.skills, p.profileSkills)
	}
	w.checkQueues(t, p)
	var external []string
	for id, holder := range w.taken {
		if holder == p {
			external = append(external, id.AuthorityName+" "+id.ExternalKey)
		}
	}
	var shown []string
	for _, id := range listAt(w.call(t, 200, "GET", p.path("/externalid"), nil)) {
		shown = append(shown, textAt(id, "authorityName")+" "+textAt(id, "externalKey"))
	}
	if slices.Sort(external); !slices.Equal(slices.Sorted(slices.Values(shown)), external) {
		t.Fatalf("%s has the external ids %q, want %q", p.name, shown, external)
	}
	if roles := sandboxtest.Ids(listAt(w.call(t, 200, "GET", p.path("/roles"), nil), "roles")); p.roles != nil &&
		!slices.Equal(slices.Sorted(slices.Values(roles)), slices.Sorted(slices.Values(p.roles))) {
		t.Fatalf("%s has the roles %q, want %q", p.name, roles, p.roles)
	}
}

// checkQueues compares a person's queues, and how many have joined each.
func (w *world) checkQueues(t *rapid.T, p *person) {
	t.Helper()
	queues := map[string]bool{}
	for _, joined := range []bool{true, false} {
		page := w.call(t, 200, "GET", p.path(fmt.Sprintf("/queues?pageSize=500&joined=%t", joined)), nil)
		for _, q := range listAt(page, "entities") {
			id := textAt(q, "id")
			queues[id] = joined
			members, there := 0, 0
			for _, other := range w.people {
				joined, member := other.queues[id]
				if member {
					members++
				}
				if joined {
					there++
				}
			}
			if numberAt(q, "memberCount") != members || numberAt(q, "joinedMemberCount") != there || sandboxtest.Walk(q, "joined") != joined {
				t.Fatalf("%v, want %d members of whom %d have joined", q, members, there)
			}
		}
	}
	if !maps.Equal(queues, p.queues) {
		t.Fatalf("%s is in the queues %v, want %v", p.name, queues, p.queues)
	}
}
