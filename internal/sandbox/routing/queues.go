package routing

import (
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// queueView is the upstream's UserQueue: the queue as its member sees it.
type queueView struct {
	ID                string         `json:"id"`
	Name              string         `json:"name"`
	Division          *org.Reference `json:"division,omitempty"`
	Description       string         `json:"description,omitempty"`
	DateCreated       wire.Instant   `json:"dateCreated,omitzero"`
	DateModified      wire.Instant   `json:"dateModified,omitzero"`
	MemberCount       int32          `json:"memberCount"`
	UserMemberCount   int32          `json:"userMemberCount"`
	JoinedMemberCount int32          `json:"joinedMemberCount"`
	Joined            bool           `json:"joined"`
	SelfURI           string         `json:"selfUri"`
}

// queueUpdate is what of a UserQueue a member can change.
type queueUpdate struct {
	ID     string              `json:"id"`
	Joined wire.Optional[bool] `json:"joined"`
}

// getUserQueues lists the queues that a user has joined, or the ones that it is
// a member of without having joined.
func getUserQueues(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	p, err := c.Page()
	if err != nil {
		return nil, err
	}
	joined, err := c.Bool("joined", true)
	if err != nil {
		return nil, err
	}
	divisions := c.Strings("divisionId")
	var matching []org.Membership
	for _, m := range u.Queues {
		if m.Joined == joined && within(m.Queue, divisions) {
			matching = append(matching, m)
		}
	}
	return api.List(c, p, matching, showQueue), nil
}

// patchUserQueues joins and leaves several queues, all or none.
func patchUserQueues(o *org.Organisation, c *api.Call, in []queueUpdate) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	divisions := c.Strings("divisionId")
	changed := make([]int, 0, len(in))
	for _, item := range in {
		if item.ID == "" {
			return nil, problem.Missing("id")
		}
		i := membershipIn(u, item.ID)
		if i < 0 || !within(u.Queues[i].Queue, divisions) {
			p := problem.Invalid("id", "the user is no member of such a queue")
			p.Details[0].EntityID, p.Details[0].EntityName = item.ID, "queue"
			return nil, p
		}
		if !item.Joined.Given || item.Joined.Null {
			return nil, problem.Missing("joined")
		}
		changed = append(changed, i)
	}
	for n, i := range changed {
		u.Join(i, in[n].Joined.Value)
	}
	return api.ListAll(c, changed, func(i int) queueView { return showQueue(u.Queues[i]) }), nil
}

// patchUserQueue joins or leaves one queue.
func patchUserQueue(o *org.Organisation, c *api.Call, in queueUpdate) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	id := c.Params["queueId"]
	i := membershipIn(u, id)
	switch {
	case i < 0:
		return nil, problem.NotFound("queue", "queueId")
	case in.ID != "" && in.ID != id:
		return nil, problem.Invalid("id", "it is not the queue of the path")
	case !in.Joined.Given || in.Joined.Null:
		return nil, problem.Missing("joined")
	}
	u.Join(i, in.Joined.Value)
	return showQueue(u.Queues[i]), nil
}

func membershipIn(u *org.User, queueID string) int {
	return slices.IndexFunc(u.Queues, func(m org.Membership) bool { return m.Queue.ID == queueID })
}

func within(q *org.Queue, divisions []string) bool {
	return len(divisions) == 0 || slices.Contains(divisions, q.Division.ID)
}

func showQueue(m org.Membership) queueView {
	q := m.Queue
	return queueView{
		ID: q.ID, Name: q.Name, Division: q.Division, Description: q.Description,
		DateCreated: q.Created, DateModified: q.Created,
		MemberCount: q.Members, UserMemberCount: q.Members, JoinedMemberCount: q.Joined,
		Joined: m.Joined, SelfURI: q.SelfURI,
	}
}
