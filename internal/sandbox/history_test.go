package sandbox

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

const detailsPath = "/api/v2/analytics/users/details/query"

// everybody is a filter that all users pass: with a filter one may ask for more.
const everybody = `"userFilters":[{"type":"and","predicates":[{"dimension":"userId","operator":"exists"}]}]`

// lately is the interval of so many days up to an hour from now.
func (o *testOrg) lately(days int) string {
	end := o.clock.now().Add(time.Hour)
	return instantText(end.AddDate(0, 0, -days)) + "/" + instantText(end)
}

func instantText(t time.Time) string { return t.UTC().Format(instantLayout) }

// details asks for everything that happened in an interval, by user. That is
// much: the shape of it is checked elsewhere.
func (o *testOrg) details(interval string) map[string]any {
	o.t.Helper()
	found := map[string]any{}
	for number := 1; ; number++ {
		res := direct(o.sandbox, "POST", detailsPath, fmt.Sprintf(
			`{"interval":%q,%s,"paging":{"pageSize":100,"pageNumber":%d}}`, interval, everybody, number))
		a := decodeAnswer(o.t, res.Code, res.Body.Bytes()).want(200)
		for _, detail := range a.list("userDetails") {
			found[walk(detail, "userId").(string)] = detail
		}
		if number*100 >= int(a.num("totalHits")) {
			if len(found) != int(a.num("totalHits")) {
				o.t.Errorf("%d users on all pages, want %v", len(found), a.num("totalHits"))
			}
			return found
		}
	}
}

// record is an interval of a details answer.
type record struct {
	value      string
	start, end time.Time // end is zero while it goes on
}

func (r record) text() string { return r.value + " " + instantText(r.start) + "/" + instantText(r.end) }

func records(detail any, list, value string) []record {
	var all []record
	items, _ := walk(detail, list).([]any)
	for _, item := range items {
		r := record{value: walk(item, value).(string)}
		r.start, _ = time.Parse(instantLayout, walk(item, "startTime").(string))
		if end, ok := walk(item, "endTime").(string); ok {
			r.end, _ = time.Parse(instantLayout, end)
		}
		all = append(all, r)
	}
	return all
}

func presences(detail any) []record { return records(detail, "primaryPresence", "systemPresence") }
func statuses(detail any) []record  { return records(detail, "routingStatus", "routingStatus") }

// clip cuts records to an interval; what goes on ends now.
func clip(all []record, from, to, now time.Time) []record {
	var cut []record
	for _, r := range all {
		if r.end.IsZero() {
			r.end = now
		}
		if r.start.Before(from) {
			r.start = from
		}
		if r.end.After(to) {
			r.end = to
		}
		if r.start.Before(r.end) {
			cut = append(cut, r)
		}
	}
	return cut
}

// onQueue joins the records that are on queue.
func onQueue(all []record, is func(value string) bool) []record {
	var joined []record
	for _, r := range all {
		switch n := len(joined); {
		case !is(r.value):
		case n > 0 && joined[n-1].end.Equal(r.start):
			joined[n-1].end = r.end
		default:
			joined = append(joined, record{"on queue", r.start, r.end})
		}
	}
	return joined
}

// checkHistories holds every history of the last month against the invariants
// and against what the user is now.
func (o *testOrg) checkHistories() map[string]any {
	o.t.Helper()
	now := o.clock.now()
	from := now.Add(time.Hour).AddDate(0, 0, -31)
	all := o.details(o.lately(31))
	users := o.sandbox.org.users
	if len(all) != len(users) {
		o.t.Errorf("%d users have a history, want %d", len(all), len(users))
	}
	for id, detail := range all {
		u := users[id]
		for _, side := range []struct {
			records []record
			value   string
			since   time.Time
		}{
			{presences(detail), strings.ToUpper(strings.ReplaceAll(u.presence.definition.SystemPresence, " ", "_")), u.presence.since},
			{statuses(detail), u.routing.status, u.routing.since},
		} {
			if len(side.records) == 0 {
				o.t.Errorf("%s: nothing is recorded", id)
				continue
			}
			for i, r := range side.records {
				last := i == len(side.records)-1
				switch {
				case last != r.end.IsZero():
					o.t.Errorf("%s: record %d of %d: %s", id, i, len(side.records), r.text())
				case !last && (!r.end.After(r.start) || !r.end.Equal(side.records[i+1].start)):
					o.t.Errorf("%s: %s comes before %s", id, r.text(), side.records[i+1].text())
				}
			}
			if last := side.records[len(side.records)-1]; last.value != side.value || !last.start.Equal(at(side.since).Time) {
				o.t.Errorf("%s: the last record is %s, but it is %s since %s", id, last.text(), side.value, instantText(side.since))
			}
			first := side.records[0].start
			if u.knownSince > 0 && first.Before(time.UnixMilli(u.knownSince)) {
				o.t.Errorf("%s: recorded since %s, before it came to be", id, first)
			}
			if u.state != stateActive && !side.records[len(side.records)-1].start.Equal(at(u.stateChanged).Time) {
				o.t.Errorf("%s: %s since %s", id, u.state, at(u.stateChanged))
			}
		}
		byPresence := onQueue(clip(presences(detail), from, now, now), func(v string) bool { return v == "ON_QUEUE" })
		byStatus := onQueue(clip(statuses(detail), from, now, now), func(v string) bool { return v != statusOffQueue })
		if !slices.Equal(byPresence, byStatus) {
			o.t.Errorf("%s: on queue\n%v by presence,\n%v by routing status", id, byPresence, byStatus)
		}
	}
	return all
}

