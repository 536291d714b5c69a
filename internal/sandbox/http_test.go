package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNewRefusesOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"a negative number of users":  {Users: -1},
		"too many users":              {Users: maxSeededUsers + 1},
		"a negative rate limit":       {RateLimit: -1},
		"a token that never lives":    {TokenLifetime: time.Millisecond},
		"a fault that makes no sense": {Faults: Faults{Errors: &Errors{Status: 200}}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestTheTokenEndpoint(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{ClientID: "id", ClientSecret: "secret"})
	const form = "grant_type=client_credentials"
	status, answer := org.tokenRequest("id", "secret", form)
	if status != 200 || answer["token_type"] != "bearer" || answer["expires_in"] != float64(86399) ||
		answer["access_token"] == "" || len(answer) != 3 {
		t.Errorf("login: %d %v", status, answer)
	}
	for _, test := range []struct {
		name, id, secret, form string
		status                 int
		code                   string
	}{
		{"a wrong secret is refused", "id", "wrong", form, 401, "invalid_client"},
		{"an unknown client is refused", "other", "secret", form, 401, "invalid_client"},
		{"missing credentials are refused", "", "", form, 401, "invalid_client"},
		{"another grant is not supported", "id", "secret", "grant_type=password", 400, "unsupported_grant_type"},
		{"a missing grant is a bad request", "id", "secret", "a=b", 400, "invalid_request"},
	} {
		if status, answer := org.tokenRequest(test.id, test.secret, test.form); status != test.status ||
			answer["error"] != test.code || answer["error_description"] == "" {
			t.Errorf("%s: %d %v", test.name, status, answer)
		}
	}
	if a := org.do("GET", "/oauth/token", ""); a.status != 405 || a.header.Get("Allow") != "POST" {
		t.Errorf("GET /oauth/token: %d, Allow %q", a.status, a.header.Get("Allow"))
	}
	res, err := http.Post(org.url+"/oauth/token", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 401 {
		t.Errorf("no credentials: %d", res.StatusCode)
	}
}

func TestBearerTokens(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{TokenLifetime: time.Hour})
	first := org.sandbox.org.firstUserID
	org.get("/api/v2/users")
	org.as("").do("GET", "/api/v2/users", "").problem(401, "authentication.required")
	org.as("made-up").do("GET", "/api/v2/users", "").problem(401, "bad.credentials")
	org.as("").do("GET", "/api/v2/no/such/path", "").problem(401, "authentication.required")
	org.as("sandbox-user-nobody").do("GET", "/api/v2/users", "").problem(401, "bad.credentials")
	if got := org.as("sandbox-user-" + first).get("/api/v2/users/me").str("id"); got != first {
		t.Errorf("me is %s, want %s", got, first)
	}
	org.clock.advance(time.Hour - time.Second)
	org.get("/api/v2/users")
	org.clock.advance(time.Second)
	org.do("GET", "/api/v2/users", "").problem(401, "bad.credentials")

	org.token = org.login("id", "secret")
	org.remove(org.userPath(first, "")).want(200)
	org.as("sandbox-user-"+first).do("GET", "/api/v2/users/me", "").problem(401, "bad.credentials")
}

func TestMeWithoutAUserBehindTheToken(t *testing.T) {
	t.Parallel()
	strict := newTestOrg(t, Options{})
	strict.do("GET", "/api/v2/users/me", "").problem(400, "bad.request")
	friendly := newTestOrg(t, Options{MeAsFirstUser: true})
	me := friendly.get("/api/v2/users/me?expand=directreports,organization&expand=date")
	if me.str("id") != friendly.sandbox.org.firstUserID || len(me.list("directReports")) == 0 ||
		me.str("organization", "name") == "" || me.str("date", "currentDate") != "2026-08-20T04:35:23.391Z" {
		t.Errorf("me: %s", me.text)
	}
}

func TestTheTokensRememberedAreBounded(t *testing.T) {
	t.Parallel()
	tk := tokens{lifetime: time.Hour}
	now := newClock().now()
	first := tk.issue("a", now)
	for range maxTokens {
		tk.issue("b", now)
	}
	if _, ok := tk.check(first, now); ok || len(tk.issued) != maxTokens || len(tk.order) != maxTokens {
		t.Errorf("%d tokens are remembered, in an order of %d", len(tk.issued), len(tk.order))
	}
	last := tk.issue("c", now.Add(time.Hour))
	if _, ok := tk.check(last, now.Add(time.Hour)); !ok || len(tk.issued) != 1 {
		t.Errorf("expired tokens stay: %d", len(tk.issued))
	}
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{RateLimit: 2, EnforceRateLimit: true})
	a := org.get("/api/v2/users")
	if a.header.Get("inin-ratelimit-count") != "1" || a.header.Get("inin-ratelimit-allowed") != "2" ||
		a.header.Get("inin-ratelimit-reset") != "60" {
		t.Errorf("headers: %v", a.header)
	}
	org.clock.advance(10500 * time.Millisecond)
	org.get("/api/v2/users")
	over := org.do("GET", "/api/v2/users", "").problem(429, "too.many.requests")
	if over.header.Get("Retry-After") != "50" || !strings.Contains(over.str("message"), "[50]") {
		t.Errorf("Retry-After %q: %s", over.header.Get("Retry-After"), over.text)
	}
	org.as("sandbox-user-" + org.sandbox.org.firstUserID).get("/api/v2/users") // another token, another limit
	org.clock.advance(50 * time.Second)
	org.get("/api/v2/users")

	lenient := newTestOrg(t, Options{RateLimit: 1})
	lenient.get("/api/v2/users")
	if got := lenient.get("/api/v2/users").header.Get("inin-ratelimit-count"); got != "1" {
		t.Errorf("count %s beyond what is allowed", got)
	}
}

