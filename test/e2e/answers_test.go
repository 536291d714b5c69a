package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

func TestEvery2xxIsASuccess(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	users := usersv1.NewUsersServiceClient(p.dial())
	for _, code := range []int{200, 201, 202, 204} {
		for _, body := range []string{"", `{"id":"u"}`} {
			if code == 204 && body != "" {
				continue
			}
			up.reply(code, body)
			var header metadata.MD
			u, err := users.GetUser(within(t), &usersv1.GetUserRequest{UserId: "u"}, grpc.Header(&header))
			switch {
			case body == "" && ownReason(err) != "BAD_UPSTREAM_ANSWER": // no empty user
				t.Errorf("%d without a body: %v, %v", code, u, err)
			case body != "" && (err != nil || u.Id == nil || first(header, "x-upstream-status") != strconv.Itoa(code)):
				t.Errorf("%d %q: %v, %v, %v", code, body, u, err, header)
			}
			answer, got := p.rest(http.MethodGet, "/api/v2/users/u", nil)
			if answer.StatusCode != code || string(got) != body {
				t.Errorf("REST %d %q: %d %q", code, body, answer.StatusCode, got)
			}
			u, err = users.PatchUser(within(t), &usersv1.PatchUserRequest{UserId: "u", Body: &usersv1.UpdateUser{}})
			if done := body != "" || code == 202 || code == 204; (err == nil) != done || (u.GetId() != "") != (body != "") {
				t.Errorf("a write, %d %q: %v, %v", code, body, u, err)
			}
		}
	}
}

func TestAPatchSendsWhatIsSetAndWhatTheMaskNames(t *testing.T) {
	up := newUpstream(t)
	users := usersv1.NewUsersServiceClient(start(t, up.URL).dial())
	for want, request := range map[string]*usersv1.PatchUserRequest{
		`{"title":"Boss"}`: {Body: &usersv1.UpdateUser{Title: proto.String("Boss")}},
		`{"title":""}`:     {Body: &usersv1.UpdateUser{Title: proto.String("")}},
		`{"version":3,"title":null,"addresses":[],"employerInfo":null}`: { // the version unnamed, the name not at all
			Body:       &usersv1.UpdateUser{Version: proto.Int32(3), Name: proto.String("Ann")},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title", "addresses", "employer_info"}},
		},
	} {
		request.UserId = "u"
		if _, err := users.PatchUser(within(t), request); err != nil {
			t.Error(err)
			continue
		}
		var v any
		dec := json.NewDecoder(strings.NewReader(want))
		dec.UseNumber()
		must(t, dec.Decode(&v))
		if r := up.one(t); !sameJSON(t, r.body, v) {
			t.Errorf("body %s, want %s", r.body, want)
		}
	}
	_, err := users.PatchUser(within(t), &usersv1.PatchUserRequest{
		UserId: "u", Body: &usersv1.UpdateUser{}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"tilte"}},
	})
	if !refusedFor(err, "update_mask") {
		t.Errorf("a misspelt mask path: %v", err)
	}
	if _, err := users.PatchUser(within(t), &usersv1.PatchUserRequest{UserId: "u"}); !refusedFor(err, "body") {
		t.Errorf("a PATCH without a body: %v", err)
	}
	if got := up.take(); len(got) > 0 {
		t.Errorf("the upstream saw %+v", got)
	}
}

func TestAnswersAreReadLenientlyAndNothingVanishesInSilence(t *testing.T) {
	up := newUpstream(t)
	users := usersv1.NewUsersServiceClient(start(t, up.URL).dial())
	up.reply(200, `{"id":null,"name":"Ann","version":3.0,"state":"dozing","brandNew":{"a":[1,{"b":null}]},"skills":[null],
		"certifications":[null,"x",null],"images":null,"manager":{"version":3e0,"brandNew":1}}`)
	var trailer metadata.MD
	u, err := users.GetUser(within(t), &usersv1.GetUserRequest{UserId: "u"}, grpc.Trailer(&trailer))
	must(t, err)
	if u.Id != nil || u.GetVersion() != 3 || u.GetManager().GetVersion() != 3 || u.GetState() != usersv1.User_STATE_UNRECOGNIZED ||
		len(u.GetSkills()) != 0 || fmt.Sprint(u.GetCertifications()) != "[x]" {
		t.Errorf("the answer became %v", u)
	}
	drift := strings.Join(trailer.Get("x-contract-drift"), "\n")
	for _, want := range []string{`"state"="dozing"`, `"brandNew"`} {
		if !strings.Contains(drift, want) {
			t.Errorf("the trailer does not tell of %s: %q", want, drift)
		}
	}

	up.reply(200, `{"entities":[],"total":9007199254740993}`)
	page, err := users.GetUsers(within(t), &usersv1.GetUsersRequest{})
	if err != nil || page.GetTotal() != 1<<53+1 {
		t.Errorf("2^53+1 became %d (%v)", page.GetTotal(), err)
	}
}

