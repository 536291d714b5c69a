package access_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestTheTokenEndpoint(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{ClientID: "id", ClientSecret: "secret"})
	const form = "grant_type=client_credentials"
	status, answer := box.TokenRequest("id", "secret", form)
	if status != 200 || answer["token_type"] != "bearer" || answer["expires_in"] != float64(86399) ||
		answer["access_token"] == "" || len(answer) != 3 {
		t.Errorf("login: %d %v", status, answer)
	}
	for _, test := range []struct {
		name, id, secret, form string
		status                 int
		code                   string
	}{
		{"a wrong secret is refused", "id", "wrong", form, 401, "invalid_client"},
		{"an unknown client is refused", "other", "secret", form, 401, "invalid_client"},
		{"missing credentials are refused", "", "", form, 401, "invalid_client"},
		{"another grant is not supported", "id", "secret", "grant_type=password", 400, "unsupported_grant_type"},
		{"a missing grant is a bad request", "id", "secret", "a=b", 400, "invalid_request"},
	} {
		if status, answer := box.TokenRequest(test.id, test.secret, test.form); status != test.status ||
			answer["error"] != test.code || answer["error_description"] == "" {
			t.Errorf("%s: %d %v", test.name, status, answer)
		}
	}
	if a := box.Do("GET", "/oauth/token", ""); a.Status != 405 || a.Header.Get("Allow") != "POST" {
		t.Errorf("GET /oauth/token: %d, Allow %q", a.Status, a.Header.Get("Allow"))
	}
	res, err := http.Post(box.URL+"/oauth/token", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 401 {
		t.Errorf("no credentials: %d", res.StatusCode)
	}
}

func TestBearerTokens(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{TokenLifetime: time.Hour})
	first := box.State.FirstUserID
	box.Get("/api/v2/users")
	box.As("").Do("GET", "/api/v2/users", "").Problem(401, "authentication.required")
	box.As("made-up").Do("GET", "/api/v2/users", "").Problem(401, "bad.credentials")
	box.As("").Do("GET", "/api/v2/no/such/path", "").Problem(401, "authentication.required")
	box.As("sandbox-user-nobody").Do("GET", "/api/v2/users", "").Problem(401, "bad.credentials")
	if got := box.As("sandbox-user-" + first).Get("/api/v2/users/me").Str("id"); got != first {
		t.Errorf("me is %s, want %s", got, first)
	}
	box.Clock.Advance(time.Hour - time.Second)
	box.Get("/api/v2/users")
	box.Clock.Advance(time.Second)
	box.Do("GET", "/api/v2/users", "").Problem(401, "bad.credentials")

	box.Token = box.Login("id", "secret")
	box.Remove(box.UserPath(first, "")).Want(200)
	box.As("sandbox-user-"+first).Do("GET", "/api/v2/users/me", "").Problem(401, "bad.credentials")
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{RateLimit: 2, EnforceRateLimit: true})
	a := box.Get("/api/v2/users")
	if a.Header.Get("inin-ratelimit-count") != "1" || a.Header.Get("inin-ratelimit-allowed") != "2" ||
		a.Header.Get("inin-ratelimit-reset") != "60" {
		t.Errorf("headers: %v", a.Header)
	}
	box.Clock.Advance(10500 * time.Millisecond)
	box.Get("/api/v2/users")
	over := box.Do("GET", "/api/v2/users", "").Problem(429, "too.many.requests.retry.after")
	details, nested := over.At("details").([]any)
	if errors, also := over.At("errors").([]any); !nested || !also || len(details)+len(errors) > 0 ||
		over.Header.Get("Retry-After") != "50" || !strings.Contains(over.Str("message"), "[50]") {
		t.Errorf("Retry-After %q: %s", over.Header.Get("Retry-After"), over.Text)
	}
	box.As("sandbox-user-" + box.State.FirstUserID).Get("/api/v2/users") // another token, another limit
	box.Clock.Advance(50 * time.Second)
	box.Get("/api/v2/users")

	lenient := sandboxtest.New(t, sandbox.Options{RateLimit: 1})
	lenient.Get("/api/v2/users")
	if got := lenient.Get("/api/v2/users").Header.Get("inin-ratelimit-count"); got != "1" {
		t.Errorf("count %s beyond what is allowed", got)
	}
}
