package e2e

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	godiff "github.com/google/go-cmp/cmp"
)

// A tool that keeps users as they are declared, as the vendor's Terraform provider
// does, runs a user's whole life through the server: it logs in, asks for the
// organisation, looks up by name what the declaration refers to, creates, reads back,
// updates, destroys, and creates again, which brings the deleted user back. Half of
// that is none of the contract and passes through.
func TestAUserIsKeptAsDeclared(t *testing.T) {
	p := start(t, "", "--http-passthrough=all", "--http-passthrough-paths="+
		"/api/v2/organizations/me,/api/v2/authorization/,/api/v2/routing/,/api/v2/voicemail/userpolicies/")
	k := newKeeper(t, p)
	k.configure()

	if found := k.search("state", "active", "email", "ada.tf@example.com"); len(found) > 0 {
		t.Fatalf("there is such a user: %v", found)
	}
	skills, languages, roles := k.byName("/api/v2/routing/skills"), k.byName("/api/v2/routing/languages"), k.byName("/api/v2/authorization/roles")
	divisions := k.byName("/api/v2/authorization/divisions")
	home := k.get("/api/v2/authorization/divisions/home")["id"].(string)
	away := ""
	for _, id := range divisions {
		if id != home {
			away = id
		}
	}

	first := declared{
		Email: "ada.tf@example.com", Name: "Ada Keeper", State: "active", Title: "Agent", Department: "Support", Division: home,
		AcdAutoAnswer: true, Phone: "+13175550100", ProfileSkills: []string{"Chess"}, Certifications: []string{"A1"}, EmployeeID: "4711",
		Skills:    map[string]float64{skills["Billing"]: 3.5, skills["Email"]: 1},
		Languages: map[string]float64{languages["English"]: 5},
		Roles:     []grantOf{{roles["employee"], home}, {roles["Agent"], home}},
		Capacity:  map[string]float64{"call": 1, "email": 3},
	}
	id := k.create(first)
	k.mustBe(id, first)
	k.mustBe(id, first) // a plan without changes reads the same again

	second := first
	second.Title, second.Department, second.Phone, second.Division = "Lead", "Sales", "+13175550111", away
	second.AcdAutoAnswer, second.ProfileSkills, second.Certifications = false, []string{"Chess", "Go"}, nil
	second.Skills = map[string]float64{skills["Email"]: 4, skills["Sales"]: 2}
	second.Languages = map[string]float64{languages["German"]: 2, languages["English"]: 4}
	second.Roles = []grantOf{{roles["employee"], home}, {roles["Supervisor"], away}}
	second.Capacity = nil // the organisation's
	k.update(id, first, second)
	k.mustBe(id, second)
	if found := k.search("state", "active", "email", second.Email); len(found) != 1 || found[0] != id {
		t.Errorf("the data source finds %v, want %s", found, id)
	}

	k.destroy(id)
	if again := k.create(first); again != id {
		t.Errorf("created again, the user is %s, want the deleted one back: %s", again, id)
	}
	k.mustBe(id, first)
	k.destroy(id)

	passed := strings.Count(p.log.String(), `"method":"passthrough"`)
	if passed != k.beside || passed == 0 {
		t.Errorf("%d calls passed through, want %d", passed, k.beside)
	}
	t.Logf("%d calls, %d of them passed through", k.calls, k.beside)
}

// Without pass-through the same tool is told at its first step which setting it lacks,
// by no status that it takes for "not there yet" or retries.
func TestWithoutPassThroughTheFirstStepSaysWhy(t *testing.T) {
	for _, args := range [][]string{nil, {"--http-passthrough=all", "--http-passthrough-paths=/api/v2/routing/"}} {
		p := start(t, "", args...)
		answer, text := p.rest(http.MethodGet, "/api/v2/organizations/me", nil)
		if answer.StatusCode != http.StatusNotImplemented || reasonIn(text) != "not_this_api" || !strings.Contains(string(text), "--http-passthrough") {
			t.Errorf("%v: %d %s", args, answer.StatusCode, text)
		}
	}
}

// declared is a user as somebody wants it.
type declared struct {
	Email, Name, State, Title, Department, Division, Phone, EmployeeID string
	AcdAutoAnswer                                                      bool
	ProfileSkills, Certifications                                      []string
	Skills, Languages                                                  map[string]float64 // proficiencies by id
	Roles                                                              []grantOf
	Capacity                                                           map[string]float64 // of media; nil: the organisation's
}

