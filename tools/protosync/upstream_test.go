package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// fact reads a file of the upstream's facts, which lie outside the project.
func fact(t *testing.T, name string) []byte {
	t.Helper()
	const folder = "../../../shared/facts"
	text, err := os.ReadFile(filepath.Join(folder, name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("SKIPPED: %s is absent: the upstream's document is not held against the contract", folder)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The repository's contract is what the tool makes of the upstream's document.
func TestTheContractFollowsTheUpstream(t *testing.T) {
	t.Parallel()
	doc := fact(t, "users-api.swagger.json")
	tree := readFiles(t, filepath.Join("../../proto", dir))
	w := newWorkspace(t, string(doc), tree)
	if after := w.run(); w.err != nil || w.stdout != noChange {
		t.Errorf("error %v, report %s, changed lines:\n%s", w.err, w.stdout, diff(tree, after))
	}
}

// From nothing, the tool finds every operation and every field of every model
// that the facts list on their own.
func TestTheWholeUpstreamFromNothing(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, string(fact(t, "users-api.swagger.json")), nil)
	tree := w.run()
	if w.err != nil {
		t.Fatal(w.err)
	}
	report := w.stdout
	w.settled()

	methods := map[string]bool{}
	messages := map[string]protoreflect.MessageDescriptor{}
	for _, file := range compile(t, tree) {
		for i := range file.Services().Len() {
			all := file.Services().Get(i).Methods()
			for j := range all.Len() {
				methods[string(all.Get(j).Name())] = true
			}
		}
		for i := range file.Messages().Len() {
			m := file.Messages().Get(i)
			messages[string(m.Name())] = m
		}
	}

	var operations []struct {
		Name string `json:"name"`
		RPC  string `json:"rpc"`
	}
	if err := json.Unmarshal(fact(t, "operations.json"), &operations); err != nil {
		t.Fatal(err)
	}
	foundOperations := 0
	for _, op := range operations {
		if methods[op.RPC] {
			foundOperations++
		} else {
			t.Errorf("operation %s: no rpc %s", op.Name, op.RPC)
		}
	}

	var models map[string][]struct {
		Name     string   `json:"name"`
		Repeated bool     `json:"repeated"`
		Values   []string `json:"values"`
	}
	if err := json.Unmarshal(fact(t, "models.json"), &models); err != nil {
		t.Fatal(err)
	}
	foundModels, foundFields, fields := 0, 0, 0
	for name, model := range models {
		fields += len(model)
		m := messages[name]
		if m == nil {
			t.Errorf("model %s: no message", name)
			continue
		}
		foundModels++
		for _, want := range model {
			f := m.Fields().ByJSONName(want.Name)
			switch {
			case f == nil:
				t.Errorf("model %s: no field for %s", name, want.Name)
			case f.IsList() != want.Repeated:
				t.Errorf("model %s, field %s: repeated is %v", name, want.Name, f.IsList())
			case f.Enum() != nil && f.Enum().Values().Len() != firstEnumNumber+len(want.Values):
				t.Errorf("model %s, field %s: %d values of %d", name, want.Name, f.Enum().Values().Len()-firstEnumNumber, len(want.Values))
			default:
				foundFields++
			}
		}
		if m.Fields().Len() != len(model) {
			t.Errorf("model %s: %d fields of %d", name, m.Fields().Len(), len(model))
		}
	}
	if len(operations) != strings.Count(report, "added operation ") || len(models) != strings.Count(report, "added message ") {
		t.Error("the report does not list each operation and model once")
	}
	t.Logf("%d/%d operations, %d/%d models, %d/%d fields", foundOperations, len(operations), foundModels, len(models), foundFields, fields)
}
