package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// TestEverySuccessIsAsOurDocumentSays tells the story of every operation with our
// own document as the judge of each call: of the request, too, where it succeeds.
// The judge takes nothing that the document does not name, although that is open.
func TestEverySuccessIsAsOurDocumentSays(t *testing.T) {
	vendor := needAuthority(t)
	operations, _ := facts(t)
	served := start(t, "")
	document := servedDocument(t, served)
	for name, p := range map[string]*process{"through the server": served, "the sandbox alone": start(t, "", "sandbox")} {
		t.Run(name, func(t *testing.T) {
			j := newCallJudge(t, strict(t, document), p.HTTP)
			judged := *p
			judged.t, judged.HTTP = t, j.address
			n := newNarrator(t, vendor, operations, &judged)
			for _, s := range story {
				if n.succeed(s) {
					n.fail(s)
				}
			}
			for _, op := range operations {
				if j.successes[op.Name] == 0 {
					t.Errorf("no success of %s was judged", op.Name)
				}
			}
			t.Logf("%d operations: %d successes with their requests and %d errors are as our document says",
				len(j.successes), total(j.successes), total(j.errors))
		})
	}
}

func total(counts map[string]int) (sum int) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

// servedDocument is what the server hands out.
func servedDocument(t *testing.T, p *process) []byte {
	t.Helper()
	answer, text := p.rest(http.MethodGet, "/openapi.json", nil)
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("/openapi.json: %d %s", answer.StatusCode, answer.Header)
	}
	return text
}

// strict is the document without its openness: objects have the members that are
// declared, and texts with known values no others. Parameters stay open, as not
// even the upstream's defaults are always among those listed, and so does an error's
// code.
func strict(t *testing.T, text []byte) []byte {
	t.Helper()
	var d map[string]any
	must(t, json.Unmarshal(text, &d))
	var tighten func(v any)
	tighten = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				tighten(item)
			}
		case map[string]any:
			if v["type"] == "object" && v["properties"] != nil {
				v["additionalProperties"] = false
			}
			if either, ok := v["anyOf"].([]any); ok && len(either) == 2 {
				known, other := either[0].(map[string]any), either[1].(map[string]any)
				if known["enum"] != nil && other["enum"] == nil {
					delete(v, "anyOf")
					maps.Copy(v, known)
				}
			}
			for name, member := range v {
				if name != "code" && name != "parameters" {
					tighten(member)
				}
			}
		}
	}
	tighten(d)
	text, err := json.Marshal(d)
	must(t, err)
	return text
}

// callJudge stands before a server and judges what goes through by a document.
type callJudge struct {
	t          *testing.T
	operations []routers.Route
	target     string
	address    string

	mu                sync.Mutex
	successes, errors map[string]int // by operation
}

func newCallJudge(t *testing.T, document []byte, target string) *callJudge {
	t.Helper()
	j := &callJudge{t: t, operations: routes(t, document), target: target, successes: map[string]int{}, errors: map[string]int{}}
	server := httptest.NewServer(j)
	t.Cleanup(server.Close)
	j.address = strings.TrimPrefix(server.URL, "http://")
	return j
}

func routes(t *testing.T, document []byte) (all []routers.Route) {
	t.Helper()
	d, err := openapi3.NewLoader().LoadFromData(document)
	must(t, err)
	must(t, d.Validate(t.Context()))
	for path, item := range d.Paths.Map() {
		for verb, op := range item.Operations() {
			all = append(all, routers.Route{Spec: d, Path: path, PathItem: item, Method: verb, Operation: op})
		}
	}
	return all
}

func (j *callJudge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		j.t.Error(err)
	}
	onward := r.Clone(r.Context())
	onward.URL = &url.URL{Scheme: "http", Host: j.target, Opaque: r.RequestURI}
	onward.RequestURI, onward.Body = "", io.NopCloser(bytes.NewReader(sent))
	onward.Header.Del("Accept-Encoding") // what was compressed arrives unpacked
	answer, err := http.DefaultTransport.RoundTrip(onward)
	if err != nil {
		j.t.Error(err)
		panic(http.ErrAbortHandler)
	}
	defer func() { _ = answer.Body.Close() }()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		j.t.Error(err)
	}
	if strings.HasPrefix(r.URL.Path, "/api/v2/") {
		j.judge(r, sent, answer, got)
	}
	maps.Copy(w.Header(), answer.Header)
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(got)
}

