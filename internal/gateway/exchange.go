package gateway

import (
	"context"
	"net/http"

	"google.golang.org/grpc/metadata"

	"github.com/switchboard-gw/switchboard/internal/engine"
)

// exchange is what one REST request carries past the generated handlers, which
// have no place for it: what came in verbatim, and what goes out verbatim. It
// belongs to the goroutine of its request.
type exchange struct {
	path     string // escaped, as it was sent
	in       engine.Verbatim
	metadata metadata.MD
	out      *engine.Answer // nil: there is none
	header   metadata.MD    // what the interceptors want the answer to carry
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// passedOn are the request headers that become metadata of the call; all others
// stay here.
var passedOn = []string{"Authorization", "X-Request-Id", "Traceparent", "Tracestate"}

func newExchange(w http.ResponseWriter, r *http.Request, maxBody int64) (*exchange, error) {
	x := &exchange{path: r.URL.EscapedPath(), metadata: metadata.MD{}, header: metadata.MD{}}
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return nil, err
	}
	x.in = engine.Verbatim{Query: r.URL.RawQuery, Body: body}
	for _, name := range passedOn {
		if v := r.Header.Values(name); len(v) > 0 {
			x.metadata.Set(name, v...)
		}
	}
	return x, nil
}

// release ends the exchange once its answer is written.
func (x *exchange) release() {
	if x.out != nil {
		x.out.Release()
	}
}
