package backend_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

const accessToken = "t0ken-of-the-service"

// TestNoSecretIsPrinted prints everything that holds a secret or a token in
// every way that a log line might.
func TestNoSecretIsPrinted(t *testing.T) {
	w := answering(t, ok(`{"access_token":"`+accessToken+`","expires_in":86399}`))
	c := credentials(w.url)
	tokens := backend.NewTokens(c)
	var sent *backend.Request
	last := backend.Func(func(_ context.Context, req *backend.Request) (*backend.Response, error) {
		sent = req
		return &backend.Response{Status: http.StatusOK}, nil
	})
	chain := backend.Chain(last, backend.Authorize(backend.AuthService, tokens))
	if _, err := chain.Do(t.Context(), get("/users/jane")); err != nil || authorization(sent) != "Bearer "+accessToken {
		t.Fatal(err, sent)
	}
	lease, err := tokens.Lease(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	broken := get("/x")
	broken.Header = http.Header{"Authorization": {"Bearer " + accessToken + "\r\n"}}
	_, brokenErr := newTransport(t, w.url).Do(t.Context(), broken)
	_, refusedErr := tokenOf(t.Context(), backend.NewTokens(credentials(answering(t, reply("401 No", clientSecret)).url)))
	for _, value := range []any{
		c, &c, c.Secret, &c.Secret, c.ID, []backend.Credentials{c.Secret}, map[string]backend.ClientCredentials{"c": c},
		tokens, lease, chain, sent, *sent, []*backend.Request{sent}, newTransport(t, w.url), brokenErr, refusedErr,
	} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10.3v"} {
			fmt.Fprintf(&out, verb+"\n", value) // verbs that fit badly, too
		}
		fmt.Fprintln(&out, value)
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "value", value)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "value", value)
		_ = json.NewEncoder(&out).Encode(value)
		text := strings.ToLower(out.String())
		for _, secret := range []string{clientSecret, accessToken, "jane"} {
			for _, form := range []string{
				secret, base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret)),
				strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]"),
			} {
				if strings.Contains(text, strings.ToLower(form)) {
					t.Errorf("%T shows %s:\n%s", value, secret, text)
				}
			}
		}
	}
}

func TestWhatIsPrintedInstead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value any
		want  string
	}{
		{backend.Credentials{Value: clientSecret}, "[redacted]"},
		{backend.Credentials{File: "/run/secrets/id"}, "/run/secrets/id"},
		{backend.Credentials{}, ""},
		{get("/users/jane"), "GET"},
		{*get("/users/jane"), "GET"},
		{&backend.Request{Method: "GET", Operation: &operation.Operation{Name: "GetUser"}}, "GET GetUser"},
	} {
		if got := fmt.Sprintf("%+v", test.value); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
		if got, err := json.Marshal(test.value); err != nil || string(got) != `"`+test.want+`"` {
			t.Errorf("got %s, %v; want %q", got, err, test.want)
		}
	}
}
