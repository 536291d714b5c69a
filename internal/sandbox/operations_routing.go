package sandbox

func routingOperations(o *organisation) operations {
	return operations{
		"deleteRoutingUserUtilization":                 writes(deleteRoutingUserUtilization),
		"getRoutingUserUtilization":                    reads(getRoutingUserUtilization),
		"putRoutingUserUtilization":                    writesBody(putRoutingUserUtilization),
		"getUserQueues":                                reads(getUserQueues),
		"patchUserQueues":                              writesBody(patchUserQueues),
		"patchUserQueue":                               writesBody(patchUserQueue),
		"getUserRoutinglanguages":                      reads(getCompetences(languageKind, (*user).languageView)),
		"postUserRoutinglanguages":                     writesBody(postCompetence(languageKind, (*user).languageView)),
		"patchUserRoutinglanguagesBulk":                writesBody(bulkCompetences(languageKind, (*user).languageView, false)),
		"deleteUserRoutinglanguage":                    writes(deleteCompetence(languageKind)),
		"patchUserRoutinglanguage":                     writesBody(updateCompetence(languageKind, (*user).languageView)),
		"getUserRoutingskills":                         reads(getCompetences(skillKind, (*user).skillView)),
		"postUserRoutingskills":                        writesBody(postCompetence(skillKind, (*user).skillView)),
		"patchUserRoutingskillsBulk":                   writesBody(bulkCompetences(skillKind, (*user).skillView, false)),
		"putUserRoutingskillsBulk":                     writesBody(bulkCompetences(skillKind, (*user).skillView, true)),
		"deleteUserRoutingskill":                       writes(deleteCompetence(skillKind)),
		"putUserRoutingskill":                          writesBody(updateCompetence(skillKind, (*user).skillView)),
		"getUserRoutingstatus":                         reads(getUserRoutingstatus),
		"putUserRoutingstatus":                         writesBody(putUserRoutingstatus),
		"getUserSkillgroups":                           reads(getUserSkillgroups(seedSkillGroups(o))),
		"deleteRoutingDirectroutingbackupSettingsMe":   writes(deleteBackup((*call).me)),
		"getRoutingDirectroutingbackupSettingsMe":      reads(getBackup((*call).me)),
		"putRoutingDirectroutingbackupSettingsMe":      writesBody(putBackup((*call).me)),
		"deleteRoutingUserDirectroutingbackupSettings": writes(deleteBackup((*call).user)),
		"getRoutingUserDirectroutingbackupSettings":    reads(getBackup((*call).user)),
		"putRoutingUserDirectroutingbackupSettings":    writesBody(putBackup((*call).user)),
	}
}