func TestAnswersThatAreOfNoUseAreInternalErrors(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL, "--max-response-bytes=1MiB")
	users := usersv1.NewUsersServiceClient(p.dial())
	for name, answer := range map[string]http.HandlerFunc{
		"truncated JSON": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"id":"u","name":"An`) },
		"cut connection": func(w http.ResponseWriter, _ *http.Request) {
			conn, out, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			_, _ = out.WriteString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"id\":\"u\"}")
			_ = out.Flush()
			_ = conn.Close()
		},
		"wrong top type": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `[{"id":"u"}]`) },
		"two values":     func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"id":"u"} {}`) },
		"HTML": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, `<html><body>Please log in</body></html>`)
		},
		"100 MB": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			line := []byte(strings.Repeat(" ", 1<<20))
			for range 100 {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
	} {
		up.do(answer)
		up.take()
		u, err := users.GetUser(within(t), &usersv1.GetUserRequest{UserId: "u"})
		if status.Code(err) != codes.Internal || u != nil {
			t.Errorf("%s: %v, %v; want INTERNAL", name, u, err)
		}
		if text := fmt.Sprint(err); strings.Contains(text, "Please log in") || strings.Contains(text, "three") {
			t.Errorf("%s: the error repeats the payload: %v", name, err)
		}
		if n := len(up.take()); n != 1 {
			t.Errorf("%s: %d upstream calls", name, n)
		}
	}
	for name, body := range map[string]string{"HTML": "<html></html>", "too large": strings.Repeat(" ", 2<<20)} {
		kind := "application/json"
		if name == "HTML" {
			kind = "text/html"
		}
		up.reply(200, body, "Content-Type", kind)
		if answer, got := p.rest(http.MethodGet, "/api/v2/users/u", nil); answer.StatusCode != 502 || !strings.Contains(string(got), `"switchboard.bad_upstream_answer"`) {
			t.Errorf("REST, %s: %d %.200s", name, answer.StatusCode, got)
		}
	}
}

func TestUpstreamErrorsKeepTheirDetails(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	conn := p.dial()
	users := usersv1.NewUsersServiceClient(conn)
	stations := usersv1.NewUserTelephonyServiceClient(conn)
	get := func() error {
		_, err := users.GetUser(within(t), &usersv1.GetUserRequest{UserId: "u"})
		return err
	}
	own := func() error { // of its own token's refusal a caller is told as of any error
		_, err := users.GetUser(metadata.AppendToOutgoingContext(within(t), "authorization", "Bearer mine"), &usersv1.GetUserRequest{UserId: "u"})
		return err
	}
	post := func() error {
		_, err := users.PostUsers(within(t), &usersv1.PostUsersRequest{Body: &usersv1.CreateUser{}})
		return err
	}
	patch := func() error {
		_, err := users.PatchUser(within(t), &usersv1.PatchUserRequest{UserId: "u", Body: &usersv1.UpdateUser{}})
		return err
	}
	put := func() error {
		_, err := stations.PutUserStationAssociatedstationStationId(within(t), &usersv1.PutUserStationAssociatedstationStationIdRequest{UserId: "u", StationId: "s"})
		return err
	}
	for _, c := range []struct {
		status  int
		message string
		call    func() error
		want    codes.Code
	}{
		{400, "bad", get, codes.InvalidArgument},
		{400, "The version given does not match the current version", patch, codes.Aborted},
		{401, "no", own, codes.Unauthenticated},
		{403, "no", get, codes.PermissionDenied},
		{404, "no", get, codes.NotFound},
		{405, "no", get, codes.Unimplemented},
		{408, "slow", get, codes.DeadlineExceeded},
		{408, "version conflict", patch, codes.Aborted},
		{409, "exists already", post, codes.AlreadyExists},
		{409, "version mismatch", patch, codes.Aborted},
		{409, "station is in use", put, codes.Aborted},
		{410, "gone", get, codes.NotFound},
		{412, "no", patch, codes.FailedPrecondition},
		{413, "large", post, codes.InvalidArgument},
		{414, "long", get, codes.InvalidArgument},
		{423, "locked", patch, codes.FailedPrecondition},
		{429, "slow down", get, codes.ResourceExhausted},
		{500, "oops", get, codes.Internal},
		{501, "no", get, codes.Unimplemented},
		{502, "bad gateway", get, codes.Unavailable},
		{503, "later", get, codes.Unavailable},
		{504, "slow", get, codes.DeadlineExceeded},
	} {
		body := fmt.Sprintf(`{"message":%q,"code":"some.odd-code","status":%d,"messageWithParams":"a {p}","messageParams":{"p":"v"},"contextId":"ctx-1",
			"details":[{"errorCode":"invalid.value","fieldName":"email","entityId":"e","entityName":"user"}],"errors":[],
			"limit":{"key":"the.limit","namespace":"the.space","value":7}}`, c.message, c.status)
		up.reply(c.status, body, "Retry-After", "7")
		st := status.Convert(c.call())
		name := fmt.Sprintf("%d %s", c.status, c.message)
		if st.Code() != c.want || !strings.Contains(st.Message(), c.message) {
			t.Errorf("%s: %v, want %v", name, st, c.want)
		}
		var info *errdetails.ErrorInfo
		var bad *errdetails.BadRequest
		var retry *errdetails.RetryInfo
		var quota *errdetails.QuotaFailure
		var request *errdetails.RequestInfo
		for _, d := range st.Details() {
			switch d := d.(type) {
			case *errdetails.ErrorInfo:
				info = d
			case *errdetails.BadRequest:
				bad = d
			case *errdetails.RetryInfo:
				retry = d
			case *errdetails.QuotaFailure:
				quota = d
			case *errdetails.RequestInfo:
				request = d
			}
		}
		meta := info.GetMetadata()
		if info.GetReason() != "SOME_ODD_CODE" || info.GetDomain() != "genesyscloud" || meta["code"] != "some.odd-code" ||
			meta["contextId"] != "ctx-1" || meta["http_status"] != strconv.Itoa(c.status) || meta["messageParams.p"] != "v" {
			t.Errorf("%s: ErrorInfo %v", name, info)
		}
		if v := bad.GetFieldViolations(); len(v) != 1 || v[0].GetField() != "email" || !strings.Contains(v[0].GetDescription(), "invalid.value") {
			t.Errorf("%s: BadRequest %v", name, bad)
		}
		if retry.GetRetryDelay().AsDuration() != 7*time.Second || request.GetRequestId() != "corr-1" {
			t.Errorf("%s: RetryInfo %v, RequestInfo %v", name, retry, request)
		}
		if v := quota.GetViolations(); len(v) != 1 || v[0].GetQuotaId() != "the.limit" {
			t.Errorf("%s: QuotaFailure %v", name, quota)
		}
		answer, got := p.rest(http.MethodGet, "/api/v2/users/u", nil, "Authorization", "Bearer mine")
		if answer.StatusCode != c.status || string(got) != body || answer.Header.Get("Retry-After") != "7" {
			t.Errorf("%s over REST: %d %s", name, answer.StatusCode, got)
		}
	}

	up.reply(503, "<html>busy</html>", "Content-Type", "text/html")
	if st := status.Convert(get()); st.Code() != codes.Unavailable || strings.Contains(st.Message(), "html") {
		t.Errorf("an HTML error: %v", st)
	}
}

func TestClientsAreToldWhenToRetry(t *testing.T) {
	up := newUpstream(t)
	users := usersv1.NewUsersServiceClient(start(t, up.URL).dial())
	const body = `{"message":"m","code":"c","status":0}`
	for _, c := range []struct {
		status, after int
		write         bool
		want          string
	}{
		{429, 7, false, "7000"}, {429, 7, true, "7000"}, {429, 7200, false, "-1"},
		{503, 2, true, "2000"}, {503, 0, true, "-1"}, {502, 0, true, "-1"}, {502, 0, false, ""},
		{500, 0, true, "-1"}, {504, 0, true, "-1"}, {504, 0, false, ""}, {400, 0, true, ""},
	} {
		header := []string{}
		if c.after > 0 {
			header = []string{"Retry-After", strconv.Itoa(c.after)}
		}
		up.reply(c.status, body, header...)
		var trailer metadata.MD
		if c.write {
			_, _ = users.PostUsers(within(t), &usersv1.PostUsersRequest{Body: &usersv1.CreateUser{}}, grpc.Trailer(&trailer))
		} else {
			_, _ = users.GetUser(within(t), &usersv1.GetUserRequest{UserId: "u"}, grpc.Trailer(&trailer))
		}
		if got := first(trailer, "grpc-retry-pushback-ms"); got != c.want {
			t.Errorf("%+v: pushback %q", c, got)
		}
	}
}

func TestAnUpstreamThatIsDownIsUnavailable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	up := newUpstream(t)
	address := "http://" + l.Addr().String()
	must(t, l.Close())
	p := start(t, address, "--login-url="+up.URL)
	_, err = usersv1.NewUsersServiceClient(p.dial()).GetUser(within(t), &usersv1.GetUserRequest{UserId: "u-17"})
	if status.Code(err) != codes.Unavailable || strings.Contains(fmt.Sprint(err), "u-17") {
		t.Errorf("%v, want UNAVAILABLE without the id", err)
	}
	if answer, body := p.rest(http.MethodGet, "/api/v2/users/u-17", nil); answer.StatusCode != 503 || !strings.Contains(string(body), "switchboard.upstream_unreachable") {
		t.Errorf("REST: %d %s", answer.StatusCode, body)
	}
}

func TestADeadlineEndsTheCall(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL, "--timeout=300ms")
	up.do(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	_, err := usersv1.NewUsersServiceClient(p.dial()).GetUser(t.Context(), &usersv1.GetUserRequest{UserId: "u"})
	if status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("%v, want DEADLINE_EXCEEDED", err)
	}
	if answer, body := p.rest(http.MethodGet, "/api/v2/users/u", nil); answer.StatusCode != 504 {
		t.Errorf("REST: %d %s", answer.StatusCode, body)
	}
}

// With room for one large answer, the second waits; a small one does not.
func TestAnAnswerWaitsForMemoryUntilItsDeadline(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL, "--max-inflight-bytes=1MiB", "--max-response-bytes=512KiB", "--timeout=300ms")
	sizes := map[string]int{"large": 200_000, "larger": 300_000} // REST takes room for one form only
	begun, finish := make(chan struct{}, 4), make(chan struct{})
	up.do(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		size := sizes[path.Base(r.URL.Path)]
		if size == 0 {
			_, _ = io.WriteString(w, `{"id":"u"}`)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(size))
		_, _ = io.WriteString(w, `{"id":"u"`)
		_ = http.NewResponseController(w).Flush()
		begun <- struct{}{}
		<-finish
		_, _ = io.WriteString(w, strings.Repeat(" ", size-10)+"}")
	})
	get := func(ctx context.Context, id string) error {
		_, err := usersv1.NewUsersServiceClient(p.dial()).GetUser(ctx, &usersv1.GetUserRequest{UserId: id})
		return err
	}
	var first errgroup.Group
	first.Go(func() error { return get(within(t), "large") })
	<-begun
	// Without a deadline of the caller's own, the server's is what ends it.
	err := get(t.Context(), "large")
	details := status.Convert(err).Details()
	if status.Code(err) != codes.DeadlineExceeded || len(details) == 0 {
		t.Fatalf("%v, want DEADLINE_EXCEEDED with details", err)
	}
	if info, ok := details[0].(*errdetails.ErrorInfo); !ok || info.GetReason() != "MEMORY_FULL" {
		t.Errorf("details %v", details)
	}
	if answer, body := p.rest(http.MethodGet, "/api/v2/users/larger", nil); answer.StatusCode != 504 || !strings.Contains(string(body), `"switchboard.memory_full"`) {
		t.Errorf("REST: %d %s", answer.StatusCode, body)
	}
	must(t, get(within(t), "small"))
	if answer, body := p.rest(http.MethodGet, "/api/v2/users/small", nil); answer.StatusCode != 200 {
		t.Errorf("REST: %d %s", answer.StatusCode, body)
	}
	close(finish)
	must(t, first.Wait())
	must(t, get(within(t), "large"))
}

// Many large answers in little memory: all arrive, and none in another's buffer.
func TestLargeAnswersTakeTurns(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL, "--max-inflight-bytes=1MiB", "--max-response-bytes=512KiB")
	up.do(func(w http.ResponseWriter, r *http.Request) {
		id := path.Base(r.URL.Path)
		text := fmt.Sprintf(`{"id":%q,"name":%q}`, id, strings.Repeat(id, 50_000))
		if len(id)%2 == 0 { // the length of every other one is not known before its end
			w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, text)
	})
	client := usersv1.NewUsersServiceClient(p.dial())
	var all errgroup.Group
	for i := range 64 {
		id := strconv.Itoa(i)
		all.Go(func() error {
			user, err := client.GetUser(within(t), &usersv1.GetUserRequest{UserId: id})
			if err == nil && (user.GetId() != id || user.GetName() != strings.Repeat(id, 50_000)) {
				err = fmt.Errorf("%s got the answer of %s", id, user.GetId())
			}
			return err
		})
		all.Go(func() error {
			if answer, body := p.rest(http.MethodGet, "/api/v2/users/"+id, nil); answer.StatusCode != 200 || !strings.HasSuffix(string(body), strings.Repeat(id, 50_000)+`"}`) {
				return fmt.Errorf("REST: %s got %d, %d bytes", id, answer.StatusCode, len(body))
			}
			return nil
		})
	}
	must(t, all.Wait())
}

