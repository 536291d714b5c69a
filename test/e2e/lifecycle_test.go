package e2e

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// services are the seven that clients know; spelled out, since a client would
// miss each of them.
var services = []string{
	"genesyscloud.users.v1.UserAnalyticsService", "genesyscloud.users.v1.UserAuthorizationService",
	"genesyscloud.users.v1.UserDevelopmentService", "genesyscloud.users.v1.UserPresenceService",
	"genesyscloud.users.v1.UserRoutingService", "genesyscloud.users.v1.UserTelephonyService",
	"genesyscloud.users.v1.UsersService",
}

func TestABadSettingStopsTheStartWithOneLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = taken.Close() }()
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"unknown region":    {[]string{"--region=eu_centrall_1"}, []string{"region", "eu_centrall_1", "eu_central_1"}},
		"unreadable file":   {[]string{"--config=" + filepath.Join(t.TempDir(), "nothing.yaml")}, []string{"config", "nothing.yaml"}},
		"half a credential": {[]string{"--region=eu_central_1", "--client-id=x"}, []string{"client-secret"}},
		"port in use":       {[]string{"--sandbox", "--grpc-addr=" + taken.Addr().String()}, []string{"--grpc-addr", taken.Addr().String(), "another"}},
		"unknown flag":      {[]string{"--grcp-addr=:1"}, []string{"--grcp-addr"}},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		cmd := exec.CommandContext(ctx, binary, c.args...)
		cmd.Env = cleanEnv()
		var out logBuffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		cancel()
		text := out.String()
		if err == nil || strings.Count(text, "\n") != 1 {
			t.Errorf("%s: %v, want one line and a failure:\n%s", name, err, text)
		}
		for _, w := range c.want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: the line does not name %q: %s", name, w, text)
			}
		}
	}
}

func TestAStopFinishesRunningCallsAndRefusesNewOnes(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	users := usersv1.NewUsersServiceClient(p.dial())
	running, finish := make(chan struct{}, 2), make(chan struct{})
	up.do(func(w http.ResponseWriter, _ *http.Request) {
		running <- struct{}{}
		<-finish
		_, _ = w.Write([]byte(`{"id":"late"}`))
	})
	type result struct {
		id  string
		err error
	}
	results := make(chan result, 2)
	go func() {
		u, err := users.GetUser(context.Background(), &usersv1.GetUserRequest{UserId: "u"})
		results <- result{u.GetId(), err}
	}()
	go func() {
		r, err := http.Get("http://" + p.HTTP + "/api/v2/users/u")
		id := ""
		if err == nil {
			var u struct{ ID string }
			err = json.NewDecoder(r.Body).Decode(&u)
			id = u.ID
			_ = r.Body.Close()
		}
		results <- result{id, err}
	}()
	<-running
	<-running
	must(t, p.cmd.Process.Signal(syscall.SIGTERM))
	for { // until the ports are closed
		conn, err := net.Dial("tcp", p.GRPC)
		if err != nil {
			break
		}
		_ = conn.Close()
		time.Sleep(10 * time.Millisecond)
	}
	close(finish)
	for range 2 {
		if r := <-results; r.err != nil || r.id != "late" {
			t.Errorf("a running call was not finished: %+v", r)
		}
	}
	if err := <-p.exited; err != nil {
		t.Errorf("exit: %v", err)
	}
	p.exited <- nil
}

func TestHealthReadinessAndReflection(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	p.until(readyLine)
	conn := p.dial()
	for _, name := range append([]string{""}, services...) {
		got, err := healthpb.NewHealthClient(conn).Check(within(t), &healthpb.HealthCheckRequest{Service: name})
		if err != nil || got.GetStatus() != healthpb.HealthCheckResponse_SERVING {
			t.Errorf("health of %q: %v, %v", name, got, err)
		}
	}
	admin := func(p *process, path string, want int) {
		t.Helper()
		r, err := http.Get("http://" + p.Admin + path)
		must(t, err)
		_ = r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, r.StatusCode, want)
		}
	}
	admin(p, "/livez", 200)
	admin(p, "/readyz", 200)
	admin(p, "/debug/pprof/heap", 404)
	stream, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(within(t))
	must(t, err)
	must(t, stream.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}))
	list, err := stream.Recv()
	must(t, err)
	names := map[string]bool{}
	for _, s := range list.GetListServicesResponse().GetService() {
		names[s.GetName()] = true
	}
	for _, name := range services {
		if !names[name] {
			t.Errorf("reflection does not list %s", name)
		}
	}

	quiet := start(t, up.URL, "--reflection=false", "--pprof")
	admin(quiet, "/debug/pprof/heap", 200)
	stream, err = reflectionpb.NewServerReflectionClient(quiet.dial()).ServerReflectionInfo(within(t))
	if err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("reflection is off and answers %v", err)
	}
}

func TestWithNothingSetTheSandboxAnswers(t *testing.T) {
	p := start(t, "")
	if !strings.Contains(p.log.String(), "SANDBOX") {
		t.Errorf("the log does not say that this is the sandbox:\n%s", p.log)
	}
	page, err := usersv1.NewUsersServiceClient(p.dial()).GetUsers(within(t), &usersv1.GetUsersRequest{PageSize: proto.Int32(100), State: proto.String("any")})
	if err != nil || len(page.GetEntities()) != 50 || page.GetTotal() != 50 {
		t.Errorf("GetUsers: %d of %d users, %v", len(page.GetEntities()), page.GetTotal(), err)
	}
	me, body := p.rest(http.MethodGet, "/api/v2/users/me", nil)
	if me.StatusCode != 200 || !strings.Contains(string(body), `"id"`) {
		t.Errorf("GET /api/v2/users/me: %d %s", me.StatusCode, body)
	}
	document, body := p.rest(http.MethodGet, "/openapi.json", nil)
	var openapi struct {
		OpenAPI string
		Paths   map[string]any
	}
	if err := json.Unmarshal(body, &openapi); err != nil || document.StatusCode != 200 || openapi.OpenAPI != "3.0.3" || len(openapi.Paths) != 94 {
		t.Errorf("/openapi.json: %d, %v, version %q, %d paths", document.StatusCode, err, openapi.OpenAPI, len(openapi.Paths))
	}
}
