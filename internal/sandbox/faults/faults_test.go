package faults_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/faults"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// try makes a call that may fail in any way, each on a connection of its own, so
// that the client does not repeat it by itself.
func try(o *sandboxtest.Sandbox, method, path string) (status int, header http.Header, text string, err error) {
	o.T.Helper()
	req, err := http.NewRequest(method, o.URL+path, http.NoBody)
	if err != nil {
		o.T.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+o.Token)
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
func statuses(o *sandboxtest.Sandbox, calls int, path string) []int {
	o.T.Helper()
	var all []int
	for range calls {
		status, _, _, err := try(o, "GET", path)
		if err != nil {
			o.T.Fatal(err)
		}
		all = append(all, status)
	}
	return all
}

func TestErrorsComeInTheOrganisationsPlace(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	box.Behave(`{"errors":{"retryAfter":"1.5s","next":2}}`)
	for range 2 {
		status, header, text, err := try(box, "GET", "/api/v2/users")
		a := sandboxtest.DecodeAnswer(t, status, []byte(text))
		a.Header = header
		if err != nil || status != 503 || header.Get("Retry-After") != "2" || a.Str("code") != "service.unavailable" {
			t.Errorf("%d %v %s (%v)", status, header, text, err)
		}
		sandboxtest.CheckProblem(t, a)
	}
	box.Get("/api/v2/users")
	if box.Control("GET", "").At("errors") != nil {
		t.Error("a fault that has come to its end is still shown")
	}

	box.Behave(`{"errors":{"status":500,"operations":["DeleteUser"]}}`)
	id := box.Agent()
	if status, _, _, _ := try(box, "DELETE", box.UserPath(id, "")); status != 500 {
		t.Errorf("status %d", status)
	}
	box.Get(box.UserPath(id, "")) // the organisation learned of nothing
	box.Behave(`{"errors":{"status":599}}`)
	if status, _, text, _ := try(box, "GET", "/api/v2/users"); status != 599 || !strings.Contains(text, `"status.599"`) {
		t.Errorf("%d %s", status, text)
	}
	box.Behave(`{"errors":{"status":429,"retryAfter":"1500ms"}}`) // as when there were too many
	status, header, text, _ := try(box, "GET", "/api/v2/users")
	a := sandboxtest.DecodeAnswer(t, status, []byte(text))
	a.Header = header
	sandboxtest.CheckProblem(t, a)
	if a.Problem(429, "too.many.requests.retry.after"); header.Get("Retry-After") != "2" || !strings.Contains(a.Str("message"), "[2]") {
		t.Errorf("%v %s", header, text)
	}
	box.Token = box.Login("id", "secret") // faults are not about logins unless they say so
}

func TestAFaultIsAboutTheOperationsThatItNames(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	user := box.UserPath(box.State.FirstUserID, "")
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
		box.Behave(`{"errors":{"operations":` + test.operations + `}}`)
		for _, path := range test.hit {
			if got := statuses(box, 1, path)[0]; got != 503 {
				t.Errorf("%s: %s answered %d", test.operations, path, got)
			}
		}
		for _, path := range test.spare {
			if got := statuses(box, 1, path)[0]; got == 503 {
				t.Errorf("%s: %s was hit", test.operations, path)
			}
		}
	}
	if status, _ := box.TokenRequest("id", "secret", "grant_type=client_credentials"); status != 503 {
		t.Errorf("login: %d", status)
	}
}

func TestTheSameSeedHasTheSameLuck(t *testing.T) {
	t.Parallel()
	lucks := map[uint64][][]int{}
	for _, seed := range []uint64{1, 1, 2} {
		box := sandboxtest.New(t, sandbox.Options{Seed: seed, Faults: faults.Faults{Errors: &faults.Errors{Trigger: faults.Trigger{Rate: 0.3}}}})
		lucks[seed] = append(lucks[seed], statuses(box, 60, "/api/v2/users?pageSize=1"))
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

func TestConnectionsAreReset(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Agent()
	box.Behave(`{"resets":{"operations":["getUsers"]}}`)
	if status, _, _, err := try(box, "GET", "/api/v2/users"); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%d %v, want a reset before the answer", status, err)
	}
	box.Behave(`{"resets":{"afterBytes":100}}`)
	if status, _, text, err := try(box, "GET", "/api/v2/users"); status != 200 || len(text) > 100 || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%d %d bytes, %v, want a reset within the answer", status, len(text), err)
	}
	for _, empty := range []string{box.UserPath(id, "/station/associatedstation"), "/api/v2/routing/users/" + id + "/utilization"} {
		if status, _, _, err := try(box, "DELETE", empty); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("an answer without a body: %d %v, want a reset", status, err)
		}
	}

	// A write may have happened, or not.
	for _, test := range []struct {
		fault string
		after int
	}{{`{"resets":{"next":1,"beforeWork":true}}`, 200}, {`{"resets":{"next":1}}`, 404}} {
		box.Behave(`{"resets":null}`)
		box.Do("GET", box.UserPath(id, ""), "").Want(200)
		box.Behave(test.fault)
		if _, _, _, err := try(box, "DELETE", box.UserPath(id, "")); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: %v", test.fault, err)
		}
		box.Do("GET", box.UserPath(id, ""), "").Want(test.after)
	}
}

