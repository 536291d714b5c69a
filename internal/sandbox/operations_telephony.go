package sandbox

func telephonyOperations() operations {
	return operations{
		"getUserCallforwarding":                        reads(getUserCallforwarding),
		"patchUserCallforwarding":                      writesBody(patchUserCallforwarding),
		"putUserCallforwarding":                        writesBody(putUserCallforwarding),
		"getUserStation":                               reads(getUserStation),
		"deleteUserStationAssociatedstation":           writes(deleteUserStationAssociatedstation),
		"putUserStationAssociatedstationStationId":     writes(putUserStationAssociatedstation),
		"deleteUserStationDefaultstation":              writes(deleteUserStationDefaultstation),
		"putUserStationDefaultstationStationId":        writes(putUserStationDefaultstation),
		"getUsersStationsMe":                           reads(getUsersStationsMe),
		"deleteUsersStationsMeAssociatedstation":       writes(deleteUsersStationsMeAssociatedstation),
		"putUsersStationsMeAssociatedstationStationId": writes(putUsersStationsMeAssociatedstation),
	}
}
