package sandbox

func analyticsOperations() operations {
	all := &jobs{}
	return operations{
		"postAnalyticsUsersActivityQuery":          readsBody(postAnalyticsUsersActivityQuery),
		"postAnalyticsUsersAggregatesJobs":         writesBody(postJob(all, aggregatesJob)),
		"getAnalyticsUsersAggregatesJob":           reads(getJob(all, aggregatesJobs)),
		"getAnalyticsUsersAggregatesJobResults":    reads(getJobResults(all, aggregatesJobs)),
		"postAnalyticsUsersAggregatesQuery":        readsBody(postAnalyticsUsersAggregatesQuery),
		"postAnalyticsUsersDetailsJobs":            writesBody(postJob(all, detailsJob)),
		"getAnalyticsUsersDetailsJobsAvailability": reads(getAnalyticsUsersDetailsJobsAvailability),
		"deleteAnalyticsUsersDetailsJob":           writes(deleteJob(all, detailsJobs)),
		"getAnalyticsUsersDetailsJob":              reads(getJob(all, detailsJobs)),
		"getAnalyticsUsersDetailsJobResults":       reads(getJobResults(all, detailsJobs)),
		"postAnalyticsUsersDetailsQuery":           readsBody(postAnalyticsUsersDetailsQuery),
		"postAnalyticsUsersObservationsQuery":      readsBody(postAnalyticsUsersObservationsQuery),
		"deleteAnalyticsUsersAggregatesJob":        writes(deleteJob(all, aggregatesJobs)),
	}
}
