package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

func TestALoginIsPassedOnAsItCame(t *testing.T) {
	up := newUpstream(t)
	host := newUpstream(t) // the login host of these clients
	p := start(t, up.URL, "--login-url="+host.URL, "--http-login-prefix=/login")
	const form = "grant_type=client_credentials&scope=users+%2Fx"
	host.passLogins = true
	for _, answer := range []struct {
		status int
		body   string
	}{
		{200, `{"access_token":"callers-own-token","token_type":"bearer","expires_in":86399}`},
		{400, `{"error":"invalid_request","description":"rate limit exceeded"}`},
		{401, `{"error":"invalid_client","error_description":"no"}`},
	} {
		host.reply(answer.status, answer.body, "Retry-After", "7", "Set-Cookie", "session=1")
		got, text := p.rest(http.MethodPost, "/login/oauth/token", []byte(form),
			"Content-Type", "application/x-www-form-urlencoded", "Authorization", "Basic Y2FsbGVyOmNhbGxlcnMtc2VjcmV0", "X-Other", "1")
		if got.StatusCode != answer.status || string(text) != answer.body || got.Header.Get("Retry-After") != "7" ||
			got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("Set-Cookie") != "" {
			t.Errorf("got %d %v %s, want %v", got.StatusCode, got.Header, text, answer)
		}
		sent := host.one(t)
		if sent.verb != "POST" || sent.path != "/oauth/token" || string(sent.body) != form ||
			sent.header.Get("Authorization") != "Basic Y2FsbGVyOmNhbGxlcnMtc2VjcmV0" ||
			sent.header.Get("Content-Type") != "application/x-www-form-urlencoded" || sent.header.Get("X-Other") != "" {
			t.Errorf("the login host got %+v", sent)
		}
	}
	got, text := p.rest(http.MethodPost, "/login/oauth/token", make([]byte, 64<<10+1))
	if got.StatusCode != http.StatusRequestEntityTooLarge || len(host.take()) > 0 {
		t.Errorf("a body over the bound: %d %s", got.StatusCode, text)
	}
	got, text = p.rest(http.MethodGet, "/login/oauth/token", nil)
	if got.StatusCode != http.StatusMethodNotAllowed || got.Header.Get("Allow") != "POST" {
		t.Errorf("GET: %d %v %s", got.StatusCode, got.Header, text)
	}
	for _, secret := range []string{"callers-own-token", "Y2FsbGVyOmNhbGxlcnMtc2VjcmV0", "callers-secret"} {
		if strings.Contains(p.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	host.Close()
	got, text = p.rest(http.MethodPost, "/login/oauth/token", []byte(form))
	if got.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(text), "switchboard.upstream_unreachable") {
		t.Errorf("without a login host: %d %s", got.StatusCode, text)
	}
}

func TestLoginsCanBeSwitchedOff(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL, "--http-login=false")
	got, text := p.rest(http.MethodPost, "/oauth/token", []byte("grant_type=client_credentials"))
	if got.StatusCode != http.StatusNotFound || !strings.Contains(string(text), "switchboard.login_off") {
		t.Errorf("got %d %s", got.StatusCode, text)
	}
}

func TestTheAPICanBeBelowAPrefix(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL, "--http-api-prefix=/team/genesys/")
	if got, text := p.rest(http.MethodGet, "/team/genesys/api/v2/users/a%2Fb?expand=a,b", nil); got.StatusCode != 200 {
		t.Fatalf("got %d %s", got.StatusCode, text)
	}
	if sent := up.one(t); sent.path != "/api/v2/users/a%2Fb" || sent.query != "expand=a,b" {
		t.Errorf("the upstream got %+v", sent)
	}
	for _, path := range []string{"/api/v2/users/a", "/team/genesysapi/v2/users/a", "/team/genesys", "/team%2Fgenesys/api/v2/users/a", "/TEAM/genesys/api/v2/users/a"} {
		got, text := p.rest(http.MethodGet, path, nil)
		if got.StatusCode != http.StatusNotFound || !strings.Contains(string(text), `"message":"the API is below /team/genesys/api/v2/ here"`) {
			t.Errorf("%s: %d %s", path, got.StatusCode, text)
		}
	}
	if sent := up.take(); len(sent) > 0 {
		t.Errorf("the upstream got %+v", sent)
	}
}

