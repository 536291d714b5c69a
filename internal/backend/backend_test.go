package backend_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchboard-gw/switchboard/internal/backend"
)

func TestTheFirstMiddlewareIsTheOutermost(t *testing.T) {
	t.Parallel()
	var order []string
	named := func(name string) backend.Middleware {
		return func(next backend.Backend) backend.Backend {
			return backend.Func(func(ctx context.Context, req *backend.Request) (*backend.Response, error) {
				order = append(order, name)
				return next.Do(ctx, req)
			})
		}
	}
	last := backend.Func(func(context.Context, *backend.Request) (*backend.Response, error) {
		order = append(order, "last")
		return nil, nil
	})
	_, _ = backend.Chain(last, named("first"), named("second")).Do(t.Context(), get("/x"))
	if diff := cmp.Diff([]string{"first", "second", "last"}, order); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
