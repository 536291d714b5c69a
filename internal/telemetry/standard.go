package telemetry

import (
	"bytes"
	"context"
	stdlog "log"
	"log/slog"
	"net/netip"
	"strings"
)

// CaptureStandardLog turns what libraries print with the standard log package
// into warnings of log (StandardLog). It changes the process, so only a program's
// main calls it.
func CaptureStandardLog(log *slog.Logger) {
	stdlog.SetFlags(0)
	stdlog.SetOutput(&capture{NewLimited(log), "library", "a library reports"})
}

// StandardLog returns a logger for those who want one of the standard log package,
// such as http.Server: a line becomes a limited warning of a kind. Of its text what
// may be somebody's is left out: all behind the first quotation mark or line, since
// net/http quotes bytes that it did not expect, addresses and paths.
func (l *Limited) StandardLog(kind, message string) *stdlog.Logger {
	return stdlog.New(&capture{l, kind, message}, "", 0)
}

// capture is an io.Writer of whole lines, which is how package log writes.
type capture struct {
	to            *Limited
	kind, message string
}

func (c *capture) Write(line []byte) (int, error) {
	text := line
	if end := bytes.IndexAny(line, "\"`\n"); end >= 0 {
		text = line[:end]
	}
	c.to.Log(context.Background(), c.kind, slog.LevelWarn, c.message, slog.String("text", withoutPlaces(string(text))))
	return len(line), nil
}

// maxLine bounds the text of a line, in bytes.
const maxLine = 200

// withoutPlaces takes addresses and paths out of a text.
func withoutPlaces(text string) string {
	words := strings.Fields(text[:min(len(text), maxLine)])
	for i, word := range words {
		bare := strings.Trim(word, "():,;")
		switch {
		case isAddress(bare), strings.Contains(bare, "->"):
			words[i] = strings.Replace(word, bare, "(an address)", 1)
		case strings.HasPrefix(bare, "/"), strings.Contains(bare, "://"):
			words[i] = strings.Replace(word, bare, "(a path)", 1)
		}
	}
	return strings.ToValidUTF8(strings.Join(words, " "), "")
}

func isAddress(word string) bool {
	_, noPort := netip.ParseAddrPort(word)
	_, noAddress := netip.ParseAddr(word)
	return noPort == nil || noAddress == nil
}
