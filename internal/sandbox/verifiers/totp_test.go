package verifiers_test

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"image/png"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
	"github.com/switchboard-gw/switchboard/internal/sandbox/verifiers"
)

// authenticator is an app that read a key URI.
type authenticator struct {
	clock *sandboxtest.Clock

	algorithm string
	secret    []byte
	digits    int
	period    int64
	code      func(step int64) string
}

func newAuthenticator(t *testing.T, clock *sandboxtest.Clock, keyURI string) *authenticator {
	t.Helper()
	uri, err := url.Parse(keyURI)
	if err != nil || uri.Scheme != "otpauth" || uri.Host != "totp" {
		t.Fatalf("%s: %v", keyURI, err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(uri.Query().Get("secret"))
	if err != nil {
		t.Fatal(err)
	}
	algorithm := uri.Query().Get("algorithm")
	digits, _ := strconv.Atoi(uri.Query().Get("digits"))
	period, _ := strconv.ParseInt(uri.Query().Get("period"), 10, 64)
	return &authenticator{clock, algorithm, secret, digits, period, verifiers.CodesOf(algorithm, secret, digits, period)}
}

// token is the body with the code so many steps from now.
func (a *authenticator) token(steps int64) string {
	return `{"token":"` + a.code(a.clock.Now().Unix()/a.period+steps) + `"}`
}

func TestATOTPVerifierIsOfUseOnceACodeWasShown(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	me, id := signedIn(box, "Ada", "ada@example.com")
	made := me.Post(myVerifiers+"/totp", `{"name":"Phone","enabled":true,"default":true}`).Want(200)
	verifier := made.Str("id")
	if made.Str("type") != "TOTP" || made.At("enabled") != false || made.At("default") != false ||
		!strings.HasPrefix(made.Str("keyUri"), "otpauth://totp/Sandbox:ada@example.com?secret=") ||
		!strings.HasSuffix(made.Str("keyUri"), "&issuer=Sandbox&algorithm=SHA1&digits=6&period=30") {
		t.Errorf("%s", made.Text)
	}
	app := newAuthenticator(t, box.Clock, made.Str("keyUri"))
	if len(app.secret) != 20 {
		t.Errorf("a secret of %d bytes", len(app.secret))
	}
	me.Put(myVerifiers+"/"+verifier, `{"name":"Phone","enabled":true}`).Problem(400, "bad.request", "enabled")
	me.Put(myVerifiers+"/"+verifier, `{"name":"Phone","default":true}`).Problem(400, "bad.request", "default")

	path := myVerifiers + "/totp/" + verifier
	me.Post(path, `{"token":""}`).Problem(400, "bad.request", "token")
	me.Post(path, `{"token":"12345"}`).Problem(400, "bad.request", "token")
	me.Post(path, app.token(-2)).Problem(400, "bad.request", "token")
	me.Post(path, app.token(2)).Problem(400, "bad.request", "token")
	if a := me.Get(myVerifiers); a.At("entities", 0, "enabled") != false {
		t.Errorf("a wrong code enables: %s", a.Text)
	}
	me.Post(path, app.token(-1)).Want(204) // a clock may be slow
	me.Post(path, app.token(-1)).Problem(400, "bad.request", "token")
	me.Post(path, app.token(1)).Want(204) // or fast
	me.Post(path, app.token(0)).Problem(400, "bad.request", "token")
	box.Clock.Advance(30 * time.Second)
	me.Post(path, app.token(0)).Problem(400, "bad.request", "token")
	me.Post(path, app.token(1)).Want(204)

	want := fmt.Sprintf(`{"total":1,"entities":[{"id":%q,"name":"Phone","type":"TOTP","enabled":true,"default":true,`+
		`"selfUri":"/api/v2/users/%s/verifiers/%s"}],"selfUri":"/api/v2/users/%s/verifiers"}`, verifier, id, verifier, id)
	if a := box.Get(box.UserPath(id, "/verifiers")); a.Text != want {
		t.Errorf("%s, want %s", a.Text, want)
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
			box := sandboxtest.New(t, sandbox.Options{Users: 1, MeAsFirstUser: true})
			made := box.Post(myVerifiers+"/totp", c.create).Want(200)
			app := newAuthenticator(t, box.Clock, made.Str("keyUri"))
			box.Post(myVerifiers+"/totp/"+made.Str("id"), strings.Replace(app.token(0), "}", c.validate+"}", 1)).Want(204)
			if a := box.Get(myVerifiers); a.At("entities", 0, "enabled") != c.enabled {
				t.Errorf("%s", a.Text)
			}
			box.Put(myVerifiers+"/"+made.Str("id"), `{"name":"A","enabled":true}`).Want(200)
		})
	}
}

func TestTOTPVerifiersAreAsTheyWereAskedFor(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{MeAsFirstUser: true})
	for _, c := range []struct{ body, parameters string }{
		{`"digits":0,"period":0,"secretSize":0`, "SHA1 6 30 20"},
		{`"algorithm":"SHA256","digits":8,"period":60,"secretSize":32`, "SHA256 8 60 32"},
		{`"algorithm":"SHA512","digits":12,"period":2147483647,"secretSize":64`, "SHA512 12 2147483647 64"},
	} {
		made := box.Post(myVerifiers+"/totp", `{"name":"A",`+c.body+`}`).Want(200)
		app := newAuthenticator(t, box.Clock, made.Str("keyUri"))
		if got := fmt.Sprint(app.algorithm, " ", app.digits, " ", app.period, " ", len(app.secret)); got != c.parameters {
			t.Errorf("%s: got %s", c.body, got)
		}
		picture, err := base64.StdEncoding.DecodeString(made.Str("encodedQuickResponseCode"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
			t.Error(err)
		}
		box.Post(myVerifiers+"/totp/"+made.Str("id"), app.token(0)).Want(204)
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
		box.Post(myVerifiers+"/totp", body).Problem(400, "bad.request", field)
	}
	if a := box.Get(myVerifiers); a.Num("total") != 3 {
		t.Errorf("a refused verifier is there: %s", a.Text)
	}
}
