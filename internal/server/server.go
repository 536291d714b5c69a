// Package server is the gRPC face: it registers every service of the contract
// from its descriptor with one generic handler, puts the interceptors before it
// and sends answers as the bytes that they already are. Health and reflection
// stand beside. It imports engine and operation; cmd/server starts it.
package server

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// Options is what a server is made of.
type Options struct {
	Engine     *engine.Engine
	Operations *operation.Set
	// Interceptors stand before every call, the first outermost.
	Interceptors []grpc.UnaryServerInterceptor
	// MaxRequestBytes bounds one request message.
	MaxRequestBytes int
	// MaxTimeout bounds a call; a connection that is retired waits that long for
	// its running ones.
	MaxTimeout time.Duration
	// Reflection registers the reflection service.
	Reflection bool
}

// Server is a gRPC server with health.
type Server struct {
	*grpc.Server
	// Health is the health of the whole ("") and of each service. It starts as
	// NOT_SERVING.
	Health *health.Server

	services []string
}

// New registers the services. The caller serves and stops it.
func New(o Options) *Server {
	s := &Server{
		Server: grpc.NewServer(
			grpc.ForceServerCodecV2(codec{}),
			grpc.ChainUnaryInterceptor(o.Interceptors...),
			grpc.MaxRecvMsgSize(o.MaxRequestBytes),
			grpc.MaxHeaderListSize(maxHeaderBytes),
			grpc.WaitForHandlers(true),
			grpc.NumStreamWorkers(streamWorkers),
			grpc.KeepaliveParams(keepalive.ServerParameters{
				MaxConnectionAge:      maxConnectionAge,
				MaxConnectionAgeGrace: o.MaxTimeout + time.Second,
				Time:                  time.Minute,
				Timeout:               20 * time.Second,
			}),
			grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
				MinTime: minPingInterval, PermitWithoutStream: true,
			}),
		),
		Health:   health.NewServer(),
		services: []string{""},
	}
	for _, sd := range o.Operations.Services() {
		s.RegisterService(describe(sd, o.Operations, o.Engine), nil)
		s.services = append(s.services, string(sd.FullName()))
	}
	healthpb.RegisterHealthServer(s, s.Health)
	s.SetServing(false)
	if o.Reflection {
		reflection.Register(s)
	}
	return s
}

const (
	// maxHeaderBytes bounds the metadata of one call.
	maxHeaderBytes = 64 << 10
	// maxConnectionAge retires connections (give or take a tenth, which grpc
	// adds), because a client looks its targets up again only when it connects:
	// without it, new replicas behind a headless service would stay idle.
	maxConnectionAge = 10 * time.Minute
	// streamWorkers is how many goroutines serve one call after the other. Their
	// stacks have grown to the size that a call needs; growing a new one's is a
	// tenth of a small call's time. Calls beyond them get a goroutine of their own.
	streamWorkers = 64
	// minPingInterval is how often a client may ping; the default of five
	// minutes cuts off clients with the keepalive most guides recommend.
	minPingInterval = 10 * time.Second
)

// SetServing sets the health of the whole and of each service.
func (s *Server) SetServing(serving bool) {
	state := healthpb.HealthCheckResponse_NOT_SERVING
	if serving {
		state = healthpb.HealthCheckResponse_SERVING
	}
	for _, name := range s.services {
		s.Health.SetServingStatus(name, state)
	}
}

// describe is the service as grpc wants it: what generated code would hold, from
// the descriptor instead.
func describe(sd protoreflect.ServiceDescriptor, ops *operation.Set, e *engine.Engine) *grpc.ServiceDesc {
	desc := &grpc.ServiceDesc{
		ServiceName: string(sd.FullName()),
		HandlerType: (*any)(nil),
		Metadata:    sd.ParentFile().Path(),
	}
	for i := range sd.Methods().Len() {
		md := sd.Methods().Get(i)
		op := ops.ByMethod("/" + string(sd.FullName()) + "/" + string(md.Name()))
		desc.Methods = append(desc.Methods, grpc.MethodDesc{MethodName: string(md.Name()), Handler: handler(op, e)})
	}
	return desc
}

// straight is a chain of no interceptors.
func straight(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	return next(ctx, request)
}

// handler is the one handler of all RPCs.
func handler(op *operation.Operation, e *engine.Engine) grpc.MethodHandler {
	info := &grpc.UnaryServerInfo{FullMethod: op.FullMethod}
	return func(_ any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
		request := op.NewRequest()
		if err := decode(request); err != nil {
			return nil, status.Errorf(codes.InvalidArgument, "%s: the request is not a %s: %v", op.Name, request.ProtoReflect().Descriptor().FullName(), err)
		}
		if intercept == nil {
			intercept = straight
		}
		var wire *engine.Wire
		answer, err := intercept(ctx, request, info, func(ctx context.Context, request any) (_ any, err error) {
			if wire, err = e.Call(ctx, op, request.(proto.Message)); err != nil {
				return nil, err
			}
			return frame{wire}, nil
		})
		if err != nil && wire != nil { // an interceptor has other plans
			wire.Release()
		}
		return answer, err
	}
}
