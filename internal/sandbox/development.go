package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// maxActivityUsers is how many users one listing can be about.
const maxActivityUsers = 100

// developmentView is the upstream's DevelopmentActivity.
type developmentView struct {
	ID               string      `json:"id"`
	DateCompleted    instant     `json:"dateCompleted,omitzero"`
	CreatedBy        *reference  `json:"createdBy,omitempty"`
	DateCreated      instant     `json:"dateCreated"`
	PercentageScore  *double     `json:"percentageScore,omitempty"`
	IsPassed         *bool       `json:"isPassed,omitempty"`
	IsLatest         *bool       `json:"isLatest,omitempty"`
	IsModuleArchived *bool       `json:"isModuleArchived,omitempty"`
	ArchivalMode     string      `json:"archivalMode,omitempty"`
	SelfURI          string      `json:"selfUri"`
	Name             string      `json:"name"`
	Type             string      `json:"type"`
	Status           string      `json:"status"`
	DateDue          instant     `json:"dateDue"`
	Facilitator      *reference  `json:"facilitator,omitempty"`
	Attendees        []reference `json:"attendees"`
	IsOverdue        bool        `json:"isOverdue"`
}

// getUsersDevelopmentActivities lists the activities of some users, or of everybody
// who was assigned a module. Ids that lead nowhere are left out in silence.
func getUsersDevelopmentActivities(o *organisation, c *call) (any, error) {
	ids := c.strings("userId")
	switch {
	case len(ids) == 0 && c.query.Get("moduleId") == "":
		return nil, missing("userId")
	case len(ids) > maxActivityUsers:
		return nil, invalid("userId", "there can be no more than 100")
	case len(ids) == 0:
		return o.listActivities(c, o.rosters[anyState])
	}
	var who []*user
	for _, id := range ids {
		if u := o.users[id]; u != nil && u.state != stateDeleted {
			who = append(who, u)
		}
	}
	return o.listActivities(c, who)
}

// getUsersDevelopmentActivitiesMe lists those of the user behind the token.
func getUsersDevelopmentActivitiesMe(o *organisation, c *call) (any, error) {
	u, err := c.me(o)
	if err != nil {
		return nil, err
	}
	return o.listActivities(c, []*user{u})
}

// getUsersDevelopmentActivity shows one. Its type is part of what it is called.
func getUsersDevelopmentActivity(o *organisation, c *call) (any, error) {
	if c.query.Get("type") == "" {
		return nil, missing("type")
	}
	kind, err := c.enum("type", kindInformational, kindCoaching, kindAssessedContent, kindAssessment, kindExternal)
	if err != nil {
		return nil, err
	}
	a := o.activity(c.params["activityId"])
	if a == nil || a.kind != kind {
		return nil, notFound("activity", "activityId")
	}
	return o.developmentView(a, c.now), nil
}

// listActivities lists what is around these users, by the date it is due.
func (o *organisation) listActivities(c *call, who []*user) (any, error) {
	p, err := c.page()
	if err != nil {
		return nil, err
	}
	order, err := c.enum("sortOrder", "Desc", "Asc")
	if err != nil {
		return nil, err
	}
	f, err := c.developmentListFilter()
	if err != nil {
		return nil, err
	}
	var found []*activity
	seen := map[activityKey]bool{}
	for _, u := range who {
		for _, a := range f.candidates(o, u) {
			if !seen[a.activityKey] && f.admits(a, c.now) {
				seen[a.activityKey] = true
				found = append(found, a)
			}
		}
	}
	slices.SortFunc(found, func(a, b *activity) int {
		return cmp.Or(a.due.Compare(b.due), strings.Compare(a.owner.id, b.owner.id), cmp.Compare(a.slot, b.slot))
	})
	p.descending = order == "Desc"
	return list(c, p, found, func(a *activity) developmentView { return o.developmentView(a, c.now) }), nil
}

// developmentListFilter is what a caller wants to see of a list of activities.
type developmentListFilter struct {
	moduleID                       string
	due, completed                 period
	overdue, pass                  string // True, False or Any
	types, statuses, relationships []string
}

