package verifiers_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
	"github.com/switchboard-gw/switchboard/internal/sandbox/verifiers"
)

// securityKey is a security key, as a browser shows it.
type securityKey struct {
	id, rawID, kind, ceremony, challenge, party string
	flags                                       byte
	attested                                    string              // id inside the attestation, when another
	extra                                       string              // after the attestation object
	object                                      func(string) string // makes something else of it
}

// register is the body that answers options.
func (k securityKey) register(name string, options sandboxtest.Answer) string {
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	or := func(text, other string) string {
		if text == "" {
			return other
		}
		return text
	}
	challenge := or(k.challenge, options.Str("publicKey", "challenge"))
	client := fmt.Sprintf(`{"type":%q,"challenge":%q,"origin":"http://localhost:3000","crossOrigin":false}`, or(k.ceremony, "webauthn.create"), challenge)
	id := or(k.attested, k.rawID)
	hash := sha256.Sum256([]byte(or(k.party, options.Str("publicKey", "rp", "id"))))
	data := string(hash[:]) + string([]byte{k.flags, 0, 0, 0, 0}) + strings.Repeat("\x00", 16) + string([]byte{byte(len(id) >> 8), byte(len(id))}) + id + "\xa1\x01\x02"
	object := "\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59" + string([]byte{byte(len(data) >> 8), byte(len(data))}) + data + k.extra
	if k.object != nil {
		object = k.object(object)
	}
	return fmt.Sprintf(`{"name":%q,"credential":{"id":%q,"rawId":%q,"type":%q,"authenticatorAttachment":"platform",`+
		`"clientExtensionResults":{},"response":{"clientDataJSON":%q,"attestationObject":%q,"transports":["internal","hybrid"]}}}`,
		name, or(k.id, encode(k.rawID)), encode(k.rawID), or(k.kind, "public-key"), encode(client), encode(object))
}

func TestAPasskeyIsRegistered(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	me, id := signedIn(box, "Ada", "ada@example.com")
	const options, register = myVerifiers + "/webauthn/register/options", myVerifiers + "/webauthn/register"
	first := me.Post(options, "").Want(200)
	handle, _ := base64.RawURLEncoding.DecodeString(first.Str("publicKey", "user", "id"))
	if challenge, err := base64.RawURLEncoding.DecodeString(first.Str("publicKey", "challenge")); err != nil || len(challenge) != 32 ||
		string(handle) != id || first.Str("publicKey", "user", "name") != "ada@example.com" || first.Num("publicKey", "timeout") != 300_000 ||
		first.Num("publicKey", "pubKeyCredParams", 0, "alg") != -7 || len(first.List("publicKey", "excludeCredentials")) != 0 {
		t.Errorf("%s: %v", first.Text, err)
	}
	laptop := securityKey{rawID: "laptop", flags: 0x45}
	made := me.Post(register, laptop.register("Laptop", first)).Want(200)
	if made.Str("type") != "WEBAUTHN" || made.Str("name") != "Laptop" || made.At("enabled") != true || made.At("default") != false {
		t.Errorf("%s", made.Text)
	}
	me.Post(register, securityKey{rawID: "other", flags: 0x45}.register("Other", first)).Problem(400, "bad.request", "credential.response.clientDataJSON")

	second := me.Post(options, "").Want(200)
	if second.Str("publicKey", "challenge") == first.Str("publicKey", "challenge") {
		t.Error("a challenge came twice")
	}
	if excluded := second.At("publicKey", "excludeCredentials", 0); sandboxtest.Walk(excluded, "id") != base64.RawURLEncoding.EncodeToString([]byte("laptop")) ||
		sandboxtest.Walk(excluded, "transports", 1) != "hybrid" || sandboxtest.Walk(excluded, "type") != "public-key" {
		t.Errorf("%s", second.Text)
	}
	me.Post(register, laptop.register("Again", second)).Problem(409, "general.conflict")
	third := me.Post(options, "").Want(200)
	token := securityKey{rawID: strings.Repeat("k", 300), flags: 0x41}.register("Key", third)
	made2 := me.Post(register, `{"default":true,`+token[1:]).Want(200)
	if made2.At("default") != true {
		t.Errorf("%s", made2.Text)
	}
	if a := me.Get(myVerifiers); !slices.Equal(sandboxtest.Ids(a.List("entities")), []string{made.Str("id"), made2.Str("id")}) {
		t.Errorf("%s", a.Text)
	}
	me.Post(myVerifiers+"/totp/"+made.Str("id"), `{"token":"123456"}`).Problem(404, "verifier.not.found")

	// One that was deleted can be registered again.
	me.Remove(myVerifiers + "/" + made.Str("id")).Want(204)
	me.Post(register, laptop.register("Laptop", me.Post(options, "").Want(200))).Want(200)
}

