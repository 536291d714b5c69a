package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"image/png"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const myVerifiers = "/api/v2/users/me/verifiers"

// signedIn is a new user with a token of its own.
func (o *testOrg) signedIn(name, email string) (*testOrg, string) {
	o.t.Helper()
	id := o.create(name, email)
	return o.as(userTokenPrefix + id), id
}

// authenticator is an app that read a key URI.
type authenticator struct {
	totp
	clock *testClock
}

func newAuthenticator(t *testing.T, clock *testClock, keyURI string) *authenticator {
	t.Helper()
	uri, err := url.Parse(keyURI)
	if err != nil || uri.Scheme != "otpauth" || uri.Host != "totp" {
		t.Fatalf("%s: %v", keyURI, err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(uri.Query().Get("secret"))
	if err != nil {
		t.Fatal(err)
	}
	digits, _ := strconv.Atoi(uri.Query().Get("digits"))
	period, _ := strconv.ParseInt(uri.Query().Get("period"), 10, 64)
	return &authenticator{totp{algorithm: uri.Query().Get("algorithm"), secret: secret, digits: digits, period: period}, clock}
}

// token is the body with the code so many steps from now.
func (a *authenticator) token(steps int64) string {
	return `{"token":"` + a.code(a.clock.now().Unix()/a.period+steps) + `"}`
}

func TestCodesAreThoseOfRFC6238(t *testing.T) {
	t.Parallel()
	const digits = "1234567890"
	for _, c := range []struct {
		algorithm, secret string
		at                int64
		code              string
	}{
		{"SHA1", strings.Repeat(digits, 2), 59, "94287082"},
		{"SHA1", strings.Repeat(digits, 2), 1111111109, "07081804"},
		{"SHA1", strings.Repeat(digits, 2), 20000000000, "65353130"},
		{"SHA256", strings.Repeat(digits, 4)[:32], 59, "46119246"},
		{"SHA512", strings.Repeat(digits, 7)[:64], 59, "90693936"},
	} {
		made := totp{algorithm: c.algorithm, secret: []byte(c.secret), digits: 8}
		if got := made.code(c.at / 30); got != c.code {
			t.Errorf("%s at %d: %s, want %s", c.algorithm, c.at, got, c.code)
		}
	}
}

func TestATOTPVerifierIsOfUseOnceACodeWasShown(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	me, id := org.signedIn("Ada", "ada@example.com")
	made := me.post(myVerifiers+"/totp", `{"name":"Phone","enabled":true,"default":true}`).want(200)
	verifier := made.str("id")
	if made.str("type") != "TOTP" || made.at("enabled") != false || made.at("default") != false ||
		!strings.HasPrefix(made.str("keyUri"), "otpauth://totp/Sandbox:ada@example.com?secret=") ||
		!strings.HasSuffix(made.str("keyUri"), "&issuer=Sandbox&algorithm=SHA1&digits=6&period=30") {
		t.Errorf("%s", made.text)
	}
	app := newAuthenticator(t, org.clock, made.str("keyUri"))
	if len(app.secret) != 20 {
		t.Errorf("a secret of %d bytes", len(app.secret))
	}
	me.put(myVerifiers+"/"+verifier, `{"name":"Phone","enabled":true}`).problem(400, "bad.request", "enabled")
	me.put(myVerifiers+"/"+verifier, `{"name":"Phone","default":true}`).problem(400, "bad.request", "default")

	path := myVerifiers + "/totp/" + verifier
	me.post(path, `{"token":""}`).problem(400, "bad.request", "token")
	me.post(path, `{"token":"12345"}`).problem(400, "bad.request", "token")
	me.post(path, app.token(-2)).problem(400, "bad.request", "token")
	me.post(path, app.token(2)).problem(400, "bad.request", "token")
	if a := me.get(myVerifiers); a.at("entities", 0, "enabled") != false {
		t.Errorf("a wrong code enables: %s", a.text)
	}
	me.post(path, app.token(-1)).want(204) // a clock may be slow
	me.post(path, app.token(-1)).problem(400, "bad.request", "token")
	me.post(path, app.token(1)).want(204) // or fast
	me.post(path, app.token(0)).problem(400, "bad.request", "token")
	org.clock.advance(30 * time.Second)
	me.post(path, app.token(0)).problem(400, "bad.request", "token")
	me.post(path, app.token(1)).want(204)

	want := fmt.Sprintf(`{"total":1,"entities":[{"id":%q,"name":"Phone","type":"TOTP","enabled":true,"default":true,`+
		`"selfUri":"/api/v2/users/%s/verifiers/%s"}],"selfUri":"/api/v2/users/%s/verifiers"}`, verifier, id, verifier, id)
	if a := org.get(org.userPath(id, "/verifiers")); a.text != want {
		t.Errorf("%s, want %s", a.text, want)
	}
}

func TestValidationEnablesOnlyWhatIsToBeEnabled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		create, validate string
		enabled          bool
	}{
		"nobody asked":           {`{"name":"A"}`, ``, false},
		"the creation asked":     {`{"name":"A","enabled":true}`, ``, true},
		"the validation asked":   {`{"name":"A"}`, `,"enable":true`, true},
		"the validation refused": {`{"name":"A","enabled":true}`, `,"enable":false`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := newTestOrg(t, Options{Users: 1, MeAsFirstUser: true})
			made := org.post(myVerifiers+"/totp", c.create).want(200)
			app := newAuthenticator(t, org.clock, made.str("keyUri"))
			org.post(myVerifiers+"/totp/"+made.str("id"), strings.Replace(app.token(0), "}", c.validate+"}", 1)).want(204)
			if a := org.get(myVerifiers); a.at("entities", 0, "enabled") != c.enabled {
				t.Errorf("%s", a.text)
			}
			org.put(myVerifiers+"/"+made.str("id"), `{"name":"A","enabled":true}`).want(200)
		})
	}
}

