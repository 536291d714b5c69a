package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// behave changes the faults of a sandbox through its control endpoint.
func (o *testOrg) behave(faults string) answer {
	o.t.Helper()
	return o.control("PATCH", faults).want(200)
}

func (o *testOrg) control(method, body string) answer {
	o.t.Helper()
	res := httptest.NewRecorder()
	o.sandbox.Control().ServeHTTP(res, httptest.NewRequest(method, "/faults", strings.NewReader(body)))
	a := decodeAnswer(o.t, res.Code, res.Body.Bytes())
	a.call = method + " /faults " + body
	return a
}

// try makes a call that may fail in any way, each on a connection of its own, so
// that the client does not repeat it by itself.
func (o *testOrg) try(method, path string) (status int, header http.Header, text string, err error) {
	o.t.Helper()
	req, err := http.NewRequest(method, o.url+path, http.NoBody)
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+o.token)
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(req)
	if err != nil {
		return 0, nil, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, string(body), err
}

// statuses are those of so many calls one after the other.
func (o *testOrg) statuses(calls int, path string) []int {
	o.t.Helper()
	var all []int
	for range calls {
		status, _, _, err := o.try("GET", path)
		if err != nil {
			o.t.Fatal(err)
		}
		all = append(all, status)
	}
	return all
}

func TestErrorsComeInTheOrganisationsPlace(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	org.behave(`{"errors":{"retryAfter":"1.5s","next":2}}`)
	for range 2 {
		status, header, text, err := org.try("GET", "/api/v2/users")
		a := decodeAnswer(t, status, []byte(text))
		a.header = header
		if err != nil || status != 503 || header.Get("Retry-After") != "2" || a.str("code") != "service.unavailable" {
			t.Errorf("%d %v %s (%v)", status, header, text, err)
		}
		checkProblem(t, a)
	}
	org.get("/api/v2/users")
	if org.control("GET", "").at("errors") != nil {
		t.Error("a fault that has come to its end is still shown")
	}

	org.behave(`{"errors":{"status":500,"operations":["DeleteUser"]}}`)
	id := org.agent()
	if status, _, _, _ := org.try("DELETE", org.userPath(id, "")); status != 500 {
		t.Errorf("status %d", status)
	}
	org.get(org.userPath(id, "")) // the organisation learned of nothing
	org.behave(`{"errors":{"status":599}}`)
	if status, _, text, _ := org.try("GET", "/api/v2/users"); status != 599 || !strings.Contains(text, `"status.599"`) {
		t.Errorf("%d %s", status, text)
	}
	org.token = org.login("id", "secret") // faults are not about logins unless they say so
}

func TestAFaultIsAboutTheOperationsThatItNames(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	user := org.userPath(org.sandbox.org.firstUserID, "")
	for _, test := range []struct {
		operations string
		hit, spare []string
	}{
		{`["getUser"]`, []string{user}, []string{"/api/v2/users", user + "/profile", "/api/v2/nothing"}},
		{`["GETUSER","getUsers"]`, []string{user, "/api/v2/users?pageSize=1"}, []string{user + "/profile"}},
		{`["/api/v2/users/*"]`, []string{user, "/api/v2/users/nobody"}, []string{"/api/v2/users", user + "/profile"}},
		{`["/api/v2/users/*/routing*"]`, []string{user + "/routingstatus", user + "/routingskills"}, []string{user}},
		{`["/api/v2/nothing"]`, []string{"/api/v2/nothing"}, []string{user}},
		{`["login"]`, nil, []string{user}},
	} {
		org.behave(`{"errors":{"operations":` + test.operations + `}}`)
		for _, path := range test.hit {
			if got := org.statuses(1, path)[0]; got != 503 {
				t.Errorf("%s: %s answered %d", test.operations, path, got)
			}
		}
		for _, path := range test.spare {
			if got := org.statuses(1, path)[0]; got == 503 {
				t.Errorf("%s: %s was hit", test.operations, path)
			}
		}
	}
	if status, _ := org.tokenRequest("id", "secret", "grant_type=client_credentials"); status != 503 {
		t.Errorf("login: %d", status)
	}
}

