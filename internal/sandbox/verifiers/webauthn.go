package verifiers

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// This file registers WebAuthn credentials (passkeys, security keys). Checked are
// the challenge (issued to this user, not too old, not answered before), the type
// of the ceremony, and of the attestation object: its form, for which relying party
// it is, that a user was present, and that its credential is the one that was sent.
//
// Not checked are the origin, because pages of any address may use a sandbox; the
// attestation statement, because "none" is what is asked for; and the public key,
// because nobody signs in with it.

const (
	// relyingParty is whom a credential is for. A browser takes it only from a page
	// of that host, and where a sandbox runs the page is usually local.
	relyingParty = "localhost"
	// challengeLifetime is how long a challenge can be answered.
	challengeLifetime = 5 * time.Minute
	// maxChallenges is how many a user can have open; the oldest is forgotten first.
	maxChallenges = 5
	// maxCredentialID is the longest id of a credential, in bytes.
	maxCredentialID = 1023

	publicKeyType = "public-key"
)

// passkey is a registered credential.
type passkey struct {
	id         string // base64url
	transports []string
}

type webauthnChallenge struct {
	value   string // base64url
	expires time.Time
}

// creationOptions is the upstream's PublicKeyCredentialCreationOptions.
type creationOptions struct {
	Challenge          string                 `json:"challenge"`
	RelyingParty       creationParty          `json:"rp"`
	User               creationUser           `json:"user"`
	Parameters         []credentialParameter  `json:"pubKeyCredParams"`
	Timeout            int64                  `json:"timeout"` // milliseconds
	ExcludeCredentials []credentialDescriptor `json:"excludeCredentials"`
	Selection          authenticatorSelection `json:"authenticatorSelection"`
	Attestation        string                 `json:"attestation"`
}

type creationParty struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type creationUser struct {
	ID          string `json:"id"` // base64url
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}

type credentialParameter struct {
	Type      string `json:"type"`
	Algorithm int32  `json:"alg"` // of COSE
}

type credentialDescriptor struct {
	Type       string   `json:"type"`
	ID         string   `json:"id"`
	Transports []string `json:"transports,omitempty"`
}

type authenticatorSelection struct {
	RequireResidentKey bool   `json:"requireResidentKey"`
	ResidentKey        string `json:"residentKey"`
	UserVerification   string `json:"userVerification"`
}

type registrationOptions struct {
	PublicKey creationOptions `json:"publicKey"`
}

// passkeyRegistration is the upstream's FinishWebAuthnRegistrationRequest: what a browser
// made of the options, and a name for it.
type passkeyRegistration struct {
	Name       string              `json:"name"`
	Default    wire.Optional[bool] `json:"default"`
	Credential *createdCredential  `json:"credential"`
}

type createdCredential struct {
	ID       string               `json:"id"`
	RawID    string               `json:"rawId"`
	Type     string               `json:"type"`
	Response *attestationResponse `json:"response"`
}

type attestationResponse struct {
	ClientData  string   `json:"clientDataJSON"`
	Attestation string   `json:"attestationObject"`
	Transports  []string `json:"transports"`
}

// postUsersMeVerifiersWebauthnRegisterOptions issues a challenge.
func (all *factors) postUsersMeVerifiersWebauthnRegisterOptions(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.Me(o)
	if err != nil {
		return nil, err
	}
	f := all.of(u)
	excluded := []credentialDescriptor{}
	for _, v := range f.verifiers {
		if v.passkey != nil {
			excluded = append(excluded, credentialDescriptor{Type: publicKeyType, ID: v.passkey.id, Transports: v.passkey.transports})
		}
	}
	return registrationOptions{creationOptions{
		Challenge:    f.challenge(c.Now),
		RelyingParty: creationParty{ID: relyingParty, Name: org.Name},
		User: creationUser{
			ID: base64.RawURLEncoding.EncodeToString([]byte(u.ID)), Name: u.Username, DisplayName: u.Name,
		},
		Parameters:         []credentialParameter{{publicKeyType, -7}, {publicKeyType, -257}}, // ES256, RS256
		Timeout:            challengeLifetime.Milliseconds(),
		ExcludeCredentials: excluded,
		Selection:          authenticatorSelection{ResidentKey: "preferred", UserVerification: "preferred"},
		Attestation:        "none",
	}}, nil
}

// postUsersMeVerifiersWebauthnRegister makes a verifier of what an authenticator
// answered. A challenge is used up by the first answer to it, good or bad.
func (all *factors) postUsersMeVerifiersWebauthnRegister(o *org.Organisation, c *api.Call, in passkeyRegistration) (any, error) {
	u, err := c.Me(o)
	if err != nil {
		return nil, err
	}
	id, err := in.check()
	if err != nil {
		return nil, err
	}
	answered, err := in.Credential.Response.challenge()
	if err != nil {
		return nil, err
	}
	f := all.of(u)
	if !f.answer(answered, c.Now) {
		return nil, problem.Invalid("credential.response.clientDataJSON",
			"its challenge was not issued to this user, is too old or was answered before")
	}
	if err := in.Credential.Response.attests(id); err != nil {
		return nil, err
	}
	key := &passkey{id: base64.RawURLEncoding.EncodeToString(id), transports: in.Credential.Response.Transports}
	if all.passkeys[key.id] {
		return nil, problem.Conflict("The credential is already registered.")
	}
	if all.passkeys == nil {
		all.passkeys = map[string]bool{}
	}
	all.passkeys[key.id] = true
	v := &verifier{id: o.NewID(), name: in.Name, passkey: key}
	f.verifiers = append(f.verifiers, v)
	f.set(v, true, in.Default.Or(false))
	return v.view(u), nil
}