func TestTheWindowsRememberedAreBounded(t *testing.T) {
	t.Parallel()
	l := limits{}
	now := newClock().now()
	for i := range maxWindows + 10 {
		l.add(string(rune(i)), now)
	}
	if len(l.windows) > maxWindows {
		t.Errorf("%d windows are remembered", len(l.windows))
	}
}

func TestPathsAndMethodsThatAreNotThere(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.sandbox.org.firstUserID
	for _, path := range []string{
		"/", "/api/v2", "/api/v2/", "/api/v1/users", "/api/v2/nothing", "/api/v2/users/", "/api/v2//users",
		"/api/v2/users/" + id + "/", "/api/v2/users//routingstatus", "/api/v2/users/../users",
		"/api/v2/users/" + id + "/nothing", "/API/v2/users",
	} {
		org.do("GET", path, "").problem(404, "not.found")
	}
	for _, path := range []string{"a%2Fb", "..", ".", "%2e%2e", "bulk", "a%20b"} {
		org.do("GET", "/api/v2/users/"+path, "").problem(404, "user.not.found")
	}
	for path, allow := range map[string]string{
		"/api/v2/users":                    "GET, POST",
		"/api/v2/users/" + id:              "DELETE, GET, PATCH",
		"/api/v2/users/bulk":               "DELETE, GET, PATCH",
		"/api/v2/users/" + id + "/profile": "GET",
	} {
		a := org.do("PUT", path, "{}").problem(405, "method.not.allowed")
		if got := a.header.Get("Allow"); got != allow {
			t.Errorf("%s: Allow %q, want %q", a.call, got, allow)
		}
	}
}

func TestAnIdMayHoldAnEscapedSlash(t *testing.T) {
	t.Parallel()
	r := newRouter(routes())
	row, params, err := r.find("GET", "/api/v2/users/a%2Fb/geolocations/c%20%2F%25d")
	if err != nil || row.operation != "getUserGeolocation" || params["userId"] != "a/b" || params["clientId"] != "c /%d" {
		t.Errorf("%s %v %v", row.operation, params, err)
	}
	if _, _, err := r.find("GET", "/api/v2/users/%zz"); err == nil {
		t.Error("a broken escape was accepted")
	}
}

func TestLiteralPathsWinOverParameters(t *testing.T) {
	t.Parallel()
	r := newRouter(routes())
	for _, row := range routes() {
		got, _, err := r.find(row.method, row.template)
		if err != nil || got.operation != row.operation {
			t.Errorf("%s %s leads to %s (%v), want %s", row.method, row.template, got.operation, err, row.operation)
		}
	}
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.sandbox.org.firstUserID
	for _, test := range []struct {
		name, method, path, body string
		fields                   []string
	}{
		{"no body", "POST", "/api/v2/users", "", []string{"body"}},
		{"null", "POST", "/api/v2/users", "null", []string{"body"}},
		{"broken JSON", "POST", "/api/v2/users", `{"name":`, nil},
		{"two values", "POST", "/api/v2/users", `{} {}`, nil},
		{"invalid UTF-8", "POST", "/api/v2/users", "{\"name\":\"\xff\"}", nil},
		{"a list for an object", "POST", "/api/v2/users", `[]`, []string{"body"}},
		{"an object for a list", "PATCH", "/api/v2/users/bulk", `{}`, []string{"body"}},
		{"a number for a text", "POST", "/api/v2/users", `{"name":3}`, []string{"name"}},
		{"a text for a number", "PATCH", org.userPath(id, ""), `{"version":"1"}`, []string{"version"}},
		{"a fraction for a whole number", "PATCH", org.userPath(id, ""), `{"version":1.5}`, []string{"version"}},
		{"a text for a truth value", "PATCH", org.userPath(id, ""), `{"version":1,"acdAutoAnswer":"yes"}`, []string{"acdAutoAnswer"}},
		{"a wrong type inside a list", "PATCH", org.userPath(id, ""), `{"version":1,"addresses":[{"address":1}]}`, []string{"addresses.address"}},
		{"a text that is no date", "PUT", org.userPath(id, "/outofoffice"), `{"startDate":"tomorrow"}`, []string{"startDate"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			org := *org
			org.t = t
			org.do(test.method, test.path, test.body).problem(400, "bad.request", test.fields...)
		})
	}
}

