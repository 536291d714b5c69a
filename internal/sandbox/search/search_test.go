package search_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
	"github.com/switchboard-gw/switchboard/internal/sandbox/search"
)

// searchable is a small organisation of known people besides the seeded one,
// who is told apart by the department.
func searchable(t *testing.T) *sandboxtest.Sandbox {
	t.Helper()
	box := sandboxtest.New(t, sandbox.Options{Users: 1})
	box.Remove(box.UserPath(box.State.FirstUserID, "")).Want(200)
	division := box.State.Divisions.List[0].ID
	for _, p := range []struct{ name, email, title, department string }{
		{"Ada Lovelace", "ada@example.com", "Analyst", "Research"},
		{"Alan Turing", "alan@example.com", "Senior Analyst", "Research"},
		{"Grace Hopper", "grace@example.com", "Admiral", "Navy"},
		{"Grace Kelly", "kelly@example.com", "", "Film"},
	} {
		box.Post("/api/v2/users", fmt.Sprintf(`{"name":%q,"email":%q,"title":%q,"department":%q,"divisionId":%q}`,
			p.name, p.email, p.title, p.department, division)).Want(200)
	}
	retired := box.Post("/api/v2/users", fmt.Sprintf(`{"name":"Zuse","email":"zuse@example.com","divisionId":%q,"state":"inactive"}`, division)).Want(200)
	gone := box.Post("/api/v2/users", fmt.Sprintf(`{"name":"Gone","email":"gone@example.com","divisionId":%q}`, division)).Want(200)
	box.Remove(box.UserPath(gone.Str("id"), "")).Want(200)
	box.Patch(box.UserPath(retired.Str("id"), ""), `{"version":1,"title":"Builder"}`).Want(200)
	return box
}

func names(a sandboxtest.Answer) string {
	var all []string
	for _, u := range a.List("results") {
		name, _ := sandboxtest.Walk(u, "name").(string)
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}

func TestSearchCriteria(t *testing.T) {
	t.Parallel()
	box := searchable(t)
	const everybody = "Ada Lovelace, Alan Turing, Grace Hopper, Grace Kelly"
	for _, test := range []struct{ name, query, want string }{
		{"no criteria find the active", ``, everybody},
		{"MATCH_ALL", `{"type":"MATCH_ALL"}`, everybody},
		{"EXACT is about the whole text, not its case", `{"type":"EXACT","fields":["name"],"value":"grace hopper"}`, "Grace Hopper"},
		{"EXACT does not find a part", `{"type":"EXACT","fields":["name"],"value":"grace"}`, ""},
		{"EXACT takes several values", `{"type":"EXACT","fields":["email"],"values":["ada@example.com","alan@example.com"]}`, "Ada Lovelace, Alan Turing"},
		{"STARTS_WITH", `{"type":"STARTS_WITH","fields":["name"],"value":"GRACE"}`, "Grace Hopper, Grace Kelly"},
		{"STARTS_WITH does not find the middle", `{"type":"STARTS_WITH","fields":["name"],"value":"hop"}`, ""},
		{"CONTAINS", `{"type":"CONTAINS","fields":["name"],"value":"ELLY"}`, "Grace Kelly"},
		{"any of the fields", `{"type":"CONTAINS","fields":["title","email"],"value":"a"}`, everybody},
		{"TERM is a whole word", `{"type":"TERM","fields":["title"],"value":"analyst"}`, "Ada Lovelace, Alan Turing"},
		{"TERM is not a part of a word", `{"type":"TERM","fields":["title"],"value":"anal"}`, ""},
		{"TERMS", `{"type":"TERMS","fields":["title"],"values":["admiral","senior"]}`, "Alan Turing, Grace Hopper"},
		{"REGEX", `{"type":"REGEX","fields":["name"],"value":"a.*(ce|ng)"}`, "Ada Lovelace, Alan Turing"},
		{"REQUIRED_FIELDS", `{"type":"REQUIRED_FIELDS","fields":["title","department"]}`, "Ada Lovelace, Alan Turing, Grace Hopper"},
		{"RANGE of texts", `{"type":"RANGE","fields":["department"],"startValue":"film","endValue":"navy"}`, "Grace Hopper, Grace Kelly"},
		{"RANGE open below", `{"type":"RANGE","fields":["department"],"endValue":"film"}`, "Grace Kelly"},
		{"RANGE of numbers", `{"type":"RANGE","fields":["version"],"startValue":"1","endValue":"10"}`, everybody},
		{"LESS_THAN", `{"type":"LESS_THAN","fields":["version"],"value":"1"}`, ""},
		{"LESS_THAN_EQUAL_TO", `{"type":"LESS_THAN_EQUAL_TO","fields":["version"],"value":"1"}`, everybody},
		{"GREATER_THAN", `{"type":"GREATER_THAN","fields":["department"],"value":"navy"}`, "Ada Lovelace, Alan Turing"},
		{"GREATER_THAN_EQUAL_TO", `{"type":"GREATER_THAN_EQUAL_TO","fields":["department"],"value":"navy"}`, "Ada Lovelace, Alan Turing, Grace Hopper"},
		{"AND", `{"type":"TERM","fields":["name"],"value":"grace"},{"type":"TERM","fields":["department"],"value":"film","operator":"AND"}`, "Grace Kelly"},
		{"AND is the default", `{"type":"TERM","fields":["name"],"value":"grace"},{"type":"TERM","fields":["department"],"value":"film"}`, "Grace Kelly"},
		{"OR", `{"type":"TERM","fields":["name"],"value":"ada","operator":"OR"},{"type":"TERM","fields":["department"],"value":"film","operator":"OR"}`, "Ada Lovelace, Grace Kelly"},
		{"NOT", `{"type":"TERM","fields":["name"],"value":"grace"},{"type":"TERM","fields":["department"],"value":"film","operator":"NOT"}`, "Grace Hopper"},
		{"NOT comes first", `{"type":"TERM","fields":["name"],"value":"grace","operator":"NOT"}`, "Ada Lovelace, Alan Turing"},
		{"a group stands for what is in it", `{"type":"TERM","fields":["name"],"value":"grace"},{"operator":"NOT","group":[
			{"type":"TERM","fields":["department"],"value":"navy"},{"type":"TERM","fields":["department"],"value":"film","operator":"OR"}]}`, ""},
		{"a group beside a criterion", `{"operator":"AND","group":[{"type":"TERM","fields":["title"],"value":"analyst"}]},
			{"type":"STARTS_WITH","fields":["name"],"value":"ada","operator":"NOT"}`, "Alan Turing"},
		{"a group with a type of its own", `{"type":"TERM","fields":["name"],"value":"alan","group":[{"type":"TERM","fields":["title"],"value":"analyst"}]}`, "Alan Turing"},
		{"a word", `{"type":"QUERY_STRING","value":"lovelace"}`, "Ada Lovelace"},
		{"one of two words", `{"type":"QUERY_STRING","value":"lovelace admiral"}`, "Ada Lovelace, Grace Hopper"},
		{"a word that must and one that must not", `{"type":"QUERY_STRING","value":"+grace -film"}`, "Grace Hopper"},
		{"a phrase", `{"type":"QUERY_STRING","value":"\"senior analyst\""}`, "Alan Turing"},
		{"a wildcard", `{"type":"QUERY_STRING","value":"adm*l"}`, "Grace Hopper"},
		{"a field and a word", `{"type":"QUERY_STRING","value":"department:navy"}`, "Grace Hopper"},
		{"the inactive are found by state", `{"type":"EXACT","fields":["state"],"value":"inactive"}`, "Zuse"},
		{"the deleted are found by state", `{"type":"EXACT","fields":["state"],"value":"deleted"},{"type":"EXACT","fields":["email"],"value":"gone@example.com"}`, "Gone"},
		{"state counts in a group too", `{"group":[{"type":"EXACT","fields":["state"],"values":["inactive"]}]}`, "Zuse"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := *box
			o.T = t
			a := o.Search(`{"query":[` + test.query + `]}`).Want(200)
			if got := names(a); got != test.want || a.Num("total") != float64(len(a.List("results"))) {
				t.Errorf("found %q of %v, want %q", got, a.At("total"), test.want)
			}
		})
	}
}

func TestSearchRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	box := searchable(t)
	for body, field := range map[string]string{
		`{"query":[{"fields":["name"],"value":"a"}]}`:                                                              "query.type",
		`{"query":[{"type":"GUESS","fields":["name"],"value":"a"}]}`:                                               "query.type",
		`{"query":[{"type":"EXACT","value":"a"}]}`:                                                                 "query.fields",
		`{"query":[{"type":"EXACT","fields":["shoeSize"],"value":"a"}]}`:                                           "query.fields",
		`{"query":[{"type":"EXACT","fields":["name"]}]}`:                                                           "query.value",
		`{"query":[{"type":"MATCH_ALL","operator":"XOR"}]}`:                                                        "query.operator",
		`{"query":[{"type":"REGEX","fields":["name"],"value":"("}]}`:                                               "query.value",
		`{"query":[{"type":"REGEX","fields":["name"],"value":"` + strings.Repeat("a", 1001) + `"}]}`:               "query.value",
		`{"query":[{"type":"RANGE","fields":["version"]}]}`:                                                        "query.startValue",
		`{"query":[{"type":"LESS_THAN","fields":["dateLastLogin"],"value":"x","dateFormat":"yyyy-MM"}]}`:           "query.dateFormat",
		`{"query":[{"type":"QUERY_STRING"}]}`:                                                                      "query.value",
		`{"query":[{"type":"QUERY_STRING","value":"\"\""}]}`:                                                       "query.value",
		`{"query":[` + strings.Repeat(`{"group":[`, 20) + `{"type":"MATCH_ALL"}` + strings.Repeat(`]}`, 20) + `]}`: "query.group",
		`{"query":{}}`:                        "query",
		`{"sortBy":"shoeSize"}`:               "sortBy",
		`{"sortOrder":"UP"}`:                  "sortOrder",
		`{"pageSize":501}`:                    "pageSize",
		`{"pageNumber":-1}`:                   "pageNumber",
		`{"pageNumber":2147483648}`:           "pageNumber",
		`{"pageNumber":400000000000000000}`:   "pageNumber",
		`{"integrationPresenceSource":"Fax"}`: "integrationPresenceSource",
	} {
		box.Search(body).Problem(400, "bad.request", field)
	}
	box.Do("GET", "/api/v2/users/search", "").Problem(400, "bad.request", "q64")
	box.Do("GET", "/api/v2/users/search?q64=%25", "").Problem(400, "bad.request", "q64")
	box.Do("GET", "/api/v2/users/search?q64="+base64.URLEncoding.EncodeToString([]byte(`{`)), "").Problem(400, "bad.request")
}

