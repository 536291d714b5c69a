package faults_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/faults"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestTheControlEndpointShowsSetsChangesAndResets(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Faults: faults.Faults{Drift: &faults.Drift{faults.Trigger{Rate: 0.25}}}})
	const started = `{"rateLimit":{"requests":300,"enforced":false},"drift":{"rate":0.25}}`
	for _, step := range []struct{ method, body, want string }{
		{"GET", ``, started},
		{"PATCH", `{"errors":{"next":3,"operations":["getUsers"]},"searchDelay":"1500ms"}`,
			`{"rateLimit":{"requests":300,"enforced":false},"errors":{"rate":1,"next":3,"operations":["getUsers"],"status":503},"drift":{"rate":0.25},"searchDelay":"1.5s"}`},
		{"PATCH", `{"drift":null,"errors":{"status":500}}`,
			`{"rateLimit":{"requests":300,"enforced":false},"errors":{"rate":1,"status":500},"searchDelay":"1.5s"}`},
		{"PATCH", `{}`,
			`{"rateLimit":{"requests":300,"enforced":false},"errors":{"rate":1,"status":500},"searchDelay":"1.5s"}`},
		{"PUT", ` {"latency":{"p50":"40ms"}} `,
			`{"latency":{"rate":1,"distribution":"fixed","p50":"40ms"},"rateLimit":{"requests":300,"enforced":false}}`},
		{"PUT", `{}`, `{"rateLimit":{"requests":300,"enforced":false}}`},
		{"PUT", `{"latency":{"p50":"1s","p99":"2s"},"resets":{},"truncations":{},"slowBodies":{},"staleTokens":{},"logins":{},"drift":{}}`,
			`{"latency":{"rate":1,"distribution":"lognormal","p50":"1s","p99":"2s"},"rateLimit":{"requests":300,"enforced":false},"resets":{"rate":1},` +
				`"truncations":{"rate":1,"how":"length"},"slowBodies":{"rate":1,"bytes":64,"interval":"100ms"},"staleTokens":{"rate":1},` +
				`"logins":{"rate":1,"answer":"unavailable"},"drift":{"rate":1}}`},
		{"DELETE", ``, started},
	} {
		if a := box.Control(step.method, step.body).Want(200); a.Text != step.want {
			t.Errorf("%s\ngot  %s\nwant %s", a.Call, a.Text, step.want)
		} else if again := box.Control("PUT", a.Text); again.Text != a.Text {
			t.Errorf("%s, put back, becomes %s", a.Text, again.Text)
		} else if step.method == "DELETE" {
			box.Control("DELETE", "")
		}
	}
}

// Changing one fault leaves the others where they are.
func TestAFaultGoesOnWhileAnotherIsChanged(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	box.Behave(`{"errors":{"next":3}}`)
	statuses(box, 1, "/api/v2/users")
	if got := box.Behave(`{"drift":{}}`).Num("errors", "next"); got != 2 {
		t.Errorf("%v left, want 2", got)
	}
	statuses(box, 1, "/api/v2/users")
	if got := box.Control("GET", "").Num("errors", "next"); got != 1 {
		t.Errorf("%v left, want 1", got)
	}
}

func TestTheControlEndpointRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	before := box.Control("GET", "").Text
	for body, want := range map[string][2]string{
		``:                                       {"", "nothing"},
		`null`:                                   {"", "null"},
		`[]`:                                     {"", "[]"},
		`{"errors":{}} {}`:                       {"", `{"errors":{}} {}`},
		`{"errors":{}`:                           {"", `{"errors":{}`},
		`{"error":{}}`:                           {"error", "{}"},
		`{"errors":{},"errors":{}}`:              {"errors", "{}"},
		`{"errors":[]}`:                          {"errors", "[]"},
		`{"errors":{"statsu":500}}`:              {"errors.statsu", "500"},
		`{"errors":{"status":200}}`:              {"errors.status", "200"},
		`{"errors":{"status":"500"}}`:            {"errors.status", `"500"`},
		`{"errors":{"status":null}}`:             {"errors.status", "null"},
		`{"errors":{"rate":0}}`:                  {"errors.rate", "0"},
		`{"errors":{"rate":1.1}}`:                {"errors.rate", "1.1"},
		`{"errors":{"next":0}}`:                  {"errors.next", "0"},
		`{"errors":{"next":1.5}}`:                {"errors.next", "1.5"},
		`{"errors":{"retryAfter":2}}`:            {"errors.retryAfter", "2"},
		`{"errors":{"retryAfter":"25h"}}`:        {"errors.retryAfter", `"25h"`},
		`{"errors":{"operations":[]}}`:           {"errors.operations", "[]"},
		`{"errors":{"operations":"getUser"}}`:    {"errors.operations", `"getUser"`},
		`{"errors":{"operations":["getUserz"]}}`: {"errors.operations", `"getUserz"`},
		`{"errors":{"operations":["/a["]}}`:      {"errors.operations", `"/a["`},
		`{"latency":{}}`:                         {"latency.p50", `"0s"`},
		`{"latency":{"p50":"-1s"}}`:              {"latency.p50", `"-1s"`},
		`{"latency":{"p50":"2s","p99":"1s"}}`:    {"latency.p99", `"1s"`},
		`{"latency":{"p50":"soon"}}`:             {"latency.p50", `"soon"`},
		`{"latency":{"p50":"1s","p99":"2s","distribution":"fixed"}}`:    {"latency.p99", `"2s"`},
		`{"latency":{"p50":"1s","p99":"2s","distribution":"uniform"}}`:  {"latency.p99", `"2s"`},
		`{"latency":{"p50":"1s","distribution":"pareto"}}`:              {"latency.distribution", `"pareto"`},
		`{"resets":{"beforeWork":true,"afterBytes":3}}`:                 {"resets.afterBytes", "3"},
		`{"resets":{"beforeWork":1}}`:                                   {"resets.beforeWork", "1"},
		`{"truncations":{"how":"half"}}`:                                {"truncations.how", `"half"`},
		`{"slowBodies":{"bytes":0}}`:                                    {"slowBodies.bytes", "0"},
		`{"slowBodies":{"interval":"0s"}}`:                              {"slowBodies.interval", `"0s"`},
		`{"logins":{"answer":"no"}}`:                                    {"logins.answer", `"no"`},
		`{"logins":{"operations":["login"]}}`:                           {"logins.operations", "login"},
		`{"rateLimit":{"requests":0}}`:                                  {"rateLimit.requests", "0"},
		`{"searchDelay":"2h"}`:                                          {"searchDelay", `"2h"`},
		`{"drift":{},"searchDelay":"` + strings.Repeat("x", 500) + `"}`: {"searchDelay", `"` + strings.Repeat("x", 99) + "..."},
	} {
		for _, method := range []string{"PUT", "PATCH"} {
			a := box.Control(method, body)
			if a.Status != 400 || a.Str("field") != want[0] || a.Str("value") != want[1] || a.Str("remedy") == "" ||
				!strings.Contains(a.Str("message"), want[0]) || !strings.HasSuffix(a.Str("message"), a.Str("remedy")) {
				t.Errorf("%s: %d %s", a.Call, a.Status, a.Text)
			}
		}
	}
	if a := box.Control("PUT", strings.Repeat(" ", faults.MaxFaults+1)); a.Status != 400 {
		t.Errorf("too long: %d %s", a.Status, a.Text)
	}
	if got := box.Control("GET", "").Text; got != before {
		t.Errorf("what was refused has changed something: %s", got)
	}
	for path, want := range map[string]int{"/faults": 405, "/": 404, "/faults/errors": 404, "/api/v2/users": 404} {
		res := httptest.NewRecorder()
		box.Sandbox.Control().ServeHTTP(res, httptest.NewRequest(http.MethodPost, path, strings.NewReader("{}")))
		if res.Code != want || want == 405 && res.Header().Get("Allow") == "" {
			t.Errorf("POST %s: %d, Allow %q", path, res.Code, res.Header().Get("Allow"))
		}
	}
}
