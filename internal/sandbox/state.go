package sandbox

import (
	"slices"
	"strings"
	"time"
)

// stateView is the upstream's UserState.
type stateView struct {
	State        string  `json:"state"`
	Version      int32   `json:"version"`
	ChangeReason string  `json:"stateChangeReason,omitempty"`
	ChangeDate   instant `json:"stateChangeDate,omitzero"`
}

// stateUpdate is the body of PUT /users/{userId}/state.
type stateUpdate struct {
	State        string          `json:"state"`
	Version      optional[int32] `json:"version"`
	ChangeReason string          `json:"stateChangeReason"`
}

var stateReasons = []string{"Voluntary", "Seasonal", "Leave", "Performance", "Conduct", "Unknown"}

func (u *user) stateView() stateView {
	return stateView{State: u.state, Version: u.version, ChangeReason: u.stateReason, ChangeDate: at(u.stateChanged)}
}

// getUserState shows deleted users too: it is how one finds out that they are.
func getUserState(o *organisation, c *call) (any, error) {
	u := o.users[c.params["userId"]]
	if u == nil {
		return nil, notFound("user", "userId")
	}
	return u.stateView(), nil
}

// putUserState checks a version only when it is given one.
func putUserState(o *organisation, c *call, in stateUpdate) (any, error) {
	u := o.users[c.params["userId"]]
	switch {
	case u == nil:
		return nil, notFound("user", "userId")
	case in.State == "":
		return nil, missing("state")
	case in.Version.Given && !in.Version.Null && in.Version.Value != u.version:
		return nil, staleVersion(in.Version.Value, u.version)
	case in.ChangeReason != "" && !slices.Contains(stateReasons, in.ChangeReason):
		return nil, invalid("stateChangeReason", "it must be one of "+strings.Join(stateReasons, ", "))
	}
	next := *u
	if err := o.changeState(&next, in.State, in.ChangeReason, c.now); err != nil {
		return nil, err
	}
	o.replace(u, &next)
	return u.stateView(), nil
}

// changeState moves next, a copy that replace will put in place, to another
// state. Whoever is not active takes no calls: off queue, offline, at no phone.
// Whoever is deleted also leaves the queues.
func (o *organisation) changeState(next *user, state, reason string, now time.Time) error {
	if !slices.Contains(userStates, state) {
		return invalid("state", "it must be one of "+strings.Join(userStates, ", "))
	}
	if state == next.state {
		return nil
	}
	wasDeleted := next.state == stateDeleted
	next.state, next.stateReason, next.stateChanged = state, reason, now
	switch {
	case wasDeleted:
		o.joinDivision(next)
	case state == stateDeleted:
		leaveQueues(next)
	}
	if state != stateActive {
		o.goOffline(next, now)
		next.phones.release(next.id)
		if state == stateDeleted {
			next.phones.dismiss(next.id)
		}
	}
	return nil
}
