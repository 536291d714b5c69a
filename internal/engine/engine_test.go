package engine

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/protobuf/reflect/protoregistry"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/inflight"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// However a call ends, its memory comes back.
func TestMemoryComesBackHoweverACallEnds(t *testing.T) {
	t.Parallel()
	ops, err := operation.Compile(protoregistry.GlobalFiles, usersv1.File_genesyscloud_users_v1_users_service_proto.Package())
	if err != nil {
		t.Fatal(err)
	}
	op := ops.ByName("GetUser")
	answering := func(status int, body string) backend.Backend {
		upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(upstream.Close)
		b, err := backend.NewTransport(backend.TransportOptions{BaseURL: upstream.URL, MaxResponseBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	upstreams := map[string]backend.Backend{
		"an answer":           answering(200, `{"id":"u"}`),
		"an upstream error":   answering(404, `{"message":"no such user"}`),
		"an answer of no use": answering(200, `{"id":`),
		"no answer": backend.Func(func(context.Context, *backend.Request) (*backend.Response, error) {
			return nil, errors.New("no connection")
		}),
		"a panic": backend.Func(func(context.Context, *backend.Request) (*backend.Response, error) { panic("a bug") }),
	}
	for name, upstream := range upstreams {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := New(upstream, ops, slog.New(slog.DiscardHandler))
			memory := inflight.NewBudget(1 << 20)
			account := memory.Open()
			made := func() *call.Call {
				return &call.Call{Operation: op, Request: &usersv1.GetUserRequest{UserId: "u"}, Memory: account}
			}
			for range 3 {
				func() {
					defer func() { _ = recover() }()
					if c := made(); e.Wire(t.Context(), c) == nil {
						c.Result.(*inflight.Body).Release()
					}
				}()
				func() {
					defer func() { _ = recover() }()
					if c := made(); e.Verbatim(t.Context(), c) == nil {
						c.Result.(*backend.Response).Release()
					}
				}()
			}
			if got := memory.Used(); got != 0 {
				t.Errorf("%d bytes did not come back", got)
			}
		})
	}
}
