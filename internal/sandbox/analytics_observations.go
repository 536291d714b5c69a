package sandbox

import (
	"slices"
	"time"
)

// Metrics of what is now: the queues that a user is a member of, and those of
// them that it has joined.
const (
	oActiveQueues = "oActiveQueues"
	oMemberQueues = "oMemberQueues"
)

var observedMetrics = []string{oActiveQueues, oMemberQueues}

// observes tells whether a metric counts a membership.
func (m membership) observes(metric string) bool { return metric == oMemberQueues || m.joined }

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
	Date   instant `json:"observationDate"`
	UserID string  `json:"userId"`
	TeamID string  `json:"teamId,omitempty"`
}

// postAnalyticsUsersObservationsQuery counts the queues of the users that pass.
// Without metrics it tells all that there are.
func postAnalyticsUsersObservationsQuery(o *organisation, c *call, in observationQuery) (any, error) {
	if in.Filter == nil {
		return nil, missing("filter")
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
	for _, u := range o.rosters[anyState] {
		if u.state == stateDeleted || !passes(u) {
			continue
		}
		container := observationContainer{Group: map[string]string{"userId": u.id}}
		for _, metric := range observedMetrics {
			detailed := slices.Contains(in.DetailMetrics, metric)
			if len(in.Metrics) == 0 || detailed || slices.Contains(in.Metrics, metric) {
				container.Data = append(container.Data, u.observe(metric, detailed, c.now))
			}
		}
		answer.Results = append(answer.Results, container)
	}
	return answer, nil
}

// observe counts, and with details also lists what it counted.
func (u *user) observe(metric string, detailed bool, now time.Time) observedMetric {
	observed := observedMetric{Metric: metric}
	if detailed {
		observed.Truncated, observed.Observations = new(bool), []observation{}
	}
	for _, m := range u.queues {
		if !m.observes(metric) {
			continue
		}
		observed.Stats.Count++
		if detailed {
			observed.Observations = append(observed.Observations, observation{at(now), u.id, u.teamID()})
		}
	}
	return observed
}

func (u *user) teamID() string {
	if u.team == nil {
		return ""
	}
	return u.team.ID
}

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
	ActivityDate           instant `json:"activityDate"`
	OrganizationPresenceID string  `json:"organizationPresenceId"`
	PresenceDate           instant `json:"presenceDate"`
	QueueID                string  `json:"queueId"`
	MembershipStatus       string  `json:"queueMembershipStatus"`
	RoutingStatus          string  `json:"routingStatus"`
	RoutingStatusDate      instant `json:"routingStatusDate"`
	SystemPresence         string  `json:"systemPresence"`
	TeamID                 string  `json:"teamId,omitempty"`
	UserID                 string  `json:"userId"`
}

var activityDimensions = dimensions[queueActivity]{
	"organizationPresenceId": func(a queueActivity) string { return a.user.presence.definition.ID },
	"presenceDate":           func(a queueActivity) string { return at(a.user.presence.since).String() },
	"queueId":                func(a queueActivity) string { return a.queue.ID },
	"queueMembershipStatus":  func(a queueActivity) string { return a.status() },
	"routingStatus":          func(a queueActivity) string { return a.user.routing.status },
	"routingStatusDate":      func(a queueActivity) string { return at(a.user.routing.since).String() },
	"systemPresence":         func(a queueActivity) string { return recordedPresence(a.user.presence.definition) },
	"teamId":                 func(a queueActivity) string { return a.user.teamID() },
	"userId":                 func(a queueActivity) string { return a.user.id },
}

// queueActivity is what the activity query counts: a user in a queue.
type queueActivity struct {
	user *user
	membership
}

func (a queueActivity) status() string {
	if a.joined {
		return stateActive
	}
	return stateInactive
}

func (a queueActivity) view(now time.Time) activityEntity {
	v := activityEntity{ActivityDate: at(now), PresenceDate: at(a.user.presence.since), RoutingStatusDate: at(a.user.routing.since)}
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
func postAnalyticsUsersActivityQuery(o *organisation, c *call, in activityQuery) (any, error) {
	p, err := c.page()
	if err != nil {
		return nil, err
	}
	passes, descending, err := in.check()
	if err != nil {
		return nil, err
	}
	answer := activityAnswer{Results: []activityData{}, EntityIDDimension: "queueId"}
	roster, skip := o.rosters[anyState], (p.number-1)*p.size
	for i := 0; i < len(roster) && len(answer.Results) < p.size; i++ {
		u := roster[i]
		if descending {
			u = roster[len(roster)-1-i]
		}
		var counted []queueActivity
		for _, m := range u.queues {
			if a := (queueActivity{u, m}); passes(a) {
				counted = append(counted, a)
			}
		}
		switch {
		case len(counted) == 0:
		case skip > 0:
			skip--
		default:
			answer.Results = append(answer.Results, in.count(u, counted, c.now))
		}
	}
	return answer, nil
}

func (q activityQuery) check() (passes func(queueActivity) bool, descending bool, err error) {
	if len(q.Metrics) == 0 {
		return nil, false, missing("metrics")
	}
	for _, m := range q.Metrics {
		if m.Metric == "" {
			return nil, false, missing("metrics.metric")
		}
		if err := checkNames("metrics.metric", []string{m.Metric}, observedMetrics); err != nil {
			return nil, false, err
		}
	}
	if len(q.GroupBy) == 0 {
		return nil, false, missing("groupBy")
	}
	if err := checkNames("groupBy", q.GroupBy, []string{"userId"}); err != nil {
		return nil, false, err
	}
	passes = passesAll[queueActivity](nil)
	if q.Filter != nil {
		if passes, err = activityDimensions.compile("filter", *q.Filter); err != nil {
			return nil, false, err
		}
	}
	descending, err = checkOrder(q.Order)
	return passes, descending, err
}

// count makes a user's group. Entities are those that metrics with details count.
func (q activityQuery) count(u *user, counted []queueActivity, now time.Time) activityData {
	data := activityData{Group: map[string]string{"userId": u.id}}
	listed := map[string]bool{}
	for _, m := range q.Metrics {
		value := activityValue{Metric: m.Metric}
		if m.Details {
			value.EntityIDs = []string{}
		}
		for _, a := range counted {
			if !a.observes(m.Metric) {
				continue
			}
			value.Count++
			if !m.Details {
				continue
			}
			value.EntityIDs = append(value.EntityIDs, a.queue.ID)
			if !listed[a.queue.ID] {
				listed[a.queue.ID] = true
				data.Entities = append(data.Entities, a.view(now))
			}
		}
		data.Data = append(data.Data, value)
	}
	return data
}
