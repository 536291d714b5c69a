package telemetry

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lines decodes what was logged since the last time.
func lines(t *testing.T, out *bytes.Buffer) (all []map[string]any) {
	t.Helper()
	for text := range strings.Lines(out.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	out.Reset()
	return all
}

func TestAKindThatIsTooLoudFallsSilentAndSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := NewLimited(NewLogger(&out, "json", slog.LevelInfo))
		burst := func(n int) {
			for range n {
				l.Log(t.Context(), "unreachable", slog.LevelWarn, "call", slog.String("method", "m"))
			}
		}
		burst(500)
		got := lines(t, &out)
		if len(got) != 10 {
			t.Fatalf("%d lines of 500", len(got))
		}
		if got[0]["kind"] != "unreachable" || got[0]["method"] != "m" || got[0]["msg"] != "call" || got[0]["level"] != "WARN" {
			t.Errorf("%v", got[0])
		}
		// Another kind is not the worse for it.
		l.Log(t.Context(), "refused", slog.LevelWarn, "call")
		if got := lines(t, &out); len(got) != 1 {
			t.Errorf("another kind: %v", got)
		}
		account := func(after time.Duration, want float64) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			switch got := lines(t, &out); {
			case want == 0 && len(got) == 0:
			case len(got) != 1, got[0]["left_out"] != want, got[0]["kind"] != "unreachable", got[0]["level"] != "WARN":
				t.Errorf("after %v: %v, want %v left out", after, got, want)
			}
		}
		account(9*time.Second, 0)
		burst(5)
		account(time.Second, 495)
		burst(3)
		account(10*time.Second, 3) // still silent: only the account
		account(10*time.Second, 0)
		// A quiet time is over: it is heard again.
		burst(10)
		if got := lines(t, &out); len(got) != 10 {
			t.Errorf("%d lines after the silence", len(got))
		}
		time.Sleep(time.Second)
		burst(10)
		if got := lines(t, &out); len(got) != 10 {
			t.Errorf("%d lines in the next second", len(got))
		}
		burst(2)
		l.Flush()
		account(0, 2)
		l.Flush()
		account(time.Minute, 0)
	})
}

// In an hour of trouble every line is written or counted.
func TestNoLineIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var out bytes.Buffer
		l := NewLimited(NewLogger(lockedWriter{&mu, &out}, "json", slog.LevelInfo))
		const callers, calls = 8, 3000
		var all sync.WaitGroup
		for c := range callers {
			all.Go(func() {
				for range calls {
					l.Log(t.Context(), "k", slog.LevelWarn, "call")
					time.Sleep(time.Duration(100+c*37) * time.Millisecond)
				}
			})
		}
		all.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		written, leftOut := 0, 0.0
		for _, line := range lines(t, &out) {
			if n, ok := line["left_out"].(float64); ok {
				leftOut += n
			} else {
				written++
			}
		}
		if written+int(leftOut) != callers*calls || written > 200 {
			t.Errorf("%d written, %v left out of %d", written, leftOut, callers*calls)
		}
	})
}

type lockedWriter struct {
	mu *sync.Mutex
	to *bytes.Buffer
}

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}

func TestWhatIsBelowTheLevelIsNotCounted(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := NewLimited(NewLogger(&out, "json", slog.LevelInfo))
	for range 100 {
		l.Log(t.Context(), "k", slog.LevelDebug, "call")
	}
	l.Flush()
	l.Log(t.Context(), "k", slog.LevelInfo, "call")
	if got := lines(t, &out); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestLinesOfTheStandardLogHoldNobodysData(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := NewLimited(NewLogger(&out, "json", slog.LevelInfo))
	reports := l.StandardLog("http_server", "the HTTP server reports")
	for line, want := range map[string]string{
		"http: TLS handshake error from 10.1.2.3:4567: EOF":                             "http: TLS handshake error from (an address): EOF",
		"http: TLS handshake error from [2001:db8::1]:4567: remote error":               "http: TLS handshake error from (an address): remote error",
		"http2: read tcp 10.0.0.1:8080->10.1.2.3:4567: connection reset by peer":        "http2: read tcp (an address): connection reset by peer",
		"http: panic serving 127.0.0.1:5: boom\ngoroutine 7 [running]:\n/go/src/x.go:1": "http: panic serving (an address): boom",
		`http: invalid Read on "secret" body`:                                           "http: invalid Read on",
		"open /etc/switchboard/tls/key.pem: no such file":                               "open (a path): no such file",
		"http: superfluous response.WriteHeader call from net/http.f (server.go:12)":    "http: superfluous response.WriteHeader call from net/http.f (server.go:12)",
		strings.Repeat("x", 5000):                                                       strings.Repeat("x", 200),
	} {
		reports.Print(line)
		got := lines(t, &out)
		if len(got) != 1 || got[0]["text"] != want || got[0]["level"] != "WARN" || got[0]["kind"] != "http_server" {
			t.Errorf("%q became %v", line, got)
		}
	}
	for range 100 {
		reports.Print("http: TLS handshake error")
	}
	if got := lines(t, &out); len(got) > 10 {
		t.Errorf("%d lines of 100", len(got))
	}
}
