package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

const anyControlPort = "--sandbox-control-addr=127.0.0.1:0"

// badDay is a server whose upstream is a sandbox that can be told to misbehave.
type badDay struct {
	*process
	t       *testing.T
	control string
	users   usersv1.UsersServiceClient
	id      string // of a user
}

// badDays are the two ways to have one: the sandbox inside the server, and the
// sandbox alone behind a server that takes it for the real upstream.
func badDays(t *testing.T, run func(*testing.T, *badDay)) {
	t.Helper()
	for name, begin := range map[string]func(*testing.T) (p *process, control string){
		"embedded": func(t *testing.T) (*process, string) {
			p := start(t, "", anyControlPort)
			return p, p.Control
		},
		"alone": func(t *testing.T) (*process, string) {
			alone := start(t, "", "sandbox", anyControlPort)
			url := "http://" + alone.HTTP
			return start(t, "", "--upstream-url="+url, "--login-url="+url, "--client-id=sandbox", "--client-secret=sandbox"), alone.Control
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, control := begin(t)
			d := &badDay{process: p, t: t, control: control, users: usersv1.NewUsersServiceClient(p.dial())}
			page, err := d.users.GetUsers(within(t), &usersv1.GetUsersRequest{PageSize: proto.Int32(1)})
			must(t, err)
			d.id = page.GetEntities()[0].GetId()
			run(t, d)
		})
	}
}

// faults sets all faults, and returns those in force.
func (d *badDay) faults(body string) string {
	d.t.Helper()
	return control(d.t, d.control, http.MethodPut, body)
}

func control(t *testing.T, address, verb, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(within(t), verb, "http://"+address+"/faults", strings.NewReader(body))
	must(t, err)
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(t, err)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s /faults %s: %d %s", verb, body, answer.StatusCode, text)
	}
	return string(text)
}

func (d *badDay) get(ctx context.Context, opts ...grpc.CallOption) (*usersv1.User, error) {
	return d.users.GetUser(ctx, &usersv1.GetUserRequest{UserId: d.id, Expand: []string{"routingStatus", "locations"}}, opts...)
}

// refused calls on both faces and wants an error that is told as docs/errors.md
// says.
func (d *badDay) refused(code codes.Code, reason string, restStatus int, restCode string) {
	d.t.Helper()
	user, err := d.get(within(d.t))
	info := &errdetails.ErrorInfo{}
	for _, detail := range status.Convert(err).Details() {
		if found, ok := detail.(*errdetails.ErrorInfo); ok {
			info = found
		}
	}
	if status.Code(err) != code || info.GetReason() != reason || user != nil {
		d.t.Errorf("%v, %s, %v; want %s, %s and no message", err, info.GetReason(), user, code, reason)
	}
	answer, text := d.rest(http.MethodGet, "/api/v2/users/"+d.id, nil)
	var body struct{ Code string }
	if err := json.Unmarshal(text, &body); err != nil || answer.StatusCode != restStatus || body.Code != restCode {
		d.t.Errorf("over REST: %d %s, want %d %s", answer.StatusCode, text, restStatus, restCode)
	}
}

func TestFaultsOfTheUpstreamAreToldAsDesigned(t *testing.T) {
	t.Parallel()
	badDays(t, func(t *testing.T, d *badDay) {
		for _, c := range []struct {
			faults, reason string
			code           codes.Code
			restStatus     int
			restCode       string
		}{
			{`{"errors":{"status":500}}`, "INTERNAL_SERVER_ERROR", codes.Internal, 500, "internal.server.error"},
			{`{"errors":{"status":502}}`, "BAD_GATEWAY", codes.Unavailable, 502, "bad.gateway"},
			{`{"errors":{"status":503}}`, "SERVICE_UNAVAILABLE", codes.Unavailable, 503, "service.unavailable"},
			{`{"errors":{"status":504}}`, "GATEWAY_TIMEOUT", codes.DeadlineExceeded, 504, "gateway.timeout"},
			{`{"resets":{}}`, "UPSTREAM_UNREACHABLE", codes.Unavailable, 503, "switchboard.upstream_unreachable"},
			{`{"resets":{"beforeWork":true}}`, "UPSTREAM_UNREACHABLE", codes.Unavailable, 503, "switchboard.upstream_unreachable"},
			{`{"resets":{"afterBytes":200}}`, "BAD_UPSTREAM_ANSWER", codes.Internal, 502, "switchboard.bad_upstream_answer"},
			{`{"truncations":{"how":"length"}}`, "BAD_UPSTREAM_ANSWER", codes.Internal, 502, "switchboard.bad_upstream_answer"},
			{`{"truncations":{"how":"chunked"}}`, "BAD_UPSTREAM_ANSWER", codes.Internal, 502, "switchboard.bad_upstream_answer"},
		} {
			d.faults(c.faults)
			d.refused(c.code, c.reason, c.restStatus, c.restCode)
		}
		d.faults(`{"truncations":{"how":"json"}}`)
		if user, err := d.get(within(t)); status.Code(err) != codes.Internal || user != nil {
			t.Errorf("half a JSON text: %v, %v", user, err)
		}
		d.faults(`{}`)
		_, err := d.get(within(t))
		must(t, err)
	})
}

