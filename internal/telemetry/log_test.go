package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	stdlog "log"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

const secret = "hunter2"

func TestSecretsAreRedacted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		attr slog.Attr
	}{
		{"by the plain key", slog.String("token", secret)},
		{"in any case", slog.String("AUTHORIZATION", secret)},
		{"with underscores", slog.String("client_secret", secret)},
		{"with dashes", slog.String("Set-Cookie", secret)},
		{"with dots", slog.String("http.request.header.authorization", secret)},
		{"in camel case", slog.String("accessToken", secret)},
		{"at the start of camel case", slog.String("passwordOfUser", secret)},
		{"as bytes", slog.Any("password", []byte(secret))},
		{"as an error", slog.Any("token", errors.New(secret))},
		{"in a group", slog.Group("request", slog.String("cookie", secret))},
		{"in a group that names them", slog.Group("authorization", slog.String("scheme", secret))},
		{"in headers", slog.Any("headers", http.Header{"Authorization": {secret}})},
		{"in a map within a map", slog.Any("body", map[string]any{"user": map[string]string{"password": secret}})},
	}
	for _, format := range []string{"json", "text"} {
		for _, test := range tests {
			t.Run(format+" "+test.name, func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				log := NewLogger(&out, format, slog.LevelInfo)
				log.Info("called", test.attr)
				log.With(test.attr).Info("called")
				log.WithGroup("g").With(test.attr).Info("called")
				if got := out.String(); strings.Contains(got, secret) || strings.Count(got, redacted) != 3 {
					t.Errorf("got %s", got)
				}
			})
		}
	}
}

func TestWhatIsNoSecretIsPrinted(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"tokens", "tokenizer", "secretary", "passwordless", "user", "", "_", "Ü"} {
		var out bytes.Buffer
		NewLogger(&out, "json", slog.LevelInfo).Info("called", slog.String(key, "plain"), slog.Any("map", map[string]any{key: "member"}))
		if got := out.String(); !strings.Contains(got, `:"plain"`) || !strings.Contains(got, `:"member"`) {
			t.Errorf("%q: got %s", key, got)
		}
	}
}

func TestTimesAreInUTC(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	east := time.FixedZone("east", 3*60*60)
	record := slog.NewRecord(time.Date(2024, 5, 6, 1, 2, 3, 0, east), slog.LevelInfo, "called", 0)
	record.AddAttrs(slog.Time("since", time.Date(2024, 5, 6, 2, 0, 0, 0, east)))
	if err := NewLogger(&out, "json", slog.LevelInfo).Handler().Handle(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got["time"] != "2024-05-05T22:02:03Z" || got["since"] != "2024-05-05T23:00:00Z" {
		t.Errorf("got %s", out.String())
	}
}

func TestTheFormatAndTheLevelAreAsAsked(t *testing.T) {
	t.Parallel()
	var text, lines bytes.Buffer
	var level slog.LevelVar
	level.Set(slog.LevelWarn)
	NewLogger(&text, "text", &level).Warn("called", "n", 1)
	if got := text.String(); !strings.HasSuffix(got, " level=WARN msg=called n=1\n") {
		t.Errorf("got %s", got)
	}
	log := NewLogger(&lines, "json", &level)
	log.Info("too low")
	level.Set(slog.LevelDebug)
	log.Debug("now high enough")
	if got := lines.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `"msg":"now high enough"`) {
		t.Errorf("got %s", got)
	}
}

func TestWhatLibrariesPrintIsCutBeforeItQuotes(t *testing.T) {
	flags, output := stdlog.Flags(), stdlog.Writer()
	t.Cleanup(func() { stdlog.SetFlags(flags); stdlog.SetOutput(output) })
	var lines bytes.Buffer
	CaptureStandardLog(NewLogger(&lines, "json", slog.LevelInfo))
	stdlog.Printf("Unsolicited response received on idle HTTP channel starting with %q; err=%v", `{"name":"Ada"}`, nil)
	var record struct{ Level, Text string }
	if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
		t.Fatal(err)
	}
	if record.Level != "WARN" || record.Text != "Unsolicited response received on idle HTTP channel starting with" {
		t.Errorf("logged %+v", record)
	}
}
