// Package engine is HOW a call of an operation goes, whatever the operation:
// Wire and Verbatim below are the end of the chain of every such call, from a
// validated message to an answer or a status. What an operation is comes from
// package operation, the upstream from package backend; the faces (server, gateway)
// call in here and only here.
//
// status.go turns an upstream error into a gRPC status with details, failure.go
// everything that goes wrong on our side of the wire.
package engine

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/call"
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
	upstream  backend.Backend
	estimates []inflight.Estimate // of each operation's answers, by its index
	drift     driftLog
}

// New returns an engine for these operations on top of an upstream.
func New(upstream backend.Backend, operations *operation.Set, log *slog.Logger) *Engine {
	return &Engine{upstream: upstream, estimates: make([]inflight.Estimate, len(operations.All())), drift: driftLog{log: log}}
}

// do asks the upstream for what a call wants. The answer has a 2xx status; every
// other outcome is an error that has a gRPC status: an *UpstreamError when the
// upstream said no, a *failure.Failure when there is no answer to speak of. The
// caller releases the answer.
//
// Second is as backend.Request has it.
func (e *Engine) do(ctx context.Context, c *call.Call, second int) (*backend.Response, error) {
	op := c.Operation
	up, err := e.request(ctx, c)
	if err != nil {
		return nil, failed(op, err)
	}
	up.Second = second
	answer, err := e.upstream.Do(ctx, up)
	if err != nil {
		return nil, failed(op, err)
	}
	if answer.Status < 200 || answer.Status > 299 {
		answer.Body = bytes.Clone(answer.Body) // an error outlives its call
		answer.Release()
		return nil, &UpstreamError{Operation: op, Response: answer}
	}
	return answer, nil
}

// request is what a call wants in the upstream's terms.
func (e *Engine) request(ctx context.Context, c *call.Call) (*backend.Request, error) {
	op, v := c.Operation, c.Verbatim
	up := &backend.Request{Operation: op, Method: op.Verb, Memory: c.Memory}
	if v != nil {
		up.RawQuery, up.Header, up.Body, up.AcceptGzip = v.Query, v.Header, v.Body, v.AcceptGzip
	}
	if !op.Typed() {
		up.Path = v.Path // of their answers' length nothing is known
		return up, nil
	}
	up.Length = &e.estimates[op.Index]
	m := c.Request.ProtoReflect()
	var err error
	if up.Path, err = op.Path(m); err != nil || v != nil {
		return up, err
	}
	up.RawQuery, up.Header = op.Query(m), toUpstream(ctx, c)
	up.Body, err = op.Body(nil, m)
	return up, err
}

// Verbatim is the end of a call whose answer is passed on as it is: its result is
// the *backend.Response, which the edge releases.
func (e *Engine) Verbatim(ctx context.Context, c *call.Call) error {
	answer, err := e.do(ctx, c, 0)
	if err != nil {
		return err
	}
	c.Result = answer
	return nil
}

// Wire is the end of a call whose answer becomes a message: its result is the
// message in wire form, an *inflight.Body, which the edge releases.
func (e *Engine) Wire(ctx context.Context, c *call.Call) error {
	op := c.Operation
	answer, err := e.do(ctx, c, transcode.Slack)
	if err != nil {
		var upstream *UpstreamError
		if errors.As(err, &upstream) {
			c.SetHeader(HeaderUpstreamStatus, statusText(upstream.Response.Status))
		}
		return err
	}
	defer answer.Release() // a panic is an error of one call, too
	wire, err := answer.Second(ctx, len(answer.Body)+transcode.Slack)
	if err != nil {
		return failed(op, err)
	}
	defer func() {
		if c.Result == nil {
			wire.Release()
		}
	}()
	var report transcode.Report
	if *wire.Buffer(), err = op.Answer(*wire.Buffer(), answer.Status, answer.Body, &report); err != nil {
		return failed(op, &answerFault{err})
	}
	c.SetHeader(HeaderUpstreamStatus, statusText(answer.Status))
	if id := answer.Header[correlationID]; len(id) > 0 && printable(id[0]) {
		c.SetHeader(HeaderCorrelationID, id[:1]...)
	}
	if found := e.drift.note(ctx, op, &report); len(found) > 0 {
		c.SetTrailer(TrailerDrift, found...)
	}
	c.Result = wire
	return nil
}

// statusText is the value of HeaderUpstreamStatus.
func statusText(status int) string {
	if status == http.StatusOK {
		return "200"
	}
	return strconv.Itoa(status)
}

// passedOn are the entries of a gRPC call's metadata that the upstream gets to see,
// as it does the headers of those names over REST. Whether an authorization is a
// caller's token, package backend decides.
var passedOn = []struct{ entry, header string }{
	{"authorization", "Authorization"},
	{"accept-language", "Accept-Language"},
	{"if-match", "If-Match"},
	{"if-none-match", "If-None-Match"},
}

func toUpstream(ctx context.Context, c *call.Call) (header http.Header) {
	for _, name := range passedOn {
		if v := c.Value(ctx, name.entry); len(v) > 0 {
			if header == nil {
				header = make(http.Header, 2)
			}
			header[name.header] = v
		}
	}
	return header
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
