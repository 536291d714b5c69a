package verifiers

import (
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// maxVerifierName bounds a name, in characters.
const maxVerifierName = 100

// secondFactors are the ways in which one user proves to be that user besides the
// password, and the WebAuthn challenges that still wait for an answer.
//
// At most one verifier is the default, and only an enabled one is.
type secondFactors struct {
	verifiers  []*verifier
	challenges []webauthnChallenge // oldest first
}

// factors are the second factors of an organisation's users.
type factors struct {
	byUser   map[string]*secondFactors // by id of the users who have any
	passkeys map[string]bool           // ids of the credentials that are registered
}

// verifier is one of them. Exactly one of totp and passkey is set. Their secrets
// leave the sandbox once, in the answer to the creation.
type verifier struct {
	id, name           string
	enabled, byDefault bool
	totp               *totp
	passkey            *passkey
}

const (
	totpVerifier     = "TOTP"
	webauthnVerifier = "WEBAUTHN"
)

// verifierView is the upstream's Verifier without its credential, which is secret
// or of no use to anybody who lists it.
type verifierView struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Type    string `json:"type"`
	Enabled bool   `json:"enabled"`
	Default bool   `json:"default"`
	SelfURI string `json:"selfUri"`
}

// verifierUpdate is the upstream's UpdateVerifierRequest. What it leaves out stays.
type verifierUpdate struct {
	Name       string              `json:"name"`
	Enabled    wire.Optional[bool] `json:"enabled"`
	Default    wire.Optional[bool] `json:"default"`
	Credential struct {
		Fields map[string]string `json:"credentialFields"`
	} `json:"credential"`
}

// getVerifiers lists them in order of creation.
func (all *factors) getVerifiers(who api.Whose) func(*org.Organisation, *api.Call) (any, error) {
	return func(o *org.Organisation, c *api.Call) (any, error) {
		u, err := who(c, o)
		if err != nil {
			return nil, err
		}
		var listed []*verifier
		if f := all.byUser[u.ID]; f != nil {
			listed = f.verifiers
		}
		return api.ListInventory(c, listed, func(v *verifier) verifierView { return v.view(u) }), nil
	}
}

// putVerifier renames one, enables or disables it, or makes it the default.
func (all *factors) putVerifier(who api.Whose) func(*org.Organisation, *api.Call, verifierUpdate) (any, error) {
	return func(o *org.Organisation, c *api.Call, in verifierUpdate) (any, error) {
		u, f, v, err := all.verifier(o, c, who)
		if err != nil {
			return nil, err
		}
		if err := checkVerifierName(in.Name); err != nil {
			return nil, err
		}
		enabled, byDefault := in.Enabled.Or(v.enabled), in.Default.Or(v.byDefault)
		switch {
		case len(in.Credential.Fields) > 0:
			return nil, problem.Invalid("credential.credentialFields", "the secret of a verifier cannot be changed")
		case enabled && v.totp != nil && !v.totp.proven:
			return nil, problem.Invalid("enabled", "the verifier has not been validated with a code yet")
		case in.Default.Or(false) && !enabled:
			return nil, problem.Invalid("default", "the verifier is not enabled")
		}
		v.name = in.Name
		f.set(v, enabled, byDefault)
		return v.view(u), nil
	}
}

func (all *factors) deleteVerifier(who api.Whose) func(*org.Organisation, *api.Call) (any, error) {
	return func(o *org.Organisation, c *api.Call) (any, error) {
		_, f, v, err := all.verifier(o, c, who)
		if err != nil {
			return nil, err
		}
		if v.passkey != nil {
			delete(all.passkeys, v.passkey.id)
		}
		f.verifiers = slices.DeleteFunc(f.verifiers, func(other *verifier) bool { return other == v })
		return api.NoContent{}, nil
	}
}

// verifier finds the one of the path.
func (all *factors) verifier(o *org.Organisation, c *api.Call, who api.Whose) (*org.User, *secondFactors, *verifier, error) {
	u, err := who(c, o)
	if err != nil {
		return nil, nil, nil, err
	}
	if f := all.byUser[u.ID]; f != nil {
		for _, v := range f.verifiers {
			if v.id == c.Params["verifierId"] {
				return u, f, v, nil
			}
		}
	}
	return nil, nil, nil, problem.NotFound("verifier", "verifierId")
}

// of are those of a user who is about to have some.
func (all *factors) of(u *org.User) *secondFactors {
	f := all.byUser[u.ID]
	if f == nil {
		f = &secondFactors{}
		if all.byUser == nil {
			all.byUser = map[string]*secondFactors{}
		}
		all.byUser[u.ID] = f
	}
	return f
}

// set enables or disables v; what is disabled is no default.
func (f *secondFactors) set(v *verifier, enabled, byDefault bool) {
	v.enabled, v.byDefault = enabled, enabled && byDefault
	if !v.byDefault {
		return
	}
	for _, other := range f.verifiers {
		other.byDefault = other == v
	}
}

func (v *verifier) kind() string {
	if v.totp != nil {
		return totpVerifier
	}
	return webauthnVerifier
}

func (v *verifier) view(u *org.User) verifierView {
	return verifierView{
		ID: v.id, Name: v.name, Type: v.kind(), Enabled: v.enabled, Default: v.byDefault,
		SelfURI: u.SelfURI() + "/verifiers/" + v.id,
	}
}

func checkVerifierName(name string) error {
	if name == "" {
		return problem.Missing("name")
	}
	return api.CheckCharacters("name", name, 1, maxVerifierName)
}
