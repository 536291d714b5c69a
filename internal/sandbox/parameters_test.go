package sandbox_test

import (
	"cmp"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// eachRead calls do with the address of every simulated GET operation that the
// facts declare parameters of: about somebody who has something of everything, and
// with values for what is required.
func eachRead(t *testing.T, box *sandboxtest.Sandbox, do func(operation, address string, p sandboxtest.FactParam)) {
	t.Helper()
	known := sandboxtest.NeedFacts(t)
	id := allRounder(box)
	for _, row := range operations() {
		path := strings.NewReplacer("{userId}", id, "{subjectId}", id, "{authorityName}", "HR", "{externalKey}", id).Replace(row.Template)
		query := url.Values{}
		switch row.Name {
		case "getUsersDevelopmentActivity":
			activity := box.Get(sandboxtest.ActivitiesPath + "?userId=" + id)
			path = strings.ReplaceAll(path, "{activityId}", activity.Str("entities", 0, "id"))
			query.Set("type", activity.Str("entities", 0, "type"))
		case "getUsersDevelopmentActivities":
			query.Set("userId", id)
		case "getUsersSearch":
			query.Set("q64", "e30")
		case "getFieldconfig":
			query.Set("type", "person")
		}
		if strings.Contains(row.Name, "ivisionspermitted") {
			query.Set("permission", "directory:user:view")
		}
		if row.Method != "GET" || strings.Contains(path, "{") {
			continue
		}
		for _, p := range known.Operations[row.Name].Params {
			if p.In != "query" {
				continue
			}
			others := url.Values{}
			for name, values := range query {
				if name != p.Name {
					others[name] = values
				}
			}
			do(row.Name, path+"?"+others.Encode(), p)
		}
	}
}

// readableOrg is an organisation that eachRead can read.
func readableOrg(t *testing.T) *sandboxtest.Sandbox {
	t.Helper()
	box := sandboxtest.New(t, sandbox.Options{Users: 60, MeAsFirstUser: true})
	id := allRounder(box)
	box.Post(box.UserPath(id, "/externalid"), `{"authorityName":"HR","externalKey":"`+id+`"}`).Want(200)
	return box
}

// allRounder is somebody with more than one of everything that can be listed.
func allRounder(o *sandboxtest.Sandbox) string {
	o.T.Helper()
	for _, u := range o.State.Rosters[org.StateActive] {
		if len(u.Skills) > 1 && len(u.Languages) > 1 && len(u.Favorites()) > 1 && len(u.Queues) > 1 && u.Queues[0].Joined {
			return u.ID
		}
	}
	o.T.Fatal("nobody has more than one of everything")
	return ""
}

// What a parameter cannot be is refused by its name. Only expand may name anything:
// newer clients ask for newer sections.
func TestEveryParameterIsChecked(t *testing.T) {
	t.Parallel()
	box := readableOrg(t)
	checked := 0
	eachRead(t, box, func(operation, address string, p sandboxtest.FactParam) {
		wrong := map[string]string{"int32": "-many", "bool": "perhaps", "enum": "Nonsense"}[p.Type]
		if p.Type == "string" && (p.Values != nil || p.Default != "") {
			wrong = "Nonsense"
		}
		if wrong == "" || p.Name == "expand" {
			return
		}
		checked++
		if a := box.Do("GET", address+"&"+p.Name+"="+wrong, ""); a.Status != 400 || a.At("details", 0, "fieldName") != p.Name {
			t.Errorf("%s takes %s=%s: %d %s", operation, p.Name, wrong, a.Status, a.Text[:min(len(a.Text), 200)])
		}
	})
	t.Logf("%d parameters refused what they cannot be", checked)
}

// A default is what is meant without it.
func TestEveryDefaultIsTheDeclaredOne(t *testing.T) {
	t.Parallel()
	box := readableOrg(t)
	eachRead(t, box, func(operation, address string, p sandboxtest.FactParam) {
		if p.Default == "" {
			return
		}
		without, with := box.Get(address), box.Get(address+"&"+p.Name+"="+p.Default)
		for _, a := range []sandboxtest.Answer{without, with} {
			object, _ := a.Value.(map[string]any)
			for name := range object {
				if strings.HasSuffix(name, "Uri") {
					delete(object, name)
				}
			}
		}
		if !reflect.DeepEqual(without.Value, with.Value) {
			t.Errorf("%s: %s=%s is not the default", operation, p.Name, p.Default)
		}
	})
}

// Every listing that can be sorted and paged is.
func TestEveryListingIsSortedAndPaged(t *testing.T) {
	t.Parallel()
	box := readableOrg(t)
	eachRead(t, box, func(operation, address string, p sandboxtest.FactParam) {
		switch p.Name {
		case "sortOrder":
			up, down := sandboxtest.Ids(box.Get(address+"&pageSize=100&sortOrder=asc").List("entities")), sandboxtest.Ids(box.Get(address+"&pageSize=100&sortOrder=desc").List("entities"))
			slices.Reverse(down)
			if len(up) < 2 || !slices.Equal(up, down) {
				t.Errorf("%s: %v up and %v down", operation, up, down)
			}
		case "pageSize":
			all := box.Get(address)
			one := box.Get(address + "&pageSize=1")
			if want := min(1, len(all.List("entities"))); len(one.List("entities")) != want {
				t.Errorf("%s: %d on a page of one", operation, len(one.List("entities")))
			}
			if got := one.At("pageSize"); got != nil && got != 1.0 {
				t.Errorf("%s: a page of %v", operation, got)
			}
		case "pageNumber":
			all, second := sandboxtest.Ids(box.Get(address+"&pageSize=100").List("entities")), sandboxtest.Ids(box.Get(address+"&pageSize=1&pageNumber=2").List("entities"))
			if len(all) > 1 && !slices.Equal(second, all[1:2]) {
				t.Errorf("%s: the second is %v, want %v", operation, second, all[1])
			}
		}
	})
}

// Every value that a body may hold is taken, and what is none of them is refused.
func TestEveryDeclaredValueOfABodyIsTaken(t *testing.T) {
	t.Parallel()
	known := sandboxtest.NeedFacts(t)
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Agent()
	division, interval := box.Division(), `"2026-01-01T00:00:00/2026-02-01T00:00:00"`
	for member, body := range map[string]func(value string) sandboxtest.Answer{
		"UserSearchCriteria type": func(value string) sandboxtest.Answer {
			return box.Search(`{"query":[{"type":"` + value + `","fields":["name"],"value":"a","startValue":"a"}]}`)
		},
		"UserSearchCriteria operator": func(value string) sandboxtest.Answer {
			return box.Search(`{"query":[{"type":"MATCH_ALL"},{"type":"MATCH_ALL","operator":"` + value + `"}]}`)
		},
		"UserSearchRequest sortOrder": func(value string) sandboxtest.Answer {
			return box.Search(`{"sortBy":"name","sortOrder":"` + value + `"}`)
		},
		"SearchSort sortOrder": func(value string) sandboxtest.Answer {
			return box.Search(`{"sort":[{"sortBy":"name","sortOrder":"` + value + `"}]}`)
		},
		"UserSearchRequest integrationPresenceSource": func(value string) sandboxtest.Answer {
			return box.Search(`{"integrationPresenceSource":"` + value + `"}`)
		},
		"Contact mediaType": func(value string) sandboxtest.Answer {
			return box.Patch(box.UserPath(id, ""), `{"version":`+version(box, id)+`,"addresses":[{"address":"1","type":"WORK","mediaType":"`+value+`"}]}`)
		},
		"Contact type": func(value string) sandboxtest.Answer {
			return box.Patch(box.UserPath(id, ""), `{"version":`+version(box, id)+`,"addresses":[{"address":"1","mediaType":"SMS","type":"`+value+`"}]}`)
		},
		"UserState stateChangeReason": func(value string) sandboxtest.Answer {
			return box.Put(box.UserPath(id, "/state"), `{"state":"active","stateChangeReason":"`+value+`"}`)
		},
		"UserState state": func(value string) sandboxtest.Answer {
			other := box.Post("/api/v2/users", `{"name":"Ada","email":"ada`+value+`@example.com","divisionId":"`+division+`"}`).Want(200).Str("id")
			return box.Put(box.UserPath(other, "/state"), `{"state":"`+value+`"}`)
		},
		"CallForwarding voicemail": func(value string) sandboxtest.Answer {
			return box.Put(box.UserPath(id, "/callforwarding"), `{"voicemail":"`+value+`"}`)
		},
		"CallTarget type": func(value string) sandboxtest.Answer {
			return box.Put(box.UserPath(id, "/callforwarding"), `{"calls":[{"targets":[{"value":"1","type":"`+value+`"}]}]}`)
		},
		"DevelopmentActivityAggregateParam metrics": func(value string) sandboxtest.Answer {
			return box.Post(sandboxtest.ActivitiesPath+"/aggregates/query", `{"interval":`+interval+`,"metrics":["`+value+`"],"filter":{"type":"And","clauses":[]}}`)
		},
		"DevelopmentActivityAggregateParam groupBy": func(value string) sandboxtest.Answer {
			return box.Post(sandboxtest.ActivitiesPath+"/aggregates/query", `{"interval":`+interval+`,"groupBy":["`+value+`"],"filter":{"type":"And","clauses":[]}}`)
		},
		"DevelopmentActivityAggregateQueryRequestFilter type": func(value string) sandboxtest.Answer {
			return box.Post(sandboxtest.ActivitiesPath+"/aggregates/query", `{"interval":`+interval+`,"filter":{"type":"`+value+`","clauses":[]}}`)
		},
		"DevelopmentActivityAggregateQueryRequestClause type": func(value string) sandboxtest.Answer {
			return box.Post(sandboxtest.ActivitiesPath+"/aggregates/query", `{"interval":`+interval+`,"filter":{"type":"And","clauses":[{"type":"`+value+`","predicates":[]}]}}`)
		},
		"DevelopmentActivityAggregateQueryRequestPredicate dimension": func(value string) sandboxtest.Answer {
			of := cmp.Or(map[string]string{"type": "Coaching", "isPassed": "true"}[value], "nothing")
			return box.Post(sandboxtest.ActivitiesPath+"/aggregates/query", `{"interval":`+interval+`,"filter":{"type":"And","clauses":[
				{"type":"And","predicates":[{"dimension":"`+value+`","value":"`+of+`"}]}]}}`)
		},
	} {
		message, name, _ := strings.Cut(member, " ")
		i := slices.IndexFunc(known.Models[message], func(f sandboxtest.FactField) bool { return f.Name == name })
		if i < 0 || len(known.Models[message][i].Values) == 0 {
			t.Fatalf("the facts declare no values of %s", member)
		}
		for _, value := range known.Models[message][i].Values {
			if a := body(value); a.Status != 200 {
				t.Errorf("%s %s: %d %s", member, value, a.Status, a.Text)
			}
		}
		body("Nonsense").Want(400)
	}
}

func version(o *sandboxtest.Sandbox, id string) string {
	o.T.Helper()
	return strconv.Itoa(int(o.Get(o.UserPath(id, "")).Num("version")))
}
