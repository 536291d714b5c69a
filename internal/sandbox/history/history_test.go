package history_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestTheHistoryOfWhomWasSeededLeadsToThePresent(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		box := sandboxtest.New(t, sandbox.Options{Seed: seed, Users: 45})
		values := map[string]int{}
		var offline, total time.Duration
		now := box.Clock.Now()
		for id, detail := range box.CheckHistories() {
			for _, side := range [][]sandboxtest.Record{sandboxtest.Presences(detail), sandboxtest.Statuses(detail)} {
				for i, r := range side {
					values[r.Value]++
					if i > 0 && r.Value == side[i-1].Value {
						t.Errorf("%s: %s twice in a row, at %s", id, r.Value, r.Start)
					}
				}
			}
			if box.State.Users[id].State != org.StateActive {
				continue
			}
			for _, r := range sandboxtest.Clip(sandboxtest.Presences(detail), now.AddDate(0, 0, -28), now, now) {
				total += r.End.Sub(r.Start)
				if r.Value == "OFFLINE" {
					offline += r.End.Sub(r.Start)
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
		box := sandboxtest.New(t, sandbox.Options{Seed: seed, Users: 20, TokenLifetime: 10_000 * time.Hour})
		dice := rand.New(rand.NewPCG(seed, 1))
		var people []string
		for id := range box.State.Users {
			if id != box.State.FirstUserID {
				people = append(people, id)
			}
		}
		slices.Sort(people)
		for i := range 150 {
			id := people[dice.IntN(len(people))]
			switch dice.IntN(8) {
			case 0:
				box.Put(box.UserPath(id, "/state"), fmt.Sprintf(`{"state":%q}`, org.UserStates[dice.IntN(3)]))
			case 1:
				people = append(people, box.Create("New", fmt.Sprintf("new%d@example.com", i)))
			case 2:
				box.Remove(box.UserPath(id, ""))
			default:
				box.Put(box.UserPath(id, "/routingstatus"), fmt.Sprintf(`{"status":%q}`, []string{org.StatusIdle, org.StatusOffQueue}[dice.IntN(2)]))
			}
			// Some changes come at once, some a moment and some hours later.
			box.Clock.Advance([]time.Duration{0, 0, time.Millisecond, time.Second, 90 * time.Minute}[dice.IntN(5)])
			if i%75 == 74 {
				box.CheckHistories()
			}
		}
	}
}

func TestAChangeIsRecordedWhenItHappens(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	begin := box.Clock.Now()
	path := box.UserPath(id, "")
	box.Clock.Advance(time.Minute)
	box.Put(path+"/routingstatus", `{"status":"IDLE"}`).Want(200)
	box.Clock.Advance(time.Hour)
	box.Put(path+"/routingstatus", `{"status":"IDLE"}`).Want(200) // changes nothing
	box.Put(path+"/routingstatus", `{"status":"OFF_QUEUE"}`).Want(200)
	box.Clock.Advance(time.Hour)
	box.Remove(path).Want(200)
	box.Clock.Advance(time.Hour)

	a := box.Post(sandboxtest.DetailsPath, `{"interval":"`+box.Lately(1)+`","userFilters":[{"type":"or","predicates":[{"dimension":"userId","value":"`+id+`"}]}]}`)
	var got []string
	for _, r := range append(sandboxtest.Presences(a.At("userDetails", 0)), sandboxtest.Statuses(a.At("userDetails", 0))...) {
		end := "now"
		if !r.End.IsZero() {
			end = r.End.Sub(begin).String()
		}
		got = append(got, fmt.Sprint(r.Value, " ", r.Start.Sub(begin), " ", end))
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
	box := sandboxtest.New(t, sandbox.Options{Seed: 9, Users: 10})
	now := box.Clock.Now()
	all := box.Details(box.Lately(31))
	dice := rand.New(rand.NewPCG(9, 9))
	for range 15 {
		from := now.Add(-time.Duration(dice.Int64N(int64(30 * 24 * time.Hour)))).Truncate(time.Millisecond)
		to := from.Add(time.Duration(1+dice.Int64N([]int64{1e8, 1e13, 5e14}[dice.IntN(3)])) + time.Millisecond)
		part := box.Details(sandboxtest.InstantText(from) + "/" + sandboxtest.InstantText(to))
		for id, detail := range all {
			for name, of := range map[string]func(any) []sandboxtest.Record{"presence": sandboxtest.Presences, "routing status": sandboxtest.Statuses} {
				var want []sandboxtest.Record
				for _, r := range of(detail) {
					if r.Start.Before(to.Truncate(time.Millisecond)) && (r.End.IsZero() || r.End.After(from)) {
						want = append(want, r)
					}
				}
				if got := of(part[id]); !slices.Equal(got, want) {
					t.Fatalf("%s: %s from %s to %s:\n%v\nwant\n%v", id, name, from, to, got, want)
				}
			}
		}
	}

	twin := sandboxtest.New(t, sandbox.Options{Seed: 9, Users: 10}).Details(box.Lately(31))
	other := sandboxtest.New(t, sandbox.Options{Seed: 10, Users: 10}).Details(box.Lately(31))
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
	box := sandboxtest.New(t, sandbox.Options{Users: 5})
	u := box.State.Users[box.State.FirstUserID]
	for i := range 5000 {
		box.Clock.Advance(time.Second)
		box.State.Route(u, []string{org.StatusIdle, org.StatusOffQueue}[i%2], box.Clock.Now())
	}
	if len(u.Past) < 1000 || len(u.Past) > 2000 {
		t.Errorf("%d changes are remembered", len(u.Past))
	}
	box.CheckHistories()
}

// Two calls at once may be served in the other order than they took the time.
func TestTimeDoesNotRunBackwards(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 5})
	u := box.State.Users[box.Agent()]
	for _, change := range []struct {
		status string
		after  time.Duration
	}{{org.StatusIdle, 5}, {org.StatusOffQueue, 3}, {org.StatusInteracting, 4}, {org.StatusIdle, 4}, {org.StatusIdle, 6}, {org.StatusOffQueue, 6}, {org.StatusIdle, 1}} {
		box.State.Route(u, change.status, box.Clock.Now().Add(change.after*time.Second))
	}
	box.Clock.Advance(time.Minute)
	box.CheckHistories()
	moments := append(slices.Clone(u.Past), u.Moment())
	if !slices.IsSortedFunc(moments, func(a, b org.Moment) int { return cmp.Compare(a.Start(), b.Start()) }) {
		t.Errorf("out of order: %v", moments)
	}
}
