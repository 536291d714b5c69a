package sandbox

import "slices"

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
	Name       string         `json:"name"`
	Enabled    optional[bool] `json:"enabled"`
	Default    optional[bool] `json:"default"`
	Credential struct {
		Fields map[string]string `json:"credentialFields"`
	} `json:"credential"`
}

// getVerifiers lists them in order of creation.
func getVerifiers(who whose) func(*organisation, *call) (any, error) {
	return func(o *organisation, c *call) (any, error) {
		u, err := who(c, o)
		if err != nil {
			return nil, err
		}
		var all []*verifier
		if f := o.secondFactors[u.id]; f != nil {
			all = f.verifiers
		}
		return listInventory(c, all, func(v *verifier) verifierView { return v.view(u) }), nil
	}
}

// putVerifier renames one, enables or disables it, or makes it the default.
func putVerifier(who whose) func(*organisation, *call, verifierUpdate) (any, error) {
	return func(o *organisation, c *call, in verifierUpdate) (any, error) {
		u, f, v, err := c.verifier(o, who)
		if err != nil {
			return nil, err
		}
		if err := checkVerifierName(in.Name); err != nil {
			return nil, err
		}
		enabled, byDefault := in.Enabled.or(v.enabled), in.Default.or(v.byDefault)
		switch {
		case len(in.Credential.Fields) > 0:
			return nil, invalid("credential.credentialFields", "the secret of a verifier cannot be changed")
		case enabled && v.totp != nil && !v.totp.proven:
			return nil, invalid("enabled", "the verifier has not been validated with a code yet")
		case in.Default.or(false) && !enabled:
			return nil, invalid("default", "the verifier is not enabled")
		}
		v.name = in.Name
		f.set(v, enabled, byDefault)
		return v.view(u), nil
	}
}

func deleteVerifier(who whose) func(*organisation, *call) (any, error) {
	return func(o *organisation, c *call) (any, error) {
		_, f, v, err := c.verifier(o, who)
		if err != nil {
			return nil, err
		}
		if v.passkey != nil {
			delete(o.passkeys, v.passkey.id)
		}
		f.verifiers = slices.DeleteFunc(f.verifiers, func(other *verifier) bool { return other == v })
		return noContent{}, nil
	}
}

// verifier finds the one of the path.
func (c *call) verifier(o *organisation, who whose) (*user, *secondFactors, *verifier, error) {
	u, err := who(c, o)
	if err != nil {
		return nil, nil, nil, err
	}
	if f := o.secondFactors[u.id]; f != nil {
		for _, v := range f.verifiers {
			if v.id == c.params["verifierId"] {
				return u, f, v, nil
			}
		}
	}
	return nil, nil, nil, notFound("verifier", "verifierId")
}

// factors are those of a user who is about to have some.
func (o *organisation) factors(u *user) *secondFactors {
	f := o.secondFactors[u.id]
	if f == nil {
		f = &secondFactors{}
		if o.secondFactors == nil {
			o.secondFactors = map[string]*secondFactors{}
		}
		o.secondFactors[u.id] = f
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

func (v *verifier) view(u *user) verifierView {
	return verifierView{
		ID: v.id, Name: v.name, Type: v.kind(), Enabled: v.enabled, Default: v.byDefault,
		SelfURI: u.selfURI() + "/verifiers/" + v.id,
	}
}

func checkVerifierName(name string) error {
	if name == "" {
		return missing("name")
	}
	return checkCharacters("name", name, 1, maxVerifierName)
}