func (j *callJudge) judge(r *http.Request, sent []byte, answer *http.Response, got []byte) {
	operation, wrong := judgeCall(r.Context(), j.operations, r, sent, answer, got)
	for _, complaint := range wrong {
		j.t.Errorf("%s (%s %s, %d): %s", operation, r.Method, r.RequestURI, answer.StatusCode, complaint)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case wrong != nil:
	case answer.StatusCode < 300:
		j.successes[operation]++
	default:
		j.errors[operation]++
	}
}

// judgeCall names the operation of a call, and says what is wrong with it.
func judgeCall(ctx context.Context, operations []routers.Route, r *http.Request, sent []byte, answer *http.Response, got []byte) (operation string, wrong []string) {
	route, ids := routeOf(operations, r.Method, r.URL.EscapedPath())
	if route == nil {
		return "", []string{"the document has no such operation"}
	}
	options := &openapi3filter.Options{
		MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, RejectWhenRequestBodyNotSpecified: true,
		SkipSettingDefaults: true, ExcludeReadOnlyValidations: true, // what was read may be sent back
		SchemaValidationOptions: []openapi3.SchemaValidationOption{openapi3.EnableFormatValidation()},
	}
	complain := func(part string, err error) {
		var several openapi3.MultiError
		if errors.As(err, &several) {
			for _, one := range several {
				wrong = append(wrong, part+": "+firstLine(one))
			}
		} else if err != nil {
			wrong = append(wrong, part+": "+firstLine(err))
		}
	}
	request := r.Clone(ctx)
	request.Body = io.NopCloser(bytes.NewReader(sent))
	if len(sent) == 0 {
		request.Body = http.NoBody
	}
	call := &openapi3filter.RequestValidationInput{Request: request, PathParams: ids, Route: route, Options: options}
	if answer.StatusCode < 300 {
		complain("request", openapi3filter.ValidateRequest(ctx, call))
	}
	described := route.Operation.Responses.Status(answer.StatusCode)
	switch {
	case described == nil && answer.StatusCode < 400:
		return route.Operation.OperationID, append(wrong, "the document does not know the status")
	case described == nil:
		described = route.Operation.Responses.Default()
	}
	if len(described.Value.Content) == 0 && len(got) > 0 {
		wrong = append(wrong, "the document knows no body")
	}
	complain("answer", openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: call, Status: answer.StatusCode, Header: answer.Header, Body: io.NopCloser(bytes.NewReader(got)), Options: options,
	}))
	return route.Operation.OperationID, wrong
}

// routeOf finds an operation, and the values of the variables in its path.
func routeOf(operations []routers.Route, verb, path string) (*routers.Route, map[string]string) {
	var found *routers.Route
	best := -1
	for i, o := range operations {
		if literals := matches(o.Path, path); o.Method == verb && literals > best {
			found, best = &operations[i], literals
		}
	}
	if found == nil {
		return nil, nil
	}
	ids := map[string]string{}
	segments := strings.Split(path, "/")
	for i, s := range strings.Split(found.Path, "/") {
		if name, ok := strings.CutPrefix(s, "{"); ok {
			ids[strings.TrimSuffix(name, "}")], _ = url.PathUnescape(segments[i])
		}
	}
	return found, ids
}

