package e2e

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// One odd value costs a page nothing but itself, and does not make a write that was
// done look as if it had failed.
func TestAnOddValueCostsItselfAlone(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	client := usersv1.NewUsersServiceClient(p.dial())
	up.reply(http.StatusOK, `{"entities":[{"id":"a","dateLastLogin":""},{"id":"b","version":99999999999},{"id":"c","name":7},{"id":"d","name":"D","acdAutoAnswer":"perhaps"}],"pageSize":"x"}`)
	var trailer metadata.MD
	page, err := client.GetUsers(within(t), &usersv1.GetUsersRequest{}, grpc.Trailer(&trailer))
	must(t, err)
	if len(page.GetEntities()) != 4 || page.GetEntities()[2].GetName() != "7" || page.GetEntities()[3].GetName() != "D" || page.GetEntities()[0].DateLastLogin != nil {
		t.Errorf("got %v", page)
	}
	drift := strings.Join(trailer.Get("x-contract-drift"), "\n")
	for _, want := range []string{"/entities/0/dateLastLogin", "/entities/1/version", "/entities/3/acdAutoAnswer", "/pageSize"} {
		if !strings.Contains(drift, want) {
			t.Errorf("the drift says nothing of %s: %s", want, drift)
		}
	}
	if strings.Contains(drift, "perhaps") || strings.Contains(drift, "99999999999") {
		t.Errorf("the drift tells values: %s", drift)
	}
	up.reply(http.StatusOK, `{"id":"u","version":"twelve"}`)
	if _, err := client.PatchUser(within(t), &usersv1.PatchUserRequest{UserId: "u", Body: &usersv1.UpdateUser{Title: proto.String("x"), Version: proto.Int32(3)}}); err != nil {
		t.Errorf("a write that was done: %v", err)
	}
}
