package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTheVendorsSDKWorksUnchanged calls every operation with the vendor's own
// JavaScript SDK twice, directly and through the server, which differ in nothing
// but the SDK's gateway setting: what reaches the upstream and what the
// application gets are to be equal, in success and in every kind of error.
func TestTheVendorsSDKWorksUnchanged(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL, "--http-api-prefix=/genesys", "--http-login-prefix=/login")
	sdk := startSDK(t)
	direct := sdk.client(map[string]any{"host": "127.0.0.1", "protocol": "http", "port": portOf(t, strings.TrimPrefix(up.URL, "http://"))})
	through := sdk.client(map[string]any{
		"host": "127.0.0.1", "protocol": "http", "port": portOf(t, p.HTTP),
		"path_params_api": "genesys", "path_params_login": "login",
	})
	for _, client := range []int{direct, through} {
		if got := sdk.login(client, clientID, clientSecret); got.Token != serviceToken {
			t.Fatalf("the login grant gave %+v", got)
		}
	}
	if got := sdk.login(through, clientID, "wrong"); got.Error == "" {
		t.Errorf("a wrong secret gave %+v", got)
	}
	sdk.login(through, clientID, clientSecret)

	answers := sdkAnswers()
	body := map[string]any{"name": "Zoë 😀", "brandNew": map[string]any{"list": []any{1, nil, "x"}}, "empty": nil}
	equal := map[string]bool{}
	for _, op := range documented(t, p) {
		equal[op.name] = true
		for _, a := range answers {
			up.reply(a.status, a.body, a.header...)
			var requests [2]recorded
			var results [2]sdkResult
			for i, client := range []int{direct, through} {
				results[i] = sdk.call(client, op, body)
				got := up.take()
				if len(got) != 1 || results[i].Status != a.status {
					t.Fatalf("%s, %d: the upstream got %d requests, the SDK got %+v", op.name, a.status, len(got), results[i])
				}
				requests[i] = got[0].comparable()
			}
			if diff := cmp.Diff(requests[0], requests[1], cmp.AllowUnexported(recorded{})); diff != "" {
				t.Errorf("%s, %d: the requests differ (-direct +through):\n%s", op.name, a.status, diff)
				equal[op.name] = false
			}
			if diff := cmp.Diff(results[0], results[1]); diff != "" {
				t.Errorf("%s, %d: the results differ (-direct +through):\n%s", op.name, a.status, diff)
				equal[op.name] = false
			}
		}
	}
	report(t, equal)
}

// report prints how many operations are equal, apart for those of the first
// document and the newer ones where the facts tell them apart.
func report(t *testing.T, equal map[string]bool) {
	sets := map[string]string{}
	var operations []struct{ Name, Set string }
	if text, err := os.ReadFile(factsFolder + "operations.json"); err == nil {
		must(t, json.Unmarshal(text, &operations))
	}
	for _, op := range operations {
		sets[op.Name] = op.Set
		if _, ok := equal[op.Name]; !ok {
			t.Errorf("%s was not called", op.Name)
		}
	}
	passed, all := map[string]int{}, map[string]int{}
	for name, ok := range equal {
		all[sets[name]]++
		if ok {
			passed[sets[name]]++
		}
	}
	for set, n := range all {
		t.Logf("%d/%d %s operations are the same through the server as directly", passed[set], n, set)
	}
}

type sdkAnswer struct {
	status int
	body   string
	header []string
}

func sdkAnswers() []sdkAnswer {
	limits := []string{"Inin-Ratelimit-Count", "7", "Inin-Ratelimit-Allowed", "300", "Inin-Ratelimit-Reset", "51", "ETag", `"7"`, "Cache-Control", "no-cache"}
	answers := []sdkAnswer{
		{200, `{"zebra":1,"apple":{"brandNew":[null,{}]},"state":"dozing","name":"Zoë 😀 \u00e9","big":9007199254740993}`, limits},
		{202, `{"jobId":"j"}`, append(limits, "Location", "/api/v2/x/j")},
		{204, "", limits},
	}
	for status, code := range map[int]string{
		400: "bad.request", 401: "authentication.required", 403: "missing.permissions", 404: "not.found", 409: "general.conflict",
		412: "precondition.failed", 429: "too.many.requests.retry.after", 500: "internal.server.error", 503: "service.unavailable",
	} {
		header := limits
		if status == 429 || status == 503 {
			header = append(header, "Retry-After", "3")
		}
		answers = append(answers, sdkAnswer{status, fmt.Sprintf(
			`{"message":"Nö","code":%q,"status":%d,"contextId":"c","details":[{"errorCode":"x","brandNew":1}],"errors":[],"messageParams":{"a":"b"}}`, code, status), header})
	}
	return answers
}

