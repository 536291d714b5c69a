package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is written in whatever order, the organisation shows what a model of a
// few maps says. A failing sequence is printed as short as it can be made, with the
// seed that repeats it.
func TestRandomWritesAreSeenByEveryRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		t.Repeat(rapid.StateMachineActions(w))
		checkInvariants(t, w.s.org)
	})
}

// world is a sandbox and the model of it. Its exported methods are the actions
// that a sequence is made of, and Check, which follows each of them.
type world struct {
	s       *Sandbox
	token   string
	people  []*person // in the order in which they came
	taken   map[externalID]*person
	touched *person // by the last action
}

// person is a user as far as the model goes.
type person struct {
	id, name, email, title, state string
	version                       int
	division                      string
	profileSkills                 []string
	skills                        map[string]float64
	queues                        map[string]bool // joined, by id of those that the person is a member of
	roles                         []string        // nil: as seeded
}

// newWorld seeds an organisation and reads the model from it.
func newWorld(t *rapid.T) *world {
	s, err := New(Options{
		Seed: rapid.Uint64().Draw(t, "seed"), Users: rapid.IntRange(1, 20).Draw(t, "users"), Now: newClock().now, RateLimit: 1_000_000,
	})
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest("POST", "/oauth/token", strings.NewReader("grant_type=client_credentials"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("id", "secret")
	res := httptest.NewRecorder()
	s.ServeHTTP(res, req)
	var login struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(res.Body.Bytes(), &login); err != nil {
		t.Fatal(err)
	}
	w := &world{s: s, token: login.Token, taken: map[externalID]*person{}}
	all := w.call(t, 200, "GET", "/api/v2/users?state=any&pageSize=500&expand=skills,profileSkills", nil)
	for _, u := range listAt(all, "entities") {
		p := &person{
			id: textAt(u, "id"), name: textAt(u, "name"), email: textAt(u, "email"), title: textAt(u, "title"), state: textAt(u, "state"),
			version: numberAt(u, "version"), division: textAt(u, "division", "id"), skills: map[string]float64{}, queues: map[string]bool{},
		}
		for _, said := range listAt(u, "profileSkills") {
			p.profileSkills = append(p.profileSkills, said.(string))
		}
		for _, skill := range listAt(u, "skills") {
			p.skills[textAt(skill, "id")] = walk(skill, "proficiency").(float64)
		}
		if p.state != stateDeleted {
			for _, joined := range []bool{true, false} {
				for _, q := range listAt(w.call(t, 200, "GET", fmt.Sprintf("/api/v2/users/%s/queues?pageSize=500&joined=%t", p.id, joined), nil), "entities") {
					p.queues[textAt(q, "id")] = joined
				}
			}
		}
		w.people = append(w.people, p)
	}
	return w
}

// call makes a call of the handler, which must answer with the status.
func (w *world) call(t *rapid.T, want int, method, path string, body any) any {
	t.Helper()
	text := ""
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	req := httptest.NewRequest(method, path, strings.NewReader(text))
	req.Header.Set("Authorization", "Bearer "+w.token)
	res := httptest.NewRecorder()
	w.s.ServeHTTP(res, req)
	if res.Code != want {
		t.Fatalf("%s %s %s: %d %s, want %d", method, path, text, res.Code, res.Body, want)
	}
	var v any
	if res.Body.Len() > 0 {
		if err := json.Unmarshal(res.Body.Bytes(), &v); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, res.Body)
		}
	}
	return v
}

func (p *person) path(rest string) string { return "/api/v2/users/" + p.id + rest }

func textAt(v any, steps ...any) string { s, _ := walk(v, steps...).(string); return s }
func numberAt(v any, steps ...any) int  { n, _ := walk(v, steps...).(float64); return int(n) }
func listAt(v any, steps ...any) []any  { l, _ := walk(v, steps...).([]any); return l }

// Few names and addresses, so that they meet again.
var (
	somebodysName  = rapid.SampledFrom([]string{"Ada", "ada B", "ADA", "Änne", "änne", "Bob", "b", "Zoë", "Ωmega"})
	somebodysEmail = rapid.SampledFrom([]string{"a@x.io", "A@x.io", "b@x.io", "c@x.io", "C@X.io", "d@x.io", "e@x.io"})
	somebodysTitle = rapid.SampledFrom([]string{"", "Agent", "Lead"})
)

