package backend

import (
	"compress/flate"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/switchboard-gw/switchboard/internal/inflight"
)

// maxErrorBytes bounds the body of an answer that is no success. Those that are
// meant for us are short: mostly within usualError.
const (
	maxErrorBytes = 64 << 10
	usualError    = 2<<10 - 1
)

// read takes an answer whole. One that is no success is taken up to its bound and
// cut there; a success that is longer than its bound is of no use.
func (t *transport) read(ctx context.Context, answer *http.Response, req *Request) (*Response, error) {
	status := answer.StatusCode
	fault := func(f AnswerFault, detail string) error {
		return &AnswerError{Fault: f, Status: status, Detail: detail}
	}
	if status < 200 || status > 599 {
		return nil, fault(NoStatus, "")
	}
	if req.Method == http.MethodHead { // its head is about a body that does not come
		answer.ContentLength = 0
		answer.Header.Del("Content-Encoding")
	}
	success := status <= 299
	limit := t.max
	if !success {
		limit = maxErrorBytes
	}
	tooLarge := func() error { return fault(TooLarge, strconv.FormatInt(limit, 10)+" bytes, --max-response-bytes") }
	if success && answer.ContentLength > limit {
		return nil, tooLarge()
	}

	compressed := false
	switch coding := answer.Header.Get("Content-Encoding"); {
	case coding == "", strings.EqualFold(coding, "identity"), answer.ContentLength == 0:
	case !strings.EqualFold(coding, "gzip"): // any other than what is asked for
		return nil, fault(Malformed, "its Content-Encoding is "+oneOf(tellableCodings, coding))
	default:
		compressed = true
	}
	source, size := io.Reader(answer.Body), answer.ContentLength
	keep := compressed && success && req.AcceptGzip
	if compressed && !keep {
		unzip := newUnzipper(answer.Body)
		defer unzip.free()
		source, size = unzip, -1
		answer.Header.Del("Content-Encoding")
		answer.Header.Del("Content-Length")
	}

	second := req.Second
	switch {
	case !success:
		second = 0
		if size < 0 {
			size = usualError
		}
	case size < 0:
		size = int64(req.Length.Bytes())
	}
	body, err := collect(ctx, io.LimitReader(source, limit+1), int(min(size, limit, maxGrow)), second, req.Memory)
	if err == nil && keep {
		err = verify(body.Bytes(), limit)
	}
	long := err == nil && int64(len(body.Bytes())) > limit
	var full *inflight.FullError
	var corrupt flate.CorruptInputError
	switch {
	case long && !success:
		*body.Buffer() = body.Bytes()[:limit]
		answer.Header.Del("Content-Length")
	case long, errors.Is(err, errOverLimit):
		err = tooLarge()
	case err == nil:
		err = t.checkType(answer, len(body.Bytes()))
	case errors.As(err, &full):
		full.Growing = true // the upstream has done its part
	case ctx.Err() != nil:
		err = ended(ctx)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		err = fault(Malformed, "")
	default:
		err = fault(Truncated, "")
	}
	if err != nil {
		body.Release()
		return nil, err
	}
	if success {
		req.Length.Learn(len(body.Bytes()))
	}
	return &Response{Status: status, Header: answer.Header, Body: body.Bytes(), Truncated: long, Memory: body}, nil
}

// maxGrow bounds the room that is made for an answer before it has come: its
// length is only a claim.
const maxGrow = 4 << 20

// collect is io.ReadAll into memory that is taken now, since the answer has begun;
// at first it has room for size bytes, and second more than that for another form,
// if there will be one. What was read before an error is returned with it.
func collect(ctx context.Context, from io.Reader, size, second int, memory *inflight.Account) (body *inflight.Body, err error) {
	size++ // to find the end in
	if second > 0 {
		body, err = memory.TakeTwice(ctx, size, size+second)
	} else {
		body, err = memory.Take(ctx, size)
	}
	if err != nil {
		return nil, err
	}
	for {
		content := body.Buffer()
		if len(*content) == cap(*content) {
			if err := body.Grow(ctx, 2*cap(*content)); err != nil {
				return body, err
			}
			content = body.Buffer()
		}
		n, err := from.Read((*content)[len(*content):cap(*content)])
		*content = (*content)[:len(*content)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return body, err
		}
	}
}

// checkType refuses a success that is not the API's: a proxy's login page with
// status 200 must not pass for an answer.
func (t *transport) checkType(answer *http.Response, length int) error {
	if answer.StatusCode > 299 || length == 0 {
		return nil
	}
	kind, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";") // an odd parameter is no reason to refuse
	kind = strings.ToLower(strings.TrimSpace(kind))
	switch {
	case kind == "", kind == "application/json", kind == "text/json", kind == "text/plain", strings.HasSuffix(kind, "+json"):
		return nil
	}
	return &AnswerError{Fault: NotJSON, Status: answer.StatusCode, Detail: "its Content-Type is " + oneOf(tellableTypes, kind)}
}

// Of what an upstream writes into a header only words that are known are told.
var (
	tellableTypes = []string{
		"text/html", "application/xhtml+xml", "text/xml", "application/xml", "text/css", "text/javascript", "application/javascript",
		"application/octet-stream", "application/pdf", "image/png", "image/svg+xml",
	}
	tellableCodings = []string{"br", "deflate", "zstd", "compress"}
)

func oneOf(tellable []string, word string) string {
	for _, known := range tellable {
		if strings.EqualFold(known, word) {
			return known
		}
	}
	return "another"
}
