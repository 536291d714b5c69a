package e2e

import (
	"encoding/json"
	"net/http"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// A write whose answer is of no use, or does not come, may have been done: programs
// are told so on both faces, and clients with retries not to try again.
func TestAWriteThatMayHaveHappenedSaysSo(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL, "--timeout=300ms")
	users := usersv1.NewUsersServiceClient(p.dial())
	const pushback = "grpc-retry-pushback-ms"
	for name, c := range map[string]struct {
		answer   http.HandlerFunc
		happened bool
		verbatim bool // over REST the answer is passed on as it is
	}{
		"half an answer":      {raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"id\":"), true, false},
		"another type":        {replying(200, "<html>", "Content-Type", "text/html"), true, false},
		"broken JSON":         {replying(200, `{"id":`), true, true},
		"nothing":             {replying(200, ``), true, true},
		"a broken connection": {raw(""), true, false},
		"silence":             {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, true, false},
		"a failure":           {replying(500, `{"message":"m","code":"c"}`), true, true},
		"a refusal":           {replying(404, `{"message":"m","code":"c"}`), false, true},
		"a refused token":     {replying(401, `{"message":"m","code":"c"}`), false, false},
	} {
		up.do(c.answer)
		var trailer metadata.MD
		_, err := users.PatchUser(t.Context(), &usersv1.PatchUserRequest{UserId: "u", Body: &usersv1.UpdateUser{}}, grpc.Trailer(&trailer))
		said := false
		for _, d := range status.Convert(err).Details() {
			if info, ok := d.(*errdetails.ErrorInfo); ok {
				said = info.GetMetadata()["MAY_HAVE_HAPPENED"] == "true"
			}
		}
		if err == nil || said != c.happened || (first(trailer, pushback) == "-1") != c.happened {
			t.Errorf("%s: %v, MAY_HAVE_HAPPENED %v, pushback %q", name, err, said, first(trailer, pushback))
		}
		if c.verbatim {
			continue
		}
		answer, text := p.rest(http.MethodPatch, "/api/v2/users/u", []byte(`{}`), "Accept-Encoding", "identity")
		var body struct{ MessageParams map[string]string }
		must(t, json.Unmarshal(text, &body))
		if said := body.MessageParams["MAY_HAVE_HAPPENED"] == "true"; answer.StatusCode < 500 || said != c.happened {
			t.Errorf("%s over REST: %d %s", name, answer.StatusCode, text)
		}
	}
}
