package sandbox

import (
	"strings"
	"testing"
)

// Whatever a client sends, what comes back is an answer or an error that names
// what is wrong with the request; it never is the sandbox that gives way.
func TestOddRequestsAreTheClientsMistake(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{MeAsFirstUser: true})
	id := org.agent()
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
		"", "?pageNumber=2147483647&pageSize=500", "?expand=,&id=,", "?cursor=AAAA", "?cursor=" + makeCursor(strings.Repeat("\xff", 40)),
		"?q64=bnVsbA", "?q64=W10", "?after=" + makeCursor("\xff\xfe"), "?before=AA", "?permission=%00&name=" + strings.Repeat("x", 300), "?type=Coaching",
	}
	parameter := strings.NewReplacer("{userId}", id, "{subjectId}", id, "{activityId}", id, "{divisionId}", "*", "{", "", "}", "")
	for _, row := range routes() {
		if row.action == nil || row.operation == "deleteUser" {
			continue
		}
		for _, query := range queries {
			if row.method == "GET" {
				org.do("GET", parameter.Replace(row.template)+query, "").notOurs()
			}
		}
		for _, body := range bodies {
			if row.method != "GET" {
				org.do(row.method, parameter.Replace(row.template), body).notOurs()
			}
		}
	}
	checkInvariants(t, org.sandbox.org)
}

func (a answer) notOurs() {
	a.t.Helper()
	if a.status >= 500 {
		a.t.Errorf("%s: %d %s", a.call, a.status, a.text)
	}
}