func TestSearchSorts(t *testing.T) {
	t.Parallel()
	box := searchable(t)
	for body, want := range map[string]string{
		`{"sortBy":"email","sortOrder":"DESC"}`: "Grace Kelly, Grace Hopper, Alan Turing, Ada Lovelace",
		`{"sortOrder":"DESC"}`:                  "Grace Kelly, Grace Hopper, Alan Turing, Ada Lovelace",
		`{"sortBy":"name","sortOrder":"SCORE"}`: "Ada Lovelace, Alan Turing, Grace Hopper, Grace Kelly",
		`{"sort":[{"sortBy":"department","sortOrder":"DESC"},{"sortBy":"name","sortOrder":"DESC"}]}`: "Alan Turing, Ada Lovelace, Grace Hopper, Grace Kelly",
	} {
		if got := names(box.Search(body).Want(200)); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

func TestSearchPagesByQ64(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 60})
	body := `{"pageSize":7,"expand":["skills"],"sortBy":"email","query":[{"type":"CONTAINS","fields":["name"],"value":"a"}]}`
	a := box.Search(body).Want(200)
	if a.At("previousPage") != nil || a.Text != box.Get(a.Str("currentPage")).Text {
		t.Errorf("the current page is another: %s", a.Str("currentPage"))
	}
	var seen []string
	for page := a; ; page = box.Get(page.Str("nextPage")) {
		for _, u := range page.List("results") {
			seen = append(seen, sandboxtest.Walk(u, "email").(string))
			if sandboxtest.Walk(u, "skills") == nil {
				t.Error("the expansion is lost on the way")
			}
		}
		if page.At("nextPage") == nil {
			break
		}
	}
	if float64(len(seen)) != a.Num("total") || !slices.IsSorted(seen) || a.Num("pageCount") != float64((len(seen)+6)/7) {
		t.Errorf("%d of %v: %v", len(seen), a.At("total"), seen)
	}
	q64 := base64.RawURLEncoding.EncodeToString([]byte(`{"pageSize":1,"query":[]}`))
	got := box.Get("/api/v2/users/search?expand=languages,presence&q64=" + url.QueryEscape(q64))
	if got.At("results", 0, "languages") == nil || got.At("results", 0, "presence") == nil {
		t.Errorf("%s", got.Text)
	}
}

func TestSearchByDates(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 60})
	total := box.Search(`{}`).Want(200).Num("total")
	for _, test := range []struct {
		criterion string
		want      float64
	}{
		{`{"type":"RANGE","fields":["dateLastLogin"],"startValue":"2026-08-19T00:00:00.000Z","endValue":"2026-08-21T00:00:00Z"}`, total},
		{`{"type":"LESS_THAN","fields":["dateLastLogin"],"value":"19/08/2026","dateFormat":"dd/MM/yyyy"}`, 0},
		{`{"type":"GREATER_THAN","fields":["dateLastLogin"],"value":"2026-08-19T00:00:00.000Z","dateFormat":"yyyy-MM-dd'T'HH:mm:ss.SSSXXX"}`, total},
		{`{"type":"LESS_THAN","fields":["employerInfo.dateHire"],"value":"2000-01-01"}`, 0},
	} {
		if got := box.Search(`{"query":[` + test.criterion + `]}`).Want(200).Num("total"); got != test.want {
			t.Errorf("%s: %v, want %v", test.criterion, got, test.want)
		}
	}
}

func TestEveryFieldCanBeSearchedAndSortedBy(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 60})
	for _, field := range search.FieldsToSearchBy() {
		box.Search(fmt.Sprintf(`{"sortBy":%q,"query":[{"type":"CONTAINS","fields":[%q],"value":"e"}]}`, field, field)).Want(200)
	}
}

func TestTheOtherSearchesFindTheSame(t *testing.T) {
	t.Parallel()
	box := searchable(t)
	for _, path := range []string{"/conversation/target", "/queuemembers/manage", "/teams/assign"} {
		if got := names(box.Post("/api/v2/users/search"+path, `{"query":[{"type":"TERM","fields":["name"],"value":"ada"}]}`).Want(200)); got != "Ada Lovelace" {
			t.Errorf("%s: %s", path, got)
		}
	}
}
