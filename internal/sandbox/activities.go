package sandbox

import (
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
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
	attendees  []*user
	coach      *user // nil for learning
	creator    *user // nil for who has nobody above

	created, due time.Time
	started      time.Time // zero: never
	completed    time.Time // zero: never
	score        double
	repeated     bool // a later assignment of the same module replaces it
}

type activityKey struct {
	owner *user
	slot  int
}

// activityMasks are what turns an owner's id into that of an activity, by slot.
type activityMasks [activitySlots][16]byte

func (o origin) activityMasks() *activityMasks {
	var masks activityMasks
	source := o.ids("activities")
	for slot := range masks {
		_, _ = source.Read(masks[slot][:]) // documented never to fail
	}
	return &masks
}

// id is the activity's. It is not kept: few of those that are made up are shown.
func (m *activityMasks) id(k activityKey) string {
	owner, _ := parseID(k.owner.id)
	return formatID(turnOver(owner, m[k.slot]))
}

func turnOver(id, mask [16]byte) [16]byte {
	for i := range id {
		id[i] ^= mask[i]
	}
	return id
}

// parseID reads the bits of an id, as formatID writes them.
func parseID(text string) (b [16]byte, ok bool) {
	digits := strings.ReplaceAll(text, "-", "")
	if len(digits) != 2*len(b) {
		return b, false
	}
	_, err := hex.Decode(b[:], []byte(digits))
	return b, err == nil && formatID(b) == text
}

// activity finds the one with that id.
func (o *organisation) activity(id string) *activity {
	bits, ok := parseID(id)
	if !ok {
		return nil
	}
	for slot := range o.masks {
		owner := o.users[formatID(turnOver(bits, o.masks[slot]))]
		if owner == nil {
			continue
		}
		for _, a := range o.activitiesOf(owner) {
			if a.slot == slot {
				return a
			}
		}
	}
	return nil
}

// activitiesOf are those that u owns.
func (o *organisation) activitiesOf(u *user) []*activity {
	return slices.Concat(o.assignmentsOf(u), o.coachingsOf(u), o.teamCoachingsOf(u))
}

// activitiesAttendedBy are those that u learns from.
func (o *organisation) activitiesAttendedBy(u *user) []*activity {
	attended := append(o.assignmentsOf(u), o.coachingsOf(u)...)
	if u.manager != nil {
		for _, a := range o.teamCoachingsOf(u.manager) {
			if slices.Contains(a.attendees, u) {
				attended = append(attended, a)
			}
		}
	}
	return attended
}

// activitiesAround are those that u attends, leads or created.
func (o *organisation) activitiesAround(u *user) []*activity {
	around := append(o.activitiesAttendedBy(u), o.teamCoachingsOf(u)...)
	for _, report := range u.reports {
		around = append(around, o.coachingsOf(report)...)
		around = append(around, o.teamCoachingsOf(report)...)
		for _, below := range report.reports {
			around = append(around, o.coachingsOf(below)...)
		}
	}
	return slices.DeleteFunc(around, func(a *activity) bool {
		return !slices.ContainsFunc(relationships, func(r string) bool { return a.relates(u, r) })
	})
}

// relationships are what a user can be to an activity.
var relationships = []string{"Attendee", "Facilitator", "Creator"}

