package analytics_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/analytics"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// results are all rows of a job, by as many pages as it takes.
func results(o *sandboxtest.Sandbox, kind, id, query, list string, page func(n int, rows []any)) []any {
	o.T.Helper()
	var all []any
	for n, cursor := 1, ""; ; n++ {
		a := o.Get(sandboxtest.JobsPath(kind) + "/" + id + "/results?" + query + "&cursor=" + cursor)
		rows := a.List(list)
		all = append(all, rows...)
		if page != nil {
			page(n, rows)
		}
		if cursor = a.Str("cursor"); cursor == "" {
			return all
		}
	}
}

func TestAJobPassesThroughItsStates(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"details", "aggregates"} {
		box := sandboxtest.New(t, sandbox.Options{})
		submitted := box.Clock.Now()
		id := box.Submit(kind, `{"interval":"`+box.Lately(1)+`"}`)
		path := sandboxtest.JobsPath(kind) + "/" + id
		for _, step := range []struct {
			after   time.Duration
			state   string
			status  int
			results int
		}{
			{0, analytics.JobQueued, 202, 400}, {analytics.JobStarts - 1, analytics.JobQueued, 202, 400}, {analytics.JobStarts, analytics.JobPending, 202, 400},
			{analytics.JobEnds - 1, analytics.JobPending, 202, 400}, {analytics.JobEnds, analytics.JobFulfilled, 200, 200},
			{analytics.JobLifetime - 1, analytics.JobFulfilled, 200, 200}, {analytics.JobLifetime, analytics.JobExpired, 200, 404},
		} {
			box.Clock.Advance(step.after - box.Clock.Now().Sub(submitted))
			box.Token = box.Login("id", "secret") // which lives for a day
			a := box.Do("GET", path, "").Want(step.status)
			ended := step.after >= analytics.JobEnds
			if a.Str("state") != step.state || a.Str("submissionDate") != sandboxtest.InstantText(submitted) ||
				a.Str("expirationDate") != sandboxtest.InstantText(submitted.Add(analytics.JobLifetime)) ||
				ended != (a.Str("completionDate") == sandboxtest.InstantText(submitted.Add(analytics.JobEnds))) {
				t.Errorf("%s after %s: %s", kind, step.after, a.Text)
			}
			box.Do("GET", path+"/results", "").Want(step.results)
		}
		// The other kind does not know it.
		other := map[string]string{"details": "aggregates", "aggregates": "details"}[kind]
		for _, unknown := range []string{sandboxtest.JobsPath(other) + "/" + id, sandboxtest.JobsPath(kind) + "/x"} {
			box.Do("GET", unknown, "").Problem(404, "job.not.found")
			box.Do("GET", unknown+"/results", "").Problem(404, "job.not.found")
			box.Remove(unknown).Problem(404, "job.not.found")
		}
	}
}

func TestDeletingAJob(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"details", "aggregates"} {
		box := sandboxtest.New(t, sandbox.Options{})
		id := box.Submit(kind, `{"interval":"`+box.Lately(1)+`"}`)
		path := sandboxtest.JobsPath(kind) + "/" + id
		box.Remove(path).Want(204)
		for range 2 { // it stays cancelled
			if a := box.Get(path); a.Str("state") != analytics.JobCancelled {
				t.Errorf("a cancelled job is %s", a.Text)
			}
			box.Do("GET", path+"/results", "").Problem(400, "bad.request")
			box.Clock.Advance(analytics.JobEnds)
		}
		box.Remove(path).Want(204)
		box.Do("GET", path, "").Problem(404, "job.not.found")

		done := sandboxtest.JobsPath(kind) + "/" + box.FulfilledJob(kind)
		box.Remove(done).Want(204)
		box.Do("GET", done, "").Problem(404, "job.not.found")
	}
}

