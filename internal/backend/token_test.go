package backend_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchboard-gw/switchboard/internal/backend"
)

// login is a login host in memory, for tests on synctest's clock. Its tokens are
// t-1, t-2 and so on.
type login struct {
	// lifetime is what it says of a token, as JSON.
	lifetime string
	// answer may answer a login itself, by its number from 1; false leaves it to
	// the login host. It may sleep.
	answer func(n int, w http.ResponseWriter) bool

	mu    sync.Mutex
	start time.Time
	asked []time.Duration // when, since the first
}

func (l *login) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Context().Err() != nil {
		return nil, r.Context().Err()
	}
	l.mu.Lock()
	if len(l.asked) == 0 {
		l.start = time.Now()
	}
	l.asked = append(l.asked, time.Since(l.start))
	n := len(l.asked)
	l.mu.Unlock()
	w := httptest.NewRecorder()
	if l.answer == nil || !l.answer(n, w) {
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": fmt.Sprint("t-", n), "expires_in": json.RawMessage(l.lifetime)})
	}
	return w.Result(), nil
}

func (l *login) times() []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]time.Duration{}, l.asked...)
}

// tokens is a source of n tokens of the login host.
func (l *login) tokens(n int) backend.Tokens {
	if l.lifetime == "" {
		l.lifetime = "86399"
	}
	c := credentials("https://login.test")
	c.Tokens = n
	return backend.NewTokensOver(c, l)
}

// slowly makes every login take a while.
func slowly(d time.Duration) func(int, http.ResponseWriter) bool {
	return func(int, http.ResponseWriter) bool { time.Sleep(d); return false }
}

func failFrom(first, last int) func(int, http.ResponseWriter) bool {
	return func(n int, w http.ResponseWriter) bool {
		if n < first || n > last {
			return false
		}
		w.WriteHeader(http.StatusInternalServerError)
		return true
	}
}

// tokenOf is the token of a lease.
func tokenOf(ctx context.Context, tokens backend.Tokens) (string, error) {
	lease, err := tokens.Lease(ctx)
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(lease.Authorization()[0], "Bearer "), nil
}

func mustToken(t *testing.T, tokens backend.Tokens, want string) {
	t.Helper()
	if got, err := tokenOf(t.Context(), tokens); err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestManyCallersCostOneLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &login{answer: slowly(time.Second)}
		tokens := l.tokens(1)
		var callers sync.WaitGroup
		for range 100 {
			callers.Go(func() { mustToken(t, tokens, "t-1") })
		}
		callers.Wait()
		mustToken(t, tokens, "t-1")
		if got := len(l.times()); got != 1 {
			t.Errorf("%d logins, want 1", got)
		}
	})
}

// TestNoCallerStopsALogin: it is for all of them.
func TestNoCallerStopsALogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &login{answer: slowly(3 * time.Second)}
		tokens := l.tokens(1)
		why := errors.New("the caller hung up")
		cancelled, cancel := context.WithCancelCause(t.Context())
		expiring, stop := context.WithTimeout(t.Context(), 2*time.Second)
		defer stop()
		var callers sync.WaitGroup
		callers.Go(func() {
			if _, err := tokenOf(cancelled, tokens); !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
				t.Errorf("got %v, want the context's error and its cause", err)
			}
		})
		callers.Go(func() {
			if _, err := tokenOf(expiring, tokens); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want the context's error", err)
			}
		})
		callers.Go(func() { mustToken(t, tokens, "t-1") })
		time.Sleep(time.Second)
		cancel(why)
		callers.Wait()
		if got := len(l.times()); got != 1 {
			t.Errorf("%d logins, want 1", got)
		}
	})
}

