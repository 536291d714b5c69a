package call

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

// Handler does something with a call, or ends it with an error that has a gRPC
// status.
type Handler func(ctx context.Context, c *Call) error

// step adds one concern that all calls have in common.
type step func(next Handler) Handler

// Policy is the settings of the chain.
type Policy struct {
	// Timeout is the deadline of a call that comes without one; MaxTimeout is the
	// longest that a caller gets. Streams have the deadline that they come with.
	Timeout, MaxTimeout time.Duration
	Operations          *operation.Set
	Log                 *slog.Logger
	// Limited is Log for lines of which a bad hour makes thousands.
	Limited *telemetry.Limited
}

// Chain is what every call passes, whichever face it came in by. It is safe for
// concurrent use.
type Chain struct {
	first    Handler
	journal  journal
	deadline deadline
	check    func(*Call, proto.Message) error
}

// NewChain returns the chain of these steps, outermost first: request id, log,
// recover, validate, deadline. A log line knows the id, and an error that a panic
// became.
func NewChain(p Policy) (*Chain, error) {
	check, err := rules(p.Operations)
	if err != nil {
		return nil, err
	}
	c := &Chain{journal: journal{p.Log, p.Limited}, deadline: deadline{p.Timeout, p.MaxTimeout}, check: check}
	c.first = func(ctx context.Context, call *Call) error { return call.end(ctx, call) }
	for _, outer := range []step{c.deadline.step, validate(check), recovery(p.Limited), c.journal.step, requestID} {
		c.first = outer(c.first)
	}
	return c, nil
}

// Do hands the call through the steps to its end.
func (c *Chain) Do(ctx context.Context, call *Call, end Handler) error {
	call.end = end
	return c.first(ctx, call)
}

// Note writes the line of a call that ended before it was one: its path is unknown,
// say. The edge has given it an id.
func (c *Chain) Note(ctx context.Context, call *Call, err error) { c.journal.note(ctx, call, 0, err) }

// Check is the validate step for a message of a stream, which comes in after the
// stream has passed the chain.
func (c *Chain) Check(call *Call, message any) error {
	m, ok := message.(proto.Message)
	if !ok {
		return nil
	}
	return c.check(call, m)
}

// Limit gives a context the deadline of a unary call. An edge that receives the
// message after the head of a call uses it at once, so that the receipt is bound,
// too.
func (c *Chain) Limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return c.deadline.limit(ctx)
}
