package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	aggregatesPath   = "/api/v2/analytics/users/aggregates/query"
	observationsPath = "/api/v2/analytics/users/observations/query"
	activityPath     = "/api/v2/analytics/users/activity/query"
)

// byUser is a filter of one user.
func byUser(id string) string {
	return `{"type":"or","predicates":[{"type":"dimension","dimension":"userId","operator":"matches","value":"` + id + `"}]}`
}

// The sums of every part are those of the records cut to it, for any user, zone
// and granularity, and for all users together.
func TestAggregatesAreTheSumsOfTheDetails(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Seed: 5, Users: 8})
	for i := range 10 { // something that really happened
		id := org.create("New", fmt.Sprintf("new%d@example.com", i))
		org.clock.advance(20 * time.Minute)
		org.put(org.userPath(id, "/routingstatus"), `{"status":"IDLE"}`).want(200)
	}
	now := org.clock.now()
	for _, q := range []struct {
		interval, granularity, zone string
		parts                       int
	}{
		{org.lately(1), "PT30M", "", 46},
		{org.lately(7), "P1D", "America/New_York", 7},
		{org.lately(30), "P1W", "", 5},
		{org.lately(30), "", "", 1},
		{"2026-06-30/2026-08-30", "P1M", "Europe/Lisbon", 2},
		{"2026-08-19T22:13/P2D", "P1DT1H30M", "Asia/Manila", 1},
		{"2027-01-01T00:00:00.000Z/2027-02-01T00:00:00.000Z", "P1D", "", 0},
	} {
		body := `"interval":"` + q.interval + `","granularity":"` + q.granularity + `","timeZone":"` + q.zone + `"`
		grouped := org.post(aggregatesPath, `{"groupBy":["userId"],`+body+`}`).want(200)
		want, all, most := map[string]float64{}, map[string]float64{}, 0
		for _, container := range grouped.list("results") {
			id, _ := walk(container, "group", "userId").(string)
			data, _ := walk(container, "data").([]any)
			most = max(most, len(data))
			for _, d := range data {
				part, _ := walk(d, "interval").(string)
				metrics, _ := walk(d, "metrics").([]any)
				for _, m := range metrics {
					key := fmt.Sprint(part, " ", walk(m, "metric"), " ", walk(m, "qualifier"))
					want[id+" "+key] = walk(m, "stats", "sum").(float64)
					all[key] += walk(m, "stats", "sum").(float64)
				}
			}
		}
		if most != q.parts {
			t.Errorf("%s by %s: %d parts, want %d", q.interval, q.granularity, most, q.parts)
		}
		got := map[string]float64{}
		seen := map[string]bool{}
		for key := range want {
			part := strings.Fields(key)[1]
			if seen[part] {
				continue
			}
			seen[part] = true
			i, err := parseInterval("", part, time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			from, to := time.UnixMilli(i.start), time.UnixMilli(i.end)
			for id, detail := range org.details(part) {
				add := func(metric, qualifier string, r record) {
					got[fmt.Sprint(id, " ", part, " ", metric, " ", qualifier)] += float64(r.end.Sub(r.start).Milliseconds())
				}
				for _, r := range clip(presences(detail), from, to, now) {
					add("tSystemPresence", r.value, r)
				}
				for _, r := range clip(records(detail, "primaryPresence", "organizationPresenceId"), from, to, now) {
					add("tOrganizationPresence", r.value, r)
				}
				for _, r := range clip(statuses(detail), from, to, now) {
					add("tAgentRoutingStatus", r.value, r)
				}
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s by %s: %d sums of details differ from %d aggregates", q.interval, q.granularity, len(got), len(want))
		}
		together := map[string]float64{}
		for _, d := range org.post(aggregatesPath, `{`+body+`}`).want(200).list("results", 0, "data") {
			metrics, _ := walk(d, "metrics").([]any)
			for _, m := range metrics {
				together[fmt.Sprint(walk(d, "interval"), " ", walk(m, "metric"), " ", walk(m, "qualifier"))] = walk(m, "stats", "sum").(float64)
			}
		}
		if fmt.Sprint(together) != fmt.Sprint(all) {
			t.Errorf("%s by %s: the sum over all is not the sum of the users'", q.interval, q.granularity)
		}
	}
}

func TestTheShapeOfAggregates(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	org.clock.advance(10 * time.Minute)
	org.put(org.userPath(id, "/routingstatus"), `{"status":"IDLE"}`).want(200)
	org.clock.advance(30 * time.Minute)
	start := org.clock.now().Add(-40 * time.Minute)
	a := org.post(aggregatesPath, `{"interval":"`+instantText(start)+`/PT2H","granularity":"PT30M","groupBy":["userId"],
		"metrics":["tSystemPresence","tAgentRoutingStatus"],"filter":{"type":"and","clauses":[`+byUser(id)+`]},
		"views":[{"target":"tSystemPresence","name":"long","function":"rangeBound","range":{"gte":600001}},
			{"target":"tSystemPresence","name":"short","function":"rangeBound","range":{"gte":0,"lt":600001}}]}`).want(200)
	first := fmt.Sprintf(`{"interval":"%s/%s","metrics":[`+
		`{"metric":"tAgentRoutingStatus","qualifier":"IDLE","stats":{"sum":1200000.0}},`+
		`{"metric":"tAgentRoutingStatus","qualifier":"OFF_QUEUE","stats":{"sum":600000.0}},`+
		`{"metric":"tSystemPresence","qualifier":"OFFLINE","stats":{"sum":600000.0}},`+
		`{"metric":"tSystemPresence","qualifier":"ON_QUEUE","stats":{"sum":1200000.0}}],`+
		`"views":[{"name":"long","stats":{"max":1200000.0,"min":1200000.0,"count":1,"sum":1200000.0}},`+
		`{"name":"short","stats":{"max":600000.0,"min":600000.0,"count":1,"sum":600000.0}}]}`,
		instantText(start), instantText(start.Add(30*time.Minute)))
	if !strings.Contains(a.text, `"results":[{"group":{"userId":"`+id+`"},"data":[`+first) || len(a.list("results", 0, "data")) != 2 {
		t.Errorf("%s\nwant\n%s", a.text, first)
	}
	if mapped := a.list("systemToOrganizationMappings", "ON_QUEUE"); len(mapped) != 1 || mapped[0] != org.sandbox.org.presence(presenceOnQueue).ID {
		t.Errorf("ON_QUEUE is mapped to %v", mapped)
	}
}

func TestDetailsByPageAndFilter(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 90})
	days := `"interval":"` + org.lately(2) + `"`
	all := org.post(detailsPath, `{`+days+`,"paging":{"pageSize":100,"pageNumber":1}}`).want(200)
	if all.num("totalHits") != 90 || len(all.list("userDetails")) != 90 || all.at("aggregations") == nil {
		t.Fatalf("%v hits, %d rows", all.num("totalHits"), len(all.list("userDetails")))
	}
	if a := org.post(detailsPath, `{`+days+`}`); len(a.list("userDetails")) != defaultPageSize || a.num("totalHits") != 90 {
		t.Errorf("%d rows of %v without paging", len(a.list("userDetails")), a.num("totalHits"))
	}
	var paged []any
	for number := 1; number <= 5; number++ {
		a := org.post(detailsPath, fmt.Sprintf(`{%s,"paging":{"pageSize":20,"pageNumber":%d}}`, days, number)).want(200)
		paged = append(paged, a.list("userDetails")...)
	}
	if fmt.Sprint(paged) != fmt.Sprint(all.list("userDetails")) {
		t.Error("the pages are not the whole")
	}
	if a := org.post(detailsPath, `{`+days+`,"paging":{"pageSize":20,"pageNumber":2147483647}}`).want(200); len(a.list("userDetails")) != 0 || a.num("totalHits") != 90 {
		t.Errorf("beyond the last page: %s", a.text)
	}
	back := org.post(detailsPath, `{`+days+`,"order":"desc","paging":{"pageSize":100}}`).want(200).list("userDetails")
	for i, detail := range back {
		was := all.at("userDetails", len(back)-1-i)
		p := presences(detail)
		slices.Reverse(p)
		if walk(detail, "userId") != walk(was, "userId") || !slices.Equal(p, presences(was)) {
			t.Fatalf("row %d is not the other way round", i)
		}
	}

	// A user is a hit if one of its records passes; all its records are shown.
	matching := func(is func(any) bool) []string {
		var ids []string
		for _, detail := range all.list("userDetails") {
			if is(detail) {
				ids = append(ids, walk(detail, "userId").(string))
			}
		}
		return ids
	}
	has := func(of func(any) []record, values ...string) func(any) bool {
		return func(detail any) bool {
			return slices.ContainsFunc(of(detail), func(r record) bool { return slices.Contains(values, r.value) })
		}
	}
	both := func(a, b func(any) bool) func(any) bool { return func(d any) bool { return a(d) && b(d) } }
	whole := map[string]string{}
	for _, detail := range all.list("userDetails") {
		whole[walk(detail, "userId").(string)] = fmt.Sprint(detail)
	}
	one, two := walk(all.at("userDetails", 3), "userId").(string), walk(all.at("userDetails", 40), "userId").(string)
	training := org.sandbox.org.presence("Training").ID
	for name, q := range map[string]struct {
		filters string
		want    []string
	}{
		"one of two users":          {`"userFilters":[{"type":"or","predicates":[{"dimension":"userId","value":"` + one + `"},{"dimension":"userId","value":"` + two + `"}]}]`, []string{one, two}},
		"two users at once":         {`"userFilters":[{"type":"and","predicates":[{"dimension":"userId","value":"` + one + `"},{"dimension":"userId","value":"` + two + `"}]}]`, nil},
		"each of two filters":       {`"userFilters":[` + byUser(one) + `,` + byUser(two) + `]`, nil},
		"clauses beside predicates": {`"userFilters":[{"type":"or","clauses":[` + byUser(one) + `],"predicates":[{"dimension":"userId","value":"` + strings.ToUpper(two) + `"}]}]`, []string{one, two}},
		"nobody without an id":      {`"userFilters":[{"type":"and","predicates":[{"dimension":"userId","operator":"notExists"}]}]`, nil},
		"who ate":                   {`"presenceFilters":[{"type":"and","predicates":[{"dimension":"systemPresence","value":"meal"}]}]`, matching(has(presences, "MEAL"))},
		"who ate or met":            {`"presenceFilters":[{"type":"or","predicates":[{"dimension":"systemPresence","value":"MEAL"},{"dimension":"systemPresence","value":"MEETING"}]}]`, matching(has(presences, "MEAL", "MEETING"))},
		"who ate, and who met":      {`"presenceFilters":[{"type":"and","predicates":[{"dimension":"systemPresence","value":"MEAL"}]},{"type":"and","predicates":[{"dimension":"systemPresence","value":"MEETING"}]}]`, matching(both(has(presences, "MEAL"), has(presences, "MEETING")))},
		"who ate while meeting":     {`"presenceFilters":[{"type":"and","predicates":[{"dimension":"systemPresence","value":"MEAL"},{"dimension":"systemPresence","value":"MEETING"}]}]`, nil},
		"who trained":               {`"presenceFilters":[{"type":"and","predicates":[{"dimension":"organizationPresenceId","value":"` + training + `"}]}]`, matching(has(presences, "TRAINING"))},
		"who missed a call":         {`"routingStatusFilters":[{"type":"and","predicates":[{"dimension":"routingStatus","value":"NOT_RESPONDING"}]}]`, matching(has(statuses, "NOT_RESPONDING"))},
		"everything at once": {`"userFilters":[{"type":"and","predicates":[{"dimension":"userId","operator":"exists","range":{}}]}],` +
			`"presenceFilters":[{"type":"and","predicates":[{"dimension":"systemPresence","value":"MEAL"}]}],` +
			`"routingStatusFilters":[{"type":"and","predicates":[{"dimension":"routingStatus","value":"COMMUNICATING"}]}]`,
			matching(both(has(presences, "MEAL"), has(statuses, "COMMUNICATING")))},
	} {
		a := org.post(detailsPath, `{`+days+`,`+q.filters+`,"paging":{"pageSize":100}}`).want(200)
		var got []string
		for _, detail := range a.list("userDetails") {
			id, _ := walk(detail, "userId").(string)
			got = append(got, id)
			if fmt.Sprint(detail) != whole[id] {
				t.Errorf("%s: %s is not shown whole", name, id)
			}
		}
		if !slices.Equal(got, q.want) || int(a.num("totalHits")) != len(q.want) {
			t.Errorf("%s: %d rows of %v, want %d", name, len(got), a.num("totalHits"), len(q.want))
		}
		if strings.HasPrefix(name, "who") && !strings.Contains(name, "while") && len(q.want)%90 == 0 {
			t.Errorf("%s tells nobody from anybody", name)
		}
	}
}

