package backend_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchboard-gw/switchboard/internal/backend"
)

// authorization is what the transport would send.
func authorization(req *backend.Request) string {
	return append(req.Authorization, append(req.Header["Authorization"], "")...)[0]
}

// upstream is an API that accepts the tokens it is told to.
type upstream struct {
	accepts func(token string) bool
	takes   time.Duration

	mu     sync.Mutex
	tokens []string // as they came
}

func (u *upstream) Do(_ context.Context, req *backend.Request) (*backend.Response, error) {
	time.Sleep(u.takes)
	token := authorization(req)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.tokens = append(u.tokens, token)
	if u.accepts == nil || u.accepts(token) {
		return &backend.Response{Status: http.StatusOK}, nil
	}
	return &backend.Response{Status: http.StatusUnauthorized, Body: []byte(token)}, nil
}

func (u *upstream) got() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string{}, u.tokens...)
}

// but accepts all tokens but these.
func but(refused ...string) func(string) bool {
	return func(token string) bool {
		for _, r := range refused {
			if token == "Bearer "+r {
				return false
			}
		}
		return true
	}
}

func TestWhoseTokenARequestCarries(t *testing.T) {
	t.Parallel()
	const (
		caller  = "Bearer of-the-caller"
		service = "Bearer t-1"
	)
	tests := []struct {
		name   string
		header http.Header
		// what the upstream sees, for each Auth
		auto, service, caller string
		err                   error // of AuthCaller
	}{
		{"no header at all", nil, service, service, "", backend.ErrNoCallerToken},
		{"other headers", http.Header{"X": {"y"}}, service, service, "", backend.ErrNoCallerToken},
		{"a caller's token", http.Header{"Authorization": {caller}}, caller, service, caller, nil},
		{"its scheme in another case", http.Header{"Authorization": {"bEARER x"}}, "bEARER x", service, "bEARER x", nil},
	}
	for _, test := range tests {
		for auth, want := range map[backend.Auth]string{
			backend.AuthAuto: test.auto, backend.AuthService: test.service, backend.AuthCaller: test.caller,
		} {
			t.Run(test.name+[]string{", auto", ", service", ", caller"}[auth], func(t *testing.T) {
				t.Parallel()
				l, up := &login{}, &upstream{}
				request := &backend.Request{Method: "GET", Path: "/x", Header: test.header.Clone()}
				_, err := backend.Chain(up, backend.Authorize(auth, l.tokens(1))).Do(t.Context(), request)
				var wantErr error
				if auth == backend.AuthCaller {
					wantErr = test.err
				}
				if !errors.Is(err, wantErr) {
					t.Errorf("got %v, want %v", err, wantErr)
				}
				var wantTokens []string
				if want != "" {
					wantTokens = []string{want}
				}
				if diff := cmp.Diff(append([]string{}, wantTokens...), up.got()); diff != "" {
					t.Errorf("the upstream got (-want +got):\n%s", diff)
				}
				if logins := len(l.times()); (logins > 0) != (want == service) {
					t.Errorf("%d logins", logins)
				}
				if diff := cmp.Diff(test.header, request.Header); diff != "" {
					t.Errorf("the request was changed:\n%s", diff)
				}
			})
		}
	}
}

// badAuthorizations are not one bearer token.
var badAuthorizations = map[string][]string{
	"an empty header":                     {""},
	"a blank":                             {" "},
	"a scheme without a token":            {"Bearer"},
	"a scheme and a blank":                {"Bearer "},
	"a token of blanks":                   {"Bearer  "},
	"a token without a scheme":            {"t0ken"},
	"another scheme":                      {"Basic aTpz"},
	"another scheme with a bearer behind": {"Basic aTpz, Bearer x"},
	"a scheme that only begins like it":   {"BearerX y"},
	"a blank before the scheme":           {" Bearer x"},
	"a blank behind the token":            {"Bearer x "},
	"a tab":                               {"Bearer\tx"},
	"a tab before the token":              {"Bearer \tx"},
	"two tokens in one header":            {"Bearer x y"},
	"two bearers in one header":           {"Bearer x, Bearer y"},
	"two headers":                         {"Bearer x", "Bearer y"},
	"the same header twice":               {"Bearer x", "Bearer x"},
	"a header and an empty one":           {"Bearer x", ""},
	"an empty header and another":         {"", "Bearer x"},
	"a line break":                        {"Bearer x\r\nX: y"},
	"a NUL":                               {"Bearer x\x00"},
	"a letter that is not ASCII":          {"Bearer ü"},
	"a byte that is not UTF-8":            {"Bearer \xff"},
	"a scheme with a letter that folds":   {"Bearer\u2028 x"},
	"padding alone":                       {"Bearer =="},
	"padding inside":                      {"Bearer x=y"},
	"a quoted token":                      {`Bearer "x"`},
}

