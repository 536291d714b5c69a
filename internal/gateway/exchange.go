package gateway

import (
	"context"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc/metadata"

	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/conns"
	"github.com/switchboard-gw/switchboard/internal/inflight"
)

// exchange is one REST request on its way past the generated handlers, which have no
// place for what came in verbatim and goes out verbatim. It belongs to the goroutine
// of its request.
type exchange struct {
	call     call.Call
	path     string // escaped, as it was sent, less the prefix
	verbatim call.Verbatim
	body     *inflight.Body // where the request's body lies; nil: it has none
	debt     *inflight.Debt // the answer, while it is being written
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// Of a request's headers, toCall become metadata of the call and toUpstream go to
// the upstream; all others stay here. All are in canonical form.
var (
	toCall     = []string{"Authorization", "X-Request-Id"}
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

// newExchange begins an exchange with the request's head. It has an id from here on,
// so that every answer has one.
func newExchange(r *http.Request, path string) *exchange {
	x := &exchange{path: path}
	x.verbatim = call.Verbatim{
		Query: r.URL.RawQuery, Header: pick(r.Header, toUpstream), AcceptGzip: acceptsGzip(r.Header),
	}
	c := &x.call
	c.Face, c.Verbatim, c.Metadata = call.REST, &x.verbatim, make(metadata.MD, 2)
	c.Caller.TLS = r.TLS
	if conn := conns.Of(r.Context()); conn != nil {
		c.Memory, c.Caller.Address = conn.Account(), conn.RemoteAddr()
	}
	for i, name := range toCall {
		if v := r.Header[name]; len(v) > 0 {
			c.Metadata[callKeys[i]] = v
		}
	}
	c.ID = call.RequestID(r.Header.Get(call.HeaderRequestID))
	c.Metadata[call.HeaderRequestID] = []string{c.ID}
	return x
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

// answer is the upstream's answer to the call; nil: there is none.
func (x *exchange) answer() *backend.Response {
	answer, _ := x.call.Result.(*backend.Response)
	return answer
}

// owe begins the writing of the answer: from here on the client's connection owes
// it, until it has been read or the client's time is over.
func (x *exchange) owe() {
	due := x.call.Deadline
	if due.IsZero() {
		due = time.Now()
	}
	x.debt = x.answer().Owe(x.call.Memory, due.Add(conns.Grace))
}

// release ends the exchange once its answer is written.
func (x *exchange) release() {
	x.body.Release()
	switch answer := x.answer(); {
	case x.debt != nil:
		x.debt.Settle()
	case answer != nil:
		answer.Release()
	}
}
