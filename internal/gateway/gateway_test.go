package gateway_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"google.golang.org/protobuf/reflect/protoregistry"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/gateway"
	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

// BenchmarkCall is what a REST call costs between net/http's server and the
// upstream's connection, the whole chain on.
func BenchmarkCall(b *testing.B) {
	ops, err := operation.Compile(protoregistry.GlobalFiles, usersv1.File_genesyscloud_users_v1_users_service_proto.Package())
	if err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	answer := &backend.Response{
		Status: http.StatusOK, Body: []byte(`{"userId":"u1","status":"IDLE"}`),
		Header: http.Header{"Content-Type": {"application/json"}, "Inin-Correlation-Id": {"c"}, "Date": {"d"}, "Content-Length": {"31"}},
	}
	upstream := backend.Func(func(context.Context, *backend.Request) (*backend.Response, error) { return answer, nil })
	chain, err := call.NewChain(call.Policy{Timeout: time.Minute, MaxTimeout: time.Minute, Operations: ops, Log: log, Limited: telemetry.NewLimited(log)})
	if err != nil {
		b.Fatal(err)
	}
	handler, err := gateway.New(b.Context(), gateway.Options{
		Engine: engine.New(upstream, ops, log), Operations: ops, Chain: chain, MaxRequestBytes: 1 << 20, Timeout: time.Minute,
	})
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range []string{"/api/v2/users/u1/routingstatus", "/api/v2/users/u1", "/api/v2/users"} {
		b.Run(path[len("/api/v2/"):], func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
			r.Header = http.Header{
				"Authorization": {"Bearer t"}, "Content-Type": {"application/json"}, "Accept": {"application/json"},
				"User-Agent": {"b"}, "Accept-Encoding": {"identity"},
			}
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
