package engine

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// contract is all operations.
func contract(t testing.TB) *operation.Set {
	t.Helper()
	ops, err := operation.Compile(protoregistry.GlobalFiles, usersv1.File_genesyscloud_users_v1_users_service_proto.Package())
	if err != nil {
		t.Fatal(err)
	}
	return ops
}

// upstreamError is an answer of the upstream that is an error.
func upstreamError(op *operation.Operation, status int, body string, header ...string) *UpstreamError {
	e := &UpstreamError{Operation: op, Response: &backend.Response{Status: status, Header: http.Header{}, Body: []byte(body)}}
	for i := 0; i+1 < len(header); i += 2 {
		e.Response.Header.Set(header[i], header[i+1])
	}
	return e
}

// endSize is what an error takes in the headers and trailers of its call, in the
// way of RFC 9113, section 6.5.2, with all that may stand beside it.
func endSize(err error) int {
	st := status.Convert(err)
	percent := 0
	for i := range len(st.Message()) {
		if c := st.Message()[i]; c >= ' ' && c <= '~' && c != '%' {
			percent++
		} else {
			percent += len("%00")
		}
	}
	size := 0
	field := func(name string, value int) { size += len(name) + value + 32 }
	field(":status", 3)
	field("content-type", len("application/grpc+proto"))
	field("grpc-status", 2)
	field("grpc-message", percent)
	field("grpc-status-details-bin", base64.StdEncoding.EncodedLen(proto.Size(st.Proto())))
	for name, values := range ErrorTrailer(err) {
		field(name, len(values[0]))
	}
	field("x-request-id", 128)
	field(HeaderUpstreamStatus, 3)
	field(HeaderCorrelationID, maxID)
	return size
}

func detailsOf[T any](err error) (all []T) {
	for _, d := range status.Convert(err).Details() {
		if d, ok := d.(T); ok {
			all = append(all, d)
		}
	}
	return all
}

const maxEnd = 4 << 10

// Whatever the upstream sent, the end of the call stays small, and what a program
// decides by is there.
func FuzzUpstreamErrorsStaySmall(f *testing.F) {
	long := func(text string, n int) string { return strings.Repeat(text, n) }
	object := func(members ...any) string {
		text, err := json.Marshal(map[string]any{"message": "m", "code": "c", members[0].(string): members[1]})
		if err != nil {
			f.Fatal(err)
		}
		return string(text)
	}
	details, params := []any{}, map[string]any{}
	for i := range 1000 {
		details = append(details, map[string]string{"errorCode": "invalid.value", "fieldName": fmt.Sprintf("addresses[%d]", i), "entityId": long("e", 36), "entityName": "user"})
		params[fmt.Sprintf("parameter%d", i)] = long("v", i%90)
	}
	for _, body := range []string{
		``, `null`, `[]`, `{`, `{"message":`, `<html>`, `{"message":7,"code":404,"details":{"a":[1]},"errors":"x","messageParams":[1],"limit":3}`,
		object("details", details), object("errors", details), object("messageParams", params), object("limit", map[string]any{"key": long("k", 9000), "namespace": long("n", 9000), "value": long("9", 9000)}),
		object("message", long("m", 60_000)), object("message", long("日本語", 9000)), object("message", long("\x00\n\x1f", 9000)), object("message", long("%", 60_000)), object("message", long("🙂", 9000)),
		object("code", long("c", 60_000)), object("code", long("é.", 9000)), object("contextId", long("i", 60_000)), object("messageWithParams", long("\t", 20_000)),
		object("errors", []any{map[string]any{"message": "m", "details": details}}),
		object("details", details)[:30_000], object("message", "m")[:20],
	} {
		f.Add([]byte(body), 400, "correlation", "7")
		f.Add([]byte(body), 503, long("\xff", 300), "Wed, 01 Jan 2300 00:00:00 GMT")
	}
	ops := contract(f)
	f.Fuzz(func(t *testing.T, body []byte, code int, correlation, retryAfter string) {
		for _, name := range []string{"GetUser", "PatchUser"} {
			e := upstreamError(ops.ByName(name), code, string(body), HeaderCorrelationID, correlation, "Retry-After", retryAfter)
			if size := endSize(e); size >= maxEnd {
				t.Fatalf("%d bytes: %v", size, status.Convert(e).Proto())
			}
			info := detailsOf[*errdetails.ErrorInfo](e)
			if len(info) != 1 || info[0].GetReason() == "" || len(info[0].GetReason()) > 63 || info[0].GetDomain() != UpstreamDomain || info[0].GetMetadata()["operation"] != name {
				t.Fatalf("ErrorInfo %v", info)
			}
			if c := status.Code(e); c == codes.OK || c == codes.Unknown || c > codes.Unauthenticated {
				t.Fatalf("code %v", c)
			}
			if ids := detailsOf[*errdetails.RequestInfo](e); correlation != "" && (len(ids) != 1 || ids[0].GetRequestId() == "") {
				t.Fatalf("RequestInfo %v", ids)
			}
		}
	})
}

// A body that breaks off, as a long one does at the transport's bound, tells what it
// can.
func TestAnErrorBodyIsReadAsFarAsItGoes(t *testing.T) {
	t.Parallel()
	const whole = `{"message":"no","code":"bad.request","status":400,"contextId":"c-1","messageParams":{"n":1000000,"s":"x","o":{"a":[true]}},` +
		`"details":[{"errorCode":"invalid.value","fieldName":"email"},{"errorCode":"missing.value","fieldName":7}],"limit":{"key":"k","value":1000000}}`
	get := contract(t).ByName("GetUser")
	e := upstreamError(get, 400, whole)
	meta := detailsOf[*errdetails.ErrorInfo](e)[0].GetMetadata()
	if meta["messageParams.n"] != "1000000" || meta["messageParams.s"] != "x" || meta["messageParams.o"] != `{"a":[true]}` || meta["details_omitted"] != "" {
		t.Errorf("metadata %v", meta)
	}
	if quota := detailsOf[*errdetails.QuotaFailure](e)[0].GetViolations()[0].GetDescription(); quota != "limit k of 1000000" {
		t.Errorf("%q", quota)
	}
	if v := detailsOf[*errdetails.BadRequest](e)[0].GetFieldViolations(); len(v) != 2 || v[1].GetField() != "7" {
		t.Errorf("violations %v", v)
	}
	for end := range len(whole) {
		e := upstreamError(get, 400, whole[:end])
		message, info := status.Convert(e).Message(), detailsOf[*errdetails.ErrorInfo](e)[0]
		if strings.HasPrefix(whole[:end], `{"message":"no"`) != strings.HasSuffix(message, ": no") {
			t.Errorf("%s: %s", whole[:end], message)
		}
		if strings.Contains(whole[:end], `"bad.request"`) != (info.GetReason() == "BAD_REQUEST") || strings.Contains(whole[:end], `"c-1"`) != (info.GetMetadata()["contextId"] == "c-1") {
			t.Errorf("%s: %v", whole[:end], info)
		}
		if end > 0 && info.GetMetadata()["details_omitted"] == "" {
			t.Errorf("%s: it is not said that something is missing", whole[:end])
		}
		violations := 0
		for _, b := range detailsOf[*errdetails.BadRequest](e) {
			violations += len(b.GetFieldViolations())
		}
		if want := strings.Count(whole[:end], `},{"errorCode`) + strings.Count(whole[:end], `}],"l`); violations < want {
			t.Errorf("%s: %d violations", whole[:end], violations)
		}
	}
}
