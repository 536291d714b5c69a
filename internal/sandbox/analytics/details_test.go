package analytics_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestDetailsByPageAndFilter(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 90})
	days := `"interval":"` + box.Lately(2) + `"`
	all := box.Post(sandboxtest.DetailsPath, `{`+days+`,"paging":{"pageSize":100,"pageNumber":1}}`).Want(200)
	if all.Num("totalHits") != 90 || len(all.List("userDetails")) != 90 || all.At("aggregations") == nil {
		t.Fatalf("%v hits, %d rows", all.Num("totalHits"), len(all.List("userDetails")))
	}
	if a := box.Post(sandboxtest.DetailsPath, `{`+days+`}`); len(a.List("userDetails")) != api.DefaultPageSize || a.Num("totalHits") != 90 {
		t.Errorf("%d rows of %v without paging", len(a.List("userDetails")), a.Num("totalHits"))
	}
	var paged []any
	for number := 1; number <= 5; number++ {
		a := box.Post(sandboxtest.DetailsPath, fmt.Sprintf(`{%s,"paging":{"pageSize":20,"pageNumber":%d}}`, days, number)).Want(200)
		paged = append(paged, a.List("userDetails")...)
	}
	if fmt.Sprint(paged) != fmt.Sprint(all.List("userDetails")) {
		t.Error("the pages are not the whole")
	}
	if a := box.Post(sandboxtest.DetailsPath, `{`+days+`,"paging":{"pageSize":20,"pageNumber":2147483647}}`).Want(200); len(a.List("userDetails")) != 0 || a.Num("totalHits") != 90 {
		t.Errorf("beyond the last page: %s", a.Text)
	}
	back := box.Post(sandboxtest.DetailsPath, `{`+days+`,"order":"desc","paging":{"pageSize":100}}`).Want(200).List("userDetails")
	for i, detail := range back {
		was := all.At("userDetails", len(back)-1-i)
		p := sandboxtest.Presences(detail)
		slices.Reverse(p)
		if sandboxtest.Walk(detail, "userId") != sandboxtest.Walk(was, "userId") || !slices.Equal(p, sandboxtest.Presences(was)) {
			t.Fatalf("row %d is not the other way round", i)
		}
	}

	// A user is a hit if one of its records passes; all its records are shown.
	matching := func(is func(any) bool) []string {
		var ids []string
		for _, detail := range all.List("userDetails") {
			if is(detail) {
				ids = append(ids, sandboxtest.Walk(detail, "userId").(string))
			}
		}
		return ids
	}
	has := func(of func(any) []sandboxtest.Record, values ...string) func(any) bool {
		return func(detail any) bool {
			return slices.ContainsFunc(of(detail), func(r sandboxtest.Record) bool { return slices.Contains(values, r.Value) })
		}
	}
	both := func(a, b func(any) bool) func(any) bool { return func(d any) bool { return a(d) && b(d) } }
	whole := map[string]string{}
	for _, detail := range all.List("userDetails") {
		whole[sandboxtest.Walk(detail, "userId").(string)] = fmt.Sprint(detail)
	}
	one, two := sandboxtest.Walk(all.At("userDetails", 3), "userId").(string), sandboxtest.Walk(all.At("userDetails", 40), "userId").(string)
	training := box.State.Presence("Training").ID
	for name, q := range map[string]struct {
		filters string
		want    []string
	}{
		"one of two users":          {`"userFilters":[{"type":"or","predicates":[{"dimension":"userId","value":"` + one + `"},{"dimension":"userId","value":"` + two + `"}]}]`, []string{one, two}},
		"two users at once":         {`"userFilters":[{"type":"and","predicates":[{"dimension":"userId","value":"` + one + `"},{"dimension":"userId","value":"` + two + `"}]}]`, nil},
		"each of two filters":       {`"userFilters":[` + byUser(one) + `,` + byUser(two) + `]`, nil},
		"clauses beside predicates": {`"userFilters":[{"type":"or","clauses":[` + byUser(one) + `],"predicates":[{"dimension":"userId","value":"` + strings.ToUpper(two) + `"}]}]`, []string{one, two}},
		"nobody without an id":      {`"userFilters":[{"type":"and","predicates":[{"dimension":"userId","operator":"notExists"}]}]`, nil},
		"who ate":                   {`"presenceFilters":[{"type":"and","predicates":[{"dimension":"systemPresence","value":"meal"}]}]`, matching(has(sandboxtest.Presences, "MEAL"))},
		"who ate or met":            {`"presenceFilters":[{"type":"or","predicates":[{"dimension":"systemPresence","value":"MEAL"},{"dimension":"systemPresence","value":"MEETING"}]}]`, matching(has(sandboxtest.Presences, "MEAL", "MEETING"))},
		"who ate, and who met":      {`"presenceFilters":[{"type":"and","predicates":[{"dimension":"systemPresence","value":"MEAL"}]},{"type":"and","predicates":[{"dimension":"systemPresence","value":"MEETING"}]}]`, matching(both(has(sandboxtest.Presences, "MEAL"), has(sandboxtest.Presences, "MEETING")))},
		"who ate while meeting":     {`"presenceFilters":[{"type":"and","predicates":[{"dimension":"systemPresence","value":"MEAL"},{"dimension":"systemPresence","value":"MEETING"}]}]`, nil},
		"who trained":               {`"presenceFilters":[{"type":"and","predicates":[{"dimension":"organizationPresenceId","value":"` + training + `"}]}]`, matching(has(sandboxtest.Presences, "TRAINING"))},
		"who missed a call":         {`"routingStatusFilters":[{"type":"and","predicates":[{"dimension":"routingStatus","value":"NOT_RESPONDING"}]}]`, matching(has(sandboxtest.Statuses, "NOT_RESPONDING"))},
		"everything at once": {`"userFilters":[{"type":"and","predicates":[{"dimension":"userId","operator":"exists","range":{}}]}],` +
			`"presenceFilters":[{"type":"and","predicates":[{"dimension":"systemPresence","value":"MEAL"}]}],` +
			`"routingStatusFilters":[{"type":"and","predicates":[{"dimension":"routingStatus","value":"COMMUNICATING"}]}]`,
			matching(both(has(sandboxtest.Presences, "MEAL"), has(sandboxtest.Statuses, "COMMUNICATING")))},
	} {
		a := box.Post(sandboxtest.DetailsPath, `{`+days+`,`+q.filters+`,"paging":{"pageSize":100}}`).Want(200)
		var got []string
		for _, detail := range a.List("userDetails") {
			id, _ := sandboxtest.Walk(detail, "userId").(string)
			got = append(got, id)
			if fmt.Sprint(detail) != whole[id] {
				t.Errorf("%s: %s is not shown whole", name, id)
			}
		}
		if !slices.Equal(got, q.want) || int(a.Num("totalHits")) != len(q.want) {
			t.Errorf("%s: %d rows of %v, want %d", name, len(got), a.Num("totalHits"), len(q.want))
		}
		if strings.HasPrefix(name, "who") && !strings.Contains(name, "while") && len(q.want)%90 == 0 {
			t.Errorf("%s tells nobody from anybody", name)
		}
	}
}

