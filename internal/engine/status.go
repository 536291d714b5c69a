package engine

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/failure"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// UpstreamDomain is the domain of the ErrorInfo of an error that the upstream
// reported.
const UpstreamDomain = "genesyscloud"

// maxWait is the longest Retry-After that a client is asked to wait by itself.
// Longer ones are daily limits: the caller must be told, not held.
const maxWait = 180 * time.Second

// maxID bounds an id of the upstream that goes into a header, in bytes.
const maxID = 128

// UpstreamError is an answer of the upstream with a status that is not 2xx.
type UpstreamError struct {
	Operation *operation.Operation
	Response  *backend.Response

	once   sync.Once
	status *status.Status
}

func (e *UpstreamError) Error() string { return e.GRPCStatus().Message() }

// MayHaveHappened tells whether the call, a write, may have been done although its
// answer is an error. An upstream that refuses, or asks to come again later, has
// done nothing.
func (e *UpstreamError) MayHaveHappened() bool { return e.happened(e.GRPCStatus().Code()) }

func (e *UpstreamError) happened(as codes.Code) bool {
	_, later := retryAfter(e.Response.Header, time.Now())
	switch status := e.Response.Status; {
	case e.Operation.Safe(), as == codes.Aborted, status == http.StatusNotImplemented:
		return false
	case status == http.StatusServiceUnavailable:
		return !later
	default:
		return status < 400 || status == http.StatusRequestTimeout || status > 499
	}
}

// GRPCStatus is the error as gRPC clients see it: the code by the HTTP status,
// the upstream's own words, and its details typed (AIP-193), as far as they fit
// into a trailer.
func (e *UpstreamError) GRPCStatus() *status.Status {
	e.once.Do(func() { e.status = failure.Fit(e.full()) })
	return e.status
}

// full is the status with all details.
func (e *UpstreamError) full() *status.Status {
	b := parseBody(e.Response.Body)
	if b.Message == "" && b.Code == "" {
		b.Message = "no error body that could be read"
	}
	code, httpStatus := e.code(&b), e.Response.Status
	info := &errdetails.ErrorInfo{
		Reason: reason(string(b.Code), httpStatus),
		Domain: UpstreamDomain,
		Metadata: map[string]string{
			"operation":   e.Operation.Name,
			"http_status": strconv.Itoa(httpStatus),
		},
	}
	set := func(key string, value text) {
		if value != "" {
			info.Metadata[valid(key)] = string(value)
		}
	}
	set("code", b.Code)
	set("contextId", b.Context)
	set("messageWithParams", b.Template)
	for key, value := range b.Params {
		set("messageParams."+key, value)
	}
	if e.happened(code) {
		set(failure.MetadataHappened, "true")
	}
	if b.broken {
		set(failure.MetadataOmitted, "what follows in the upstream's error")
	}
	details := []protoadapt.MessageV1{protoadapt.MessageV1Of(info)}
	if v := violations(&b); len(v) > 0 {
		details = append(details, protoadapt.MessageV1Of(&errdetails.BadRequest{FieldViolations: v}))
	}
	if wait, ok := retryAfter(e.Response.Header, time.Now()); ok {
		details = append(details, protoadapt.MessageV1Of(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)}))
	}
	if b.Limit.Key != "" {
		details = append(details, protoadapt.MessageV1Of(&errdetails.QuotaFailure{Violations: []*errdetails.QuotaFailure_Violation{{
			Subject:     string(b.Limit.Namespace),
			Description: fmt.Sprintf("limit %s of %s", b.Limit.Key, b.Limit.Value),
			QuotaId:     string(b.Limit.Key),
		}}}))
	}
	if id := cmp.Or(valid(e.Response.Header.Get(HeaderCorrelationID)), string(b.Context)); id != "" {
		details = append(details, protoadapt.MessageV1Of(&errdetails.RequestInfo{RequestId: id}))
	}
	message := fmt.Sprintf("%s: the upstream answered %d: %s", e.Operation.Name, httpStatus, b.Message)
	st := status.New(code, message)
	if detailed, err := st.WithDetails(details...); err == nil {
		return detailed
	}
	return st
}

