package telemetry

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Limited is a log for lines of which a bad hour makes thousands a second. Of each
// kind it writes ten in a second. When there are more it falls silent, but for a line
// every ten seconds that says how many were left out, until ten seconds have passed
// without any. It is safe for concurrent use.
type Limited struct {
	log   *slog.Logger
	mu    sync.Mutex
	kinds map[string]*kind
}

// Bounds of a kind.
const (
	linesPerSecond = 10
	silence        = 10 * time.Second
)

// kind is what was written of one kind. While silent, a timer runs that will end it.
type kind struct {
	second  time.Time // when counting lines began
	lines   int       // since then
	silent  bool
	leftOut int
	level   slog.Level // the highest of what was left out
}

// NewLimited returns a limited log on top of another.
func NewLimited(log *slog.Logger) *Limited {
	return &Limited{log: log, kinds: map[string]*kind{}}
}

// Log writes a line unless there are too many of its kind. There is memory for each
// kind, so that kinds are constants of the program. The line has its kind as an
// attribute, so as to be counted by it.
func (l *Limited) Log(ctx context.Context, kind string, level slog.Level, message string, attrs ...slog.Attr) {
	if l.log.Enabled(ctx, level) && l.admit(kind, level) {
		l.log.LogAttrs(ctx, level, message, append(attrs[:len(attrs):len(attrs)], slog.String("kind", kind))...)
	}
}

// admit counts a line and tells whether it is written.
func (l *Limited) admit(name string, level slog.Level) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.kinds[name]
	if k == nil {
		k = &kind{}
		l.kinds[name] = k
	}
	if k.silent {
		k.leave(level)
		return false
	}
	if now := time.Now(); now.Sub(k.second) >= time.Second {
		k.second, k.lines = now, 0
	}
	if k.lines++; k.lines <= linesPerSecond {
		return true
	}
	k.silent = true
	k.leave(level)
	time.AfterFunc(silence, func() { l.account(name) })
	return false
}

// leave counts a line that is left out.
func (k *kind) leave(level slog.Level) {
	if k.leftOut == 0 || level > k.level {
		k.level = level
	}
	k.leftOut++
}

// account says how many lines of a kind were left out, and ends its silence if there
// were none.
func (l *Limited) account(name string) {
	l.mu.Lock()
	k := l.kinds[name]
	leftOut, level := k.leftOut, k.level
	k.leftOut = 0
	if leftOut == 0 {
		k.silent = false
	} else {
		time.AfterFunc(silence, func() { l.account(name) })
	}
	l.mu.Unlock()
	if leftOut > 0 {
		l.say(name, level, leftOut)
	}
}

// Flush says at once how many lines were left out: the program ends.
func (l *Limited) Flush() {
	for name, k := range l.pending() {
		l.say(name, k.level, k.leftOut)
	}
}

// pending returns the kinds of which lines were left out, and counts from 0 again.
func (l *Limited) pending() map[string]kind {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[string]kind{}
	for name, k := range l.kinds {
		if k.leftOut > 0 {
			all[name] = *k
			k.leftOut = 0
		}
	}
	return all
}

func (l *Limited) say(kind string, level slog.Level, leftOut int) {
	l.log.LogAttrs(context.Background(), level, "more lines of this kind were left out", slog.Int("left_out", leftOut), slog.String("kind", kind))
}