// challenge issues one.
func (f *secondFactors) challenge(now time.Time) string {
	f.challenges = slices.DeleteFunc(f.challenges, func(old webauthnChallenge) bool { return !now.Before(old.expires) })
	if len(f.challenges) == maxChallenges {
		f.challenges = slices.Delete(f.challenges, 0, 1)
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // documented never to fail
	issued := webauthnChallenge{base64.RawURLEncoding.EncodeToString(random[:]), now.Add(challengeLifetime)}
	f.challenges = append(f.challenges, issued)
	return issued.value
}

// answer tells whether a challenge waits for an answer, and ends that.
func (f *secondFactors) answer(value string, now time.Time) bool {
	i := slices.IndexFunc(f.challenges, func(issued webauthnChallenge) bool { return issued.value == value })
	if i < 0 {
		return false
	}
	issued := f.challenges[i]
	f.challenges = slices.Delete(f.challenges, i, i+1)
	return now.Before(issued.expires)
}

// check refuses a body that lacks something, and returns the credential's id.
func (in *passkeyRegistration) check() ([]byte, error) {
	if err := checkVerifierName(in.Name); err != nil {
		return nil, err
	}
	switch k := in.Credential; {
	case k == nil:
		return nil, problem.Missing("credential")
	case k.ID == "":
		return nil, problem.Missing("credential.id")
	case k.RawID == "":
		return nil, problem.Missing("credential.rawId")
	case k.Type != publicKeyType:
		return nil, problem.Invalid("credential.type", "it must be "+publicKeyType)
	case k.Response == nil:
		return nil, problem.Missing("credential.response")
	case k.Response.ClientData == "":
		return nil, problem.Missing("credential.response.clientDataJSON")
	case k.Response.Attestation == "":
		return nil, problem.Missing("credential.response.attestationObject")
	}
	id, err := fromBase64("credential.rawId", in.Credential.RawID)
	switch {
	case err != nil:
		return nil, err
	case len(id) > maxCredentialID:
		return nil, problem.Invalid("credential.rawId", "it is longer than 1023 bytes")
	case strings.TrimRight(in.Credential.ID, "=") != strings.TrimRight(in.Credential.RawID, "="):
		return nil, problem.Invalid("credential.id", "it is not the same as rawId")
	}
	return id, nil
}

// challenge is the one that the client data answers.
func (r *attestationResponse) challenge() (string, error) {
	const field = "credential.response.clientDataJSON"
	text, err := fromBase64(field, r.ClientData)
	if err != nil {
		return "", err
	}
	var client struct{ Type, Challenge string }
	if json.Unmarshal(text, &client) != nil {
		return "", problem.Invalid(field, "it is no JSON object")
	}
	if client.Type != "webauthn.create" {
		return "", problem.Invalid(field, "its type must be webauthn.create")
	}
	return strings.TrimRight(client.Challenge, "="), nil
}

// attests refuses an attestation object that is not for this relying party and
// this credential.
func (r *attestationResponse) attests(credentialID []byte) error {
	const field = "credential.response.attestationObject"
	object, err := fromBase64(field, r.Attestation)
	if err != nil {
		return err
	}
	data, ok := authenticatorData(object)
	if !ok {
		return problem.Invalid(field, "it is no attestation object")
	}
	// WebAuthn 6.1: hash of the relying party, flags, counter, AAGUID, and the
	// length of the id, which is followed by the public key.
	const flagsAt, lengthAt, idAt = 32, 53, 55
	const userPresent, hasCredential = 1 << 0, 1 << 6
	hash := sha256.Sum256([]byte(relyingParty))
	switch {
	case len(data) < idAt || data[flagsAt]&hasCredential == 0:
		return problem.Invalid(field, "it has no credential")
	case !bytes.Equal(data[:flagsAt], hash[:]):
		return problem.Invalid(field, "it is for another relying party than "+relyingParty)
	case data[flagsAt]&userPresent == 0:
		return problem.Invalid(field, "no user was present")
	}
	length := int(binary.BigEndian.Uint16(data[lengthAt:]))
	if !bytes.HasPrefix(data[idAt:], credentialID) || length != len(credentialID) {
		return problem.Invalid(field, "it is of another credential than rawId")
	}
	return nil
}

// authenticatorData finds it in an attestation object, which is a CBOR map.
func authenticatorData(object []byte) ([]byte, bool) {
	var attestation struct {
		AuthData []byte `cbor:"authData"`
	}
	err := cbor.Unmarshal(object, &attestation)
	return attestation.AuthData, err == nil && len(attestation.AuthData) > 0
}

// fromBase64 takes base64url with and without padding, as clients send both.
func fromBase64(field, text string) ([]byte, error) {
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil || len(data) == 0 {
		return nil, problem.Invalid(field, "it must be base64url")
	}
	return data, nil
}