func TestPagesOfListedOriginsMayCall(t *testing.T) {
	up := newUpstream(t)
	up.reply(200, `{}`, "ETag", `"1"`)
	p := start(t, up.URL, "--http-cors-origins=https://desk.corp")
	const path, name = "/api/v2/users/u", "Access-Control-Allow-Origin"
	preflight := func(origin string) *http.Response {
		got, _ := p.rest(http.MethodOptions, path, nil, "Origin", origin,
			"Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", "authorization,content-type")
		return got
	}
	got := preflight("https://desk.corp")
	if got.StatusCode != http.StatusNoContent || got.Header.Get(name) != "https://desk.corp" ||
		got.Header.Get("Access-Control-Allow-Methods") != "PATCH" || got.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: %d %v", got.StatusCode, got.Header)
	}
	if got := preflight("https://evil.corp"); got.Header.Get(name) != "" {
		t.Errorf("preflight of a stranger: %d %v", got.StatusCode, got.Header)
	}
	if sent := up.take(); len(sent) > 0 {
		t.Errorf("a preflight reached the upstream: %+v", sent)
	}
	got, _ = p.rest(http.MethodGet, path, nil, "Origin", "https://desk.corp")
	if got.Header.Get(name) != "https://desk.corp" || !strings.Contains(strings.ToLower(got.Header.Get("Access-Control-Expose-Headers")), "etag") {
		t.Errorf("call: %v", got.Header)
	}

	closed := start(t, up.URL)
	got, _ = closed.rest(http.MethodGet, path, nil, "Origin", "https://desk.corp")
	if got.Header.Get(name) != "" {
		t.Errorf("without the setting: %v", got.Header)
	}
}

func TestAnswersAreCompressedForClientsThatAsk(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	body := `{"entities":[` + strings.Repeat(`{"name":"Ann"},`, 999) + `{}]}`
	var packed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	_, err := io.WriteString(w, body)
	must(t, err)
	must(t, w.Close())
	plain := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
	compressed := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.Header.Get("Accept-Encoding") != "gzip" {
				t.Errorf("the upstream is asked for %q", r.Header.Get("Accept-Encoding"))
			}
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(status)
			_, _ = w.Write(packed.Bytes())
		}
	}
	for _, test := range []struct {
		name     string
		upstream http.HandlerFunc
		asks     string
		gzip     bool
		verbatim bool // the very bytes of the upstream
	}{
		{"a plain answer for one who asks", plain, "gzip, deflate", true, false},
		{"a plain answer for one who does not", plain, "identity", false, true},
		{"a compressed answer for one who asks", compressed(200), "br, gzip", true, true},
		{"a compressed answer for one who does not", compressed(200), "identity", false, false},
		{"a compressed error for one who asks", compressed(400), "gzip", true, false},
		{"a compressed error for one who does not", compressed(400), "identity", false, false},
	} {
		up.do(test.upstream)
		got, text := p.rest(http.MethodGet, "/api/v2/users", nil, "Accept-Encoding", test.asks)
		if zipped := got.Header.Get("Content-Encoding") == "gzip"; zipped != test.gzip || got.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %v", test.name, got.Header)
			continue
		}
		if test.verbatim && test.gzip && !bytes.Equal(text, packed.Bytes()) {
			t.Errorf("%s: it was packed again", test.name)
		}
		if test.gzip {
			r, err := gzip.NewReader(bytes.NewReader(text))
			must(t, err)
			text, err = io.ReadAll(r)
			must(t, err)
		}
		if string(text) != body {
			t.Errorf("%s: got %.80q", test.name, text)
		}
	}
	up.reply(200, `{}`)
	if got, _ := p.rest(http.MethodGet, "/api/v2/users/u", nil, "Accept-Encoding", "gzip"); got.Header.Get("Content-Encoding") != "" {
		t.Errorf("a few bytes are not worth it: %v", got.Header)
	}
}