func TestTheLimitOfTheUpstreamIsResourceExhausted(t *testing.T) {
	t.Parallel()
	badDays(t, func(t *testing.T, d *badDay) {
		d.faults(`{"rateLimit":{"requests":3,"enforced":true}}`)
		var err error
		var trailer metadata.MD
		for range 4 {
			if _, err = d.get(within(t), grpc.Trailer(&trailer)); err != nil {
				break
			}
		}
		wait := time.Duration(0)
		for _, detail := range status.Convert(err).Details() {
			if retry, ok := detail.(*errdetails.RetryInfo); ok {
				wait = retry.GetRetryDelay().AsDuration()
			}
		}
		if status.Code(err) != codes.ResourceExhausted || wait < time.Second || wait > time.Minute || first(trailer, "grpc-retry-pushback-ms") == "" {
			t.Errorf("%v, wait %s, trailer %v", err, wait, trailer)
		}
		answer, text := d.rest(http.MethodGet, "/api/v2/users", nil)
		if answer.StatusCode != 429 || answer.Header.Get("Retry-After") == "" || answer.Header.Get("Inin-Ratelimit-Allowed") != "3" || !strings.Contains(string(text), `"too.many.requests.retry.after"`) {
			t.Errorf("over REST: %d %v %s", answer.StatusCode, answer.Header, text)
		}
		d.faults(`{}`)
		_, err = d.get(within(t))
		must(t, err)
	})
}

func TestASlowUpstreamEndsWithTheDeadline(t *testing.T) {
	t.Parallel()
	badDays(t, func(t *testing.T, d *badDay) {
		for _, faults := range []string{`{"latency":{"p50":"1m"}}`, `{"slowBodies":{"bytes":1,"interval":"1s"}}`} {
			d.faults(faults)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			if user, err := d.get(ctx); status.Code(err) != codes.DeadlineExceeded || user != nil {
				t.Errorf("%s: %v, %v", faults, user, err)
			}
			cancel()
		}
		d.faults(`{"slowBodies":{"bytes":300,"interval":"1ms"},"latency":{"p50":"1ms","p99":"5ms"}}`)
		user, err := d.get(within(t))
		if err != nil || user.GetId() != d.id {
			t.Errorf("slow, but not too slow: %v, %v", user, err)
		}
	})
}

func TestAStaleTokenIsRenewed(t *testing.T) {
	t.Parallel()
	badDays(t, func(t *testing.T, d *badDay) {
		d.faults(`{"staleTokens":{"next":1}}`)
		user, err := d.get(within(t))
		if err != nil || user.GetId() != d.id {
			t.Errorf("%v, %v", user, err)
		}
		if now := control(t, d.control, http.MethodGet, ""); strings.Contains(now, "staleTokens") {
			t.Errorf("no token went stale: %s", now)
		}
	})
}

func TestAFailingLoginHostMakesTheServiceUnavailable(t *testing.T) {
	t.Parallel()
	badDays(t, func(t *testing.T, d *badDay) {
		d.faults(`{"staleTokens":{"next":1},"logins":{"answer":"throttled"}}`)
		d.refused(codes.Unavailable, "NO_UPSTREAM_TOKEN", 503, "switchboard.no_upstream_token")
		_, err := d.get(within(t))
		if !strings.Contains(fmt.Sprint(err), "token") {
			t.Errorf("%v does not tell of the token", err)
		}
	})
}

