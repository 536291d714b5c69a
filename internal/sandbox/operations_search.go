package sandbox

func searchOperations() operations {
	return operations{
		"getUsersSearch":                    reads(getUsersSearch),
		"postUsersSearch":                   readsBody(postUsersSearch),
		"postUsersSearchConversationTarget": readsBody(postUsersSearch),
		"postUsersSearchQueuemembersManage": readsBody(postUsersSearch),
		"postUsersSearchTeamsAssign":        readsBody(postUsersSearch),
	}
}
