package call

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"buf.build/go/protovalidate"
	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/switchboard-gw/switchboard/internal/failure"
	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

// requestID gives the call an id that stands in its log lines and its answer.
func requestID(next Handler) Handler {
	return func(ctx context.Context, c *Call) error {
		given := ""
		if v := c.Value(ctx, HeaderRequestID); len(v) > 0 {
			given = v[0]
		}
		c.ID = RequestID(given)
		c.SetHeader(HeaderRequestID, c.ID)
		return next(ctx, c)
	}
}

// RequestID is the id that a caller gives its request, or a new one if that is
// missing or of no use.
func RequestID(given string) string {
	if usableID(given) {
		return given
	}
	// A UUID of version 4 (RFC 9562, section 5.4). It need not be hard to guess, so
	// that it is not worth asking the system for randomness each time.
	var id uuid.UUID
	binary.NativeEndian.PutUint64(id[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(id[8:], rand.Uint64())
	id[6], id[8] = id[6]&0x0F|0x40, id[8]&0x3F|0x80
	return id.String()
}

// usableID keeps a caller from writing what it likes into our logs.
func usableID(id string) bool {
	for _, r := range id {
		if r <= ' ' || r > '~' {
			return false
		}
	}
	return id != "" && len(id) <= 128
}

// journal writes a line for each call that failed in a way that is ours or the
// upstream's to mend, as far as a log can be read that has them all. What is the
// caller's to mend, and what went well, is for those who look for it.
type journal struct {
	log     *slog.Logger
	limited *telemetry.Limited
}

func (j journal) step(next Handler) Handler {
	return func(ctx context.Context, c *Call) error {
		start := time.Now()
		err := next(ctx, c)
		j.note(ctx, c, time.Since(start), err)
		return err
	}
}

func (j journal) note(ctx context.Context, c *Call, took time.Duration, err error) {
	if err == nil && !j.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	concern := failure.ConcernOf(err)
	if !j.log.Enabled(ctx, concern.Level) {
		return
	}
	attrs := append([]slog.Attr{
		slog.String("method", c.Method), slog.String("face", string(c.Face)), slog.String("code", status.Code(err).String()),
		slog.Duration("duration", took), slog.String("request_id", c.ID),
	}, concern.Attrs...)
	if concern.Cause != "" && j.log.Enabled(ctx, slog.LevelDebug) {
		attrs = append(attrs, slog.String("cause", concern.Cause))
	}
	if concern.Kind == "" {
		j.log.LogAttrs(ctx, concern.Level, "call", attrs...)
		return
	}
	j.limited.Log(ctx, concern.Kind, concern.Level, "a call failed", attrs...)
}

// recovery makes a panic an INTERNAL error of one call instead of the end of the
// process.
func recovery(log *telemetry.Limited) step {
	return func(next Handler) Handler {
		return func(ctx context.Context, c *Call) (err error) {
			defer func() {
				if p := recover(); p != nil {
					log.Log(ctx, "bug", slog.LevelError, "a call panicked; this is a bug in Switchboard",
						slog.String("method", c.Method), slog.String("request_id", c.ID), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
					f := failure.New(codes.Internal, "panic", "Switchboard failed in an unexpected way; its log tells more under the request id")
					f.MayHaveHappened = c.Operation != nil && !c.Operation.Safe()
					err = f
				}
			}()
			return next(ctx, c)
		}
	}
}

// validate checks the request against the contract. The messages of a stream pass
// Chain.Check.
func validate(check func(*Call, proto.Message) error) step {
	return func(next Handler) Handler {
		return func(ctx context.Context, c *Call) error {
			if c.Request != nil {
				if err := check(c, c.Request); err != nil {
					return err
				}
			}
			return next(ctx, c)
		}
	}
}

// rules returns the check of a message: it has no field that the contract does not
// know, whose loss could change what a call does, and it follows the rules of the
// contract. A body that came in over REST is passed on verbatim and is not in the
// message, so its rules are the upstream's to apply.
func rules(ops *operation.Set) (func(*Call, proto.Message) error, error) {
	var requests []proto.Message
	for _, op := range ops.All() {
		requests = append(requests, op.NewRequest())
	}
	validator, err := protovalidate.New(protovalidate.WithMessages(requests...), protovalidate.WithDisableLazy())
	if err != nil {
		return nil, err
	}
	return func(c *Call, m proto.Message) error {
		op := c.Operation
		if op == nil {
			return nil // what is not of the contract has rules of its own
		}
		var unknown *operation.UnknownFieldError
		if err := op.Unknown(m.ProtoReflect()); errors.As(err, &unknown) {
			f := failure.New(codes.InvalidArgument, "invalid_argument", op.Name+": "+unknown.Error())
			f.Violations = &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{
				Field: unknown.Field(), Description: "is not known here", Reason: "UNKNOWN_FIELD",
			}}}
			return f
		}
		var options []protovalidate.ValidationOption
		if c.Verbatim != nil && op.BodyField() != nil {
			options = append(options, protovalidate.WithFilter(allBut(op.BodyField())))
		}
		err := validator.Validate(m, options...)
		var invalid *protovalidate.ValidationError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &invalid):
			return invalidArgument(op, invalid)
		default:
			return failure.New(codes.Internal, "validation", op.Name+": the rules of the contract could not be applied")
		}
	}, nil
}

func allBut(body protoreflect.FieldDescriptor) protovalidate.Filter {
	return protovalidate.FilterFunc(func(_ protoreflect.Message, d protoreflect.Descriptor) bool {
		return d.FullName() != body.FullName()
	})
}

func invalidArgument(op *operation.Operation, invalid *protovalidate.ValidationError) error {
	bad := &errdetails.BadRequest{}
	text := ""
	for _, v := range invalid.Violations {
		field := protovalidate.FieldPathString(v.Proto.GetField())
		bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
			Field: field, Description: v.Proto.GetMessage(), Reason: "INVALID_VALUE",
		})
		if text == "" {
			text = field + ": " + v.Proto.GetMessage()
		}
	}
	f := failure.New(codes.InvalidArgument, "invalid_argument", op.Name+": "+text)
	f.Violations = bad
	return f
}

// deadline gives every call an end: the caller's own, if it is not too far away.
type deadline struct{ usual, longest time.Duration }

func (d deadline) step(next Handler) Handler {
	return func(ctx context.Context, c *Call) error {
		if c.Request != nil || c.Verbatim != nil { // a stream ends when its caller wants it to
			var cancel context.CancelFunc
			ctx, cancel = d.limit(ctx)
			defer cancel()
		}
		c.Deadline, _ = ctx.Deadline()
		return next(ctx, c)
	}
}

func (d deadline) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := d.longest
	switch end, ok := ctx.Deadline(); {
	case !ok:
		limit = d.usual
	case time.Until(end) <= d.longest: // a context costs more than this comparison
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}
