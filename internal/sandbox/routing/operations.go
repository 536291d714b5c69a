// Package routing is what decides whom a conversation goes to: routing status,
// queues, skills and languages, skill groups, utilization and backups. It imports
// api, org, problem and wire.
package routing

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
)

// Operations are what this area can do for this organisation.
func Operations(o *org.Organisation) api.Operations {
	return api.Operations{
		"deleteRoutingUserUtilization":                 api.Writes(deleteRoutingUserUtilization),
		"getRoutingUserUtilization":                    api.Reads(getRoutingUserUtilization),
		"putRoutingUserUtilization":                    api.WritesBody(putRoutingUserUtilization),
		"getUserQueues":                                api.Reads(getUserQueues),
		"patchUserQueues":                              api.WritesBody(patchUserQueues),
		"patchUserQueue":                               api.WritesBody(patchUserQueue),
		"getUserRoutinglanguages":                      api.Reads(getCompetences(languageKind, showLanguage)),
		"postUserRoutinglanguages":                     api.WritesBody(postCompetence(languageKind, showLanguage)),
		"patchUserRoutinglanguagesBulk":                api.WritesBody(bulkCompetences(languageKind, showLanguage, false)),
		"deleteUserRoutinglanguage":                    api.Writes(deleteCompetence(languageKind)),
		"patchUserRoutinglanguage":                     api.WritesBody(updateCompetence(languageKind, showLanguage)),
		"getUserRoutingskills":                         api.Reads(getCompetences(skillKind, showSkill)),
		"postUserRoutingskills":                        api.WritesBody(postCompetence(skillKind, showSkill)),
		"patchUserRoutingskillsBulk":                   api.WritesBody(bulkCompetences(skillKind, showSkill, false)),
		"putUserRoutingskillsBulk":                     api.WritesBody(bulkCompetences(skillKind, showSkill, true)),
		"deleteUserRoutingskill":                       api.Writes(deleteCompetence(skillKind)),
		"putUserRoutingskill":                          api.WritesBody(updateCompetence(skillKind, showSkill)),
		"getUserRoutingstatus":                         api.Reads(getUserRoutingstatus),
		"putUserRoutingstatus":                         api.WritesBody(putUserRoutingstatus),
		"getUserSkillgroups":                           api.Reads(getUserSkillgroups(seedSkillGroups(o))),
		"deleteRoutingDirectroutingbackupSettingsMe":   api.Writes(deleteBackup((*api.Call).Me)),
		"getRoutingDirectroutingbackupSettingsMe":      api.Reads(getBackup((*api.Call).Me)),
		"putRoutingDirectroutingbackupSettingsMe":      api.WritesBody(putBackup((*api.Call).Me)),
		"deleteRoutingUserDirectroutingbackupSettings": api.Writes(deleteBackup((*api.Call).User)),
		"getRoutingUserDirectroutingbackupSettings":    api.Reads(getBackup((*api.Call).User)),
		"putRoutingUserDirectroutingbackupSettings":    api.WritesBody(putBackup((*api.Call).User)),
	}
}