// TestATokenIsRenewedWhileTheOldOneIsGood: nobody waits for a login once there
// is a token.
func TestATokenIsRenewedWhileTheOldOneIsGood(t *testing.T) {
	t.Parallel()
	for said, lasts := range map[string]time.Duration{
		"86399":     86399 * time.Second,
		`"86399"`:   86399 * time.Second,
		"3600":      time.Hour,
		"1.8e3":     30 * time.Minute,
		"60":        time.Minute,
		"2":         2 * time.Second,
		"1":         time.Second,
		"0":         time.Minute, // from here on: nothing usable is said
		"-1":        time.Minute,
		"0.001":     time.Minute,
		"1e-300":    time.Minute,
		"null":      time.Minute,
		`"soon"`:    time.Minute,
		`"NaN"`:     time.Minute,
		"true":      time.Minute,
		"[]":        time.Minute,
		"172801":    48 * time.Hour, // from here on: more than is believed
		"1e300":     48 * time.Hour,
		"999999999": 48 * time.Hour,
	} {
		t.Run(said, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := &login{lifetime: said}
				tokens := l.tokens(1)
				mustToken(t, tokens, "t-1")
				early := min(lasts/10, 5*time.Minute)

				time.Sleep(lasts - 2*early - time.Millisecond)
				mustToken(t, tokens, "t-1")
				synctest.Wait()
				if got := len(l.times()); got != 1 {
					t.Fatalf("%d logins long before the end, want 1", got)
				}
				time.Sleep(early + time.Millisecond)
				mustToken(t, tokens, "t-1")
				synctest.Wait()
				mustToken(t, tokens, "t-2")
				if got := len(l.times()); got != 2 {
					t.Errorf("%d logins shortly before the end, want 2", got)
				}
			})
		})
	}
}

func TestATokenIsNotHandedOutAtItsEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ lasts, last time.Duration }{
		{time.Hour, time.Hour - 10*time.Second},
		{time.Minute, 57 * time.Second},
		{time.Second, 950 * time.Millisecond},
	} {
		t.Run(test.lasts.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := &login{lifetime: fmt.Sprint(test.lasts.Seconds()), answer: failFrom(2, 99)}
				tokens := l.tokens(1)
				mustToken(t, tokens, "t-1")
				time.Sleep(test.last - time.Millisecond)
				mustToken(t, tokens, "t-1")
				synctest.Wait()
				time.Sleep(time.Millisecond)
				_, err := tokenOf(t.Context(), tokens)
				checkTokenError(t, err, "answered 500")
			})
		})
	}
}

// TestTheLifetimeBeginsWithTheLogin: a login may take long.
func TestTheLifetimeBeginsWithTheLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &login{lifetime: "60", answer: slowly(9 * time.Second)}
		tokens := l.tokens(1)
		mustToken(t, tokens, "t-1")
		time.Sleep(57*time.Second - 9*time.Second)
		mustToken(t, tokens, "t-2")
	})
}

// TestAFailingLoginHostIsLeftAlone asks for a token every second and looks at
// when the login host was asked.
func TestAFailingLoginHostIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &login{answer: failFrom(1, 8)}
		tokens := l.tokens(1)
		const seconds = 135
		for i := range seconds {
			token, err := tokenOf(t.Context(), tokens)
			if i == seconds-1 {
				if token != "t-9" || err != nil {
					t.Errorf("at the end: %q, %v", token, err)
				}
				break
			}
			if i < seconds-14 {
				checkTokenError(t, err, "answered 500")
			}
			time.Sleep(time.Second)
		}
		var want []time.Duration
		for _, s := range []int{0, 1, 3, 7, 15, 31, 61, 91, 121} {
			want = append(want, time.Duration(s)*time.Second)
		}
		if diff := cmp.Diff(want, l.times()); diff != "" {
			t.Errorf("asked at (-want +got):\n%s", diff)
		}
	})
}

func TestASuccessEndsTheBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &login{lifetime: "60", answer: func(n int, w http.ResponseWriter) bool { return n != 3 && failFrom(1, 99)(n, w) }}
		tokens := l.tokens(1)
		for range 80 {
			_, _ = tokenOf(t.Context(), tokens)
			time.Sleep(time.Second)
		}
		asked := l.times()
		if asked[2] != 3*time.Second || asked[4]-asked[3] != time.Second {
			t.Errorf("asked at %v, want the first wait of a second again after the third", asked)
		}
	})
}

