package server

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
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/failure"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// HeaderRequestID names the metadata and HTTP header of the request's id: taken
// from the caller, or made up, and always sent back.
const HeaderRequestID = "x-request-id"

// Policy is the settings of the interceptors.
type Policy struct {
	// Timeout is the deadline of a call that comes without one; MaxTimeout is
	// the longest that a caller gets.
	Timeout, MaxTimeout time.Duration
	Operations          *operation.Set
	Log                 *slog.Logger
}

// Interceptors is what every call passes before its handler, whichever face it
// came in by, outermost first: recover, request id, log, validate, deadline.
func Interceptors(p Policy) ([]grpc.UnaryServerInterceptor, error) {
	validate, err := validation(p.Operations)
	if err != nil {
		return nil, err
	}
	return []grpc.UnaryServerInterceptor{
		requestID,
		logFailures(p.Log),
		recovery(p.Log),
		validate,
		deadline(p.Timeout, p.MaxTimeout),
	}, nil
}

// requestID gives the call an id that stands in its log lines and its answer, and
// sends the answer's metadata.
func requestID(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	id := ""
	if v := metadata.ValueFromIncomingContext(ctx, HeaderRequestID); len(v) > 0 {
		id = v[0]
	}
	if !usableID(id) {
		id = newID()
	}
	header := metadata.MD{HeaderRequestID: {id}}
	answer, err := next(engine.WithHeader(ctx, header), req)
	if err := grpc.SetHeader(ctx, header); err != nil {
		return nil, err
	}
	return answer, err
}

// newID makes up a UUID of version 4 (RFC 9562, section 5.4). It need not be hard to
// guess, so that it is not worth asking the system for randomness each time.
func newID() string {
	var id uuid.UUID
	binary.NativeEndian.PutUint64(id[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(id[8:], rand.Uint64())
	id[6], id[8] = id[6]&0x0F|0x40, id[8]&0x3F|0x80
	return id.String()
}

// requestIDOf is the id of a call behind requestID.
func requestIDOf(ctx context.Context) string {
	if id := engine.HeaderOf(ctx)[HeaderRequestID]; len(id) > 0 {
		return id[0]
	}
	return ""
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

// recovery makes a panic an INTERNAL error of one call instead of the end of
// the process.
func recovery(log *slog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (_ any, err error) {
		defer func() {
			if p := recover(); p != nil {
				log.ErrorContext(ctx, "a call panicked; this is a bug in Switchboard", "method", info.FullMethod, "panic", p, "stack", string(debug.Stack()))
				err = failure.New(codes.Internal, "panic", "Switchboard failed in an unexpected way; its log tells more under the request id")
			}
		}()
		return next(ctx, req)
	}
}

// logFailures writes a line for each call that failed on our side: what the
// upstream answered is the caller's to handle.
func logFailures(log *slog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		start := time.Now()
		answer, err := next(ctx, req)
		level := slog.LevelDebug
		var own *failure.Failure
		if errors.As(err, &own) && (own.Code == codes.Internal || own.Code == codes.Unavailable) {
			level = slog.LevelWarn
		}
		if log.Enabled(ctx, level) {
			args := []any{"method", info.FullMethod, "code", status.Code(err).String(), "duration", time.Since(start), "request_id", requestIDOf(ctx)}
			if own != nil {
				args = append(args, "error", own.Error())
			}
			log.Log(ctx, level, "call", args...)
		}
		return answer, err
	}
}

// validation checks requests against the rules in the contract. A body that
// came in over REST is passed on verbatim and is not in the message, so its
// rules are the upstream's to apply.
func validation(ops *operation.Set) (grpc.UnaryServerInterceptor, error) {
	var requests []proto.Message
	for _, op := range ops.All() {
		requests = append(requests, op.NewRequest())
	}
	validator, err := protovalidate.New(protovalidate.WithMessages(requests...), protovalidate.WithDisableLazy())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		op := ops.ByMethod(info.FullMethod)
		if op == nil { // health, reflection
			return next(ctx, req)
		}
		var options []protovalidate.ValidationOption
		if engine.VerbatimOf(ctx) != nil && op.BodyField() != nil {
			options = append(options, protovalidate.WithFilter(allBut(op.BodyField())))
		}
		err := validator.Validate(req.(proto.Message), options...)
		var invalid *protovalidate.ValidationError
		switch {
		case err == nil:
			return next(ctx, req)
		case errors.As(err, &invalid):
			return nil, invalidArgument(op, invalid)
		default:
			return nil, failure.New(codes.Internal, "validation", op.Name+": the rules of the contract could not be applied")
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
func deadline(usual, longest time.Duration) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		limit := longest
		switch end, ok := ctx.Deadline(); {
		case !ok:
			limit = usual
		case time.Until(end) <= longest: // a context costs more than this comparison
			return next(ctx, req)
		}
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return next(ctx, req)
	}
}