func TestAnswersAreTruncated(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	whole := box.Get("/api/v2/users").Text
	for how, endsBadly := range map[string]bool{"length": true, "chunked": true, "json": false} {
		box.Behave(`{"truncations":{"how":"` + how + `"}}`)
		status, header, text, err := try(box, "GET", "/api/v2/users")
		if status != 200 || text != whole[:len(whole)/2] || errors.Is(err, io.ErrUnexpectedEOF) != endsBadly || err != nil && !endsBadly {
			t.Errorf("%s: %d, %d of %d bytes, %v", how, status, len(text), len(whole), err)
		}
		if got := header.Get("Content-Length"); how == "length" && got != strconv.Itoa(len(whole)) || how == "chunked" && got != "" {
			t.Errorf("%s: Content-Length %q", how, got)
		}
	}
	// Where there is nothing to cut, nothing is.
	box.Behave(`{"truncations":null}`)
	id := box.Agent()
	box.Behave(`{"truncations":{"next":1}}`)
	box.Remove(box.UserPath(id, "/station/associatedstation")).Want(202)
	box.Remove("/api/v2/routing/users/" + id + "/utilization").Want(204)
	if got := box.Control("GET", "").Num("truncations", "next"); got != 1 {
		t.Errorf("next %v", got)
	}
}

// HTTP/2 has streams where HTTP/1.1 has connections.
func TestOverHTTP2FaultsResetTheStream(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	server := httptest.NewUnstartedServer(box.Sandbox)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	get := func() (string, error) {
		req, err := http.NewRequest("GET", server.URL+"/api/v2/users", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+box.Token)
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
		box.Control("PUT", faults).Want(200)
		if text, err := get(); err == nil || len(text) > some {
			t.Errorf("%s: %d bytes, %v", faults, len(text), err)
		}
	}
	box.Control("PUT", `{"slowBodies":{"bytes":4000,"interval":"1ms"}}`)
	if text, err := get(); err != nil || len(text) != len(whole) {
		t.Errorf("slow: %d bytes, %v", len(text), err)
	}
}

func TestTokensGoStale(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	box.Behave(`{"staleTokens":{"next":1}}`)
	box.As("made-up").Do("GET", "/api/v2/users", "").Problem(401, "bad.credentials")
	box.As("sandbox-user-" + box.State.FirstUserID).Get("/api/v2/users")
	other := box.Login("id", "secret")
	box.Do("GET", "/api/v2/users", "").Problem(401, "bad.credentials") // the first good one
	box.Do("GET", "/api/v2/users", "").Problem(401, "bad.credentials") // and it stays so
	box.As(other).Get("/api/v2/users")
	box.Token = box.Login("id", "secret")
	box.Get("/api/v2/users")
}

func TestLoginsFail(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	const form = "grant_type=client_credentials"
	for how, want := range map[string]int{"throttled": 400, "refused": 401, "unavailable": 503} {
		box.Behave(`{"logins":{"answer":"` + how + `","next":1}}`)
		status, answer := box.TokenRequest("id", "secret", form)
		description, _ := answer["description"].(string)
		if status != want || (how == "throttled") != (answer["error"] == "invalid_request" && strings.HasPrefix(description, "rate limit exceeded")) {
			t.Errorf("%s: %d %v", how, status, answer)
		}
		box.Login("id", "secret")
	}

	box.Behave(`{"rateLimit":{"logins":2}}`)
	for i, want := range []int{200, 200, 400} {
		if status, answer := box.TokenRequest("busy", "secret", form); status != want {
			t.Errorf("login %d: %d %v", i, status, answer)
		}
	}
	box.Login("another", "secret")
	box.Clock.Advance(time.Minute)
	box.Login("busy", "secret")
}