// relates tells whether u is that to a. Creators count for coachings only.
func (a *activity) relates(u *user, relationship string) bool {
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
func (u *user) developing() bool { return u.created.IsZero() && u.state != stateDeleted }

// assignmentsOf are the learning modules that u is assigned.
func (o *organisation) assignmentsOf(u *user) []*activity {
	if !u.developing() {
		return nil
	}
	r := o.origin.draw("assignments", u.id)
	self := []*user{u}
	var all []*activity
	for i := range learningModules {
		m := &learningModules[i]
		a := activity{
			activityKey: activityKey{u, i}, kind: m.kind, name: m.name, module: m, attendees: self, creator: u.manager,
		}
		assigned, again := r.IntN(3) > 0, r.IntN(4) == 0
		a.created = o.origin.at.Add(-m.archivedAgo - drawDays(r, 10, 120)).Truncate(time.Minute)
		a.due = a.created.Add(drawDays(r, 14, 45)).Truncate(time.Hour)
		a.study(r)
		if !assigned {
			continue
		}
		if again {
			all = append(all, a.yearEarlier())
		}
		if archived := o.origin.at.Add(-m.archivedAgo); m.stopsOpen() && a.completed.After(archived) {
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
	late := a.due.Add(drawDays(r, 1, 20))
	a.score = double(80+r.IntN(121)) / 2
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
func (o *organisation) coachingsOf(u *user) []*activity {
	if u.manager == nil || !u.developing() {
		return nil
	}
	return o.appointments("coachings", u, u.manager, firstCoaching, coachingSlots, []*user{u})
}

// teamCoachingsOf are the appointments of u with all who report to u.
func (o *organisation) teamCoachingsOf(u *user) []*activity {
	if len(u.reports) == 0 || !u.created.IsZero() {
		return nil
	}
	team := slices.DeleteFunc(u.directReports(), func(r *user) bool { return !r.developing() })
	if len(team) == 0 {
		return nil
	}
	return o.appointments("team coachings", u, u, firstTeam, teamSlots, team)
}

// appointments takes about two in three of so many slots. One in four was made by
// the coach's manager.
func (o *organisation) appointments(area string, owner, coach *user, first, slots int, attendees []*user) []*activity {
	r := o.origin.draw(area, owner.id)
	var all []*activity
	for slot := first; slot < first+slots; slot++ {
		held, missed, delegated := r.IntN(3) > 0, r.IntN(6) == 0, r.IntN(4) == 0
		a := &activity{
			activityKey: activityKey{owner, slot}, kind: kindCoaching, coach: coach, creator: coach, attendees: attendees,
			name: coachingTopics[r.IntN(len(coachingTopics))],
			due:  o.origin.at.Add(drawDays(r, -80, 40)).Truncate(oneDay).Add(time.Duration(9+r.IntN(8)) * time.Hour),
		}
		a.created = o.origin.at.Add(-drawDays(r, 81, 90)).Truncate(time.Minute)
		if delegated && coach.manager != nil {
			a.creator = coach.manager
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

// days draws a number of days between least and most.
func drawDays(r *rand.Rand, least, most int) time.Duration {
	return time.Duration(least)*oneDay + time.Duration(r.Int64N(int64(most-least)*int64(oneDay)))
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
	there := func(u *user) bool { return u.state == stateActive || u.stateChanged.After(t) }
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

// Modes of archiving a module: with immediate what is open stops, with graceful
// it may be completed.
const (
	archivedGraceful  = "Graceful"
	archivedImmediate = "Immediate"
)

// learningModule is what can be assigned.
type learningModule struct {
	id, name, kind string
	archivedAgo    time.Duration // before the organisation was made; 0: in use
	archivalMode   string
}

// stopsOpen tells whether assignments that are open were ended by archiving.
func (m *learningModule) stopsOpen() bool { return m.archivalMode == archivedImmediate }

// learningModules have the same ids in every organisation, because no operation
// here tells them.
var learningModules = [...]learningModule{
	{id: "0d6c1f5e-5a0b-4c57-9a35-6f1f0c2f4b01", name: "Welcome tour", kind: kindInformational},
	{id: "0d6c1f5e-5a0b-4c57-9a35-6f1f0c2f4b02", name: "Data protection", kind: kindAssessedContent},
	{id: "0d6c1f5e-5a0b-4c57-9a35-6f1f0c2f4b03", name: "Product quiz", kind: kindAssessment},
	{id: "0d6c1f5e-5a0b-4c57-9a35-6f1f0c2f4b04", name: "Handling complaints", kind: kindAssessedContent},
	{id: "0d6c1f5e-5a0b-4c57-9a35-6f1f0c2f4b05", name: "Negotiation (guest course)", kind: kindExternal},
	{id: "0d6c1f5e-5a0b-4c57-9a35-6f1f0c2f4b06", name: "Telephone manners", kind: kindInformational,
		archivedAgo: 20 * oneDay, archivalMode: archivedGraceful},
	{id: "0d6c1f5e-5a0b-4c57-9a35-6f1f0c2f4b07", name: "Returns, last year's rules", kind: kindAssessment,
		archivedAgo: 30 * oneDay, archivalMode: archivedImmediate},
}

var coachingTopics = []string{"Call review", "Difficult customers", "Goals of the quarter", "Handling time", "Tone of voice"}
