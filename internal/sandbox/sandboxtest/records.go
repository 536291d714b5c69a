package sandboxtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// DetailsPath is where details are asked for.
const DetailsPath = "/api/v2/analytics/users/details/query"

// InstantLayout is how moments are written.
const InstantLayout = "2006-01-02T15:04:05.000Z"

// Everybody is a filter that all users pass: with a filter one may ask for more.
const Everybody = `"userFilters":[{"type":"and","predicates":[{"dimension":"userId","operator":"exists"}]}]`

// Lately is the interval of so many days up to an hour from now.
func (o *Sandbox) Lately(days int) string {
	end := o.Clock.Now().Add(time.Hour)
	return InstantText(end.AddDate(0, 0, -days)) + "/" + InstantText(end)
}

// InstantText writes a moment.
func InstantText(t time.Time) string { return t.UTC().Format(InstantLayout) }

// Details asks for everything that happened in an interval, by user. That is
// much: the shape of it is checked elsewhere.
func (o *Sandbox) Details(interval string) map[string]any {
	o.T.Helper()
	found := map[string]any{}
	for number := 1; ; number++ {
		res := Direct(o.Sandbox, "POST", DetailsPath, fmt.Sprintf(
			`{"interval":%q,%s,"paging":{"pageSize":100,"pageNumber":%d}}`, interval, Everybody, number))
		a := DecodeAnswer(o.T, res.Code, res.Body.Bytes()).Want(200)
		for _, detail := range a.List("userDetails") {
			found[Walk(detail, "userId").(string)] = detail
		}
		if number*100 >= int(a.Num("totalHits")) {
			if len(found) != int(a.Num("totalHits")) {
				o.T.Errorf("%d users on all pages, want %v", len(found), a.Num("totalHits"))
			}
			return found
		}
	}
}

// Record is an interval of a details answer.
type Record struct {
	Value      string
	Start, End time.Time // end is zero while it goes on
}

func (r Record) text() string { return r.Value + " " + InstantText(r.Start) + "/" + InstantText(r.End) }

// Records reads the list of that name.
func Records(detail any, list, value string) []Record {
	var all []Record
	items, _ := Walk(detail, list).([]any)
	for _, item := range items {
		r := Record{Value: Walk(item, value).(string)}
		r.Start, _ = time.Parse(InstantLayout, Walk(item, "startTime").(string))
		if end, ok := Walk(item, "endTime").(string); ok {
			r.End, _ = time.Parse(InstantLayout, end)
		}
		all = append(all, r)
	}
	return all
}

// Presences are the presences of a user.
func Presences(detail any) []Record { return Records(detail, "primaryPresence", "systemPresence") }

// Statuses are the routing statuses of a user.
func Statuses(detail any) []Record { return Records(detail, "routingStatus", "routingStatus") }

// Clip cuts records to an interval; what goes on ends now.
func Clip(all []Record, from, to, now time.Time) []Record {
	var cut []Record
	for _, r := range all {
		if r.End.IsZero() {
			r.End = now
		}
		if r.Start.Before(from) {
			r.Start = from
		}
		if r.End.After(to) {
			r.End = to
		}
		if r.Start.Before(r.End) {
			cut = append(cut, r)
		}
	}
	return cut
}

// onQueue joins the records that are on queue.
func onQueue(all []Record, is func(value string) bool) []Record {
	var joined []Record
	for _, r := range all {
		switch n := len(joined); {
		case !is(r.Value):
		case n > 0 && joined[n-1].End.Equal(r.Start):
			joined[n-1].End = r.End
		default:
			joined = append(joined, Record{"on queue", r.Start, r.End})
		}
	}
	return joined
}

// CheckHistories holds every history of the last month against the invariants
// and against what the user is now.
func (o *Sandbox) CheckHistories() map[string]any {
	o.T.Helper()
	now := o.Clock.Now()
	from := now.Add(time.Hour).AddDate(0, 0, -31)
	all := o.Details(o.Lately(31))
	users := o.State.Users
	if len(all) != len(users) {
		o.T.Errorf("%d users have a history, want %d", len(all), len(users))
	}
	for id, detail := range all {
		u := users[id]
		for _, side := range []struct {
			records []Record
			value   string
			since   time.Time
		}{
			{Presences(detail), strings.ToUpper(strings.ReplaceAll(u.Presence.Definition.SystemPresence, " ", "_")), u.Presence.Since},
			{Statuses(detail), u.Routing.Status, u.Routing.Since},
		} {
			if len(side.records) == 0 {
				o.T.Errorf("%s: nothing is recorded", id)
				continue
			}
			for i, r := range side.records {
				last := i == len(side.records)-1
				switch {
				case last != r.End.IsZero():
					o.T.Errorf("%s: record %d of %d: %s", id, i, len(side.records), r.text())
				case !last && (!r.End.After(r.Start) || !r.End.Equal(side.records[i+1].Start)):
					o.T.Errorf("%s: %s comes before %s", id, r.text(), side.records[i+1].text())
				}
			}
			if last := side.records[len(side.records)-1]; last.Value != side.value || !last.Start.Equal(wire.At(side.since).Time) {
				o.T.Errorf("%s: the last record is %s, but it is %s since %s", id, last.text(), side.value, InstantText(side.since))
			}
			first := side.records[0].Start
			if u.KnownSince > 0 && first.Before(time.UnixMilli(u.KnownSince)) {
				o.T.Errorf("%s: recorded since %s, before it came to be", id, first)
			}
			if u.State != org.StateActive && !side.records[len(side.records)-1].Start.Equal(wire.At(u.StateChanged).Time) {
				o.T.Errorf("%s: %s since %s", id, u.State, wire.At(u.StateChanged))
			}
		}
		byPresence := onQueue(Clip(Presences(detail), from, now, now), func(v string) bool { return v == "ON_QUEUE" })
		byStatus := onQueue(Clip(Statuses(detail), from, now, now), func(v string) bool { return v != org.StatusOffQueue })
		if !slices.Equal(byPresence, byStatus) {
			o.T.Errorf("%s: on queue\n%v by presence,\n%v by routing status", id, byPresence, byStatus)
		}
	}
	return all
}