func TestDetailsCountWhatTheyAreAskedTo(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	now := org.clock.now()
	want := map[string]float64{}
	for _, detail := range org.details(org.lately(7)) {
		for _, r := range presences(detail) {
			want["presences"]++
			want[r.value]++
		}
		for _, r := range statuses(detail) {
			if r.end.IsZero() {
				r.end = now
			}
			want["statuses"]++
			if length := r.end.Sub(r.start); length < 5*time.Minute {
				want["short"]++
			} else if length >= time.Hour {
				want["long"]++
			}
		}
	}
	a := org.post(detailsPath, `{"interval":"`+org.lately(7)+`","paging":{"pageSize":1,"pageNumber":1},
		"presenceAggregations":[{"type":"termFrequency","dimension":"systemPresence"},{"type":"termFrequency","dimension":"organizationPresenceId","size":2}],
		"routingStatusAggregations":[{"type":"numericRange","metric":"tAgentRoutingStatus","ranges":[{"lt":300000},{"gte":3600000}]}]}`).want(200)
	if len(a.list("aggregations")) != 3 || a.num("aggregations", 0, "count") != want["presences"] || a.num("aggregations", 2, "count") != want["statuses"] {
		t.Fatalf("%v", a.at("aggregations"))
	}
	terms := a.list("aggregations", 0, "results")
	for i, term := range terms {
		if walk(term, "count") != want[walk(term, "value").(string)] || i > 0 && walk(term, "count").(float64) > walk(terms[i-1], "count").(float64) {
			t.Errorf("%v, want %v", terms, want)
		}
	}
	if len(terms) != 9 || len(a.list("aggregations", 1, "results")) != 2 {
		t.Errorf("%d and %d terms", len(terms), len(a.list("aggregations", 1, "results")))
	}
	ranges := a.list("aggregations", 2, "results")
	if walk(ranges[0], "count") != want["short"] || walk(ranges[1], "count") != want["long"] || want["short"]*want["long"] == 0 ||
		walk(ranges[0], "lt") != 300000.0 || walk(ranges[0], "gte") != nil || walk(ranges[1], "gte") != 3600000.0 {
		t.Errorf("%v, want %v", ranges, want)
	}
}