func TestTOTPVerifiersAreAsTheyWereAskedFor(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{MeAsFirstUser: true})
	for _, c := range []struct{ body, parameters string }{
		{`"digits":0,"period":0,"secretSize":0`, "SHA1 6 30 20"},
		{`"algorithm":"SHA256","digits":8,"period":60,"secretSize":32`, "SHA256 8 60 32"},
		{`"algorithm":"SHA512","digits":12,"period":2147483647,"secretSize":64`, "SHA512 12 2147483647 64"},
	} {
		made := org.post(myVerifiers+"/totp", `{"name":"A",`+c.body+`}`).want(200)
		app := newAuthenticator(t, org.clock, made.str("keyUri"))
		if got := fmt.Sprint(app.algorithm, " ", app.digits, " ", app.period, " ", len(app.secret)); got != c.parameters {
			t.Errorf("%s: got %s", c.body, got)
		}
		picture, err := base64.StdEncoding.DecodeString(made.str("encodedQuickResponseCode"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
			t.Error(err)
		}
		org.post(myVerifiers+"/totp/"+made.str("id"), app.token(0)).want(204)
	}
	for body, field := range map[string]string{
		`{}`: "name",
		`{"name":"` + strings.Repeat("x", 101) + `"}`: "name",
		`{"name":"A","algorithm":"MD5"}`:              "algorithm",
		`{"name":"A","digits":5}`:                     "digits",
		`{"name":"A","digits":13}`:                    "digits",
		`{"name":"A","period":-1}`:                    "period",
		`{"name":"A","secretSize":9}`:                 "secretSize",
		`{"name":"A","secretSize":65}`:                "secretSize",
	} {
		org.post(myVerifiers+"/totp", body).problem(400, "bad.request", field)
	}
	if a := org.get(myVerifiers); a.num("total") != 3 {
		t.Errorf("a refused verifier is there: %s", a.text)
	}
}

