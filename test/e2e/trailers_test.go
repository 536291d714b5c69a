package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// A client that takes no more than 4 KiB of headers gets every error, and every
// answer with drift: others have limits of 8 KiB, and then lose the call or the
// connection.
func TestWhatACallEndsWithFitsIntoSmallHeaders(t *testing.T) {
	up := newUpstream(t)
	p := start(t, up.URL)
	conn, err := grpc.NewClient(p.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithMaxHeaderListSize(4096))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	users := usersv1.NewUsersServiceClient(conn)

	long := strings.Repeat
	var details []any
	params, members := map[string]any{}, map[string]any{"id": "u"}
	for i := range 1000 {
		details = append(details, map[string]string{"errorCode": "invalid.value", "fieldName": fmt.Sprintf("addresses[%d].address", i), "entityId": long("e", 36)})
		params[fmt.Sprintf("parameter%d", i)] = long("v", 200)
		members[fmt.Sprintf("brandNew%c%c%c%s", 'A'+i/676, 'A'+i/26%26, 'A'+i%26, long("x", 20))] = i
	}
	for name, body := range map[string]map[string]any{
		"many details":       {"details": details},
		"many errors":        {"errors": []any{map[string]any{"code": "c", "details": details}}},
		"many parameters":    {"messageParams": params},
		"a long message":     {"message": long("m", 60_000)},
		"characters":         {"message": long("日本語", 5000)},
		"control characters": {"message": long("\x01\n", 8000)},
		"percent signs":      {"message": long("%", 50_000)},
		"a huge code":        {"code": long("c", 50_000)},
		"a huge context":     {"contextId": long("c", 50_000)},
		"a huge template":    {"messageWithParams": long("ü", 25_000)},
		"a huge limit":       {"limit": map[string]any{"key": long("k", 20_000), "namespace": long("n", 20_000), "value": 1}},
	} {
		all := map[string]any{"message": "no", "code": "bad.request", "contextId": "c"}
		for k, v := range body {
			all[k] = v
		}
		text, err := json.Marshal(all)
		must(t, err)
		up.reply(400, string(text), "Inin-Correlation-Id", long("i", 1000), "Retry-After", "7")
		var header metadata.MD
		_, err = users.GetUser(metadata.AppendToOutgoingContext(within(t), "x-request-id", long("r", 128)), &usersv1.GetUserRequest{UserId: "u"}, grpc.Header(&header))
		st := status.Convert(err)
		if st.Code() != codes.InvalidArgument || first(header, "x-request-id") != long("r", 128) {
			t.Errorf("%s: %.300s, %v", name, st, header)
		}
		info, ids := 0, 0
		for _, d := range st.Details() {
			switch d := d.(type) {
			case *errdetails.ErrorInfo:
				if info++; d.GetReason() == "" || d.GetMetadata()["details_omitted"] == "" {
					t.Errorf("%s: %v", name, d)
				}
			case *errdetails.RequestInfo:
				ids++
			}
		}
		if info != 1 || ids != 1 {
			t.Errorf("%s: details %v", name, st.Details())
		}
	}

	// So do errors of our own.
	_, err = users.GetUser(within(t), &usersv1.GetUserRequest{UserId: long("日本", 3000)})
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("an error of our own: %.300v", err)
	}
	_, err = users.PatchUser(within(t), &usersv1.PatchUserRequest{UserId: "u", Body: &usersv1.UpdateUser{}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{long("日本", 3000)}}})
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("an error of our own: %.300v", err)
	}

	// And so does what is new in an answer.
	text, err := json.Marshal(members)
	must(t, err)
	up.reply(200, string(text), "Inin-Correlation-Id", long("i", 1000))
	var trailer metadata.MD
	user, err := users.GetUser(within(t), &usersv1.GetUserRequest{UserId: "u"}, grpc.Trailer(&trailer))
	if err != nil || user.GetId() != "u" || len(trailer.Get("x-contract-drift")) < 5 {
		t.Errorf("drift: %.300v, %v", err, trailer)
	}
}
