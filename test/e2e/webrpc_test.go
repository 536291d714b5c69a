package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

const getUser = "/genesyscloud.users.v1.UsersService/GetUser"

// rpc posts a message to the REST port as a client of Connect or gRPC-Web does.
func (p *process) rpc(method, kind string, body []byte, header ...string) (*http.Response, []byte) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(within(p.t), http.MethodPost, "http://"+p.HTTP+method, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer, text
}

func TestConnectByHand(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	up.reply(http.StatusOK, `{"id":"u1","name":"Ada"}`)
	for _, kind := range []string{"application/json", "application/json; charset=utf-8", "", "application/x-www-form-urlencoded"} {
		answer, body := p.rpc(getUser, kind, []byte(`{"userId":"u1","expand":["skills"]}`), "X-Request-Id", "id-1", "Authorization", "Bearer mine")
		if answer.StatusCode != 200 || string(compact(t, body)) != `{"id":"u1","name":"Ada"}` || answer.Header.Get("X-Request-Id") != "id-1" || answer.Header.Get("X-Upstream-Status") != "200" {
			t.Errorf("%q: %d %s %v", kind, answer.StatusCode, body, answer.Header)
		}
		if r := up.one(t); r.verb != "GET" || r.path != "/api/v2/users/u1" || r.query != "expand=skills" || r.header.Get("Authorization") != "Bearer mine" {
			t.Errorf("%q: the upstream got %+v", kind, r)
		}
	}
	// A call without side effects may be a GET, which caches and browsers like.
	answer, body := p.rest(http.MethodGet, getUser+"?connect=v1&encoding=json&message="+url.QueryEscape(`{"userId":"u1"}`), nil)
	if answer.StatusCode != 200 || string(compact(t, body)) != `{"id":"u1","name":"Ada"}` {
		t.Errorf("GET: %d %s", answer.StatusCode, body)
	}
	up.take()
	for name, test := range map[string]struct {
		kind, body string
		status     int
		code       string
	}{
		"a member that is not known": {"application/json", `{"userId":"u1","nick":"x"}`, 400, "invalid_argument"},
		"no JSON":                    {"application/json", `{"userId":`, 400, "invalid_argument"},
		"what the contract refuses":  {"application/json", `{"userId":""}`, 400, "invalid_argument"},
		"another type":               {"text/plain", `{"userId":"u1"}`, 415, ""},
	} {
		answer, body := p.rpc(getUser, test.kind, []byte(test.body))
		var got struct{ Code string }
		_ = json.Unmarshal(body, &got)
		if answer.StatusCode != test.status || got.Code != test.code {
			t.Errorf("%s: %d %s", name, answer.StatusCode, body)
		}
		if all := up.take(); len(all) != 0 {
			t.Errorf("%s: went upstream", name)
		}
	}
	up.reply(http.StatusNotFound, `{"message":"no such user","code":"user.not.found","status":404}`)
	answer, body = p.rpc(getUser, "application/json", []byte(`{"userId":"u1"}`))
	var failed struct {
		Code, Message string
		Details       []struct{ Type string }
	}
	if err := json.Unmarshal(body, &failed); err != nil || answer.StatusCode != 404 || failed.Code != "not_found" || len(failed.Details) == 0 || failed.Details[0].Type != "google.rpc.ErrorInfo" {
		t.Errorf("%d %s", answer.StatusCode, body)
	}
	if answer, _ := p.rpc("/genesyscloud.users.v1.UsersService/NoSuchMethod", "application/json", []byte(`{}`)); answer.StatusCode != 404 {
		t.Errorf("an unknown method: %d", answer.StatusCode)
	}
}

func compact(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return b.Bytes()
}

// gRPC-Web is gRPC's frames, and the trailer in a frame of its own.
func TestGRPCWeb(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	up.reply(http.StatusOK, `{"id":"u1","name":"Ada","novelty":1}`)
	wire, err := proto.Marshal(&usersv1.GetUserRequest{UserId: "u1"})
	must(t, err)
	answer, body := p.rpc(getUser, "application/grpc-web+proto", append([]byte{0, 0, 0, 0, byte(len(wire))}, wire...), "X-Grpc-Web", "1")
	if answer.StatusCode != 200 || len(body) < 5 {
		t.Fatalf("%d %q", answer.StatusCode, body)
	}
	size := int(body[3])<<8 + int(body[4])
	var user usersv1.User
	must(t, proto.Unmarshal(body[5:5+size], &user))
	trailer := strings.ToLower(string(body[5+size:]))
	if user.GetName() != "Ada" || !strings.Contains(trailer, "grpc-status: 0") && !strings.Contains(trailer, "grpc-status:0") || !strings.Contains(trailer, "x-contract-drift") {
		t.Errorf("%v, trailer %q", &user, trailer)
	}
}

// What a client gets over Connect is what it gets over gRPC, for every answer that
// the sandbox gives to a call that needs nothing.
func TestConnectAnswersAreThoseOfGRPC(t *testing.T) {
	p := start(t, "")
	conn := p.dial()
	n := 0
	operations, err := operation.Compile(protoregistry.GlobalFiles, "genesyscloud.users.v1")
	must(t, err)
	for _, op := range operations.All() {
		request := op.NewRequest()
		if op.Verb != http.MethodGet || strings.Contains(op.Template, "{") || op.Name == "GetAnalyticsUsersDetailsJobsAvailability" {
			continue // the last tells the time
		}
		name := strings.ReplaceAll(op.FullMethod[1:], "/", ".")
		method, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
		must(t, err)
		answer := newMessage(method.(protoreflect.MethodDescriptor).Output()).Interface()
		var header metadata.MD
		overGRPC := conn.Invoke(within(t), op.FullMethod, request, answer, grpc.Header(&header))
		got, body := p.rpc(op.FullMethod, "application/json", []byte(`{}`))
		if (overGRPC == nil) != (got.StatusCode == 200) {
			t.Errorf("%s: gRPC %v, Connect %d %s", op.Name, overGRPC, got.StatusCode, body)
			continue
		}
		if overGRPC != nil {
			continue
		}
		n++
		overConnect := answer.ProtoReflect().New().Interface()
		if err := protojson.Unmarshal(body, overConnect); err != nil || !proto.Equal(answer, overConnect) {
			t.Errorf("%s: %v, the answers differ", op.Name, err)
		}
	}
	if n < 10 {
		t.Errorf("only %d were compared", n)
	}
}

func TestConnectIsBounded(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL, "--max-request-bytes=64KiB")
	large := []byte(`{"userId":"u1","expand":["` + strings.Repeat("x", 100<<10) + `"]}`)
	if answer, body := p.rpc(getUser, "application/json", large); answer.StatusCode == 200 || len(up.take()) != 0 {
		t.Errorf("a large request: %d %s", answer.StatusCode, body)
	}
	var bomb bytes.Buffer
	zip := gzip.NewWriter(&bomb)
	_, _ = zip.Write(bytes.Repeat([]byte(" "), 64<<20))
	_ = zip.Close()
	if answer, body := p.rpc(getUser, "application/json", bomb.Bytes(), "Content-Encoding", "gzip"); answer.StatusCode == 200 || len(up.take()) != 0 {
		t.Errorf("a bomb: %d %s", answer.StatusCode, body)
	}
	if answer, _ := p.rpc(getUser, "application/json", []byte(`{"userId":"u1"}`)); answer.StatusCode != 200 {
		t.Errorf("the next call: %d", answer.StatusCode)
	}
}