// TestEveryLoginIsReported although no caller notices: the old token is still good.
func TestEveryLoginIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &login{lifetime: "86399", answer: failFrom(2, 3)}
		var told []string
		c := credentials("https://login.test")
		c.Report = func(err *backend.TokenError) {
			if err == nil {
				told = append(told, "a token")
				return
			}
			told = append(told, fmt.Sprintf("%s, again in %v", err, err.RetryAfter))
		}
		tokens := backend.NewTokensOver(c, l)
		mustToken(t, tokens, "t-1")
		time.Sleep(86399*time.Second - 3*time.Minute) // it is to be renewed, and good
		for range 3 {
			mustToken(t, tokens, "t-1")
			synctest.Wait()
			time.Sleep(5 * time.Second)
		}
		mustToken(t, tokens, "t-4")
		const problem = "the login host answered 500: check --login-url and that the client may use the client-credentials grant"
		if diff := cmp.Diff([]string{"a token", problem + ", again in 1s", problem + ", again in 2s", "a token"}, told); diff != "" {
			t.Error(diff)
		}
	})
}

// TestHowLongToWaitIsToldAnew: the error is that of the last login, but the wait
// is what is left of it.
func TestHowLongToWaitIsToldAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &login{answer: func(n int, w http.ResponseWriter) bool {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusTooManyRequests)
			return n == 1
		}}
		tokens := l.tokens(1)
		for _, left := range []time.Duration{60, 40, 1} {
			_, err := tokenOf(t.Context(), tokens)
			if got := checkTokenError(t, err, "limits how often").RetryAfter; got != left*time.Second {
				t.Errorf("to be tried again after %v, want %v", got, left*time.Second)
			}
			time.Sleep(left*time.Second - max(0, left-20)*time.Second)
			if left == 40 {
				time.Sleep(19 * time.Second)
			}
		}
		if got := len(l.times()); got != 1 {
			t.Errorf("%d logins, want 1", got)
		}
	})
}

// TestALoginHostThatIsSilent is no end of the caller's deadline.
func TestALoginHostThatIsSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tokens := backend.NewTokensOver(credentials("https://login.test"), silent{})
		start := time.Now()
		_, err := tokenOf(t.Context(), tokens)
		if checkTokenError(t, err, "no answer within 10s").Refused {
			t.Error("the login host has refused nothing")
		}
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("took %v", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		tokens := backend.NewTokensOver(credentials("https://login.test"), silent{afterHead: true})
		_, err := tokenOf(t.Context(), tokens)
		checkTokenError(t, err, "no answer within 10s")
	})
}

// silent is a wire on which nothing comes, or nothing after the head.
type silent struct{ afterHead bool }

func (s silent) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.afterHead {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: silentBody{r.Context()}}, nil
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

type silentBody struct{ ctx context.Context }

func (b silentBody) Read([]byte) (int, error) { <-b.ctx.Done(); return 0, b.ctx.Err() }
func (silentBody) Close() error               { return nil }

var _ io.ReadCloser = silentBody{}

func TestTokensAreTakenInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &login{}
		tokens := l.tokens(3)
		got := map[string]int{}
		for range 30 {
			token, err := tokenOf(t.Context(), tokens)
			if err != nil {
				t.Fatal(err)
			}
			got[token]++
			synctest.Wait()
		}
		// The first token stands in while the second and third are fetched.
		if diff := cmp.Diff(map[string]int{"t-1": 12, "t-2": 9, "t-3": 9}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestOneTokenStandsInForAnother: a login that fails or hangs is no trouble while
// there is another token.
func TestOneTokenStandsInForAnother(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]func(int, http.ResponseWriter) bool{
		"failing": failFrom(2, 99),
		"hanging": func(n int, _ http.ResponseWriter) bool { time.Sleep(time.Duration(n-1) * time.Hour); return false },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tokens := (&login{answer: trouble}).tokens(3)
				start := time.Now()
				for range 9 {
					mustToken(t, tokens, "t-1")
				}
				if took := time.Since(start); took != 0 {
					t.Errorf("callers waited for %v", took)
				}
				time.Sleep(3 * time.Hour) // the logins that hang
			})
		})
	}
}