func TestDetailsCountWhatTheyAreAskedTo(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	now := box.Clock.Now()
	want := map[string]float64{}
	for _, detail := range box.Details(box.Lately(7)) {
		for _, r := range sandboxtest.Presences(detail) {
			want["presences"]++
			want[r.Value]++
		}
		for _, r := range sandboxtest.Statuses(detail) {
			if r.End.IsZero() {
				r.End = now
			}
			want["statuses"]++
			if length := r.End.Sub(r.Start); length < 5*time.Minute {
				want["short"]++
			} else if length >= time.Hour {
				want["long"]++
			}
		}
	}
	a := box.Post(sandboxtest.DetailsPath, `{"interval":"`+box.Lately(7)+`","paging":{"pageSize":1,"pageNumber":1},
		"presenceAggregations":[{"type":"termFrequency","dimension":"systemPresence"},{"type":"termFrequency","dimension":"organizationPresenceId","size":2}],
		"routingStatusAggregations":[{"type":"numericRange","metric":"tAgentRoutingStatus","ranges":[{"lt":300000},{"gte":3600000}]}]}`).Want(200)
	if len(a.List("aggregations")) != 3 || a.Num("aggregations", 0, "count") != want["presences"] || a.Num("aggregations", 2, "count") != want["statuses"] {
		t.Fatalf("%v", a.At("aggregations"))
	}
	terms := a.List("aggregations", 0, "results")
	for i, term := range terms {
		if sandboxtest.Walk(term, "count") != want[sandboxtest.Walk(term, "value").(string)] || i > 0 && sandboxtest.Walk(term, "count").(float64) > sandboxtest.Walk(terms[i-1], "count").(float64) {
			t.Errorf("%v, want %v", terms, want)
		}
	}
	if len(terms) != 9 || len(a.List("aggregations", 1, "results")) != 2 {
		t.Errorf("%d and %d terms", len(terms), len(a.List("aggregations", 1, "results")))
	}
	ranges := a.List("aggregations", 2, "results")
	if sandboxtest.Walk(ranges[0], "count") != want["short"] || sandboxtest.Walk(ranges[1], "count") != want["long"] || want["short"]*want["long"] == 0 ||
		sandboxtest.Walk(ranges[0], "lt") != 300000.0 || sandboxtest.Walk(ranges[0], "gte") != nil || sandboxtest.Walk(ranges[1], "gte") != 3600000.0 {
		t.Errorf("%v, want %v", ranges, want)
	}
}