func TestOnlyListedHeadersGoUpstream(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	p.rest(http.MethodGet, "/api/v2/users/u", nil,
		"Authorization", "Bearer callers", "Accept-Language", "de", "If-None-Match", `"1"`, "Purecloud-Sdk", "262.0.0",
		"Cookie", "a=b", "X-Forwarded-For", "1.2.3.4", "Grpc-Metadata-Authorization", "Bearer evil", "X-Http-Method-Override", "DELETE",
		"Connection", "X-Hop", "X-Hop", "1", "Accept-Encoding", "identity")
	sent := up.one(t)
	sent.header.Del("User-Agent")
	want := http.Header{
		"Authorization": {"Bearer callers"}, "Accept-Language": {"de"}, "If-None-Match": {`"1"`}, "Purecloud-Sdk": {"262.0.0"},
		"Accept": {"application/json"}, "Accept-Encoding": {"gzip"},
	}
	if diff := cmp.Diff(want, sent.header); diff != "" || sent.verb != http.MethodGet {
		t.Errorf("%s (-want +got):\n%s", sent.verb, diff)
	}
}

func TestRESTIsSpokenOverHTTP2WithoutTLS(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{
		Protocols: protocols,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	}}
	r, err := http.NewRequestWithContext(within(t), http.MethodGet, (&url.URL{Scheme: "http", Host: p.HTTP, Path: "/api/v2/users/u"}).String(), http.NoBody)
	must(t, err)
	got, err := client.Do(r)
	must(t, err)
	defer func() { _ = got.Body.Close() }()
	if got.ProtoMajor != 2 || got.StatusCode != 200 {
		t.Errorf("got %s %d", got.Proto, got.StatusCode)
	}
}

func TestBodiesArriveUnchangedInBothDirections(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	const odd = "{ \"zebra\":1,\"apple\" : 9007199254740993,\n\"big\":12345678901234567890123.50e2, \"state\":\"dozing\"," +
		"\"brandNew\":{\"z\":[null,{}],\"a\":\"\\u00e9é😀\\ud83d\\ude00\\/\"},\"name\":null,\"zebra\":2 }\n"
	up.reply(200, odd)
	for verb, path := range map[string]string{"PATCH": "/api/v2/users/u", "POST": "/api/v2/users", "PUT": "/api/v2/users/u/routingskills/bulk"} {
		got, text := p.rest(verb, path, []byte(odd))
		if got.StatusCode != 200 || string(text) != odd {
			t.Errorf("%s: the answer became %d %q", verb, got.StatusCode, text)
		}
		if sent := up.one(t); string(sent.body) != odd {
			t.Errorf("%s: the request became %q", verb, sent.body)
		}
	}
}

func TestTheSandboxAloneIsAnUpstream(t *testing.T) {
	alone := start(t, "", "sandbox", "--sandbox-users=7")
	url := "http://" + alone.HTTP
	p := start(t, "", "--upstream-url="+url, "--login-url="+url, "--client-id=sandbox", "--client-secret=sandbox")
	got, text := p.rest(http.MethodGet, "/api/v2/users?state=any", nil)
	if got.StatusCode != 200 || !strings.Contains(string(text), `"total":7`) {
		t.Errorf("through a server: %d %s", got.StatusCode, text)
	}
	if got, text := alone.rest(http.MethodPost, "/oauth/token", []byte("grant_type=client_credentials"),
		"Content-Type", "application/x-www-form-urlencoded", "Authorization", "Basic c2FuZGJveDp3cm9uZw=="); got.StatusCode != 401 {
		t.Errorf("a wrong secret: %d %s", got.StatusCode, text)
	}
	out, err := exec.CommandContext(t.Context(), binary, "sandbox", "--region=eu_central_1", "--client-id=a", "--client-secret=b").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "--region") || strings.Count(string(out), "\n") != 1 {
		t.Errorf("with an upstream: %v %s", err, out)
	}
}