func TestObservationsAreThePresentState(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.agent()
	queues := org.get(org.userPath(id, "/queues?joined=true&pageSize=100")).list("entities")
	for _, q := range queues {
		org.patch(org.userPath(id, "/queues/"+walk(q, "id").(string)), `{"joined":false}`).want(200)
	}
	all := org.get(org.userPath(id, "/queues?joined=false&pageSize=100")).list("entities")
	org.patch(org.userPath(id, "/queues/"+walk(all[0], "id").(string)), `{"joined":true}`).want(200)

	a := org.post(observationsPath, `{"filter":`+byUser(id)+`}`).want(200)
	if want := fmt.Sprintf(`{"results":[{"group":{"userId":"%s"},"data":[{"metric":"oActiveQueues","stats":{"count":1}},`+
		`{"metric":"oMemberQueues","stats":{"count":%d}}]}]}`, id, len(all)); a.text != want {
		t.Errorf("%s, want %s", a.text, want)
	}
	a = org.post(observationsPath, `{"filter":`+byUser(id)+`,"metrics":["oMemberQueues"],"detailMetrics":["oMemberQueues"]}`).want(200)
	observed := a.list("results", 0, "data", 0, "observations")
	if len(a.list("results", 0, "data")) != 1 || len(observed) != len(all) || walk(observed[0], "userId") != id ||
		walk(observed[0], "observationDate") != instantText(org.clock.now()) || a.at("results", 0, "data", 0, "truncated") != false {
		t.Errorf("%s", a.text)
	}
	org.remove(org.userPath(id, "")).want(200)
	if a := org.post(observationsPath, `{"filter":`+byUser(id)+`}`).want(200); a.text != `{"results":[]}` {
		t.Errorf("who is deleted is observed: %s", a.text)
	}
}

