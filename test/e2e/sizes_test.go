package e2e

import (
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// What docs/clients.md says of the sizes of pages holds in the sandbox, and so does
// what it says of a client that does not know.
func TestSizesOfPages(t *testing.T) {
	p := start(t, "", "--sandbox-users=1200")
	conn := p.dial()
	users, analytics := usersv1.NewUsersServiceClient(conn), usersv1.NewUserAnalyticsServiceClient(conn)
	measure := func(name string, entries, least, most int, answer proto.Message) {
		t.Helper()
		size := proto.Size(answer)
		t.Logf("%s: %d entries, %d bytes, %d each", name, entries, size, size/max(entries, 1))
		if entries == 0 || size/entries < least || size/entries > most {
			t.Errorf("%s: %d bytes in %d entries, not %d to %d each", name, size, entries, least, most)
		}
	}

	page, err := users.GetUsers(within(t), &usersv1.GetUsersRequest{PageSize: proto.Int32(500)})
	must(t, err)
	measure("GetUsers", len(page.GetEntities()), 700, 1500, page)
	page, err = users.GetUsers(within(t), &usersv1.GetUsersRequest{PageSize: proto.Int32(500), Expand: []string{
		"routingStatus", "presence", "integrationPresence", "conversationSummary", "outOfOffice", "geolocation", "station", "authorization",
		"lasttokenissued", "dateLastLogin", "authorization.unusedRoles", "team", "profileSkills", "certifications", "locations", "groups",
		"skills", "languages", "languagePreference", "employerInfo", "biography",
	}})
	must(t, err)
	measure("GetUsers with every expand", len(page.GetEntities()), 4500, 6500, page)

	today := time.Now().UTC().Truncate(24 * time.Hour)
	week := proto.String(today.AddDate(0, 0, -7).Format(time.RFC3339) + "/" + today.Format(time.RFC3339))
	details, err := analytics.PostAnalyticsUsersDetailsQuery(within(t), &usersv1.PostAnalyticsUsersDetailsQueryRequest{
		Body: &usersv1.UserDetailsQuery{Interval: week, Paging: &usersv1.PagingSpec{PageSize: proto.Int32(100), PageNumber: proto.Int32(1)}},
	})
	must(t, err)
	measure("PostAnalyticsUsersDetailsQuery", len(details.GetUserDetails()), 6000, 10_000, details)

	job, err := analytics.PostAnalyticsUsersDetailsJobs(within(t), &usersv1.PostAnalyticsUsersDetailsJobsRequest{Body: &usersv1.AsyncUserDetailsQuery{Interval: week}})
	must(t, err)
	for {
		state, err := analytics.GetAnalyticsUsersDetailsJob(within(t), &usersv1.GetAnalyticsUsersDetailsJobRequest{JobId: job.GetJobId()})
		must(t, err)
		if state.GetState() == usersv1.AsyncQueryStatus_STATE_FULFILLED {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	request := &usersv1.GetAnalyticsUsersDetailsJobResultsRequest{JobId: job.GetJobId(), PageSize: proto.Int32(1000)}
	results, err := analytics.GetAnalyticsUsersDetailsJobResults(within(t), request)
	must(t, err)
	measure("GetAnalyticsUsersDetailsJobResults", len(results.GetUserDetails()), 6000, 10_000, results)

	plain, err := grpc.NewClient(p.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	t.Cleanup(func() { _ = plain.Close() })
	_, err = usersv1.NewUserAnalyticsServiceClient(plain).GetAnalyticsUsersDetailsJobResults(within(t), request)
	if st := status.Convert(err); st.Code() != codes.ResourceExhausted || len(st.Details()) > 0 {
		t.Errorf("a client with the usual limit: %v", st.Proto())
	}
}
