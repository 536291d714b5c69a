package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/transcode"
)

// payload is an answer of the upstream, and the call that brings it.
type payload struct {
	name   string
	method string // Of gRPC.
	path   string // Of the upstream.
	answer func() proto.Message
	call   func(context.Context, grpc.ClientConnInterface) (proto.Message, error)
}

var payloads = []payload{
	{
		name: "routing_status", method: usersv1.UserRoutingService_GetUserRoutingstatus_FullMethodName,
		path:   "GET /api/v2/users/u1/routingstatus",
		answer: func() proto.Message { return &usersv1.RoutingStatus{} },
		call: func(ctx context.Context, c grpc.ClientConnInterface) (proto.Message, error) {
			return usersv1.NewUserRoutingServiceClient(c).GetUserRoutingstatus(ctx, &usersv1.GetUserRoutingstatusRequest{UserId: "u1"})
		},
	},
	{
		name: "user_expanded", method: usersv1.UsersService_GetUser_FullMethodName,
		path:   "GET /api/v2/users/u1",
		answer: func() proto.Message { return &usersv1.User{} },
		call: func(ctx context.Context, c grpc.ClientConnInterface) (proto.Message, error) {
			return usersv1.NewUsersServiceClient(c).GetUser(ctx, &usersv1.GetUserRequest{UserId: "u1", Expand: []string{"skills", "presence"}})
		},
	},
	{
		name: "users_page_100", method: usersv1.UsersService_GetUsers_FullMethodName,
		path:   "GET /api/v2/users",
		answer: func() proto.Message { return &usersv1.UserEntityListing{} },
		call: func(ctx context.Context, c grpc.ClientConnInterface) (proto.Message, error) {
			return usersv1.NewUsersServiceClient(c).GetUsers(ctx, &usersv1.GetUsersRequest{PageSize: proto.Int32(100)})
		},
	},
	{
		name: "analytics_user_details_100", method: usersv1.UserAnalyticsService_PostAnalyticsUsersDetailsQuery_FullMethodName,
		path:   "POST /api/v2/analytics/users/details/query",
		answer: func() proto.Message { return &usersv1.AnalyticsUserDetailsQueryResponse{} },
		call: func(ctx context.Context, c grpc.ClientConnInterface) (proto.Message, error) {
			return usersv1.NewUserAnalyticsServiceClient(c).PostAnalyticsUsersDetailsQuery(ctx, &usersv1.PostAnalyticsUsersDetailsQueryRequest{
				Body: &usersv1.UserDetailsQuery{Interval: proto.String("2026-01-01T00:00:00Z/2026-01-02T00:00:00Z")},
			})
		},
	},
}

// choose finds payloads by their names, with commas between; none: all.
func choose(names string) ([]payload, error) {
	if names == "" {
		return payloads, nil
	}
	var chosen []payload
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(payloads, func(p payload) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no payload is named %q", name)
		}
		chosen = append(chosen, payloads[i])
	}
	return chosen, nil
}

// json is the answer as the upstream writes it.
func (p *payload) json() ([]byte, error) {
	_, here, _, _ := runtime.Caller(0)
	return os.ReadFile(filepath.Join(filepath.Dir(here), "../../internal/transcode/testdata", p.name+".json"))
}

// message is the answer as a message.
func (p *payload) message() (proto.Message, error) {
	src, err := p.json()
	if err != nil {
		return nil, err
	}
	m := p.answer()
	table, err := transcode.NewCompiler().Message(m.ProtoReflect().Descriptor())
	if err != nil {
		return nil, err
	}
	wire, err := table.FromJSON(nil, src, nil)
	if err != nil {
		return nil, err
	}
	return m, proto.Unmarshal(wire, m)
}

// spelled is the answer as protojson would have it: the same, but for the names
// of enum values and the quotes around long integers.
func (p *payload) spelled() ([]byte, error) {
	m, err := p.message()
	if err != nil {
		return nil, err
	}
	return protojson.Marshal(m)
}

func (p *payload) verbAndPath() (verb, path string) {
	verb, path, _ = strings.Cut(p.path, " ")
	return verb, path
}
