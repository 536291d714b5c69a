package gateway

import (
	"context"
	"net/http"
	"strings"

	"google.golang.org/grpc/metadata"

	"github.com/switchboard-gw/switchboard/internal/engine"
)

// exchange is what one REST request carries past the generated handlers, which
// have no place for it: what came in verbatim, and what goes out verbatim. It
// belongs to the goroutine of its request.
type exchange struct {
	path     string // escaped, as it was sent, less the prefix
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

// Of a request's headers, toCall become metadata of the call and toUpstream go to
// the upstream; all others stay here. All are in canonical form.
var (
	toCall     = []string{"Authorization", "X-Request-Id", "Traceparent", "Tracestate"}
	toUpstream = []string{
		"Authorization", "Accept-Language", "If-Match", "If-None-Match",
		"Purecloud-Sdk", "Genesys-App", // who calls, in the vendor's own statistics
	}
)

// callKeys are the keys of toCall in metadata.
var callKeys = func() (keys []string) {
	for _, name := range toCall {
		keys = append(keys, strings.ToLower(name))
	}
	return keys
}()

func newExchange(w http.ResponseWriter, r *http.Request, path string, maxBody int64) (*exchange, error) {
	x := &exchange{path: path, metadata: make(metadata.MD, 2)}
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return nil, err
	}
	x.in = engine.Verbatim{
		Query: r.URL.RawQuery, Header: pick(r.Header, toUpstream), Body: body,
		AcceptGzip: acceptsGzip(r.Header),
	}
	for i, name := range toCall {
		if v := r.Header[name]; len(v) > 0 {
			x.metadata[callKeys[i]] = v
		}
	}
	return x, nil
}

// pick returns those of the headers that have a name of the list.
func pick(h http.Header, names []string) http.Header {
	picked := make(http.Header, 2)
	for _, name := range names {
		if v := h[name]; len(v) > 0 {
			picked[name] = v
		}
	}
	return picked
}

// acceptsGzip tells whether the client asks for gzip by its name and without a
// weight, as those do that mean it (RFC 9110, section 12.5.3). To any other the
// answer goes as if it had not asked.
func acceptsGzip(h http.Header) bool {
	for _, v := range h["Accept-Encoding"] {
		for coding := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
				return true
			}
		}
	}
	return false
}

// release ends the exchange once its answer is written.
func (x *exchange) release() {
	if x.out != nil {
		x.out.Release()
	}
}
