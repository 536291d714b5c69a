package development

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// This file makes up how people develop: which learning modules they are assigned
// and when they are coached. Nothing of it is stored. An activity has an owner,
// and owner and slot say all there is to know of it: the choices come out of the
// organisation's origin, the people out of the tree of managers as it is, the
// status out of the clock.
//
//	slots                     owner      attendees               coach
//	modules                   a learner  the owner               -
//	the same, a year earlier  a learner  the owner               -
//	coachings                 a learner  the owner               the owner's manager
//	team coachings            a manager  those who report to it  the owner
//
// Ids work both ways: an activity's id is its owner's with the bits of its slot's
// mask turned over, so that trying the few masks finds the owner.

// Kinds of activities; all but coaching come from a learning module.
const (
	kindCoaching        = "Coaching"
	kindInformational   = "Informational"
	kindAssessedContent = "AssessedContent"
	kindAssessment      = "Assessment"
	kindExternal        = "External"
)

// activityKinds are all that the upstream knows; nobody here has a native one.
var activityKinds = []string{
	kindInformational, kindCoaching, kindAssessedContent, kindAssessment, kindExternal, "Native",
}

// Statuses of activities.
const (
	activityPlanned         = "Planned"
	activityInProgress      = "InProgress"
	activityCompleted       = "Completed"
	activityInvalidSchedule = "InvalidSchedule"
	activityNotCompleted    = "NotCompleted"
)

const (
	moduleSlots   = len(learningModules)
	coachingSlots = 3
	teamSlots     = 2
	activitySlots = 2*moduleSlots + coachingSlots + teamSlots

	// firstCoaching and firstTeam are the slots where these begin.
	firstCoaching = 2 * moduleSlots
	firstTeam     = firstCoaching + coachingSlots

	// passMark is the percentage that passes an assessment.
	passMark = 75

	oneDay  = 24 * time.Hour
	oneYear = 365 * oneDay
)

// activity is one thing that somebody is to learn from.
type activity struct {
	activityKey
	kind, name string
	module     *learningModule // nil for coachings
	attendees  []*org.User
	coach      *org.User // nil for learning
	creator    *org.User // nil for who has nobody above

	created, due time.Time
	started      time.Time // zero: never
	completed    time.Time // zero: never
	score        wire.Double
	repeated     bool // a later assignment of the same module replaces it
}

type activityKey struct {
	owner *org.User
	slot  int
}

// activityMasks are what turns an owner's id into that of an activity, by slot.
type activityMasks [activitySlots][16]byte

func newActivityMasks(o org.Origin) *activityMasks {
	var masks activityMasks
	source := o.IDs("activities")
	for slot := range masks {
		_, _ = source.Read(masks[slot][:]) // documented never to fail
	}
	return &masks
}

// id is the activity's. It is not kept: few of those that are made up are shown.
func (m *activityMasks) id(k activityKey) string {
	owner, _ := wire.ParseID(k.owner.ID)
	return wire.FormatID(turnOver(owner, m[k.slot]))
}

func turnOver(id, mask [16]byte) [16]byte {
	for i := range id {
		id[i] ^= mask[i]
	}
	return id
}

// find finds the activity with that id.
func (m *activityMasks) find(o *org.Organisation, id string) *activity {
	bits, ok := wire.ParseID(id)
	if !ok {
		return nil
	}
	for slot := range m {
		owner := o.Users[wire.FormatID(turnOver(bits, m[slot]))]
		if owner == nil {
			continue
		}
		for _, a := range activitiesOf(o, owner) {
			if a.slot == slot {
				return a
			}
		}
	}
	return nil
}

// activitiesOf are those that u owns.
func activitiesOf(o *org.Organisation, u *org.User) []*activity {
	return slices.Concat(assignmentsOf(o, u), coachingsOf(o, u), teamCoachingsOf(o, u))
}

// activitiesAttendedBy are those that u learns from.
func activitiesAttendedBy(o *org.Organisation, u *org.User) []*activity {
	attended := append(assignmentsOf(o, u), coachingsOf(o, u)...)
	if u.Manager != nil {
		for _, a := range teamCoachingsOf(o, u.Manager) {
			if slices.Contains(a.attendees, u) {
				attended = append(attended, a)
			}
		}
	}
	return attended
}

// activitiesAround are those that u attends, leads or created.
func activitiesAround(o *org.Organisation, u *org.User) []*activity {
	around := append(activitiesAttendedBy(o, u), teamCoachingsOf(o, u)...)
	for _, report := range u.Reports {
		around = append(around, coachingsOf(o, report)...)
		around = append(around, teamCoachingsOf(o, report)...)
		for _, below := range report.Reports {
			around = append(around, coachingsOf(o, below)...)
		}
	}
	return slices.DeleteFunc(around, func(a *activity) bool {
		return !slices.ContainsFunc(relationships, func(r string) bool { return a.relates(u, r) })
	})
}

// relationships are what a user can be to an activity.
var relationships = []string{"Attendee", "Facilitator", "Creator"}

// relates tells whether u is that to a. Creators count for coachings only.
func (a *activity) relates(u *org.User, relationship string) bool {
	switch relationship {
	case "Attendee":
		return slices.Contains(a.attendees, u)
	case "Facilitator":
		return a.coach == u
	default:
		return a.coach != nil && a.creator == u
	}
}

// developing tells whether somebody is assigned anything: those who came after the
// organisation was made are not, because assigning is not among the operations here.
func developing(u *org.User) bool { return u.Created.IsZero() && u.State != org.StateDeleted }

