package verifiers_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

const myVerifiers = "/api/v2/users/me/verifiers"

// signedIn is a new user with a token of its own.
func signedIn(o *sandboxtest.Sandbox, name, email string) (*sandboxtest.Sandbox, string) {
	o.T.Helper()
	id := o.Create(name, email)
	return o.As("sandbox-user-" + id), id
}

func TestVerifiersAreChangedAndDeleted(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	me, id := signedIn(box, "Ada", "ada@example.com")
	theirs := box.UserPath(id, "/verifiers")
	var made []string
	for _, name := range []string{"one", "two"} {
		options := me.Post(myVerifiers+"/webauthn/register/options", "").Want(200)
		made = append(made, me.Post(myVerifiers+"/webauthn/register", securityKey{rawID: name, flags: 0x45}.register(name, options)).Want(200).Str("id"))
	}
	if a := me.Put(myVerifiers+"/"+made[0], `{"name":"Uno","default":true}`).Want(200); a.Str("name") != "Uno" ||
		a.At("default") != true || a.At("enabled") != true {
		t.Errorf("%s", a.Text)
	}
	// There is one default.
	box.Put(theirs+"/"+made[1], `{"name":"Due","default":true}`).Want(200)
	if a := box.Get(theirs); a.At("entities", 0, "default") != false || a.At("entities", 1, "default") != true {
		t.Errorf("%s", a.Text)
	}
	// And it is enabled.
	box.Put(theirs+"/"+made[1], `{"name":"Due","enabled":false,"default":true}`).Problem(400, "bad.request", "default")
	if a := box.Put(theirs+"/"+made[1], `{"name":"Due","enabled":false}`).Want(200); a.At("default") != false || a.At("enabled") != false {
		t.Errorf("%s", a.Text)
	}
	// What a listing shows can be sent back.
	box.Put(theirs+"/"+made[0], `{"name":"Uno","enabled":null,"default":null,"credential":{"type":{"name":"x"}}}`).Want(200)
	box.Put(theirs+"/"+made[0], `{"name":"Uno","credential":{"credentialFields":{"secret":"x"}}}`).Problem(400, "bad.request", "credential.credentialFields")
	box.Put(theirs+"/"+made[0], `{"enabled":true}`).Problem(400, "bad.request", "name")

	box.Remove(theirs + "/" + made[0]).Want(204)
	box.Remove(theirs+"/"+made[0]).Problem(404, "verifier.not.found")
	me.Remove(myVerifiers + "/" + made[1]).Want(204)
	if a := me.Get(myVerifiers); a.Num("total") != 0 || a.Str("selfUri") != myVerifiers || a.At("entities") == nil {
		t.Errorf("%s", a.Text)
	}
}

func TestVerifiersOfSomebodyElseAndOfNobody(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	me, id := signedIn(box, "Ada", "ada@example.com")
	other, otherID := signedIn(box, "Bo", "bo@example.com")
	made := me.Post(myVerifiers+"/totp", `{"name":"Phone"}`).Want(200).Str("id")
	for _, verifier := range []string{made, "nothing"} {
		other.Put(myVerifiers+"/"+verifier, `{"name":"Mine"}`).Problem(404, "verifier.not.found")
		other.Remove(myVerifiers+"/"+verifier).Problem(404, "verifier.not.found")
		other.Post(myVerifiers+"/totp/"+verifier, `{"token":"123456"}`).Problem(404, "verifier.not.found")
		box.Put(box.UserPath(otherID, "/verifiers/"+verifier), `{"name":"Mine"}`).Problem(404, "verifier.not.found")
	}
	// A client-credentials token has no user behind it.
	for _, call := range [][2]string{
		{"GET", ""}, {"POST", "/totp"}, {"POST", "/totp/" + made}, {"POST", "/webauthn/register"},
		{"POST", "/webauthn/register/options"}, {"DELETE", "/" + made}, {"PUT", "/" + made},
	} {
		box.Do(call[0], myVerifiers+call[1], `{}`).Problem(400, "bad.request")
	}
	box.Remove(box.UserPath(id, "")).Want(200)
	for _, gone := range []string{id, "nobody"} {
		path := box.UserPath(gone, "/verifiers")
		box.Do("GET", path, "").Problem(404, "user.not.found")
		box.Put(path+"/"+made, `{"name":"Mine"}`).Problem(404, "user.not.found")
		box.Remove(path+"/"+made).Problem(404, "user.not.found")
	}
}

// Everything at once, for the race detector. Every update that was acknowledged is
// a version.
func TestAttributesAndVerifiersInManyHands(t *testing.T) {
	t.Parallel()
	s, err := sandbox.New(sandbox.Options{Users: 20, RateLimit: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	made := sandboxtest.DecodeAnswer(t, 200, sandboxtest.Direct(s, "POST", sandboxtest.SchemasPath, sandboxtest.SchemaBody("S", 0, sandboxtest.EveryField, "")).Body.Bytes())
	schema, me := made.Str("id"), "/api/v2/users/"+s.Organisation().FirstUserID
	var updates atomic.Int64
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 20 {
				version := int(updates.Load()) + 1
				options := sandboxtest.DecodeAnswer(t, 200, sandboxtest.Direct(s, "POST", myVerifiers+"/webauthn/register/options", "").Body.Bytes())
				for _, call := range [][3]string{
					{"PUT", sandboxtest.SchemasPath + "/" + schema, sandboxtest.SchemaBody("S", version, sandboxtest.EveryField, "")},
					{"GET", sandboxtest.SchemasPath + "/" + schema + "/versions", ""},
					{"PUT", me + "/customattributes", sandboxtest.AttributesOf(schema, sandboxtest.EveryValue)},
					{"PATCH", me + "/customattributes/bulk", `[` + sandboxtest.AttributesOf(schema, `{"size_enum":null}`) + `]`},
					{"GET", me + "/customattributes/bulk?schemaIds=" + schema, ""},
					{"DELETE", me + "/customattributes/" + schema, ""},
					{"POST", myVerifiers + "/totp", `{"name":"A"}`},
					{"POST", myVerifiers + "/webauthn/register", securityKey{rawID: fmt.Sprint(w, i), flags: 0x45}.register("K", options)},
					{"GET", me + "/verifiers", ""},
				} {
					res := sandboxtest.Direct(s, call[0], call[1], call[2])
					if res.Code >= 500 {
						t.Errorf("%v: %d %s", call, res.Code, res.Body)
					}
					if call[0] == "PUT" && strings.HasPrefix(call[1], sandboxtest.SchemasPath) && res.Code == 200 {
						updates.Add(1)
					}
				}
			}
		})
	}
	wg.Wait()
	versions := sandboxtest.DecodeAnswer(t, 200, sandboxtest.Direct(s, "GET", sandboxtest.SchemasPath+"/"+schema+"/versions", "").Body.Bytes())
	if got := int(versions.Num("total")); got != int(updates.Load())+1 || got == 1 {
		t.Errorf("%d versions after %d updates", got, updates.Load())
	}
}
