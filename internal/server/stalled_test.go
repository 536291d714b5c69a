package server_test

import (
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/wrapperspb"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/conns"
	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/inflight"
	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/server"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

// watched is a server whose connections are watched, on a real network: its answers
// are large.
func watched(t *testing.T, services ...*grpc.ServiceDesc) (*server.Server, net.Addr, *inflight.Budget) {
	t.Helper()
	ops, err := operation.Compile(protoregistry.GlobalFiles, usersv1.File_genesyscloud_users_v1_users_service_proto.Package())
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	limited := telemetry.NewLimited(log)
	chain, err := call.NewChain(call.Policy{Timeout: time.Minute, MaxTimeout: time.Minute, Operations: ops, Log: log, Limited: limited})
	if err != nil {
		t.Fatal(err)
	}
	text := `{"name":"` + strings.Repeat("x", 1<<18) + `"}`
	upstream := backend.Func(func(ctx context.Context, r *backend.Request) (*backend.Response, error) {
		body, err := r.Memory.TakeTwice(ctx, len(text), len(text)+r.Second)
		if err != nil {
			return nil, err
		}
		*body.Buffer() = append(*body.Buffer(), text...)
		return &backend.Response{Status: http.StatusOK, Body: body.Bytes(), Memory: body}, nil
	})
	s := server.New(server.Options{
		Engine: engine.New(upstream, ops, log), Operations: ops, Chain: chain,
		MaxRequestBytes: 1 << 20, MaxTimeout: time.Minute,
	})
	for _, service := range services {
		s.RegisterService(service, nil)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	budget := inflight.NewBudget(16 << 20)
	go func() { _ = s.Serve(conns.New(budget, limited).Listen(l)) }()
	t.Cleanup(s.Stop)
	return s, l.Addr(), budget
}

func comesTrue(t *testing.T, what string, ok func() bool) {
	t.Helper()
	if !eventually(ok) {
		t.Fatal("it does not come true that " + what)
	}
}

// Whichever side closes the connection of a client that does not read, the budget is
// whole afterwards: grpc never hands back what flow control has held up to then.
func TestAConnectionThatIsClosedOwesNothing(t *testing.T) {
	t.Parallel()
	for name, closing := range map[string]func(*server.Server, net.Conn){
		"by the client":             func(_ *server.Server, c net.Conn) { _ = c.Close() },
		"by the server, at its age": func(s *server.Server, _ net.Conn) { s.Stop() }, // as grpc does when the grace is over
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, address, budget := watched(t)
			c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address.String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			framer, head := http2.NewFramer(c, c), &strings.Builder{}
			_, _ = io.WriteString(c, http2.ClientPreface)
			_ = framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1000})
			encoder := hpack.NewEncoder(head)
			for stream := uint32(1); stream < 20; stream += 2 {
				head.Reset()
				for _, f := range []hpack.HeaderField{
					{Name: ":method", Value: "POST"},
					{Name: ":scheme", Value: "http"},
					{Name: ":path", Value: usersv1.UsersService_GetUser_FullMethodName},
					{Name: ":authority", Value: "a"},
					{Name: "content-type", Value: "application/grpc"},
				} {
					_ = encoder.WriteField(f)
				}
				_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte(head.String()), EndHeaders: true})
				if err := framer.WriteData(stream, true, append(binary.BigEndian.AppendUint32([]byte{0}, 3), "\x0a\x01u"...)); err != nil {
					t.Fatal(err)
				}
			}
			comesTrue(t, "answers lie unread", func() bool { return budget.Used() >= 2<<20 })
			closing(s, c)
			comesTrue(t, "nothing is owed", func() bool { return budget.Used() == 0 })
		})
	}
}

// The messages of a stream that goes on and on leave the books one by one.
func TestMessagesOfAStreamDoNotAddUp(t *testing.T) {
	t.Parallel()
	desc := &grpc.ServiceDesc{
		ServiceName: "test.Uploads", HandlerType: (*any)(nil),
		Streams: []grpc.StreamDesc{{StreamName: "Up", ClientStreams: true, ServerStreams: true, Handler: func(_ any, stream grpc.ServerStream) error {
			for {
				if err := stream.RecvMsg(&wrapperspb.BytesValue{}); err != nil {
					return nil //nolint:nilerr // The end.
				}
				if err := stream.SendMsg(&wrapperspb.BoolValue{}); err != nil {
					return err
				}
			}
		}}},
	}
	_, address, budget := watched(t, desc)
	conn, err := grpc.NewClient(address.String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "up"), time.Minute)
	defer cancel()
	stream, err := conn.NewStream(ctx, &desc.Streams[0], "/test.Uploads/Up")
	if err != nil {
		t.Fatal(err)
	}
	for range 50 { // three times what may arrive at a time
		if err := stream.SendMsg(wrapperspb.Bytes(make([]byte, 500_000))); err != nil {
			t.Fatal(err)
		}
		if err := stream.RecvMsg(&wrapperspb.BoolValue{}); err != nil {
			t.Fatal(err)
		}
	}
	if got := budget.Used(); got > 100_000 {
		t.Errorf("%d bytes are taken between two messages", got)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	comesTrue(t, "nothing is left", func() bool { return budget.Used() == 0 })
}