func TestTheAllowanceCanBeChanged(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{RateLimit: 2, EnforceRateLimit: true})
	box.Get("/api/v2/users")
	box.Get("/api/v2/users")
	box.Do("GET", "/api/v2/users", "").Problem(429, "too.many.requests.retry.after")
	box.Behave(`{"rateLimit":{"requests":180,"enforced":true}}`)
	if got := box.Get("/api/v2/users").Header.Get("inin-ratelimit-allowed"); got != "180" {
		t.Errorf("allowed %s", got)
	}
	box.Behave(`{"rateLimit":null}`)
	if a := box.Control("GET", ""); a.Num("rateLimit", "requests") != 300 || a.At("rateLimit", "enforced") != false {
		t.Errorf("%s", a.Text)
	}
	box.Control("DELETE", "").Want(200)
	box.Do("GET", "/api/v2/users", "").Problem(429, "too.many.requests.retry.after")
}

func TestDriftAddsWhatNoContractKnows(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	path := box.UserPath(box.State.FirstUserID, "?expand=routingStatus,locations,team")
	plain, id := box.Get(path), box.Agent()
	box.Behave(`{"drift":{}}`)
	_, _, text, err := try(box, "GET", path)
	a := sandboxtest.DecodeAnswer(t, 200, []byte(text))
	if err != nil || a.At(faults.DriftMember) == nil || a.At("division", faults.DriftMember) == nil || a.Str("routingStatus", "status") != faults.DriftStatus ||
		a.At("routingStatus", faults.DriftMember) != nil || a.At("locations", 0, "coordinates", faults.DriftMember) != nil {
		t.Errorf("%s (%v)", text, err)
	}
	// Without what was added, it is what it was.
	undrifted := strings.ReplaceAll(text, `,"`+faults.DriftMember+`":{"since":"2031-01-01T00:00:00.000Z","kinds":["new",null]}`, "")
	undrifted = strings.ReplaceAll(undrifted, faults.DriftStatus, plain.Str("routingStatus", "status"))
	if undrifted != plain.Text {
		t.Errorf("%s\nwant\n%s", undrifted, plain.Text)
	}
	// Errors and empty answers have no contract to drift from.
	box.Do("GET", "/api/v2/users/nobody", "").Problem(404, "user.not.found")
	box.Remove(box.UserPath(id, "/station/associatedstation")).Want(202)
	box.Remove("/api/v2/routing/users/" + id + "/utilization").Want(204)
}

func TestFaultsTogetherAndFromManySides(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 5, Faults: faults.Faults{
		Latency: &faults.Latency{P50: 1000, P99: 2000, Trigger: faults.Trigger{Rate: 0.5}}, Errors: &faults.Errors{Trigger: faults.Trigger{Rate: 0.1}},
		Truncations: &faults.Truncations{Trigger: faults.Trigger{Rate: 0.1}}, Resets: &faults.Resets{Trigger: faults.Trigger{Rate: 0.1}}, Drift: &faults.Drift{faults.Trigger{Rate: 0.5}},
		SlowBodies: &faults.SlowBodies{Bytes: 1000, Interval: faults.Duration(time.Millisecond), Trigger: faults.Trigger{Rate: 0.1}}, SearchDelay: faults.Duration(time.Second),
	}})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				_, _, _, _ = try(box, "GET", "/api/v2/users")
				_, _, _, _ = try(box, "DELETE", box.UserPath("nobody", ""))
			}
		})
		wg.Go(func() {
			for range 20 {
				box.Control("PATCH", `{"errors":{"next":3}}`).Want(200)
				box.Control("GET", "").Want(200)
				box.Control("DELETE", "").Want(200)
			}
		})
	}
	wg.Wait()
}

func TestFaultsOfOptionsAreCheckedAsThoseOfTheControlEndpoint(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]faults.Faults{
		"errors.status":        {Errors: &faults.Errors{Status: 200}},
		"errors.rate":          {Errors: &faults.Errors{Trigger: faults.Trigger{Rate: 2}}},
		"latency.p50":          {Latency: &faults.Latency{}},
		"latency.p99":          {Latency: &faults.Latency{P50: 2, P99: 1}},
		"resets.operations":    {Resets: &faults.Resets{Trigger: faults.Trigger{Operations: []string{"getUserz"}}}},
		"searchDelay":          {SearchDelay: -1},
		"rateLimit.requests":   {RateLimit: &faults.RateLimit{Requests: -1}},
		"latency.distribution": {Latency: &faults.Latency{Distribution: "pareto", P50: 1}},
	} {
		_, err := sandbox.New(sandbox.Options{Faults: f})
		if wrong := (*faults.Mistake)(nil); !errors.As(err, &wrong) || wrong.Field != want {
			t.Errorf("%v, want a mistake in %s", err, want)
		}
	}
	if _, err := json.Marshal(faults.Faults{}); err != nil {
		t.Error(err)
	}
}