// Concern is what an operator should know of the error (failure.ConcernOf): that an
// upstream refuses is the caller's, that it fails or answers oddly is not.
func (e *UpstreamError) Concern() failure.Concern {
	switch code := e.GRPCStatus().Code(); {
	case e.Response.Status > 499, code == codes.Internal, code == codes.DeadlineExceeded:
	default:
		return failure.Concern{Level: slog.LevelDebug}
	}
	attrs := []slog.Attr{slog.Int("upstream_status", e.Response.Status)}
	if id := e.Response.Header.Get(HeaderCorrelationID); isID(id) {
		attrs = append(attrs, slog.String("correlation_id", id))
	}
	return failure.Concern{Kind: "upstream_error", Level: slog.LevelWarn, Attrs: attrs}
}

// isID tells whether a text is made as ids are.
func isID(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return text != "" && len(text) <= maxID
}

func (e *UpstreamError) code(b *body) codes.Code {
	status := e.Response.Status
	switch status {
	case http.StatusConflict:
		// Without a version in sight it is something that exists already, where
		// something was to be created; else the state of the resource.
		if e.Operation.Verb == http.MethodPost && !e.Operation.Safe() && !b.stale() {
			return codes.AlreadyExists
		}
		return codes.Aborted
	case http.StatusBadRequest, http.StatusRequestTimeout:
		if !e.Operation.Safe() && b.stale() {
			return codes.Aborted
		}
	}
	if c, ok := failure.CodeOf(status); ok {
		return c
	}
	if status >= 400 && status <= 499 {
		return codes.FailedPrecondition
	}
	return codes.Internal // a redirect, an informational or unknown status: not an answer of the API
}

// reason is the upstream's code in UPPER_SNAKE_CASE, as AIP-193 wants it
// (at most 63 characters of [A-Z0-9_]).
func reason(code string, status int) string {
	var b strings.Builder
	for _, r := range strings.ToUpper(code) {
		if b.Len() == 63 {
			break
		}
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "_") {
			b.WriteByte('_')
		}
	}
	if text := strings.TrimRight(b.String(), "_"); text != "" {
		return text
	}
	return "HTTP_" + strconv.Itoa(status)
}

func violations(b *body) []*errdetails.BadRequest_FieldViolation {
	var all []*errdetails.BadRequest_FieldViolation
	for _, d := range b.Details {
		said := string(d.ErrorCode)
		if d.Entity != "" || d.EntityID != "" {
			said = strings.TrimSpace(said + " (" + strings.TrimSpace(string(d.Entity+" "+d.EntityID)) + ")")
		}
		if d.FieldName == "" && said == "" {
			continue
		}
		all = append(all, &errdetails.BadRequest_FieldViolation{
			Field:       string(d.FieldName),
			Description: said,
			Reason:      reason(string(d.ErrorCode), 0),
		})
	}
	for i := range b.Errors {
		all = append(all, violations(&b.Errors[i])...)
	}
	return all
}

// retryAfter reads the header of that name: seconds or a date (RFC 9110,
// section 10.2.3).
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now)), true
	}
	return 0, false
}

// ErrorTrailer tells a gRPC client with retries how long to wait before it tries
// again, or that it must not (gRFC A6): not for hours, and not where a write may
// have happened already, whatever the code.
func ErrorTrailer(err error) metadata.MD {
	var (
		upstream *UpstreamError
		own      *failure.Failure
		wait     time.Duration
		known    bool
		happened bool
	)
	switch {
	case errors.As(err, &upstream):
		wait, known = retryAfter(upstream.Response.Header, time.Now())
		happened = upstream.MayHaveHappened()
	case errors.As(err, &own):
		wait, known, happened = own.Wait, own.Wait > 0, own.MayHaveHappened
	}
	switch {
	case happened, known && wait > maxWait:
		return metadata.MD{"grpc-retry-pushback-ms": {"-1"}}
	case known:
		return metadata.MD{"grpc-retry-pushback-ms": {strconv.FormatInt(wait.Milliseconds(), 10)}}
	default:
		return nil
	}
}

// valid makes text fit for protobuf, which refuses broken UTF-8.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
