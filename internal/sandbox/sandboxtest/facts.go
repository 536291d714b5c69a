package sandboxtest

import (
	"encoding/json"
	"errors"
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

// FactField is a member of a message, a body or an answer.
type FactField struct {
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	Message    string   `json:"message"`
	Values     []string `json:"values"`
	Repeated   bool     `json:"repeated"`
	Map        bool     `json:"map"`
	MapOfLists bool     `json:"mapOfLists"`
}

// FactOperation is one of the upstream's operations.
type FactOperation struct {
	Name        string      `json:"name"`
	Set         string      `json:"set"` // neighbour: one that the contract need not have
	Method      string      `json:"method"`
	Path        string      `json:"path"`
	Body        FactField   `json:"body"`
	Params      []FactParam `json:"params"`
	Response    FactField   `json:"response"`
	Permissions struct {
		Mode string   `json:"mode"`
		List []string `json:"list"`
	} `json:"permissions"`
}

// FactParam is a parameter of one.
type FactParam struct {
	Name    string   `json:"name"`
	In      string   `json:"in"`
	Type    string   `json:"type"`
	Default string   `json:"default"`
	Values  []string `json:"values"`
}

// Facts are what is known of the upstream: operations and messages by name.
type Facts struct {
	Operations map[string]FactOperation
	Models     map[string][]FactField
}

// factsFolder holds what is known of the upstream, beside the repository.
func factsFolder() (string, error) {
	folder, err := os.Getwd() // the folder of the package that is tested
	for err == nil {
		if _, absent := os.Stat(filepath.Join(folder, "go.mod")); absent == nil {
			break
		}
		if parent := filepath.Dir(folder); parent != folder {
			folder = parent
		} else {
			err = errors.New("there is no go.mod above this test")
		}
	}
	return filepath.Join(folder, "..", "shared", "facts-neighbours"), err
}

// readFacts returns nil when the facts are not there.
var readFacts = sync.OnceValues(func() (*Facts, error) {
	var list []FactOperation
	known := Facts{Operations: map[string]FactOperation{}}
	folder, err := factsFolder()
	if err != nil {
		return nil, err
	}
	for name, into := range map[string]any{"operations.json": &list, "models.json": &known.Models} {
		text, err := os.ReadFile(filepath.Join(folder, name))
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
		known.Operations[o.Name] = o
	}
	return &known, nil
})

// NeedFacts skips a test that checks nothing without the facts.
func NeedFacts(t *testing.T) *Facts {
	t.Helper()
	known, err := readFacts()
	if err != nil {
		t.Fatal(err)
	}
	if known == nil {
		t.Skip("SKIPPED, NOTHING CHECKED: there are no facts of the upstream beside this checkout")
	}
	return known
}

// operation finds the one of a method and an escaped path. A literal segment goes
// before a parameter.
func (f *Facts) operation(method, path string) (found FactOperation, ok bool) {
	segments := strings.Split(path, "/")
	literals := -1
	for _, o := range f.Operations {
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
func checkAnswer(t *testing.T, method, path string, a Answer) {
	t.Helper()
	checkHeaders(t, a)
	escaped, _, _ := strings.Cut(path, "?")
	if a.Status >= 400 {
		CheckProblem(t, a)
		return
	}
	known, err := readFacts()
	if err != nil || known == nil {
		return
	}
	operation, found := known.operation(method, escaped)
	if !found {
		known = withBeside(known)
		operation, found = known.operation(method, escaped)
	}
	if !found {
		t.Fatalf("%s: the facts know no such operation", a.Call)
	}
	response := operation.Response
	switch {
	case response.Type == "void":
		if a.Status != 204 && a.Status != 202 || a.Text != "" {
			t.Errorf("%s: a void operation answered %d %s", a.Call, a.Status, a.Text)
		}
		return
	case response.Message != "":
		response.Type = "message"
	}
	known.check(t, a.Call, response, a.Value)
}

func checkHeaders(t *testing.T, a Answer) {
	t.Helper()
	for _, name := range []string{
		"inin-correlation-id", "inin-ratelimit-count", "inin-ratelimit-allowed", "inin-ratelimit-reset",
	} {
		if a.Header.Get(name) == "" && strings.Contains(a.Call, " /api/v2/") {
			t.Errorf("%s: no header %s", a.Call, name)
		}
	}
	if got := a.Header.Get("Content-Type"); got != "application/json" && a.Status != 204 {
		t.Errorf("%s: Content-Type %q", a.Call, got)
	}
}

var problemFields = []string{
	"message", "code", "status", "messageWithParams", "messageParams", "contextId", "details", "errors",
}

// CheckProblem holds an error against the upstream's shape.
func CheckProblem(t *testing.T, a Answer) {
	t.Helper()
	object, _ := a.Value.(map[string]any)
	for name := range object {
		if !slices.Contains(problemFields, name) {
			t.Errorf("%s: an error has the unknown member %s: %s", a.Call, name, a.Text)
		}
	}
	if a.Num("status") != float64(a.Status) || a.Str("message") == "" || a.Str("code") == "" ||
		a.Str("contextId") != a.Header.Get("inin-correlation-id") || a.At("details") == nil || a.At("errors") == nil {
		t.Errorf("%s: not the upstream's error shape: %s", a.Call, a.Text)
	}
}

// check compares a value with a declared field, and goes into it.
func (f *Facts) check(t *testing.T, where string, field FactField, value any) {
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

func (f *Facts) checkMessage(t *testing.T, where, message string, value any) {
	t.Helper()
	object, ok := value.(map[string]any)
	if !ok {
		t.Errorf("%s: %T where the message %s is declared", where, value, message)
		return
	}
	for name, member := range object {
		i := slices.IndexFunc(f.Models[message], func(f FactField) bool { return f.Name == name })
		if i < 0 {
			t.Errorf("%s/%s: %s declares no such member", where, name, message)
			continue
		}
		f.check(t, where+"/"+name, f.Models[message][i], member)
	}
}

// wrongScalar says what is wrong with a value, or nothing.
func wrongScalar(field FactField, value any) string {
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