// TestWhatIsNotOneBearerTokenIsRefused in every mode, and nothing is asked of
// anybody.
func TestWhatIsNotOneBearerTokenIsRefused(t *testing.T) {
	t.Parallel()
	for name, values := range badAuthorizations {
		for _, auth := range []backend.Auth{backend.AuthAuto, backend.AuthService, backend.AuthCaller} {
			l, up := &login{}, &upstream{}
			answer, err := backend.Chain(up, backend.Authorize(auth, l.tokens(1))).Do(t.Context(),
				&backend.Request{Method: "GET", Path: "/x", Header: http.Header{"Authorization": values}})
			if answer != nil || !errors.Is(err, backend.ErrBadAuthorization) || len(up.got()) != 0 || len(l.times()) != 0 {
				t.Errorf("%s, mode %d: got %v, %v after %d calls and %d logins", name, auth, answer, err, len(up.got()), len(l.times()))
			}
		}
	}
}

// FuzzBearer holds the parser against the grammar of RFC 6750 as an expression.
func FuzzBearer(f *testing.F) {
	grammar := regexp.MustCompile(`^(?i:bearer) +([A-Za-z0-9\-._~+/]+=*)$`)
	f.Add("Bearer mF_9.B5f-4.1JqM==", "", false)
	f.Add("bEARER  a~+/", "", false)
	for _, values := range badAuthorizations {
		f.Add(values[0], values[len(values)-1], len(values) > 1)
	}
	f.Fuzz(func(t *testing.T, first, second string, two bool) {
		values := []string{first}
		if two {
			values = append(values, second)
		}
		token, present, err := backend.Bearer(values)
		want := ""
		if m := grammar.FindStringSubmatch(first); m != nil && !two {
			want = m[1]
		}
		if token != want || !present || (err == nil) != (want != "") || err != nil && !errors.Is(err, backend.ErrBadAuthorization) {
			t.Errorf("%q: got %q, %v, %v; want %q", values, token, present, err, want)
		}
	})
}

func TestACallersTokenIsTheCallersToRenew(t *testing.T) {
	t.Parallel()
	for _, auth := range []backend.Auth{backend.AuthAuto, backend.AuthCaller} {
		l, up := &login{}, &upstream{accepts: func(string) bool { return false }}
		answer, err := backend.Chain(up, backend.Authorize(auth, l.tokens(1))).Do(t.Context(),
			&backend.Request{Method: "GET", Path: "/x", Header: http.Header{"Authorization": {"Bearer c"}}})
		if err != nil || answer.Status != http.StatusUnauthorized || len(up.got()) != 1 || len(l.times()) != 0 {
			t.Errorf("got %v, %v after %d calls and %d logins", answer, err, len(up.got()), len(l.times()))
		}
	}
}

// refused stands for ErrServiceTokenRefused where answers are counted.
const refused = -1

// calls sends n requests at once and counts the answers by their status.
func calls(t *testing.T, b backend.Backend, n int) map[int]int {
	t.Helper()
	var (
		mu       sync.Mutex
		statuses = map[int]int{}
		running  sync.WaitGroup
	)
	for range n {
		running.Go(func() {
			answer, err := b.Do(t.Context(), get("/x"))
			if errors.Is(err, backend.ErrServiceTokenRefused) {
				answer, err = &backend.Response{Status: refused}, nil
			}
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			statuses[answer.Status]++
		})
	}
	running.Wait()
	return statuses
}