func TestTheSameSeedHasTheSameLuck(t *testing.T) {
	t.Parallel()
	lucks := map[uint64][][]int{}
	for _, seed := range []uint64{1, 1, 2} {
		org := newTestOrg(t, Options{Seed: seed, Faults: Faults{Errors: &Errors{Trigger: Trigger{Rate: 0.3}}}})
		lucks[seed] = append(lucks[seed], org.statuses(60, "/api/v2/users?pageSize=1"))
	}
	if !slices.Equal(lucks[1][0], lucks[1][1]) || slices.Equal(lucks[1][0], lucks[2][0]) {
		t.Errorf("%v", lucks)
	}
	hits := 0
	for _, status := range lucks[1][0] {
		if status == 503 {
			hits++
		}
	}
	if hits < 8 || hits > 30 {
		t.Errorf("%d of 60 are hit at a rate of 0.3", hits)
	}
}

func TestDrawsAreEven(t *testing.T) {
	t.Parallel()
	var trigger Trigger
	trigger.start(7, "errors")
	const draws = 20_000
	var buckets [10]int
	for range draws {
		buckets[int(10*trigger.luck.draw())]++
	}
	for i, n := range buckets {
		if n < draws/10*9/10 || n > draws/10*11/10 {
			t.Errorf("%d of %d in bucket %d", n, draws, i)
		}
	}
}

func TestLatenciesHaveThePercentilesTheyWereGiven(t *testing.T) {
	t.Parallel()
	for _, l := range []Latency{
		{Distribution: fixed, P50: 40},
		{Distribution: uniform, P50: 40_000_000, P99: 70_000_000},
		{Distribution: normal, P50: 40_000_000, P99: 300_000_000},
		{Distribution: lognormal, P50: 40_000_000, P99: 900_000_000},
		{Distribution: normal, P50: 40_000_000, P99: 40_000_000},
		{Distribution: lognormal, P50: 40_000_000, P99: 40_000_000},
	} {
		if l.P99 == 0 {
			l.P99 = l.P50
		}
		near := func(got, want Duration) bool { return math.Abs(float64(got-want)) <= float64(want)/1000+2 }
		if !near(l.at(0.5), l.P50) || !near(l.at(0.99), l.P99) {
			t.Errorf("%+v: %d and %d", l, l.at(0.5), l.at(0.99))
		}
		before := Duration(0)
		for _, u := range []float64{0, 1e-9, 0.01, 0.3, 0.5, 0.7, 0.99, 1 - 1e-16} {
			d := l.at(u)
			if d < before || d > maxDelay {
				t.Errorf("%+v: %d at %g after %d", l, d, u, before)
			}
			before = d
		}
	}
}

func TestLatencyComesBeforeTheWork(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.agent()
	var mu sync.Mutex
	var waited []time.Duration
	gone := false
	org.sandbox.sleep = func(_ context.Context, d Duration) bool {
		mu.Lock()
		defer mu.Unlock()
		waited = append(waited, time.Duration(d))
		return !gone
	}
	org.behave(`{"latency":{"p50":"40ms","operations":["getUsers","login","deleteUser"]}}`)
	org.get("/api/v2/users")
	org.get(org.userPath(id, ""))
	org.login("id", "secret")
	org.behave(`{"latency":{"p50":"40ms","p99":"400ms","next":1}}`)
	org.get("/api/v2/users")
	org.get("/api/v2/users")
	if len(waited) != 3 || waited[0] != 40*time.Millisecond || waited[1] != waited[0] || waited[2] == waited[0] {
		t.Errorf("waited %v", waited)
	}
	// A client that gives up by then has changed nothing.
	gone = true
	org.behave(`{"latency":{"p50":"40ms","next":1}}`)
	_, _, _, _ = org.try("DELETE", org.userPath(id, ""))
	org.get(org.userPath(id, ""))
}

func TestAPauseEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if pause(ctx, Duration(time.Hour)) {
		t.Error("a pause went on after its request")
	}
	if !pause(t.Context(), Duration(time.Nanosecond)) {
		t.Error("a pause broke off")
	}
}

// A server's own bounds are for slow clients, not for the slowness asked for.
func TestSlownessOutlivesTheServersBounds(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	server := httptest.NewUnstartedServer(org.sandbox)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	whole := org.get("/api/v2/users").text
	org.url = server.URL
	for _, faults := range []string{`{"latency":{"p50":"200ms"}}`, `{"slowBodies":{"bytes":10000,"interval":"100ms"}}`} {
		org.control("PUT", faults).want(200)
		if status, _, text, err := org.try("GET", "/api/v2/users"); status != 200 || text != whole || err != nil {
			t.Errorf("%s: %d, %d bytes, %v", faults, status, len(text), err)
		}
	}
}

func TestConnectionsAreReset(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.agent()
	org.behave(`{"resets":{"operations":["getUsers"]}}`)
	if status, _, _, err := org.try("GET", "/api/v2/users"); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%d %v, want a reset before the answer", status, err)
	}
	org.behave(`{"resets":{"afterBytes":100}}`)
	if status, _, text, err := org.try("GET", "/api/v2/users"); status != 200 || len(text) > 100 || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%d %d bytes, %v, want a reset within the answer", status, len(text), err)
	}

	// A write may have happened, or not.
	for _, test := range []struct {
		fault string
		after int
	}{{`{"resets":{"next":1,"beforeWork":true}}`, 200}, {`{"resets":{"next":1}}`, 404}} {
		org.behave(`{"resets":null}`)
		org.do("GET", org.userPath(id, ""), "").want(200)
		org.behave(test.fault)
		if _, _, _, err := org.try("DELETE", org.userPath(id, "")); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: %v", test.fault, err)
		}
		org.do("GET", org.userPath(id, ""), "").want(test.after)
	}
}

func TestAnswersAreTruncated(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	whole := org.get("/api/v2/users").text
	for how, endsBadly := range map[string]bool{"length": true, "chunked": true, "json": false} {
		org.behave(`{"truncations":{"how":"` + how + `"}}`)
		status, header, text, err := org.try("GET", "/api/v2/users")
		if status != 200 || text != whole[:len(whole)/2] || errors.Is(err, io.ErrUnexpectedEOF) != endsBadly || err != nil && !endsBadly {
			t.Errorf("%s: %d, %d of %d bytes, %v", how, status, len(text), len(whole), err)
		}
		if got := header.Get("Content-Length"); how == "length" && got != strconv.Itoa(len(whole)) || how == "chunked" && got != "" {
			t.Errorf("%s: Content-Length %q", how, got)
		}
	}
	// Where there is nothing to cut, nothing is.
	org.behave(`{"truncations":null}`)
	id := org.agent()
	org.behave(`{"truncations":{"next":1}}`)
	org.remove(org.userPath(id, "/station/associatedstation")).want(204)
	if got := org.control("GET", "").num("truncations", "next"); got != 1 {
		t.Errorf("next %v", got)
	}
}

func TestSlowBodiesComePieceByPiece(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	whole := org.get("/api/v2/users").text
	pauses := 0
	org.sandbox.sleep = func(_ context.Context, d Duration) bool {
		pauses++
		return time.Duration(d) == 20*time.Millisecond
	}
	org.behave(`{"slowBodies":{"bytes":1000,"interval":"20ms"}}`)
	if got := org.get("/api/v2/users").text; got != whole || pauses != (len(whole)-1)/1000 {
		t.Errorf("%d of %d bytes with %d pauses", len(got), len(whole), pauses)
	}
}

