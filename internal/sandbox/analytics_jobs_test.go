package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func jobsPath(kind string) string { return "/api/v2/analytics/users/" + kind + "/jobs" }

// submit returns a job's id.
func (o *testOrg) submit(kind, body string) string {
	o.t.Helper()
	return o.post(jobsPath(kind), body).want(202).str("jobId")
}

// fulfilledJob is one about the last day that has ended.
func (o *testOrg) fulfilledJob(kind string) string {
	o.t.Helper()
	id := o.submit(kind, `{"interval":"`+o.lately(1)+`","groupBy":["userId"]}`)
	o.clock.advance(jobEnds)
	return id
}

// results are all rows of a job, by as many pages as it takes.
func (o *testOrg) results(kind, id, query, list string, page func(n int, rows []any)) []any {
	o.t.Helper()
	var all []any
	for n, cursor := 1, ""; ; n++ {
		a := o.get(jobsPath(kind) + "/" + id + "/results?" + query + "&cursor=" + cursor)
		rows := a.list(list)
		all = append(all, rows...)
		if page != nil {
			page(n, rows)
		}
		if cursor = a.str("cursor"); cursor == "" {
			return all
		}
	}
}

func TestAJobPassesThroughItsStates(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"details", "aggregates"} {
		org := newTestOrg(t, Options{})
		submitted := org.clock.now()
		id := org.submit(kind, `{"interval":"`+org.lately(1)+`"}`)
		path := jobsPath(kind) + "/" + id
		for _, step := range []struct {
			after   time.Duration
			state   string
			status  int
			results int
		}{
			{0, jobQueued, 202, 400}, {jobStarts - 1, jobQueued, 202, 400}, {jobStarts, jobPending, 202, 400},
			{jobEnds - 1, jobPending, 202, 400}, {jobEnds, jobFulfilled, 200, 200},
			{jobLifetime - 1, jobFulfilled, 200, 200}, {jobLifetime, jobExpired, 200, 404},
		} {
			org.clock.advance(step.after - org.clock.now().Sub(submitted))
			org.token = org.login("id", "secret") // which lives for a day
			a := org.do("GET", path, "").want(step.status)
			ended := step.after >= jobEnds
			if a.str("state") != step.state || a.str("submissionDate") != instantText(submitted) ||
				a.str("expirationDate") != instantText(submitted.Add(jobLifetime)) ||
				ended != (a.str("completionDate") == instantText(submitted.Add(jobEnds))) {
				t.Errorf("%s after %s: %s", kind, step.after, a.text)
			}
			org.do("GET", path+"/results", "").want(step.results)
		}
		// The other kind does not know it.
		other := map[string]string{"details": "aggregates", "aggregates": "details"}[kind]
		for _, unknown := range []string{jobsPath(other) + "/" + id, jobsPath(kind) + "/x"} {
			org.do("GET", unknown, "").problem(404, "job.not.found")
			org.do("GET", unknown+"/results", "").problem(404, "job.not.found")
			org.remove(unknown).problem(404, "job.not.found")
		}
	}
}

func TestDeletingAJob(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"details", "aggregates"} {
		org := newTestOrg(t, Options{})
		id := org.submit(kind, `{"interval":"`+org.lately(1)+`"}`)
		path := jobsPath(kind) + "/" + id
		org.remove(path).want(204)
		for range 2 { // it stays cancelled
			if a := org.get(path); a.str("state") != jobCancelled {
				t.Errorf("a cancelled job is %s", a.text)
			}
			org.do("GET", path+"/results", "").problem(400, "bad.request")
			org.clock.advance(jobEnds)
		}
		org.remove(path).want(204)
		org.do("GET", path, "").problem(404, "job.not.found")

		done := jobsPath(kind) + "/" + org.fulfilledJob(kind)
		org.remove(done).want(204)
		org.do("GET", done, "").problem(404, "job.not.found")
		if jobs := org.sandbox.org.jobs; len(jobs.list) != 0 || jobs.users != 0 {
			t.Errorf("%d jobs of %d users are left", len(jobs.list), jobs.users)
		}
	}
}

