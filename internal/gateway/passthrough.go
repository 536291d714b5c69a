package gateway

import (
	"net/http"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/failure"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// Passthrough says which paths of the upstream's API may be called that are none of
// the contract. The zero value is none.
type Passthrough struct {
	// Reads lets GET and HEAD through, Writes all else.
	Reads, Writes bool
	// Paths are where: one that ends in a slash is all below it, any other is
	// itself and what is below it. None are everywhere.
	Paths []string
}

// covers tells whether an escaped path is among them.
func (p Passthrough) covers(path string) bool {
	for _, start := range p.Paths {
		rest, ok := strings.CutPrefix(path, start)
		switch {
		case !ok:
		case strings.HasSuffix(start, "/"), rest == "", rest[0] == '/':
			return true
		}
	}
	return len(p.Paths) == 0
}

// beside finds what a request calls for which no operation of the contract has the
// path and the verb: something untyped, which passes through, or an error. Where the
// path is an operation's, its other verbs are nobody's.
//
// What is not passed through is no 404: clients take that for something that is not
// there yet, and ask again.
func (a *api) beside(answer http.Header, verb string, x *exchange) (*operation.Operation, error) {
	if verbs := a.operations.Verbs(x.path); len(verbs) > 0 {
		allow(answer, verbs)
		return nil, failure.NewHTTP(http.StatusMethodNotAllowed, "wrong_verb", "no operation of the contract has the verb "+verb+" on this path; /openapi.json lists those that it has")
	}
	if !strings.HasPrefix(x.path, operation.APIPrefix) {
		return nil, failure.NewHTTP(http.StatusNotFound, "unknown_path", "the API is below "+a.prefix+operation.APIPrefix+" here; /openapi.json lists its operations")
	}
	path, err := a.operations.Outside(x.path)
	op := operation.Untyped(verb)
	switch {
	case err != nil:
		return nil, failure.NewHTTP(http.StatusBadRequest, "invalid_argument", err.Error())
	case !a.passthrough.Reads:
		return nil, failure.NewHTTP(http.StatusNotImplemented, "not_this_api", "this path is not of the API that is served here; --http-passthrough lets the rest of the vendor's through")
	case !a.passthrough.covers(path):
		return nil, failure.NewHTTP(http.StatusNotImplemented, "not_this_api", "this path is not of the API that is served here, nor among those that pass through (--http-passthrough-paths)")
	case op == nil:
		allow(answer, everyVerb)
		return nil, failure.NewHTTP(http.StatusMethodNotAllowed, "wrong_verb", "the vendor's API has no such verb")
	case !op.Safe() && !a.passthrough.Writes:
		allow(answer, []string{http.MethodGet, http.MethodHead})
		return nil, failure.NewHTTP(http.StatusMethodNotAllowed, "passthrough_reads", "only GET and HEAD pass through here (--http-passthrough=read)")
	}
	x.verbatim.Path = path
	return op, nil
}

var everyVerb = []string{http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodPatch, http.MethodPost, http.MethodPut}

// allow says which verbs there are beside a 405 (RFC 9110, section 15.5.6).
func allow(answer http.Header, verbs []string) { answer.Set("Allow", strings.Join(verbs, ", ")) }

// pass calls what is untyped, with the request that has been received.
func (a *api) pass(w http.ResponseWriter, r *http.Request, x *exchange) {
	if err := a.chain.Do(r.Context(), &x.call, a.engine.Verbatim); err != nil {
		writeError(w, x, err)
		return
	}
	writeHead(w, x)
	_, _ = w.Write(x.answer().Body)
}
