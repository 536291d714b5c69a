package sandbox

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A server that can do nothing names the operation that it cannot do.
func TestOperationsThatAreNotSimulatedSaySo(t *testing.T) {
	t.Parallel()
	now := time.Now
	s := newServer(serverConfig{
		organisation: seedOrganisation(0, 1, now()), now: now, terms: func() terms { return terms{requests: 1} },
		tokens: &tokens{lifetime: time.Hour},
	})
	for _, op := range contractOperations() {
		req := httptest.NewRequest(op.method, strings.NewReplacer("{", "", "}", "").Replace(op.template), nil)
		req.Header.Set("Authorization", "Bearer "+userTokenPrefix+s.organisation.firstUserID)
		res := httptest.NewRecorder()
		s.ServeHTTP(res, req)
		var answer problem
		if err := json.Unmarshal(res.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		if res.Code != 501 || answer.Code != "not.implemented" || answer.MessageParams["operation"] != op.name {
			t.Errorf("%s: %d %s", op.name, res.Code, res.Body)
		}
	}
}
