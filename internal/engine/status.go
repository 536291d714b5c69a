package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
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

// UpstreamError is an answer of the upstream with a status that is not 2xx.
type UpstreamError struct {
	Operation *operation.Operation
	Response  *backend.Response
}

func (e *UpstreamError) Error() string { return e.GRPCStatus().Message() }

// body is the upstream's error body. Members that it may leave out or type
// otherwise are read leniently: an odd error must still be reported.
type body struct {
	Message  string         `json:"message"`
	Code     string         `json:"code"`
	Context  string         `json:"contextId"`
	Params   map[string]any `json:"messageParams"`
	Template string         `json:"messageWithParams"`
	Details  []detail       `json:"details"`
	Errors   []body         `json:"errors"`
	Limit    *struct {
		Key       string `json:"key"`
		Namespace string `json:"namespace"`
		Value     any    `json:"value"`
	} `json:"limit"`
}

type detail struct {
	ErrorCode string `json:"errorCode"`
	FieldName string `json:"fieldName"`
	EntityID  string `json:"entityId"`
	Entity    string `json:"entityName"`
}

// GRPCStatus is the error as gRPC clients see it: the code by the HTTP status,
// the upstream's own words, and its details typed (AIP-193).
func (e *UpstreamError) GRPCStatus() *status.Status {
	var b body
	readable := json.Unmarshal(e.Response.Body, &b) == nil && (b.Message != "" || b.Code != "")
	if !readable {
		b = body{Message: "no error body that could be read"}
	}
	code := e.Response.Status
	info := &errdetails.ErrorInfo{
		Reason: reason(b.Code, code),
		Domain: UpstreamDomain,
		Metadata: map[string]string{
			"operation":   e.Operation.Name,
			"http_status": strconv.Itoa(code),
		},
	}
	set := func(key, value string) {
		if value != "" {
			info.Metadata[valid(key)] = valid(value)
		}
	}
	set("code", b.Code)
	set("contextId", b.Context)
	set("messageWithParams", b.Template)
	for key, value := range b.Params {
		set("messageParams."+key, fmt.Sprint(value))
	}
	details := []protoadapt.MessageV1{protoadapt.MessageV1Of(info)}
	if v := violations(&b); len(v) > 0 {
		details = append(details, protoadapt.MessageV1Of(&errdetails.BadRequest{FieldViolations: v}))
	}
	if wait, ok := retryAfter(e.Response.Header, time.Now()); ok {
		details = append(details, protoadapt.MessageV1Of(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)}))
	}
	if b.Limit != nil && b.Limit.Key != "" {
		details = append(details, protoadapt.MessageV1Of(&errdetails.QuotaFailure{Violations: []*errdetails.QuotaFailure_Violation{{
			Subject:     valid(b.Limit.Namespace),
			Description: valid(fmt.Sprintf("limit %s of %v", b.Limit.Key, b.Limit.Value)),
			QuotaId:     valid(b.Limit.Key),
		}}}))
	}
	if id := cmp.Or(e.Response.Header.Get(HeaderCorrelationID), b.Context); id != "" {
		details = append(details, protoadapt.MessageV1Of(&errdetails.RequestInfo{RequestId: valid(id)}))
	}
	message := fmt.Sprintf("%s: the upstream answered %d: %s", e.Operation.Name, code, valid(b.Message))
	st := status.New(e.code(&b), message)
	if detailed, err := st.WithDetails(details...); err == nil {
		return detailed
	}
	return st
}

// staleVersion finds the upstream's several ways to say that a write was based
// on an old version.
var staleVersion = regexp.MustCompile(`(?i)version.*(match|mismatch|conflict|stale|outdated|current|expected)|(match|mismatch|conflict|stale|outdated|expected).*version`)

func (e *UpstreamError) code(b *body) codes.Code {
	status := e.Response.Status
	stale := staleVersion.MatchString(b.Code) || staleVersion.MatchString(b.Message)
	switch status {
	case http.StatusConflict:
		// Without a version in sight it is something that exists already, where
		// something was to be created; else the state of the resource.
		if !stale && e.Operation.Verb == http.MethodPost {
			return codes.AlreadyExists
		}
		return codes.Aborted
	case http.StatusBadRequest, http.StatusRequestTimeout:
		if stale && !e.Operation.Safe() {
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
		text := d.ErrorCode
		if d.Entity != "" || d.EntityID != "" {
			text = strings.TrimSpace(text + " (" + strings.TrimSpace(d.Entity+" "+d.EntityID) + ")")
		}
		if d.FieldName == "" && text == "" {
			continue
		}
		all = append(all, &errdetails.BadRequest_FieldViolation{
			Field:       valid(d.FieldName),
			Description: valid(text),
			Reason:      reason(d.ErrorCode, 0),
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

// setErrorTrailer tells a gRPC client with retries how long to wait before it
// tries again, or that it must not (gRFC A6): not for hours, and not where a
// write may have happened already.
func setErrorTrailer(ctx context.Context, err error) {
	st := status.Convert(err)
	header := metadata.MD{}
	pushback := func(wait time.Duration, known, mayHaveHappened bool) {
		switch {
		case mayHaveHappened, known && wait > maxWait:
			header.Set("grpc-retry-pushback-ms", "-1")
		case known:
			header.Set("grpc-retry-pushback-ms", strconv.FormatInt(wait.Milliseconds(), 10))
		}
	}
	var (
		upstream *UpstreamError
		own      *failure.Failure
	)
	switch {
	case errors.As(err, &upstream):
		_ = grpc.SetHeader(ctx, metadata.Pairs(HeaderUpstreamStatus, strconv.Itoa(upstream.Response.Status)))
		wait, known := retryAfter(upstream.Response.Header, time.Now())
		switch st.Code() {
		case codes.ResourceExhausted: // the upstream refused before doing anything
			pushback(wait, known, false)
		case codes.Unavailable:
			refused := upstream.Response.Status == http.StatusServiceUnavailable && known
			pushback(wait, known, !upstream.Operation.Safe() && !refused)
		}
	case errors.As(err, &own) && (st.Code() == codes.Unavailable || st.Code() == codes.ResourceExhausted):
		pushback(own.Wait, own.Wait > 0, own.MayHaveHappened)
	}
	if len(header) > 0 {
		_ = grpc.SetTrailer(ctx, header)
	}
}

// valid makes text fit for protobuf, which refuses broken UTF-8.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
