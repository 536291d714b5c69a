package server

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/inflight"
	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

// BenchmarkCall is the way of a call without the networks on both sides: what the
// request becomes, the interceptors, and what the answer becomes.
func BenchmarkCall(b *testing.B) {
	ops, err := operation.Compile(protoregistry.GlobalFiles, usersv1.File_genesyscloud_users_v1_users_service_proto.Package())
	if err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	chain, err := call.NewChain(call.Policy{Timeout: time.Second, MaxTimeout: 2 * time.Hour, Operations: ops, Log: log, Limited: telemetry.NewLimited(log)})
	if err != nil {
		b.Fatal(err)
	}
	for _, bench := range []struct {
		payload, method string
		request         proto.Message
	}{
		{"routing_status", "/genesyscloud.users.v1.UserRoutingService/GetUserRoutingstatus", &usersv1.GetUserRoutingstatusRequest{UserId: "88df10aa-e95e-486c-9620-ca7c8b907441"}},
		{"user_expanded", "/genesyscloud.users.v1.UsersService/GetUser", &usersv1.GetUserRequest{UserId: "88df10aa-e95e-486c-9620-ca7c8b907441", Expand: []string{"presence", "skills"}}},
	} {
		b.Run(bench.payload, func(b *testing.B) {
			body, err := os.ReadFile("../transcode/testdata/" + bench.payload + ".json")
			if err != nil {
				b.Fatal(err)
			}
			account, header := inflight.NewBudget(1<<20).Open(), http.Header{"Inin-Correlation-Id": {"c"}}
			upstream := backend.Func(func(ctx context.Context, req *backend.Request) (*backend.Response, error) {
				memory, err := account.TakeTwice(ctx, len(body), len(body)+req.Second)
				return &backend.Response{Status: http.StatusOK, Header: header, Body: body, Memory: memory}, err
			})
			e := &edge{weights: newWeights(ops), chain: chain, engine: engine.New(upstream, ops, log)}
			handle := e.operation(ops.ByMethod(bench.method))
			wire, err := proto.Marshal(bench.request)
			if err != nil {
				b.Fatal(err)
			}
			decode := func(m any) error { return codec{}.Unmarshal(mem.BufferSlice{mem.SliceBuffer(wire)}, m) }
			ctx, cancel := context.WithTimeout(grpc.NewContextWithServerTransportStream(metadata.NewIncomingContext(b.Context(), metadata.MD{}), silentStream{}), time.Hour)
			defer cancel()
			b.ReportAllocs()
			for b.Loop() {
				out, err := handle(nil, ctx, decode, nil)
				if err != nil {
					b.Fatal(err)
				}
				out.(frame).Settle()
			}
		})
	}
}

type silentStream struct{}

func (silentStream) Method() string               { return "" }
func (silentStream) SetHeader(metadata.MD) error  { return nil }
func (silentStream) SendHeader(metadata.MD) error { return nil }
func (silentStream) SetTrailer(metadata.MD) error { return nil }
