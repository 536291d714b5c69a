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
		up.reply(http.StatusOK, "")
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