func TestACallersTokenIsPassedOn(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	ctx := metadata.AppendToOutgoingContext(within(t), "authorization", "Bearer mine", "cookie", "c", "x-request-id", "req-9")
	var header metadata.MD
	_, err := usersv1.NewUsersServiceClient(p.dial()).GetUsersMe(ctx, &usersv1.GetUsersMeRequest{}, grpc.Header(&header))
	must(t, err)
	if r := up.one(t); r.header.Get("Authorization") != "Bearer mine" || r.header.Get("Cookie") != "" {
		t.Errorf("the upstream got %v", r.header)
	}
	if first(header, "x-request-id") != "req-9" {
		t.Errorf("headers %v", header)
	}
	p.rest(http.MethodGet, "/api/v2/users/me", nil, "Authorization", "Bearer mine", "Cookie", "c", "Grpc-Metadata-X", "y", "X-HTTP-Method-Override", "DELETE")
	if r := up.one(t); r.verb != "GET" || r.header.Get("Authorization") != "Bearer mine" || r.header.Get("Cookie") != "" {
		t.Errorf("over REST the upstream got %+v", r)
	}
}

// What a client may tell the upstream beside the message goes there by either face.
func TestTheSameMetadataGoesUpstreamByBothFaces(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	sent := map[string]string{"Accept-Language": "de", "If-Match": `"7"`, "If-None-Match": `"8"`, "Authorization": "Bearer mine"}
	md, header := metadata.Pairs("x-other", "o"), []string{"X-Other", "o"}
	for name, value := range sent {
		md.Set(name, value)
		header = append(header, name, value)
	}
	ctx := metadata.NewOutgoingContext(within(t), md)
	_, err := usersv1.NewUsersServiceClient(p.dial()).GetUser(ctx, &usersv1.GetUserRequest{UserId: "u"})
	must(t, err)
	over := map[string]recorded{"gRPC": up.one(t)}
	p.rest(http.MethodGet, "/api/v2/users/u", nil, header...)
	over["REST"] = up.one(t)
	for face, r := range over {
		for name, value := range sent {
			if got := r.header.Values(name); len(got) != 1 || got[0] != value {
				t.Errorf("%s: %s is %q", face, name, got)
			}
		}
		if r.header.Get("X-Other") != "" {
			t.Errorf("%s: another header went upstream", face)
		}
	}
}