// The pages of a job show each row once, as it was when the job was submitted,
// whatever is written meanwhile.
func TestThePagesOfAJobFitTogether(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"details", "aggregates"} {
		box := sandboxtest.New(t, sandbox.Options{Users: 45})
		list := map[string]string{"details": "userDetails", "aggregates": "results"}[kind]
		for _, order := range []string{"asc", "desc"} {
			body := `{"interval":"` + box.Lately(2) + `","groupBy":["userId"],"granularity":"PT12H","pageSize":7,"order":"` + order + `"}`
			id, calm := box.Submit(kind, body), box.Submit(kind, body)
			box.Clock.Advance(analytics.JobEnds)
			want := results(box, kind, calm, "pageSize=100", list, nil)
			var sizes []int
			got := results(box, kind, id, "pageSize=7", list, func(n int, rows []any) {
				sizes = append(sizes, len(rows))
				box.Clock.Advance(time.Second)
				i := 0
				for other, u := range box.State.Users {
					if u.State == org.StateActive && i < 10 {
						box.Put(box.UserPath(other, "/routingstatus"), `{"status":"OFF_QUEUE"}`).Want(200)
						i++
					}
				}
				box.Create("Aaron", fmt.Sprintf("a%d.%s@example.com", n, order))
				box.Patch(box.UserPath(box.Agent(), ""), fmt.Sprintf(`{"version":%.0f,"name":"Zzz"}`, box.Get(box.UserPath(box.Agent(), "")).Num("version"))).Want(200)
			})
			wantText, _ := json.Marshal(want)
			gotText, _ := json.Marshal(got)
			if len(got) < 45 || string(wantText) != string(gotText) {
				t.Errorf("%s: %d rows on many pages differ from %d on few", kind, len(got), len(want))
			}
			for i, size := range sizes {
				if full := i < len(sizes)-1; size > 7 || full && size < 7 {
					t.Errorf("%s: page %d of %d has %d rows", kind, i+1, len(sizes), size)
				}
			}
			seen := map[string]bool{}
			for _, row := range got {
				user, _ := sandboxtest.Walk(row, "userId").(string)
				if kind == "aggregates" {
					user, _ = sandboxtest.Walk(row, "group", "userId").(string)
				}
				if seen[user] {
					t.Errorf("%s: %s is there twice", kind, user)
				}
				seen[user] = true
			}
		}
	}
}

func TestADetailsJobTellsWhatTheQueryTells(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	filters := `"interval":"` + box.Lately(4) + `","presenceFilters":[{"type":"or","predicates":[{"dimension":"systemPresence","value":"MEAL"}]}]`
	query := box.Post(sandboxtest.DetailsPath, `{`+filters+`,"paging":{"pageSize":100}}`).Want(200)
	id := box.Submit("details", `{`+filters+`}`)
	box.Clock.Advance(analytics.JobEnds)
	rows := results(box, "details", id, "pageSize=9", "userDetails", nil)
	if fmt.Sprint(rows) != fmt.Sprint(query.List("userDetails")) || len(rows) == 0 || len(rows) == 50 {
		t.Errorf("%d rows differ from %d", len(rows), len(query.List("userDetails")))
	}

	limited := box.Submit("details", `{"limit":13,`+filters+`}`)
	box.Clock.Advance(analytics.JobEnds)
	sizes := []int{}
	got := results(box, "details", limited, "pageSize=5", "userDetails", func(_ int, rows []any) { sizes = append(sizes, len(rows)) })
	if !slices.Equal(sizes, []int{5, 5, 3}) || fmt.Sprint(got) != fmt.Sprint(rows[:13]) {
		t.Errorf("a limit of 13 gives pages of %v", sizes)
	}
	none := box.Submit("details", `{"interval":"2001-01-01T00:00:00Z/2001-01-02T00:00:00Z"}`)
	box.Clock.Advance(analytics.JobEnds)
	if a := box.Get(sandboxtest.JobsPath("details") + "/" + none + "/results"); len(a.List("userDetails")) != 0 || a.At("userDetails") == nil || a.At("cursor") != nil {
		t.Errorf("nothing found: %s", a.Text)
	}
}

