package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/switchboard-gw/switchboard/internal/conns"
	"github.com/switchboard-gw/switchboard/internal/failure"
	"github.com/switchboard-gw/switchboard/internal/inflight"
)

// receiver reads the bodies of requests: bounded in size and time, and in memory of
// the client's account.
type receiver struct {
	limit   int64
	timeout time.Duration
}

// firstRead is how much room a body gets at first: its length is only a claim.
const firstRead = 4 << 10

// read returns the body of a request; nil where it has none. The caller releases it.
// The error is a *failure.Failure, or an *inflight.FullError.
func (r receiver) read(w http.ResponseWriter, from *http.Request, memory *inflight.Account) (*inflight.Body, error) {
	// The connection has a deadline for its request, no longer than that: in its
	// background net/http reads on, to see whether the client is still there, and
	// takes the end of a read for the client's.
	connection := http.NewResponseController(w)
	if from.Body == nil || from.Body == http.NoBody || from.ContentLength == 0 {
		_ = connection.SetReadDeadline(time.Time{})
		return nil, nil //nolint:nilnil // A nil body is an empty one.
	}
	if from.ContentLength > r.limit {
		return nil, r.tooLarge()
	}
	if err := checkType(from.Header); err != nil {
		return nil, err
	}
	_ = connection.SetReadDeadline(time.Now().Add(r.timeout))
	ctx, cancel := context.WithTimeout(from.Context(), r.timeout)
	defer cancel()
	body, err := r.receive(ctx, http.MaxBytesReader(w, from.Body, r.limit), int(from.ContentLength), memory)
	if err != nil {
		return nil, err
	}
	_ = connection.SetReadDeadline(time.Time{})
	if len(body.Bytes()) == 0 { // chunked, and empty
		body.Release()
		return nil, nil //nolint:nilnil // A nil body is an empty one.
	}
	return body, nil
}

// receive reads a body of the claimed length, or of one that nobody knows (-1). As
// long as it has not come, the connection owes it.
func (r receiver) receive(ctx context.Context, from io.Reader, claimed int, memory *inflight.Account) (*inflight.Body, error) {
	body, err := memory.Take(ctx, firstRead)
	if err != nil {
		return nil, err
	}
	due, _ := ctx.Deadline()
	owe := func() *inflight.Debt {
		body.Retain()
		return memory.Owe(body, due.Add(conns.Grace))
	}
	debt := owe()
	defer func() { debt.Settle() }()
	for {
		content := body.Buffer()
		if len(*content) == cap(*content) {
			// More room is another body: one that waits for it has no better right to
			// go first than one that has just come.
			larger, err := memory.Take(ctx, max(2*cap(*content), claimed+1))
			if err != nil {
				body.Release()
				return nil, err
			}
			*larger.Buffer() = append(*larger.Buffer(), *content...)
			debt.Settle()
			body.Release()
			body, content = larger, larger.Buffer()
			debt = owe()
		}
		n, err := from.Read((*content)[len(*content):cap(*content)])
		*content = (*content)[:len(*content)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			body.Release()
			return nil, r.broken(ctx, err)
		}
	}
}

// broken is the failure of a body that did not come to its end.
func (r receiver) broken(ctx context.Context, err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return r.tooLarge()
	case ctx.Err() != nil, errors.Is(err, os.ErrDeadlineExceeded):
		return failure.NewHTTP(http.StatusRequestTimeout, "request_slow", fmt.Sprintf("the request's body did not come to its end within %v (--timeout)", r.timeout))
	default:
		return failure.NewHTTP(http.StatusBadRequest, "request_broken", "the request's body broke off before its end")
	}
}

// received is the failure of a request whose body could not be had.
func received(name string, err error) error {
	var full *inflight.FullError
	if errors.As(err, &full) {
		return &failure.Failure{
			Code: codes.DeadlineExceeded, Reason: "memory_full", Cause: full,
			Message: name + ": the time for the request's body passed while it waited for memory: too much is in flight (--max-inflight-bytes)",
		}
	}
	return err
}

func (r receiver) tooLarge() error {
	return failure.NewHTTP(http.StatusRequestEntityTooLarge, "request_too_large", fmt.Sprintf("the request's body is over the limit of %d bytes (--max-request-bytes)", r.limit))
}

// checkType refuses a body that says of itself that it is something else than JSON,
// or compressed. A form is let through: some clients, curl -d among them, send JSON
// under the type of one. What claims another type may be sent by any web page
// without the browser asking first.
func checkType(h http.Header) error {
	for _, coding := range h["Content-Encoding"] {
		if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
			return failure.NewHTTP(http.StatusUnsupportedMediaType, "unsupported_coding", "the request's body is compressed; send it as it is")
		}
	}
	for _, text := range h["Content-Type"] {
		kind, _, err := mime.ParseMediaType(text)
		if err != nil && kind == "" { // an odd parameter is no reason to refuse
			kind = strings.ToLower(strings.TrimSpace(text))
		}
		switch {
		case kind == "", kind == "application/json", kind == "text/json", strings.HasSuffix(kind, "+json"),
			kind == "application/x-www-form-urlencoded":
		default:
			return failure.NewHTTP(http.StatusUnsupportedMediaType, "unsupported_type", "the request's body claims a type that is not JSON: send Content-Type: application/json")
		}
	}
	return nil
}
