package telephony

import (
	"slices"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// callForwardingUpdate serves PUT, where absent means default, and PATCH, where
// absent means as it was.
type callForwardingUpdate struct {
	Enabled     wire.Optional[bool]            `json:"enabled"`
	PhoneNumber wire.Optional[string]          `json:"phoneNumber"`
	Calls       wire.Optional[[]org.CallRoute] `json:"calls"`
	Voicemail   wire.Optional[string]          `json:"voicemail"`
}

func getUserCallforwarding(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	return showCallForwarding(u), nil
}

func putUserCallforwarding(o *org.Organisation, c *api.Call, in callForwardingUpdate) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	return forward(u, org.CallForwarding{}, in, c.Now)
}

func patchUserCallforwarding(o *org.Organisation, c *api.Call, in callForwardingUpdate) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	return forward(u, u.Forwarding, in, c.Now)
}

// forward applies in to base and stores the result. Forwarding that is enabled
// must lead somewhere.
func forward(u *org.User, base org.CallForwarding, in callForwardingUpdate, now time.Time) (any, error) {
	in.Enabled.Set(&base.Enabled)
	in.PhoneNumber.Set(&base.PhoneNumber)
	in.Calls.Set(&base.Calls)
	in.Voicemail.Set(&base.Voicemail)
	if base.Voicemail == "" {
		base.Voicemail = "NONE"
	}
	if !slices.Contains([]string{"PURECLOUD", "LASTCALL", "NONE"}, base.Voicemail) {
		return nil, problem.Invalid("voicemail", "it must be PURECLOUD, LASTCALL or NONE")
	}
	for _, route := range base.Calls {
		for _, target := range route.Targets {
			switch {
			case target.Type != "STATION" && target.Type != "PHONENUMBER":
				return nil, problem.Invalid("calls.targets.type", "it must be STATION or PHONENUMBER")
			case target.Value == "":
				return nil, problem.Missing("calls.targets.value")
			}
		}
	}
	leads := slices.ContainsFunc(base.Calls, func(route org.CallRoute) bool { return len(route.Targets) > 0 })
	if base.Enabled && !leads && base.PhoneNumber == "" {
		return nil, problem.Missing("calls")
	}
	base.ModifiedDate = wire.At(now)
	u.Forwarding = base
	return showCallForwarding(u), nil
}

func showCallForwarding(u *org.User) org.CallForwarding {
	v := u.Forwarding
	v.User = u.Link()
	v.Calls = wire.ViewAll(v.Calls, func(r org.CallRoute) org.CallRoute { return org.CallRoute{Targets: wire.OrEmpty(r.Targets)} })
	v.SelfURI = u.SelfURI() + "/callforwarding"
	return v
}