func TestTheHistoryOfWhomWasSeededLeadsToThePresent(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		org := newTestOrg(t, Options{Seed: seed, Users: 45})
		values := map[string]int{}
		var offline, total time.Duration
		now := org.clock.now()
		for id, detail := range org.checkHistories() {
			for _, side := range [][]record{presences(detail), statuses(detail)} {
				for i, r := range side {
					values[r.value]++
					if i > 0 && r.value == side[i-1].value {
						t.Errorf("%s: %s twice in a row, at %s", id, r.value, r.start)
					}
				}
			}
			if org.sandbox.org.users[id].state != stateActive {
				continue
			}
			for _, r := range clip(presences(detail), now.AddDate(0, 0, -28), now, now) {
				total += r.end.Sub(r.start)
				if r.value == "OFFLINE" {
					offline += r.end.Sub(r.start)
				}
			}
		}
		for _, value := range []string{
			"AVAILABLE", "ON_QUEUE", "BREAK", "MEAL", "MEETING", "AWAY", "TRAINING", "BUSY", "OFFLINE",
			"OFF_QUEUE", "IDLE", "INTERACTING", "NOT_RESPONDING", "COMMUNICATING",
		} {
			if values[value] == 0 {
				t.Errorf("seed %d: nobody ever was %s", seed, value)
			}
		}
		// Eight hours on five of seven days leave three quarters of the time.
		if share := float64(offline) / float64(total); share < 0.7 || share > 0.82 {
			t.Errorf("seed %d: offline for %.2f of the time", seed, share)
		}
	}
}

func TestTheHistoryFollowsEveryChange(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		org := newTestOrg(t, Options{Seed: seed, Users: 20, TokenLifetime: 10_000 * time.Hour})
		dice := rand.New(rand.NewPCG(seed, 1))
		var people []string
		for id := range org.sandbox.org.users {
			if id != org.sandbox.org.firstUserID {
				people = append(people, id)
			}
		}
		slices.Sort(people)
		for i := range 150 {
			id := people[dice.IntN(len(people))]
			switch dice.IntN(8) {
			case 0:
				org.put(org.userPath(id, "/state"), fmt.Sprintf(`{"state":%q}`, userStates[dice.IntN(3)]))
			case 1:
				people = append(people, org.create("New", fmt.Sprintf("new%d@example.com", i)))
			case 2:
				org.remove(org.userPath(id, ""))
			default:
				org.put(org.userPath(id, "/routingstatus"), fmt.Sprintf(`{"status":%q}`, []string{statusIdle, statusOffQueue}[dice.IntN(2)]))
			}
			// Some changes come at once, some a moment and some hours later.
			org.clock.advance([]time.Duration{0, 0, time.Millisecond, time.Second, 90 * time.Minute}[dice.IntN(5)])
			if i%75 == 74 {
				org.checkHistories()
			}
		}
	}
}

