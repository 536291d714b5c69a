package users

import (
	"slices"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// stateView is the upstream's UserState.
type stateView struct {
	State        string       `json:"state"`
	Version      int32        `json:"version"`
	ChangeReason string       `json:"stateChangeReason,omitempty"`
	ChangeDate   wire.Instant `json:"stateChangeDate,omitzero"`
}

// stateUpdate is the body of PUT /users/{userId}/state.
type stateUpdate struct {
	State        string               `json:"state"`
	Version      wire.Optional[int32] `json:"version"`
	ChangeReason string               `json:"stateChangeReason"`
}

var stateReasons = []string{"Voluntary", "Seasonal", "Leave", "Performance", "Conduct", "Unknown"}

func showState(u *org.User) stateView {
	return stateView{State: u.State, Version: u.Version, ChangeReason: u.StateReason, ChangeDate: wire.At(u.StateChanged)}
}

// getUserState shows deleted users too: it is how one finds out that they are.
func getUserState(o *org.Organisation, c *api.Call) (any, error) {
	u := o.Users[c.Params["userId"]]
	if u == nil {
		return nil, problem.NotFound("user", "userId")
	}
	return showState(u), nil
}

// putUserState checks a version only when it is given one.
func putUserState(o *org.Organisation, c *api.Call, in stateUpdate) (any, error) {
	u := o.Users[c.Params["userId"]]
	switch {
	case u == nil:
		return nil, problem.NotFound("user", "userId")
	case in.State == "":
		return nil, problem.Missing("state")
	case in.Version.Given && !in.Version.Null && in.Version.Value != u.Version:
		return nil, problem.StaleVersion(in.Version.Value, u.Version)
	case in.ChangeReason != "" && !slices.Contains(stateReasons, in.ChangeReason):
		return nil, problem.Invalid("stateChangeReason", "it must be one of "+strings.Join(stateReasons, ", "))
	}
	if err := checkState(in.State); err != nil {
		return nil, err
	}
	next := *u
	o.ChangeState(&next, in.State, in.ChangeReason, c.Now)
	o.Replace(u, &next)
	return showState(u), nil
}

func checkState(state string) error {
	if !slices.Contains(org.UserStates, state) {
		return problem.Invalid("state", "it must be one of "+strings.Join(org.UserStates, ", "))
	}
	return nil
}
