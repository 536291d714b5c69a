// Package analytics answers questions about what users did and do: details,
// aggregates, observations and activity, at once or as a job (jobs.go). filter.go,
// interval.go and counters.go read what all of them have in common, stretches.go cuts
// a history into what they count. It imports history, filter, api, org, problem and
// wire. Times are Unix milliseconds.
package analytics

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
)

// Operations are what this area can do for one organisation.
func Operations() api.Operations {
	all := &jobs{}
	return api.Operations{
		"postAnalyticsUsersActivityQuery":          api.ReadsBody(postAnalyticsUsersActivityQuery),
		"postAnalyticsUsersAggregatesJobs":         api.WritesBody(postJob(all, aggregatesJob)),
		"getAnalyticsUsersAggregatesJob":           api.Reads(getJob(all, aggregatesJobs)),
		"getAnalyticsUsersAggregatesJobResults":    api.Reads(getJobResults(all, aggregatesJobs)),
		"postAnalyticsUsersAggregatesQuery":        api.ReadsBody(postAnalyticsUsersAggregatesQuery),
		"postAnalyticsUsersDetailsJobs":            api.WritesBody(postJob(all, detailsJob)),
		"getAnalyticsUsersDetailsJobsAvailability": api.Reads(getAnalyticsUsersDetailsJobsAvailability),
		"deleteAnalyticsUsersDetailsJob":           api.Writes(deleteJob(all, detailsJobs)),
		"getAnalyticsUsersDetailsJob":              api.Reads(getJob(all, detailsJobs)),
		"getAnalyticsUsersDetailsJobResults":       api.Reads(getJobResults(all, detailsJobs)),
		"postAnalyticsUsersDetailsQuery":           api.ReadsBody(postAnalyticsUsersDetailsQuery),
		"postAnalyticsUsersObservationsQuery":      api.ReadsBody(postAnalyticsUsersObservationsQuery),
		"deleteAnalyticsUsersAggregatesJob":        api.Writes(deleteJob(all, aggregatesJobs)),
	}
}