func TestDriftOfTheUpstreamIsTold(t *testing.T) {
	t.Parallel()
	badDays(t, func(t *testing.T, d *badDay) {
		d.sandboxed = false // what follows is not as documented, which is the point
		d.faults(`{"drift":{}}`)
		var trailer metadata.MD
		user, err := d.get(within(t), grpc.Trailer(&trailer))
		must(t, err)
		if user.GetId() != d.id || user.GetRoutingStatus().GetStatus() != usersv1.RoutingStatus_STATUS_UNRECOGNIZED {
			t.Errorf("%v", user)
		}
		drift := strings.Join(trailer.Get("x-contract-drift"), "\n")
		for _, want := range []string{`User "sandboxDrift"`, `Division "sandboxDrift"`, `"status"="SANDBOX_DRIFT"`} {
			if !strings.Contains(drift, want) {
				t.Errorf("the trailer does not tell of %s: %s", want, drift)
			}
		}
		if answer, text := d.rest(http.MethodGet, "/api/v2/users/"+d.id+"/routingstatus", nil); answer.StatusCode != 200 || !bytes.Contains(text, []byte(`"status":"SANDBOX_DRIFT"`)) {
			t.Errorf("over REST: %d %s", answer.StatusCode, text)
		}
		// Every operation lives with it, pages and lists, too.
		_, err = d.users.GetUsers(within(t), &usersv1.GetUsersRequest{Expand: []string{"routingStatus", "presence", "station", "skills", "languages", "groups", "locations", "team", "authorization", "geolocation"}})
		must(t, err)
	})
}

func TestSearchOfTheUpstreamLearnsLate(t *testing.T) {
	t.Parallel()
	badDays(t, func(t *testing.T, d *badDay) {
		d.faults(`{"searchDelay":"1h"}`)
		user, err := d.get(within(t))
		must(t, err)
		_, err = d.users.PatchUser(within(t), &usersv1.PatchUserRequest{UserId: d.id, Body: &usersv1.UpdateUser{Version: user.Version, Title: proto.String("Navigator")}})
		must(t, err)
		if user, err = d.get(within(t)); err != nil || user.GetTitle() != "Navigator" {
			t.Errorf("by id: %v, %v", user.GetTitle(), err)
		}
		found := func() int64 {
			_, text := d.rest(http.MethodPost, "/api/v2/users/search", []byte(`{"query":[{"type":"EXACT","fields":["title"],"value":"Navigator"}]}`))
			var page struct{ Total *int64 }
			if err := json.Unmarshal(text, &page); err != nil || page.Total == nil {
				t.Fatalf("%s", text)
			}
			return *page.Total
		}
		if n := found(); n != 0 {
			t.Errorf("%d are found at once", n)
		}
		d.faults(`{}`)
		if n := found(); n != 1 {
			t.Errorf("%d are found without a delay", n)
		}
	})
}