// HTTP/2 has streams where HTTP/1.1 has connections.
func TestOverHTTP2FaultsResetTheStream(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	server := httptest.NewUnstartedServer(org.sandbox)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	get := func() (string, error) {
		req, err := http.NewRequest("GET", server.URL+"/api/v2/users", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+org.token)
		res, err := server.Client().Do(req)
		if err != nil {
			return "", err
		}
		defer res.Body.Close()
		if res.ProtoMajor != 2 {
			t.Fatalf("spoke %s", res.Proto)
		}
		text, err := io.ReadAll(res.Body)
		return string(text), err
	}
	whole, err := get()
	if err != nil {
		t.Fatal(err)
	}
	for faults, some := range map[string]int{
		`{"resets":{}}`: 0, `{"resets":{"beforeWork":true}}`: 0, `{"resets":{"afterBytes":100}}`: 100,
		`{"truncations":{"how":"length"}}`: len(whole) / 2, `{"truncations":{"how":"chunked"}}`: len(whole) / 2,
	} {
		org.control("PUT", faults).want(200)
		if text, err := get(); err == nil || len(text) > some {
			t.Errorf("%s: %d bytes, %v", faults, len(text), err)
		}
	}
	org.control("PUT", `{"slowBodies":{"bytes":4000,"interval":"1ms"}}`)
	if text, err := get(); err != nil || len(text) != len(whole) {
		t.Errorf("slow: %d bytes, %v", len(text), err)
	}
}

func TestTokensGoStale(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	org.behave(`{"staleTokens":{"next":1}}`)
	org.as("made-up").do("GET", "/api/v2/users", "").problem(401, "bad.credentials")
	org.as("sandbox-user-" + org.sandbox.org.firstUserID).get("/api/v2/users")
	other := org.login("id", "secret")
	org.do("GET", "/api/v2/users", "").problem(401, "bad.credentials") // the first good one
	org.do("GET", "/api/v2/users", "").problem(401, "bad.credentials") // and it stays so
	org.as(other).get("/api/v2/users")
	org.token = org.login("id", "secret")
	org.get("/api/v2/users")
}

func TestLoginsFail(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	const form = "grant_type=client_credentials"
	for how, want := range map[string]int{"throttled": 400, "refused": 401, "unavailable": 503} {
		org.behave(`{"logins":{"answer":"` + how + `","next":1}}`)
		status, answer := org.tokenRequest("id", "secret", form)
		description, _ := answer["description"].(string)
		if status != want || (how == "throttled") != (answer["error"] == "invalid_request" && strings.HasPrefix(description, "rate limit exceeded")) {
			t.Errorf("%s: %d %v", how, status, answer)
		}
		org.login("id", "secret")
	}

	org.behave(`{"rateLimit":{"logins":2}}`)
	for i, want := range []int{200, 200, 400} {
		if status, answer := org.tokenRequest("busy", "secret", form); status != want {
			t.Errorf("login %d: %d %v", i, status, answer)
		}
	}
	org.login("another", "secret")
	org.clock.advance(time.Minute)
	org.login("busy", "secret")
}

func TestTheAllowanceCanBeChanged(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{RateLimit: 2, EnforceRateLimit: true})
	org.get("/api/v2/users")
	org.get("/api/v2/users")
	org.do("GET", "/api/v2/users", "").problem(429, "too.many.requests")
	org.behave(`{"rateLimit":{"requests":180,"enforced":true}}`)
	if got := org.get("/api/v2/users").header.Get("inin-ratelimit-allowed"); got != "180" {
		t.Errorf("allowed %s", got)
	}
	org.behave(`{"rateLimit":null}`)
	if a := org.control("GET", ""); a.num("rateLimit", "requests") != 300 || a.at("rateLimit", "enforced") != false {
		t.Errorf("%s", a.text)
	}
	org.control("DELETE", "").want(200)
	org.do("GET", "/api/v2/users", "").problem(429, "too.many.requests")
}

