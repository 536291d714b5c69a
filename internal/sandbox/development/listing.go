package development

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// maxActivityUsers is how many users one listing can be about.
const maxActivityUsers = 100

// developmentView is the upstream's DevelopmentActivity.
type developmentView struct {
	ID               string          `json:"id"`
	DateCompleted    wire.Instant    `json:"dateCompleted,omitzero"`
	CreatedBy        *org.Reference  `json:"createdBy,omitempty"`
	DateCreated      wire.Instant    `json:"dateCreated"`
	PercentageScore  *wire.Double    `json:"percentageScore,omitempty"`
	IsPassed         *bool           `json:"isPassed,omitempty"`
	IsLatest         *bool           `json:"isLatest,omitempty"`
	IsModuleArchived *bool           `json:"isModuleArchived,omitempty"`
	ArchivalMode     string          `json:"archivalMode,omitempty"`
	SelfURI          string          `json:"selfUri"`
	Name             string          `json:"name"`
	Type             string          `json:"type"`
	Status           string          `json:"status"`
	DateDue          wire.Instant    `json:"dateDue"`
	Facilitator      *org.Reference  `json:"facilitator,omitempty"`
	Attendees        []org.Reference `json:"attendees"`
	IsOverdue        bool            `json:"isOverdue"`
}

// getUsersDevelopmentActivities lists the activities of some users, or of everybody
// who was assigned a module. Ids that lead nowhere are left out in silence.
func (m *activityMasks) getUsersDevelopmentActivities(o *org.Organisation, c *api.Call) (any, error) {
	ids := c.Strings("userId")
	switch {
	case len(ids) == 0 && c.Query.Get("moduleId") == "":
		return nil, problem.Missing("userId")
	case len(ids) > maxActivityUsers:
		return nil, problem.Invalid("userId", "there can be no more than 100")
	case len(ids) == 0:
		return m.list(o, c, o.Rosters[org.AnyState])
	}
	var who []*org.User
	for _, id := range ids {
		if u := o.Users[id]; u != nil && u.State != org.StateDeleted {
			who = append(who, u)
		}
	}
	return m.list(o, c, who)
}

// getUsersDevelopmentActivitiesMe lists those of the user behind the token.
func (m *activityMasks) getUsersDevelopmentActivitiesMe(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.Me(o)
	if err != nil {
		return nil, err
	}
	return m.list(o, c, []*org.User{u})
}

// getUsersDevelopmentActivity shows one. Its type is part of what it is called.
func (m *activityMasks) getUsersDevelopmentActivity(o *org.Organisation, c *api.Call) (any, error) {
	if c.Query.Get("type") == "" {
		return nil, problem.Missing("type")
	}
	kind, err := c.Enum("type", kindInformational, kindCoaching, kindAssessedContent, kindAssessment, kindExternal)
	if err != nil {
		return nil, err
	}
	a := m.find(o, c.Params["activityId"])
	if a == nil || a.kind != kind {
		return nil, problem.NotFound("activity", "activityId")
	}
	return m.view(a, c.Now), nil
}

// list lists what is around these users, by the date it is due.
func (m *activityMasks) list(o *org.Organisation, c *api.Call, who []*org.User) (any, error) {
	p, err := c.Page()
	if err != nil {
		return nil, err
	}
	order, err := c.Enum("sortOrder", "Desc", "Asc")
	if err != nil {
		return nil, err
	}
	f, err := readListFilter(c)
	if err != nil {
		return nil, err
	}
	var found []*activity
	seen := map[activityKey]bool{}
	for _, u := range who {
		for _, a := range f.candidates(o, u) {
			if !seen[a.activityKey] && f.admits(a, c.Now) {
				seen[a.activityKey] = true
				found = append(found, a)
			}
		}
	}
	slices.SortFunc(found, func(a, b *activity) int {
		return cmp.Or(a.due.Compare(b.due), strings.Compare(a.owner.ID, b.owner.ID), cmp.Compare(a.slot, b.slot))
	})
	p.Descending = order == "Desc"
	return api.List(c, p, found, func(a *activity) developmentView { return m.view(a, c.Now) }), nil
}

// listFilter is what a caller wants to see of a list of activities.
type listFilter struct {
	moduleID                       string
	due, completed                 period
	overdue, pass                  string // True, False or Any
	types, statuses, relationships []string
}

func readListFilter(c *api.Call) (listFilter, error) {
	f := listFilter{moduleID: c.Query.Get("moduleId")}
	var errs [7]error
	f.due, errs[0] = readPeriodOf(c, "interval")
	f.completed, errs[1] = readPeriodOf(c, "completionInterval")
	f.overdue, errs[2] = c.Enum("overdue", "Any", "True", "False")
	f.pass, errs[3] = c.Enum("pass", "Any", "True", "False")
	f.types, errs[4] = c.Enums("types", kindInformational, kindCoaching, kindAssessedContent, kindAssessment)
	f.statuses, errs[5] = c.Enums("statuses", activityPlanned, activityInProgress, activityCompleted, activityInvalidSchedule)
	f.relationships, errs[6] = c.Enums("relationship", relationships...)
	return f, cmp.Or(errs[:]...)
}

// candidates are the activities that have to do with u as the filter asks. What
// comes from a module is its learner's own, which spares looking around.
func (f listFilter) candidates(o *org.Organisation, u *org.User) []*activity {
	var all []*activity
	if f.moduleID != "" {
		all = assignmentsOf(o, u)
	} else {
		all = activitiesAround(o, u)
	}
	if len(f.relationships) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(a *activity) bool {
		return !slices.ContainsFunc(f.relationships, func(r string) bool { return a.relates(u, r) })
	})
}

// admits tells whether the filter lets an activity through, whoever it is about.
func (f listFilter) admits(a *activity, now time.Time) bool {
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

func (m *activityMasks) view(a *activity, now time.Time) developmentView {
	id := m.id(a.activityKey)
	v := developmentView{
		ID: id, Name: a.name, Type: a.kind, Status: a.status(now), IsOverdue: a.overdue(now),
		DateCreated: wire.At(a.created), DateDue: wire.At(a.due),
		Attendees: wire.ViewAll(a.attendees, func(u *org.User) org.Reference { return *u.Link() }),
		SelfURI:   wire.APIPrefix + "users/development/activities/" + id + "?type=" + a.kind,
	}
	if v.Status == activityCompleted {
		v.DateCompleted = wire.At(a.completed)
	}
	if a.creator != nil {
		v.CreatedBy = a.creator.Link()
	}
	if a.coach != nil {
		v.Facilitator = a.coach.Link()
	}
	if a.graded(now) {
		v.PercentageScore, v.IsPassed = new(a.score), new(a.passed())
	}
	if from := a.module; from != nil {
		v.IsLatest, v.IsModuleArchived, v.ArchivalMode = new(!a.repeated), new(from.archivalMode != ""), from.archivalMode
	}
	return v
}
