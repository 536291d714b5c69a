package analytics_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
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

func TestAnalyticsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	day := `"interval":"` + box.Lately(1) + `"`
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
		{sandboxtest.DetailsPath, ``, "body"},
		{sandboxtest.DetailsPath, `{}`, "interval"},
		{sandboxtest.DetailsPath, `{"interval":5}`, "interval"},
		{sandboxtest.DetailsPath, `{"interval":"yesterday"}`, "interval"},
		{sandboxtest.DetailsPath, `{"interval":"2026-08-01T00:00:00Z"}`, "interval"},
		{sandboxtest.DetailsPath, `{"interval":"2026-08-01/x"}`, "interval"},
		{sandboxtest.DetailsPath, `{"interval":"P1D/P1D"}`, "interval"},
		{sandboxtest.DetailsPath, `{"interval":"2026-08-02/2026-08-01"}`, "interval"},
		{sandboxtest.DetailsPath, `{"interval":"2026-08-01/2026-08-01"}`, "interval"},
		{sandboxtest.DetailsPath, `{"interval":"` + box.Lately(8) + `"}`, "interval"},
		{sandboxtest.DetailsPath, `{"interval":"` + box.Lately(32) + `",` + sandboxtest.Everybody + `}`, "interval"},
		{sandboxtest.DetailsPath, `{` + day + `,"order":"up"}`, "order"},
		{sandboxtest.DetailsPath, `{` + day + `,"paging":{"pageSize":101}}`, "paging.pageSize"},
		{sandboxtest.DetailsPath, `{` + day + `,"paging":{"pageSize":-1}}`, "paging.pageSize"},
		{sandboxtest.DetailsPath, `{` + day + `,"paging":{"pageNumber":-1}}`, "paging.pageNumber"},
		{sandboxtest.DetailsPath, `{` + day + `,"userFilters":[{"predicates":[{"dimension":"userId","value":"x"}]}]}`, "userFilters.type"},
		{sandboxtest.DetailsPath, `{` + day + `,"userFilters":[{"type":"not","predicates":[{"dimension":"userId","value":"x"}]}]}`, "userFilters.type"},
		{sandboxtest.DetailsPath, `{` + day + `,"userFilters":[{"type":"and"}]}`, "userFilters.predicates"},
		{sandboxtest.DetailsPath, `{` + day + `,"userFilters":[{"type":"and","clauses":[{"type":"or"}]}]}`, "userFilters.clauses.predicates"},
		{sandboxtest.DetailsPath, `{` + day + `,"userFilters":[{"type":"and","clauses":[{"predicates":[{"dimension":"userId","value":"x"}]}]}]}`, "userFilters.clauses.type"},
		{sandboxtest.DetailsPath, filter("userFilters", `{"value":"x"}`), "userFilters.predicates.dimension"},
		{sandboxtest.DetailsPath, filter("userFilters", `{"dimension":"queueId","value":"x"}`), "userFilters.predicates.dimension"},
		{sandboxtest.DetailsPath, filter("userFilters", `{"dimension":"userId"}`), "userFilters.predicates.value"},
		{sandboxtest.DetailsPath, filter("userFilters", `{"dimension":"userId","operator":"like","value":"x"}`), "userFilters.predicates.operator"},
		{sandboxtest.DetailsPath, filter("userFilters", `{"dimension":"userId","range":{"gte":1}}`), "userFilters.predicates.range"},
		{sandboxtest.DetailsPath, filter("userFilters", `{"type":"metric","dimension":"userId","value":"x"}`), "userFilters.predicates.type"},
		{sandboxtest.DetailsPath, filter("userFilters", `{"type":"odd","dimension":"userId","value":"x"}`), "userFilters.predicates.type"},
		{sandboxtest.DetailsPath, filter("presenceFilters", `{"dimension":"routingStatus","value":"IDLE"}`), "presenceFilters.predicates.dimension"},
		{sandboxtest.DetailsPath, filter("routingStatusFilters", `{"dimension":"systemPresence","value":"BUSY"}`), "routingStatusFilters.predicates.dimension"},
		{sandboxtest.DetailsPath, filter("userFilters", strings.Repeat(predicates+",", 10)[:10*len(predicates)+9]), "userFilters"},
		{sandboxtest.DetailsPath, `{` + day + `,"presenceAggregations":[{"dimension":"systemPresence"}]}`, "presenceAggregations.type"},
		{sandboxtest.DetailsPath, `{` + day + `,"presenceAggregations":[{"type":"mean","dimension":"systemPresence"}]}`, "presenceAggregations.type"},
		{sandboxtest.DetailsPath, `{` + day + `,"presenceAggregations":[{"type":"termFrequency"}]}`, "presenceAggregations.dimension"},
		{sandboxtest.DetailsPath, `{` + day + `,"presenceAggregations":[{"type":"termFrequency","dimension":"routingStatus"}]}`, "presenceAggregations.dimension"},
		{sandboxtest.DetailsPath, `{` + day + `,"presenceAggregations":[{"type":"termFrequency","dimension":"systemPresence","size":-1}]}`, "presenceAggregations.size"},
		{sandboxtest.DetailsPath, `{` + day + `,"routingStatusAggregations":[{"type":"numericRange","ranges":[{"gte":0}]}]}`, "routingStatusAggregations.metric"},
		{sandboxtest.DetailsPath, `{` + day + `,"routingStatusAggregations":[{"type":"numericRange","metric":"tSystemPresence","ranges":[{"gte":0}]}]}`, "routingStatusAggregations.metric"},
		{sandboxtest.DetailsPath, `{` + day + `,"routingStatusAggregations":[{"type":"numericRange","metric":"tAgentRoutingStatus"}]}`, "routingStatusAggregations.ranges"},

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
		box.Post(bad.path, bad.body).Problem(400, "bad.request", bad.field)
	}
}

