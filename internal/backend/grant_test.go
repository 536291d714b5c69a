package backend_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchboard-gw/switchboard/internal/backend"
)

const (
	clientID     = "id-of-the-client"
	clientSecret = "s3cret-of-the-client"
)

func credentials(loginURL string) backend.ClientCredentials {
	return backend.ClientCredentials{
		LoginURL: loginURL, UserAgent: userAgent,
		ID: backend.Credentials{Value: clientID}, Secret: backend.Credentials{Value: clientSecret},
	}
}

// TestTheLoginByteForByte compares the whole request as the login host gets it.
func TestTheLoginByteForByte(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, prefix, id, secret, basic string }{
		{"usual", "", "6f1d-4a", "aZ09_-secret", "6f1d-4a:aZ09_-secret"},
		{"behind a path", "/login", "i", "s", "i:s"},
		{"what Basic could not tell apart is form-encoded", "", "a:b@c d", "é+/%&=", "a%3Ab%40c+d:%C3%A9%2B%2F%25%26%3D"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := answering(t, ok(`{"access_token":"t-1","token_type":"bearer","expires_in":86399}`))
			c := credentials(w.url + test.prefix)
			c.ID.Value, c.Secret.Value = test.id, test.secret
			token, err := tokenOf(t.Context(), backend.NewTokens(c))
			if err != nil || token != "t-1" {
				t.Fatalf("got %q, %v", token, err)
			}
			want := "POST " + test.prefix + "/oauth/token HTTP/1.1\r\n" +
				"Host: " + strings.TrimPrefix(w.url, "http://") + "\r\n" +
				"User-Agent: " + userAgent + "\r\n" +
				"Content-Length: 29\r\n" +
				"Accept: application/json\r\n" +
				"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(test.basic)) + "\r\n" +
				"Content-Type: application/x-www-form-urlencoded\r\n" +
				"Accept-Encoding: gzip\r\n\r\n" +
				"grant_type=client_credentials"
			if diff := cmp.Diff([]string{want}, w.got()); diff != "" {
				t.Errorf("on the wire (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnswersOfTheLoginHostThatHoldAToken(t *testing.T) {
	t.Parallel()
	for name, wire := range map[string]string{
		"usual":                           ok(`{"access_token":"t-1","token_type":"bearer","expires_in":86399}`),
		"compressed":                      ok(zip(`{"access_token":"t-1","expires_in":86399}`), asGzip),
		"in chunks":                       head("200 OK", asJSON, asChunks) + chunked(`{"access_`, `token":"t-1"}`) + last,
		"without a type of content":       reply("200 OK", `{"access_token":"t-1"}`),
		"without a lifetime":              ok(`{"access_token":"t-1"}`),
		"with a lifetime as a text":       ok(`{"access_token":"t-1","expires_in":"3600"}`),
		"with a lifetime that is null":    ok(`{"access_token":"t-1","expires_in":null}`),
		"with a lifetime that is none":    ok(`{"access_token":"t-1","expires_in":"soon"}`),
		"with a lifetime of another type": ok(`{"expires_in":{"s":1},"access_token":"t-1"}`),
		"with an error of another type":   ok(`{"error":{},"access_token":"t-1"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, err := tokenOf(t.Context(), backend.NewTokens(credentials(answering(t, wire).url)))
			if err != nil || token != "t-1" {
				t.Errorf("got %q, %v", token, err)
			}
		})
	}
}

func TestALoginThatFailsSaysWhatToLookAt(t *testing.T) {
	t.Parallel()
	const (
		client   = "check the client's id and secret"
		none     = "holds no access_token"
		limits   = "limits how often"
		status   = "check --login-url and that the client may use the client-credentials grant"
		unreach  = "cannot be reached"
		brokeOff = "broke off"
		echo     = `"echo":"` + clientSecret + `"`
	)
	passes := map[string]bool{limits: true, unreach: true, brokeOff: true, "answered 503: " + status: true, "answered 408: " + status: true, "answered 425: " + status: true}
	tests := []struct {
		name, wire string
		want       string
		wait       time.Duration
	}{
		{"wrong credentials", reply("401 Unauthorized", `{"error":"invalid_client",`+echo+`}`, asJSON), client, time.Second},
		{"wrong credentials, said without words", reply("401 Unauthorized", ""), client, time.Second},
		{"wrong credentials as a bad request", reply("400 Bad Request", `{"error":"invalid_client","error_description":"`+clientSecret+`"}`, asJSON), client, time.Second},
		{"throttled", reply("400 Bad Request", `{"error":"invalid_request","description":"rate limit exceeded: `+clientSecret+`"}`, asJSON), limits, time.Second},
		{"throttled, in the standard's member", reply("400 Bad Request", `{"error":"invalid_request","error_description":"Rate limit exceeded."}`, asJSON, "Retry-After: 7"), limits, 7 * time.Second},
		{"throttled as the API does it", reply("429 Too Many Requests", "<html>", "Retry-After: 30"), limits, 30 * time.Second},
		{"throttled for an odd time", reply("429 Too Many Requests", "", "Retry-After: 5m"), limits, time.Second},
		{"throttled for a negative time", reply("429 Too Many Requests", "", "Retry-After: -5"), limits, time.Second},
		{"throttled for a century", reply("429 Too Many Requests", "", "Retry-After: 3153600000"), limits, time.Second},
		{"throttled for a decade", reply("429 Too Many Requests", "", "Retry-After: 315360000"), limits, 10 * time.Minute},
		{"a bad request of another kind", reply("400 Bad Request", `{"error":"unauthorized_client",`+echo+`}`, asJSON), "answered 400: " + status, time.Second},
		{"a bad request in the API's own shape", reply("400 Bad Request", `{"error":{"code":1},`+echo+`}`, asJSON), "answered 400: " + status, time.Second},
		{"forbidden", reply("403 Forbidden", clientSecret), "answered 403: " + status, time.Second},
		{"not found", reply("404 Not Found", "<html>"+clientSecret, "Content-Type: text/html"), "answered 404: " + status, time.Second},
		{"a redirect", head("302 Found", "Location: /"+clientSecret, "Content-Length: 0"), "answered 302: " + status, time.Second},
		{"a redirect to nowhere", head("302 Found", "Location: http://[::1"+clientSecret, "Content-Length: 0"), "answered 302: " + status, time.Second},
		{"too slow for the login host", reply("408 Request Timeout", ""), "answered 408: " + status, time.Second},
		{"too early for the login host", reply("425 Too Early", ""), "answered 425: " + status, time.Second},
		{"an answer without a body", head("204 No Content"), "answered 204: " + status, time.Second},
		{"down for a while", reply("503 Service Unavailable", clientSecret, "Retry-After: 9"), "answered 503: " + status, 9 * time.Second},
		{"a page", reply("200 OK", "<html>"+clientSecret, "Content-Type: text/html"), none, time.Second},
		{"nothing", ok(""), none, time.Second},
		{"an empty object", ok("{}"), none, time.Second},
		{"a list", ok(`["` + clientSecret + `"]`), none, time.Second},
		{"an empty token", ok(`{"access_token":"","expires_in":86399}`), none, time.Second},
		{"a token that is a number", ok(`{"access_token":1,"expires_in":86399}`), none, time.Second},
		{"a token that no header can carry", ok(`{"access_token":"a\r\nX: b"}`), none, time.Second},
		{"a token with a blank", ok(`{"access_token":"a b"}`), none, time.Second},
		{"two answers", ok(`{"access_token":"a"}{}`), none, time.Second},
		{"half an answer", ok(`{"access_token":"a","exp`), none, time.Second},
		{"more than any token", ok(`{"access_token":"` + strings.Repeat("x", 64<<10) + `"}`), none, time.Second},
		{"10 GB in gzip", ok(strings.Repeat(zip(strings.Repeat("x", 1<<20)), 10_000), asGzip), none, time.Second},
		{"an answer that breaks off", head("200 OK", asJSON, "Content-Length: 99") + `{"access_token":"` + clientSecret, brokeOff, time.Second},
		{"an answer whose compression is broken", ok("no gzip, "+clientSecret, asGzip), brokeOff, time.Second},
		{"no answer", "", unreach, time.Second},
		{"headers over the bound", head("200 OK", "X: "+strings.Repeat("x", 65<<10)), unreach, time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			token, err := tokenOf(t.Context(), backend.NewTokens(credentials(answering(t, test.wire).url)))
			if token != "" {
				t.Errorf("got the token %q", token)
			}
			failed := checkTokenError(t, err, test.want)
			if failed.RetryAfter != test.wait {
				t.Errorf("to be tried again after %v, want %v", failed.RetryAfter, test.wait)
			}
			if failed.Refused == passes[test.want] {
				t.Errorf("refused until somebody mends something: %v", failed.Refused)
			}
		})
	}
}

// checkTokenError wants a TokenError with some words in it, no secret, and
// nothing that passes for the end of the caller's context.
func checkTokenError(t *testing.T, err error, want string) *backend.TokenError {
	t.Helper()
	var refused *backend.TokenError
	switch {
	case !errors.As(err, &refused):
		t.Fatalf("got %v, want a TokenError", err)
	case !strings.Contains(err.Error(), want):
		t.Errorf("got %q, want it to say %q", err, want)
	case strings.Contains(err.Error(), clientSecret), len(err.Error()) > 300:
		t.Errorf("the error tells too much: %.300s", err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		t.Errorf("passes for the end of the caller's context: %v", err)
	}
	return refused
}

func TestALoginURLThatCannotBeCalled(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"http://[::1", "gopher://login.test"} {
		_, err := tokenOf(t.Context(), backend.NewTokens(credentials(url)))
		checkTokenError(t, err, "--login-url")
	}
}

func TestSecretsAreReadFromFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	id, secret := filepath.Join(dir, "id"), filepath.Join(dir, "secret")
	write := func(file, text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w := serveBytes(t, func(_ int, conn net.Conn) bool {
		_, _ = conn.Write([]byte(ok(`{"access_token":"t"}`)))
		return true
	})
	login := func() (string, error) {
		c := backend.ClientCredentials{LoginURL: w.url, ID: backend.Credentials{File: id}, Secret: backend.Credentials{File: secret, Value: "not this"}}
		return tokenOf(t.Context(), backend.NewTokens(c))
	}

	_, err := login()
	checkTokenError(t, err, "--client-id-file cannot be read")
	write(id, "the-id\n")
	_, err = login()
	checkTokenError(t, err, "--client-secret-file cannot be read")
	write(secret, " \n")
	_, err = login()
	checkTokenError(t, err, "--client-secret-file "+secret+" is empty")
	if got := w.got(); len(got) != 0 {
		t.Errorf("the login host was asked without credentials: %q", got)
	}
	write(secret, "\tthe-secret\r\n")
	if _, err = login(); err != nil {
		t.Error(err)
	}
	if got := w.got(); len(got) != 1 || !strings.Contains(got[0], base64.StdEncoding.EncodeToString([]byte("the-id:the-secret"))) {
		t.Errorf("the login host got %q", got)
	}
}

// TestARotatedSecretIsPickedUp by the same source, at its next login.
func TestARotatedSecretIsPickedUp(t *testing.T) {
	t.Parallel()
	w := serveBytes(t, func(n int, conn net.Conn) bool {
		_, _ = fmt.Fprint(conn, ok(fmt.Sprintf(`{"access_token":"t-%d"}`, n)))
		return true
	})
	c := credentials(w.url)
	c.Secret = backend.Credentials{File: filepath.Join(t.TempDir(), "secret")}
	tokens := backend.NewTokens(c)
	for n, secret := range []string{"old", "new"} {
		if err := os.WriteFile(c.Secret.File, []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
		lease, err := tokens.Lease(t.Context())
		if err != nil || lease.Authorization()[0] != fmt.Sprintf("Bearer t-%d", n) {
			t.Fatalf("got %v, %v", lease, err)
		}
		lease.Done(backend.Outcome{Status: http.StatusUnauthorized})
		if got := w.got()[n]; !strings.Contains(got, base64.StdEncoding.EncodeToString([]byte(clientID+":"+secret))) {
			t.Errorf("the login host got %q, want the %s secret", got, secret)
		}
	}
}
