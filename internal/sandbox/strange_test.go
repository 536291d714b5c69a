package sandbox_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// fill fills a template with ids that lead somewhere, where that is easy.
func fill(o *sandboxtest.Sandbox, template string) string {
	id := o.State.FirstUserID
	return strings.NewReplacer("{userId}", id, "{subjectId}", id, "{queueId}", o.State.Queues.List[0].ID,
		"{skillId}", o.State.Skills.List[0].ID, "{languageId}", o.State.Languages.List[0].ID,
		"{", "", "}", "").Replace(template)
}

// Whatever the body, the answer is one that a client can act on: the upstream's
// error shape (which every call of do checks), and for a value of the wrong type
// the member that it was in.
func TestStrangeBodiesAreNeverAnAccident(t *testing.T) {
	t.Parallel()
	known := sandboxtest.NeedFacts(t)
	box := sandboxtest.New(t, sandbox.Options{MeAsFirstUser: true, RateLimit: 1_000_000})
	checked := 0
	for _, row := range operations() {
		body := known.Operations[row.Name].Body
		if body.Type == "" && body.Message == "" {
			continue
		}
		path := fill(box, row.Template)
		for _, text := range []string{"", "null", "{", "[", `"`, "{} {}", `{"a":`, "\xff", `"text"`, "17", "true", strings.Repeat("[", 20_000)} {
			a := box.Do(row.Method, path, text)
			if a.Status < 400 || a.Status >= 500 {
				t.Errorf("%s with %.20q: %d %s", row.Name, text, a.Status, a.Text)
			}
		}
		for _, text := range []string{"{}", "[]", "[null]", "[{}]", "[[]]"} {
			if a := box.Do(row.Method, path, text); a.Status >= 500 {
				t.Errorf("%s with %s: %d %s", row.Name, text, a.Status, a.Text)
			}
		}
		for _, field := range known.Models[body.Message] {
			for _, value := range []string{`"text"`, "-1", "1e400", "true", "{}", "[17]", `[{"id":17}]`, "null"} {
				text := fmt.Sprintf("{%q:%s}", field.Name, value)
				if body.Repeated {
					text = "[" + text + "]"
				}
				a := box.Do(row.Method, path, text)
				checked++
				switch {
				case a.Status >= 500:
					t.Errorf("%s with %s: %d %s", row.Name, text, a.Status, a.Text)
				case a.Status == 400 && len(a.List("details")) == 0:
					t.Errorf("%s with %s names no field: %s", row.Name, text, a.Text)
				}
			}
		}
	}
	t.Logf("%d bodies", checked)
	box.CheckInvariants()
}

// A query parameter that is not acceptable is named.
func TestStrangeQueriesAreNeverAnAccident(t *testing.T) {
	t.Parallel()
	known := sandboxtest.NeedFacts(t)
	box := sandboxtest.New(t, sandbox.Options{MeAsFirstUser: true, RateLimit: 1_000_000})
	checked := 0
	for _, row := range operations() {
		if row.Method != "GET" {
			continue
		}
		path := fill(box, row.Template)
		for _, p := range known.Operations[row.Name].Params {
			for _, value := range []string{"text", "-1", "1.5", "99999999999", "%", "\x00"} {
				a := box.Do("GET", path+"?"+url.QueryEscape(p.Name)+"="+url.QueryEscape(value), "")
				checked++
				if a.Status >= 500 {
					t.Errorf("%s: %d %s", a.Call, a.Status, a.Text)
				}
				if a.Status == 400 && len(a.List("details")) == 0 && p.Name != "q64" { // which holds a whole body
					t.Errorf("%s names no field: %s", a.Call, a.Text)
				}
			}
		}
	}
	t.Logf("%d queries", checked)
}
