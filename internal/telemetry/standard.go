package telemetry

import (
	"bytes"
	stdlog "log"
	"log/slog"
)

// CaptureStandardLog turns what libraries print with the standard log package
// into warnings of log. It cuts a line at its first quotation mark: net/http
// quotes the bytes of an answer it did not expect, and those may be somebody's
// data. It changes the process, so only a program's main calls it.
func CaptureStandardLog(log *slog.Logger) {
	stdlog.SetFlags(0)
	stdlog.SetOutput(capture{log})
}

// capture is an io.Writer of whole lines, which is how package log writes.
type capture struct{ to *slog.Logger }

func (c capture) Write(line []byte) (int, error) {
	text, _, _ := bytes.Cut(line, []byte(`"`))
	c.to.Warn("a library reports", "text", string(bytes.TrimSpace(text)))
	return len(line), nil
}