// TestAHundredRefusalsCostOneLogin and one more request each.
func TestAHundredRefusalsCostOneLogin(t *testing.T) {
	t.Parallel()
	for name, takes := range map[string]time.Duration{
		"one after the other":  0,
		"all at the same time": time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := &login{answer: slowly(time.Second)}
				up := &upstream{takes: takes, accepts: but("t-1")}
				b := backend.Chain(up, backend.Authorize(backend.AuthService, l.tokens(1)))
				if diff := cmp.Diff(map[int]int{200: 100}, calls(t, b, 100)); diff != "" {
					t.Errorf("answers (-want +got):\n%s", diff)
				}
				if got := len(l.times()); got != 2 {
					t.Errorf("%d logins, want 2", got)
				}
				count := map[string]int{}
				for _, token := range up.got() {
					count[token]++
				}
				if count["Bearer t-1"] > 100 || count["Bearer t-2"] != 100 {
					t.Errorf("the upstream got %v", count)
				}
			})
		})
	}
}

// TestALateRefusalCostsNothing: it is of a token that has gone already.
func TestALateRefusalCostsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &login{}
		tokens := l.tokens(2)
		late, err := tokens.Lease(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		mustToken(t, tokens, "t-1") // and the second is fetched meanwhile
		synctest.Wait()
		for range 3 {
			late.Done(backend.Outcome{Status: http.StatusUnauthorized})
			got, err := late.Fresh(t.Context())
			if err != nil || got.Authorization()[0] != "Bearer t-3" {
				t.Errorf("got %q, %v; want the successor", got.Authorization(), err)
			}
		}
		if got := len(l.times()); got != 3 {
			t.Errorf("%d logins, want 3", got)
		}
	})
}

// TestAllTokensRevokedAtOnce is what a changed secret looks like: the token in
// place of a refused one is a fresh one, not another that is refused as well.
func TestAllTokensRevokedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, up := &login{}, &upstream{}
		b := backend.Chain(up, backend.Authorize(backend.AuthService, l.tokens(3)))
		for range 3 {
			calls(t, b, 1)
			synctest.Wait()
		}
		up.accepts = but("t-1", "t-2", "t-3")
		up.takes = time.Second // so that all set out with an old token
		if diff := cmp.Diff(map[int]int{200: 30}, calls(t, b, 30)); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
		if got := len(l.times()); got != 6 {
			t.Errorf("%d logins, want 6", got)
		}
	})
}

// TestAnUpstreamThatRefusesEveryToken does not make each call a login: the login
// host would throttle us for it. The answer is not passed on: to the caller it
// would be about a token of its own.
func TestAnUpstreamThatRefusesEveryToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &login{}
		up := &upstream{accepts: func(string) bool { return false }}
		b := backend.Chain(up, backend.Authorize(backend.AuthService, l.tokens(1)))
		const seconds = 60
		for range seconds {
			if diff := cmp.Diff(map[int]int{refused: 10}, calls(t, b, 10)); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
			time.Sleep(time.Second)
		}
		if got := len(l.times()); got != 1+seconds/10 {
			t.Errorf("%d logins in a minute, want one in 10 s", got)
		}
		if got := len(up.got()); got > seconds*10*2 {
			t.Errorf("%d requests for %d calls", got, seconds*10)
		}
	})
}

// TestALoginHostThatGivesTheSameTokenAgain may be right: the call is not sent a
// second time with what was just refused.
func TestALoginHostThatGivesTheSameTokenAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &login{answer: func(_ int, w http.ResponseWriter) bool {
			_, _ = w.Write([]byte(`{"access_token":"same"}`))
			return true
		}}
		up := &upstream{accepts: but("same")}
		got := calls(t, backend.Chain(up, backend.Authorize(backend.AuthService, l.tokens(2))), 1)
		if diff := cmp.Diff(map[int]int{refused: 1}, got); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"Bearer same"}, up.got()); diff != "" {
			t.Errorf("the upstream got (-want +got):\n%s", diff)
		}
	})
}

func TestACallWithoutATokenIsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		up := &upstream{}
		b := backend.Chain(up, backend.Authorize(backend.AuthAuto, (&login{answer: failFrom(1, 9)}).tokens(1)))
		_, err := b.Do(t.Context(), get("/x"))
		checkTokenError(t, err, "answered 500")
		if got := up.got(); len(got) != 0 {
			t.Errorf("the upstream got %q", got)
		}
	})
}

func TestARefusalWhileTheLoginHostIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &login{answer: failFrom(2, 2)}
		up := &upstream{accepts: but("t-1")}
		b := backend.Chain(up, backend.Authorize(backend.AuthAuto, l.tokens(1)))
		for range 3 {
			_, err := b.Do(t.Context(), get("/x"))
			checkTokenError(t, err, "answered 500")
		}
		time.Sleep(time.Second)
		if diff := cmp.Diff(map[int]int{200: 1}, calls(t, b, 1)); diff != "" {
			t.Errorf("a second later (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"Bearer t-1", "Bearer t-3"}, up.got()); diff != "" {
			t.Errorf("the upstream got (-want +got):\n%s", diff)
		}
	})
}

// TestOtherAnswersAreNotTriedAgain: only a 401 says that nothing was done.
func TestOtherAnswersAreNotTriedAgain(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, status := range []int{200, 204, 302, 400, 403, 404, 407, 409, 429, 500, 503, 0} {
		sent := 0
		last := backend.Func(func(context.Context, *backend.Request) (*backend.Response, error) {
			sent++
			if status == 0 {
				return nil, broken
			}
			return &backend.Response{Status: status}, nil
		})
		l := &login{}
		answer, err := backend.Chain(last, backend.Authorize(backend.AuthService, l.tokens(1))).Do(t.Context(), get("/x"))
		switch {
		case status == 0 && !errors.Is(err, broken), status != 0 && (err != nil || answer.Status != status):
			t.Errorf("%d: got %v, %v", status, answer, err)
		case sent != 1 || len(l.times()) != 1:
			t.Errorf("%d: %d requests, %d logins", status, sent, len(l.times()))
		}
	}
}

// leases records what it is told of its leases.
type leases struct{ told []string }

func (l *leases) Lease(context.Context) (backend.Lease, error) { return &lease{l, "first"}, nil }

type lease struct {
	all  *leases
	name string
}

func (l *lease) Authorization() []string { return []string{"Bearer " + l.name} }

func (l *lease) Done(o backend.Outcome) {
	l.all.told = append(l.all.told, fmt.Sprint(l.name, " ", o.Status, " ", o.Header["Inin-Ratelimit-Count"], " ", o.Err))
}

func (l *lease) Fresh(context.Context) (backend.Lease, error) { return &lease{l.all, "fresh"}, nil }

// TestALeaseIsToldWhatCameOfIt once for each attempt, a panic's as well.
func TestALeaseIsToldWhatCameOfIt(t *testing.T) {
	t.Parallel()
	answer := func(status int) func(string) (*backend.Response, error) {
		return func(string) (*backend.Response, error) {
			return &backend.Response{Status: status, Header: http.Header{"Inin-Ratelimit-Count": {"7"}}}, nil
		}
	}
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		upstream func(token string) (*backend.Response, error)
		want     []string
	}{
		"a success": {answer(200), []string{"first 200 [7] <nil>"}},
		"a limit":   {answer(429), []string{"first 429 [7] <nil>"}},
		"no answer": {func(string) (*backend.Response, error) { return nil, broken }, []string{"first 0 [] broken"}},
		"a panic":   {func(string) (*backend.Response, error) { panic("x") }, []string{"first 0 [] <nil>"}},
		"a refusal": {answer(401), []string{"first 401 [7] <nil>", "fresh 401 [7] <nil>"}},
		"a renewed token": {func(token string) (*backend.Response, error) {
			if token == "Bearer first" {
				return answer(401)("")
			}
			return nil, broken
		}, []string{"first 401 [7] <nil>", "fresh 0 [] broken"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := &leases{}
			last := backend.Func(func(_ context.Context, req *backend.Request) (*backend.Response, error) {
				return test.upstream(authorization(req))
			})
			func() {
				defer func() { _ = recover() }()
				_, _ = backend.Chain(last, backend.Authorize(backend.AuthAuto, all)).Do(t.Context(), get("/x"))
			}()
			if diff := cmp.Diff(test.want, all.told); diff != "" {
				t.Errorf("it was told (-want +got):\n%s", diff)
			}
		})
	}
}
