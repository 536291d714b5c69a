package gateway

import (
	"context"
	"net/http"
	"time"

	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/failure"
)

const (
	// loginPath is the token endpoint (RFC 6749, section 3.2) of the login host.
	loginPath = "/oauth/token"
	// maxLogin bounds a login's body: the largest are SAML assertions.
	maxLogin = 64 << 10
)

// login passes a client's login to the login host as it came, and the answer back.
// No byte of either is looked at, kept or logged. It is for clients that have
// credentials of their own, such as the vendor's SDKs; those without call the API
// and get the service's token.
type login struct {
	host    backend.Backend // nil: switched off
	timeout time.Duration
	chain   *call.Chain
}

func (l *login) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := newExchange(r, loginPath)
	defer x.release()
	x.call.Method = "login"
	answer, err := l.do(w, r, x)
	h := w.Header()
	h.Set("Cache-Control", "no-store") // RFC 6749, section 5.1
	if err != nil {
		l.chain.Note(r.Context(), &x.call, err)
		writeOwn(w, x, err)
		return
	}
	ownHeader(h, x)
	x.call.Result = answer
	x.call.Deadline = time.Now()
	x.owe()
	for name, v := range pick(answer.Header, passedBack) {
		h[name] = v
	}
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body)
}

func (l *login) do(w http.ResponseWriter, r *http.Request, x *exchange) (*backend.Response, error) {
	if l.host == nil {
		return nil, failure.NewHTTP(http.StatusNotFound, "login_off", "logins are not passed on here (--http-login=false); the API can be called without one")
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, failure.NewHTTP(http.StatusMethodNotAllowed, "wrong_verb", "a login is a POST")
	}
	var err error
	if x.body, err = (receiver{maxLogin, l.timeout}).read(w, r, x.call.Memory); err != nil {
		return nil, received("login", err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), l.timeout)
	defer cancel()
	answer, err := l.host.Do(ctx, &backend.Request{
		Method: r.Method, Path: loginPath, RawQuery: r.URL.RawQuery, Body: x.body.Bytes(), Memory: x.call.Memory,
		Header: pick(r.Header, []string{"Authorization", "Content-Type", "Accept-Language"}),
	})
	if err != nil {
		return nil, engine.LoginFailure(err)
	}
	return answer, nil
}