type grantOf struct{ Role, Division string }

// keeper makes a user what is declared.
type keeper struct {
	t             *testing.T
	contract, all *process // the answers of contract are judged by the vendor's document
	token         string
	calls, beside int
}

func newKeeper(t *testing.T, p *process) *keeper {
	unjudged := *p
	unjudged.sandboxed = false
	return &keeper{t: t, contract: p, all: &unjudged}
}

// try makes a call as the vendor's SDKs do.
func (k *keeper) try(verb, path string, body any) (int, map[string]any) {
	k.t.Helper()
	var sent []byte
	if body != nil {
		var err error
		sent, err = json.Marshal(body)
		must(k.t, err)
	}
	k.calls++
	p := k.contract
	for _, outside := range []string{"/organizations/", "/authorization/products", "/authorization/divisions", "/authorization/roles", "/routing/skills", "/routing/languages", "/voicemail/"} {
		if strings.HasPrefix(path, "/api/v2"+outside) {
			p = k.all
			k.beside++
			break
		}
	}
	answer, text := p.rest(verb, path, sent, "Authorization", "Bearer "+k.token, "Purecloud-Sdk", "150.0.0", "Content-Type", "application/json", "Accept", "application/json", "Accept-Encoding", "identity")
	if answer.StatusCode == http.StatusNotImplemented || answer.StatusCode == http.StatusMethodNotAllowed {
		k.t.Fatalf("%s %s: %d %s", verb, path, answer.StatusCode, text)
	}
	var got map[string]any
	if len(text) > 0 && text[0] == '{' {
		must(k.t, json.Unmarshal(text, &got))
	}
	return answer.StatusCode, got
}

// do is try for what must succeed.
func (k *keeper) do(verb, path string, body any) map[string]any {
	k.t.Helper()
	status, got := k.try(verb, path, body)
	if status > 299 {
		k.t.Fatalf("%s %s %v: %d %v", verb, path, body, status, got)
	}
	return got
}

func (k *keeper) get(path string) map[string]any {
	k.t.Helper()
	return k.do(http.MethodGet, path, nil)
}

// configure is what happens before anything is asked for.
func (k *keeper) configure() {
	k.t.Helper()
	_, text := k.all.rest(http.MethodPost, "/oauth/token", []byte("grant_type=client_credentials"),
		"Content-Type", "application/x-www-form-urlencoded", "Authorization", "Basic c2FuZGJveDpzYW5kYm94")
	var login struct {
		Token string `json:"access_token"`
	}
	must(k.t, json.Unmarshal(text, &login))
	k.token = login.Token
	if k.get("/api/v2/organizations/me")["id"] == "" || len(listOf(k.get("/api/v2/authorization/products"), "entities")) == 0 {
		k.t.Error("the organisation is not there")
	}
}

func listOf(from map[string]any, name string) (all []map[string]any) {
	list, _ := from[name].([]any)
	for _, item := range list {
		all = append(all, item.(map[string]any))
	}
	return all
}

// byName reads a list whole, and finds each of it again by its name.
func (k *keeper) byName(path string) map[string]string {
	k.t.Helper()
	ids := map[string]string{}
	for page := 1; ; page++ {
		got := k.get(path + "?pageSize=5&pageNumber=" + string(rune('0'+page)))
		for _, item := range listOf(got, "entities") {
			ids[item["name"].(string)] = item["id"].(string)
		}
		if float64(page) >= got["pageCount"].(float64) {
			break
		}
	}
	for name, id := range ids {
		if !slices.ContainsFunc(listOf(k.get(path+"?pageSize=100&pageNumber=1&name="+url.QueryEscape(name)), "entities"), func(item map[string]any) bool { return item["id"] == id }) {
			k.t.Errorf("%s is not found by the name %q", path, name)
		}
	}
	return ids
}

// search finds users by fields and their values.
func (k *keeper) search(pairs ...string) (ids []string) {
	k.t.Helper()
	var query []map[string]any
	for i := 0; i+1 < len(pairs); i += 2 {
		query = append(query, map[string]any{"fields": []string{pairs[i]}, "value": pairs[i+1], "type": "EXACT"})
	}
	got := k.do(http.MethodPost, "/api/v2/users/search", map[string]any{"pageSize": 25, "pageNumber": 1, "query": query})
	for _, u := range listOf(got, "results") {
		ids = append(ids, u["id"].(string))
	}
	return ids
}

