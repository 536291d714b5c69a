package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// testOrg is a sandbox behind real HTTP and a logged-in client of it. Every
// answer that it gets is checked against the facts, when they are there.
type testOrg struct {
	t       *testing.T
	sandbox *Sandbox
	url     string
	token   string
	clock   *testClock
}

// testClock stands still until it is moved.
type testClock struct{ nanos atomic.Int64 }

func (c *testClock) now() time.Time          { return time.Unix(0, c.nanos.Load()).UTC() }
func (c *testClock) advance(d time.Duration) { c.nanos.Add(int64(d)) }

func newClock() *testClock {
	c := &testClock{}
	c.nanos.Store(time.Date(2026, 8, 20, 4, 35, 23, 391e6, time.UTC).UnixNano())
	return c
}

func newTestOrg(t *testing.T, o Options) *testOrg {
	t.Helper()
	clock := newClock()
	if o.Now == nil {
		o.Now = clock.now
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	org := &testOrg{t: t, sandbox: s, url: server.URL, clock: clock}
	org.token = org.login("id", "secret")
	return org
}

func (o *testOrg) login(id, secret string) string {
	o.t.Helper()
	status, answer := o.tokenRequest(id, secret, "grant_type=client_credentials")
	if status != http.StatusOK {
		o.t.Fatalf("login: %d %v", status, answer)
	}
	token, _ := answer["access_token"].(string)
	return token
}

func (o *testOrg) tokenRequest(id, secret, form string) (int, map[string]any) {
	o.t.Helper()
	req, err := http.NewRequest(http.MethodPost, o.url+"/oauth/token", strings.NewReader(form))
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if id != "" {
		req.SetBasicAuth(id, secret)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		o.t.Fatal(err)
	}
	return res.StatusCode, answer
}

// as is the same sandbox seen with another bearer token.
func (o *testOrg) as(token string) *testOrg {
	other := *o
	other.token = token
	return &other
}

// answer is what came back.
type answer struct {
	t      *testing.T
	call   string
	status int
	header http.Header
	text   string
	value  any
}

// do makes one call. body is JSON text; empty means none.
func (o *testOrg) do(method, path, body string) answer {
	o.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, o.url+path, reader)
	if err != nil {
		o.t.Fatal(err)
	}
	if o.token != "" {
		req.Header.Set("Authorization", "Bearer "+o.token)
	}
	// A transport that follows redirects would hide that one was sent.
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	a := answer{
		t: o.t, call: method + " " + path, status: res.StatusCode, header: res.Header, text: string(text),
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &a.value); err != nil {
			o.t.Fatalf("%s: %v in %s", a.call, err, text)
		}
	}
	checkAnswer(o.t, o.sandbox, method, path, a)
	return a
}

func (o *testOrg) get(path string) answer         { o.t.Helper(); return o.do("GET", path, "").want(200) }
func (o *testOrg) post(path, body string) answer  { o.t.Helper(); return o.do("POST", path, body) }
func (o *testOrg) put(path, body string) answer   { o.t.Helper(); return o.do("PUT", path, body) }
func (o *testOrg) patch(path, body string) answer { o.t.Helper(); return o.do("PATCH", path, body) }
func (o *testOrg) remove(path string) answer      { o.t.Helper(); return o.do("DELETE", path, "") }
func (o *testOrg) search(query string) answer {
	o.t.Helper()
	return o.post("/api/v2/users/search", query)
}
func (o *testOrg) userPath(id, rest string) string {
	return "/api/v2/users/" + url.PathEscape(id) + rest
}

// decodeAnswer is for calls that were made without do.
func decodeAnswer(t *testing.T, status int, text []byte) answer {
	a := answer{t: t, status: status, text: string(text)}
	if err := json.Unmarshal(text, &a.value); err != nil {
		t.Errorf("%v in %s", err, text)
	}
	return a
}

// want stops the test unless the status is as expected.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d: %s", a.call, a.status, status, a.text)
	}
	return a
}

// problem checks an error's status, code and the fields that its details name.
func (a answer) problem(status int, code string, fields ...string) answer {
	a.t.Helper()
	a.want(status)
	if got := a.at("code"); got != code {
		a.t.Errorf("%s: code %v, want %s: %s", a.call, got, code, a.text)
	}
	details, _ := a.at("details").([]any)
	var named []string
	for _, d := range details {
		if name, ok := d.(map[string]any)["fieldName"].(string); ok {
			named = append(named, name)
		}
	}
	if strings.Join(named, " ") != strings.Join(fields, " ") {
		a.t.Errorf("%s: details name %q, want %q: %s", a.call, named, fields, a.text)
	}
	return a
}

// at walks members and list indexes; nil when there is no such thing.
func (a answer) at(steps ...any) any { return walk(a.value, steps...) }

func (a answer) str(steps ...any) string { s, _ := a.at(steps...).(string); return s }

func (a answer) num(steps ...any) float64 { n, _ := a.at(steps...).(float64); return n }

func (a answer) list(steps ...any) []any { l, _ := a.at(steps...).([]any); return l }

func walk(value any, steps ...any) any {
	for _, step := range steps {
		switch key := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[key]
		case int:
			list, _ := value.([]any)
			if key >= len(list) {
				return nil
			}
			value = list[key]
		}
	}
	return value
}

// readAll reads a listing page by page.
func (o *testOrg) readAll(path string) []any {
	o.t.Helper()
	var all []any
	for path != "" {
		a := o.get(path)
		all = append(all, a.list("entities")...)
		path = a.str("nextUri")
		if total := a.at("total"); path == "" && total != nil && total != float64(len(all)) {
			o.t.Errorf("%s: %d of %v", a.call, len(all), total)
		}
	}
	return all
}

// ids are the ids of a list of objects.
func ids(list []any) []string {
	var all []string
	for _, item := range list {
		id, _ := walk(item, "id").(string)
		all = append(all, id)
	}
	return all
}

// agent is an active user who manages nobody.
func (o *testOrg) agent() string {
	o.t.Helper()
	for _, u := range o.get("/api/v2/users?pageSize=100").list("entities") {
		id, _ := walk(u, "id").(string)
		if id != o.sandbox.org.firstUserID && len(o.get(o.userPath(id, "/directreports")).list()) == 0 {
			return id
		}
	}
	o.t.Fatal("the organisation has no agent")
	return ""
}

// division is the id of the first user's division.
func (o *testOrg) division() string {
	o.t.Helper()
	return o.get(o.userPath(o.sandbox.org.firstUserID, "")).str("division", "id")
}

// create makes a user and returns its id.
func (o *testOrg) create(name, email string) string {
	o.t.Helper()
	body, err := json.Marshal(map[string]string{"name": name, "email": email, "divisionId": o.division()})
	if err != nil {
		o.t.Fatal(err)
	}
	return o.post("/api/v2/users", string(body)).want(200).str("id")
}
