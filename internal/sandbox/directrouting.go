package sandbox

import (
	"slices"
)

// backup is who stands in for a user to whom calls are routed directly: a queue or
// another user.
type backup struct {
	QueueID          string `json:"queueId,omitempty"`
	UserID           string `json:"userId,omitempty"`
	WaitForAgent     bool   `json:"waitForAgent"`
	AgentWaitSeconds int32  `json:"agentWaitSeconds"`
}

type backupView struct {
	backup
	// BackedUpUsers are those for whom this user stands in.
	BackedUpUsers []string `json:"backedUpUsers"`
}

// whose finds the user that an operation is about: the one of its path, or "me".
type whose func(*call, *organisation) (*user, error)

func getBackup(who whose) func(*organisation, *call) (any, error) {
	return func(o *organisation, c *call) (any, error) {
		u, err := who(c, o)
		if err != nil {
			return nil, err
		}
		return u.backupView(o), nil
	}
}

func putBackup(who whose) func(*organisation, *call, backup) (any, error) {
	return func(o *organisation, c *call, in backup) (any, error) {
		u, err := who(c, o)
		if err != nil {
			return nil, err
		}
		other := o.users[in.UserID]
		switch {
		case in.QueueID != "" && in.UserID != "":
			return nil, invalid("userId", "it cannot be used together with queueId")
		case in.QueueID != "" && o.queues.byID[in.QueueID] == nil:
			return nil, invalid("queueId", "there is no such queue")
		case in.UserID != "" && (other == nil || other == u || other.state == stateDeleted):
			return nil, invalid("userId", "it must be another user")
		case in.AgentWaitSeconds < 0:
			return nil, invalid("agentWaitSeconds", "it must not be negative")
		}
		o.setBackup(u, in)
		return u.backupView(o), nil
	}
}

func deleteBackup(who whose) func(*organisation, *call) (any, error) {
	return func(o *organisation, c *call) (any, error) {
		u, err := who(c, o)
		if err != nil {
			return nil, err
		}
		o.setBackup(u, backup{})
		return noContent{}, nil
	}
}

// setBackup keeps both directions: whom u has, and for whom that one stands in.
func (o *organisation) setBackup(u *user, to backup) {
	if old := o.users[u.backup.UserID]; old != nil {
		old.backedUp = slices.DeleteFunc(slices.Clone(old.backedUp), func(id string) bool { return id == u.id })
	}
	u.backup = to
	if other := o.users[to.UserID]; other != nil {
		other.backedUp = append(slices.Clone(other.backedUp), u.id)
	}
}

func (u *user) backupView(o *organisation) backupView {
	present := func(id string) bool { return o.users[id].state != stateDeleted }
	v := backupView{backup: u.backup, BackedUpUsers: []string{}}
	for _, id := range u.backedUp {
		if present(id) {
			v.BackedUpUsers = append(v.BackedUpUsers, id)
		}
	}
	if v.UserID != "" && !present(v.UserID) {
		v.UserID = ""
	}
	return v
}
