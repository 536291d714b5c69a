package sandbox

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestOperationsAreWhereTheFactsSay(t *testing.T) {
	t.Parallel()
	known := needFacts(t)
	rows := map[string]contractOperation{}
	for _, op := range contractOperations() {
		if _, twice := rows[op.name]; twice {
			t.Errorf("%s is in the contract twice", op.name)
		}
		rows[op.name] = op
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
	for id, u := range org.state.users {
		if u.state != stateDeleted {
			org.post(org.userPath(id, "/externalid"), `{"authorityName":"HR","externalKey":"`+id+`"}`).want(200)
		}
	}
	schema := org.schemaOfEverything()
	for id, u := range org.state.users {
		if u.state != stateDeleted {
			org.put(org.userPath(id, "/customattributes"), attributesOf(schema, everyValue)).want(200)
		}
	}
	calls := 0
	for _, row := range simulated() {
		if row.method != "GET" {
			continue
		}
		row.template = strings.NewReplacer("{schemaId}", schema, "{versionId}", "1", "{coreTypeName}", "tag").Replace(row.template)
		query := url.Values{"integrationPresenceSource": {"MicrosoftTeams"}, "permission": {"directory:user:view"}, "type": {"person"}}
		query.Set("schemaIds", schema)
		for _, p := range known.operations[row.name].Params {
			if p.Name == "expand" {
				query["expand"] = p.Values
			}
		}
		for id, u := range org.state.users {
			if u.state == stateDeleted {
				continue
			}
			path := strings.NewReplacer("{userId}", id, "{subjectId}", id, "{authorityName}", "HR", "{externalKey}", id).Replace(row.template)
			if strings.Contains(path, "{jobId}") {
				path = strings.ReplaceAll(path, "{jobId}", org.fulfilledJob(strings.Split(path, "/")[5]))
			}
			switch row.name {
			case "getUserGeolocation":
				path = strings.ReplaceAll(path, "{clientId}", u.geolocations[0].ID)
			case "getUsersSearch":
				query.Set("q64", "e30")
			case "getUsersDevelopmentActivities":
				query.Set("userId", id)
			case "getUsersDevelopmentActivity":
				activity := org.get(activitiesPath + "?userId=" + id)
				query.Set("type", activity.str("entities", 0, "type"))
				path = strings.ReplaceAll(path, "{activityId}", activity.str("entities", 0, "id"))
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

// simulated are the operations that can do something.
func simulated() []contractOperation {
	actions := allOperations(seedOrganisation(0, 1, newClock().now()))
	return slices.DeleteFunc(slices.Clone(contractOperations()), func(op contractOperation) bool { return actions[op.name] == nil })
}

// Every action belongs to an operation of the contract.
func TestNothingIsSimulatedThatTheContractDoesNotKnow(t *testing.T) {
	t.Parallel()
	actions := allOperations(seedOrganisation(0, 1, newClock().now()))
	if known := simulated(); len(known) != len(actions) {
		t.Errorf("%d of %d actions belong to an operation", len(known), len(actions))
	}
	t.Logf("%d of %d operations are simulated", len(actions), len(contractOperations()))
}