func TestAChangeIsRecordedWhenItHappens(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	begin := org.clock.now()
	path := org.userPath(id, "")
	org.clock.advance(time.Minute)
	org.put(path+"/routingstatus", `{"status":"IDLE"}`).want(200)
	org.clock.advance(time.Hour)
	org.put(path+"/routingstatus", `{"status":"IDLE"}`).want(200) // changes nothing
	org.put(path+"/routingstatus", `{"status":"OFF_QUEUE"}`).want(200)
	org.clock.advance(time.Hour)
	org.remove(path).want(200)
	org.clock.advance(time.Hour)

	a := org.post(detailsPath, `{"interval":"`+org.lately(1)+`","userFilters":[{"type":"or","predicates":[{"dimension":"userId","value":"`+id+`"}]}]}`)
	var got []string
	for _, r := range append(presences(a.at("userDetails", 0)), statuses(a.at("userDetails", 0))...) {
		end := "now"
		if !r.end.IsZero() {
			end = r.end.Sub(begin).String()
		}
		got = append(got, fmt.Sprint(r.value, " ", r.start.Sub(begin), " ", end))
	}
	want := []string{
		"OFFLINE 0s 1m0s", "ON_QUEUE 1m0s 1h1m0s", "AVAILABLE 1h1m0s 2h1m0s", "OFFLINE 2h1m0s now",
		"OFF_QUEUE 0s 1m0s", "IDLE 1m0s 1h1m0s", "OFF_QUEUE 1h1m0s 2h1m0s", "OFF_QUEUE 2h1m0s now",
	}
	if !slices.Equal(got, want) {
		t.Errorf("recorded\n%q\nwant\n%q", got, want)
	}
}

// What is told of a part of the time is a part of what is told of all of it.
func TestAHistoryIsTheSameHoweverOneAsks(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Seed: 9, Users: 10})
	now := org.clock.now()
	all := org.details(org.lately(31))
	dice := rand.New(rand.NewPCG(9, 9))
	for range 15 {
		from := now.Add(-time.Duration(dice.Int64N(int64(30 * 24 * time.Hour)))).Truncate(time.Millisecond)
		to := from.Add(time.Duration(1+dice.Int64N([]int64{1e8, 1e13, 5e14}[dice.IntN(3)])) + time.Millisecond)
		part := org.details(instantText(from) + "/" + instantText(to))
		for id, detail := range all {
			for name, of := range map[string]func(any) []record{"presence": presences, "routing status": statuses} {
				var want []record
				for _, r := range of(detail) {
					if r.start.Before(to.Truncate(time.Millisecond)) && (r.end.IsZero() || r.end.After(from)) {
						want = append(want, r)
					}
				}
				if got := of(part[id]); !slices.Equal(got, want) {
					t.Fatalf("%s: %s from %s to %s:\n%v\nwant\n%v", id, name, from, to, got, want)
				}
			}
		}
	}

	twin := newTestOrg(t, Options{Seed: 9, Users: 10}).details(org.lately(31))
	other := newTestOrg(t, Options{Seed: 10, Users: 10}).details(org.lately(31))
	if fmt.Sprint(twin) != fmt.Sprint(all) {
		t.Error("the same seed makes up another history")
	}
	for id := range other {
		if all[id] != nil {
			t.Error("two seeds share a user")
		}
	}
}

func TestTheOlderHalfOfManyChangesIsForgotten(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 5})
	u := org.sandbox.org.users[org.sandbox.org.firstUserID]
	for i := range 5 * maxPast {
		org.clock.advance(time.Second)
		org.sandbox.org.route(u, []string{statusIdle, statusOffQueue}[i%2], org.clock.now())
	}
	if len(u.past) < maxPast || len(u.past) > 2*maxPast {
		t.Errorf("%d changes are remembered", len(u.past))
	}
	org.checkHistories()
}

// Two calls at once may be served in the other order than they took the time.
func TestTimeDoesNotRunBackwards(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 5})
	u := org.sandbox.org.users[org.sandbox.org.firstUserID]
	for _, change := range []struct {
		status string
		after  time.Duration
	}{{statusIdle, 5}, {statusOffQueue, 3}, {statusInteracting, 4}, {statusIdle, 4}, {statusIdle, 6}, {statusOffQueue, 6}, {statusIdle, 1}} {
		org.sandbox.org.route(u, change.status, org.clock.now().Add(change.after*time.Second))
	}
	org.clock.advance(time.Minute)
	org.checkHistories()
	org.sandbox.org.goOffline(u, org.clock.now().Add(-time.Hour))
	org.checkHistories()
	moments := append(slices.Clone(u.past), u.moment())
	if !slices.IsSortedFunc(moments, func(a, b moment) int { return cmp.Compare(a.start(), b.start()) }) {
		t.Errorf("out of order: %v", moments)
	}
}
