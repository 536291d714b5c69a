package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/reflect/protoregistry"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/engine"
	"github.com/switchboard-gw/switchboard/internal/gateway"
	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

// restError is what a client of the REST face gets.
type restError struct {
	http   int
	header http.Header
	Code   string            `json:"code"`
	Params map[string]string `json:"messageParams"`
}

// ask makes a REST call whose upstream does as told.
func ask(t *testing.T, verb, path string, header http.Header, upstream backend.Func) restError {
	t.Helper()
	ops, err := operation.Compile(protoregistry.GlobalFiles, usersv1.File_genesyscloud_users_v1_users_service_proto.Package())
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	chain, err := call.NewChain(call.Policy{Timeout: time.Minute, MaxTimeout: time.Minute, Operations: ops, Log: log, Limited: telemetry.NewLimited(log)})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := gateway.New(t.Context(), gateway.Options{
		Engine: engine.New(upstream, ops, log), Operations: ops, Chain: chain, MaxRequestBytes: 1 << 20, Timeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(verb, path, strings.NewReader("{}"))
	r.Header = header
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	got := restError{http: w.Code, header: w.Result().Header}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%s %s: %d %q", verb, path, w.Code, w.Body)
	}
	return got
}

// A status that no answer can have is the upstream's fault, for clients with and
// without gzip, and no crash.
func TestOddStatusesAreBadAnswers(t *testing.T) {
	t.Parallel()
	for _, status := range []int{0, -1, 1, 99, 100, 101, 103, 199, 600, 999, 1000} {
		for _, coding := range []string{"identity", "gzip"} {
			for verb, happened := range map[string]string{http.MethodGet: "", http.MethodPatch: "true"} {
				got := ask(t, verb, "/api/v2/users/u", http.Header{"Accept-Encoding": {coding}}, func(context.Context, *backend.Request) (*backend.Response, error) {
					return &backend.Response{Status: status, Body: []byte(`{"message":"odd"}`)}, nil
				})
				if got.http != http.StatusBadGateway || got.Code != "switchboard.bad_upstream_answer" || got.Params["MAY_HAVE_HAPPENED"] != happened {
					t.Errorf("%d, %s, %s: %+v", status, coding, verb, got)
				}
			}
		}
	}
}

// Whoever is told that a token is missing or wrong is told of which kind it is.
func TestOwnRefusalsNameTheScheme(t *testing.T) {
	t.Parallel()
	for reason, err := range map[string]error{"no_caller_token": backend.ErrNoCallerToken, "bad_authorization": backend.ErrBadAuthorization} {
		got := ask(t, http.MethodGet, "/api/v2/users/u", http.Header{}, func(context.Context, *backend.Request) (*backend.Response, error) { return nil, err })
		if got.http != http.StatusUnauthorized || got.Code != "switchboard."+reason || got.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: %+v", reason, got)
		}
	}
}

// What may have happened is said where it may, whatever went wrong.
func TestWhatMayHaveHappenedIsSaid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err      error
		reason   string
		happened bool
	}{
		{&backend.ConnError{Sent: true, Err: errors.New("reset")}, "upstream_unreachable", true},
		{&backend.ConnError{Err: errors.New("refused")}, "upstream_unreachable", false},
		{&backend.AnswerError{Fault: backend.Truncated, Status: 200}, "bad_upstream_answer", true},
		{fmt.Errorf("slow: %w", context.DeadlineExceeded), "deadline_exceeded", true},
		{&backend.TokenError{Problem: "none"}, "no_upstream_token", false},
		{backend.ErrServiceTokenRefused, "service_token_refused", false},
		{errors.New("what?"), "internal", true},
	} {
		for _, verb := range []string{http.MethodGet, http.MethodPatch, http.MethodDelete} {
			got := ask(t, verb, "/api/v2/users/u", http.Header{}, func(context.Context, *backend.Request) (*backend.Response, error) { return nil, c.err })
			if happened := got.Params["MAY_HAVE_HAPPENED"] == "true"; got.Code != "switchboard."+c.reason || happened != (c.happened && verb != http.MethodGet) {
				t.Errorf("%s, %v: %+v", verb, c.err, got)
			}
		}
	}
}
