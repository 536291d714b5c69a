package sandbox

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// fill fills a template with ids that lead somewhere, where that is easy.
func (o *testOrg) fill(template string) string {
	id := o.sandbox.org.firstUserID
	return strings.NewReplacer("{userId}", id, "{subjectId}", id, "{queueId}", o.sandbox.org.queues.list[0].ID,
		"{skillId}", o.sandbox.org.skills.list[0].ID, "{languageId}", o.sandbox.org.languages.list[0].ID,
		"{", "", "}", "").Replace(template)
}

// Whatever the body, the answer is one that a client can act on: the upstream's
// error shape (which every call of do checks), and for a value of the wrong type
// the member that it was in.
func TestStrangeBodiesAreNeverAnAccident(t *testing.T) {
	t.Parallel()
	known := needFacts(t)
	org := newTestOrg(t, Options{MeAsFirstUser: true, RateLimit: 1_000_000})
	checked := 0
	for _, row := range routes() {
		body := known.operations[row.operation].Body
		if row.action == nil || row.action.decode == nil {
			continue
		}
		path := org.fill(row.template)
		for _, text := range []string{"", "null", "{", "[", `"`, "{} {}", `{"a":`, "\xff", `"text"`, "17", "true", strings.Repeat("[", 20_000)} {
			a := org.do(row.method, path, text)
			if a.status < 400 || a.status >= 500 {
				t.Errorf("%s with %.20q: %d %s", row.operation, text, a.status, a.text)
			}
		}
		for _, text := range []string{"{}", "[]", "[null]", "[{}]", "[[]]"} {
			if a := org.do(row.method, path, text); a.status >= 500 {
				t.Errorf("%s with %s: %d %s", row.operation, text, a.status, a.text)
			}
		}
		for _, field := range known.models[body.Message] {
			for _, value := range []string{`"text"`, "-1", "1e400", "true", "{}", "[17]", `[{"id":17}]`, "null"} {
				text := fmt.Sprintf("{%q:%s}", field.Name, value)
				if body.Repeated {
					text = "[" + text + "]"
				}
				a := org.do(row.method, path, text)
				checked++
				switch {
				case a.status >= 500:
					t.Errorf("%s with %s: %d %s", row.operation, text, a.status, a.text)
				case a.status == 400 && len(a.list("details")) == 0:
					t.Errorf("%s with %s names no field: %s", row.operation, text, a.text)
				}
			}
		}
	}
	t.Logf("%d bodies", checked)
	checkInvariants(t, org.sandbox.org)
}

// A query parameter that is not acceptable is named.
func TestStrangeQueriesAreNeverAnAccident(t *testing.T) {
	t.Parallel()
	known := needFacts(t)
	org := newTestOrg(t, Options{MeAsFirstUser: true, RateLimit: 1_000_000})
	checked := 0
	for _, row := range routes() {
		if row.action == nil || row.method != "GET" {
			continue
		}
		path := org.fill(row.template)
		for _, p := range known.operations[row.operation].Params {
			for _, value := range []string{"text", "-1", "1.5", "99999999999", "%", "\x00"} {
				a := org.do("GET", path+"?"+url.QueryEscape(p.Name)+"="+url.QueryEscape(value), "")
				checked++
				if a.status >= 500 {
					t.Errorf("%s: %d %s", a.call, a.status, a.text)
				}
				if a.status == 400 && len(a.list("details")) == 0 && p.Name != "q64" { // which holds a whole body
					t.Errorf("%s names no field: %s", a.call, a.text)
				}
			}
		}
	}
	t.Logf("%d queries", checked)
}