// The pages of a job show each row once, as it was when the job was submitted,
// whatever is written meanwhile.
func TestThePagesOfAJobFitTogether(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"details", "aggregates"} {
		org := newTestOrg(t, Options{Users: 45})
		list := map[string]string{"details": "userDetails", "aggregates": "results"}[kind]
		for _, order := range []string{"asc", "desc"} {
			body := `{"interval":"` + org.lately(2) + `","groupBy":["userId"],"granularity":"PT12H","pageSize":7,"order":"` + order + `"}`
			id, calm := org.submit(kind, body), org.submit(kind, body)
			org.clock.advance(jobEnds)
			want := org.results(kind, calm, "pageSize=100", list, nil)
			var sizes []int
			got := org.results(kind, id, "pageSize=7", list, func(n int, rows []any) {
				sizes = append(sizes, len(rows))
				org.clock.advance(time.Second)
				i := 0
				for other, u := range org.sandbox.org.users {
					if u.state == stateActive && i < 10 {
						org.put(org.userPath(other, "/routingstatus"), `{"status":"OFF_QUEUE"}`).want(200)
						i++
					}
				}
				org.create("Aaron", fmt.Sprintf("a%d.%s@example.com", n, order))
				org.patch(org.userPath(org.agent(), ""), fmt.Sprintf(`{"version":%.0f,"name":"Zzz"}`, org.get(org.userPath(org.agent(), "")).num("version"))).want(200)
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
				user, _ := walk(row, "userId").(string)
				if kind == "aggregates" {
					user, _ = walk(row, "group", "userId").(string)
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
	org := newTestOrg(t, Options{})
	filters := `"interval":"` + org.lately(4) + `","presenceFilters":[{"type":"or","predicates":[{"dimension":"systemPresence","value":"MEAL"}]}]`
	query := org.post(detailsPath, `{`+filters+`,"paging":{"pageSize":100}}`).want(200)
	id := org.submit("details", `{`+filters+`}`)
	org.clock.advance(jobEnds)
	rows := org.results("details", id, "pageSize=9", "userDetails", nil)
	if fmt.Sprint(rows) != fmt.Sprint(query.list("userDetails")) || len(rows) == 0 || len(rows) == 50 {
		t.Errorf("%d rows differ from %d", len(rows), len(query.list("userDetails")))
	}

	limited := org.submit("details", `{"limit":13,`+filters+`}`)
	org.clock.advance(jobEnds)
	sizes := []int{}
	got := org.results("details", limited, "pageSize=5", "userDetails", func(_ int, rows []any) { sizes = append(sizes, len(rows)) })
	if !slices.Equal(sizes, []int{5, 5, 3}) || fmt.Sprint(got) != fmt.Sprint(rows[:13]) {
		t.Errorf("a limit of 13 gives pages of %v", sizes)
	}
	none := org.submit("details", `{"interval":"2001-01-01T00:00:00Z/2001-01-02T00:00:00Z"}`)
	org.clock.advance(jobEnds)
	if a := org.get(jobsPath("details") + "/" + none + "/results"); len(a.list("userDetails")) != 0 || a.at("userDetails") == nil || a.at("cursor") != nil {
		t.Errorf("nothing found: %s", a.text)
	}
}

func TestAnAggregatesJobTellsWhatTheQueryTells(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	for _, group := range []string{"", `"groupBy":["userId"],`} {
		body := `{` + group + `"interval":"` + org.lately(3) + `","granularity":"P1D","timeZone":"Europe/Lisbon"}`
		query := org.post(aggregatesPath, body).want(200)
		id := org.submit("aggregates", body)
		org.clock.advance(jobEnds)
		rows := org.results("aggregates", id, "", "results", nil)
		if fmt.Sprint(rows) != fmt.Sprint(query.list("results")) || len(rows) == 0 {
			t.Errorf("%d rows differ from %d", len(rows), len(query.list("results")))
		}
	}
}

func TestAJobThatIsTooLargeFails(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 300})
	body := `{"interval":"2025-07-01T00:00:00Z/P400D","granularity":"PT30M","groupBy":["userId"]}`
	org.post(aggregatesPath, body).problem(400, "response.entity.too.large")
	id := org.submit("aggregates", body)
	path := jobsPath("aggregates") + "/" + id
	org.clock.advance(jobStarts)
	org.do("GET", path, "").want(202)
	org.clock.advance(jobStarts)
	if a := org.get(path); a.str("state") != jobFailed || !strings.Contains(a.str("errorMessage"), "300 groups") || a.str("completionDate") == "" {
		t.Errorf("%s", a.text)
	}
	org.do("GET", path+"/results", "").problem(400, "bad.request")
}

func TestJobsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	for body, field := range map[string]string{
		`{}`: "interval", `{"interval":"` + org.lately(32) + `"}`: "interval",
		`{"interval":"` + org.lately(1) + `","limit":-1}`:     "limit",
		`{"interval":"` + org.lately(1) + `","order":"down"}`: "order",
	} {
		org.post(jobsPath("details"), body).problem(400, "bad.request", field)
	}
	for body, field := range map[string]string{
		`{}`: "interval", `{"interval":"` + org.lately(1) + `","pageSize":-1}`: "pageSize",
		`{"interval":"` + org.lately(1) + `","pageSize":1001}`:     "pageSize",
		`{"interval":"` + org.lately(1) + `","metrics":["tTalk"]}`: "metrics",
	} {
		org.post(jobsPath("aggregates"), body).problem(400, "bad.request", field)
	}
	id, other := org.fulfilledJob("details"), org.fulfilledJob("details")
	results := jobsPath("details") + "/" + id + "/results"
	for _, size := range []string{"-1", "1001", "many"} {
		org.do("GET", results+"?pageSize="+size, "").problem(400, "bad.request", "pageSize")
	}
	foreign := org.get(jobsPath("details") + "/" + other + "/results?pageSize=1").str("cursor")
	for _, cursor := range []string{"x", "!", foreign} {
		org.do("GET", results+"?cursor="+cursor, "").problem(400, "bad.request", "cursor")
	}
}

func TestTheOldestJobsAreForgotten(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{RateLimit: 1_000_000})
	var ids []string
	for range maxJobs + 2 {
		ids = append(ids, org.submit("details", `{"interval":"`+org.lately(1)+`"}`))
	}
	org.do("GET", jobsPath("details")+"/"+ids[1], "").problem(404, "job.not.found")
	org.do("GET", jobsPath("details")+"/"+ids[2], "").want(202)

	var l jobs
	for i := range 5 {
		l.remember(&job{rows: i, users: maxJobUsers / 3})
	}
	if len(l.list) != 3 || l.list[0].rows != 2 {
		t.Errorf("%d jobs are remembered, from number %d on", len(l.list), l.list[0].rows)
	}
	l.remember(&job{users: 2 * maxJobUsers})
	if len(l.list) != 1 || l.users != 2*maxJobUsers {
		t.Errorf("%d jobs of %d users are remembered", len(l.list), l.users)
	}
}

func TestDataAreAvailableUpToNow(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	a := org.get(jobsPath("details") + "/availability")
	if a.str("dataAvailabilityDate") != instantText(org.clock.now()) {
		t.Errorf("%s", a.text)
	}
}