// securityKey is a security key, as a browser shows it.
type securityKey struct {
	id, rawID, kind, ceremony, challenge, party string
	flags                                       byte
	attested                                    string              // id inside the attestation, when another
	extra                                       string              // after the attestation object
	object                                      func(string) string // makes something else of it
}

// register is the body that answers options.
func (k securityKey) register(name string, options answer) string {
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	or := func(text, other string) string {
		if text == "" {
			return other
		}
		return text
	}
	challenge := or(k.challenge, options.str("publicKey", "challenge"))
	client := fmt.Sprintf(`{"type":%q,"challenge":%q,"origin":"http://localhost:3000","crossOrigin":false}`, or(k.ceremony, "webauthn.create"), challenge)
	id := or(k.attested, k.rawID)
	hash := sha256.Sum256([]byte(or(k.party, options.str("publicKey", "rp", "id"))))
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
	org := newTestOrg(t, Options{})
	me, id := org.signedIn("Ada", "ada@example.com")
	const options, register = myVerifiers + "/webauthn/register/options", myVerifiers + "/webauthn/register"
	first := me.post(options, "").want(200)
	handle, _ := base64.RawURLEncoding.DecodeString(first.str("publicKey", "user", "id"))
	if challenge, err := base64.RawURLEncoding.DecodeString(first.str("publicKey", "challenge")); err != nil || len(challenge) != 32 ||
		string(handle) != id || first.str("publicKey", "user", "name") != "ada@example.com" || first.num("publicKey", "timeout") != 300_000 ||
		first.num("publicKey", "pubKeyCredParams", 0, "alg") != -7 || len(first.list("publicKey", "excludeCredentials")) != 0 {
		t.Errorf("%s: %v", first.text, err)
	}
	laptop := securityKey{rawID: "laptop", flags: 0x45}
	made := me.post(register, laptop.register("Laptop", first)).want(200)
	if made.str("type") != "WEBAUTHN" || made.str("name") != "Laptop" || made.at("enabled") != true || made.at("default") != false {
		t.Errorf("%s", made.text)
	}
	me.post(register, securityKey{rawID: "other", flags: 0x45}.register("Other", first)).problem(400, "bad.request", "credential.response.clientDataJSON")

	second := me.post(options, "").want(200)
	if second.str("publicKey", "challenge") == first.str("publicKey", "challenge") {
		t.Error("a challenge came twice")
	}
	if excluded := second.at("publicKey", "excludeCredentials", 0); walk(excluded, "id") != base64.RawURLEncoding.EncodeToString([]byte("laptop")) ||
		walk(excluded, "transports", 1) != "hybrid" || walk(excluded, "type") != "public-key" {
		t.Errorf("%s", second.text)
	}
	me.post(register, laptop.register("Again", second)).problem(409, "general.conflict")
	third := me.post(options, "").want(200)
	token := securityKey{rawID: strings.Repeat("k", 300), flags: 0x41}.register("Key", third)
	made2 := me.post(register, `{"default":true,`+token[1:]).want(200)
	if made2.at("default") != true {
		t.Errorf("%s", made2.text)
	}
	if a := me.get(myVerifiers); !slices.Equal(ids(a.list("entities")), []string{made.str("id"), made2.str("id")}) {
		t.Errorf("%s", a.text)
	}
	me.post(myVerifiers+"/totp/"+made.str("id"), `{"token":"123456"}`).problem(404, "verifier.not.found")

	// One that was deleted can be registered again.
	me.remove(myVerifiers + "/" + made.str("id")).want(204)
	me.post(register, laptop.register("Laptop", me.post(options, "").want(200))).want(200)
}

