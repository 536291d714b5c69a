package e2e

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// bare is a request of an operation with all that it must have but its body.
func bare(t *testing.T, m *maker, op fact) protoreflect.Message {
	t.Helper()
	request, a := newMessage(method(t, op.RPC).Input()), m.arguments(op)
	for _, q := range op.Params {
		switch {
		case q.In == "path":
			setJSON(t, request, q.Name, a.ids[q.Name])
		case q.Required:
			setJSON(t, request, q.Name, queryValue(q, a.query[q.Name]))
		}
	}
	return request
}

// least is the shortest answer that an operation may give.
func least(op fact) string {
	if op.Response.Repeated {
		return "[]"
	}
	return "{}"
}

func invoke(t *testing.T, conn *grpc.ClientConn, op fact, request protoreflect.Message) error {
	t.Helper()
	md := method(t, op.RPC)
	return conn.Invoke(within(t), fullMethod(md), request.Interface(), newMessage(md.Output()).Interface())
}

// A body that was forgotten is refused before anything is sent, since the
// upstream may take it for the wish to clear everything. A list, which protobuf
// cannot tell from none, is sent empty only to those who say so.
func TestForgottenBodiesAreRefused(t *testing.T) {
	operations, models := facts(t)
	up := newUpstream(t)
	p := start(t, up.URL)
	conn := p.dial()
	bodies, lists := 0, 0
	for i, op := range operations {
		if op.Body == nil {
			continue
		}
		bodies++
		m := newMaker(models, uint64(i)+1)
		body := method(t, op.RPC).Input().Fields().ByJSONName(op.Body.Argument)
		request := bare(t, m, op)
		if err := invoke(t, conn, op, request); !refusedFor(err, string(body.Name())) {
			t.Errorf("%s without its body: %v, want INVALID_ARGUMENT for %s", op.RPC, err, body.Name())
		}
		if got := up.take(); len(got) > 0 {
			t.Errorf("%s without its body: the upstream saw %s %q", op.RPC, got[0].verb, got[0].body)
		}
		if !op.Body.Repeated {
			continue
		}
		lists++
		setJSON(t, request, "emptyList", true)
		up.reply(http.StatusOK, least(op))
		if err := invoke(t, conn, op, request); err != nil {
			t.Errorf("%s with an empty list that is meant: %v", op.RPC, err)
		}
		if r := up.one(t); string(r.body) != "[]" || strings.Contains(r.query, "mpty") {
			t.Errorf("%s with an empty list that is meant: body %q, query %q", op.RPC, r.body, r.query)
		}
		setJSON(t, request, op.Body.Argument, m.value(*op.Body))
		if err := invoke(t, conn, op, request); !refusedFor(err, "empty_list") {
			t.Errorf("%s with a list that is said to be empty: %v, want INVALID_ARGUMENT for empty_list", op.RPC, err)
		}
		if got := up.take(); len(got) > 0 {
			t.Errorf("%s with a list that is said to be empty: the upstream saw %q", op.RPC, got[0].body)
		}
	}
	t.Logf("%d bodies, %d of them lists", bodies, lists)
	if bodies == 0 || lists != 8 {
		t.Errorf("%d bodies, %d of them lists, want 8", bodies, lists)
	}
}

// Over REST a body goes through as it is, and so does none.
func TestListBodiesOverRESTGoThroughAsTheyAre(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	up.reply(http.StatusOK, "")
	for _, body := range []string{"[]", `["r"]`, ""} {
		if answer, text := p.rest(http.MethodPut, "/api/v2/users/u/roles", []byte(body)); answer.StatusCode != http.StatusOK {
			t.Errorf("body %q: %d %s", body, answer.StatusCode, text)
			continue
		}
		if r := up.one(t); string(r.body) != body {
			t.Errorf("body %q arrived as %q", body, r.body)
		}
	}
}

// emptied is a body that holds nothing but one required text of the facts.
type emptied struct {
	field string // where it stands, as errors name it
	body  func(text string) any
}