// TestAnAuthorizationThatCannotBeUsedIsRefused: it must not run with the service's
// rights, in no mode and on neither face.
func TestAnAuthorizationThatCannotBeUsedIsRefused(t *testing.T) {
	up := newUpstream(t)
	for _, mode := range []string{"auto", "service", "caller"} {
		p := start(t, up.URL, "--upstream-auth="+mode)
		users := usersv1.NewUsersServiceClient(p.dial())
		for _, values := range [][]string{{"Basic eDp5"}, {""}, {"Bearer"}, {"Bearer a b"}, {"Bearer a", "Bearer b"}, {"Bearer a", ""}, {"Bearer =x"}} {
			ctx := metadata.NewOutgoingContext(within(t), metadata.MD{"authorization": values})
			_, err := users.GetUsersMe(ctx, &usersv1.GetUsersMeRequest{})
			if status.Code(err) != codes.Unauthenticated || ownReason(err) != "BAD_AUTHORIZATION" {
				t.Errorf("%s, %q: %v", mode, values, err)
			}
			r, err := http.NewRequestWithContext(within(t), http.MethodGet, "http://"+p.HTTP+"/api/v2/users/me", http.NoBody)
			must(t, err)
			r.Header["Authorization"] = values
			answer, err := http.DefaultTransport.RoundTrip(r)
			must(t, err)
			body, err := io.ReadAll(answer.Body)
			must(t, err)
			must(t, answer.Body.Close())
			if answer.StatusCode != http.StatusUnauthorized || !strings.Contains(string(body), `"switchboard.bad_authorization"`) {
				t.Errorf("%s, %q over REST: %d %s", mode, values, answer.StatusCode, body)
			}
		}
	}
	if got := up.take(); len(got) != 0 {
		t.Errorf("the upstream got %+v", got)
	}
}

