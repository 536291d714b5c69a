package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// loginHost answers every login as it is told to.
type loginHost struct {
	*httptest.Server
	answer atomic.Pointer[http.HandlerFunc]
	asked  atomic.Int64
}

func newLoginHost(t *testing.T, answer http.HandlerFunc) *loginHost {
	l := &loginHost{}
	l.do(answer)
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.asked.Add(1)
		(*l.answer.Load())(w, r)
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *loginHost) do(answer http.HandlerFunc) { l.answer.Store(&answer) }

func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// silent answers nothing as long as somebody waits.
func silent(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that the client goes
	<-r.Context().Done()
}

var (
	givesToken = says(200, `{"access_token":"`+serviceToken+`","expires_in":86399}`, "Content-Type", "application/json")
	noClient   = says(401, `{"error":"invalid_client"}`, "Content-Type", "application/json")
)

// readiness is what /readyz and the health of the whole and of each service say, which
// must be the same.
func (p *process) readiness() bool {
	p.t.Helper()
	answer, err := http.Get("http://" + p.Admin + "/readyz")
	must(p.t, err)
	_ = answer.Body.Close()
	ready := answer.StatusCode == http.StatusOK
	health := healthpb.NewHealthClient(p.dial())
	for _, name := range append([]string{""}, services...) {
		got, err := health.Check(within(p.t), &healthpb.HealthCheckRequest{Service: name})
		must(p.t, err)
		_, connect := p.rpc("/grpc.health.v1.Health/Check", "application/json", fmt.Appendf(nil, `{"service":%q}`, name))
		if want := map[bool]string{true: "SERVING", false: "NOT_SERVING"}[ready]; got.GetStatus().String() != want || string(compact(p.t, connect)) != `{"status":"`+want+`"}` {
			p.t.Errorf("the health of %q is %v, over Connect %s, /readyz %v", name, got.GetStatus(), connect, ready)
		}
	}
	live, err := http.Get("http://" + p.Admin + "/livez")
	must(p.t, err)
	_ = live.Body.Close()
	if live.StatusCode != http.StatusOK {
		p.t.Errorf("/livez: %d", live.StatusCode)
	}
	return ready
}

const readyLine = `"msg":"ready"`

// A wrong secret does not become ready, until it is mended; nothing is restarted.
func TestAWrongSecretIsNotReadyUntilItIsMended(t *testing.T) {
	up := newUpstream(t)
	file := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(file, []byte("wrong-secret-5d1f\n"), 0o600))
	p := start(t, up.URL, "--log-level=info", "--client-secret=", "--client-secret-file="+file, "--ready-wait=1s")
	watch, err := healthpb.NewHealthClient(p.dial()).Watch(within(t), &healthpb.HealthCheckRequest{})
	must(t, err)
	if got, err := watch.Recv(); err != nil || got.GetStatus() != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Errorf("a watch says %v, %v", got, err)
	}
	p.until("the login host refused the client: check the client's id and secret")
	if p.readiness() {
		t.Error("ready with a wrong secret")
	}
	answer, err := http.Get("http://" + p.Admin + "/readyz")
	must(t, err)
	why, err := io.ReadAll(answer.Body)
	must(t, errorOf(err, answer.Body.Close()))
	if !strings.Contains(string(why), "not ready: the login host refused the client") {
		t.Errorf("/readyz says %q", why)
	}
	// It is alive, and callers with a token of their own are served.
	own := metadata.AppendToOutgoingContext(within(t), "authorization", "Bearer own")
	if _, err := usersv1.NewUsersServiceClient(p.dial()).GetUser(own, &usersv1.GetUserRequest{UserId: "u"}); err != nil {
		t.Error(err)
	}

	must(t, os.WriteFile(file, []byte(clientSecret+"\n"), 0o600))
	p.until(readyLine)
	if got, err := watch.Recv(); err != nil || got.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("a watch says %v, %v", got, err)
	}
	if !p.readiness() {
		t.Error("not ready with the right secret")
	}
	log := p.log.String()
	if n := strings.Count(log, "not ready"); n != 1 || strings.Contains(log, file) || strings.Contains(log, "wrong-secret") {
		t.Errorf("the log has %d lines about why it is not ready, want 1 without path and secret:\n%s", n, log)
	}
}

func errorOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// What refuses holds a server up for as long as it does, what cannot be reached no
// longer than --ready-wait.
func TestWhatLoginHostsMakeOfReadiness(t *testing.T) {
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, dead.Close())
	const never, afterwards = false, true
	for name, c := range map[string]struct {
		answer http.HandlerFunc // nil: nobody listens
		ready  bool
		says   string
	}{
		"another client":     {noClient, never, "refused the client"},
		"another region":     {says(400, `{"error":"invalid_client","description":"client not found: e2e-client"}`), never, "refused the client"},
		"no such grant":      {says(400, `{"error":"unauthorized_client"}`), never, "answered 400"},
		"not permitted":      {says(403, ""), never, "answered 403"},
		"another host":       {says(404, "<html>"), never, "answered 404"},
		"a redirect":         {says(302, "", "Location", "https://elsewhere.example"), never, "answered 302"},
		"a page":             {says(200, "<html>welcome</html>", "Content-Type", "text/html"), never, "no access_token"},
		"nothing":            {says(200, ""), never, "no access_token"},
		"nobody":             {nil, afterwards, "the connection was refused"},
		"silence":            {silent, afterwards, "has not answered yet"},
		"a closed door":      {raw(""), afterwards, "the connection was closed"},
		"noise":              {raw("\x00\x01\x02 noise\r\n\r\n"), afterwards, "is not HTTP"},
		"half an answer":     {raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), afterwards, "broke off"},
		"a bad day":          {says(503, "<html>"), afterwards, "answered 503"},
		"too many logins":    {says(400, `{"error":"invalid_request","description":"rate limit exceeded"}`), afterwards, "limits how often"},
		"too many, for long": {says(429, "", "Retry-After", "86400"), afterwards, "limits how often"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up := newUpstream(t)
			url, asked := "http://"+dead.Addr().String(), func() int64 { return 0 }
			if c.answer != nil {
				host := newLoginHost(t, c.answer)
				url, asked = host.URL, host.asked.Load
			}
			// The third login comes after three seconds at the soonest.
			p := start(t, up.URL, "--login-url="+url, "--log-level=info", "--ready-wait=2s")
			if c.ready == afterwards {
				p.until("becoming ready without a token")
				p.until(readyLine)
			} else {
				for asked() < 3 {
					time.Sleep(10 * time.Millisecond)
				}
			}
			if got := p.readiness(); got != c.ready {
				t.Errorf("ready: %v, want %v\n%s", got, c.ready, p.log)
			}
			log := p.log.String()
			if !strings.Contains(log, c.says) || strings.Contains(log, "noise") || strings.Contains(log, "html") || strings.Contains(log, strings.TrimPrefix(url, "http://")) {
				t.Errorf("the log does not say %q, or too much:\n%s", c.says, log)
			}
			if n := strings.Count(log, `"not ready`); n > 1 {
				t.Errorf("it is said %d times:\n%s", n, log)
			}
		})
	}
}

// Once ready, a server stays it whatever the upstream and the login host do.
func TestNothingUpstreamMakesAServerUnready(t *testing.T) {
	up := newUpstream(t)
	host := newLoginHost(t, givesToken)
	p := start(t, up.URL, "--login-url="+host.URL)
	p.until(readyLine)
	host.do(noClient)
	up.reply(http.StatusUnauthorized, `{"code":"bad.credentials"}`)
	_, err := usersv1.NewUsersServiceClient(p.dial()).GetUser(within(t), &usersv1.GetUserRequest{UserId: "u"})
	if status.Code(err) != codes.Unavailable {
		t.Error(err)
	}
	if !p.readiness() {
		t.Error("a refused token makes it unready")
	}
	host.Close()
	up.Close()
	if _, err := usersv1.NewUsersServiceClient(p.dial()).GetUser(within(t), &usersv1.GetUserRequest{UserId: "u"}); err == nil {
		t.Error("a call was answered")
	}
	if !p.readiness() {
		t.Error("a dead upstream makes it unready")
	}
}

func TestThereMayBeNothingToWaitFor(t *testing.T) {
	up := newUpstream(t)
	host := newLoginHost(t, noClient)
	address := []string{"--upstream-url=" + up.URL, "--login-url=" + host.URL}
	mine := []string{"--client-id=" + clientID, "--client-secret=" + clientSecret}
	for name, c := range map[string]struct {
		args  []string
		asked bool
	}{
		"the sandbox":                     {nil, false},
		"callers bring their tokens":      {append(address, "--upstream-auth=caller"), false},
		"nobody wants to wait":            {append(append(address, mine...), "--ready-wait=0s"), true},
		"nor without a token of a caller": {append(append(address, mine...), "--ready-wait=0s", "--upstream-auth=service"), true},
	} {
		p := start(t, "", append(c.args, "--log-level=info")...)
		p.sandboxed = false
		p.until(readyLine)
		if !p.readiness() {
			t.Errorf("%s: not ready", name)
		}
		if warned := strings.Contains(p.log.String(), "without a token"); warned != c.asked {
			t.Errorf("%s: warned %v\n%s", name, warned, p.log)
		}
		if c.asked { // it goes on in the background, and is told
			p.until("the login host refused the client")
		}
	}
	if got := host.asked.Load(); got != 2 {
		t.Errorf("%d logins, want those of the two that have credentials", got)
	}
}

func TestAStopBeforeItIsReady(t *testing.T) {
	up := newUpstream(t)
	for name, answer := range map[string]http.HandlerFunc{"silence": silent, "refused": noClient, "a bad day": says(503, "", "Retry-After", "600")} {
		host := newLoginHost(t, answer)
		p := start(t, up.URL, "--login-url="+host.URL)
		for host.asked.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		must(t, p.cmd.Process.Signal(syscall.SIGTERM))
		err := <-p.exited
		p.exited <- err
		if log := p.log.String(); err != nil || strings.Contains(log, readyLine) || !strings.Contains(log, `"stopping"`) {
			t.Errorf("%s: %v\n%s", name, err, log)
		}
	}
}

// Addresses are announced, and calls taken, before it is ready.
func TestListenersAreOpenBeforeItIsReady(t *testing.T) {
	up := newUpstream(t)
	host := newLoginHost(t, silent)
	p := start(t, up.URL, "--login-url="+host.URL)
	if p.readiness() {
		t.Error("ready without a token")
	}
	own := fmt.Sprint("Bearer ", "own")
	if answer, body := p.rest(http.MethodGet, "/api/v2/users/u", nil, "Authorization", own); answer.StatusCode != http.StatusOK {
		t.Errorf("%d %s", answer.StatusCode, body)
	}
	host.do(givesToken)
	host.CloseClientConnections()
	p.until(readyLine)
}
