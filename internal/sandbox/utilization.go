package sandbox

import (
	"maps"
	"slices"
)

// maxCapacity is the most interactions of one medium at once.
const maxCapacity = 25

// mediaUtilization says how many interactions of a medium a user takes at once,
// and which others may interrupt them.
type mediaUtilization struct {
	MaximumCapacity         int32    `json:"maximumCapacity"`
	InterruptableMediaTypes []string `json:"interruptableMediaTypes"`
	IncludeNonACD           bool     `json:"includeNonAcd"`
}

// organisationUtilization is what users have that have none of their own.
func organisationUtilization() map[string]mediaUtilization {
	of := func(capacity int32, interruptedBy ...string) mediaUtilization {
		return mediaUtilization{MaximumCapacity: capacity, InterruptableMediaTypes: orEmpty(interruptedBy)}
	}
	return map[string]mediaUtilization{
		"call": of(1), "callback": of(1, "call"), "chat": of(4), "email": of(1, "call", "chat"), "message": of(4), "workitem": of(1, "call", "chat", "message"),
	}
}

type utilizationUpdate struct {
	Utilization       map[string]*mediaUtilization `json:"utilization"`
	LabelUtilizations map[string]struct{}          `json:"labelUtilizations"`
	MaxInboundCalls   *int32                       `json:"maxInboundCalls"`
}

// utilization is a user's own.
type utilization struct {
	media           map[string]mediaUtilization
	maxInboundCalls *int32
}

type utilizationView struct {
	Utilization       map[string]mediaUtilization `json:"utilization"`
	LabelUtilizations map[string]struct{}         `json:"labelUtilizations"`
	MaxInboundCalls   *int32                      `json:"maxInboundCalls,omitempty"`
	Level             string                      `json:"level"`
}

func getRoutingUserUtilization(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	return u.utilizationView(), nil
}

// putRoutingUserUtilization gives a user a utilization of its own. A medium that
// the body leaves out goes back to the organisation's.
func putRoutingUserUtilization(o *organisation, c *call, in utilizationUpdate) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	media := organisationUtilization()
	for _, name := range slices.Sorted(maps.Keys(in.Utilization)) {
		given := in.Utilization[name]
		field := "utilization." + name
		if _, known := media[name]; !known {
			return nil, invalid(field, "there is no such media type")
		}
		if given == nil {
			continue
		}
		if given.MaximumCapacity < 0 || given.MaximumCapacity > maxCapacity {
			return nil, invalid(field+".maximumCapacity", "it must be between 0 and 25")
		}
		for _, other := range given.InterruptableMediaTypes {
			if _, known := media[other]; !known || other == name {
				return nil, invalid(field+".interruptableMediaTypes", "it must name other media types")
			}
		}
		given.InterruptableMediaTypes = orEmpty(given.InterruptableMediaTypes)
		media[name] = *given
	}
	if len(in.LabelUtilizations) > 0 {
		return nil, invalid("labelUtilizations", "the organisation has no utilization labels")
	}
	if n := in.MaxInboundCalls; n != nil && *n < 0 {
		return nil, invalid("maxInboundCalls", "it must not be negative")
	}
	u.utilization = &utilization{media, in.MaxInboundCalls}
	return u.utilizationView(), nil
}

// deleteRoutingUserUtilization makes a user follow the organisation again.
func deleteRoutingUserUtilization(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	u.utilization = nil
	return noContent{}, nil
}

func (u *user) utilizationView() utilizationView {
	v := utilizationView{LabelUtilizations: map[string]struct{}{}}
	if own := u.utilization; own != nil {
		v.Utilization, v.MaxInboundCalls, v.Level = own.media, own.maxInboundCalls, "Agent"
	} else {
		v.Utilization, v.Level = organisationUtilization(), "Organization"
	}
	return v
}