// anybody draws one of those whose state is among the given; without any, of all.
func (w *world) anybody(t *rapid.T, states ...string) *person {
	some := w.inState(states...)
	if len(some) == 0 {
		t.Skip("there is nobody " + strings.Join(states, " or "))
	}
	w.touched = rapid.SampledFrom(some).Draw(t, "person")
	return w.touched
}

func (w *world) inState(states ...string) (some []*person) {
	for _, p := range w.people {
		if len(states) == 0 || slices.Contains(states, p.state) || states[0] == anyState {
			some = append(some, p)
		}
	}
	return some
}

// holder is who has an e-mail address, in whatever state.
func (w *world) holder(email string) *person {
	i := slices.IndexFunc(w.people, func(p *person) bool { return strings.EqualFold(p.email, email) })
	if i < 0 {
		return nil
	}
	return w.people[i]
}

func (w *world) Create(t *rapid.T) {
	division := pickOne(t, "division", w.s.org.divisions.list).ID
	p := &person{
		name: somebodysName.Draw(t, "name"), email: somebodysEmail.Draw(t, "email"), title: somebodysTitle.Draw(t, "title"),
		state:   rapid.SampledFrom([]string{stateActive, stateInactive}).Draw(t, "state"),
		version: 1, division: division, skills: map[string]float64{},
	}
	body := map[string]any{"name": p.name, "email": p.email, "title": p.title, "state": p.state, "divisionId": division}
	if w.holder(p.email) != nil {
		w.call(t, http.StatusConflict, "POST", "/api/v2/users", body)
		return
	}
	p.id = textAt(w.call(t, 200, "POST", "/api/v2/users", body), "id")
	w.rejoin(p)
	w.people = append(w.people, p)
	w.touched = p
}

// rejoin makes a person a member of the queues of the division, none of them joined.
func (w *world) rejoin(p *person) {
	p.queues = map[string]bool{}
	for _, q := range w.s.org.queues.list {
		if q.division.ID == p.division {
			p.queues[q.ID] = false
		}
	}
}

func (w *world) PatchProfile(t *rapid.T) {
	p := w.anybody(t, stateActive, stateInactive)
	body, next := map[string]any{"version": p.version}, *p
	for _, field := range []struct {
		name  string
		value *string
		draw  *rapid.Generator[string]
	}{{"name", &next.name, somebodysName}, {"email", &next.email, somebodysEmail}, {"title", &next.title, somebodysTitle}} {
		if rapid.Bool().Draw(t, "change "+field.name) {
			*field.value = field.draw.Draw(t, field.name)
			body[field.name] = *field.value
		}
	}
	if held := w.holder(next.email); held != nil && held != p {
		w.call(t, http.StatusConflict, "PATCH", p.path(""), body)
		return
	}
	next.version++
	*p = next
	if got := w.call(t, 200, "PATCH", p.path(""), body); numberAt(got, "version") != p.version {
		t.Fatalf("version %d after a change, want %d", numberAt(got, "version"), p.version)
	}
}

func (w *world) PatchWithAnotherVersion(t *rapid.T) {
	p := w.anybody(t, stateActive, stateInactive)
	version := rapid.Int32().Filter(func(v int32) bool { return int(v) != p.version }).Draw(t, "version")
	got := w.call(t, http.StatusConflict, "PATCH", p.path(""), map[string]any{"version": version, "title": "Stale"})
	if textAt(got, "messageParams", "currentVersion") != strconv.Itoa(p.version) {
		t.Fatalf("%v does not tell the version %d", got, p.version)
	}
}

func (w *world) ChangeState(t *rapid.T) {
	p := w.anybody(t)
	state := rapid.SampledFrom(userStates).Draw(t, "state")
	switch way := rapid.SampledFrom([]string{"PATCH", "PUT", "DELETE"}).Draw(t, "way"); {
	case way == "PATCH":
		w.call(t, 200, "PATCH", p.path(""), map[string]any{"version": p.version, "state": state})
	case way == "PUT":
		w.call(t, 200, "PUT", p.path("/state"), map[string]any{"state": state})
	case p.state == stateDeleted:
		w.call(t, 404, "DELETE", p.path(""), nil)
		return
	default:
		state = stateDeleted
		w.call(t, 200, "DELETE", p.path(""), nil)
	}
	switch {
	case state == stateDeleted:
		p.queues = map[string]bool{}
	case p.state == stateDeleted:
		w.rejoin(p)
	}
	p.state = state
	p.version++
}

