package org

import (
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// MaxProficiency is the best that anybody can be at anything.
const MaxProficiency = 5

// Competence is a routing skill or a routing language that a user has. The two
// differ upstream in names and verbs only; kind says which is meant.
type Competence struct {
	What        *Reference
	Proficiency wire.Double
	State       string
}

// Queue is one of the organisation's queues. members and joined follow every
// change of a membership.
type Queue struct {
	Reference
	Division        *Reference
	Description     string
	Created         wire.Instant
	Members, Joined int32
}

// Membership ties a user to a queue; joined members get its conversations.
type Membership struct {
	Queue  *Queue
	Joined bool
}

// joinDivision makes a user a member of the queues of its division, none of
// them joined: upstream an administrator does that, with operations that are
// not among those that the sandbox knows.
func (o *Organisation) joinDivision(u *User) {
	u.Queues = nil
	for _, q := range o.Queues.List {
		if q.Division == u.Division {
			u.Queues = append(u.Queues, Membership{Queue: q})
			q.Members++
		}
	}
}

// leaveQueues ends all memberships.
func leaveQueues(u *User) {
	for _, m := range u.Queues {
		m.Queue.Members--
		if m.Joined {
			m.Queue.Joined--
		}
	}
	u.Queues = nil
}

// Join keeps the queue's count true.
func (u *User) Join(i int, joined bool) {
	m := u.Queues[i]
	if m.Joined == joined {
		return
	}
	if joined {
		m.Queue.Joined++
	} else {
		m.Queue.Joined--
	}
	u.Queues = slices.Clone(u.Queues)
	u.Queues[i].Joined = joined
}

// Backup is who stands in for a user to whom calls are routed directly: a queue or
// another user.
type Backup struct {
	QueueID          string `json:"queueId,omitempty"`
	UserID           string `json:"userId,omitempty"`
	WaitForAgent     bool   `json:"waitForAgent"`
	AgentWaitSeconds int32  `json:"agentWaitSeconds"`
}

// SetBackup keeps both directions: whom u has, and for whom that one stands in.
func (o *Organisation) SetBackup(u *User, to Backup) {
	if old := o.Users[u.Backup.UserID]; old != nil {
		old.BackedUp = slices.DeleteFunc(slices.Clone(old.BackedUp), func(id string) bool { return id == u.ID })
	}
	u.Backup = to
	if other := o.Users[to.UserID]; other != nil {
		other.BackedUp = append(slices.Clone(other.BackedUp), u.ID)
	}
}

// MediaUtilization says how many interactions of a medium a user takes at once,
// and which others may interrupt them.
type MediaUtilization struct {
	MaximumCapacity         int32    `json:"maximumCapacity"`
	InterruptableMediaTypes []string `json:"interruptableMediaTypes"`
	IncludeNonACD           bool     `json:"includeNonAcd"`
}

// Utilization is a user's own.
type Utilization struct {
	Media           map[string]MediaUtilization
	MaxInboundCalls *int32
}
