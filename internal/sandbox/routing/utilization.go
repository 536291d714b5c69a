package routing

import (
	"maps"
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// maxCapacity is the most interactions of one medium at once.
const maxCapacity = 25

// organisationUtilization is what users have that have none of their own.
func organisationUtilization() map[string]org.MediaUtilization {
	of := func(capacity int32, interruptedBy ...string) org.MediaUtilization {
		return org.MediaUtilization{MaximumCapacity: capacity, InterruptableMediaTypes: wire.OrEmpty(interruptedBy)}
	}
	return map[string]org.MediaUtilization{
		"call": of(1), "callback": of(1, "call"), "chat": of(4), "email": of(1, "call", "chat"), "message": of(4), "workitem": of(1, "call", "chat", "message"),
	}
}

type utilizationUpdate struct {
	Utilization       map[string]*org.MediaUtilization `json:"utilization"`
	LabelUtilizations map[string]struct{}              `json:"labelUtilizations"`
	MaxInboundCalls   *int32                           `json:"maxInboundCalls"`
}

type utilizationView struct {
	Utilization       map[string]org.MediaUtilization `json:"utilization"`
	LabelUtilizations map[string]struct{}             `json:"labelUtilizations"`
	MaxInboundCalls   *int32                          `json:"maxInboundCalls,omitempty"`
	Level             string                          `json:"level"`
}

func getRoutingUserUtilization(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	return showUtilization(u), nil
}

// putRoutingUserUtilization gives a user a utilization of its own. A medium that
// the body leaves out goes back to the organisation's.
func putRoutingUserUtilization(o *org.Organisation, c *api.Call, in utilizationUpdate) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	media := organisationUtilization()
	for _, name := range slices.Sorted(maps.Keys(in.Utilization)) {
		given := in.Utilization[name]
		field := "utilization." + name
		if _, known := media[name]; !known {
			return nil, problem.Invalid(field, "there is no such media type")
		}
		if given == nil {
			continue
		}
		if given.MaximumCapacity < 0 || given.MaximumCapacity > maxCapacity {
			return nil, problem.Invalid(field+".maximumCapacity", "it must be between 0 and 25")
		}
		for _, other := range given.InterruptableMediaTypes {
			if _, known := media[other]; !known || other == name {
				return nil, problem.Invalid(field+".interruptableMediaTypes", "it must name other media types")
			}
		}
		given.InterruptableMediaTypes = wire.OrEmpty(given.InterruptableMediaTypes)
		media[name] = *given
	}
	if len(in.LabelUtilizations) > 0 {
		return nil, problem.Invalid("labelUtilizations", "the organisation has no utilization labels")
	}
	if n := in.MaxInboundCalls; n != nil && *n < 0 {
		return nil, problem.Invalid("maxInboundCalls", "it must not be negative")
	}
	u.Utilization = &org.Utilization{Media: media, MaxInboundCalls: in.MaxInboundCalls}
	return showUtilization(u), nil
}

// deleteRoutingUserUtilization makes a user follow the organisation again.
func deleteRoutingUserUtilization(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	u.Utilization = nil
	return api.NoContent{}, nil
}

func showUtilization(u *org.User) utilizationView {
	v := utilizationView{LabelUtilizations: map[string]struct{}{}}
	if own := u.Utilization; own != nil {
		v.Utilization, v.MaxInboundCalls, v.Level = own.Media, own.MaxInboundCalls, "Agent"
	} else {
		v.Utilization, v.Level = organisationUtilization(), "Organization"
	}
	return v
}