func TestAPasskeyThatIsNotRightIsRefused(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	me, _ := signedIn(box, "Ada", "ada@example.com")
	other, _ := signedIn(box, "Bo", "bo@example.com")
	const client, attestation = "credential.response.clientDataJSON", "credential.response.attestationObject"
	good := securityKey{rawID: "laptop", flags: 0x45}
	with := func(change func(*securityKey)) securityKey {
		k := good
		change(&k)
		return k
	}
	drop := func(member string) func(string) string {
		return func(body string) string { return strings.Replace(body, `"`+member+`":`, `"x":`, 1) }
	}
	for name, c := range map[string]struct {
		key    securityKey
		change func(string) string
		field  string
	}{
		"no name":                         {good, drop("name"), "name"},
		"no credential":                   {good, drop("credential"), "credential"},
		"no id":                           {good, drop("id"), "credential.id"},
		"no raw id":                       {good, drop("rawId"), "credential.rawId"},
		"no type":                         {good, drop("type"), "credential.type"},
		"no response":                     {good, drop("response"), "credential.response"},
		"no client data":                  {good, drop("clientDataJSON"), client},
		"no attestation":                  {good, drop("attestationObject"), attestation},
		"another type":                    {with(func(k *securityKey) { k.kind = "password" }), nil, "credential.type"},
		"two ids":                         {with(func(k *securityKey) { k.id = "eA" }), nil, "credential.id"},
		"a raw id of other letters":       {good, func(b string) string { return strings.Replace(b, `"rawId":"`, `"rawId":"?`, 1) }, "credential.rawId"},
		"a raw id that is too long":       {with(func(k *securityKey) { k.rawID = strings.Repeat("k", 1024) }), nil, "credential.rawId"},
		"another ceremony":                {with(func(k *securityKey) { k.ceremony = "webauthn.get" }), nil, client},
		"a challenge that was not issued": {with(func(k *securityKey) { k.challenge = "eA" }), nil, client},
		"client data of other letters":    {good, func(b string) string { return strings.Replace(b, `JSON":"`, `JSON":"?`, 1) }, client},
		"client data that is no JSON":     {good, func(b string) string { return strings.Replace(b, `JSON":"`, `JSON":"AAAA`, 1) }, client},
		"another party":                   {with(func(k *securityKey) { k.party = "example.com" }), nil, attestation},
		"nobody there":                    {with(func(k *securityKey) { k.flags = 0x44 }), nil, attestation},
		"no credential inside":            {with(func(k *securityKey) { k.flags = 0x05 }), nil, attestation},
		"another credential inside":       {with(func(k *securityKey) { k.attested = "laptot" }), nil, attestation},
		"a longer credential inside":      {with(func(k *securityKey) { k.attested = "laptop2" }), nil, attestation},
		"something after the object":      {with(func(k *securityKey) { k.extra = "\x00" }), nil, attestation},
		"no object":                       {with(func(k *securityKey) { k.object = func(string) string { return "\x80" } }), nil, attestation},
		"an object without data":          {with(func(k *securityKey) { k.object = func(string) string { return "\xa0" } }), nil, attestation},
		"an object with a number of data": {with(func(k *securityKey) { k.object = func(string) string { return "\xa1\x68authData\x01" } }), nil, attestation},
		"an object with little data":      {with(func(k *securityKey) { k.object = func(string) string { return "\xa1\x68authData\x41x" } }), nil, attestation},
		"half an object":                  {with(func(k *securityKey) { k.object = func(o string) string { return o[:len(o)/2] } }), nil, attestation},
	} {
		t.Run(name, func(t *testing.T) {
			me := *me
			me.T = t
			body := c.key.register("Laptop", me.Post(myVerifiers+"/webauthn/register/options", "").Want(200))
			if c.change != nil {
				body = c.change(body)
			}
			me.Post(myVerifiers+"/webauthn/register", body).Problem(400, "bad.request", c.field)
		})
	}
	const options, register = myVerifiers + "/webauthn/register/options", myVerifiers + "/webauthn/register"
	other.Post(register, good.register("Stolen", me.Post(options, "").Want(200))).Problem(400, "bad.request", client)

	late := me.Post(options, "").Want(200)
	box.Clock.Advance(verifiers.ChallengeLifetime)
	me.Post(register, good.register("Late", late)).Problem(400, "bad.request", client)

	spent := me.Post(options, "").Want(200)
	me.Post(register, with(func(k *securityKey) { k.flags = 0x44 }).register("Bad", spent)).Problem(400, "bad.request", attestation)
	me.Post(register, good.register("Good", spent)).Problem(400, "bad.request", client)

	oldest := me.Post(options, "").Want(200)
	for range verifiers.MaxChallenges {
		me.Post(options, "").Want(200)
	}
	me.Post(register, good.register("Old", oldest)).Problem(400, "bad.request", client)
	if a := me.Get(myVerifiers); a.Num("total") != 0 {
		t.Errorf("a refused passkey is there: %s", a.Text)
	}
	me.Post(register, good.register("Good", me.Post(options, "").Want(200))).Want(200) // it is not taken by what was refused
}
