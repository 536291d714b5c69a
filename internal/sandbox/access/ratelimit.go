package access

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
)

const (
	// limitWindow is the span over which requests are counted. It starts with
	// the first request after the last window ended.
	limitWindow = time.Minute
	// maxWindows bounds the windows remembered; beyond it the ended ones are
	// forgotten, and if none has ended, all of them.
	maxWindows = 20_000
)

// Limits counts the requests of every token, or the logins of every client. Safe
// for concurrent use.
type Limits struct {
	mu      sync.Mutex
	windows map[string]*window
}

type window struct {
	started time.Time
	count   int
}

// Count adds one request for key, sets the rate-limit headers, and returns 429
// when limits are enforced and this request is over.
func (l *Limits) Count(header http.Header, key string, now time.Time, allowed int, enforced bool) error {
	used, reset := l.Add(key, now)
	header.Set("inin-ratelimit-count", strconv.Itoa(min(used, allowed)))
	header.Set("inin-ratelimit-allowed", strconv.Itoa(allowed))
	header.Set("inin-ratelimit-reset", strconv.Itoa(reset))
	if enforced && used > allowed {
		return problem.TooManyRequests(reset)
	}
	return nil
}

// Add returns how many requests the window has seen, this one included, and the
// whole seconds until it ends, rounded up.
func (l *Limits) Add(key string, now time.Time) (used, reset int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.windows[key]
	if w == nil || now.Sub(w.started) >= limitWindow {
		if w == nil {
			l.makeRoom(now)
		}
		w = &window{started: now}
		l.windows[key] = w
	}
	w.count++
	left := w.started.Add(limitWindow).Sub(now)
	return w.count, int((left + time.Second - 1) / time.Second)
}

func (l *Limits) makeRoom(now time.Time) {
	if l.windows == nil {
		l.windows = map[string]*window{}
	}
	if len(l.windows) < maxWindows {
		return
	}
	for key, w := range l.windows {
		if now.Sub(w.started) >= limitWindow {
			delete(l.windows, key)
		}
	}
	if len(l.windows) >= maxWindows {
		clear(l.windows)
	}
}