// create makes the user, or brings back a deleted one that holds the address.
func (k *keeper) create(d declared) string {
	k.t.Helper()
	body := map[string]any{"name": d.Name, "email": d.Email, "state": d.State, "title": d.Title, "department": d.Department, "addresses": d.addresses()}
	status, got := k.try(http.MethodPost, "/api/v2/users", body) // no divisionId: the home division is meant
	if status == http.StatusConflict && got["code"] == "general.conflict" {
		deleted := k.search("state", "deleted", "email", d.Email)
		if len(deleted) != 1 {
			k.t.Fatalf("a conflict with %v", deleted)
		}
		id := deleted[0]
		was := k.get("/api/v2/users/" + id + "?state=deleted")
		k.do(http.MethodPatch, "/api/v2/users/"+id, map[string]any{"state": d.State, "version": was["version"]})
		before := k.read(id)
		k.update(id, before, d)
		return id
	}
	if status != http.StatusOK || got["version"] != 1.0 {
		k.t.Fatalf("POST /api/v2/users: %d %v", status, got)
	}
	id := got["id"].(string)
	before := k.read(id)
	if before.Division != k.get("/api/v2/authorization/divisions/home")["id"] {
		k.t.Errorf("without a division the user is in %s", before.Division)
	}
	k.update(id, before, d)
	return id
}

func (d declared) addresses() []map[string]any {
	return []map[string]any{{"mediaType": "PHONE", "type": "WORK", "address": d.Phone, "countryCode": "US"}}
}

// update makes a user what is declared; before is what it is.
func (k *keeper) update(id string, before, d declared) {
	k.t.Helper()
	user := "/api/v2/users/" + id
	if before.Division != d.Division {
		k.do(http.MethodPost, "/api/v2/authorization/divisions/"+d.Division+"/objects/USER", []string{id})
	}
	change := map[string]any{
		"name": d.Name, "email": d.Email, "title": d.Title, "department": d.Department, "addresses": d.addresses(),
		"acdAutoAnswer": d.AcdAutoAnswer, "certifications": append([]string{}, d.Certifications...),
		"employerInfo": map[string]any{"employeeId": d.EmployeeID},
	}
	// A version that is not the current one is refused, and nothing is done; with the
	// one that is read then it is done.
	version := k.get(user)["version"].(float64)
	change["version"] = version - 1
	if status, got := k.try(http.MethodPatch, user, change); status != http.StatusConflict {
		k.t.Errorf("a stale version: %d %v", status, got)
	}
	change["version"] = k.get(user)["version"]
	if got := k.do(http.MethodPatch, user, change); got["version"] != version+1 {
		k.t.Errorf("from version %v to %v", version, got["version"])
	}
	k.do(http.MethodPut, user+"/profileskills", append([]string{}, d.ProfileSkills...))
	for _, c := range []struct {
		name           string
		before, wanted map[string]float64
	}{{"routingskills", before.Skills, d.Skills}, {"routinglanguages", before.Languages, d.Languages}} {
		for gone := range c.before {
			if _, stays := c.wanted[gone]; !stays {
				k.do(http.MethodDelete, user+"/"+c.name+"/"+gone, nil)
			}
		}
		var changed []map[string]any
		for what, proficiency := range c.wanted {
			changed = append(changed, map[string]any{"id": what, "proficiency": proficiency})
		}
		if len(changed) > 0 {
			k.do(http.MethodPatch, user+"/"+c.name+"/bulk", changed)
		}
	}
	if d.Capacity == nil {
		k.do(http.MethodDelete, "/api/v2/routing/users/"+id+"/utilization", nil)
	} else {
		media := map[string]any{}
		for name, capacity := range d.Capacity {
			media[name] = map[string]any{"maximumCapacity": capacity, "includeNonAcd": false, "interruptableMediaTypes": []string{}}
		}
		k.do(http.MethodPut, "/api/v2/routing/users/"+id+"/utilization", map[string]any{"utilization": media})
	}
	k.grant(id, "bulkremove", before.Roles, d.Roles)
	k.grant(id, "bulkadd", d.Roles, before.Roles)
}