func (w *world) PatchInBulk(t *rapid.T) {
	some := rapid.SliceOfN(rapid.SampledFrom(w.people), 0, 6).Draw(t, "people")
	gone := false
	var body []map[string]any
	for _, p := range some {
		body = append(body, map[string]any{"id": p.id, "acdAutoAnswer": rapid.Bool().Draw(t, "acdAutoAnswer")})
		gone = gone || p.state == stateDeleted
	}
	if gone { // all or none
		w.call(t, 400, "PATCH", "/api/v2/users/bulk", body)
		return
	}
	if body == nil {
		body = []map[string]any{}
	}
	w.call(t, 200, "PATCH", "/api/v2/users/bulk", body)
	for _, p := range some {
		p.version++
		w.touched = p
	}
}

func (w *world) PutProfileSkills(t *rapid.T) {
	p := w.anybody(t, stateActive, stateInactive)
	p.profileSkills = rapid.SliceOfN(rapid.SampledFrom([]string{"chess", "é", "x"}), 0, 3).Draw(t, "skills")
	p.version++
	w.call(t, 200, "PUT", p.path("/profileskills"), append([]string{}, p.profileSkills...))
}

func (w *world) drawSkill(t *rapid.T) (string, float64) {
	return pickOne(t, "skill", w.s.org.skills.list).ID, float64(rapid.IntRange(0, 10).Draw(t, "proficiency")) / 2
}

func (w *world) Learn(t *rapid.T) {
	p := w.anybody(t, stateActive, stateInactive)
	id, proficiency := w.drawSkill(t)
	w.call(t, 200, "POST", p.path("/routingskills"), map[string]any{"id": id, "proficiency": proficiency})
	p.skills[id] = proficiency
}

func (w *world) Forget(t *rapid.T) {
	p := w.anybody(t, stateActive, stateInactive)
	id, _ := w.drawSkill(t)
	want := 204
	if _, knows := p.skills[id]; !knows {
		want = 404
	}
	w.call(t, want, "DELETE", p.path("/routingskills/"+id), nil)
	delete(p.skills, id)
}

func (w *world) LearnInBulk(t *rapid.T) {
	p := w.anybody(t, stateActive, stateInactive)
	body := []map[string]any{}
	learnt := map[string]float64{}
	method := rapid.SampledFrom([]string{"PATCH", "PUT"}).Draw(t, "method")
	if method == "PATCH" {
		learnt = maps.Clone(p.skills)
	}
	for range rapid.IntRange(0, 4).Draw(t, "skills") {
		id, proficiency := w.drawSkill(t)
		body = append(body, map[string]any{"id": id, "proficiency": proficiency})
		learnt[id] = proficiency
	}
	if rapid.IntRange(0, 4).Draw(t, "with a mistake") == 0 { // all or none
		body = append(body, map[string]any{"id": "none", "proficiency": 1})
		w.call(t, 400, method, p.path("/routingskills/bulk"), body)
		return
	}
	w.call(t, 200, method, p.path("/routingskills/bulk"), body)
	p.skills = learnt
}

func (w *world) JoinOrLeaveAQueue(t *rapid.T) {
	p := w.anybody(t, stateActive, stateInactive)
	queue, joined := pickOne(t, "queue", w.s.org.queues.list).ID, rapid.Bool().Draw(t, "joined")
	want := 200
	if _, member := p.queues[queue]; member {
		p.queues[queue] = joined
	} else {
		want = 404
	}
	w.call(t, want, "PATCH", p.path("/queues/"+queue), map[string]any{"joined": joined})
}

func (w *world) JoinOrLeaveAllQueues(t *rapid.T) {
	p := w.anybody(t, stateActive, stateInactive)
	joined := rapid.Bool().Draw(t, "joined")
	body := []map[string]any{}
	for _, q := range slices.Sorted(maps.Keys(p.queues)) {
		body = append(body, map[string]any{"id": q, "joined": joined})
		p.queues[q] = joined
	}
	w.call(t, 200, "PATCH", p.path("/queues"), body)
}

func (w *world) PutRoles(t *rapid.T) {
	p := w.anybody(t, stateActive, stateInactive)
	p.roles = []string{}
	for _, r := range w.s.org.roles.list {
		if rapid.Bool().Draw(t, r.Name) {
			p.roles = append(p.roles, r.ID)
		}
	}
	w.call(t, 200, "PUT", p.path("/roles"), p.roles)
}