// TestARefusalOfTheServicesTokenIsNotTheCallers: a caller that is told of a wrong
// token would renew its own.
func TestARefusalOfTheServicesTokenIsNotTheCallers(t *testing.T) {
	up := newUpstream(t)
	up.reply(401, `{"message":"Invalid login credentials.","code":"bad.credentials","status":401}`)
	p := start(t, up.URL)
	_, err := usersv1.NewUsersServiceClient(p.dial()).GetUsersMe(within(t), &usersv1.GetUsersMeRequest{})
	if status.Code(err) != codes.Unavailable || ownReason(err) != "SERVICE_TOKEN_REFUSED" {
		t.Errorf("got %v", err)
	}
	if answer, body := p.rest(http.MethodGet, "/api/v2/users/me", nil); answer.StatusCode != 503 || !strings.Contains(string(body), `"switchboard.service_token_refused"`) {
		t.Errorf("over REST: %d %s", answer.StatusCode, body)
	}
}

// ownReason is the reason of an error that was born in the server.
func ownReason(err error) string {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetDomain() == "switchboard" {
			return info.GetReason()
		}
	}
	return ""
}

func TestRequestsAreBounded(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	big := []byte(`{"name":"` + strings.Repeat("x", 600_000) + `"}`)
	if answer, body := p.rest(http.MethodPatch, "/api/v2/users/u", big); answer.StatusCode != 413 {
		t.Errorf("REST: %d %s", answer.StatusCode, body)
	}
	name := string(big)
	_, err := usersv1.NewUsersServiceClient(p.dial()).PatchUser(within(t), &usersv1.PatchUserRequest{UserId: "u", Body: &usersv1.UpdateUser{Name: &name}})
	if status.Code(err) != codes.ResourceExhausted {
		t.Errorf("gRPC: %v", err)
	}
	skills := make([]*usersv1.UserRoutingSkillPost, 51)
	for i := range skills {
		skills[i] = &usersv1.UserRoutingSkillPost{}
	}
	_, err = usersv1.NewUserRoutingServiceClient(p.dial()).PatchUserRoutingskillsBulk(within(t), &usersv1.PatchUserRoutingskillsBulkRequest{UserId: "u", Body: skills})
	if !refusedFor(err, "body") {
		t.Errorf("51 skills in bulk: %v", err)
	}
	if got := up.take(); len(got) > 0 {
		t.Errorf("the upstream saw %d calls", len(got))
	}
}