// firstLine spares the reader the schema and the whole value.
func firstLine(err error) string {
	var schema *openapi3.SchemaError
	if errors.As(err, &schema) {
		return "/" + strings.Join(schema.JSONPointer(), "/") + ": " + schema.Reason
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// TestOwnErrorsAreAsOurDocumentSays makes calls that never get upstream: their
// answers are named by status, and their codes among the known ones.
func TestOwnErrorsAreAsOurDocumentSays(t *testing.T) {
	p := start(t, "", "--max-request-bytes=1KiB")
	document := servedDocument(t, p)
	operations := routes(t, strict(t, document))
	for _, c := range []struct {
		verb, uri, body string
		header          []string
		status          int
		code            string
	}{
		{"GET", "/api/v2/users?pageSize=many", "", nil, 400, "invalid_argument"},
		{"GET", "/api/v2/users/search", "", nil, 400, "invalid_argument"},
		{"GET", "/api/v2/users/u", "", []string{"Authorization", "Basic c2FuZGJveDpzYW5kYm94"}, 401, "bad_authorization"},
		{"PATCH", "/api/v2/users/u", strings.Repeat(" ", 2000), nil, 413, "request_too_large"},
	} {
		var body []byte
		if c.body != "" {
			body = []byte(c.body)
		}
		answer, got := p.rest(c.verb, c.uri, body, c.header...)
		if answer.StatusCode != c.status || lookUp(got, "/code") != "switchboard."+c.code {
			t.Errorf("%s %s: %d %s", c.verb, c.uri, answer.StatusCode, got)
		}
		r := httptest.NewRequest(c.verb, c.uri, strings.NewReader(c.body))
		route, _ := routeOf(operations, c.verb, r.URL.EscapedPath())
		described := route.Operation.Responses.Status(c.status)
		if described == nil || !strings.Contains(*described.Value.Description, "`switchboard."+c.code+"`") {
			t.Errorf("%s %s: the document has no %d with %s", c.verb, c.uri, c.status, c.code)
		}
		if !bytes.Contains(document, []byte(`"switchboard.`+c.code+`"`)) {
			t.Errorf("the document does not know the code %s", c.code)
		}
		for _, complaint := range second(judgeCall(t.Context(), operations, r, body, answer, got)) {
			t.Errorf("%s %s: %s", c.verb, c.uri, complaint)
		}
	}
}

// TestOurDocumentFitsAllThatTheFactsAllow makes random bodies and answers of every
// operation as the upstream's facts type them, with any members absent.
func TestOurDocumentFitsAllThatTheFactsAllow(t *testing.T) {
	operations, models := facts(t)
	document := servedDocument(t, start(t, ""))
	open, closed := routes(t, document), routes(t, strict(t, document))
	for i, op := range operations {
		m := newMaker(models, uint64(i)+1)
		for range 5 {
			m.seen = map[string]bool{}
			a := m.arguments(op)
			m.seen = map[string]bool{}
			status, answered := op.success(), []byte(nil)
			if op.Response.Type != "void" {
				answered = []byte(text(t, m.thinned(m.value(*op.Response))))
			}
			sent := []byte(nil)
			if op.Body != nil {
				sent = []byte(text(t, a.body))
			}
			uri := a.path
			if len(a.query) > 0 {
				uri += "?" + a.query.Encode()
			}
			r := httptest.NewRequest(op.Method, uri, bytes.NewReader(sent))
			r.Header.Set("Content-Type", "application/json")
			answer := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}}
			judge := func(by []routers.Route, what string) {
				for _, complaint := range second(judgeCall(t.Context(), by, r, sent, answer, answered)) {
					if !strings.HasPrefix(complaint, "request: ") || !strings.HasSuffix(complaint, " is missing") { // the maker leaves out members, too
						t.Errorf("%s%s: %s", op.Name, what, complaint)
					}
				}
			}
			judge(closed, "")
			// Newer than the document, and fine.
			if list, isList := bytes.CutPrefix(answered, []byte("{")); isList && !bytes.Equal(list, []byte("}")) {
				answered = append([]byte(`{"brandNew":[{}],`), list...)
				judge(open, ", with a new member")
			}
			if t.Failed() {
				break
			}
		}
	}
}

func second[A, B any](_ A, b B) B { return b }

// thinned leaves out members, here and below: a real answer may lack any.
func (m *maker) thinned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		thin := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if m.IntN(3) > 0 {
				thin[name] = m.thinned(v[name])
			}
		}
		return thin
	case []any:
		thin := make([]any, len(v))
		for i := range v {
			thin[i] = m.thinned(v[i])
		}
		return thin
	}
	return v
}

// What was recorded of the upstream fits.
func TestOurDocumentFitsWhatWasRecorded(t *testing.T) {
	const folder = "../../../shared/payloads/"
	document := strict(t, servedDocument(t, start(t, "")))
	operations := routes(t, document)
	for file, call := range map[string]string{
		"user_plain.json":                 "GET 200 /api/v2/users/u",
		"user_expanded.json":              "GET 200 /api/v2/users/u",
		"users_page_100.json":             "GET 200 /api/v2/users",
		"routing_status.json":             "GET 200 /api/v2/users/u/routingstatus",
		"analytics_user_details_100.json": "POST 200 /api/v2/analytics/users/details/query",
		"error_400.json":                  "GET 400 /api/v2/users/u",
		"error_404.json":                  "GET 404 /api/v2/users/u",
		"error_429.json":                  "GET 429 /api/v2/users/u",
	} {
		recorded, err := os.ReadFile(folder + file)
		if os.IsNotExist(err) {
			skipf(t, "what was recorded of the upstream is not beside this checkout")
		}
		must(t, err)
		var verb, path string
		var status int
		_, err = fmt.Sscan(call, &verb, &status, &path)
		must(t, err)
		sent := []byte(`{"interval":"2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"}`)
		if verb == http.MethodGet {
			sent = nil
		}
		r := httptest.NewRequest(verb, path, bytes.NewReader(sent))
		r.Header.Set("Content-Type", "application/json")
		answer := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}}
		for _, complaint := range second(judgeCall(t.Context(), operations, r, sent, answer, recorded)) {
			t.Errorf("%s: %s", file, complaint)
		}
	}
}

