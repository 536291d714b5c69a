package sandbox

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// factsFolder holds what is known of the upstream, outside of the repository.
const factsFolder = "../../../shared/facts"

type factField struct {
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	Message    string   `json:"message"`
	Values     []string `json:"values"`
	Repeated   bool     `json:"repeated"`
	Map        bool     `json:"map"`
	MapOfLists bool     `json:"mapOfLists"`
}

type factOperation struct {
	Name        string      `json:"name"`
	Method      string      `json:"method"`
	Path        string      `json:"path"`
	Body        factField   `json:"body"`
	Params      []factParam `json:"params"`
	Response    factField   `json:"response"`
	Permissions struct {
		Mode string   `json:"mode"`
		List []string `json:"list"`
	} `json:"permissions"`
}

type factParam struct {
	Name    string   `json:"name"`
	In      string   `json:"in"`
	Type    string   `json:"type"`
	Default string   `json:"default"`
	Values  []string `json:"values"`
}

type facts struct {
	operations map[string]factOperation
	models     map[string][]factField
}

// readFacts returns nil when the facts are not there.
var readFacts = sync.OnceValues(func() (*facts, error) {
	var list []factOperation
	known := facts{operations: map[string]factOperation{}}
	for name, into := range map[string]any{"operations.json": &list, "models.json": &known.models} {
		text, err := os.ReadFile(filepath.Join(factsFolder, name))
		if os.IsNotExist(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, into); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, o := range list {
		known.operations[o.Name] = o
	}
	return &known, nil
})

func needFacts(t *testing.T) *facts {
	t.Helper()
	known, err := readFacts()
	if err != nil {
		t.Fatal(err)
	}
	if known == nil {
		t.Skip("SKIPPED, NOTHING CHECKED: there are no facts of the upstream in " + factsFolder)
	}
	return known
}

// checkAnswer compares one answer with what the facts declare. It runs on every
// call of every test; TestEveryAnswerHasTheDeclaredShape is what says aloud
// that it could not.
func checkAnswer(t *testing.T, s *Sandbox, method, path string, a answer) {
	t.Helper()
	checkHeaders(t, a)
	escaped, _, _ := strings.Cut(path, "?")
	if a.status >= 400 {
		checkProblem(t, a)
		return
	}
	known, err := readFacts()
	if err != nil || known == nil {
		return
	}
	row, _, err := s.router.find(method, escaped)
	if err != nil {
		t.Fatalf("%s: %v", a.call, err)
	}
	response := known.operations[row.operation].Response
	switch {
	case response.Type == "void":
		if a.status != 204 || a.text != "" {
			t.Errorf("%s: a void operation answered %d %s", a.call, a.status, a.text)
		}
		return
	case response.Message != "":
		response.Type = "message"
	}
	known.check(t, a.call, response, a.value)
}

func checkHeaders(t *testing.T, a answer) {
	t.Helper()
	for _, name := range []string{
		"inin-correlation-id", "inin-ratelimit-count", "inin-ratelimit-allowed", "inin-ratelimit-reset",
	} {
		if a.header.Get(name) == "" && strings.Contains(a.call, " /api/v2/") {
			t.Errorf("%s: no header %s", a.call, name)
		}
	}
	if got := a.header.Get("Content-Type"); got != "application/json" && a.status != 204 {
		t.Errorf("%s: Content-Type %q", a.call, got)
	}
}

var problemFields = []string{
	"message", "code", "status", "messageWithParams", "messageParams", "contextId", "details", "errors",
}

func checkProblem(t *testing.T, a answer) {
	t.Helper()
	object, _ := a.value.(map[string]any)
	for name := range object {
		if !slices.Contains(problemFields, name) {
			t.Errorf("%s: an error has the unknown member %s: %s", a.call, name, a.text)
		}
	}
	if a.num("status") != float64(a.status) || a.str("message") == "" || a.str("code") == "" ||
		a.str("contextId") != a.header.Get("inin-correlation-id") || a.at("details") == nil || a.at("errors") == nil {
		t.Errorf("%s: not the upstream's error shape: %s", a.call, a.text)
	}
}

// check compares a value with a declared field, and goes into it.
func (f *facts) check(t *testing.T, where string, field factField, value any) {
	t.Helper()
	switch {
	case field.Repeated:
		list, ok := value.([]any)
		if !ok {
			t.Errorf("%s: %T where a list is declared", where, value)
			return
		}
		field.Repeated = false
		for i, item := range list {
			f.check(t, fmt.Sprintf("%s/%d", where, i), field, item)
		}
	case field.Map:
		object, ok := value.(map[string]any)
		if !ok {
			t.Errorf("%s: %T where a map is declared", where, value)
			return
		}
		field.Map, field.Repeated = false, field.MapOfLists
		for key, item := range object {
			f.check(t, where+"/"+key, field, item)
		}
	case field.Type == "message":
		f.checkMessage(t, where, field.Message, value)
	default:
		if why := wrongScalar(field, value); why != "" {
			t.Errorf("%s: %v is %s", where, value, why)
		}
	}
}

func (f *facts) checkMessage(t *testing.T, where, message string, value any) {
	t.Helper()
	object, ok := value.(map[string]any)
	if !ok {
		t.Errorf("%s: %T where the message %s is declared", where, value, message)
		return
	}
	for name, member := range object {
		i := slices.IndexFunc(f.models[message], func(f factField) bool { return f.Name == name })
		if i < 0 {
			t.Errorf("%s/%s: %s declares no such member", where, name, message)
			continue
		}
		f.check(t, where+"/"+name, f.models[message][i], member)
	}
}

// wrongScalar says what is wrong with a value, or nothing.
func wrongScalar(field factField, value any) string {
	ok := true
	switch field.Type {
	case "string", "date":
		_, ok = value.(string)
	case "bool":
		_, ok = value.(bool)
	case "double", "float":
		_, ok = value.(float64)
	case "int32", "int64":
		n, isNumber := value.(float64)
		ok = isNumber && n == math.Trunc(n) && (field.Type == "int64" || math.Abs(n) <= math.MaxInt32)
	case "date-time":
		text, isText := value.(string)
		_, err := time.Parse("2006-01-02T15:04:05.000Z", text)
		ok = isText && err == nil
	case "enum":
		text, isText := value.(string)
		ok = isText && slices.Contains(field.Values, text)
	case "object":
		_, ok = value.(map[string]any)
	case "any":
	default:
		return "of a type that this test does not know: " + field.Type
	}
	if !ok {
		return "no " + field.Type
	}
	return ""
}

func TestTheRouteTableIsTheOneOfTheFacts(t *testing.T) {
	t.Parallel()
	known := needFacts(t)
	rows := map[string]route{}
	for _, row := range routes() {
		if _, twice := rows[row.operation]; twice {
			t.Errorf("%s is in the table twice", row.operation)
		}
		rows[row.operation] = row
	}
	for name, want := range known.operations {
		got, found := rows[name]
		if !found {
			t.Errorf("%s is missing", name)
		} else if got.method != want.Method || got.template != want.Path {
			t.Errorf("%s: %s %s, want %s %s", name, got.method, got.template, want.Method, want.Path)
		}
	}
	if len(rows) != len(known.operations) {
		t.Errorf("%d rows for %d operations", len(rows), len(known.operations))
	}
}

// Every read that is simulated, with everything that it can be expanded with,
// for every kind of user, has only declared members of the declared types. The
// checking itself is checkAnswer's.
func TestEveryAnswerHasTheDeclaredShape(t *testing.T) {
	t.Parallel()
	known := needFacts(t)
	org := newTestOrg(t, Options{Seed: 3, MeAsFirstUser: true})
	for id, u := range org.sandbox.org.users {
		if u.state != stateDeleted {
			org.post(org.userPath(id, "/externalid"), `{"authorityName":"HR","externalKey":"`+id+`"}`).want(200)
		}
	}
	schema := org.schemaOfEverything()
	for id, u := range org.sandbox.org.users {
		if u.state != stateDeleted {
			org.put(org.userPath(id, "/customattributes"), attributesOf(schema, everyValue)).want(200)
		}
	}
	calls := 0
	for _, row := range routes() {
		if row.action == nil || row.method != "GET" {
			continue
		}
		row.template = strings.NewReplacer("{schemaId}", schema, "{versionId}", "1", "{coreTypeName}", "tag").Replace(row.template)
		query := url.Values{"integrationPresenceSource": {"MicrosoftTeams"}, "permission": {"directory:user:view"}, "type": {"person"}}
		query.Set("schemaIds", schema)
		for _, p := range known.operations[row.operation].Params {
			if p.Name == "expand" {
				query["expand"] = p.Values
			}
		}
		for id, u := range org.sandbox.org.users {
			if u.state == stateDeleted {
				continue
			}
			path := strings.NewReplacer("{userId}", id, "{subjectId}", id, "{authorityName}", "HR", "{externalKey}", id).Replace(row.template)
			if strings.Contains(path, "{jobId}") {
				path = strings.ReplaceAll(path, "{jobId}", org.fulfilledJob(strings.Split(path, "/")[5]))
			}
			switch row.operation {
			case "getUserGeolocation":
				path = strings.ReplaceAll(path, "{clientId}", u.geolocations[0].ID)
			case "getUsersSearch":
				query.Set("q64", "e30")
			case "getUsersDevelopmentActivities":
				query.Set("userId", id)
			case "getUsersDevelopmentActivity":
				a := org.sandbox.org.activitiesOf(u)[0]
				query.Set("type", a.kind)
				path = strings.ReplaceAll(path, "{activityId}", org.sandbox.org.masks.id(a.activityKey))
			}
			org.get(path + "?" + query.Encode())
			calls++
			if path == row.template || strings.Contains(row.template, "{jobId}") {
				break
			}
		}
	}
	t.Logf("%d answers of the declared shape", calls)
}

// A section that expand names and the facts declare must really be there for
// somebody. One for which the answer declares no member must leave it as it is.
func TestExpandAddsEverySectionItNames(t *testing.T) {
	t.Parallel()
	known := needFacts(t)
	org := newTestOrg(t, Options{Seed: 3, MeAsFirstUser: true})
	for operation, path := range map[string]string{
		"getUsers": "/api/v2/users?pageSize=100&", "getUsersMe": "/api/v2/users/me?", "getProfilesUsers": "/api/v2/profiles/users?pageSize=100&",
	} {
		plain := org.get(path)
		for _, section := range known.operations[operation].values("expand") {
			declared := known.declares(known.operations[operation].Response.Message, section)
			got := org.get(path + "integrationPresenceSource=ZoomPhone&expand=" + section)
			if added := len(members(got)) > len(members(plain)); added != declared {
				t.Errorf("%s?expand=%s adds something: %t, want %t", operation, section, added, declared)
			}
		}
	}
}

// values are the declared values of a parameter.
func (o factOperation) values(parameter string) []string {
	for _, p := range o.Params {
		if p.Name == parameter {
			return p.Values
		}
	}
	return nil
}

// declares tells whether a message, the entities that it lists, or their sections
// have a member of an expanded section's name.
func (f *facts) declares(message, section string) bool {
	section, _, _ = strings.Cut(section, ".")
	return slices.ContainsFunc(f.models[message], func(field factField) bool {
		return strings.EqualFold(field.Name, section) ||
			(field.Name == "entities" || field.Name == "expands") && f.declares(field.Message, section)
	})
}

// members are the names of all members of a user or of a page of users.
func members(a answer) map[string]bool {
	names := map[string]bool{}
	users := append(a.list("entities"), a.value)
	for _, u := range users {
		for _, part := range []any{u, walk(u, "expands")} {
			object, _ := part.(map[string]any)
			for name := range object {
				names[name] = true
			}
		}
	}
	return names
}

func TestOperationsThatAreNotSimulatedSaySo(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	// There is always one more that nobody has simulated.
	rows := append(routes(), route{operation: "getTomorrow", method: "GET", template: "/api/v2/tomorrow/{dayId}"})
	org.sandbox.router = newRouter(rows)
	simulated := 0
	for _, row := range rows {
		if row.action != nil {
			simulated++
			continue
		}
		path := strings.NewReplacer("{", "", "}", "").Replace(row.template)
		a := org.do(row.method, path, "").problem(501, "not.implemented")
		if a.str("messageParams", "operation") != row.operation {
			t.Errorf("%s names %s, want %s", a.call, a.str("messageParams", "operation"), row.operation)
		}
	}
	t.Logf("%d of %d operations are simulated", simulated, len(routes()))
}
