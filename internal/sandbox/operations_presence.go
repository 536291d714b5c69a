package sandbox

func presenceOperations() operations {
	return operations{
		"getUserGeolocation":   reads(getUserGeolocation),
		"patchUserGeolocation": writesBody(patchUserGeolocation),
		"getUserOutofoffice":   reads(getUserOutofoffice),
		"putUserOutofoffice":   writesBody(putUserOutofoffice),
	}
}
