package sandbox_test

import (
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// Whatever a client sends, what comes back is an answer or an error that names
// what is wrong with the request; it never is the sandbox that gives way.
func TestOddRequestsAreTheClientsMistake(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{MeAsFirstUser: true})
	id := box.Agent()
	bodies := []string{
		`null`, `[]`, `{}`, `[null]`, `[{}]`, `[[]]`, `""`, `1`, `[""]`,
		`{"pageNumber":400000000000000000}`, `{"pageNumber":2147483647,"pageSize":500}`, `{"pageSize":9223372036854775807}`,
		`{"query":[null]}`, `{"query":[{"group":[null]}]}`, `{"sort":[null]}`, `{"grants":[null]}`,
		`{"utilization":{"call":null}}`, `{"labelUtilizations":{"a":null}}`, `{"calls":[null]}`, `{"calls":[{"targets":[null]}]}`,
		`{"latitude":1e400}`, `{"startDate":"x"}`, `{"startDate":"9999-12-31T23:59:59Z","endDate":"0001-01-01T00:00:00Z"}`,
		`{"addresses":[null],"version":1}`, `{"locations":[null],"version":1}`, `{"groups":[null],"version":1}`,
		`{"interval":"0000-01-01/0000-02-01","filter":{"type":"And","clauses":[null]}}`, `{"filter":null}`, `{"filter":{"predicates":[null]}}`,
	}
	queries := []string{
		"", "?pageNumber=2147483647&pageSize=500", "?expand=,&id=,", "?cursor=AAAA", "?cursor=" + api.MakeCursor(strings.Repeat("\xff", 40)),
		"?q64=bnVsbA", "?q64=W10", "?after=" + api.MakeCursor("\xff\xfe"), "?before=AA", "?permission=%00&name=" + strings.Repeat("x", 300), "?type=Coaching",
	}
	parameter := strings.NewReplacer("{userId}", id, "{subjectId}", id, "{activityId}", id, "{divisionId}", "*", "{", "", "}", "")
	for _, row := range operations() {
		if row.Name == "deleteUser" {
			continue
		}
		for _, query := range queries {
			if row.Method == "GET" {
				notOurs(box.Do("GET", parameter.Replace(row.Template)+query, ""))
			}
		}
		for _, body := range bodies {
			if row.Method != "GET" {
				notOurs(box.Do(row.Method, parameter.Replace(row.Template), body))
			}
		}
	}
	box.CheckInvariants()
}

func notOurs(a sandboxtest.Answer) {
	a.T.Helper()
	if a.Status >= 500 {
		a.T.Errorf("%s: %d %s", a.Call, a.Status, a.Text)
	}
}