// grant adds or removes the roles that are not among others.
func (k *keeper) grant(id, how string, these, but []grantOf) {
	k.t.Helper()
	var pairs []map[string]any
	for _, g := range these {
		if !slices.Contains(but, g) {
			pairs = append(pairs, map[string]any{"roleId": g.Role, "divisionId": g.Division})
		}
	}
	if len(pairs) > 0 {
		k.do(http.MethodPost, "/api/v2/authorization/subjects/"+id+"/"+how+"?subjectType=PC_USER", map[string]any{"grants": pairs})
	}
}

// read is a user as it is, in the terms of a declaration.
func (k *keeper) read(id string) (d declared) {
	k.t.Helper()
	u := k.get("/api/v2/users/" + id + "?expand=skills,languages,locations,profileSkills,certifications,employerInfo")
	text := func(from map[string]any, name string) string { s, _ := from[name].(string); return s }
	d.Email, d.Name, d.State, d.Title, d.Department = text(u, "email"), text(u, "name"), text(u, "state"), text(u, "title"), text(u, "department")
	d.Division = u["division"].(map[string]any)["id"].(string)
	d.AcdAutoAnswer, _ = u["acdAutoAnswer"].(bool)
	if employer, ok := u["employerInfo"].(map[string]any); ok {
		d.EmployeeID = text(employer, "employeeId")
	}
	for _, a := range listOf(u, "addresses") {
		if a["mediaType"] == "PHONE" {
			d.Phone = text(a, "address")
		}
	}
	for _, into := range []struct {
		name string
		all  *[]string
	}{{"profileSkills", &d.ProfileSkills}, {"certifications", &d.Certifications}} {
		list, _ := u[into.name].([]any)
		for _, item := range list {
			*into.all = append(*into.all, item.(string))
		}
	}
	for _, into := range []struct {
		name string
		all  *map[string]float64
	}{{"skills", &d.Skills}, {"languages", &d.Languages}} {
		for _, item := range listOf(u, into.name) {
			if *into.all == nil {
				*into.all = map[string]float64{}
			}
			(*into.all)[text(item, "id")] = item["proficiency"].(float64)
		}
	}
	if utilization := k.get("/api/v2/routing/users/" + id + "/utilization"); utilization["level"] == "Agent" {
		d.Capacity = map[string]float64{}
		for name, media := range utilization["utilization"].(map[string]any) {
			d.Capacity[name] = media.(map[string]any)["maximumCapacity"].(float64)
		}
	}
	for _, g := range listOf(k.get("/api/v2/authorization/subjects/"+id), "grants") {
		d.Roles = append(d.Roles, grantOf{text(g["role"].(map[string]any), "id"), text(g["division"].(map[string]any), "id")})
	}
	if k.get("/api/v2/voicemail/userpolicies/" + id)["enabled"] != true {
		k.t.Error("there is no policy for the voicemail")
	}
	return d
}

// mustBe reads a user back and finds nothing to do. What a declaration leaves out of
// the media is the upstream's to say.
func (k *keeper) mustBe(id string, want declared) {
	k.t.Helper()
	got := k.read(id)
	for name := range got.Capacity {
		if _, said := want.Capacity[name]; !said {
			delete(got.Capacity, name)
		}
	}
	byRole := func(a, b grantOf) int { return cmp.Compare(a.Role+a.Division, b.Role+b.Division) }
	want.Roles = slices.SortedFunc(slices.Values(want.Roles), byRole)
	slices.SortFunc(got.Roles, byRole)
	if diff := godiff.Diff(want, got); diff != "" {
		k.t.Errorf("there is something left to do (-want +got):\n%s", diff)
	}
}

// destroy deletes a user and sees it gone.
func (k *keeper) destroy(id string) {
	k.t.Helper()
	k.do(http.MethodDelete, "/api/v2/users/"+id, nil)
	if status, got := k.try(http.MethodGet, "/api/v2/users/"+id, nil); status != http.StatusNotFound || strings.HasPrefix(got["code"].(string), "switchboard.") {
		k.t.Errorf("a deleted user: %d %v", status, got)
	}
	if got := k.get("/api/v2/users/" + id + "?state=deleted"); got["state"] != "deleted" {
		k.t.Errorf("a deleted user is %v", got["state"])
	}
}