// The judge itself: each single slip in a good call is found, and what is only new
// is none.
func TestOurDocumentIsNotBlind(t *testing.T) {
	operations := routes(t, servedDocument(t, start(t, "")))
	const (
		user    = `{"id":"u","name":"Ann","version":3,"state":"active","skills":[{"id":"s","proficiency":3.5}],"dateLastLogin":"2026-08-20T04:35:23.391Z"}`
		change  = `{"version":3,"department":"R&D","state":"inactive","chat":{"jabberId":"j"},"addresses":[]}`
		problem = `{"message":"m","code":"not.found","status":404,"details":[],"errors":[]}`
	)
	patch := func(sent string, status int, got string) []string {
		r := httptest.NewRequest(http.MethodPatch, "/api/v2/users/u", strings.NewReader(sent))
		r.Header.Set("Content-Type", "application/json")
		answer := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}}
		return second(judgeCall(t.Context(), operations, r, []byte(sent), answer, []byte(got)))
	}
	for _, c := range []struct {
		name, sent, got string
		status          int
		good            bool
	}{
		{"a good call", change, user, 200, true},
		{"an unknown member", change, `{"id":"u","nickname":"A"}`, 200, true},
		{"an unknown value", change, `{"id":"u","state":"dozing"}`, 200, true},
		{"nothing but an id", change, `{"id":"u"}`, 200, true},
		{"a manager who is nothing but an id", change, `{"id":"u","manager":{"id":"m"}}`, 200, true},
		{"a null that clears a text", strings.Replace(change, `"R&D"`, "null", 1), user, 200, true},
		{"a null that clears a value", strings.Replace(change, `"inactive"`, "null", 1), user, 200, true},
		{"a null that clears an object", strings.Replace(change, `{"jabberId":"j"}`, "null", 1), user, 200, true},
		{"a value that is newer", strings.Replace(change, `"inactive"`, `"dozing"`, 1), user, 200, true},
		{"an error", change, problem, 404, true},
		{"an error with a status of its own", change, strings.Replace(problem, "404", "418", 1), 418, true},

		{"no version", `{"department":"R&D"}`, user, 200, false},
		{"a null for the version", `{"version":null}`, user, 200, false},
		{"a null for a list", strings.Replace(change, "[]", "null", 1), user, 200, false},
		{"no body", "", user, 200, false},
		{"a text for a number in the body", `{"version":"3"}`, user, 200, false},
		{"a text for a number", change, `{"version":"3"}`, 200, false},
		{"a number for a text", change, `{"name":3}`, 200, false},
		{"a number for a known value", change, `{"state":3}`, 200, false},
		{"an object for a list", change, `{"skills":{}}`, 200, false},
		{"a fraction for a whole number", change, `{"version":3.5}`, 200, false},
		{"a number beyond its type", change, `{"version":2147483648}`, 200, false},
		{"a null", change, `{"name":null}`, 200, false},
		{"a day that there is not", change, `{"dateLastLogin":"2026-13-45T04:35:23.391Z"}`, 200, false},
		{"milliseconds for a time", change, `{"dateLastLogin":1787200523391}`, 200, false},
		{"a list", change, `[]`, 200, false},
		{"no JSON", change, `{"id"`, 200, false},
		{"another status of success", change, user, 201, false},
		{"a redirect", change, "", 302, false},
		{"an error that is a text", change, `"no"`, 404, false},
	} {
		switch wrong := patch(c.sent, c.status, c.got); {
		case c.good && wrong != nil:
			t.Errorf("%s: %q", c.name, wrong)
		case !c.good && wrong == nil:
			t.Errorf("%s passed", c.name)
		}
	}
}
