package server_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestPathsAndMethodsThatAreNotThere(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.State.FirstUserID
	for _, path := range []string{
		"/", "/api/v2", "/api/v2/", "/api/v1/users", "/api/v2/nothing", "/api/v2/users/", "/api/v2//users",
		"/api/v2/users/" + id + "/", "/api/v2/users//routingstatus", "/api/v2/users/../users",
		"/api/v2/users/" + id + "/nothing", "/API/v2/users",
	} {
		box.Do("GET", path, "").Problem(404, "not.found")
	}
	for _, path := range []string{"a%2Fb", "..", ".", "%2e%2e", "bulk", "a%20b"} {
		box.Do("GET", "/api/v2/users/"+path, "").Problem(404, "user.not.found")
	}
	for path, allow := range map[string]string{
		"/api/v2/users":                    "GET, POST",
		"/api/v2/users/" + id:              "DELETE, GET, PATCH",
		"/api/v2/users/bulk":               "DELETE, GET, PATCH",
		"/api/v2/users/" + id + "/profile": "GET",
	} {
		a := box.Do("PUT", path, "{}").Problem(405, "method.not.allowed")
		if got := a.Header.Get("Allow"); got != allow {
			t.Errorf("%s: Allow %q, want %q", a.Call, got, allow)
		}
	}
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.State.FirstUserID
	for _, test := range []struct {
		name, method, path, body string
		fields                   []string
	}{
		{"no body", "POST", "/api/v2/users", "", []string{"body"}},
		{"null", "POST", "/api/v2/users", "null", []string{"body"}},
		{"broken JSON", "POST", "/api/v2/users", `{"name":`, nil},
		{"two values", "POST", "/api/v2/users", `{} {}`, nil},
		{"invalid UTF-8", "POST", "/api/v2/users", "{\"name\":\"\xff\"}", nil},
		{"a list for an object", "POST", "/api/v2/users", `[]`, []string{"body"}},
		{"an object for a list", "PATCH", "/api/v2/users/bulk", `{}`, []string{"body"}},
		{"a number for a text", "POST", "/api/v2/users", `{"name":3}`, []string{"name"}},
		{"a text for a number", "PATCH", box.UserPath(id, ""), `{"version":"1"}`, []string{"version"}},
		{"a fraction for a whole number", "PATCH", box.UserPath(id, ""), `{"version":1.5}`, []string{"version"}},
		{"a text for a truth value", "PATCH", box.UserPath(id, ""), `{"version":1,"acdAutoAnswer":"yes"}`, []string{"acdAutoAnswer"}},
		{"a wrong type inside a list", "PATCH", box.UserPath(id, ""), `{"version":1,"addresses":[{"address":1}]}`, []string{"addresses.address"}},
		{"a text that is no date", "PUT", box.UserPath(id, "/outofoffice"), `{"startDate":"tomorrow"}`, []string{"startDate"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			box := *box
			box.T = t
			box.Do(test.method, test.path, test.body).Problem(400, "bad.request", test.fields...)
		})
	}
}

func TestBodiesOverTheBound(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	fits := `{"name":"` + strings.Repeat("x", 512_000-len(`{"name":""}`)) + `"}`
	box.Post("/api/v2/users", fits).Want(400)
	box.Post("/api/v2/users", fits+" ").Problem(413, "request.entity.too.large")

	// Without a length in advance the bound shows only on reading.
	req := httptest.NewRequest("POST", "/api/v2/users", struct{ *bytes.Reader }{bytes.NewReader([]byte(fits + " "))})
	req.ContentLength = -1
	req.Header.Set("Authorization", "Bearer "+box.Token)
	res := httptest.NewRecorder()
	box.Sandbox.ServeHTTP(res, req)
	if res.Code != 413 {
		t.Errorf("chunked: %d", res.Code)
	}
}

func TestTheErrorShapeIsTheUpstreams(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	a := box.Do("GET", "/api/v2/users/nobody", "").Problem(404, "user.not.found")
	if a.Str("message") != "Unable to find a user with that userId" || a.Str("messageParams", "field") != "userId" {
		t.Errorf("%s", a.Text)
	}
}

func TestAnswersAreNotRedirected(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	for _, path := range []string{"/api/v2//users", "/api/v2/users/", "/api/v2/./users", "//api/v2/users"} {
		if a := box.Do(http.MethodGet, path, ""); a.Status != 404 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}
