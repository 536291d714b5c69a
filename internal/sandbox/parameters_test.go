package sandbox

import (
	"net/url"
	"reflect"
	"slices"
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
