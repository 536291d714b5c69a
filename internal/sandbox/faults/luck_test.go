package faults

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/access"
)

func TestDrawsAreEven(t *testing.T) {
	t.Parallel()
	var trigger Trigger
	trigger.start(7, "errors")
	const draws = 20_000
	var buckets [10]int
	for range draws {
		buckets[int(10*trigger.luck.draw())]++
	}
	for i, n := range buckets {
		if n < draws/10*9/10 || n > draws/10*11/10 {
			t.Errorf("%d of %d in bucket %d", n, draws, i)
		}
	}
}

func TestLatenciesHaveThePercentilesTheyWereGiven(t *testing.T) {
	t.Parallel()
	for _, l := range []Latency{
		{Distribution: fixed, P50: 40},
		{Distribution: uniform, P50: 40_000_000, P99: 70_000_000},
		{Distribution: normal, P50: 40_000_000, P99: 300_000_000},
		{Distribution: lognormal, P50: 40_000_000, P99: 900_000_000},
		{Distribution: normal, P50: 40_000_000, P99: 40_000_000},
		{Distribution: lognormal, P50: 40_000_000, P99: 40_000_000},
	} {
		if l.P99 == 0 {
			l.P99 = l.P50
		}
		near := func(got, want Duration) bool { return math.Abs(float64(got-want)) <= float64(want)/1000+2 }
		if !near(l.at(0.5), l.P50) || !near(l.at(0.99), l.P99) {
			t.Errorf("%+v: %d and %d", l, l.at(0.5), l.at(0.99))
		}
		before := Duration(0)
		for _, u := range []float64{0, 1e-9, 0.01, 0.3, 0.5, 0.7, 0.99, 1 - 1e-16} {
			d := l.at(u)
			if d < before || d > maxDelay {
				t.Errorf("%+v: %d at %g after %d", l, d, u, before)
			}
			before = d
		}
	}
}

// aFaulty is an injector in front of an upstream that answers with what it has done
// so far, and the pauses that it has made.
func aFaulty(t *testing.T, faults Faults) (x *Injector, done *int, pauses *[]time.Duration) {
	t.Helper()
	done, pauses = new(int), new([]time.Duration)
	x, err := New(Config{
		Now: time.Now, Tokens: &access.Tokens{},
		Operation: func(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/") },
		Upstream: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			*done++
			_, _ = w.Write([]byte(strings.Repeat("x", 2500)))
		}),
	}, faults)
	if err != nil {
		t.Fatal(err)
	}
	x.sleep = func(_ context.Context, d Duration) bool {
		*pauses = append(*pauses, time.Duration(d))
		return true
	}
	return x, done, pauses
}

func ask(x http.Handler, path string) *httptest.ResponseRecorder {
	res := httptest.NewRecorder()
	x.ServeHTTP(res, httptest.NewRequest("GET", path, http.NoBody))
	return res
}

func TestLatencyComesBeforeTheWork(t *testing.T) {
	t.Parallel()
	fixed := &Latency{P50: Duration(40 * time.Millisecond), Trigger: Trigger{Operations: []string{"getUsers", "login", "deleteUser"}}}
	x, done, pauses := aFaulty(t, Faults{Latency: fixed})
	for _, path := range []string{"/getUsers", "/getUser", access.TokenPath} {
		ask(x, path)
	}
	if want := []time.Duration{40 * time.Millisecond, 40 * time.Millisecond}; !slices.Equal(*pauses, want) {
		t.Errorf("waited %v, want %v", *pauses, want)
	}
	random := &Latency{P50: Duration(40 * time.Millisecond), P99: Duration(400 * time.Millisecond), Trigger: Trigger{Next: 1}}
	x, _, pauses = aFaulty(t, Faults{Latency: random})
	ask(x, "/getUsers")
	ask(x, "/getUsers")
	if len(*pauses) != 1 || (*pauses)[0] == 40*time.Millisecond {
		t.Errorf("waited %v", *pauses)
	}

	// A client that gives up by then has changed nothing.
	x, done, _ = aFaulty(t, Faults{Latency: fixed})
	x.sleep = func(context.Context, Duration) bool { return false }
	defer func() {
		if gone, _ := recover().(error); !errors.Is(gone, http.ErrAbortHandler) || *done != 0 {
			t.Errorf("%v after %d calls", gone, *done)
		}
	}()
	ask(x, "/deleteUser")
}

func TestAPauseEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if pause(ctx, Duration(time.Hour)) {
		t.Error("a pause went on after its request")
	}
	if !pause(t.Context(), Duration(time.Nanosecond)) {
		t.Error("a pause broke off")
	}
}

func TestSlowBodiesComePieceByPiece(t *testing.T) {
	t.Parallel()
	x, _, pauses := aFaulty(t, Faults{SlowBodies: &SlowBodies{Bytes: 1000, Interval: Duration(20 * time.Millisecond)}})
	got := ask(x, "/getUsers")
	if want := []time.Duration{20 * time.Millisecond, 20 * time.Millisecond}; got.Body.Len() != 2500 || !slices.Equal(*pauses, want) {
		t.Errorf("%d of 2500 bytes with pauses of %v", got.Body.Len(), *pauses)
	}
}

// A server's own bounds are for slow clients, not for the slowness asked for.
func TestSlownessOutlivesTheServersBounds(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]Faults{
		"latency":     {Latency: &Latency{P50: Duration(200 * time.Millisecond)}},
		"slow bodies": {SlowBodies: &SlowBodies{Bytes: 1000, Interval: Duration(100 * time.Millisecond)}},
	} {
		synctest.Test(t, func(t *testing.T) {
			x, _, _ := aFaulty(t, faults)
			x.sleep = pause
			client, here := net.Pipe()
			server := &http.Server{Handler: x, ReadTimeout: 50 * time.Millisecond, WriteTimeout: 50 * time.Millisecond}
			listener := &oneConnection{conn: here, closed: make(chan struct{})}
			go func() { _ = server.Serve(listener) }()
			defer func() { _, _ = client.Close(), server.Close() }()
			if _, err := client.Write([]byte("GET /getUsers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(client), nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if text, err := io.ReadAll(res.Body); len(text) != 2500 || err != nil {
				t.Errorf("%s: %d of 2500 bytes, %v", name, len(text), err)
			}
		})
	}
}

// oneConnection is a listener to which one client has come.
type oneConnection struct {
	conn   net.Conn
	closed chan struct{}
}

func (l *oneConnection) Accept() (net.Conn, error) {
	if conn := l.conn; conn != nil {
		l.conn = nil
		return conn, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *oneConnection) Close() error   { close(l.closed); return nil }
func (l *oneConnection) Addr() net.Addr { return &net.TCPAddr{} }

func TestDriftLeavesAloneWhatIsNoObject(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		``: ``, `{}`: `{"sandboxDrift":{"since":"2031-01-01T00:00:00.000Z","kinds":["new",null]}}`, `[1.0,-0,"<&\u2028",null,true]`: `[1.0,-0,"<&\u2028",null,true]`,
		`{"a":`: `{"a":`, `[{"a":1}]`: `[{"a":1}]`,
	} {
		if got := string(drifted([]byte(in))); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}
