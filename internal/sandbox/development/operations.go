// Package development is what users are to learn: activities (activities.go makes
// them up, modules.go has the modules they come from), lists of them, and their
// aggregates. It imports filter, api, org, problem and wire.
package development

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
)

// Operations are what this area can do for this organisation.
func Operations(o *org.Organisation) api.Operations {
	m := newActivityMasks(o.Origin)
	return api.Operations{
		"getUsersDevelopmentActivities":                 api.Reads(m.getUsersDevelopmentActivities),
		"postUsersDevelopmentActivitiesAggregatesQuery": api.ReadsBody(postUsersDevelopmentActivitiesAggregatesQuery),
		"getUsersDevelopmentActivitiesMe":               api.Reads(m.getUsersDevelopmentActivitiesMe),
		"getUsersDevelopmentActivity":                   api.Reads(m.getUsersDevelopmentActivity),
	}
}
