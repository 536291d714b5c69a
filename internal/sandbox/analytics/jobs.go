package analytics

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// States of a job.
const (
	jobQueued    = "QUEUED"
	jobPending   = "PENDING"
	jobFailed    = "FAILED"
	jobCancelled = "CANCELLED"
	jobFulfilled = "FULFILLED"
	jobExpired   = "EXPIRED"
)

// A job takes its time, so that clients see it wait, and is remembered as long
// as a client may reasonably want its results.
const (
	jobStarts   = 200 * time.Millisecond
	jobEnds     = 400 * time.Millisecond
	jobLifetime = 3 * 24 * time.Hour

	// maxJobs and maxJobUsers bound the jobs remembered and the users whose
	// history they hold; the oldest job is forgotten first.
	maxJobs     = 200
	maxJobUsers = 1_000_000

	defaultJobPage = 100
	maxJobPage     = 1000
	// maxJobCells bounds the groups times parts that a job may compute.
	maxJobCells = 5_000_000
)

// job is an analytics query that runs on its own. It holds what the organisation
// was like when it was submitted, so that its pages agree with each other
// whatever is written meanwhile. A page is computed when it is asked for.
type job struct {
	id        string
	kind      jobKind
	submitted time.Time
	cancelled bool
	failure   string

	users    int                            // whose history it holds
	rows     int                            // to go through
	open     func() func(i int) (any, bool) // returns what computes a row, if there is one
	limit    int                            // rows to give in all, 0 is no limit
	pageSize int                            // that the query asked for
	answer   func(rows []any, cursor string) any
}

// jobKind keeps the jobs of one path from being seen on the other.
type jobKind string

const (
	detailsJobs    jobKind = "details"
	aggregatesJobs jobKind = "aggregates"
)

// jobs are those remembered, oldest first.
type jobs struct {
	list  []*job
	users int
}

type jobSubmitted struct {
	JobID string `json:"jobId"`
}

// jobStatus is the upstream's AsyncQueryStatus.
type jobStatus struct {
	State          string       `json:"state"`
	ErrorMessage   string       `json:"errorMessage,omitempty"`
	ExpirationDate wire.Instant `json:"expirationDate"`
	SubmissionDate wire.Instant `json:"submissionDate"`
	CompletionDate wire.Instant `json:"completionDate,omitzero"`
}

type detailsJobAnswer struct {
	UserDetails          []any        `json:"userDetails"`
	Cursor               string       `json:"cursor,omitempty"`
	DataAvailabilityDate wire.Instant `json:"dataAvailabilityDate"`
}

type aggregatesJobAnswer struct {
	Mappings map[string][]string `json:"systemToOrganizationMappings"`
	Results  []any               `json:"results"`
	Cursor   string              `json:"cursor,omitempty"`
}

// getAnalyticsUsersDetailsJobsAvailability: here jobs know everything up to now.
func getAnalyticsUsersDetailsJobsAvailability(_ *org.Organisation, c *api.Call) (any, error) {
	return struct {
		Date wire.Instant `json:"dataAvailabilityDate"`
	}{wire.At(c.Now)}, nil
}

// detailsJob makes a job of a query for details.
func detailsJob(o *org.Organisation, c *api.Call, in detailsQuery) (*job, error) {
	if in.Limit < 0 {
		return nil, problem.Invalid("limit", "it must not be negative")
	}
	search, err := in.compile(o, c.Now, maxDetailsDays)
	if err != nil {
		return nil, err
	}
	return &job{
		kind: detailsJobs, users: len(search.chronicles), rows: len(search.chronicles), limit: int(in.Limit),
		open: func() func(int) (any, bool) {
			w := search.worker()
			return func(i int) (any, bool) {
				t, hit := w.look(w.chronicles[i], true)
				if !hit {
					return nil, false
				}
				return t.view(w.descending), true
			}
		},
		answer: func(rows []any, cursor string) any {
			return detailsJobAnswer{rows, cursor, wire.At(c.Now)}
		},
	}, nil
}

// aggregatesJob makes a job of a query for aggregates. One that would never end
// is taken on, and fails.
func aggregatesJob(o *org.Organisation, c *api.Call, in aggregateQuery) (*job, error) {
	if in.PageSize < 0 || in.PageSize > maxJobPage {
		return nil, problem.Invalid("pageSize", "it must be between 1 and 1,000")
	}
	a, err := in.compile(o, c.Now)
	if err != nil {
		return nil, err
	}
	j := &job{
		kind: aggregatesJobs, users: len(a.chronicles), rows: a.groups(),
		open: func() func(int) (any, bool) {
			w := a.worker()
			return func(i int) (any, bool) { return w.group(i) }
		},
		pageSize: min(cmp.Or(int(in.PageSize), defaultJobPage), max(1, maxCells/a.parts.count())),
		answer: func(rows []any, cursor string) any {
			return aggregatesJobAnswer{a.mappings, rows, cursor}
		},
	}
	if a.groups()*a.parts.count() > maxJobCells {
		j.failure = tooLargeAnswer(a.groups(), a.parts.count()).Message
	}
	return j, nil
}

