package sandbox

import (
	"cmp"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// eachRead calls do with the address of every simulated GET operation that the
// facts declare parameters of: about somebody who has something of everything, and
// with values for what is required.
func eachRead(t *testing.T, org *testOrg, do func(operation, address string, p factParam)) {
	t.Helper()
	known := needFacts(t)
	id := org.allRounder()
	for _, row := range routes() {
		path := strings.NewReplacer("{userId}", id, "{subjectId}", id, "{authorityName}", "HR", "{externalKey}", id).Replace(row.template)
		query := url.Values{}
		switch row.operation {
		case "getUsersDevelopmentActivity":
			a := org.sandbox.org.activitiesOf(org.sandbox.org.users[id])[0]
			path = strings.ReplaceAll(path, "{activityId}", org.sandbox.org.masks.id(a.activityKey))
			query.Set("type", a.kind)
		case "getUsersDevelopmentActivities":
			query.Set("userId", id)
		case "getUsersSearch":
			query.Set("q64", "e30")
		case "getFieldconfig":
			query.Set("type", "person")
		}
		if strings.Contains(row.operation, "ivisionspermitted") {
			query.Set("permission", "directory:user:view")
		}
		if row.method != "GET" || row.action == nil || strings.Contains(path, "{") {
			continue
		}
		for _, p := range known.operations[row.operation].Params {
			if p.In != "query" {
				continue
			}
			others := url.Values{}
			for name, values := range query {
				if name != p.Name {
					others[name] = values
				}
			}
			do(row.operation, path+"?"+others.Encode(), p)
		}
	}
}

// readableOrg is an organisation that eachRead can read.
func readableOrg(t *testing.T) *testOrg {
	t.Helper()
	org := newTestOrg(t, Options{Users: 60, MeAsFirstUser: true})
	id := org.allRounder()
	org.post(org.userPath(id, "/externalid"), `{"authorityName":"HR","externalKey":"`+id+`"}`).want(200)
	return org
}

// allRounder is somebody with more than one of everything that can be listed.
func (o *testOrg) allRounder() string {
	o.t.Helper()
	for _, u := range o.sandbox.org.rosters[stateActive] {
		if len(u.skills) > 1 && len(u.languages) > 1 && len(u.favorites()) > 1 && len(u.queues) > 1 && u.queues[0].joined {
			return u.id
		}
	}
	o.t.Fatal("nobody has more than one of everything")
	return ""
}

// What a parameter cannot be is refused by its name. Only expand may name anything:
// newer clients ask for newer sections.
func TestEveryParameterIsChecked(t *testing.T) {
	t.Parallel()
	org := readableOrg(t)
	checked := 0
	eachRead(t, org, func(operation, address string, p factParam) {
		wrong := map[string]string{"int32": "-many", "bool": "perhaps", "enum": "Nonsense"}[p.Type]
		if p.Type == "string" && (p.Values != nil || p.Default != "") {
			wrong = "Nonsense"
		}
		if wrong == "" || p.Name == "expand" {
			return
		}
		checked++
		if a := org.do("GET", address+"&"+p.Name+"="+wrong, ""); a.status != 400 || a.at("details", 0, "fieldName") != p.Name {
			t.Errorf("%s takes %s=%s: %d %s", operation, p.Name, wrong, a.status, a.text[:min(len(a.text), 200)])
		}
	})
	t.Logf("%d parameters refused what they cannot be", checked)
}

// A default is what is meant without it.
func TestEveryDefaultIsTheDeclaredOne(t *testing.T) {
	t.Parallel()
	org := readableOrg(t)
	eachRead(t, org, func(operation, address string, p factParam) {
		if p.Default == "" {
			return
		}
		without, with := org.get(address), org.get(address+"&"+p.Name+"="+p.Default)
		for _, a := range []answer{without, with} {
			object, _ := a.value.(map[string]any)
			for name := range object {
				if strings.HasSuffix(name, "Uri") {
					delete(object, name)
				}
			}
		}
		if !reflect.DeepEqual(without.value, with.value) {
			t.Errorf("%s: %s=%s is not the default", operation, p.Name, p.Default)
		}
	})
}

// Every listing that can be sorted and paged is.
func TestEveryListingIsSortedAndPaged(t *testing.T) {
	t.Parallel()
	org := readableOrg(t)
	eachRead(t, org, func(operation, address string, p factParam) {
		switch p.Name {
		case "sortOrder":
			up, down := ids(org.get(address+"&pageSize=100&sortOrder=asc").list("entities")), ids(org.get(address+"&pageSize=100&sortOrder=desc").list("entities"))
			slices.Reverse(down)
			if len(up) < 2 || !slices.Equal(up, down) {
				t.Errorf("%s: %v up and %v down", operation, up, down)
			}
		case "pageSize":
			all := org.get(address)
			one := org.get(address + "&pageSize=1")
			if want := min(1, len(all.list("entities"))); len(one.list("entities")) != want {
				t.Errorf("%s: %d on a page of one", operation, len(one.list("entities")))
			}
			if got := one.at("pageSize"); got != nil && got != 1.0 {
				t.Errorf("%s: a page of %v", operation, got)
			}
		case "pageNumber":
			all, second := ids(org.get(address+"&pageSize=100").list("entities")), ids(org.get(address+"&pageSize=1&pageNumber=2").list("entities"))
			if len(all) > 1 && !slices.Equal(second, all[1:2]) {
				t.Errorf("%s: the second is %v, want %v", operation, second, all[1])
			}
		}
	})
}

// Every value that a body may hold is taken, and what is none of them is refused.
func TestEveryDeclaredValueOfABodyIsTaken(t *testing.T) {
	t.Parallel()
	known := needFacts(t)
	org := newTestOrg(t, Options{})
	id := org.agent()
	division, interval := org.division(), `"2026-01-01T00:00:00/2026-02-01T00:00:00"`
	for member, body := range map[string]func(value string) answer{
		"UserSearchCriteria type": func(value string) answer {
			return org.search(`{"query":[{"type":"` + value + `","fields":["name"],"value":"a","startValue":"a"}]}`)
		},
		"UserSearchCriteria operator": func(value string) answer {
			return org.search(`{"query":[{"type":"MATCH_ALL"},{"type":"MATCH_ALL","operator":"` + value + `"}]}`)
		},
		"UserSearchRequest sortOrder": func(value string) answer { return org.search(`{"sortBy":"name","sortOrder":"` + value + `"}`) },
		"SearchSort sortOrder": func(value string) answer {
			return org.search(`{"sort":[{"sortBy":"name","sortOrder":"` + value + `"}]}`)
		},
		"UserSearchRequest integrationPresenceSource": func(value string) answer { return org.search(`{"integrationPresenceSource":"` + value + `"}`) },
		"Contact mediaType": func(value string) answer {
			return org.patch(org.userPath(id, ""), `{"version":`+org.version(id)+`,"addresses":[{"address":"1","type":"WORK","mediaType":"`+value+`"}]}`)
		},
		"Contact type": func(value string) answer {
			return org.patch(org.userPath(id, ""), `{"version":`+org.version(id)+`,"addresses":[{"address":"1","mediaType":"SMS","type":"`+value+`"}]}`)
		},
		"UserState stateChangeReason": func(value string) answer {
			return org.put(org.userPath(id, "/state"), `{"state":"active","stateChangeReason":"`+value+`"}`)
		},
		"UserState state": func(value string) answer {
			other := org.post("/api/v2/users", `{"name":"Ada","email":"ada`+value+`@example.com","divisionId":"`+division+`"}`).want(200).str("id")
			return org.put(org.userPath(other, "/state"), `{"state":"`+value+`"}`)
		},
		"CallForwarding voicemail": func(value string) answer {
			return org.put(org.userPath(id, "/callforwarding"), `{"voicemail":"`+value+`"}`)
		},
		"CallTarget type": func(value string) answer {
			return org.put(org.userPath(id, "/callforwarding"), `{"calls":[{"targets":[{"value":"1","type":"`+value+`"}]}]}`)
		},
		"DevelopmentActivityAggregateParam metrics": func(value string) answer {
			return org.post(activitiesPath+"/aggregates/query", `{"interval":`+interval+`,"metrics":["`+value+`"],"filter":{"type":"And","clauses":[]}}`)
		},
		"DevelopmentActivityAggregateParam groupBy": func(value string) answer {
			return org.post(activitiesPath+"/aggregates/query", `{"interval":`+interval+`,"groupBy":["`+value+`"],"filter":{"type":"And","clauses":[]}}`)
		},
		"DevelopmentActivityAggregateQueryRequestFilter type": func(value string) answer {
			return org.post(activitiesPath+"/aggregates/query", `{"interval":`+interval+`,"filter":{"type":"`+value+`","clauses":[]}}`)
		},
		"DevelopmentActivityAggregateQueryRequestClause type": func(value string) answer {
			return org.post(activitiesPath+"/aggregates/query", `{"interval":`+interval+`,"filter":{"type":"And","clauses":[{"type":"`+value+`","predicates":[]}]}}`)
		},
		"DevelopmentActivityAggregateQueryRequestPredicate dimension": func(value string) answer {
			of := cmp.Or(map[string]string{"type": "Coaching", "isPassed": "true"}[value], "nothing")
			return org.post(activitiesPath+"/aggregates/query", `{"interval":`+interval+`,"filter":{"type":"And","clauses":[
				{"type":"And","predicates":[{"dimension":"`+value+`","value":"`+of+`"}]}]}}`)
		},
	} {
		message, name, _ := strings.Cut(member, " ")
		i := slices.IndexFunc(known.models[message], func(f factField) bool { return f.Name == name })
		if i < 0 || len(known.models[message][i].Values) == 0 {
			t.Fatalf("the facts declare no values of %s", member)
		}
		for _, value := range known.models[message][i].Values {
			if a := body(value); a.status != 200 {
				t.Errorf("%s %s: %d %s", member, value, a.status, a.text)
			}
		}
		body("Nonsense").want(400)
	}
}

func (o *testOrg) version(id string) string {
	o.t.Helper()
	return strconv.Itoa(int(o.get(o.userPath(id, "")).num("version")))
}
