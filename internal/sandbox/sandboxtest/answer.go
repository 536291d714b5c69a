package sandboxtest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// Answer is what came back.
type Answer struct {
	T      *testing.T
	Call   string
	Status int
	Header http.Header
	Text   string
	Value  any
}

// DecodeAnswer is for calls that were made without do.
func DecodeAnswer(t *testing.T, status int, text []byte) Answer {
	a := Answer{T: t, Status: status, Text: string(text)}
	if err := json.Unmarshal(text, &a.Value); err != nil {
		t.Errorf("%v in %s", err, text)
	}
	return a
}

// Want stops the test unless the status is as expected.
func (a Answer) Want(status int) Answer {
	a.T.Helper()
	if a.Status != status {
		a.T.Fatalf("%s: status %d, want %d: %s", a.Call, a.Status, status, a.Text)
	}
	return a
}

// Problem checks an error's status, code and the fields that its details name.
func (a Answer) Problem(status int, code string, fields ...string) Answer {
	a.T.Helper()
	a.Want(status)
	if got := a.At("code"); got != code {
		a.T.Errorf("%s: code %v, want %s: %s", a.Call, got, code, a.Text)
	}
	details, _ := a.At("details").([]any)
	var named []string
	for _, d := range details {
		if name, ok := d.(map[string]any)["fieldName"].(string); ok {
			named = append(named, name)
		}
	}
	if strings.Join(named, " ") != strings.Join(fields, " ") {
		a.T.Errorf("%s: details name %q, want %q: %s", a.Call, named, fields, a.Text)
	}
	return a
}

// At walks members and list indexes; nil when there is no such thing.
func (a Answer) At(steps ...any) any { return Walk(a.Value, steps...) }

// Str is At for texts.
func (a Answer) Str(steps ...any) string { s, _ := a.At(steps...).(string); return s }

// Num is At for numbers.
func (a Answer) Num(steps ...any) float64 { n, _ := a.At(steps...).(float64); return n }

// List is At for lists.
func (a Answer) List(steps ...any) []any { l, _ := a.At(steps...).([]any); return l }

// Walk is At of any value.
func Walk(value any, steps ...any) any {
	for _, step := range steps {
		switch key := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[key]
		case int:
			list, _ := value.([]any)
			if key >= len(list) {
				return nil
			}
			value = list[key]
		}
	}
	return value
}

// Ids are the ids of a list of objects.
func Ids(list []any) []string {
	var all []string
	for _, item := range list {
		id, _ := Walk(item, "id").(string)
		all = append(all, id)
	}
	return all
}

// Members are the names of all members of a user or of a page of users.
func Members(a Answer) map[string]bool {
	names := map[string]bool{}
	users := append(a.List("entities"), a.Value)
	for _, u := range users {
		for _, part := range []any{u, Walk(u, "expands")} {
			object, _ := part.(map[string]any)
			for name := range object {
				names[name] = true
			}
		}
	}
	return names
}
