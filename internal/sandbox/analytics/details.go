package analytics

import (
	"cmp"
	"slices"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/filter"
	"github.com/switchboard-gw/switchboard/internal/sandbox/history"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// Bounds of the upstream on a question that is answered at once, and on a job.
const (
	maxDetailsPage    = 100
	maxUnfilteredDays = 7
	maxDetailsDays    = 31
)

// detailsQuery is the upstream's UserDetailsQuery and its AsyncUserDetailsQuery.
type detailsQuery struct {
	Interval             string        `json:"interval"`
	UserFilters          []queryFilter `json:"userFilters"`
	PresenceFilters      []queryFilter `json:"presenceFilters"`
	RoutingStatusFilters []queryFilter `json:"routingStatusFilters"`
	Order                string        `json:"order"`

	// Only what is answered at once has these.
	PresenceAggregations      []detailsAggregation `json:"presenceAggregations"`
	RoutingStatusAggregations []detailsAggregation `json:"routingStatusAggregations"`
	Paging                    pagingSpec           `json:"paging"`

	Limit int32 `json:"limit"` // of a job
}

type pagingSpec struct {
	PageSize   int32 `json:"pageSize"`
	PageNumber int32 `json:"pageNumber"`
}

type userDetailsAnswer struct {
	UserDetails  []userDetail                `json:"userDetails"`
	Aggregations []detailsAggregationResults `json:"aggregations"`
	TotalHits    int                         `json:"totalHits"`
}

// userDetail is the upstream's AnalyticsUserDetail: every record that overlaps
// the interval, uncut, without an end if it still goes on.
type userDetail struct {
	UserID          string           `json:"userId"`
	PrimaryPresence []presenceRecord `json:"primaryPresence"`
	RoutingStatus   []statusRecord   `json:"routingStatus"`
}

type presenceRecord struct {
	StartTime              wire.Instant `json:"startTime"`
	EndTime                wire.Instant `json:"endTime,omitzero"`
	SystemPresence         string       `json:"systemPresence"`
	OrganizationPresenceID string       `json:"organizationPresenceId"`
}

type statusRecord struct {
	StartTime     wire.Instant `json:"startTime"`
	EndTime       wire.Instant `json:"endTime,omitzero"`
	RoutingStatus string       `json:"routingStatus"`
}

// postAnalyticsUsersDetailsQuery answers with a page of users by name.
func postAnalyticsUsersDetailsQuery(o *org.Organisation, c *api.Call, in detailsQuery) (any, error) {
	longest := int64(maxDetailsDays)
	if len(in.UserFilters)+len(in.PresenceFilters)+len(in.RoutingStatusFilters) == 0 {
		longest = maxUnfilteredDays
	}
	search, err := in.compile(o, c.Now, longest)
	if err != nil {
		return nil, err
	}
	switch {
	case in.Paging.PageSize < 0 || in.Paging.PageSize > maxDetailsPage:
		return nil, problem.Invalid("paging.pageSize", "it must be between 1 and 100")
	case in.Paging.PageNumber < 0:
		return nil, problem.Invalid("paging.pageNumber", "it must be at least 1")
	}
	p := api.Page{Size: cmp.Or(int(in.Paging.PageSize), api.DefaultPageSize), Number: max(int(in.Paging.PageNumber), 1)}
	presences, err := newCounters("presenceAggregations", in.PresenceAggregations, presenceDimensions, presenceTimers)
	if err != nil {
		return nil, err
	}
	statuses, err := newCounters("routingStatusAggregations", in.RoutingStatusAggregations, statusDimensions, statusTimers)
	if err != nil {
		return nil, err
	}
	return api.Unlocked(func() (any, error) {
		search := search.worker()
		answer := userDetailsAnswer{UserDetails: []userDetail{}, Aggregations: []detailsAggregationResults{}}
		first, last := (p.Number-1)*p.Size, p.Number*p.Size
		counts := len(presences)+len(statuses) > 0
		for _, c := range search.chronicles {
			shows := first <= answer.TotalHits && answer.TotalHits < last
			t, hit := search.look(c, shows || counts)
			if !hit {
				continue
			}
			if shows {
				answer.UserDetails = append(answer.UserDetails, t.view(search.descending))
			}
			presences.count(t.presences, search.now)
			statuses.count(t.statuses, search.now)
			answer.TotalHits++
		}
		answer.Aggregations = statuses.results(presences.results(answer.Aggregations))
		return answer, nil
	}), nil
}

// detailsSearch is a query as it stands to the organisation of one moment: it
// needs no lock and never changes, but for what a worker works with.
type detailsSearch struct {
	*history.Historian
	in         interval
	now        int64
	descending bool
	chronicles []history.Chronicle  // in the order asked for
	presences  []func(stretch) bool // each passed by one record at least
	statuses   []func(stretch) bool

	told timeline
}

// worker is the same with room to work in, for one goroutine.
func (s *detailsSearch) worker() *detailsSearch {
	w := *s
	w.Historian = s.Another()
	return &w
}

// timeline is what a user did during an interval.
type timeline struct {
	userID              string
	presences, statuses []stretch
}

var (
	presenceDimensions = dimensions[stretch]{
		"systemPresence":         func(s stretch) string { return s.value },
		"organizationPresenceId": func(s stretch) string { return s.presenceID },
	}
	statusDimensions = dimensions[stretch]{"routingStatus": func(s stretch) string { return s.value }}
)

func (q detailsQuery) compile(o *org.Organisation, now time.Time, longest int64) (*detailsSearch, error) {
	in, err := parseInterval(q.Interval, time.UTC)
	if err != nil {
		return nil, err
	}
	if err := in.atMost("interval", longest); err != nil {
		return nil, err
	}
	users, err := compileFilters("userFilters", q.UserFilters, userDimensions)
	if err != nil {
		return nil, err
	}
	s := &detailsSearch{Historian: history.New(o), in: in, now: now.UnixMilli()}
	if s.presences, err = compileFilters("presenceFilters", q.PresenceFilters, presenceDimensions); err != nil {
		return nil, err
	}
	if s.statuses, err = compileFilters("routingStatusFilters", q.RoutingStatusFilters, statusDimensions); err != nil {
		return nil, err
	}
	if s.descending, err = checkOrder(q.Order); err != nil {
		return nil, err
	}
	s.chronicles = history.Chronicles(o, filter.PassesAll(users), s.descending)
	return s, nil
}

// look tells whether a user is a hit. The timeline is there if it was needed for
// that or asked for, until the next look.
func (s *detailsSearch) look(c history.Chronicle, tell bool) (*timeline, bool) {
	if s.now < s.in.start || s.Begins(c) >= s.in.end {
		return nil, false
	}
	t := &s.told
	t.userID = c.UserID
	if len(s.presences)+len(s.statuses) == 0 && !tell {
		return t, true
	}
	moments := s.Tell(c, s.in.start, s.in.end)
	t.presences = presenceSide.stretches(t.presences[:0], moments, s.in, s.now)
	t.statuses = statusSide.stretches(t.statuses[:0], moments, s.in, s.now)
	return t, len(t.presences)+len(t.statuses) > 0 && each(s.presences, t.presences) && each(s.statuses, t.statuses)
}

// each tells whether every test is passed by one of the stretches.
func each(tests []func(stretch) bool, by []stretch) bool {
	for _, test := range tests {
		if !slices.ContainsFunc(by, test) {
			return false
		}
	}
	return true
}

// view shows a timeline in order of time.
func (t *timeline) view(descending bool) userDetail {
	d := userDetail{
		UserID: t.userID,
		PrimaryPresence: wire.ViewAll(t.presences, func(s stretch) presenceRecord {
			return presenceRecord{millis(s.start), s.ended(), s.value, s.presenceID}
		}),
		RoutingStatus: wire.ViewAll(t.statuses, func(s stretch) statusRecord {
			return statusRecord{millis(s.start), s.ended(), s.value}
		}),
	}
	if descending {
		slices.Reverse(d.PrimaryPresence)
		slices.Reverse(d.RoutingStatus)
	}
	return d
}

func (s stretch) ended() wire.Instant {
	if s.end == stillOpen {
		return wire.Instant{}
	}
	return millis(s.end)
}
