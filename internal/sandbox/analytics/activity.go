package analytics

import (
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/filter"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// activityQuery is the upstream's UserActivityQuery.
type activityQuery struct {
	Metrics []activityMetric `json:"metrics"`
	GroupBy []string         `json:"groupBy"`
	Filter  *queryFilter     `json:"filter"`
	Order   string           `json:"order"`
}

type activityMetric struct {
	Metric  string `json:"metric"`
	Details bool   `json:"details"`
}

type activityAnswer struct {
	Results           []activityData `json:"results"`
	EntityIDDimension string         `json:"entityIdDimension"`
}

type activityData struct {
	Group     map[string]string `json:"group"`
	Data      []activityValue   `json:"data"`
	Truncated bool              `json:"truncated"`
	Entities  []activityEntity  `json:"entities,omitempty"`
}

type activityValue struct {
	Metric    string   `json:"metric"`
	EntityIDs []string `json:"entityIds,omitzero"` // with details
	Count     int      `json:"count"`
}

type activityEntity struct {
	ActivityDate           wire.Instant `json:"activityDate"`
	OrganizationPresenceID string       `json:"organizationPresenceId"`
	PresenceDate           wire.Instant `json:"presenceDate"`
	QueueID                string       `json:"queueId"`
	MembershipStatus       string       `json:"queueMembershipStatus"`
	RoutingStatus          string       `json:"routingStatus"`
	RoutingStatusDate      wire.Instant `json:"routingStatusDate"`
	SystemPresence         string       `json:"systemPresence"`
	TeamID                 string       `json:"teamId,omitempty"`
	UserID                 string       `json:"userId"`
}

var activityDimensions = dimensions[queueActivity]{
	"organizationPresenceId": func(a queueActivity) string { return a.user.Presence.Definition.ID },
	"presenceDate":           func(a queueActivity) string { return wire.At(a.user.Presence.Since).String() },
	"queueId":                func(a queueActivity) string { return a.Queue.ID },
	"queueMembershipStatus":  func(a queueActivity) string { return a.status() },
	"routingStatus":          func(a queueActivity) string { return a.user.Routing.Status },
	"routingStatusDate":      func(a queueActivity) string { return wire.At(a.user.Routing.Since).String() },
	"systemPresence":         func(a queueActivity) string { return recordedPresence(a.user.Presence.Definition) },
	"teamId":                 func(a queueActivity) string { return teamID(a.user) },
	"userId":                 func(a queueActivity) string { return a.user.ID },
}

// queueActivity is what the activity query counts: a user in a queue.
type queueActivity struct {
	user *org.User
	org.Membership
}

func (a queueActivity) status() string {
	if a.Joined {
		return org.StateActive
	}
	return org.StateInactive
}

func (a queueActivity) view(now time.Time) activityEntity {
	v := activityEntity{ActivityDate: wire.At(now), PresenceDate: wire.At(a.user.Presence.Since), RoutingStatusDate: wire.At(a.user.Routing.Since)}
	for name, field := range map[string]*string{
		"organizationPresenceId": &v.OrganizationPresenceID, "queueId": &v.QueueID, "queueMembershipStatus": &v.MembershipStatus,
		"routingStatus": &v.RoutingStatus, "systemPresence": &v.SystemPresence, "teamId": &v.TeamID, "userId": &v.UserID,
	} {
		*field = activityDimensions[name](a)
	}
	return v
}

// postAnalyticsUsersActivityQuery counts the queues of users, a page of users by
// name. The filter is about the user in the queue: who is in none that passes is
// left out.
func postAnalyticsUsersActivityQuery(o *org.Organisation, c *api.Call, in activityQuery) (any, error) {
	p, err := c.Page()
	if err != nil {
		return nil, err
	}
	passes, descending, err := in.check()
	if err != nil {
		return nil, err
	}
	answer := activityAnswer{Results: []activityData{}, EntityIDDimension: "queueId"}
	roster, skip := o.Rosters[org.AnyState], (p.Number-1)*p.Size
	for i := 0; i < len(roster) && len(answer.Results) < p.Size; i++ {
		u := roster[i]
		if descending {
			u = roster[len(roster)-1-i]
		}
		var counted []queueActivity
		for _, m := range u.Queues {
			if a := (queueActivity{u, m}); passes(a) {
				counted = append(counted, a)
			}
		}
		switch {
		case len(counted) == 0:
		case skip > 0:
			skip--
		default:
			answer.Results = append(answer.Results, in.count(u, counted, c.Now))
		}
	}
	return answer, nil
}

func (q activityQuery) check() (passes func(queueActivity) bool, descending bool, err error) {
	if len(q.Metrics) == 0 {
		return nil, false, problem.Missing("metrics")
	}
	for _, m := range q.Metrics {
		if m.Metric == "" {
			return nil, false, problem.Missing("metrics.metric")
		}
		if err := checkNames("metrics.metric", []string{m.Metric}, observedMetrics); err != nil {
			return nil, false, err
		}
	}
	if len(q.GroupBy) == 0 {
		return nil, false, problem.Missing("groupBy")
	}
	if err := checkNames("groupBy", q.GroupBy, []string{"userId"}); err != nil {
		return nil, false, err
	}
	passes = filter.PassesAll[queueActivity](nil)
	if q.Filter != nil {
		if passes, err = activityDimensions.compile("filter", *q.Filter); err != nil {
			return nil, false, err
		}
	}
	descending, err = checkOrder(q.Order)
	return passes, descending, err
}

// count makes a user's group. Entities are those that metrics with details count.
func (q activityQuery) count(u *org.User, counted []queueActivity, now time.Time) activityData {
	data := activityData{Group: map[string]string{"userId": u.ID}}
	listed := map[string]bool{}
	for _, m := range q.Metrics {
		value := activityValue{Metric: m.Metric}
		if m.Details {
			value.EntityIDs = []string{}
		}
		for _, a := range counted {
			if !observes(a.Membership, m.Metric) {
				continue
			}
			value.Count++
			if !m.Details {
				continue
			}
			value.EntityIDs = append(value.EntityIDs, a.Queue.ID)
			if !listed[a.Queue.ID] {
				listed[a.Queue.ID] = true
				data.Entities = append(data.Entities, a.view(now))
			}
		}
		data.Data = append(data.Data, value)
	}
	return data
}