func TestFlagsSetTheFaultsOfTheStart(t *testing.T) {
	t.Parallel()
	p := start(t, "", "sandbox", anyControlPort, "--sandbox-rate-limit=180", "--sandbox-enforce-rate-limit", "--sandbox-login-limit=9",
		"--sandbox-latency=1ms", "--sandbox-latency-p99=2ms", "--sandbox-latency-distribution=normal",
		"--sandbox-error-rate=10%", "--sandbox-error-status=500", "--sandbox-error-retry-after=2s",
		"--sandbox-reset-rate=1%", "--sandbox-truncation-rate=2%", "--sandbox-slow-rate=3%", "--sandbox-stale-token-rate=4%",
		"--sandbox-login-error-rate=5%", "--sandbox-drift-rate=6%", "--sandbox-search-delay=3s", "--sandbox-fault-operations=GetUser,/api/v2/users/*")
	about := func(rate float64) map[string]any {
		return map[string]any{"rate": rate, "operations": []any{"GetUser", "/api/v2/users/*"}}
	}
	with := func(m map[string]any, more ...any) map[string]any {
		for i := 0; i < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	want := map[string]any{
		"rateLimit":   map[string]any{"requests": 180.0, "enforced": true, "logins": 9.0},
		"latency":     with(about(1), "distribution", "normal", "p50", "1ms", "p99", "2ms"),
		"errors":      with(about(0.1), "status", 500.0, "retryAfter", "2s"),
		"resets":      about(0.01),
		"truncations": with(about(0.02), "how", "length"),
		"slowBodies":  with(about(0.03), "bytes", 64.0, "interval", "100ms"),
		"staleTokens": about(0.04),
		"logins":      map[string]any{"rate": 0.05, "answer": "unavailable"},
		"drift":       about(0.06),
		"searchDelay": "3s",
	}
	if got := control(t, p.Control, http.MethodGet, ""); !sameJSON(t, []byte(got), want) {
		t.Errorf("got %s, want %v", got, want)
	}
	control(t, p.Control, http.MethodPatch, `{"drift":null}`)
	if got := control(t, p.Control, http.MethodDelete, ""); !sameJSON(t, []byte(got), want) {
		t.Errorf("after a reset: %s", got)
	}
}

func TestTheControlEndpointIsOnlyThereWhenAskedFor(t *testing.T) {
	t.Parallel()
	if p := start(t, ""); p.Control != "" {
		t.Errorf("listens on %s", p.Control)
	}
	if p := start(t, newUpstream(t).URL, anyControlPort); p.Control != "" {
		t.Errorf("with a real upstream it listens on %s", p.Control)
	}
}

func TestPermissionsAreEnforcedWhenAskedFor(t *testing.T) {
	t.Parallel()
	p := start(t, "", "--sandbox-enforce-permissions", "--sandbox-client-permissions=directory:user:view,routing:*:*", "--sandbox-users=200")
	conn := p.dial()
	users, presence := usersv1.NewUsersServiceClient(conn), usersv1.NewUserPresenceServiceClient(conn)
	page, err := users.GetUsers(within(t), &usersv1.GetUsersRequest{Expand: []string{"authorization"}, PageSize: proto.Int32(200)})
	must(t, err)
	holder := func(permission string, holds bool) string {
		for _, u := range page.GetEntities() {
			if slices.Contains(u.GetAuthorization().GetPermissions(), permission) == holds {
				return u.GetId()
			}
		}
		t.Fatalf("nobody with %s: %t", permission, holds)
		return ""
	}
	id := page.GetEntities()[0].GetId()
	state := func(ctx context.Context) error {
		_, err := presence.PutUserState(ctx, &usersv1.PutUserStateRequest{UserId: id, Body: &usersv1.UserState{State: usersv1.UserState_STATE_ACTIVE.Enum()}})
		return err
	}
	err = state(within(t))
	st := status.Convert(err)
	info, _ := append(st.Details(), nil)[0].(*errdetails.ErrorInfo)
	if st.Code() != codes.PermissionDenied || info.GetReason() != "MISSING_ANY_PERMISSIONS" || info.GetMetadata()["messageParams.permissions"] != "[directory:user:edit]" {
		t.Errorf("%v, %v", st, info)
	}
	if answer, text := p.rest(http.MethodDelete, "/api/v2/users/"+id, nil); answer.StatusCode != 403 || !bytes.Contains(text, []byte(`"missing.any.permissions"`)) {
		t.Errorf("over REST: %d %s", answer.StatusCode, text)
	}
	for permission, want := range map[bool]codes.Code{true: codes.OK, false: codes.PermissionDenied} {
		token := "Bearer sandbox-user-" + holder("directory:user:edit", permission)
		if err := state(metadata.AppendToOutgoingContext(within(t), "authorization", token)); status.Code(err) != want {
			t.Errorf("a user with it, %t: %v", permission, err)
		}
	}
	_, err = users.PostUsersSearch(within(t), &usersv1.PostUsersSearchRequest{Body: &usersv1.UserSearchRequest{}})
	must(t, err)
	_, err = usersv1.NewUserRoutingServiceClient(conn).GetUserQueues(within(t), &usersv1.GetUserQueuesRequest{UserId: id})
	must(t, err)
}

func TestTheSandboxsTokensLiveAsLongAsSaid(t *testing.T) {
	t.Parallel()
	p := start(t, "", "sandbox", "--sandbox-token-lifetime=90s")
	answer, text := p.rest(http.MethodPost, "/oauth/token", []byte("grant_type=client_credentials"),
		"Content-Type", "application/x-www-form-urlencoded", "Authorization", "Basic c2FuZGJveDpzYW5kYm94")
	if answer.StatusCode != 200 || !bytes.Contains(text, []byte(`"expires_in":90`)) {
		t.Errorf("%d %s", answer.StatusCode, text)
	}
}

func TestAFaultOfNoOperationIsAWrongSetting(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{nil, {"sandbox"}} {
		out, err := exec.CommandContext(t.Context(), binary, append(command, "--sandbox-fault-operations=getUser,getUserz", "--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0")...).CombinedOutput()
		ended := (*exec.ExitError)(nil)
		if !errors.As(err, &ended) || ended.ExitCode() != 2 || !strings.Contains(string(out), `--sandbox-fault-operations "getUserz"`) {
			t.Errorf("%v: %v %s", command, err, out)
		}
	}
}
