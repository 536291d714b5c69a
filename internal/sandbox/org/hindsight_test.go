package org

import (
	"cmp"
	"slices"
	"testing"
	"time"
)

func TestHindsightForgetsWhatSearchKnows(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	o := New(0, 5, now)
	for range 100 {
		now = now.Add(5 * time.Second)
		o.Expect(now, 10*time.Second, o.FirstUserID)
	}
	if got := len(o.hindsight.looks); got > 10 {
		t.Errorf("%d looks are remembered", got)
	}
	o.Expect(now, 0, o.FirstUserID)
	if got := len(o.hindsight.looks); got != 0 {
		t.Errorf("%d looks are remembered without a delay", got)
	}
}

// Two calls at once may be served in the other order than they took the time.
func TestWhoGoesOfflineDoesNotGoBackInTime(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	o := New(0, 5, now)
	u := o.Users[o.FirstUserID]
	for i, after := range []time.Duration{5, 3, 4, 6} {
		o.Route(u, []string{StatusIdle, StatusOffQueue}[i%2], now.Add(after*time.Second))
	}
	o.goOffline(u, now.Add(-time.Hour))
	moments := append(slices.Clone(u.Past), u.Moment())
	if !slices.IsSortedFunc(moments, func(a, b Moment) int { return cmp.Compare(a.Start(), b.Start()) }) {
		t.Errorf("out of order: %v", moments)
	}
}