func TestActivityIsThePresentStateInTheQueues(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	metrics := `"metrics":[{"metric":"oMemberQueues"},{"metric":"oActiveQueues","details":true}],"groupBy":["userId"]`
	a := org.post(activityPath+"?pageSize=100", `{`+metrics+`}`).want(200)
	if a.str("entityIdDimension") != "queueId" {
		t.Errorf("%s", a.text)
	}
	var groups []string
	for _, result := range a.list("results") {
		id, _ := walk(result, "group", "userId").(string)
		groups = append(groups, id)
		u := org.sandbox.org.users[id]
		joined := 0
		for _, m := range u.queues {
			if m.joined {
				joined++
			}
		}
		entities, _ := walk(result, "entities").([]any)
		if walk(result, "data", 0, "count") != float64(len(u.queues)) || walk(result, "data", 0, "entityIds") != nil ||
			walk(result, "data", 1, "count") != float64(joined) || len(entities) != joined || walk(result, "truncated") != false {
			t.Errorf("%v, want %d of %d", result, joined, len(u.queues))
		}
		for i, e := range entities {
			if walk(e, "userId") != id || walk(e, "routingStatus") != u.routing.status || walk(e, "queueMembershipStatus") != "active" ||
				walk(e, "queueId") != walk(result, "data", 1, "entityIds", i) || walk(e, "presenceDate") != at(u.presence.since).String() ||
				walk(e, "organizationPresenceId") != u.presence.definition.ID || walk(e, "routingStatusDate") != at(u.routing.since).String() {
				t.Errorf("%v", e)
			}
		}
	}
	if len(groups) == 0 || len(groups) == 50 { // who is deleted is in no queue
		t.Errorf("%d groups", len(groups))
	}

	var paged []string
	for number := 1; number <= len(groups)/10+1; number++ {
		a := org.post(fmt.Sprintf("%s?pageSize=10&pageNumber=%d", activityPath, number), `{"order":"desc",`+metrics+`}`).want(200)
		for _, result := range a.list("results") {
			paged = append(paged, walk(result, "group", "userId").(string))
		}
	}
	slices.Reverse(paged)
	if !slices.Equal(paged, groups) {
		t.Errorf("%d groups on pages, want %d", len(paged), len(groups))
	}

	queue := org.sandbox.org.queues.list[0].ID
	a = org.post(activityPath+"?pageSize=100", `{`+metrics+`,"filter":{"type":"and","predicates":[
		{"dimension":"queueId","value":"`+queue+`"},{"dimension":"routingStatus","value":"INTERACTING"}]}}`).want(200)
	for _, result := range a.list("results") {
		u := org.sandbox.org.users[walk(result, "group", "userId").(string)]
		if u.routing.status != statusInteracting || u.membershipIn(queue) < 0 || walk(result, "data", 0, "count") != 1.0 {
			t.Errorf("%v", result)
		}
	}
	if len(a.list("results")) == 0 {
		t.Error("nobody interacts in the queue")
	}
}

func TestAnalyticsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	day := `"interval":"` + org.lately(1) + `"`
	filter := func(name, predicate string) string {
		return `{` + day + `,"` + name + `":[{"type":"and","predicates":[` + predicate + `]}]}`
	}
	predicates := strings.TrimSuffix(strings.Repeat(`{"dimension":"userId","value":"x"},`, 101), ",")
	activity := func(more string) string {
		return `{"metrics":[{"metric":"oMemberQueues"}],"groupBy":["userId"]` + more + `}`
	}
	for _, bad := range []struct {
		path, body, field string
	}{
		{detailsPath, ``, "body"},
		{detailsPath, `{}`, "interval"},
		{detailsPath, `{"interval":5}`, "interval"},
		{detailsPath, `{"interval":"yesterday"}`, "interval"},
		{detailsPath, `{"interval":"2026-08-01T00:00:00Z"}`, "interval"},
		{detailsPath, `{"interval":"2026-08-01/x"}`, "interval"},
		{detailsPath, `{"interval":"P1D/P1D"}`, "interval"},
		{detailsPath, `{"interval":"2026-08-02/2026-08-01"}`, "interval"},
		{detailsPath, `{"interval":"2026-08-01/2026-08-01"}`, "interval"},
		{detailsPath, `{"interval":"` + org.lately(8) + `"}`, "interval"},
		{detailsPath, `{"interval":"` + org.lately(32) + `",` + everybody + `}`, "interval"},
		{detailsPath, `{` + day + `,"order":"up"}`, "order"},
		{detailsPath, `{` + day + `,"paging":{"pageSize":101}}`, "paging.pageSize"},
		{detailsPath, `{` + day + `,"paging":{"pageSize":-1}}`, "paging.pageSize"},
		{detailsPath, `{` + day + `,"paging":{"pageNumber":-1}}`, "paging.pageNumber"},
		{detailsPath, `{` + day + `,"userFilters":[{"predicates":[{"dimension":"userId","value":"x"}]}]}`, "userFilters.type"},
		{detailsPath, `{` + day + `,"userFilters":[{"type":"not","predicates":[{"dimension":"userId","value":"x"}]}]}`, "userFilters.type"},
		{detailsPath, `{` + day + `,"userFilters":[{"type":"and"}]}`, "userFilters.predicates"},
		{detailsPath, `{` + day + `,"userFilters":[{"type":"and","clauses":[{"type":"or"}]}]}`, "userFilters.clauses.predicates"},
		{detailsPath, `{` + day + `,"userFilters":[{"type":"and","clauses":[{"predicates":[{"dimension":"userId","value":"x"}]}]}]}`, "userFilters.clauses.type"},
		{detailsPath, filter("userFilters", `{"value":"x"}`), "userFilters.predicates.dimension"},
		{detailsPath, filter("userFilters", `{"dimension":"queueId","value":"x"}`), "userFilters.predicates.dimension"},
		{detailsPath, filter("userFilters", `{"dimension":"userId"}`), "userFilters.predicates.value"},
		{detailsPath, filter("userFilters", `{"dimension":"userId","operator":"like","value":"x"}`), "userFilters.predicates.operator"},
		{detailsPath, filter("userFilters", `{"dimension":"userId","range":{"gte":1}}`), "userFilters.predicates.range"},
		{detailsPath, filter("userFilters", `{"type":"metric","dimension":"userId","value":"x"}`), "userFilters.predicates.type"},
		{detailsPath, filter("userFilters", `{"type":"odd","dimension":"userId","value":"x"}`), "userFilters.predicates.type"},
		{detailsPath, filter("presenceFilters", `{"dimension":"routingStatus","value":"IDLE"}`), "presenceFilters.predicates.dimension"},
		{detailsPath, filter("routingStatusFilters", `{"dimension":"systemPresence","value":"BUSY"}`), "routingStatusFilters.predicates.dimension"},
		{detailsPath, filter("userFilters", strings.Repeat(predicates+",", 10)[:10*len(predicates)+9]), "userFilters"},
		{detailsPath, `{` + day + `,"presenceAggregations":[{"dimension":"systemPresence"}]}`, "presenceAggregations.type"},
		{detailsPath, `{` + day + `,"presenceAggregations":[{"type":"mean","dimension":"systemPresence"}]}`, "presenceAggregations.type"},
		{detailsPath, `{` + day + `,"presenceAggregations":[{"type":"termFrequency"}]}`, "presenceAggregations.dimension"},
		{detailsPath, `{` + day + `,"presenceAggregations":[{"type":"termFrequency","dimension":"routingStatus"}]}`, "presenceAggregations.dimension"},
		{detailsPath, `{` + day + `,"presenceAggregations":[{"type":"termFrequency","dimension":"systemPresence","size":-1}]}`, "presenceAggregations.size"},
		{detailsPath, `{` + day + `,"routingStatusAggregations":[{"type":"numericRange","ranges":[{"gte":0}]}]}`, "routingStatusAggregations.metric"},
		{detailsPath, `{` + day + `,"routingStatusAggregations":[{"type":"numericRange","metric":"tSystemPresence","ranges":[{"gte":0}]}]}`, "routingStatusAggregations.metric"},
		{detailsPath, `{` + day + `,"routingStatusAggregations":[{"type":"numericRange","metric":"tAgentRoutingStatus"}]}`, "routingStatusAggregations.ranges"},

		{aggregatesPath, `{}`, "interval"},
		{aggregatesPath, `{"interval":"1900-01-01/2026-01-01"}`, "interval"},
		{aggregatesPath, `{` + day + `,"metrics":["tTalk"]}`, "metrics"},
		{aggregatesPath, `{` + day + `,"groupBy":["queueId"]}`, "groupBy"},
		{aggregatesPath, `{` + day + `,"alternateTimeDimension":"conversationEnd"}`, "alternateTimeDimension"},
		{aggregatesPath, `{` + day + `,"timeZone":"Mars/Olympus"}`, "timeZone"},
		{aggregatesPath, `{` + day + `,"timeZone":"Local"}`, "timeZone"},
		{aggregatesPath, `{` + day + `,"timeZone":"../UTC"}`, "timeZone"},
		{aggregatesPath, `{` + day + `,"granularity":"hourly"}`, "granularity"},
		{aggregatesPath, `{` + day + `,"granularity":"P"}`, "granularity"},
		{aggregatesPath, `{` + day + `,"granularity":"PT"}`, "granularity"},
		{aggregatesPath, `{` + day + `,"granularity":"P1DT"}`, "granularity"},
		{aggregatesPath, `{` + day + `,"granularity":"P1H"}`, "granularity"},
		{aggregatesPath, `{` + day + `,"granularity":"P1D1M"}`, "granularity"},
		{aggregatesPath, `{` + day + `,"granularity":"PT1H1H"}`, "granularity"},
		{aggregatesPath, `{` + day + `,"granularity":"P-1D"}`, "granularity"},
		{aggregatesPath, `{` + day + `,"granularity":"PT99999999999999999999H"}`, "granularity"},
		{aggregatesPath, `{` + day + `,"granularity":"PT0S"}`, "granularity"},
		{aggregatesPath, `{` + day + `,"granularity":"PT29M"}`, "granularity"},
		{aggregatesPath, `{"interval":"2025-01-01/2026-08-01","granularity":"PT30M"}`, "granularity"},
		{aggregatesPath, `{` + day + `,"filter":{"type":"or","predicates":[` + predicates + `]}}`, "filter"},
		{aggregatesPath, `{` + day + `,"filter":{"type":"or","predicates":[{"dimension":"teamId","value":"x"}]}}`, "filter.predicates.dimension"},
		{aggregatesPath, `{` + day + `,"views":[{"name":"v","function":"rangeBound","range":{"gte":1}}]}`, "views.target"},
		{aggregatesPath, `{` + day + `,"views":[{"target":"tTalk","name":"v","function":"rangeBound","range":{"gte":1}}]}`, "views.target"},
		{aggregatesPath, `{` + day + `,"views":[{"target":"tSystemPresence","function":"rangeBound","range":{"gte":1}}]}`, "views.name"},
		{aggregatesPath, `{` + day + `,"views":[{"target":"tSystemPresence","name":"tSystemPresence","function":"rangeBound","range":{"gte":1}}]}`, "views.name"},
		{aggregatesPath, `{` + day + `,"views":[{"target":"tSystemPresence","name":"v","range":{"gte":1}}]}`, "views.function"},
		{aggregatesPath, `{` + day + `,"views":[{"target":"tSystemPresence","name":"v","function":"sum","range":{"gte":1}}]}`, "views.function"},
		{aggregatesPath, `{` + day + `,"views":[{"target":"tSystemPresence","name":"v","function":"rangeBound"}]}`, "views.range"},
		{aggregatesPath, `{` + day + `,"views":[` + strings.Repeat(`{},`, 10) + `{}]}`, "views"},

		{observationsPath, `{}`, "filter"},
		{observationsPath, `{"filter":{"type":"or"}}`, "filter.predicates"},
		{observationsPath, `{"filter":` + byUser("x") + `,"metrics":["oUserPresences"]}`, "metrics"},
		{observationsPath, `{"filter":` + byUser("x") + `,"detailMetrics":["oUserPresences"]}`, "detailMetrics"},

		{activityPath, `{"groupBy":["userId"]}`, "metrics"},
		{activityPath, `{"metrics":[{}],"groupBy":["userId"]}`, "metrics.metric"},
		{activityPath, `{"metrics":[{"metric":"oUserPresences"}],"groupBy":["userId"]}`, "metrics.metric"},
		{activityPath, `{"metrics":[{"metric":"oMemberQueues"}]}`, "groupBy"},
		{activityPath, `{"metrics":[{"metric":"oMemberQueues"}],"groupBy":["queueId"]}`, "groupBy"},
		{activityPath, activity(`,"order":"up"`), "order"},
		{activityPath, activity(`,"filter":{"type":"and","predicates":[{"dimension":"mediaType","value":"x"}]}`), "filter.predicates.dimension"},
		{activityPath + "?pageSize=501", activity(``), "pageSize"},
	} {
		org.post(bad.path, bad.body).problem(400, "bad.request", bad.field)
	}
}

