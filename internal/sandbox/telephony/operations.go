// Package telephony is stations and call forwarding. It imports api, org, problem and
// wire.
package telephony

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
)

// Operations are what this area can do.
func Operations() api.Operations {
	return api.Operations{
		"getUserCallforwarding":                        api.Reads(getUserCallforwarding),
		"patchUserCallforwarding":                      api.WritesBody(patchUserCallforwarding),
		"putUserCallforwarding":                        api.WritesBody(putUserCallforwarding),
		"getUserStation":                               api.Reads(getUserStation),
		"deleteUserStationAssociatedstation":           api.Writes(deleteUserStationAssociatedstation),
		"putUserStationAssociatedstationStationId":     api.Writes(putUserStationAssociatedstation),
		"deleteUserStationDefaultstation":              api.Writes(deleteUserStationDefaultstation),
		"putUserStationDefaultstationStationId":        api.Writes(putUserStationDefaultstation),
		"getUsersStationsMe":                           api.Reads(getUsersStationsMe),
		"deleteUsersStationsMeAssociatedstation":       api.Writes(deleteUsersStationsMeAssociatedstation),
		"putUsersStationsMeAssociatedstationStationId": api.Writes(putUsersStationsMeAssociatedstation),
	}
}
