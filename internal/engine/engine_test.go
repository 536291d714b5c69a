package engine

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"google.golang.org/protobuf/reflect/protoregistry"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/inflight"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// However a call ends, its memory comes back: here each call takes the whole
// budget, so that the next one would wait for what is not given back.
func TestMemoryComesBackHoweverACallEnds(t *testing.T) {
	t.Parallel()
	ops, err := operation.Compile(protoregistry.GlobalFiles, usersv1.File_genesyscloud_users_v1_users_service_proto.Package())
	if err != nil {
		t.Fatal(err)
	}
	op := ops.ByName("GetUser")
	answering := func(status int, body string) backend.Func {
		return func(context.Context, *backend.Request) (*backend.Response, error) {
			return &backend.Response{Status: status, Body: []byte(body)}, nil
		}
	}
	upstreams := map[string]backend.Func{
		"an answer":           answering(200, `{"id":"u"}`),
		"an upstream error":   answering(404, `{"message":"no such user"}`),
		"an answer of no use": answering(200, `{"id":`),
		"no answer": func(context.Context, *backend.Request) (*backend.Response, error) {
			return nil, errors.New("no connection")
		},
		"a panic": func(context.Context, *backend.Request) (*backend.Response, error) { panic("a bug") },
	}
	for name, upstream := range upstreams {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := New(upstream, inflight.NewBudget(4096), slog.New(slog.DiscardHandler))
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			for range 3 {
				func() {
					defer func() { _ = recover() }()
					if wire, err := e.Call(ctx, op, &usersv1.GetUserRequest{UserId: "u"}); err == nil {
						wire.Release()
					}
				}()
				func() {
					defer func() { _ = recover() }()
					if answer, err := e.Do(ctx, op, &usersv1.GetUserRequest{UserId: "u"}, nil); err == nil {
						answer.Release()
					}
				}()
			}
			l, err := e.memory.Lease(ctx, e.needOf(op))
			if err != nil {
				t.Fatal(err)
			}
			l.Release()
		})
	}
}
