package backend

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// Credentials is one half of the client's credentials: a value, or a file that
// is read again for every token, so that a rotated secret is picked up.
//
// It prints as its file or as [redacted], whatever the verb or the encoder.
type Credentials struct{ Value, File string }

// Format implements fmt.Formatter.
func (c Credentials) Format(w fmt.State, _ rune) {
	text, _ := c.MarshalText()
	_, _ = w.Write(text)
}

// MarshalText implements encoding.TextMarshaler.
func (c Credentials) MarshalText() ([]byte, error) {
	if c.File == "" && c.Value != "" {
		return []byte("[redacted]"), nil
	}
	return []byte(c.File), nil
}

func (c Credentials) read(setting string) (string, error) {
	if c.File == "" {
		return c.Value, nil
	}
	public := fmt.Sprintf("the service's credentials cannot be read (%s-file)", setting)
	text, err := os.ReadFile(c.File)
	if err != nil {
		return "", &TokenError{Problem: fmt.Sprintf("%s-file cannot be read: %v", setting, err), Public: public, Refused: true, Err: err}
	}
	if value := strings.TrimSpace(string(text)); value != "" {
		return value, nil
	}
	return "", &TokenError{Problem: fmt.Sprintf("%s-file %s is empty", setting, c.File), Public: public, Refused: true}
}

// ClientCredentials is what a token source needs.
type ClientCredentials struct {
	// LoginURL is the login host's address, without a trailing slash.
	LoginURL string
	// ID and Secret prove to the login host who we are.
	ID, Secret Credentials
	// Tokens is how many tokens to hold, 0 for one: the upstream's limits belong
	// to a token.
	Tokens int
	// UserAgent names this program and its version to the login host.
	UserAgent string
	// Report is told what came of each login: nil for a token. Of most nobody else would
	// know, since a token is renewed while it is still good. It must not block. Nil is
	// allowed.
	Report func(*TokenError)
}

const (
	// unknownLifetime is for an answer without a usable expires_in.
	unknownLifetime = time.Minute
	maxLifetime     = 48 * time.Hour
	maxTokenAnswer  = 64 << 10
)

// errSlowLogin is why a login is given up.
var errSlowLogin = fmt.Errorf("no answer within %v", loginTimeout)

// grant asks the login host for a token and how long it lasts. The error is a
// *TokenError. When ctx ends, its cause is told and not kept: it must not pass
// for the end of a caller's context.
func (c *ClientCredentials) grant(ctx context.Context, wire http.RoundTripper) (string, time.Duration, error) {
	id, err := c.ID.read("--client-id")
	if err != nil {
		return "", 0, err
	}
	secret, err := c.Secret.read("--client-secret")
	if err != nil {
		return "", 0, err
	}
	sending, once := sendOnce(ctx)
	defer once.cancel()
	r, err := http.NewRequestWithContext(sending, http.MethodPost, c.LoginURL+"/oauth/token", strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		return "", 0, &TokenError{Problem: "--login-url is not an address that can be called", Refused: true}
	}
	// Section 2.3.1 wants both form-encoded before they go into Basic.
	r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", c.UserAgent)
	noAnswer := func(what, why string, err error) (string, time.Duration, error) {
		if cause := context.Cause(ctx); cause != nil {
			why, err = cause.Error(), ours(cause)
		}
		return "", 0, &TokenError{Problem: fmt.Sprintf("%s (%s): check --login-url and the network", what, why), Err: err}
	}
	answer, err := roundTrip(wire, r)
	if err != nil {
		kind, reason := once.classify(err)
		return noAnswer("the login host cannot be reached", string(kind), reason)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxTokenAnswer))
	if err != nil {
		return noAnswer("the login host's answer is of no use", string(Truncated), nil)
	}
	return readGrant(answer, text)
}

func readGrant(answer *http.Response, text []byte) (string, time.Duration, error) {
	var body struct {
		Token       string          `json:"access_token"`
		ExpiresIn   json.RawMessage `json:"expires_in"`
		Error       string          `json:"error"`
		Description string          `json:"description"`
		Standard    string          `json:"error_description"`
	}
	_ = json.Unmarshal(text, &body) // what cannot be read stays empty
	fail := func(refused bool, problem string) (string, time.Duration, error) {
		return "", 0, &TokenError{Problem: problem, Refused: refused, RetryAfter: retryAfterSeconds(answer.Header)}
	}
	switch status := answer.StatusCode; {
	case status == http.StatusTooManyRequests,
		status == http.StatusBadRequest && (isThrottle(body.Description) || isThrottle(body.Standard)):
		return fail(false, "the login host limits how often tokens are asked for")
	case status == http.StatusUnauthorized, status == http.StatusBadRequest && body.Error == "invalid_client":
		return fail(true, "the login host refused the client: check the client's id and secret, and that they belong to this region")
	case status != http.StatusOK:
		passes := status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooEarly
		return fail(!passes, fmt.Sprintf("the login host answered %d: check --login-url and that the client may use the client-credentials grant", status))
	case !isToken(body.Token):
		return fail(true, "the login host's answer holds no access_token that can be sent: check --login-url")
	default:
		return body.Token, lifetime(body.ExpiresIn), nil
	}
}

// isThrottle knows the words with which the login host reports its own limits,
// as a bad request.
func isThrottle(description string) bool {
	return strings.HasPrefix(strings.ToLower(description), "rate limit exceeded")
}

// isToken tells whether text is made as RFC 6749 has it (appendix A.12), which
// is what a header can carry.
func isToken(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return text != ""
}

func lifetime(expiresIn json.RawMessage) time.Duration {
	seconds, err := strconv.ParseFloat(strings.Trim(string(expiresIn), `"`), 64)
	if err != nil || !(seconds >= 1) { // NaN is not either
		return unknownLifetime
	}
	return time.Duration(min(seconds, maxLifetime.Seconds()) * float64(time.Second))
}

func retryAfterSeconds(h http.Header) time.Duration {
	seconds, err := strconv.ParseUint(strings.TrimSpace(h.Get("Retry-After")), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
