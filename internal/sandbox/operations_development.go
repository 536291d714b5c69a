package sandbox

func developmentOperations(o *organisation) operations {
	m := newActivityMasks(o.origin)
	return operations{
		"getUsersDevelopmentActivities":                 reads(m.getUsersDevelopmentActivities),
		"postUsersDevelopmentActivitiesAggregatesQuery": readsBody(postUsersDevelopmentActivitiesAggregatesQuery),
		"getUsersDevelopmentActivitiesMe":               reads(m.getUsersDevelopmentActivitiesMe),
		"getUsersDevelopmentActivity":                   reads(m.getUsersDevelopmentActivity),
	}
}