// assignmentsOf are the learning modules that u is assigned.
func assignmentsOf(o *org.Organisation, u *org.User) []*activity {
	if !developing(u) {
		return nil
	}
	r := o.Origin.Draw("assignments", u.ID)
	self := []*org.User{u}
	var all []*activity
	for i := range learningModules {
		m := &learningModules[i]
		a := activity{
			activityKey: activityKey{u, i}, kind: m.kind, name: m.name, module: m, attendees: self, creator: u.Manager,
		}
		assigned, again := r.IntN(3) > 0, r.IntN(4) == 0
		a.created = o.Origin.At.Add(-m.archivedAgo - org.DrawDays(r, 10, 120)).Truncate(time.Minute)
		a.due = a.created.Add(org.DrawDays(r, 14, 45)).Truncate(time.Hour)
		a.study(r)
		if !assigned {
			continue
		}
		if again {
			all = append(all, a.yearEarlier())
		}
		if archived := o.Origin.At.Add(-m.archivedAgo); m.stopsOpen() && a.completed.After(archived) {
			a.completed = time.Time{}
		}
		all = append(all, new(a))
	}
	return all
}

// study decides how a learner gets on: most complete in time, some late, some only
// begin and some do not.
func (a *activity) study(r *rand.Rand) {
	starts := a.created.Add(time.Duration(r.Int64N(int64(a.due.Sub(a.created))))).Truncate(time.Minute)
	completes := starts.Add(time.Duration(r.Int64N(int64(a.due.Sub(starts))))).Truncate(time.Minute)
	late := a.due.Add(org.DrawDays(r, 1, 20))
	a.score = wire.Double(80+r.IntN(121)) / 2
	switch fate := r.IntN(10); {
	case fate < 6:
		a.started, a.completed = starts, completes
	case fate < 7:
		a.started, a.completed = starts, late
	case fate < 8:
		a.started = starts
	}
}

// yearEarlier is the assignment that a replaces; that one was completed.
func (a *activity) yearEarlier() *activity {
	earlier := *a
	earlier.slot += moduleSlots
	earlier.repeated = true
	earlier.created, earlier.due = a.created.Add(-oneYear), a.due.Add(-oneYear)
	earlier.started, earlier.completed = earlier.created.Add(oneDay), earlier.due.Add(-oneDay)
	return &earlier
}

// coachingsOf are the appointments of u alone with the manager.
func coachingsOf(o *org.Organisation, u *org.User) []*activity {
	if u.Manager == nil || !developing(u) {
		return nil
	}
	return appointments(o, "coachings", u, u.Manager, firstCoaching, coachingSlots, []*org.User{u})
}

// teamCoachingsOf are the appointments of u with all who report to u.
func teamCoachingsOf(o *org.Organisation, u *org.User) []*activity {
	if len(u.Reports) == 0 || !u.Created.IsZero() {
		return nil
	}
	team := slices.DeleteFunc(u.DirectReports(), func(r *org.User) bool { return !developing(r) })
	if len(team) == 0 {
		return nil
	}
	return appointments(o, "team coachings", u, u, firstTeam, teamSlots, team)
}

// appointments takes about two in three of so many slots. One in four was made by
// the coach's manager.
func appointments(o *org.Organisation, area string, owner, coach *org.User, first, slots int, attendees []*org.User) []*activity {
	r := o.Origin.Draw(area, owner.ID)
	var all []*activity
	for slot := first; slot < first+slots; slot++ {
		held, missed, delegated := r.IntN(3) > 0, r.IntN(6) == 0, r.IntN(4) == 0
		a := &activity{
			activityKey: activityKey{owner, slot}, kind: kindCoaching, coach: coach, creator: coach, attendees: attendees,
			name: coachingTopics[r.IntN(len(coachingTopics))],
			due:  o.Origin.At.Add(org.DrawDays(r, -80, 40)).Truncate(oneDay).Add(time.Duration(9+r.IntN(8)) * time.Hour),
		}
		a.created = o.Origin.At.Add(-org.DrawDays(r, 81, 90)).Truncate(time.Minute)
		if delegated && coach.Manager != nil {
			a.creator = coach.Manager
		}
		if !missed {
			a.started, a.completed = a.due, a.due.Add(time.Hour)
		}
		if held {
			all = append(all, a)
		}
	}
	return all
}

// status is how far the activity is at a moment.
func (a *activity) status(now time.Time) string {
	switch {
	case a.reached(a.completed, now):
		return activityCompleted
	case a.module != nil && a.module.stopsOpen():
		return activityNotCompleted
	case a.coach != nil && !a.possible(now):
		return activityInvalidSchedule
	case a.reached(a.started, now):
		return activityInProgress
	default:
		return activityPlanned
	}
}

// reached tells whether a step came and those were there who take it.
func (a *activity) reached(step, now time.Time) bool {
	return !step.IsZero() && !now.Before(step) && a.possible(step)
}

// possible tells whether those who are to meet are there at a moment.
func (a *activity) possible(t time.Time) bool {
	there := func(u *org.User) bool { return u.State == org.StateActive || u.StateChanged.After(t) }
	return (a.coach == nil || there(a.coach)) && slices.ContainsFunc(a.attendees, there)
}

func (a *activity) overdue(now time.Time) bool {
	status := a.status(now)
	return (status == activityPlanned || status == activityInProgress) && now.After(a.due)
}

// graded tells whether there is a result: of assessments that are completed.
func (a *activity) graded(now time.Time) bool {
	return (a.kind == kindAssessment || a.kind == kindAssessedContent) && a.status(now) == activityCompleted
}

func (a *activity) passed() bool { return a.score >= passMark }