func TestDriftAddsWhatNoContractKnows(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	path := org.userPath(org.sandbox.org.firstUserID, "?expand=routingStatus,locations,team")
	plain, id := org.get(path), org.agent()
	org.behave(`{"drift":{}}`)
	_, _, text, err := org.try("GET", path)
	a := decodeAnswer(t, 200, []byte(text))
	if err != nil || a.at(driftMember) == nil || a.at("division", driftMember) == nil || a.str("routingStatus", "status") != driftStatus ||
		a.at("routingStatus", driftMember) != nil || a.at("locations", 0, "coordinates", driftMember) != nil {
		t.Errorf("%s (%v)", text, err)
	}
	// Without what was added, it is what it was.
	undrifted := strings.ReplaceAll(text, `,"`+driftMember+`":{"since":"2031-01-01T00:00:00.000Z","kinds":["new",null]}`, "")
	undrifted = strings.ReplaceAll(undrifted, driftStatus, plain.str("routingStatus", "status"))
	if undrifted != plain.text {
		t.Errorf("%s\nwant\n%s", undrifted, plain.text)
	}
	// Errors and empty answers have no contract to drift from.
	org.do("GET", "/api/v2/users/nobody", "").problem(404, "user.not.found")
	org.remove(org.userPath(id, "/station/associatedstation")).want(204)
	for in, want := range map[string]string{
		``: ``, `{}`: `{"sandboxDrift":{"since":"2031-01-01T00:00:00.000Z","kinds":["new",null]}}`, `[1.0,-0,"<&\u2028",null,true]`: `[1.0,-0,"<&\u2028",null,true]`,
		`{"a":`: `{"a":`, `[{"a":1}]`: `[{"a":1}]`,
	} {
		if got := string(drifted([]byte(in))); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}

func TestFaultsTogetherAndFromManySides(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 5, Faults: Faults{
		Latency: &Latency{P50: 1000, P99: 2000, Trigger: Trigger{Rate: 0.5}}, Errors: &Errors{Trigger: Trigger{Rate: 0.1}},
		Truncations: &Truncations{Trigger: Trigger{Rate: 0.1}}, Resets: &Resets{Trigger: Trigger{Rate: 0.1}}, Drift: &Drift{Trigger{Rate: 0.5}},
		SlowBodies: &SlowBodies{Bytes: 1000, Interval: Duration(time.Millisecond), Trigger: Trigger{Rate: 0.1}}, SearchDelay: Duration(time.Second),
	}})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				_, _, _, _ = org.try("GET", "/api/v2/users")
				_, _, _, _ = org.try("DELETE", org.userPath("nobody", ""))
			}
		})
		wg.Go(func() {
			for range 20 {
				org.control("PATCH", `{"errors":{"next":3}}`).want(200)
				org.control("GET", "").want(200)
				org.control("DELETE", "").want(200)
			}
		})
	}
	wg.Wait()
}

func TestFaultsOfOptionsAreCheckedAsThoseOfTheControlEndpoint(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]Faults{
		"errors.status":        {Errors: &Errors{Status: 200}},
		"errors.rate":          {Errors: &Errors{Trigger: Trigger{Rate: 2}}},
		"latency.p50":          {Latency: &Latency{}},
		"latency.p99":          {Latency: &Latency{P50: 2, P99: 1}},
		"resets.operations":    {Resets: &Resets{Trigger: Trigger{Operations: []string{"getUserz"}}}},
		"searchDelay":          {SearchDelay: -1},
		"rateLimit.requests":   {RateLimit: &RateLimit{Requests: -1}},
		"latency.distribution": {Latency: &Latency{Distribution: "pareto", P50: 1}},
	} {
		_, err := New(Options{Faults: f})
		if wrong := (*Mistake)(nil); !errors.As(err, &wrong) || wrong.Field != want {
			t.Errorf("%v, want a mistake in %s", err, want)
		}
	}
	if _, err := json.Marshal(Faults{}); err != nil {
		t.Error(err)
	}
}
