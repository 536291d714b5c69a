package analytics_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// The sums of every part are those of the records cut to it, for any user, zone
// and granularity, and for all users together.
func TestAggregatesAreTheSumsOfTheDetails(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Seed: 5, Users: 8})
	for i := range 10 { // something that really happened
		id := box.Create("New", fmt.Sprintf("new%d@example.com", i))
		box.Clock.Advance(20 * time.Minute)
		box.Put(box.UserPath(id, "/routingstatus"), `{"status":"IDLE"}`).Want(200)
	}
	now := box.Clock.Now()
	for _, q := range []struct {
		interval, granularity, zone string
		parts                       int
	}{
		{box.Lately(1), "PT30M", "", 46},
		{box.Lately(7), "P1D", "America/New_York", 7},
		{box.Lately(30), "P1W", "", 5},
		{box.Lately(30), "", "", 1},
		{"2026-06-30/2026-08-30", "P1M", "Europe/Lisbon", 2},
		{"2026-08-19T22:13/P2D", "P1DT1H30M", "Asia/Manila", 1},
		{"2027-01-01T00:00:00.000Z/2027-02-01T00:00:00.000Z", "P1D", "", 0},
	} {
		body := `"interval":"` + q.interval + `","granularity":"` + q.granularity + `","timeZone":"` + q.zone + `"`
		grouped := box.Post(aggregatesPath, `{"groupBy":["userId"],`+body+`}`).Want(200)
		want, all, most := map[string]float64{}, map[string]float64{}, 0
		for _, container := range grouped.List("results") {
			id, _ := sandboxtest.Walk(container, "group", "userId").(string)
			data, _ := sandboxtest.Walk(container, "data").([]any)
			most = max(most, len(data))
			for _, d := range data {
				part, _ := sandboxtest.Walk(d, "interval").(string)
				metrics, _ := sandboxtest.Walk(d, "metrics").([]any)
				for _, m := range metrics {
					key := fmt.Sprint(part, " ", sandboxtest.Walk(m, "metric"), " ", sandboxtest.Walk(m, "qualifier"))
					want[id+" "+key] = sandboxtest.Walk(m, "stats", "sum").(float64)
					all[key] += sandboxtest.Walk(m, "stats", "sum").(float64)
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
			start, end, _ := strings.Cut(part, "/")
			from, startErr := time.Parse(sandboxtest.InstantLayout, start)
			to, endErr := time.Parse(sandboxtest.InstantLayout, end)
			if startErr != nil || endErr != nil {
				t.Fatal(part)
			}
			for id, detail := range box.Details(part) {
				add := func(metric, qualifier string, r sandboxtest.Record) {
					got[fmt.Sprint(id, " ", part, " ", metric, " ", qualifier)] += float64(r.End.Sub(r.Start).Milliseconds())
				}
				for _, r := range sandboxtest.Clip(sandboxtest.Presences(detail), from, to, now) {
					add("tSystemPresence", r.Value, r)
				}
				for _, r := range sandboxtest.Clip(sandboxtest.Records(detail, "primaryPresence", "organizationPresenceId"), from, to, now) {
					add("tOrganizationPresence", r.Value, r)
				}
				for _, r := range sandboxtest.Clip(sandboxtest.Statuses(detail), from, to, now) {
					add("tAgentRoutingStatus", r.Value, r)
				}
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s by %s: %d sums of details differ from %d aggregates", q.interval, q.granularity, len(got), len(want))
		}
		together := map[string]float64{}
		for _, d := range box.Post(aggregatesPath, `{`+body+`}`).Want(200).List("results", 0, "data") {
			metrics, _ := sandboxtest.Walk(d, "metrics").([]any)
			for _, m := range metrics {
				together[fmt.Sprint(sandboxtest.Walk(d, "interval"), " ", sandboxtest.Walk(m, "metric"), " ", sandboxtest.Walk(m, "qualifier"))] = sandboxtest.Walk(m, "stats", "sum").(float64)
			}
		}
		if fmt.Sprint(together) != fmt.Sprint(all) {
			t.Errorf("%s by %s: the sum over all is not the sum of the users'", q.interval, q.granularity)
		}
	}
}

func TestTheShapeOfAggregates(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	box.Clock.Advance(10 * time.Minute)
	box.Put(box.UserPath(id, "/routingstatus"), `{"status":"IDLE"}`).Want(200)
	box.Clock.Advance(30 * time.Minute)
	start := box.Clock.Now().Add(-40 * time.Minute)
	a := box.Post(aggregatesPath, `{"interval":"`+sandboxtest.InstantText(start)+`/PT2H","granularity":"PT30M","groupBy":["userId"],
		"metrics":["tSystemPresence","tAgentRoutingStatus"],"filter":{"type":"and","clauses":[`+byUser(id)+`]},
		"views":[{"target":"tSystemPresence","name":"long","function":"rangeBound","range":{"gte":600001}},
			{"target":"tSystemPresence","name":"short","function":"rangeBound","range":{"gte":0,"lt":600001}}]}`).Want(200)
	first := fmt.Sprintf(`{"interval":"%s/%s","metrics":[`+
		`{"metric":"tAgentRoutingStatus","qualifier":"IDLE","stats":{"sum":1200000.0}},`+
		`{"metric":"tAgentRoutingStatus","qualifier":"OFF_QUEUE","stats":{"sum":600000.0}},`+
		`{"metric":"tSystemPresence","qualifier":"OFFLINE","stats":{"sum":600000.0}},`+
		`{"metric":"tSystemPresence","qualifier":"ON_QUEUE","stats":{"sum":1200000.0}}],`+
		`"views":[{"name":"long","stats":{"max":1200000.0,"min":1200000.0,"count":1,"sum":1200000.0}},`+
		`{"name":"short","stats":{"max":600000.0,"min":600000.0,"count":1,"sum":600000.0}}]}`,
		sandboxtest.InstantText(start), sandboxtest.InstantText(start.Add(30*time.Minute)))
	if !strings.Contains(a.Text, `"results":[{"group":{"userId":"`+id+`"},"data":[`+first) || len(a.List("results", 0, "data")) != 2 {
		t.Errorf("%s\nwant\n%s", a.Text, first)
	}
	if mapped := a.List("systemToOrganizationMappings", "ON_QUEUE"); len(mapped) != 1 || mapped[0] != box.State.Presence(org.PresenceOnQueue).ID {
		t.Errorf("ON_QUEUE is mapped to %v", mapped)
	}
}
