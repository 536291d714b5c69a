package sandbox

import (
	"slices"
)

// queue is one of the organisation's queues. members and joined follow every
// change of a membership.
type queue struct {
	reference
	division        *reference
	description     string
	created         instant
	members, joined int32
}

// membership ties a user to a queue; joined members get its conversations.
type membership struct {
	queue  *queue
	joined bool
}

// queueView is the upstream's UserQueue: the queue as its member sees it.
type queueView struct {
	ID                string     `json:"id"`
	Name              string     `json:"name"`
	Division          *reference `json:"division,omitempty"`
	Description       string     `json:"description,omitempty"`
	DateCreated       instant    `json:"dateCreated,omitzero"`
	DateModified      instant    `json:"dateModified,omitzero"`
	MemberCount       int32      `json:"memberCount"`
	UserMemberCount   int32      `json:"userMemberCount"`
	JoinedMemberCount int32      `json:"joinedMemberCount"`
	Joined            bool       `json:"joined"`
	SelfURI           string     `json:"selfUri"`
}

// queueUpdate is what of a UserQueue a member can change.
type queueUpdate struct {
	ID     string         `json:"id"`
	Joined optional[bool] `json:"joined"`
}

// getUserQueues lists the queues that a user has joined, or the ones that it is
// a member of without having joined.
func getUserQueues(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	p, err := c.page()
	if err != nil {
		return nil, err
	}
	joined, err := c.bool("joined", true)
	if err != nil {
		return nil, err
	}
	divisions := c.strings("divisionId")
	var matching []membership
	for _, m := range u.queues {
		if m.joined == joined && m.queue.within(divisions) {
			matching = append(matching, m)
		}
	}
	return list(c, p, matching, membership.view), nil
}

// patchUserQueues joins and leaves several queues, all or none.
func patchUserQueues(o *organisation, c *call, in []queueUpdate) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	divisions := c.strings("divisionId")
	changed := make([]int, 0, len(in))
	for _, item := range in {
		if item.ID == "" {
			return nil, missing("id")
		}
		i := u.membershipIn(item.ID)
		if i < 0 || !u.queues[i].queue.within(divisions) {
			p := invalid("id", "the user is no member of such a queue")
			p.Details[0].EntityID, p.Details[0].EntityName = item.ID, "queue"
			return nil, p
		}
		if !item.Joined.Given || item.Joined.Null {
			return nil, missing("joined")
		}
		changed = append(changed, i)
	}
	for n, i := range changed {
		u.join(i, in[n].Joined.Value)
	}
	return listAll(c, changed, func(i int) queueView { return u.queues[i].view() }), nil
}

// patchUserQueue joins or leaves one queue.
func patchUserQueue(o *organisation, c *call, in queueUpdate) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	id := c.params["queueId"]
	i := u.membershipIn(id)
	switch {
	case i < 0:
		return nil, notFound("queue", "queueId")
	case in.ID != "" && in.ID != id:
		return nil, invalid("id", "it is not the queue of the path")
	case !in.Joined.Given || in.Joined.Null:
		return nil, missing("joined")
	}
	u.join(i, in.Joined.Value)
	return u.queues[i].view(), nil
}

func (u *user) membershipIn(queueID string) int {
	return slices.IndexFunc(u.queues, func(m membership) bool { return m.queue.ID == queueID })
}

// join keeps the queue's count true.
func (u *user) join(i int, joined bool) {
	m := u.queues[i]
	if m.joined == joined {
		return
	}
	if joined {
		m.queue.joined++
	} else {
		m.queue.joined--
	}
	u.queues = slices.Clone(u.queues)
	u.queues[i].joined = joined
}

// joinDivision makes a user a member of the queues of its division, none of
// them joined: upstream an administrator does that, with operations that are
// not among those that the sandbox knows.
func (o *organisation) joinDivision(u *user) {
	u.queues = nil
	for _, q := range o.queues.list {
		if q.division == u.division {
			u.queues = append(u.queues, membership{queue: q})
			q.members++
		}
	}
}

// leaveQueues ends all memberships.
func leaveQueues(u *user) {
	for _, m := range u.queues {
		m.queue.members--
		if m.joined {
			m.queue.joined--
		}
	}
	u.queues = nil
}

func (q *queue) within(divisions []string) bool {
	return len(divisions) == 0 || slices.Contains(divisions, q.division.ID)
}

func (m membership) view() queueView {
	q := m.queue
	return queueView{
		ID: q.ID, Name: q.Name, Division: q.division, Description: q.description,
		DateCreated: q.created, DateModified: q.created,
		MemberCount: q.members, UserMemberCount: q.members, JoinedMemberCount: q.joined,
		Joined: m.joined, SelfURI: q.SelfURI,
	}
}