func (c *call) developmentListFilter() (developmentListFilter, error) {
	f := developmentListFilter{moduleID: c.query.Get("moduleId")}
	var errs [7]error
	f.due, errs[0] = c.period("interval")
	f.completed, errs[1] = c.period("completionInterval")
	f.overdue, errs[2] = c.enum("overdue", "Any", "True", "False")
	f.pass, errs[3] = c.enum("pass", "Any", "True", "False")
	f.types, errs[4] = c.enums("types", kindInformational, kindCoaching, kindAssessedContent, kindAssessment)
	f.statuses, errs[5] = c.enums("statuses", activityPlanned, activityInProgress, activityCompleted, activityInvalidSchedule)
	f.relationships, errs[6] = c.enums("relationship", relationships...)
	return f, cmp.Or(errs[:]...)
}

// candidates are the activities that have to do with u as the filter asks. What
// comes from a module is its learner's own, which spares looking around.
func (f developmentListFilter) candidates(o *organisation, u *user) []*activity {
	around := o.activitiesAround
	if f.moduleID != "" {
		around = o.assignmentsOf
	}
	all := around(u)
	if len(f.relationships) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(a *activity) bool {
		return !slices.ContainsFunc(f.relationships, func(r string) bool { return a.relates(u, r) })
	})
}

// admits tells whether the filter lets an activity through, whoever it is about.
func (f developmentListFilter) admits(a *activity, now time.Time) bool {
	is := func(text string, holds bool) bool { return text == "Any" || (text == "True") == holds }
	among := func(values []string, value string) bool { return len(values) == 0 || slices.Contains(values, value) }
	status := a.status(now)
	return (f.moduleID == "" || a.module != nil && a.module.id == f.moduleID) &&
		f.due.covers(a.due) &&
		(f.completed.open() || status == activityCompleted && f.completed.covers(a.completed)) &&
		is(f.overdue, a.overdue(now)) &&
		(f.pass == "Any" || a.graded(now) && is(f.pass, a.passed())) &&
		among(f.types, a.kind) && among(f.statuses, status)
}

func (o *organisation) developmentView(a *activity, now time.Time) developmentView {
	id := o.masks.id(a.activityKey)
	v := developmentView{
		ID: id, Name: a.name, Type: a.kind, Status: a.status(now), IsOverdue: a.overdue(now),
		DateCreated: at(a.created), DateDue: at(a.due),
		Attendees: viewAll(a.attendees, func(u *user) reference { return *u.link() }),
		SelfURI:   apiPrefix + "users/development/activities/" + id + "?type=" + a.kind,
	}
	if v.Status == activityCompleted {
		v.DateCompleted = at(a.completed)
	}
	if a.creator != nil {
		v.CreatedBy = a.creator.link()
	}
	if a.coach != nil {
		v.Facilitator = a.coach.link()
	}
	if a.graded(now) {
		v.PercentageScore, v.IsPassed = new(a.score), new(a.passed())
	}
	if m := a.module; m != nil {
		v.IsLatest, v.IsModuleArchived, v.ArchivalMode = new(!a.repeated), new(m.archivalMode != ""), m.archivalMode
	}
	return v
}

// period is a span of time without its end. The zero one is open: it covers all.
type period struct{ from, to time.Time }

func (p period) open() bool { return p == period{} }

func (p period) covers(t time.Time) bool {
	return p.open() || !t.Before(p.from) && t.Before(p.to)
}

// period reads a parameter that is one; absent or empty is the open one.
func (c *call) period(name string) (period, error) {
	if c.query.Get(name) == "" {
		return period{}, nil
	}
	return readPeriod(name, c.query.Get(name))
}

// readPeriod reads an ISO 8601 interval of at most a year, in whole seconds.
func readPeriod(field, text string) (period, error) {
	start, end, _ := strings.Cut(text, "/")
	from, errFrom := parseTime(start)
	to, errTo := parseTime(end)
	p := period{from.Truncate(time.Second), to.Truncate(time.Second)}
	switch {
	case errFrom != nil || errTo != nil:
		return p, invalid(field, "it must be two dates and times with a slash between them")
	case !p.from.Before(p.to):
		return p, invalid(field, "its end must be after its start")
	case p.to.After(p.from.AddDate(1, 0, 0)):
		return p, invalid(field, "it must not be longer than a year")
	}
	return p, nil
}

// enums reads a repeated parameter whose values must be among these; absent is nil.
func (c *call) enums(name string, values ...string) ([]string, error) {
	given := c.strings(name)
	for i, text := range given {
		at := slices.IndexFunc(values, func(value string) bool { return strings.EqualFold(value, text) })
		if at < 0 {
			return nil, invalid(name, "it must be one of "+strings.Join(values, ", "))
		}
		given[i] = values[at]
	}
	return given, nil
}
