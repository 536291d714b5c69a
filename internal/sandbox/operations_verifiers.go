package sandbox

func verifiersOperations() operations {
	all := &factors{}
	return operations{
		"getUsersMeVerifiers":                         reads(all.getVerifiers((*call).me)),
		"postUsersMeVerifiersTotp":                    writesBody(all.postUsersMeVerifiersTotp),
		"postUsersMeVerifiersTotpVerifierId":          writesBody(all.postUsersMeVerifiersTotpVerifierID),
		"postUsersMeVerifiersWebauthnRegister":        writesBody(all.postUsersMeVerifiersWebauthnRegister),
		"postUsersMeVerifiersWebauthnRegisterOptions": writes(all.postUsersMeVerifiersWebauthnRegisterOptions),
		"deleteUsersMeVerifier":                       writes(all.deleteVerifier((*call).me)),
		"putUsersMeVerifier":                          writesBody(all.putVerifier((*call).me)),
		"getUserVerifiers":                            reads(all.getVerifiers((*call).user)),
		"deleteUserVerifier":                          writes(all.deleteVerifier((*call).user)),
		"putUserVerifier":                             writesBody(all.putVerifier((*call).user)),
	}
}
