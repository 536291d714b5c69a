// Package engine is HOW a call goes, whatever the operation: Do and Call below
// are the way of every request, from a validated message to an answer or a
// status. What an operation is comes from package operation, the upstream from
// package backend; the faces (server, gateway) call in here and only here.
//
// status.go turns an upstream error into a gRPC status with details, failure.go
// everything that goes wrong on our side of the wire.
package engine

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/inflight"
	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/transcode"
)

// Names of the metadata that an answer carries beside the message.
const (
	// HeaderUpstreamStatus is the HTTP status of the upstream's answer.
	HeaderUpstreamStatus = "x-upstream-status"
	// HeaderCorrelationID is the upstream's name of the call, for its support.
	HeaderCorrelationID = "inin-correlation-id"
	// TrailerDrift has a value for each thing in the answer that the contract
	// does not know.
	TrailerDrift = "x-contract-drift"
)

// correlationID is HeaderCorrelationID as a key of http.Header.
var correlationID = http.CanonicalHeaderKey(HeaderCorrelationID)

// Engine performs calls. It is safe for concurrent use.
type Engine struct {
	upstream backend.Backend
	memory   *inflight.Budget
	needs    sync.Map // *operation.Operation: *inflight.Estimate
	drift    driftLog
}

// New returns an engine on top of an upstream. The bodies of its calls are in
// memory.
func New(upstream backend.Backend, memory *inflight.Budget, log *slog.Logger) *Engine {
	return &Engine{upstream: upstream, memory: memory, drift: driftLog{log: log}}
}

// Answer is the upstream's answer to a call. Its body is gone with Release.
type Answer struct {
	*backend.Response
	memory *inflight.Lease
}

// Release gives the answer's memory back. A second call does nothing.
func (a *Answer) Release() { a.memory.Release() }

// Wire is an answer message in wire form. Its bytes are gone with Release, which
// may be called from any goroutine.
type Wire struct {
	// Bytes is the message; its capacity is more than 1 KiB.
	Bytes  *[]byte
	memory *inflight.Lease
}

// Release gives the answer's memory back. A second call does nothing.
func (w *Wire) Release() { w.memory.Release() }

// Verbatim is what a REST client sent, to be passed on as it is instead of being
// built from the message.
type Verbatim struct {
	Query  string
	Header http.Header
	Body   []byte // nil: none
	// AcceptGzip says that the client reads compressed answers.
	AcceptGzip bool
}

// Do asks the upstream. The answer has a 2xx status; every other outcome is an
// error that has a gRPC status: an *UpstreamError when the upstream said no, a
// *failure.Failure when there is no answer to speak of. The caller releases the answer.
func (e *Engine) Do(ctx context.Context, op *operation.Operation, request proto.Message, verbatim *Verbatim) (*Answer, error) {
	m := request.ProtoReflect()
	path, err := op.Path(m)
	if err != nil {
		return nil, failed(op, err)
	}
	up := &backend.Request{Operation: op, Method: op.Verb, Path: path}
	if v := verbatim; v != nil {
		up.RawQuery, up.Header, up.Body, up.AcceptGzip = v.Query, v.Header, v.Body, v.AcceptGzip
	} else {
		up.RawQuery, up.Header = op.Query(m), callerHeader(ctx)
		if up.Body, err = op.Body(nil, m); err != nil {
			return nil, failed(op, err)
		}
	}
	memory, err := e.memory.Lease(ctx, e.needOf(op))
	if err != nil {
		return nil, failed(op, err)
	}
	up.Memory = memory
	defer func() { memory.Release() }() // a panic is an error of one call, too
	answer, err := e.upstream.Do(ctx, up)
	if err != nil {
		return nil, failed(op, err)
	}
	if answer.Status < 200 || answer.Status > 299 {
		answer.Body = bytes.Clone(answer.Body) // an error outlives its call
		return nil, &UpstreamError{Operation: op, Response: answer}
	}
	memory = nil // the answer's now
	return &Answer{answer, up.Memory}, nil
}

// needOf is the estimate of the memory that calls of an operation need.
func (e *Engine) needOf(op *operation.Operation) *inflight.Estimate {
	need, ok := e.needs.Load(op)
	if !ok {
		need, _ = e.needs.LoadOrStore(op, &inflight.Estimate{})
	}
	return need.(*inflight.Estimate)
}

// Call asks the upstream and returns the answer message in wire form. It adds to
// the answer's metadata (HeaderOf, grpc.SetTrailer). The caller releases what it
// gets.
func (e *Engine) Call(ctx context.Context, op *operation.Operation, request proto.Message) (*Wire, error) {
	answer, err := e.Do(ctx, op, request, nil)
	if err != nil {
		setErrorTrailer(ctx, err)
		return nil, err
	}
	memory := answer.memory
	defer func() { memory.Release() }()
	wire := &Wire{memory: memory}
	if wire.Bytes, err = memory.Get(ctx, len(answer.Body)+transcode.Slack); err != nil {
		return nil, failed(op, err)
	}
	var report transcode.Report
	if *wire.Bytes, err = op.Answer(*wire.Bytes, answer.Status, answer.Body, &report); err != nil {
		return nil, failed(op, &answerFault{err})
	}
	memory.KeepOnly(wire.Bytes)
	header := HeaderOf(ctx)
	header[HeaderUpstreamStatus] = statusHeader(answer.Status)
	if id := answer.Header[correlationID]; len(id) > 0 && printable(id[0]) {
		header[HeaderCorrelationID] = id[:1]
	}
	if found := e.drift.note(ctx, op, &report); len(found) > 0 {
		if err := grpc.SetTrailer(ctx, metadata.MD{TrailerDrift: found}); err != nil {
			return nil, failed(op, err)
		}
	}
	memory = nil // the wire's now
	return wire, nil
}

// statusHeader is the value of HeaderUpstreamStatus.
func statusHeader(status int) []string {
	if status == http.StatusOK {
		return usualStatus
	}
	return []string{strconv.Itoa(status)}
}

var usualStatus = []string{"200"} // never changed

type headerKey struct{}

// WithHeader gives a call the metadata that its answer will carry, which all that
// happens to the call may add to and the interceptor that made it sends: once,
// since grpc copies it all each time.
func WithHeader(ctx context.Context, header metadata.MD) context.Context {
	return context.WithValue(ctx, headerKey{}, header)
}

// HeaderOf returns what WithHeader set; without that, something to forget.
func HeaderOf(ctx context.Context) metadata.MD {
	if header, ok := ctx.Value(headerKey{}).(metadata.MD); ok {
		return header
	}
	return metadata.MD{}
}

// callerHeader is what of the caller's metadata the upstream gets to see: what it
// sent as a token of its own. Whether it is one, package backend decides.
func callerHeader(ctx context.Context) http.Header {
	token := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(token) == 0 {
		return nil
	}
	return http.Header{"Authorization": token}
}

// printable tells whether text may be the value of a gRPC header.
func printable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return text != "" && len(text) <= maxID
}