func TestAPasskeyThatIsNotRightIsRefused(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	me, _ := org.signedIn("Ada", "ada@example.com")
	other, _ := org.signedIn("Bo", "bo@example.com")
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
			me.t = t
			body := c.key.register("Laptop", me.post(myVerifiers+"/webauthn/register/options", "").want(200))
			if c.change != nil {
				body = c.change(body)
			}
			me.post(myVerifiers+"/webauthn/register", body).problem(400, "bad.request", c.field)
		})
	}
	const options, register = myVerifiers + "/webauthn/register/options", myVerifiers + "/webauthn/register"
	other.post(register, good.register("Stolen", me.post(options, "").want(200))).problem(400, "bad.request", client)

	late := me.post(options, "").want(200)
	org.clock.advance(challengeLifetime)
	me.post(register, good.register("Late", late)).problem(400, "bad.request", client)

	spent := me.post(options, "").want(200)
	me.post(register, with(func(k *securityKey) { k.flags = 0x44 }).register("Bad", spent)).problem(400, "bad.request", attestation)
	me.post(register, good.register("Good", spent)).problem(400, "bad.request", client)

	oldest := me.post(options, "").want(200)
	for range maxChallenges {
		me.post(options, "").want(200)
	}
	me.post(register, good.register("Old", oldest)).problem(400, "bad.request", client)
	if f := org.sandbox.org.secondFactors; len(f) != 2 || len(org.sandbox.org.passkeys) != 0 {
		t.Errorf("%d users have factors, %d passkeys", len(f), len(org.sandbox.org.passkeys))
	}
	if a := me.get(myVerifiers); a.num("total") != 0 {
		t.Errorf("a refused passkey is there: %s", a.text)
	}
}

func TestVerifiersAreChangedAndDeleted(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	me, id := org.signedIn("Ada", "ada@example.com")
	theirs := org.userPath(id, "/verifiers")
	var made []string
	for _, name := range []string{"one", "two"} {
		options := me.post(myVerifiers+"/webauthn/register/options", "").want(200)
		made = append(made, me.post(myVerifiers+"/webauthn/register", securityKey{rawID: name, flags: 0x45}.register(name, options)).want(200).str("id"))
	}
	if a := me.put(myVerifiers+"/"+made[0], `{"name":"Uno","default":true}`).want(200); a.str("name") != "Uno" ||
		a.at("default") != true || a.at("enabled") != true {
		t.Errorf("%s", a.text)
	}
	// There is one default.
	org.put(theirs+"/"+made[1], `{"name":"Due","default":true}`).want(200)
	if a := org.get(theirs); a.at("entities", 0, "default") != false || a.at("entities", 1, "default") != true {
		t.Errorf("%s", a.text)
	}
	// And it is enabled.
	org.put(theirs+"/"+made[1], `{"name":"Due","enabled":false,"default":true}`).problem(400, "bad.request", "default")
	if a := org.put(theirs+"/"+made[1], `{"name":"Due","enabled":false}`).want(200); a.at("default") != false || a.at("enabled") != false {
		t.Errorf("%s", a.text)
	}
	// What a listing shows can be sent back.
	org.put(theirs+"/"+made[0], `{"name":"Uno","enabled":null,"default":null,"credential":{"type":{"name":"x"}}}`).want(200)
	org.put(theirs+"/"+made[0], `{"name":"Uno","credential":{"credentialFields":{"secret":"x"}}}`).problem(400, "bad.request", "credential.credentialFields")
	org.put(theirs+"/"+made[0], `{"enabled":true}`).problem(400, "bad.request", "name")

	org.remove(theirs + "/" + made[0]).want(204)
	org.remove(theirs+"/"+made[0]).problem(404, "verifier.not.found")
	me.remove(myVerifiers + "/" + made[1]).want(204)
	if a := me.get(myVerifiers); a.num("total") != 0 || a.str("selfUri") != myVerifiers || a.at("entities") == nil {
		t.Errorf("%s", a.text)
	}
}

