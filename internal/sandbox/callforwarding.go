package sandbox

import (
	"slices"
	"time"
)

// callForwarding is the upstream's CallForwarding. The user it belongs to and
// its address are added when it is shown.
type callForwarding struct {
	User         *reference  `json:"user,omitempty"`
	Enabled      bool        `json:"enabled"`
	PhoneNumber  string      `json:"phoneNumber,omitempty"`
	Calls        []callRoute `json:"calls"`
	Voicemail    string      `json:"voicemail,omitempty"`
	ModifiedDate instant     `json:"modifiedDate,omitzero"`
	SelfURI      string      `json:"selfUri,omitempty"`
}

type callRoute struct {
	Targets []callTarget `json:"targets"`
}

type callTarget struct {
	Type  string `json:"type,omitempty"`
	Value string `json:"value,omitempty"`
}

// callForwardingUpdate serves PUT, where absent means default, and PATCH, where
// absent means as it was.
type callForwardingUpdate struct {
	Enabled     optional[bool]        `json:"enabled"`
	PhoneNumber optional[string]      `json:"phoneNumber"`
	Calls       optional[[]callRoute] `json:"calls"`
	Voicemail   optional[string]      `json:"voicemail"`
}

func getUserCallforwarding(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	return u.callForwardingView(), nil
}

func putUserCallforwarding(o *organisation, c *call, in callForwardingUpdate) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	return u.forward(callForwarding{}, in, c.now)
}

func patchUserCallforwarding(o *organisation, c *call, in callForwardingUpdate) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	return u.forward(u.forwarding, in, c.now)
}

// forward applies in to base and stores the result. Forwarding that is enabled
// must lead somewhere.
func (u *user) forward(base callForwarding, in callForwardingUpdate, now time.Time) (any, error) {
	in.Enabled.set(&base.Enabled)
	in.PhoneNumber.set(&base.PhoneNumber)
	in.Calls.set(&base.Calls)
	in.Voicemail.set(&base.Voicemail)
	if base.Voicemail == "" {
		base.Voicemail = "NONE"
	}
	if !slices.Contains([]string{"PURECLOUD", "LASTCALL", "NONE"}, base.Voicemail) {
		return nil, invalid("voicemail", "it must be PURECLOUD, LASTCALL or NONE")
	}
	for _, route := range base.Calls {
		for _, target := range route.Targets {
			switch {
			case target.Type != "STATION" && target.Type != "PHONENUMBER":
				return nil, invalid("calls.targets.type", "it must be STATION or PHONENUMBER")
			case target.Value == "":
				return nil, missing("calls.targets.value")
			}
		}
	}
	leads := slices.ContainsFunc(base.Calls, func(route callRoute) bool { return len(route.Targets) > 0 })
	if base.Enabled && !leads && base.PhoneNumber == "" {
		return nil, missing("calls")
	}
	base.ModifiedDate = at(now)
	u.forwarding = base
	return u.callForwardingView(), nil
}

func (u *user) callForwardingView() callForwarding {
	v := u.forwarding
	v.User = u.link()
	v.Calls = viewAll(v.Calls, func(r callRoute) callRoute { return callRoute{Targets: orEmpty(r.Targets)} })
	v.SelfURI = u.selfURI() + "/callforwarding"
	return v
}