func TestAnAggregatesJobTellsWhatTheQueryTells(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	for _, group := range []string{"", `"groupBy":["userId"],`} {
		body := `{` + group + `"interval":"` + box.Lately(3) + `","granularity":"P1D","timeZone":"Europe/Lisbon"}`
		query := box.Post(aggregatesPath, body).Want(200)
		id := box.Submit("aggregates", body)
		box.Clock.Advance(analytics.JobEnds)
		rows := results(box, "aggregates", id, "", "results", nil)
		if fmt.Sprint(rows) != fmt.Sprint(query.List("results")) || len(rows) == 0 {
			t.Errorf("%d rows differ from %d", len(rows), len(query.List("results")))
		}
	}
}

func TestAJobThatIsTooLargeFails(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 300})
	body := `{"interval":"2025-07-01T00:00:00Z/P400D","granularity":"PT30M","groupBy":["userId"]}`
	box.Post(aggregatesPath, body).Problem(400, "response.entity.too.large")
	id := box.Submit("aggregates", body)
	path := sandboxtest.JobsPath("aggregates") + "/" + id
	box.Clock.Advance(analytics.JobStarts)
	box.Do("GET", path, "").Want(202)
	box.Clock.Advance(analytics.JobStarts)
	if a := box.Get(path); a.Str("state") != analytics.JobFailed || !strings.Contains(a.Str("errorMessage"), "300 groups") || a.Str("completionDate") == "" {
		t.Errorf("%s", a.Text)
	}
	box.Do("GET", path+"/results", "").Problem(400, "bad.request")
}

func TestJobsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	for body, field := range map[string]string{
		`{}`: "interval", `{"interval":"` + box.Lately(32) + `"}`: "interval",
		`{"interval":"` + box.Lately(1) + `","limit":-1}`:     "limit",
		`{"interval":"` + box.Lately(1) + `","order":"down"}`: "order",
	} {
		box.Post(sandboxtest.JobsPath("details"), body).Problem(400, "bad.request", field)
	}
	for body, field := range map[string]string{
		`{}`: "interval", `{"interval":"` + box.Lately(1) + `","pageSize":-1}`: "pageSize",
		`{"interval":"` + box.Lately(1) + `","pageSize":1001}`:     "pageSize",
		`{"interval":"` + box.Lately(1) + `","metrics":["tTalk"]}`: "metrics",
	} {
		box.Post(sandboxtest.JobsPath("aggregates"), body).Problem(400, "bad.request", field)
	}
	id, other := box.FulfilledJob("details"), box.FulfilledJob("details")
	results := sandboxtest.JobsPath("details") + "/" + id + "/results"
	for _, size := range []string{"-1", "1001", "many"} {
		box.Do("GET", results+"?pageSize="+size, "").Problem(400, "bad.request", "pageSize")
	}
	foreign := box.Get(sandboxtest.JobsPath("details") + "/" + other + "/results?pageSize=1").Str("cursor")
	for _, cursor := range []string{"x", "!", foreign} {
		box.Do("GET", results+"?cursor="+cursor, "").Problem(400, "bad.request", "cursor")
	}
}

func TestTheOldestJobsAreForgotten(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{RateLimit: 1_000_000})
	var ids []string
	for range analytics.MaxJobs + 2 {
		ids = append(ids, box.Submit("details", `{"interval":"`+box.Lately(1)+`"}`))
	}
	box.Do("GET", sandboxtest.JobsPath("details")+"/"+ids[1], "").Problem(404, "job.not.found")
	box.Do("GET", sandboxtest.JobsPath("details")+"/"+ids[2], "").Want(202)
}

func TestDataAreAvailableUpToNow(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	a := box.Get(sandboxtest.JobsPath("details") + "/availability")
	if a.Str("dataAvailabilityDate") != sandboxtest.InstantText(box.Clock.Now()) {
		t.Errorf("%s", a.Text)
	}
}
