package main

import (
	"net/http"
	"net/http/httputil"
	"net/url"

	"connectrpc.com/vanguard"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// newVanguard is the library proxy with the same contract: gRPC in, and a
// reverse proxy to the upstream behind it.
func newVanguard(upstream string) (http.Handler, error) {
	target, err := url.Parse(upstream)
	if err != nil {
		return nil, err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: newClient().Transport,
	}
	var services []*vanguard.Service
	for _, name := range []string{
		usersv1.UsersService_ServiceDesc.ServiceName,
		usersv1.UserRoutingService_ServiceDesc.ServiceName,
		usersv1.UserAnalyticsService_ServiceDesc.ServiceName,
	} {
		services = append(services, vanguard.NewService(name, proxy, vanguard.WithTargetProtocols(vanguard.ProtocolREST)))
	}
	return vanguard.NewTranscoder(services)
}