func TestPathsAndVerbsOutsideTheContract(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	for call, want := range map[string]int{
		"GET /api/v2/nothing": 501, "GET /x": 404, "DELETE /api/v2/users": 405, "GET /api/v2/users?pageSize=many": 400,
	} {
		verb, uri, _ := strings.Cut(call, " ")
		answer, body := p.rest(verb, uri, nil)
		var e struct{ Message, Code string }
		if err := json.Unmarshal(body, &e); err != nil || answer.StatusCode != want || !strings.HasPrefix(e.Code, "switchboard.") || strings.Contains(e.Message, "strconv") {
			t.Errorf("%s: %d %s", call, answer.StatusCode, body)
		}
	}
	for call, want := range map[string]string{
		"DELETE /api/v2/users": "GET, POST", "POST /api/v2/users/u": "DELETE, GET, PATCH", "OPTIONS /api/v2/users/search": "GET, POST",
	} {
		verb, uri, _ := strings.Cut(call, " ")
		answer, body := p.rest(verb, uri, nil)
		if got := answer.Header.Get("Allow"); answer.StatusCode != 405 || got != want {
			t.Errorf("%s: %d, Allow %q, want %q: %s", call, answer.StatusCode, got, want, body)
		}
	}
	if got := up.take(); len(got) > 0 {
		t.Errorf("the upstream saw %+v", got)
	}
}

func first(md metadata.MD, key string) string {
	if v := md.Get(key); len(v) > 0 {
		return v[0]
	}
	return ""
}
