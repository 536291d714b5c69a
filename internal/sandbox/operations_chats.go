package sandbox

func chatsOperations() operations {
	return operations{
		"getUsersChatsMe": reads(getUsersChatsMe),
	}
}