// requiredTexts finds the required texts of a message, with all that it holds but
// for what answers hold, too: that must be good enough to send back.
func requiredTexts(models map[string][]kind, answered map[string]bool, md protoreflect.MessageDescriptor, seen map[string]bool) (found []emptied) {
	name := string(md.Name())
	if seen[name] {
		return nil
	}
	seen[name] = true
	for _, f := range models[name] {
		fd := md.Fields().ByJSONName(f.Name)
		switch {
		case f.ReadOnly || f.Map || f.MapOfLists:
		case f.Required && (f.Type == "string" || f.Type == "date") && !f.Repeated:
			found = append(found, emptied{string(fd.Name()), func(text string) any { return map[string]any{f.Name: text} }})
		case f.Message != "" && !answered[f.Message]:
			for _, inner := range requiredTexts(models, answered, fd.Message(), seen) {
				e := emptied{string(fd.Name()) + "." + inner.field, func(text string) any { return map[string]any{f.Name: inner.body(text)} }}
				if f.Repeated {
					e = emptied{string(fd.Name()) + "[0]." + inner.field, func(text string) any { return map[string]any{f.Name: []any{inner.body(text)}} }}
				}
				found = append(found, e)
			}
		}
	}
	return found
}

// answeredModels are the models that some operation answers.
func answeredModels(operations []fact, models map[string][]kind) map[string]bool {
	answered := map[string]bool{}
	var reach func(string)
	reach = func(name string) {
		if name == "" || answered[name] {
			return
		}
		answered[name] = true
		for _, f := range models[name] {
			reach(f.Message)
		}
	}
	for _, op := range operations {
		reach(op.Response.Message)
	}
	return answered
}

// A text that is required is not there when it is empty. One that is missing from
// a body is the upstream's to judge, since it often accepts less than it says.
func TestEmptyRequiredTextsAreRefused(t *testing.T) {
	operations, models := facts(t)
	answered := answeredModels(operations, models)
	up := newUpstream(t)
	p := start(t, up.URL)
	conn := p.dial()
	queries, texts := 0, 0
	for i, op := range operations {
		up.reply(http.StatusOK, least(op))
		m := newMaker(models, uint64(i)+1)
		input := method(t, op.RPC).Input()
		for _, q := range op.Params {
			if q.In != "query" || !q.Required || q.Type != "string" && q.Type != "enum" {
				continue
			}
			queries++
			request, name := bare(t, m, op), string(input.Fields().ByJSONName(q.Name).Name())
			setJSON(t, request, q.Name, queryValue(q, []string{""}))
			err := invoke(t, conn, op, request)
			if !refusedFor(err, name) && !refusedFor(err, name+"[0]") && !refusedFor(err, name+"[1]") {
				t.Errorf("%s with an empty %s: %v", op.RPC, name, err)
			}
			if answer, body := p.rest(op.Method, m.arguments(op).path+"?"+q.Name+"=", nil); answer.StatusCode != http.StatusBadRequest {
				t.Errorf("%s over REST with an empty %s: %d %s", op.RPC, q.Name, answer.StatusCode, body)
			}
			if got := up.take(); len(got) > 0 {
				t.Errorf("%s with an empty %s: the upstream saw %+v", op.RPC, name, got)
			}
		}
		if op.Body == nil || op.Body.Message == "" {
			continue
		}
		body := input.Fields().ByJSONName(op.Body.Argument)
		for _, e := range requiredTexts(models, answered, body.Message(), map[string]bool{}) {
			texts++
			call := func(v any) error {
				request := bare(t, m, op)
				if op.Body.Repeated {
					v = []any{v}
				}
				setJSON(t, request, op.Body.Argument, v)
				return invoke(t, conn, op, request)
			}
			field := string(body.Name()) + "." + e.field
			if op.Body.Repeated {
				field = string(body.Name()) + "[0]." + e.field
			}
			if err := call(e.body("")); !refusedFor(err, field) {
				t.Errorf("%s with an empty %s: %v", op.RPC, field, err)
			}
			if got := up.take(); len(got) > 0 {
				t.Errorf("%s with an empty %s: the upstream saw %q", op.RPC, field, got[0].body)
			}
			for _, good := range []any{e.body("x"), map[string]any{}} {
				if err := call(good); err != nil {
					t.Errorf("%s with %v: %v", op.RPC, good, err)
				}
				up.one(t)
			}
		}
	}
	t.Logf("%d required texts in queries, %d in bodies", queries, texts)
	if queries == 0 || texts == 0 {
		t.Error("the facts have no required text")
	}
}