var drawExternalID = rapid.Custom(func(t *rapid.T) externalID {
	return externalID{rapid.SampledFrom([]string{"HR", "CRM"}).Draw(t, "authority"), rapid.SampledFrom([]string{"1", "2/a b", "é"}).Draw(t, "key")}
})

func (w *world) AddExternalID(t *rapid.T) {
	p, id := w.anybody(t, stateActive, stateInactive), drawExternalID.Draw(t, "id")
	want := 200
	if w.taken[id] == nil {
		w.taken[id] = p
	} else {
		want = http.StatusConflict
	}
	w.call(t, want, "POST", p.path("/externalid"), id)
}

func (w *world) RemoveExternalID(t *rapid.T) {
	p, id := w.anybody(t, stateActive, stateInactive), drawExternalID.Draw(t, "id")
	want := 404
	if w.taken[id] == p {
		want = 204
		delete(w.taken, id)
	}
	w.call(t, want, "DELETE", p.path("/externalid/"+url.PathEscape(id.AuthorityName)+"/"+url.PathEscape(id.ExternalKey)), nil)
}

func (w *world) FindByExternalID(t *rapid.T) {
	id := drawExternalID.Draw(t, "id")
	path := "/api/v2/users/externalid/" + url.PathEscape(id.AuthorityName) + "/" + url.PathEscape(id.ExternalKey)
	p := w.taken[id]
	if p == nil || p.state == stateDeleted {
		w.call(t, 404, "GET", path, nil)
		return
	}
	if got := w.call(t, 200, "GET", path, nil); textAt(got, "id") != p.id {
		t.Fatalf("%v has the id %s, want %s", id, textAt(got, "id"), p.id)
	}
}

// WhoIsDeletedIsGone: nothing can be done with a deleted user.
func (w *world) WhoIsDeletedIsGone(t *rapid.T) {
	p := w.anybody(t, stateDeleted)
	for path, body := range map[string]any{
		"": map[string]any{"version": p.version, "title": "Ghost"}, "/callforwarding": map[string]any{"enabled": false},
		"/routingskills/bulk": []any{}, "/queues": []any{},
	} {
		w.call(t, 404, "PATCH", p.path(path), body)
	}
	for _, path := range []string{"", "/routingskills", "/queues", "/roles", "/externalid", "/profile", "/station"} {
		w.call(t, 404, "GET", p.path(path), nil)
	}
}

// byNameAndID is how lists are sorted.
func byNameAndID(a, b *person) int {
	return cmp.Or(strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name)), strings.Compare(a.id, b.id))
}

// ReadAllPages follows the pages of a list to its end, and back.
func (w *world) ReadAllPages(t *rapid.T) {
	state := rapid.SampledFrom(append([]string{anyState}, userStates...)).Draw(t, "state")
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
	state := rapid.SampledFrom([]string{"", stateActive, stateInactive, stateDeleted}).Draw(t, "state")
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
	for _, p := range w.inState(cmp.Or(state, stateActive)) {
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
	for _, state := range append([]string{anyState}, userStates...) { // a page beyond the last is short
		if got, want := numberAt(w.call(t, 200, "GET", "/api/v2/users?pageSize=1&pageNumber=1000&state="+state, nil), "total"), len(w.inState(state)); got != want {
			t.Fatalf("%d users are %s, want %d", got, state, want)
		}
	}
	p := w.touched
	if p == nil {
		return
	}
	w.touched = nil
	if p.state == stateDeleted {
		p.compare(t, w.call(t, 200, "GET", p.path("?state=deleted"), nil))
		return
	}
	u := w.call(t, 200, "GET", p.path("?expand=skills,profileSkills"), nil)
	p.compare(t, u)
	skills := map[string]float64{}
	for _, s := range listAt(u, "skills") {
		skills[textAt(s, "id")] = walk(s, "proficiency").(float64)
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
	if roles := ids(listAt(w.call(t, 200, "GET", p.path("/roles"), nil), "roles")); p.roles != nil &&
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
			if numberAt(q, "memberCount") != members || numberAt(q, "joinedMemberCount") != there || walk(q, "joined") != joined {
				t.Fatalf("%v, want %d members of whom %d have joined", q, members, there)
			}
		}
	}
	if !maps.Equal(queues, p.queues) {
		t.Fatalf("%s is in the queues %v, want %v", p.name, queues, p.queues)
	}
}

// pickOne draws from a catalog; SampledFrom shrinks to its first.
func pickOne[T any](t *rapid.T, label string, list []*T) *T {
	return list[rapid.IntRange(0, len(list)-1).Draw(t, label)]
}
