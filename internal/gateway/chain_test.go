package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoregistry"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

func setUp(t *testing.T, log *slog.Logger) (Options, *call.Chain) {
	t.Helper()
	ops, err := operation.Compile(protoregistry.GlobalFiles, usersv1.File_genesyscloud_users_v1_users_service_proto.Package())
	if err != nil {
		t.Fatal(err)
	}
	chain, err := call.NewChain(call.Policy{Timeout: time.Minute, MaxTimeout: time.Minute, Operations: ops, Log: log, Limited: telemetry.NewLimited(log)})
	if err != nil {
		t.Fatal(err)
	}
	upstream := backend.Func(func(context.Context, *backend.Request) (*backend.Response, error) {
		return &backend.Response{Status: http.StatusOK, Body: []byte("{}")}, nil
	})
	return Options{
		Engine: engine.New(upstream, ops, log), Operations: ops, Chain: chain, MaxRequestBytes: 1 << 20, Timeout: time.Minute, OpenAPI: []byte("{}"),
	}, chain
}

// logged is the last line about a request.
func logged(t *testing.T, lines *bytes.Buffer) (last struct {
	Method, Face string
	ID           string `json:"request_id"`
}) {
	t.Helper()
	for text := range bytes.Lines(lines.Bytes()) {
		if err := json.Unmarshal(text, &last); err != nil {
			t.Fatal(err)
		}
	}
	lines.Reset()
	return last
}

// Every operation passes the whole chain on this face, too, and what is none of them
// has an id and a line as well.
func TestEveryOperationPassesTheChain(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	o, _ := setUp(t, telemetry.NewLogger(&lines, "json", slog.LevelDebug))
	handler, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(verb, path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(verb, path, http.NoBody)
		r.Header.Set("X-Request-Id", "id-1")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if got := w.Header()["X-Request-Id"]; len(got) != 1 || got[0] != "id-1" {
			t.Errorf("%s %s: the answer's id is %q", verb, path, got)
		}
		return w
	}
	for _, op := range o.Operations.All() {
		var path strings.Builder
		for segment := range strings.SplitSeq(op.Template[1:], "/") {
			if strings.HasPrefix(segment, "{") {
				segment = "an-id"
			}
			path.WriteString("/" + segment)
		}
		ask(op.Verb, path.String())
		if line := logged(t, &lines); line.Method != op.FullMethod || line.Face != "rest" || line.ID != "id-1" {
			t.Errorf("%s: logged %+v", op.Name, line)
		}
	}
	for path, want := range map[string]int{"/nothing": 404, "/api/v2/users/me": 405, "/oauth/token": 404} {
		if got := ask(http.MethodPut, path).Code; got != want {
			t.Errorf("PUT %s: %d", path, got)
		}
		if line := logged(t, &lines); line.ID != "id-1" {
			t.Errorf("PUT %s: logged %+v", path, line)
		}
	}
}

// Services of our own, their streams among them, are called in process and pass the
// chain.
func TestOwnServicesPassTheChain(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	_, chain := setUp(t, telemetry.NewLogger(&lines, "json", slog.LevelDebug))
	own := newInProcess(chain)
	service := health.NewServer()
	healthpb.RegisterHealthServer(own, service)
	x := newExchange(httptest.NewRequest(http.MethodGet, "/switchboard/v1/x", http.NoBody), "/switchboard/v1/x")
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), exchangeKey{}, x))
	defer cancel()
	client := healthpb.NewHealthClient(&conn{operations: &operation.Set{}, chain: chain, own: own})

	answer, err := client.Check(ctx, &healthpb.HealthCheckRequest{})
	if err != nil || answer.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Fatalf("%v, %v", answer, err)
	}
	if line := logged(t, &lines); line.Method != "/grpc.health.v1.Health/Check" || line.Face != "rest" || line.ID != x.call.ID {
		t.Errorf("logged %+v", line)
	}
	watch, err := client.Watch(ctx, &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []healthpb.HealthCheckResponse_ServingStatus{healthpb.HealthCheckResponse_SERVING, healthpb.HealthCheckResponse_NOT_SERVING} {
		if got, err := watch.Recv(); err != nil || got.GetStatus() != want {
			t.Fatalf("%v, %v", got, err)
		}
		service.SetServingStatus("", healthpb.HealthCheckResponse_NOT_SERVING)
	}
	cancel()
	if _, err := watch.Recv(); status.Code(err) != codes.Canceled {
		t.Errorf("after the end: %v", err)
	}
}