// postJob submits a job.
func postJob[T any](all *jobs, prepare func(*org.Organisation, *api.Call, T) (*job, error)) func(*org.Organisation, *api.Call, T) (any, error) {
	return func(o *org.Organisation, c *api.Call, in T) (any, error) {
		j, err := prepare(o, c, in)
		if err != nil {
			return nil, err
		}
		j.id, j.submitted = o.NewID(), c.Now
		all.remember(j)
		return api.Accepted{Body: jobSubmitted{j.id}}, nil
	}
}

// getJob tells how far a job has come: 202 as long as it goes on.
func getJob(all *jobs, kind jobKind) func(*org.Organisation, *api.Call) (any, error) {
	return func(_ *org.Organisation, c *api.Call) (any, error) {
		j, err := all.find(c, kind)
		if err != nil {
			return nil, err
		}
		status := jobStatus{
			State:          j.state(c.Now),
			ExpirationDate: wire.At(j.submitted.Add(jobLifetime)),
			SubmissionDate: wire.At(j.submitted),
		}
		switch status.State {
		case jobQueued, jobPending:
			return api.Accepted{Body: status}, nil
		case jobFailed:
			status.ErrorMessage = j.failure
			fallthrough
		case jobFulfilled, jobExpired:
			status.CompletionDate = wire.At(j.submitted.Add(jobEnds))
		}
		return status, nil
	}
}

// getJobResults gives a page of what a job has found.
func getJobResults(all *jobs, kind jobKind) func(*org.Organisation, *api.Call) (any, error) {
	return func(_ *org.Organisation, c *api.Call) (any, error) {
		j, err := all.find(c, kind)
		if err != nil {
			return nil, err
		}
		switch state := j.state(c.Now); state {
		case jobFulfilled:
		case jobExpired:
			return nil, problem.NotFound("job", "jobId")
		default:
			return nil, problem.BadRequest("The job is " + state + ": only a job that is FULFILLED has results.")
		}
		size, err := c.Int("pageSize")
		switch {
		case err != nil:
			return nil, err
		case size < 0 || size > maxJobPage:
			return nil, problem.Invalid("pageSize", "it must be between 1 and 1,000")
		case j.pageSize > 0:
			size = j.pageSize
		}
		position, err := j.position(c.Query.Get("cursor"))
		if err != nil {
			return nil, err
		}
		return api.Unlocked(func() (any, error) { return j.page(position, cmp.Or(size, defaultJobPage)), nil }), nil
	}
}

// deleteJob cancels a job that goes on, and forgets one that has ended.
func deleteJob(all *jobs, kind jobKind) func(*org.Organisation, *api.Call) (any, error) {
	return func(_ *org.Organisation, c *api.Call) (any, error) {
		j, err := all.find(c, kind)
		if err != nil {
			return nil, err
		}
		switch j.state(c.Now) {
		case jobQueued, jobPending:
			j.cancelled = true
		default:
			all.forget(slices.Index(all.list, j))
		}
		return api.NoContent{}, nil
	}
}

// find finds the one that {jobId} names.
func (l *jobs) find(c *api.Call, kind jobKind) (*job, error) {
	for _, j := range l.list {
		if j.id == c.Params["jobId"] && j.kind == kind {
			return j, nil
		}
	}
	return nil, problem.NotFound("job", "jobId")
}

func (l *jobs) remember(j *job) {
	l.list = append(l.list, j)
	l.users += j.users
	for len(l.list) > maxJobs || len(l.list) > 1 && l.users > maxJobUsers {
		l.forget(0)
	}
}

func (l *jobs) forget(i int) {
	l.users -= l.list[i].users
	l.list = slices.Delete(l.list, i, i+1)
}

// state depends on nothing but the time that has gone by.
func (j *job) state(now time.Time) string {
	switch age := now.Sub(j.submitted); {
	case age >= jobLifetime:
		return jobExpired
	case j.cancelled:
		return jobCancelled
	case age < jobStarts:
		return jobQueued
	case age < jobEnds:
		return jobPending
	case j.failure != "":
		return jobFailed
	default:
		return jobFulfilled
	}
}

// position is where a page begins: at a row, and after how many given.
type position struct{ row, given int }

func (j *job) cursor(p position) string {
	return api.MakeCursor(fmt.Sprintf("%s/%d/%d", j.id, p.row, p.given))
}

// position reads a cursor of this job; empty is the start.
func (j *job) position(cursor string) (position, error) {
	if cursor == "" {
		return position{}, nil
	}
	var p position
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		_, err = fmt.Sscanf(string(text), j.id+"/%d/%d", &p.row, &p.given)
	}
	if err != nil || p.row < 0 || p.given < 0 {
		return position{}, problem.Invalid("cursor", "it is not one of this job's")
	}
	return p, nil
}

// page goes through the rows until it is full, and then on to the next row that
// there is: without one this was the last page.
func (j *job) page(p position, size int) any {
	rows, cursor := []any{}, ""
	row := j.open()
	for ; p.row < j.rows && (j.limit == 0 || p.given < j.limit); p.row++ {
		found, is := row(p.row)
		if !is {
			continue
		}
		if len(rows) == size {
			cursor = j.cursor(p)
			break
		}
		rows = append(rows, found)
		p.given++
	}
	return j.answer(rows, cursor)
}
