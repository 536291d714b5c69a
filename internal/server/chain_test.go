package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/emptypb"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/server"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

// lines is a log that can be read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// of returns the lines of a call, by the id of its request.
func (l *lines) of(id string) (all []map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for text := range bytes.Lines(l.b.Bytes()) {
		var line map[string]any
		if json.Unmarshal(text, &line) == nil && line["request_id"] == id {
			all = append(all, line)
		}
	}
	return all
}

// running is a server on a network in memory, with a service of streams beside the
// operations: those of the contract have none.
func running(t *testing.T) (*server.Server, *grpc.ClientConn, *lines) {
	t.Helper()
	ops, err := operation.Compile(protoregistry.GlobalFiles, usersv1.File_genesyscloud_users_v1_users_service_proto.Package())
	if err != nil {
		t.Fatal(err)
	}
	written := &lines{}
	log := telemetry.NewLogger(written, "json", slog.LevelDebug)
	chain, err := call.NewChain(call.Policy{Timeout: time.Minute, MaxTimeout: time.Minute, Operations: ops, Log: log, Limited: telemetry.NewLimited(log)})
	if err != nil {
		t.Fatal(err)
	}
	upstream := backend.Func(func(context.Context, *backend.Request) (*backend.Response, error) {
		return &backend.Response{Status: http.StatusOK, Body: []byte("{}")}, nil
	})
	s := server.New(server.Options{
		Engine: engine.New(upstream, ops, log), Operations: ops, Chain: chain,
		MaxRequestBytes: 1 << 20, MaxTimeout: time.Minute, Reflection: true,
	})
	s.RegisterService(ownService(), nil)
	l := bufconn.Listen(1 << 20)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	conn, err := grpc.NewClient("passthrough:///memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return s, conn, written
}

// ownService is one as those of our own are: a unary RPC, and one of each kind of
// stream.
func ownService() *grpc.ServiceDesc {
	echo := func(_ any, stream grpc.ServerStream) error {
		m := &emptypb.Empty{}
		if err := stream.RecvMsg(m); err != nil {
			return err
		}
		return stream.SendMsg(m)
	}
	return &grpc.ServiceDesc{
		ServiceName: "test.Own", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "TellsToo", Handler: func(_ any, ctx context.Context, _ func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
			return intercept(ctx, &emptypb.Empty{}, &grpc.UnaryServerInfo{FullMethod: "/test.Own/TellsToo"}, func(context.Context, any) (any, error) { return nil, errTelling })
		}}, {MethodName: "Unary", Handler: func(_ any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
			m := &emptypb.Empty{}
			if err := decode(m); err != nil {
				return nil, err
			}
			return intercept(ctx, m, &grpc.UnaryServerInfo{FullMethod: "/test.Own/Unary"}, func(context.Context, any) (any, error) { return m, nil })
		}}},
		Streams: []grpc.StreamDesc{
			{StreamName: "Server", Handler: echo, ServerStreams: true},
			{StreamName: "Client", Handler: echo, ClientStreams: true},
			{StreamName: "Both", Handler: echo, ServerStreams: true, ClientStreams: true},
			{StreamName: "Tells", Handler: func(any, grpc.ServerStream) error { return errTelling }, ServerStreams: true},
			{StreamName: "Panics", Handler: func(any, grpc.ServerStream) error { panic("a bug") }, ServerStreams: true},
		},
	}
}

// Every method of every service that is registered passes the whole chain: it has an
// id from its first step, and a line from the log step, the last but one of which an
// answer's way leads through.
func TestEveryMethodPassesTheChain(t *testing.T) {
	t.Parallel()
	s, conn, log := running(t)
	seen := map[string]int{}
	for name, service := range s.GetServiceInfo() {
		for _, m := range service.Methods {
			kind := "operation"
			switch {
			case strings.HasPrefix(name, "grpc.health."):
				kind = "health"
			case strings.HasPrefix(name, "grpc.reflection."):
				kind = "reflection"
			case name == "test.Own":
				kind = "own"
			}
			seen[kind]++
			method := "/" + name + "/" + m.Name
			id := fmt.Sprintf("id-of-%s", m.Name)
			ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), call.HeaderRequestID, id), 20*time.Second)
			// A stream serves for all: the wire does not know the difference.
			stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
			if err != nil {
				t.Fatal(err)
			}
			_ = stream.SendMsg(&emptypb.Empty{})
			_ = stream.CloseSend()
			if m.Name == "Watch" {
				cancel()
			}
			header, _ := stream.Header()
			_ = stream.RecvMsg(&emptypb.Empty{})
			_ = stream.RecvMsg(&emptypb.Empty{}) // to its end
			if got := header.Get(call.HeaderRequestID); m.Name != "Watch" && (len(got) != 1 || got[0] != id) && stream.Trailer().Get(call.HeaderRequestID) == nil {
				t.Errorf("%s: the answer's id is %q", method, got)
			}
			cancel()
			if !eventually(func() bool {
				all := log.of(id)
				return len(all) > 0 && all[len(all)-1]["method"] == method && all[len(all)-1]["face"] == "grpc"
			}) {
				t.Errorf("%s: logged %v", method, log.of(id))
			}
		}
	}
	if seen["operation"] < 130 || seen["health"] < 2 || seen["reflection"] < 2 || seen["own"] != 7 {
		t.Errorf("went through %v", seen)
	}
}

func TestAPanicInAStreamIsTheErrorOfThatStream(t *testing.T) {
	t.Parallel()
	_, conn, _ := running(t)
	stream, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, "/test.Own/Panics")
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.RecvMsg(&emptypb.Empty{}); status.Code(err) != codes.Internal || strings.Contains(err.Error(), "a bug") {
		t.Errorf("got %v", err)
	}
	if err := conn.Invoke(t.Context(), "/test.Own/Unary", &emptypb.Empty{}, &emptypb.Empty{}); err != nil {
		t.Errorf("the next call: %v", err)
	}
}

// errTelling has no status, and a text that is not for callers.
var errTelling = errors.New("dial tcp 10.0.0.1:443: Ada Lovelace")

func TestAnErrorWithoutAStatusTellsNothing(t *testing.T) {
	t.Parallel()
	_, conn, _ := running(t)
	for _, method := range []string{"/test.Own/Tells", "/test.Own/TellsToo"} {
		stream, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, method)
		if err != nil {
			t.Fatal(err)
		}
		err = stream.RecvMsg(&emptypb.Empty{})
		if st := status.Convert(err); st.Code() != codes.Internal || strings.Contains(st.Message(), "Ada") || strings.Contains(st.Message(), "10.0.0.1") || len(st.Details()) != 1 {
			t.Errorf("%s: %v", method, st.Proto())
		}
	}
}

// eventually waits for what another goroutine does after its answer has gone.
func eventually(done func() bool) bool {
	for range 1000 {
		if done() {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}
