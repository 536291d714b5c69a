package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
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
		if err := w.s.Organisation().CheckInvariants(); err != nil {
			t.Error(err)
		}
	})
}

// world is a sandbox and the model of it. Its exported methods are the actions
// that a sequence is made of, and Check, which follows each of them.
type world struct {
	s       *sandbox.Sandbox
	token   string
	people  []*person // in the order in which they came
	taken   map[org.ExternalID]*person
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
	s, err := sandbox.New(sandbox.Options{
		Seed: rapid.Uint64().Draw(t, "seed"), Users: rapid.IntRange(1, 20).Draw(t, "users"), Now: sandboxtest.NewClock().Now, RateLimit: 1_000_000,
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
	w := &world{s: s, token: login.Token, taken: map[org.ExternalID]*person{}}
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
			p.skills[textAt(skill, "id")] = sandboxtest.Walk(skill, "proficiency").(float64)
		}
		if p.state != org.StateDeleted {
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

func textAt(v any, steps ...any) string { s, _ := sandboxtest.Walk(v, steps...).(string); return s }

func numberAt(v any, steps ...any) int {
	n, _ := sandboxtest.Walk(v, steps...).(float64)
	return int(n)
}

func listAt(v any, steps ...any) []any { l, _ := sandboxtest.Walk(v, steps...).([]any); return l }

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
		if len(states) == 0 || slices.Contains(states, p.state) || states[0] == org.AnyState {
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

// pickOne draws from a catalog; SampledFrom shrinks to its first.
func pickOne[T any](t *rapid.T, label string, list []*T) *T {
	return list[rapid.IntRange(0, len(list)-1).Draw(t, label)]
}