func TestVerifiersOfSomebodyElseAndOfNobody(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	me, id := org.signedIn("Ada", "ada@example.com")
	other, otherID := org.signedIn("Bo", "bo@example.com")
	made := me.post(myVerifiers+"/totp", `{"name":"Phone"}`).want(200).str("id")
	for _, verifier := range []string{made, "nothing"} {
		other.put(myVerifiers+"/"+verifier, `{"name":"Mine"}`).problem(404, "verifier.not.found")
		other.remove(myVerifiers+"/"+verifier).problem(404, "verifier.not.found")
		other.post(myVerifiers+"/totp/"+verifier, `{"token":"123456"}`).problem(404, "verifier.not.found")
		org.put(org.userPath(otherID, "/verifiers/"+verifier), `{"name":"Mine"}`).problem(404, "verifier.not.found")
	}
	// A client-credentials token has no user behind it.
	for _, call := range [][2]string{
		{"GET", ""}, {"POST", "/totp"}, {"POST", "/totp/" + made}, {"POST", "/webauthn/register"},
		{"POST", "/webauthn/register/options"}, {"DELETE", "/" + made}, {"PUT", "/" + made},
	} {
		org.do(call[0], myVerifiers+call[1], `{}`).problem(400, "bad.request")
	}
	org.remove(org.userPath(id, "")).want(200)
	for _, gone := range []string{id, "nobody"} {
		path := org.userPath(gone, "/verifiers")
		org.do("GET", path, "").problem(404, "user.not.found")
		org.put(path+"/"+made, `{"name":"Mine"}`).problem(404, "user.not.found")
		org.remove(path+"/"+made).problem(404, "user.not.found")
	}
}

// Everything at once, for the race detector. Every update that was acknowledged is
// a version.
func TestAttributesAndVerifiersInManyHands(t *testing.T) {
	t.Parallel()
	s, err := New(Options{Users: 20, RateLimit: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	made := decodeAnswer(t, 200, direct(s, "POST", schemasPath, schemaBody("S", 0, everyField, "")).Body.Bytes())
	schema, me := made.str("id"), "/api/v2/users/"+s.org.firstUserID
	var updates atomic.Int64
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 20 {
				version := int(updates.Load()) + 1
				options := decodeAnswer(t, 200, direct(s, "POST", myVerifiers+"/webauthn/register/options", "").Body.Bytes())
				for _, call := range [][3]string{
					{"PUT", schemasPath + "/" + schema, schemaBody("S", version, everyField, "")},
					{"GET", schemasPath + "/" + schema + "/versions", ""},
					{"PUT", me + "/customattributes", attributesOf(schema, everyValue)},
					{"PATCH", me + "/customattributes/bulk", `[` + attributesOf(schema, `{"size_enum":null}`) + `]`},
					{"GET", me + "/customattributes/bulk?schemaIds=" + schema, ""},
					{"DELETE", me + "/customattributes/" + schema, ""},
					{"POST", myVerifiers + "/totp", `{"name":"A"}`},
					{"POST", myVerifiers + "/webauthn/register", securityKey{rawID: fmt.Sprint(w, i), flags: 0x45}.register("K", options)},
					{"GET", me + "/verifiers", ""},
				} {
					res := direct(s, call[0], call[1], call[2])
					if res.Code >= 500 {
						t.Errorf("%v: %d %s", call, res.Code, res.Body)
					}
					if call[0] == "PUT" && strings.HasPrefix(call[1], schemasPath) && res.Code == 200 {
						updates.Add(1)
					}
				}
			}
		})
	}
	wg.Wait()
	if got := len(s.org.customSchemas[0].versions); got != int(updates.Load())+1 || got == 1 {
		t.Errorf("%d versions after %d updates", got, updates.Load())
	}
}

func TestAnOrganisationWithoutVerifiersAndSchemasHoldsNothingForThem(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.org.customSchemas != nil || s.org.secondFactors != nil || s.org.passkeys != nil {
		t.Error("something is there")
	}
}
