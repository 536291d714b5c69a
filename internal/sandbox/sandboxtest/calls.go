package sandboxtest

import (
	"context"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
)

// Direct calls the handler without a network and without checking the shape.
func Direct(s *sandbox.Sandbox, method, path, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer sandbox-user-"+s.Organisation().FirstUserID)
	res := httptest.NewRecorder()
	s.ServeHTTP(res, req)
	return res
}

// Behave changes the faults of a sandbox through its control endpoint.
func (o *Sandbox) Behave(faults string) Answer {
	o.T.Helper()
	return o.Control("PATCH", faults).Want(200)
}

// Control makes a call of the control endpoint.
func (o *Sandbox) Control(method, body string) Answer {
	o.T.Helper()
	res := httptest.NewRecorder()
	o.Sandbox.Control().ServeHTTP(res, httptest.NewRequestWithContext(o.T.Context(), method, "/faults", strings.NewReader(body)))
	a := DecodeAnswer(o.T, res.Code, res.Body.Bytes())
	a.Call = method + " /faults " + body
	return a
}

// Everybody are the ids of all users who are not deleted, at most a hundred.
func (o *Sandbox) Everybody() []string {
	o.T.Helper()
	return append(Ids(o.Get("/api/v2/users?pageSize=100").List("entities")),
		Ids(o.Get("/api/v2/users?pageSize=100&state=inactive").List("entities"))...)
}

// JobsPath is where jobs of a kind are.
func JobsPath(kind string) string { return "/api/v2/analytics/users/" + kind + "/jobs" }

// Submit returns a job's id.
func (o *Sandbox) Submit(kind, body string) string {
	o.T.Helper()
	return o.Post(JobsPath(kind), body).Want(202).Str("jobId")
}

// FulfilledJob is one about the last day that has ended.
func (o *Sandbox) FulfilledJob(kind string) string {
	o.T.Helper()
	id := o.Submit(kind, `{"interval":"`+o.Lately(1)+`","groupBy":["userId"]}`)
	o.Clock.Advance(400 * time.Millisecond) // when jobs have ended
	return id
}

// SchemasPath is where schemas are.
const SchemasPath = "/api/v2/users/customattributes/schemas"

// ActivitiesPath and chatsPath are where those are listed.
const (
	ActivitiesPath = "/api/v2/users/development/activities"
	ChatsPath      = "/api/v2/users/chats/me"
)