// TestARequestTargetHoldsWhatItMay although HTTP/2 carries more than the upstream's
// HTTP/1.1 can: a space would end its request line.
func TestARequestTargetHoldsWhatItMay(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	h2c := &http.Transport{Protocols: new(http.Protocols)}
	h2c.Protocols.SetUnencryptedHTTP2(true)
	defer h2c.CloseIdleConnections()
	for sent, want := range map[string]string{
		"/api/v2/users/u?expand=a HTTP/1.1&q=1": "/api/v2/users/u?expand=a%20HTTP/1.1&q=1",
		"/api/v2/users/u?q=é|[1]\"<>":           "/api/v2/users/u?q=%C3%A9%7C%5B1%5D%22%3C%3E",
		"/api/v2/users/u?q=%C3%A9%7c,a+b":       "/api/v2/users/u?q=%C3%A9%7c,a+b",
		"/api/v2/users/a b":                     "/api/v2/users/a%20b?",
	} {
		r, err := http.NewRequestWithContext(within(t), http.MethodGet, "http://"+p.HTTP, http.NoBody)
		must(t, err)
		r.URL.Opaque = sent
		answer, err := h2c.RoundTrip(r)
		must(t, err)
		must(t, answer.Body.Close())
		all := up.take()
		if len(all) != 1 {
			t.Errorf("%s: the upstream got %d requests, the client %s", sent, len(all), answer.Status)
			continue
		}
		if got := all[0]; got.path+"?"+got.query != want || answer.StatusCode != http.StatusOK || answer.ProtoMajor != 2 {
			t.Errorf("%s arrived as %s?%s (%s)", sent, got.path, got.query, answer.Status)
		}
	}
}

// TestAnAnswerThatIsNoneIsAGatewaysError whether the client reads gzip or not.
func TestAnAnswerThatIsNoneIsAGatewaysError(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	users := usersv1.NewUsersServiceClient(p.dial())
	packed := func(n int) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := io.Copy(w, io.LimitReader(spaces{}, int64(n)))
		must(t, errors.Join(err, w.Close()))
		return b.String()
	}
	whole := packed(100)
	asGzip := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, body)
		}
	}
	answers := map[string]http.HandlerFunc{
		"no gzip": asGzip("{}"), "half": asGzip(whole[:len(whole)/2]), "garbage behind": asGzip(whole + "{}"), "a bomb": asGzip(packed(300 << 20)),
	}
	for _, odd := range []string{"000", "099", "101", "600", "999"} {
		answers["status "+odd] = raw("HTTP/1.1 " + odd + " Odd\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
	}
	for name, answer := range answers {
		up.do(answer)
		for _, coding := range []string{"identity", "gzip"} {
			if got, body := p.rest(http.MethodGet, "/api/v2/users/u", nil, "Accept-Encoding", coding); got.StatusCode != 502 || !strings.Contains(string(body), `"switchboard.bad_upstream_answer"`) {
				t.Errorf("%s, %s: %d %.200s", name, coding, got.StatusCode, body)
			}
		}
		if _, err := users.GetUser(within(t), &usersv1.GetUserRequest{UserId: "u"}); ownReason(err) != "BAD_UPSTREAM_ANSWER" {
			t.Errorf("%s over gRPC: %v", name, err)
		}
	}
}

// spaces is JSON's white space without an end.
type spaces struct{}

func (spaces) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

// TestALargeErrorKeepsItsStatus on both faces, with the beginning of its body.
func TestALargeErrorKeepsItsStatus(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL, "--max-inflight-bytes=32MiB", "--max-response-bytes=16MiB")
	users := usersv1.NewUsersServiceClient(p.dial())
	text := `{"message":"` + strings.Repeat("x", 40<<20)
	up.reply(409, text)
	if got, body := p.rest(http.MethodGet, "/api/v2/users/u", nil); got.StatusCode != 409 || string(body) != text[:64<<10] {
		t.Errorf("over REST: %d with %d bytes", got.StatusCode, len(body))
	}
	if _, err := users.GetUser(within(t), &usersv1.GetUserRequest{UserId: "u"}); status.Code(err) != codes.Aborted {
		t.Errorf("over gRPC: %v", err)
	}
}
