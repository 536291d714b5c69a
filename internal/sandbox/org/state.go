package org

import (
	"time"
)

// ChangeState moves next, a copy that replace will put in place, to another
// state. Whoever is not active takes no calls: off queue, offline, at no phone.
// Whoever is deleted also leaves the queues.
func (o *Organisation) ChangeState(next *User, state, reason string, now time.Time) {
	if state == next.State {
		return
	}
	wasDeleted := next.State == StateDeleted
	next.State, next.StateReason, next.StateChanged = state, reason, now
	switch {
	case wasDeleted:
		o.joinDivision(next)
	case state == StateDeleted:
		leaveQueues(next)
	}
	if state != StateActive {
		o.goOffline(next, now)
		next.Phones.Release(next.ID)
		if state == StateDeleted {
			next.Phones.Dismiss(next.ID)
		}
	}
}
