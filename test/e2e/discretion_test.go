package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// Whatever the upstream sends in the place of an answer: what callers get and what the
// log shows at its usual level holds none of its bytes.
func TestNoByteOfTheUpstreamIsTold(t *testing.T) {
	const secret = "Lovelace"
	up := newUpstream(t)
	p := start(t, up.URL, "--log-level=info")
	users := usersv1.NewUsersServiceClient(p.dial())
	with := func(status int, kind, coding, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			if coding != "" {
				w.Header().Set("Content-Encoding", coding)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, answer := range map[string]http.HandlerFunc{
		"no HTTP":                  raw(`{"name":"Ada Lovelace"}`),
		"an odd head":              raw("HTTP/1.1 200 Lovelace\r\nLovelace Lovelace\r\n\r\n"),
		"an odd status":            raw("HTTP/1.1 Lovelace\r\n\r\n"),
		"status 000":               raw("HTTP/1.1 000 Lovelace\r\nContent-Length: 8\r\n\r\nLovelace"),
		"an odd length":            raw("HTTP/1.1 200 OK\r\nContent-Length: Lovelace\r\n\r\n"),
		"an odd coding":            raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: Lovelace\r\n\r\n"),
		"an odd chunk":             raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nLovelace\r\n"),
		"half an answer":           raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"name\":\"Lovelace"),
		"another type":             with(200, "text/html; x=Lovelace", "", "<html>Lovelace</html>"),
		"a type of its own":        with(200, "Lovelace", "", "Lovelace"),
		"another compression":      with(200, "application/json", "Lovelace", "Lovelace"),
		"broken compression":       with(200, "application/json", "gzip", "Lovelace"),
		"broken JSON":              with(200, "application/json", "", `{"name":"Lovelace`),
		"no JSON":                  with(200, "application/json", "", `Lovelace`),
		"a list for an object":     with(200, "application/json", "", `["Lovelace"]`),
		"new members":              with(200, "application/json", "", `{"Ada Lovelace":1,"state":"Ada Lovelace","manager":{"Lovelace":{"Lovelace":"Lovelace"}}}`),
		"a value of no use":        with(200, "application/json", "", `{"version":"Lovelace","name":["Lovelace"]}`),
		"an error of the upstream": with(503, "application/json", "", `{"code":"Lovelace","messageParams":{"Lovelace":"Lovelace"}}`),
	} {
		up.do(answer)
		var header, trailer metadata.MD
		_, err := users.GetUser(within(t), &usersv1.GetUserRequest{UserId: "u"}, grpc.Header(&header), grpc.Trailer(&trailer))
		told := fmt.Sprint(status.Convert(err).Proto(), map[string][]string(header), map[string][]string(trailer))
		if status.Code(err) == codes.Unavailable && name == "an error of the upstream" {
			told = "" // the upstream's own words, which are for the caller
		}
		for i := range told {
			if strings.HasPrefix(told[i:], secret) {
				t.Errorf("%s: the caller is told %.300s", name, told[max(0, i-200):])
				break
			}
		}
		if err != nil {
			if answer, body := p.rest(http.MethodGet, "/api/v2/users/u", nil, "Accept-Encoding", "identity"); answer.StatusCode == 502 && strings.Contains(string(body), secret) {
				t.Errorf("%s: over REST the caller is told %s", name, body)
			}
		}
	}
	if log := p.log.String(); strings.Contains(log, secret) || strings.Contains(log, strings.TrimPrefix(up.URL, "http://")) {
		t.Errorf("the log holds what the upstream sent, or its address:\n%s", log)
	}
}

// Where the upstream and the login host are, and where secrets lie, is nobody's
// business but the operators'.
func TestNoPlaceIsTold(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	dead := l.Addr().String()
	must(t, l.Close())
	up := newUpstream(t)
	secret := filepath.Join(t.TempDir(), "secret-of-the-client")
	must(t, os.WriteFile(secret, []byte(clientSecret), 0o600))
	for name, c := range map[string]struct {
		upstream string
		args     []string
		hidden   string
	}{
		"a dead upstream":         {"http://" + dead, []string{"--login-url=" + up.URL}, dead},
		"a dead login host":       {up.URL, []string{"--login-url=http://" + dead}, dead},
		"an unknown upstream":     {"https://upstream.internal.invalid", []string{"--login-url=" + up.URL}, "internal.invalid"},
		"an unknown login":        {up.URL, []string{"--login-url=https://login.internal.invalid"}, "internal.invalid"},
		"TLS where there is none": {strings.Replace(up.URL, "http:", "https:", 1), []string{"--login-url=" + up.URL}, strings.TrimPrefix(up.URL, "http://")},
		"a lost secret":           {up.URL, []string{"--client-secret=", "--client-secret-file=" + secret}, "secret-of-the-client"},
	} {
		up.reply(http.StatusOK, "{}")
		p := start(t, c.upstream, append([]string{"--log-level=info"}, c.args...)...)
		if name == "a lost secret" {
			p.until(readyLine)
			must(t, os.Remove(secret))
			up.reply(http.StatusUnauthorized, "{}") // so that another token is needed
		}
		_, err := usersv1.NewUsersServiceClient(p.dial()).GetUser(within(t), &usersv1.GetUserRequest{UserId: "u"})
		_, body := p.rest(http.MethodGet, "/api/v2/users/u", nil)
		if status.Code(err) != codes.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
		for who, told := range map[string]string{"gRPC": fmt.Sprint(status.Convert(err).Proto()), "REST": string(body), "the log": p.log.String()} {
			if strings.Contains(told, c.hidden) {
				t.Errorf("%s: %s tells %s", name, who, told)
			}
		}
		if log := p.log.String(); !strings.Contains(log, `"WARN"`) || (strings.Contains(name, "login") || name == "a lost secret") != strings.Contains(log, `"login_failed"`) {
			t.Errorf("%s: the log says nothing, or something else:\n%s", name, log)
		}
	}
}