// Reports are computed while everybody goes on working; for the race detector.
func TestAnalyticsWhileEverythingChanges(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 30, RateLimit: 1_000_000})
	s, interval := box.Sandbox, `"interval":"`+box.Lately(5)+`"`
	var people []string
	for id := range s.Organisation().Users {
		if id != s.Organisation().FirstUserID { // who asks
			people = append(people, id)
		}
	}
	job := "/api/v2/analytics/users/details/jobs/" + box.FulfilledJob("details") + "/results?pageSize=50"
	done := make(chan struct{})
	for w := range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := range 15 {
				path := "/api/v2/users/" + people[(w*15+i)%len(people)]
				for _, call := range [][3]string{
					{"PUT", path + "/routingstatus", `{"status":"OFF_QUEUE"}`},
					{"POST", sandboxtest.DetailsPath, `{` + interval + `,"presenceAggregations":[{"type":"termFrequency","dimension":"systemPresence"}]}`},
					{"PUT", path + "/routingstatus", `{"status":"IDLE"}`},
					{"POST", aggregatesPath, `{` + interval + `,"granularity":"P1D"}`},
					{"GET", job, ""},
					{"POST", "/api/v2/analytics/users/aggregates/jobs", `{` + interval + `}`},
					{"POST", activityPath, `{"metrics":[{"metric":"oMemberQueues","details":true}],"groupBy":["userId"]}`},
					{"PUT", path + "/state", fmt.Sprintf(`{"state":%q}`, org.UserStates[i%2])},
				} {
					// Whoever is not active cannot be put on queue; all else must work.
					if res := sandboxtest.Direct(s, call[0], call[1], call[2]); res.Code >= 300 && call[0] != "PUT" || res.Code >= 500 {
						t.Errorf("%v: %d %s", call, res.Code, res.Body)
					}
				}
			}
		}()
	}
	for range 4 {
		<-done
	}
	box.CheckHistories()
}
