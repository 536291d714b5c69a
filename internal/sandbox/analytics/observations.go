package analytics

import (
	"slices"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// Metrics of what is now: the queues that a user is a member of, and those of
// them that it has joined.
const (
	oActiveQueues = "oActiveQueues"
	oMemberQueues = "oMemberQueues"
)

var observedMetrics = []string{oActiveQueues, oMemberQueues}

// observes tells whether a metric counts a membership.
func observes(m org.Membership, metric string) bool { return metric == oMemberQueues || m.Joined }

// observationQuery is the upstream's UserObservationQuery.
type observationQuery struct {
	Filter        *queryFilter `json:"filter"`
	Metrics       []string     `json:"metrics"`
	DetailMetrics []string     `json:"detailMetrics"`
}

type observationAnswer struct {
	Results []observationContainer `json:"results"`
}

type observationContainer struct {
	Group map[string]string `json:"group"`
	Data  []observedMetric  `json:"data"`
}

type observedMetric struct {
	Metric       string        `json:"metric"`
	Stats        observedStats `json:"stats"`
	Truncated    *bool         `json:"truncated,omitempty"` // of the observations
	Observations []observation `json:"observations,omitzero"`
}

type observedStats struct {
	Count int64 `json:"count"`
}

type observation struct {
	Date   wire.Instant `json:"observationDate"`
	UserID string       `json:"userId"`
	TeamID string       `json:"teamId,omitempty"`
}

// postAnalyticsUsersObservationsQuery counts the queues of the users that pass.
// Without metrics it tells all that there are.
func postAnalyticsUsersObservationsQuery(o *org.Organisation, c *api.Call, in observationQuery) (any, error) {
	if in.Filter == nil {
		return nil, problem.Missing("filter")
	}
	passes, err := userDimensions.compile("filter", *in.Filter)
	if err != nil {
		return nil, err
	}
	if err := checkNames("metrics", in.Metrics, observedMetrics); err != nil {
		return nil, err
	}
	if err := checkNames("detailMetrics", in.DetailMetrics, observedMetrics); err != nil {
		return nil, err
	}
	answer := observationAnswer{Results: []observationContainer{}}
	for _, u := range o.Rosters[org.AnyState] {
		if u.State == org.StateDeleted || !passes(u) {
			continue
		}
		container := observationContainer{Group: map[string]string{"userId": u.ID}}
		for _, metric := range observedMetrics {
			detailed := slices.Contains(in.DetailMetrics, metric)
			if len(in.Metrics) == 0 || detailed || slices.Contains(in.Metrics, metric) {
				container.Data = append(container.Data, observe(u, metric, detailed, c.Now))
			}
		}
		answer.Results = append(answer.Results, container)
	}
	return answer, nil
}

// observe counts, and with details also lists what it counted.
func observe(u *org.User, metric string, detailed bool, now time.Time) observedMetric {
	observed := observedMetric{Metric: metric}
	if detailed {
		observed.Truncated, observed.Observations = new(bool), []observation{}
	}
	for _, m := range u.Queues {
		if !observes(m, metric) {
			continue
		}
		observed.Stats.Count++
		if detailed {
			observed.Observations = append(observed.Observations, observation{wire.At(now), u.ID, teamID(u)})
		}
	}
	return observed
}

func teamID(u *org.User) string {
	if u.Team == nil {
		return ""
	}
	return u.Team.ID
}
