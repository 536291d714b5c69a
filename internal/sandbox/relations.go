package sandbox

import (
	"slices"
)

// adjacentsView is the upstream's Adjacents: who is around a user.
type adjacentsView struct {
	Superiors     []userView `json:"superiors"`
	Siblings      []userView `json:"siblings"`
	DirectReports []userView `json:"directReports"`
}

// related answers with a list of users around the one of the path.
func related(who func(*user) []*user) func(*organisation, *call) (any, error) {
	return func(o *organisation, c *call) (any, error) {
		u, err := c.user(o)
		if err != nil {
			return nil, err
		}
		e, err := c.expansion()
		if err != nil {
			return nil, err
		}
		return viewUsers(who(u), e), nil
	}
}

func getUserAdjacents(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	e, err := c.expansion()
	if err != nil {
		return nil, err
	}
	return u.adjacents(e), nil
}

func (u *user) adjacents(e expansion) adjacentsView {
	return adjacentsView{
		Superiors:     viewUsers(u.superiors(), e),
		Siblings:      viewUsers(u.siblings(), e),
		DirectReports: viewUsers(u.directReports(), e),
	}
}

// superiors are the manager, the manager's manager and so on.
func (u *user) superiors() []*user {
	var above []*user
	for m := u.manager; m != nil && m.state != stateDeleted; m = m.manager {
		above = append(above, m)
	}
	return above
}

// directReports are those whom u manages, by name.
func (u *user) directReports() []*user {
	below := make([]*user, 0, len(u.reports))
	for _, r := range u.reports {
		if r.state != stateDeleted {
			below = append(below, r)
		}
	}
	slices.SortFunc(below, byName)
	return below
}

// siblings have the same manager.
func (u *user) siblings() []*user {
	if u.manager == nil || u.manager.state == stateDeleted {
		return nil
	}
	return slices.DeleteFunc(u.manager.directReports(), func(r *user) bool { return r == u })
}

func viewUsers(users []*user, e expansion) []userView {
	return viewAll(users, func(u *user) userView { return u.view(e) })
}
