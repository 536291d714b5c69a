// Package sandboxtest is what the tests of the sandbox's rooms share: a sandbox behind
// real HTTP with a client of it (this file), its answers (answer.go), and the facts
// of the upstream that every answer is held against (facts.go). Only tests import it.
package sandboxtest

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

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
)

// Sandbox is a sandbox behind real HTTP and a logged-in client of it. Every
// answer that it gets is checked against the facts, when they are there.
type Sandbox struct {
	T       *testing.T
	Sandbox *sandbox.Sandbox
	State   *org.Organisation
	URL     string
	Token   string
	Clock   *Clock
}

// Clock stands still until it is moved.
type Clock struct{ nanos atomic.Int64 }

// Now is the time that it is.
func (c *Clock) Now() time.Time { return time.Unix(0, c.nanos.Load()).UTC() }

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) { c.nanos.Add(int64(d)) }

// NewClock stands at a moment in 2026.
func NewClock() *Clock {
	c := &Clock{}
	c.nanos.Store(time.Date(2026, 8, 20, 4, 35, 23, 391e6, time.UTC).UnixNano())
	return c
}

// New starts a sandbox and logs in.
func New(t *testing.T, o sandbox.Options) *Sandbox {
	t.Helper()
	clock := NewClock()
	if o.Now == nil {
		o.Now = clock.Now
	}
	s, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	box := &Sandbox{T: t, Sandbox: s, State: s.Organisation(), URL: server.URL, Clock: clock}
	box.Token = box.Login("id", "secret")
	return box
}

// Login returns a new token.
func (o *Sandbox) Login(id, secret string) string {
	o.T.Helper()
	status, answer := o.TokenRequest(id, secret, "grant_type=client_credentials")
	if status != http.StatusOK {
		o.T.Fatalf("login: %d %v", status, answer)
	}
	token, _ := answer["access_token"].(string)
	return token
}

// TokenRequest asks for a token in whatever way.
func (o *Sandbox) TokenRequest(id, secret, form string) (int, map[string]any) {
	o.T.Helper()
	req, err := http.NewRequestWithContext(o.T.Context(), http.MethodPost, o.URL+"/oauth/token", strings.NewReader(form))
	if err != nil {
		o.T.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if id != "" {
		req.SetBasicAuth(id, secret)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		o.T.Fatal(err)
	}
	defer res.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		o.T.Fatal(err)
	}
	return res.StatusCode, answer
}

// As is the same sandbox seen with another bearer token.
func (o *Sandbox) As(token string) *Sandbox {
	other := *o
	other.Token = token
	return &other
}

// Do makes one call. body is JSON text; empty means none.
func (o *Sandbox) Do(method, path, body string) Answer {
	o.T.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(o.T.Context(), method, o.URL+path, reader)
	if err != nil {
		o.T.Fatal(err)
	}
	if o.Token != "" {
		req.Header.Set("Authorization", "Bearer "+o.Token)
	}
	// A transport that follows redirects would hide that one was sent.
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		o.T.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		o.T.Fatal(err)
	}
	a := Answer{
		T: o.T, Call: method + " " + path, Status: res.StatusCode, Header: res.Header, Text: string(text),
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &a.Value); err != nil {
			o.T.Fatalf("%s: %v in %s", a.Call, err, text)
		}
	}
	checkAnswer(o.T, method, path, a)
	return a
}

// Get must be answered with 200.
func (o *Sandbox) Get(path string) Answer { o.T.Helper(); return o.Do("GET", path, "").Want(200) }

// Post calls with a body.
func (o *Sandbox) Post(path, body string) Answer { o.T.Helper(); return o.Do("POST", path, body) }

// Put calls with a body.
func (o *Sandbox) Put(path, body string) Answer { o.T.Helper(); return o.Do("PUT", path, body) }

// Patch calls with a body.
func (o *Sandbox) Patch(path, body string) Answer { o.T.Helper(); return o.Do("PATCH", path, body) }

// Remove calls with DELETE.
func (o *Sandbox) Remove(path string) Answer { o.T.Helper(); return o.Do("DELETE", path, "") }

// Search searches for users.
func (o *Sandbox) Search(query string) Answer {
	o.T.Helper()
	return o.Post("/api/v2/users/search", query)
}

// UserPath is an address below a user's.
func (o *Sandbox) UserPath(id, rest string) string {
	return "/api/v2/users/" + url.PathEscape(id) + rest
}

// ReadAll reads a listing page by page.
func (o *Sandbox) ReadAll(path string) []any {
	o.T.Helper()
	var all []any
	for path != "" {
		a := o.Get(path)
		all = append(all, a.List("entities")...)
		path = a.Str("nextUri")
		if total := a.At("total"); path == "" && total != nil && total != float64(len(all)) {
			o.T.Errorf("%s: %d of %v", a.Call, len(all), total)
		}
	}
	return all
}

// CheckInvariants fails the test if the organisation is not consistent.
func (o *Sandbox) CheckInvariants() {
	o.T.Helper()
	if err := o.State.CheckInvariants(); err != nil {
		o.T.Error(err)
	}
}

// Agent is an active user who manages nobody.
func (o *Sandbox) Agent() string {
	o.T.Helper()
	for _, u := range o.Get("/api/v2/users?pageSize=100").List("entities") {
		id, _ := Walk(u, "id").(string)
		if id != o.State.FirstUserID && len(o.Get(o.UserPath(id, "/directreports")).List()) == 0 {
			return id
		}
	}
	o.T.Fatal("the organisation has no agent")
	return ""
}

// Division is the id of the first user's division.
func (o *Sandbox) Division() string {
	o.T.Helper()
	return o.Get(o.UserPath(o.State.FirstUserID, "")).Str("division", "id")
}

// Create makes a user and returns its id.
func (o *Sandbox) Create(name, email string) string {
	o.T.Helper()
	body, err := json.Marshal(map[string]string{"name": name, "email": email, "divisionId": o.Division()})
	if err != nil {
		o.T.Fatal(err)
	}
	return o.Post("/api/v2/users", string(body)).Want(200).Str("id")
}