func TestBodiesOverTheBound(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	fits := `{"name":"` + strings.Repeat("x", maxBody-len(`{"name":""}`)) + `"}`
	org.post("/api/v2/users", fits).want(400)
	org.post("/api/v2/users", fits+" ").problem(413, "request.entity.too.large")

	// Without a length in advance the bound shows only on reading.
	req := httptest.NewRequest("POST", "/api/v2/users", struct{ *bytes.Reader }{bytes.NewReader([]byte(fits + " "))})
	req.ContentLength = -1
	req.Header.Set("Authorization", "Bearer "+org.token)
	res := httptest.NewRecorder()
	org.sandbox.ServeHTTP(res, req)
	if res.Code != 413 {
		t.Errorf("chunked: %d", res.Code)
	}
}

func TestTheErrorShapeIsTheUpstreams(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	a := org.do("GET", "/api/v2/users/nobody", "").problem(404, "user.not.found")
	if a.str("message") != "Unable to find a user with that userId" || a.str("messageParams", "field") != "userId" {
		t.Errorf("%s", a.text)
	}
}

func TestTheSameSeedGivesTheSameOrganisation(t *testing.T) {
	t.Parallel()
	texts := map[uint64][]string{}
	for _, seed := range []uint64{1, 1, 2} {
		org := newTestOrg(t, Options{Seed: seed})
		all := org.get("/api/v2/users?pageSize=500&state=any&expand=" +
			"routingStatus,presence,station,skills,languages,groups,locations,team,authorization,geolocation")
		org.create("New One", "new.one@example.com")
		again := org.get("/api/v2/users?state=any&pageSize=500")
		texts[seed] = append(texts[seed], all.text+again.text)
	}
	if texts[1][0] != texts[1][1] {
		t.Error("one seed gave two organisations")
	}
	if texts[1][0] == texts[2][0] {
		t.Error("two seeds gave one organisation")
	}
}

func TestTheSeededOrganisationIsConsistent(t *testing.T) {
	t.Parallel()
	for _, people := range []int{1, 7, 50, 3000} {
		s, err := New(Options{Seed: 9, Users: people})
		if err != nil {
			t.Fatal(err)
		}
		checkInvariants(t, s.org)
		if len(s.org.users) != people {
			t.Errorf("%d users, want %d", len(s.org.users), people)
		}
	}
}

// checkInvariants walks the whole organisation.
func checkInvariants(t rapid.TB, o *organisation) {
	t.Helper()
	counts := map[string]int{}
	members, joined := map[*queue]int32{}, map[*queue]int32{}
	for id, u := range o.users {
		counts[u.state]++
		if u.id != id || o.emails[strings.ToLower(u.email)] != u || o.usernames[strings.ToLower(u.username)] != u ||
			o.jabberIDs[u.jabberID] != u {
			t.Errorf("%s is not in every index", u.name)
		}
		if onQueue := u.presence.definition.SystemPresence == presenceOnQueue; onQueue == (u.routing.status == statusOffQueue) {
			t.Errorf("%s is %s and %s", u.name, u.presence.definition.SystemPresence, u.routing.status)
		}
		if u.state != stateActive && (u.routing.status != statusOffQueue || u.phones.associated != nil) {
			t.Errorf("%s is %s and %s", u.name, u.state, u.routing.status)
		}
		if s := u.phones.associated; s != nil && s.associated != u.id {
			t.Errorf("%s is at a station of %s", u.name, s.associated)
		}
		for m, above := u.manager, 0; m != nil; m = m.manager {
			if above++; m == u || above > len(o.users) {
				t.Fatalf("%s is above themselves", u.name)
			}
		}
		for _, m := range u.queues {
			members[m.queue]++
			if m.joined {
				joined[m.queue]++
			}
		}
	}
	if len(o.emails) != len(o.users) || len(o.jabberIDs) != len(o.users) || len(o.usernames) != len(o.users) {
		t.Errorf("%d e-mail addresses, %d usernames and %d jabber ids for %d users",
			len(o.emails), len(o.usernames), len(o.jabberIDs), len(o.users))
	}
	counts[anyState] = len(o.users)
	for state, n := range counts {
		roster := o.rosters[state]
		if len(roster) != n {
			t.Errorf("the roster %s has %d users, want %d", state, len(roster), n)
		}
		for i, u := range roster {
			if state != anyState && u.state != state || i > 0 && byName(roster[i-1], u) >= 0 {
				t.Errorf("the roster %s is not in order at %d", state, i)
			}
		}
	}
	for _, q := range o.queues.list {
		if q.members != members[q] || q.joined != joined[q] {
			t.Errorf("%s counts %d members, %d joined, want %d, %d", q.Name, q.members, q.joined, members[q], joined[q])
		}
	}
}

func TestNumbersAndTimesLookLikeTheUpstreams(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal([]any{double(3), double(0), double(-0.5), at(time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.FixedZone("", 3600)))})
	if want := `[3.0,0.0,-0.5,"2026-01-02T02:04:05.006Z"]`; err != nil || string(text) != want {
		t.Errorf("%s, want %s (%v)", text, want, err)
	}
}
