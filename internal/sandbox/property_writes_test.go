package sandbox_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"pgregory.net/rapid"
)

// Few names and addresses, so that they meet again.
var (
	somebodysName  = rapid.SampledFrom([]string{"Ada", "ada B", "ADA", "Änne", "änne", "Bob", "b", "Zoë", "Ωmega"})
	somebodysEmail = rapid.SampledFrom([]string{"a@x.io", "A@x.io", "b@x.io", "c@x.io", "C@X.io", "d@x.io", "e@x.io"})
	somebodysTitle = rapid.SampledFrom([]string{"", "Agent", "Lead"})
)

func (w *world) Create(t *rapid.T) {
	division := pickOne(t, "division", w.s.Organisation().Divisions.List).ID
	p := &person{
		name: somebodysName.Draw(t, "name"), email: somebodysEmail.Draw(t, "email"), title: somebodysTitle.Draw(t, "title"),
		state:   rapid.SampledFrom([]string{org.StateActive, org.StateInactive}).Draw(t, "state"),
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
	for _, q := range w.s.Organisation().Queues.List {
		if q.Division.ID == p.division {
			p.queues[q.ID] = false
		}
	}
}

func (w *world) PatchProfile(t *rapid.T) {
	p := w.anybody(t, org.StateActive, org.StateInactive)
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
	p := w.anybody(t, org.StateActive, org.StateInactive)
	version := rapid.Int32().Filter(func(v int32) bool { return int(v) != p.version }).Draw(t, "version")
	got := w.call(t, http.StatusConflict, "PATCH", p.path(""), map[string]any{"version": version, "title": "Stale"})
	if textAt(got, "messageParams", "currentVersion") != strconv.Itoa(p.version) {
		t.Fatalf("%v does not tell the version %d", got, p.version)
	}
}

func (w *world) ChangeState(t *rapid.T) {
	p := w.anybody(t)
	state := rapid.SampledFrom(org.UserStates).Draw(t, "state")
	switch way := rapid.SampledFrom([]string{"PATCH", "PUT", "DELETE"}).Draw(t, "way"); {
	case way == "PATCH":
		w.call(t, 200, "PATCH", p.path(""), map[string]any{"version": p.version, "state": state})
	case way == "PUT":
		w.call(t, 200, "PUT", p.path("/state"), map[string]any{"state": state})
	case p.state == org.StateDeleted:
		w.call(t, 404, "DELETE", p.path(""), nil)
		return
	default:
		state = org.StateDeleted
		w.call(t, 200, "DELETE", p.path(""), nil)
	}
	switch {
	case state == org.StateDeleted:
		p.queues = map[string]bool{}
	case p.state == org.StateDeleted:
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
		gone = gone || p.state == org.StateDeleted
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
	p := w.anybody(t, org.StateActive, org.StateInactive)
	p.profileSkills = rapid.SliceOfN(rapid.SampledFrom([]string{"chess", "é", "x"}), 0, 3).Draw(t, "skills")
	p.version++
	w.call(t, 200, "PUT", p.path("/profileskills"), append([]string{}, p.profileSkills...))
}

func (w *world) drawSkill(t *rapid.T) (string, float64) {
	return pickOne(t, "skill", w.s.Organisation().Skills.List).ID, float64(rapid.IntRange(0, 10).Draw(t, "proficiency")) / 2
}

func (w *world) Learn(t *rapid.T) {
	p := w.anybody(t, org.StateActive, org.StateInactive)
	id, proficiency := w.drawSkill(t)
	w.call(t, 200, "POST", p.path("/routingskills"), map[string]any{"id": id, "proficiency": proficiency})
	p.skills[id] = proficiency
}

func (w *world) Forget(t *rapid.T) {
	p := w.anybody(t, org.StateActive, org.StateInactive)
	id, _ := w.drawSkill(t)
	want := 204
	if _, knows := p.skills[id]; !knows {
		want = 404
	}
	w.call(t, want, "DELETE", p.path("/routingskills/"+id), nil)
	delete(p.skills, id)
}

func (w *world) LearnInBulk(t *rapid.T) {
	p := w.anybody(t, org.StateActive, org.StateInactive)
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
	p := w.anybody(t, org.StateActive, org.StateInactive)
	queue, joined := pickOne(t, "queue", w.s.Organisation().Queues.List).ID, rapid.Bool().Draw(t, "joined")
	want := 200
	if _, member := p.queues[queue]; member {
		p.queues[queue] = joined
	} else {
		want = 404
	}
	w.call(t, want, "PATCH", p.path("/queues/"+queue), map[string]any{"joined": joined})
}

func (w *world) JoinOrLeaveAllQueues(t *rapid.T) {
	p := w.anybody(t, org.StateActive, org.StateInactive)
	joined := rapid.Bool().Draw(t, "joined")
	body := []map[string]any{}
	for _, q := range slices.Sorted(maps.Keys(p.queues)) {
		body = append(body, map[string]any{"id": q, "joined": joined})
		p.queues[q] = joined
	}
	w.call(t, 200, "PATCH", p.path("/queues"), body)
}

func (w *world) PutRoles(t *rapid.T) {
	p := w.anybody(t, org.StateActive, org.StateInactive)
	p.roles = []string{}
	for _, r := range w.s.Organisation().Roles.List {
		if rapid.Bool().Draw(t, r.Name) {
			p.roles = append(p.roles, r.ID)
		}
	}
	w.call(t, 200, "PUT", p.path("/roles"), p.roles)
}

var drawExternalID = rapid.Custom(func(t *rapid.T) org.ExternalID {
	return org.ExternalID{AuthorityName: rapid.SampledFrom([]string{"HR", "CRM"}).Draw(t, "authority"), ExternalKey: rapid.SampledFrom([]string{"1", "2/a b", "é"}).Draw(t, "key")}
})

func (w *world) AddExternalID(t *rapid.T) {
	p, id := w.anybody(t, org.StateActive, org.StateInactive), drawExternalID.Draw(t, "id")
	want := 200
	if w.taken[id] == nil {
		w.taken[id] = p
	} else {
		want = http.StatusConflict
	}
	w.call(t, want, "POST", p.path("/externalid"), id)
}

func (w *world) RemoveExternalID(t *rapid.T) {
	p, id := w.anybody(t, org.StateActive, org.StateInactive), drawExternalID.Draw(t, "id")
	want := 404
	if w.taken[id] == p {
		want = 204
		delete(w.taken, id)
	}
	w.call(t, want, "DELETE", p.path("/externalid/"+url.PathEscape(id.AuthorityName)+"/"+url.PathEscape(id.ExternalKey)), nil)
}

// WhoIsDeletedIsGone: nothing can be done with a deleted user.
func (w *world) WhoIsDeletedIsGone(t *rapid.T) {
	p := w.anybody(t, org.StateDeleted)
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
