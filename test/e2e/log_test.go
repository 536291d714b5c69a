package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// logged are the lines of the log that have a kind.
func (p *process) logged() (all []map[string]any) {
	for text := range strings.Lines(p.log.String()) {
		var line map[string]any
		if json.Unmarshal([]byte(text), &line) == nil && line["kind"] != nil {
			all = append(all, line)
		}
	}
	return all
}

// At its usual level the log tells of what is ours or the upstream's to mend, on both
// faces, and of nothing that is the caller's.
func TestTheUsualLogTellsWhatIsWrong(t *testing.T) {
	cases := []struct {
		name   string
		answer http.HandlerFunc
		grpc   codes.Code
		kind   string
	}{
		{"404", replying(404, `{"message":"Ada","code":"not.found"}`), codes.NotFound, ""},
		{"400", replying(400, `{"message":"Ada","code":"bad.request"}`), codes.InvalidArgument, ""},
		{"409", replying(409, `{"message":"Ada","code":"general.conflict"}`), codes.Aborted, ""},
		{"429", replying(429, `{"message":"Ada","code":"too.many.requests"}`), codes.ResourceExhausted, ""},
		{"500", replying(500, `{"message":"Ada","code":"internal"}`), codes.Internal, "upstream_error"},
		{"503", replying(503, `{"message":"Ada","code":"unavailable"}`), codes.Unavailable, "upstream_error"},
		{"504", replying(504, `{"message":"Ada","code":"timeout"}`), codes.DeadlineExceeded, "upstream_error"},
		{"silence", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, codes.DeadlineExceeded, "deadline_exceeded"},
		{"HTML", replying(200, `<html>`, "Content-Type", "text/html"), codes.Internal, "bad_upstream_answer"},
		{"reset", raw(""), codes.Unavailable, "upstream_unreachable"},
		{"401", replying(401, `{"message":"Ada","code":"bad.credentials"}`), codes.Unavailable, "service_token_refused"},
	}
	var p *process
	t.Run("calls", func(t *testing.T) { // at whose end the server has stopped, and the log is whole
		up := newUpstream(t)
		p = start(t, up.URL, "--log-level=info", "--timeout=300ms")
		users := usersv1.NewUsersServiceClient(p.dial())
		for _, c := range cases {
			up.do(c.answer)
			_, err := users.GetUser(metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "grpc-"+c.name), &usersv1.GetUserRequest{UserId: "u"})
			if status.Code(err) != c.grpc {
				t.Errorf("%s: %v", c.name, err)
			}
			p.rest(http.MethodGet, "/api/v2/users/u", nil, "X-Request-Id", "rest-"+c.name)
		}
	})
	lines := map[any]map[string]any{}
	for _, line := range p.logged() {
		lines[line["request_id"]] = line
	}
	if strings.Contains(p.log.String(), "Ada") {
		t.Errorf("the log repeats the upstream's words:\n%s", p.log)
	}
	for _, c := range cases {
		for _, face := range []string{"grpc", "rest"} {
			line := lines[face+"-"+c.name]
			switch {
			case c.kind == "" && line != nil:
				t.Errorf("%s is the caller's: %v", c.name, line)
			case c.kind != "" && (line["kind"] != c.kind || line["level"] != "WARN" || line["face"] != face || line["method"] != "/genesyscloud.users.v1.UsersService/GetUser"):
				t.Errorf("%s over %s: %v", c.name, face, line)
			}
		}
	}
}

// replying is an answer of the upstream.
func replying(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// In a bad hour the log can still be read, and counts what it does not show: to the
// last, when the server stops.
func TestTheLogOfABadHourCanBeRead(t *testing.T) {
	const calls = 1000
	var p *process
	t.Run("the hour", func(t *testing.T) {
		up := newUpstream(t)
		up.reply(500, `{"message":"m","code":"c"}`)
		p = start(t, up.URL, "--log-level=info")
		users := usersv1.NewUsersServiceClient(p.dial())
		var all errgroup.Group
		all.SetLimit(50)
		for range calls {
			all.Go(func() error {
				_, err := users.GetUser(within(t), &usersv1.GetUserRequest{UserId: "u"})
				if status.Code(err) == codes.Internal {
					return nil
				}
				return err
			})
		}
		must(t, all.Wait())
	})
	shown, leftOut := 0, 0.0
	for _, line := range p.logged() {
		if n, ok := line["left_out"].(float64); ok && line["kind"] == "upstream_error" {
			leftOut += n
		} else {
			shown++
		}
	}
	if shown+int(leftOut) != calls || shown > calls/4 {
		t.Errorf("%d calls: %d lines, %v left out", calls, shown, leftOut)
	}
}
