package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// newUsual is what most teams would write: a method for each RPC, net/http for
// the call, protojson for the bodies.
func newUsual(upstream string) *grpc.Server {
	s := grpc.NewServer()
	f := facade{client: newClient(), upstream: upstream}
	usersv1.RegisterUsersServiceServer(s, usualUsers{facade: f})
	usersv1.RegisterUserRoutingServiceServer(s, usualRouting{facade: f})
	usersv1.RegisterUserAnalyticsServiceServer(s, usualAnalytics{facade: f})
	return s
}

type facade struct {
	client   *http.Client
	upstream string
}

func (f facade) call(ctx context.Context, verb, path string, request, answer proto.Message) error {
	var body io.Reader
	if request != nil {
		text, err := protojson.Marshal(request)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, verb, f.upstream+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer t")
	r.Header.Set("Content-Type", "application/json")
	response, err := f.client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the upstream said %s", response.Status)
	}
	return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(text, answer)
}

type usualUsers struct {
	usersv1.UnimplementedUsersServiceServer
	facade
}

func (u usualUsers) GetUser(ctx context.Context, r *usersv1.GetUserRequest) (*usersv1.User, error) {
	answer := &usersv1.User{}
	query := url.Values{"expand": r.GetExpand()}
	return answer, u.call(ctx, http.MethodGet, "/api/v2/users/"+url.PathEscape(r.GetUserId())+"?"+query.Encode(), nil, answer)
}

func (u usualUsers) GetUsers(ctx context.Context, r *usersv1.GetUsersRequest) (*usersv1.UserEntityListing, error) {
	answer := &usersv1.UserEntityListing{}
	return answer, u.call(ctx, http.MethodGet, "/api/v2/users?pageSize="+strconv.Itoa(int(r.GetPageSize())), nil, answer)
}

type usualRouting struct {
	usersv1.UnimplementedUserRoutingServiceServer
	facade
}

func (u usualRouting) GetUserRoutingstatus(ctx context.Context, r *usersv1.GetUserRoutingstatusRequest) (*usersv1.RoutingStatus, error) {
	answer := &usersv1.RoutingStatus{}
	return answer, u.call(ctx, http.MethodGet, "/api/v2/users/"+url.PathEscape(r.GetUserId())+"/routingstatus", nil, answer)
}

type usualAnalytics struct {
	usersv1.UnimplementedUserAnalyticsServiceServer
	facade
}

func (u usualAnalytics) PostAnalyticsUsersDetailsQuery(ctx context.Context, r *usersv1.PostAnalyticsUsersDetailsQueryRequest) (*usersv1.AnalyticsUserDetailsQueryResponse, error) {
	answer := &usersv1.AnalyticsUserDetailsQueryResponse{}
	return answer, u.call(ctx, http.MethodPost, "/api/v2/analytics/users/details/query", r.GetBody(), answer)
}
