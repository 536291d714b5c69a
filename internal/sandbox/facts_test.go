package sandbox_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/contract"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestOperationsAreWhereTheFactsSay(t *testing.T) {
	t.Parallel()
	known := sandboxtest.NeedFacts(t)
	rows := map[string]contract.Operation{}
	for _, op := range contract.Operations() {
		if _, twice := rows[op.Name]; twice {
			t.Errorf("%s is in the contract twice", op.Name)
		}
		rows[op.Name] = op
	}
	for name, want := range known.Operations {
		got, found := rows[name]
		if !found && want.Set == "neighbour" {
			continue
		}
		if !found {
			t.Errorf("%s is missing", name)
		} else if got.Method != want.Method || got.Template != want.Path {
			t.Errorf("%s: %s %s, want %s %s", name, got.Method, got.Template, want.Method, want.Path)
		}
	}
	for name := range rows {
		if _, found := known.Operations[name]; !found {
			t.Errorf("%s is nowhere in the facts", name)
		}
	}
}

// Every read that is simulated, with everything that it can be expanded with,
// for every kind of user, has only declared members of the declared types. The
// checking itself is checkAnswer's.
func TestEveryAnswerHasTheDeclaredShape(t *testing.T) {
	t.Parallel()
	known := sandboxtest.NeedFacts(t)
	box := sandboxtest.New(t, sandbox.Options{Seed: 3, MeAsFirstUser: true})
	for id, u := range box.State.Users {
		if u.State != org.StateDeleted {
			box.Post(box.UserPath(id, "/externalid"), `{"authorityName":"HR","externalKey":"`+id+`"}`).Want(200)
		}
	}
	schema := box.SchemaOfEverything()
	for id, u := range box.State.Users {
		if u.State != org.StateDeleted {
			box.Put(box.UserPath(id, "/customattributes"), sandboxtest.AttributesOf(schema, sandboxtest.EveryValue)).Want(200)
		}
	}
	calls := 0
	for _, row := range operations() {
		if row.Method != "GET" {
			continue
		}
		row.Template = strings.NewReplacer("{schemaId}", schema, "{versionId}", "1", "{coreTypeName}", "tag").Replace(row.Template)
		query := url.Values{"integrationPresenceSource": {"MicrosoftTeams"}, "permission": {"directory:user:view"}, "type": {"person"}}
		query.Set("schemaIds", schema)
		for _, p := range known.Operations[row.Name].Params {
			if p.Name == "expand" {
				query["expand"] = p.Values
			}
		}
		for id, u := range box.State.Users {
			if u.State == org.StateDeleted {
				continue
			}
			path := strings.NewReplacer("{userId}", id, "{subjectId}", id, "{authorityName}", "HR", "{externalKey}", id).Replace(row.Template)
			if strings.Contains(path, "{jobId}") {
				path = strings.ReplaceAll(path, "{jobId}", box.FulfilledJob(strings.Split(path, "/")[5]))
			}
			switch row.Name {
			case "getUserGeolocation":
				path = strings.ReplaceAll(path, "{clientId}", u.Geolocations[0].ID)
			case "getUsersSearch":
				query.Set("q64", "e30")
			case "getUsersDevelopmentActivities":
				query.Set("userId", id)
			case "getUsersDevelopmentActivity":
				activity := box.Get(sandboxtest.ActivitiesPath + "?userId=" + id)
				query.Set("type", activity.Str("entities", 0, "type"))
				path = strings.ReplaceAll(path, "{activityId}", activity.Str("entities", 0, "id"))
			}
			box.Get(path + "?" + query.Encode())
			calls++
			if path == row.Template || strings.Contains(row.Template, "{jobId}") {
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
	known := sandboxtest.NeedFacts(t)
	box := sandboxtest.New(t, sandbox.Options{Seed: 3, MeAsFirstUser: true})
	for operation, path := range map[string]string{
		"getUsers": "/api/v2/users?pageSize=100&", "getUsersMe": "/api/v2/users/me?", "getProfilesUsers": "/api/v2/profiles/users?pageSize=100&",
	} {
		plain := box.Get(path)
		for _, section := range values(known.Operations[operation], "expand") {
			declared := declares(known, known.Operations[operation].Response.Message, section)
			got := box.Get(path + "integrationPresenceSource=ZoomPhone&expand=" + section)
			if added := len(sandboxtest.Members(got)) > len(sandboxtest.Members(plain)); added != declared {
				t.Errorf("%s?expand=%s adds something: %t, want %t", operation, section, added, declared)
			}
		}
	}
}

// values are the declared values of a parameter.
func values(o sandboxtest.FactOperation, parameter string) []string {
	for _, p := range o.Params {
		if p.Name == parameter {
			return p.Values
		}
	}
	return nil
}

// declares tells whether a message, the entities that it lists, or their sections
// have a member of an expanded section's name.
func declares(f *sandboxtest.Facts, message, section string) bool {
	section, _, _ = strings.Cut(section, ".")
	return slices.ContainsFunc(f.Models[message], func(field sandboxtest.FactField) bool {
		return strings.EqualFold(field.Name, section) ||
			(field.Name == "entities" || field.Name == "expands") && declares(f, field.Message, section)
	})
}

// simulated are the operations that can do something, and how many actions there are.
func simulated() (known []contract.Operation, actions int) {
	areas := sandbox.Areas(org.New(0, 1, sandboxtest.NewClock().Now()), false)
	for _, op := range contract.Operations() {
		if slices.ContainsFunc(areas, func(area api.Operations) bool { return area[op.Name] != nil }) {
			known = append(known, op)
		}
	}
	for _, area := range areas {
		actions += len(area)
	}
	return known, actions
}

// operations are those that can do something.
func operations() []contract.Operation {
	known, _ := simulated()
	return known
}

// Every action belongs to an operation of the contract, and to one area.
func TestNothingIsSimulatedThatTheContractDoesNotKnow(t *testing.T) {
	t.Parallel()
	known, actions := simulated()
	if len(known) != actions {
		t.Errorf("%d actions belong to %d operations", actions, len(known))
	}
	t.Logf("%d of %d operations are simulated", len(known), len(contract.Operations()))
}
