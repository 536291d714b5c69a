package e2e

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// serviceToken is what the upstream gives the service at login.
const serviceToken = "e2e-token-91c2"

// recorded is one API request as it was on the wire.
type recorded struct {
	verb, path, query string // path and query as they were sent
	header            http.Header
	body              []byte
}

// upstream stands in for the vendor: it records API requests and answers what
// the test says.
type upstream struct {
	*httptest.Server

	mu       sync.Mutex
	requests []recorded
	answer   http.HandlerFunc

	passLogins bool // logins are recorded and answered like all else
}

func newUpstream(t *testing.T) *upstream {
	u := &upstream{}
	u.Server = httptest.NewServer(u)
	t.Cleanup(u.Close)
	u.reply(http.StatusOK, "{}")
	return u
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path == "/oauth/token" && !u.passLogins {
		id, secret, _ := r.BasicAuth()
		if id != clientID || secret != clientSecret || string(body) != "grant_type=client_credentials" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"`+serviceToken+`","token_type":"bearer","expires_in":86399}`)
		return
	}
	path, query, _ := strings.Cut(r.RequestURI, "?")
	u.mu.Lock()
	u.requests = append(u.requests, recorded{r.Method, path, query, r.Header, body})
	answer := u.answer
	u.mu.Unlock()
	answer(w, r)
}

// do sets how API requests are answered from now on.
func (u *upstream) do(answer http.HandlerFunc) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.answer = answer
}

// reply sets a plain answer.
func (u *upstream) reply(status int, body string, header ...string) {
	u.do(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Inin-Correlation-Id", "corr-1")
		if body != "" {
			w.Header().Set("Content-Type", "application/json")
		}
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.Copy(w, bytes.NewReader([]byte(body)))
	})
}

// take returns what was recorded since the last time.
func (u *upstream) take() []recorded {
	u.mu.Lock()
	defer u.mu.Unlock()
	all := u.requests
	u.requests = nil
	return all
}

// one returns the only request since the last time.
func (u *upstream) one(t *testing.T) recorded {
	t.Helper()
	all := u.take()
	if len(all) != 1 {
		t.Fatalf("the upstream got %d requests, want 1: %+v", len(all), all)
	}
	return all[0]
}

// raw is an answer that breaks off the usual way: these bytes and the end of the
// connection.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, out, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = out.WriteString(text)
		_ = out.Flush()
		_ = conn.Close()
	}
}