// comparable leaves out what may differ: by which program and in which coding of
// the connection a request comes is not the API's business.
func (r recorded) comparable() recorded {
	kept := http.Header{}
	for _, name := range []string{"Authorization", "Accept", "Purecloud-Sdk"} {
		if v := r.header[name]; v != nil {
			kept[name] = v
		}
	}
	if len(r.body) > 0 {
		kept["Content-Type"] = r.header["Content-Type"]
	}
	r.header = kept
	return r
}

// documentedOperation is an operation as the server's own document has it: the
// vendor's name of it, and the types of its parameters.
type documentedOperation struct {
	name    string
	types   map[string]string
	hasBody bool
}

func documented(t *testing.T, p *process) []documentedOperation {
	t.Helper()
	_, text := p.rest(http.MethodGet, "/openapi.json", nil)
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Parameters  []struct {
				Name   string
				Schema struct {
					Type  string
					Items struct{ Type string }
				}
			}
			RequestBody any
		}
	}
	must(t, json.Unmarshal(text, &document))
	var all []documentedOperation
	for _, verbs := range document.Paths {
		for _, op := range verbs {
			d := documentedOperation{name: op.OperationID, types: map[string]string{}, hasBody: op.RequestBody != nil}
			for _, parameter := range op.Parameters {
				d.types[parameter.Name] = parameter.Schema.Type
				if parameter.Schema.Items.Type == "integer" {
					d.types[parameter.Name] += " of integer"
				}
			}
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		t.Fatal("the server's document has no operations")
	}
	return all
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	must(t, err)
	n, err := strconv.Atoi(port)
	must(t, err)
	return n
}

// sdkProcess is a program with the vendor's SDK (test/sdk/drive.mjs).
type sdkProcess struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

type sdkResult struct {
	Error  string
	Client int
	Token  string

	Status  int
	Headers map[string]any
	Body    json.RawMessage
}

// startSDK installs the SDK, pinned with all it needs, and starts the program.
func startSDK(t *testing.T) *sdkProcess {
	t.Helper()
	const dir = "../sdk"
	if _, err := exec.LookPath("npm"); err != nil {
		needed(t, "there is no npm to install the vendor's SDK with")
	}
	install := exec.Command("npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund")
	install.Dir = dir
	if text, err := install.CombinedOutput(); err != nil {
		needed(t, "npm cannot install the vendor's SDK: %v\n%s", err, text)
	}
	node := exec.Command("node", "drive.mjs")
	node.Dir = dir
	node.Env = append(cleanEnv(), "HOME="+t.TempDir()) // the SDK looks for settings there
	node.Stderr = os.Stderr
	in, err := node.StdinPipe()
	must(t, err)
	out, err := node.StdoutPipe()
	must(t, err)
	must(t, node.Start())
	t.Cleanup(func() {
		_ = in.Close()
		if err := node.Wait(); err != nil {
			t.Error(err)
		}
	})
	return &sdkProcess{t, in, bufio.NewReader(out)}
}

// needed skips a test that lacks something, or fails it where nothing may be
// skipped: CI is set on a machine that is to have it all.
func needed(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf(format, args...)
	}
	skipf(t, format, args...)
}

func (s *sdkProcess) ask(request map[string]any) (result sdkResult) {
	s.t.Helper()
	must(s.t, json.NewEncoder(s.in).Encode(request))
	line, err := s.out.ReadBytes('\n')
	must(s.t, err)
	must(s.t, json.Unmarshal(line, &result))
	for name := range result.Headers {
		switch name { // those of a connection
		case "date", "content-length", "connection", "keep-alive", "vary", "x-request-id":
			delete(result.Headers, name)
		}
	}
	return result
}

func (s *sdkProcess) client(gateway map[string]any) int {
	s.t.Helper()
	made := s.ask(map[string]any{"gateway": gateway})
	if made.Error != "" {
		s.t.Fatal(made.Error)
	}
	return made.Client
}

func (s *sdkProcess) login(client int, id, secret string) sdkResult {
	return s.ask(map[string]any{"client": client, "login": []string{id, secret}})
}

func (s *sdkProcess) call(client int, op documentedOperation, body any) sdkResult {
	request := map[string]any{"client": client, "call": op.name, "types": op.types}
	if op.hasBody {
		request["body"] = body
	}
	return s.ask(request)
}