// Reports are computed while everybody goes on working; for the race detector.
func TestAnalyticsWhileEverythingChanges(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 30, RateLimit: 1_000_000})
	s, interval := org.sandbox, `"interval":"`+org.lately(5)+`"`
	var people []string
	for id := range s.org.users {
		if id != s.org.firstUserID { // who asks
			people = append(people, id)
		}
	}
	job := "/api/v2/analytics/users/details/jobs/" + org.fulfilledJob("details") + "/results?pageSize=50"
	done := make(chan struct{})
	for w := range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := range 15 {
				path := "/api/v2/users/" + people[(w*15+i)%len(people)]
				for _, call := range [][3]string{
					{"PUT", path + "/routingstatus", `{"status":"OFF_QUEUE"}`},
					{"POST", detailsPath, `{` + interval + `,"presenceAggregations":[{"type":"termFrequency","dimension":"systemPresence"}]}`},
					{"PUT", path + "/routingstatus", `{"status":"IDLE"}`},
					{"POST", aggregatesPath, `{` + interval + `,"granularity":"P1D"}`},
					{"GET", job, ""},
					{"POST", "/api/v2/analytics/users/aggregates/jobs", `{` + interval + `}`},
					{"POST", activityPath, `{"metrics":[{"metric":"oMemberQueues","details":true}],"groupBy":["userId"]}`},
					{"PUT", path + "/state", fmt.Sprintf(`{"state":%q}`, userStates[i%2])},
				} {
					// Whoever is not active cannot be put on queue; all else must work.
					if res := direct(s, call[0], call[1], call[2]); res.Code >= 300 && call[0] != "PUT" || res.Code >= 500 {
						t.Errorf("%v: %d %s", call, res.Code, res.Body)
					}
				}
			}
		}()
	}
	for range 4 {
		<-done
	}
	org.checkHistories()
}
