package sandbox

import (
	"encoding/json"
	"fmt"
	"math"
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

// operation finds the one of a method and an escaped path. A literal segment goes
// before a parameter.
func (f *facts) operation(method, path string) (found factOperation, ok bool) {
	segments := strings.Split(path, "/")
	literals := -1
	for _, o := range f.operations {
		template := strings.Split(o.Path, "/")
		if o.Method != method || len(template) != len(segments) {
			continue
		}
		same := 0
		for i := range template {
			if template[i] == segments[i] {
				same++
			} else if !strings.HasPrefix(template[i], "{") {
				same = -len(template)
			}
		}
		if same > literals {
			found, literals, ok = o, same, true
		}
	}
	return found, ok
}

// checkAnswer compares one answer with what the facts declare. It runs on every
// call of every test; TestEveryAnswerHasTheDeclaredShape is what says aloud
// that it could not.
func checkAnswer(t *testing.T, method, path string, a answer) {
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
	operation, found := known.operation(method, escaped)
	if !found {
		t.Fatalf("%s: the facts know no such operation", a.call)
	}
	response := operation.Response
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
