package routing

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
)

type backupView struct {
	org.Backup
	// BackedUpUsers are those for whom this user stands in.
	BackedUpUsers []string `json:"backedUpUsers"`
}

func getBackup(who api.Whose) func(*org.Organisation, *api.Call) (any, error) {
	return func(o *org.Organisation, c *api.Call) (any, error) {
		u, err := who(c, o)
		if err != nil {
			return nil, err
		}
		return showBackup(u, o), nil
	}
}

func putBackup(who api.Whose) func(*org.Organisation, *api.Call, org.Backup) (any, error) {
	return func(o *org.Organisation, c *api.Call, in org.Backup) (any, error) {
		u, err := who(c, o)
		if err != nil {
			return nil, err
		}
		other := o.Users[in.UserID]
		switch {
		case in.QueueID != "" && in.UserID != "":
			return nil, problem.Invalid("userId", "it cannot be used together with queueId")
		case in.QueueID != "" && o.Queues.ByID[in.QueueID] == nil:
			return nil, problem.Invalid("queueId", "there is no such queue")
		case in.UserID != "" && (other == nil || other == u || other.State == org.StateDeleted):
			return nil, problem.Invalid("userId", "it must be another user")
		case in.AgentWaitSeconds < 0:
			return nil, problem.Invalid("agentWaitSeconds", "it must not be negative")
		}
		o.SetBackup(u, in)
		return showBackup(u, o), nil
	}
}

func deleteBackup(who api.Whose) func(*org.Organisation, *api.Call) (any, error) {
	return func(o *org.Organisation, c *api.Call) (any, error) {
		u, err := who(c, o)
		if err != nil {
			return nil, err
		}
		o.SetBackup(u, org.Backup{})
		return api.NoContent{}, nil
	}
}

func showBackup(u *org.User, o *org.Organisation) backupView {
	present := func(id string) bool { return o.Users[id].State != org.StateDeleted }
	v := backupView{Backup: u.Backup, BackedUpUsers: []string{}}
	for _, id := range u.BackedUp {
		if present(id) {
			v.BackedUpUsers = append(v.BackedUpUsers, id)
		}
	}
	if v.UserID != "" && !present(v.UserID) {
		v.UserID = ""
	}
	return v
}
