package gateway

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/switchboard-gw/switchboard/internal/backend"
	"github.com/switchboard-gw/switchboard/internal/call"
)

// passedBack are the headers of an upstream answer that reach the client. The
// rest speaks of the connection to the upstream, which is not the client's. All are
// in canonical form.
var passedBack = []string{
	"Content-Type", "Content-Encoding", "Content-Language", "Cache-Control", "Etag", "Last-Modified", "Location", "Retry-After",
	"Inin-Correlation-Id", "Inin-Ratelimit-Count", "Inin-Ratelimit-Allowed", "Inin-Ratelimit-Reset",
}

// verbatim is the Marshaler of all content types: it decodes nothing, since the
// body goes to the upstream as it came, and encodes nothing, since the answer is
// JSON already.
type verbatim struct{}

// answerBody is what rewrite hands to Marshal.
type answerBody []byte

func (verbatim) Marshal(v any) ([]byte, error) {
	if body, ok := v.(answerBody); ok {
		return body, nil
	}
	return nil, fmt.Errorf("%T did not come from the upstream", v)
}

func (verbatim) Unmarshal([]byte, any) error { return nil }

// NewDecoder says that there is no body, whatever there is.
func (verbatim) NewDecoder(io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(any) error { return io.EOF })
}

func (verbatim) NewEncoder(io.Writer) runtime.Encoder {
	return runtime.EncoderFunc(func(any) error { return fmt.Errorf("answers are not streams") })
}

func (verbatim) ContentType(any) string { return "application/json" }

// rewrite puts the upstream's body in the place of the empty reply.
func rewrite(ctx context.Context, message proto.Message) (any, error) {
	if answer := exchangeOf(ctx).answer(); answer != nil {
		return answerBody(answer.Body), nil
	}
	return message, nil
}

// forwardHead is writeHead where the generated handlers write the body.
func forwardHead(ctx context.Context, w http.ResponseWriter, _ proto.Message) error {
	x := exchangeOf(ctx)
	if x.answer() == nil { // of a service of our own
		ownHeader(w.Header(), x)
		return nil
	}
	writeHead(w, x)
	return nil
}

// writeHead writes the upstream's status and headers. The body is owed from here on.
func writeHead(w http.ResponseWriter, x *exchange) {
	answer := x.answer()
	x.owe()
	h := w.Header()
	copyHeader(h, x, answer)
	if len(answer.Body) > 0 {
		h["Content-Length"] = []string{strconv.Itoa(len(answer.Body))}
	}
	w.WriteHeader(answer.Status)
}

func copyHeader(h http.Header, x *exchange, answer *backend.Response) {
	h.Del("Content-Type") // the upstream's or none: an empty answer has no type
	for _, name := range passedBack {
		if v := answer.Header[name]; len(v) > 0 {
			h[name] = v
		}
	}
	ownHeader(h, x)
}

// requestIDHeader is call.HeaderRequestID as a key of http.Header.
var requestIDHeader = http.CanonicalHeaderKey(call.HeaderRequestID)

// ownHeader sets what the chain wants the answer to carry; over REST a trailer is a
// header, too, since the answer is written in one piece.
func ownHeader(h http.Header, x *exchange) {
	if x == nil {
		return
	}
	h[requestIDHeader] = []string{x.call.ID}
	for _, beside := range [...]metadata.MD{x.call.Header, x.call.Trailer} {
		for name, v := range beside {
			h[http.CanonicalHeaderKey(name)] = v
		}
	}
}
