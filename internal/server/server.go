// Package server is the gRPC face: it registers every service of the contract from
// its descriptor with one generic handler, and sends answers as the bytes that they
// already are. Health and reflection stand beside, and services of our own can.
// Whatever comes in becomes a call and passes the chain.
//
// The way of a call: grpc accepts the connection (peer.go), edge.go makes the call
// of what came in and answers with what the chain left in it, codec.go keeps the
// bytes of the answer as they are.
//
// It imports call, engine, operation and conns; cmd/server starts it.
package server

import (
	"cmp"
	"time"

	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // clients may compress; grpc bounds what comes out
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// Options is what a server is made of.
type Options struct {
	Engine     *engine.Engine
	Operations *operation.Set
	// Chain is what every call passes.
	Chain *call.Chain
	// Face is how the calls are called; empty for call.GRPC.
	Face call.Face
	// MaxRequestBytes bounds one request message, before and after decompression.
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
	edge     *edge
}

// New registers the services. The caller serves and stops it.
func New(o Options) *Server {
	e := &edge{face: cmp.Or(o.Face, call.GRPC), chain: o.Chain, engine: o.Engine, weights: newWeights(o.Operations), stopping: make(chan struct{})}
	s := &Server{
		Server: grpc.NewServer(
			grpc.Creds(watched{}),
			grpc.ForceServerCodecV2(codec{}),
			grpc.UnaryInterceptor(e.unary),
			grpc.StreamInterceptor(e.stream),
			grpc.InTapHandle(arrive(o.Chain, o.Operations)),
			grpc.MaxRecvMsgSize(o.MaxRequestBytes),
			grpc.MaxHeaderListSize(maxHeaderBytes),
			grpc.MaxConcurrentStreams(maxStreams),
			grpc.ReadBufferSize(0), // conns.Requests has one
			grpc.ConnectionTimeout(maxHandshake),
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
		edge:     e,
	}
	for _, sd := range o.Operations.Services() {
		s.RegisterService(describe(sd, o.Operations, e), nil)
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
	// maxStreams bounds the calls that one connection makes at a time; a client
	// waits with more, or opens another connection. It is also what keeps a client
	// that opens and resets streams as fast as it can from having more than these
	// served.
	maxStreams = 100
	// maxHandshake is how long a new connection may take to say that it is HTTP/2.
	maxHandshake = 10 * time.Second
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

// EndStreams ends all streams, which may have no end, and those to come. It is called
// once.
func (s *Server) EndStreams() { close(s.edge.stopping) }

// describe is the service as grpc wants it: what generated code would hold, from
// the descriptor instead.
func describe(sd protoreflect.ServiceDescriptor, ops *operation.Set, e *edge) *grpc.ServiceDesc {
	desc := &grpc.ServiceDesc{
		ServiceName: string(sd.FullName()),
		HandlerType: (*any)(nil),
		Metadata:    sd.ParentFile().Path(),
	}
	for i := range sd.Methods().Len() {
		md := sd.Methods().Get(i)
		op := ops.ByMethod("/" + string(sd.FullName()) + "/" + string(md.Name()))
		desc.Methods = append(desc.Methods, grpc.MethodDesc{MethodName: string(md.Name()), Handler: e.operation(op)})
	}
	return desc
}
