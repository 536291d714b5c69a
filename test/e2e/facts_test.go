package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// The facts, read with nothing but encoding/json.
type (
	fact struct {
		Name, RPC, Method, Path string
		Params                  []param
		Body, Response          *kind
	}
	param struct {
		Name, In, Type string
		Repeated       bool
		Required       bool
		Values         []string
	}
	kind struct {
		Name, Type, Message, Argument string
		Repeated, Map, MapOfLists     bool
		Required, ReadOnly            bool
		Values                        []string
	}
)

// success is the status that the upstream answers with when all is well. The facts
// name none; the vendor says elsewhere that it accepts the writes of stations.
func (f fact) success() int {
	switch {
	case f.Response.Type != "void":
		return http.StatusOK
	case strings.Contains(f.Path, "/associatedstation") || strings.Contains(f.Path, "/defaultstation"):
		return http.StatusAccepted
	}
	return http.StatusNoContent
}

// factsFolder holds what is known of the upstream, beside a checkout.
const factsFolder = "../../../shared/facts/"

// facts are the operations and models, which stay outside the project.
func facts(t *testing.T) (operations []fact, models map[string][]kind) {
	t.Helper()
	for name, into := range map[string]any{"operations.json": &operations, "models.json": &models} {
		text, err := os.ReadFile(factsFolder + name)
		if err != nil {
			skipf(t, "the upstream's facts are not beside this checkout (%v)", err)
		}
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	return operations, models
}

// maker makes random values as the facts type them, in the form of decoded JSON.
type maker struct {
	*rand.Rand
	models map[string][]kind
	seen   map[string]bool // messages made in full already: again they get scalars only
}

func newMaker(models map[string][]kind, seed uint64) *maker {
	return &maker{rand.New(rand.NewPCG(seed, seed)), models, map[string]bool{}}
}

func (m *maker) text() string {
	const letters = "abcXYZ019 _-.~+&=%/?#,;:@é世\"\\<>'😀"
	runes := []rune(letters)
	b := []rune{'t'}
	for range m.IntN(12) {
		b = append(b, runes[m.IntN(len(runes))])
	}
	return string(b)
}

func (m *maker) value(k kind) any {
	one := k
	one.Repeated, one.Map, one.MapOfLists = false, false, false
	switch {
	case k.MapOfLists:
		return map[string]any{m.text(): []any{m.text(), m.text()}, "k": []any{}}
	case k.Map:
		return map[string]any{m.text(): m.value(one), "key": m.value(one)}
	case k.Repeated:
		list := []any{}
		for range 1 + m.IntN(2) {
			list = append(list, m.value(one))
		}
		return list
	case k.Message != "":
		return m.message(k.Message)
	}
	switch k.Type {
	case "string", "date":
		return m.text()
	case "int32":
		return number(int64(int32(m.Uint32())))
	case "int64":
		return number(int64(m.Uint64())) // mostly beyond 2^53
	case "float":
		return json.Number(strconv.FormatFloat(float64(m.IntN(1000))/4, 'g', -1, 64))
	case "double":
		return json.Number(strconv.FormatFloat(m.NormFloat64()*1e6, 'g', -1, 64))
	case "bool":
		return m.IntN(2) == 0
	case "date-time":
		return time.UnixMilli(m.Int64N(4e12)).UTC().Format("2006-01-02T15:04:05.000Z")
	case "enum":
		return k.Values[m.IntN(len(k.Values))]
	case "any", "object":
		return map[string]any{m.text(): m.text(), "n": number(int64(m.IntN(1000))), "z": nil, "l": []any{true, map[string]any{}}}
	}
	panic("the facts have a new type: " + k.Type)
}

func (m *maker) message(name string) map[string]any {
	if m.models[name] == nil {
		panic("the facts have no model " + name)
	}
	full := !m.seen[name]
	m.seen[name] = true
	object := map[string]any{}
	for _, f := range m.models[name] {
		if f.Message == "" || full {
			object[f.Name] = m.value(f)
		}
	}
	return object
}

func number(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }

// arguments are the random arguments of one call.
type arguments struct {
	path  string // as it must arrive
	ids   map[string]string
	query url.Values
	body  any // nil: none
}

func (m *maker) arguments(op fact) arguments {
	a := arguments{path: op.Path, ids: map[string]string{}, query: url.Values{}}
	for _, p := range op.Params {
		switch p.In {
		case "path":
			id := m.text()
			a.ids[p.Name] = id
			a.path = strings.Replace(a.path, "{"+p.Name+"}", segment(id), 1)
		case "query":
			n := 1
			if p.Repeated {
				n = 1 + m.IntN(3)
			}
			for range n {
				a.query.Add(p.Name, fmt.Sprint(m.value(kind{Type: p.Type, Values: p.Values})))
			}
		}
	}
	if op.Body != nil {
		a.body = m.value(*op.Body)
	}
	return a
}

func TestEveryOperationOverGRPC(t *testing.T) {
	operations, models := facts(t)
	up := newUpstream(t)
	p := start(t, up.URL)
	conn := p.dial()
	good := 0
	for i, op := range operations {
		m := newMaker(models, uint64(i)+1)
		a := m.arguments(op)
		md := method(t, op.RPC)
		request := newMessage(md.Input())
		for name, id := range a.ids {
			setJSON(t, request, name, id)
		}
		for _, q := range op.Params {
			if q.In == "query" {
				setJSON(t, request, q.Name, queryValue(q, a.query[q.Name]))
			}
		}
		if op.Body != nil {
			setJSON(t, request, op.Body.Argument, a.body)
		}
		m.seen = map[string]bool{}
		answer, want := "", any(nil)
		if op.Response.Type != "void" {
			want = m.value(*op.Response)
			answer = text(t, want)
		}
		up.reply(http.StatusOK, answer)
		response := newMessage(md.Output())
		if err := conn.Invoke(within(t), fullMethod(md), request.Interface(), response.Interface()); err != nil {
			t.Errorf("%s: %v", op.RPC, err)
			continue
		}
		r := up.one(t)
		ok := r.verb == op.Method && r.path == a.path
		if !ok {
			t.Errorf("%s: the upstream got %s %s, want %s %s", op.RPC, r.verb, r.path, op.Method, a.path)
		}
		if got, err := url.ParseQuery(r.query); err != nil || !reflect.DeepEqual(got, a.query) {
			t.Errorf("%s: query %q (%v), want %v", op.RPC, r.query, err, a.query)
			ok = false
		}
		if a.body == nil && len(r.body) > 0 || a.body != nil && !sameJSON(t, r.body, a.body) {
			t.Errorf("%s: body\n%s\nwant\n%s", op.RPC, r.body, text(t, a.body))
			ok = false
		}
		if got := r.header.Get("Authorization"); got != "Bearer "+serviceToken {
			t.Errorf("%s: Authorization %q", op.RPC, got)
			ok = false
		}
		got := readJSON(response)
		if op.Response.Repeated {
			got = got.(map[string]any)["items"]
		}
		if want != nil && !equal(got, want) {
			t.Errorf("%s: the answer became\n%s\nwant\n%s", op.RPC, text(t, got), text(t, want))
			ok = false
		}
		if ok {
			good++
		}
	}
	t.Logf("%d/%d operations over gRPC", good, len(operations))
	if good != len(operations) || good != 130 {
		t.Errorf("%d/%d operations over gRPC, want 130/130", good, len(operations))
	}
}

func TestEveryOperationOverREST(t *testing.T) {
	operations, models := facts(t)
	up := newUpstream(t)
	p := start(t, up.URL)
	good := 0
	for i, op := range operations {
		m := newMaker(models, uint64(i)+1000)
		a := m.arguments(op)
		query := a.query.Encode()
		if len(query) > 0 {
			query += "&newerParameter=0" // a client may be newer than the contract
		}
		uri := a.path
		if query != "" {
			uri += "?" + query
		}
		var body []byte
		if a.body != nil {
			body = []byte(" " + text(t, a.body) + "\n")
		}
		m.seen = map[string]bool{}
		status, answer := op.success(), ""
		if op.Response.Type != "void" {
			answer = text(t, m.value(*op.Response)) + "\n"
		}
		up.reply(status, answer)
		got, gotBody := p.rest(op.Method, uri, body)
		r := up.one(t)
		switch {
		case r.verb != op.Method || r.path != a.path || r.query != query:
			t.Errorf("%s: the upstream got %s %s?%s, want %s %s?%s", op.RPC, r.verb, r.path, r.query, op.Method, a.path, query)
		case string(r.body) != string(body):
			t.Errorf("%s: body %q, want %q", op.RPC, r.body, body)
		case got.StatusCode != status || string(gotBody) != answer:
			t.Errorf("%s: answer %d %q, want %d %q", op.RPC, got.StatusCode, gotBody, status, answer)
		case got.Header.Get("Inin-Correlation-Id") != "corr-1":
			t.Errorf("%s: headers %v", op.RPC, got.Header)
		default:
			good++
		}
	}
	t.Logf("%d/%d operations over REST", good, len(operations))
	if good != len(operations) || good != 130 {
		t.Errorf("%d/%d operations over REST, want 130/130", good, len(operations))
	}
}

func queryValue(p param, texts []string) any {
	var list []any
	for _, s := range texts {
		switch p.Type {
		case "int32":
			list = append(list, json.Number(s))
		case "bool":
			list = append(list, s == "true")
		default:
			list = append(list, s)
		}
	}
	if p.Repeated {
		return list
	}
	return list[0]
}

func TestHostileIDs(t *testing.T) {
	operations, models := facts(t)
	up := newUpstream(t)
	p := start(t, up.URL)
	conn := p.dial()
	calls := 0
	for i, op := range operations {
		md := method(t, op.RPC)
		for _, victim := range op.Params {
			if victim.In != "path" {
				continue
			}
			call := func(id string) error {
				a := newMaker(models, uint64(i)+1).arguments(op)
				request := newMessage(md.Input())
				for _, q := range op.Params {
					switch {
					case q.Name == victim.Name:
						setJSON(t, request, q.Name, id)
					case q.In == "path":
						setJSON(t, request, q.Name, "plain")
					case q.Required:
						setJSON(t, request, q.Name, queryValue(q, a.query[q.Name]))
					}
				}
				if op.Body != nil {
					setJSON(t, request, op.Body.Argument, a.body)
				}
				calls++
				return conn.Invoke(within(t), fullMethod(md), request.Interface(), newMessage(md.Output()).Interface())
			}
			field := string(md.Input().Fields().ByJSONName(victim.Name).Name())
			refused := []string{"", ".", "..", "a\x00", "\n", "\x7f", strings.Repeat("x", 1025)}
			for _, id := range append(refused, siblings(operations, op.Path, victim.Name)...) {
				err := call(id)
				if !refusedFor(err, field) {
					t.Errorf("%s with %s %.20q: %v, want INVALID_ARGUMENT for %s", op.RPC, victim.Name, id, err, field)
				}
				if got := up.take(); len(got) > 0 {
					t.Errorf("%s with %s %.20q: the upstream saw %s %s", op.RPC, victim.Name, id, got[0].verb, got[0].path)
				}
			}
			up.reply(http.StatusOK, least(op))
			for _, id := range []string{"a/b", "a?b=c", "a#b", "%", "%2e%2e", "a+b", "a b", "é世😀", "...", "a;b", "a:b", "../x"} {
				if err := call(id); err != nil {
					t.Errorf("%s with %s %q: %v", op.RPC, victim.Name, id, err)
					up.take()
					continue
				}
				want := op.Path
				for _, q := range op.Params {
					v := "plain"
					if q.Name == victim.Name {
						v = segment(id)
					}
					want = strings.Replace(want, "{"+q.Name+"}", v, 1)
				}
				if r := up.one(t); r.path != want || r.verb != op.Method {
					t.Errorf("%s with %s %q: %s %s, want %s", op.RPC, victim.Name, id, r.verb, r.path, want)
				}
			}
		}
	}
	t.Logf("%d hostile calls", calls)
}

// siblings are the literals that stand in the place of a variable in any other
// path below the same prefix, read from the facts alone.
func siblings(operations []fact, path, variable string) []string {
	parts := strings.Split(path, "/")
	at := slices.Index(parts, "{"+variable+"}")
	var found []string
	for _, other := range operations {
		o := strings.Split(other.Path, "/")
		if len(o) <= at || strings.HasPrefix(o[at], "{") || slices.Contains(found, o[at]) {
			continue
		}
		same := true
		for i := range at {
			same = same && (o[i] == parts[i] || strings.HasPrefix(o[i], "{") && strings.HasPrefix(parts[i], "{"))
		}
		if same {
			found = append(found, o[at])
		}
	}
	return found
}

func TestHostilePathsOverREST(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	for _, path := range []string{
		"/api/v2/users/", "/api/v2/users/.", "/api/v2/users/..", "/api/v2/users/%2e%2e", "/api/v2/users/%2E.", "/api/v2/users/%2e",
		"/api/v2/users/%00", "/api/v2/users/a%0ab", "/api/v2/users//state", "/api/v2/users/../state", "/api/v2/users/%2e%2e/state",
		"/api/v2/users/" + strings.Repeat("x", 1025), "/api/v2/users/%6de", "/api/v2/users/%ff",
	} {
		answer, body := p.rest(http.MethodGet, path, nil)
		var e struct {
			Code    string
			Status  int
			Details []struct{ FieldName string }
		}
		if err := json.Unmarshal(body, &e); err != nil || answer.StatusCode != 400 || e.Status != 400 || e.Code != "switchboard.invalid_argument" || len(e.Details) != 1 || e.Details[0].FieldName != "user_id" {
			t.Errorf("%.60s: %d %s", path, answer.StatusCode, body)
		}
	}
	if got := up.take(); len(got) > 0 {
		t.Errorf("the upstream saw %+v", got)
	}
	for path, want := range map[string]string{
		"/api/v2/users/me":                      "/api/v2/users/me", // the literal wins
		"/api/v2/users/a%2Fb":                   "/api/v2/users/a%2Fb",
		"/api/v2/users/a%252Fb":                 "/api/v2/users/a%252Fb",
		"/api/v2/users/a%3Fb%3Dc":               "/api/v2/users/a%3Fb%3Dc",
		"/api/v2/users/a:b":                     "/api/v2/users/a%3Ab",
		"/api/v2/users/externalid/bulk/me":      "/api/v2/users/externalid/bulk/me",
		"/api/v2/users/u/customattributes/bulk": "/api/v2/users/u/customattributes/bulk",
	} {
		query := ""
		if strings.HasSuffix(path, "customattributes/bulk") {
			query = "?schemaIds=s"
		}
		if answer, body := p.rest(http.MethodGet, path+query, nil); answer.StatusCode != 200 {
			t.Errorf("%s: %d %s", path, answer.StatusCode, body)
			continue
		}
		if r := up.one(t); r.path != want {
			t.Errorf("%s became %s, want %s", path, r.path, want)
		}
	}
}

// segment is an id as the vendor's SDK for JavaScript puts it into a path.
func segment(id string) string {
	return strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(url.QueryEscape(id))
}

func fullMethod(md protoreflect.MethodDescriptor) string {
	return "/" + string(md.Parent().FullName()) + "/" + string(md.Name())
}
