package server

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/access"
	"github.com/switchboard-gw/switchboard/internal/sandbox/contract"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
)

// A server that can do nothing names the operation that it cannot do.
func TestOperationsThatAreNotSimulatedSaySo(t *testing.T) {
	t.Parallel()
	now := time.Now
	s := New(Config{
		Organisation: org.New(0, 1, now()), Now: now, Terms: func() Terms { return Terms{Requests: 1} },
		Tokens: &access.Tokens{Lifetime: time.Hour},
	})
	for _, op := range contract.Operations() {
		req := httptest.NewRequest(op.Method, strings.NewReplacer("{", "", "}", "").Replace(op.Template), nil)
		req.Header.Set("Authorization", "Bearer sandbox-user-"+s.Organisation.FirstUserID)
		res := httptest.NewRecorder()
		s.ServeHTTP(res, req)
		var answer problem.Problem
		if err := json.Unmarshal(res.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		if res.Code != 501 || answer.Code != "not.implemented" || answer.MessageParams["operation"] != op.Name {
			t.Errorf("%s: %d %s", op.Name, res.Code, res.Body)
		}
	}
}
