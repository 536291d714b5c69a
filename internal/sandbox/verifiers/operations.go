// Package verifiers is the security factors of a user besides the password: one-time
// codes (totp.go) and passkeys (webauthn.go). It imports api, org, problem and wire,
// and keeps the factors itself.
package verifiers

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
)

// Operations are what this area can do for one organisation.
func Operations() api.Operations {
	all := &factors{}
	return api.Operations{
		"getUsersMeVerifiers":                         api.Reads(all.getVerifiers((*api.Call).Me)),
		"postUsersMeVerifiersTotp":                    api.WritesBody(all.postUsersMeVerifiersTotp),
		"postUsersMeVerifiersTotpVerifierId":          api.WritesBody(all.postUsersMeVerifiersTotpVerifierID),
		"postUsersMeVerifiersWebauthnRegister":        api.WritesBody(all.postUsersMeVerifiersWebauthnRegister),
		"postUsersMeVerifiersWebauthnRegisterOptions": api.Writes(all.postUsersMeVerifiersWebauthnRegisterOptions),
		"deleteUsersMeVerifier":                       api.Writes(all.deleteVerifier((*api.Call).Me)),
		"putUsersMeVerifier":                          api.WritesBody(all.putVerifier((*api.Call).Me)),
		"getUserVerifiers":                            api.Reads(all.getVerifiers((*api.Call).User)),
		"deleteUserVerifier":                          api.Writes(all.deleteVerifier((*api.Call).User)),
		"putUserVerifier":                             api.WritesBody(all.putVerifier((*api.Call).User)),
	}
}
