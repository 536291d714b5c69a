package analytics

import (
	"testing"
)

func TestTheJobsRememberedAreBounded(t *testing.T) {
	t.Parallel()
	var l jobs
	lone := &job{users: 7}
	l.remember(lone)
	if l.forget(0); len(l.list) != 0 || l.users != 0 {
		t.Errorf("%d jobs of %d users are left", len(l.list), l.users)
	}
	for i := range 5 {
		l.remember(&job{rows: i, users: maxJobUsers / 3})
	}
	if len(l.list) != 3 || l.list[0].rows != 2 {
		t.Errorf("%d jobs are remembered, from number %d on", len(l.list), l.list[0].rows)
	}
	l.remember(&job{users: 2 * maxJobUsers})
	if len(l.list) != 1 || l.users != 2*maxJobUsers {
		t.Errorf("%d jobs of %d users are remembered", len(l.list), l.users)
	}
}
