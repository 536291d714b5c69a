package users

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// adjacentsView is the upstream's Adjacents: who is around a user.
type adjacentsView struct {
	Superiors     []UserView `json:"superiors"`
	Siblings      []UserView `json:"siblings"`
	DirectReports []UserView `json:"directReports"`
}

// related answers with a list of users around the one of the path.
func related(who func(*org.User) []*org.User) func(*org.Organisation, *api.Call) (any, error) {
	return func(o *org.Organisation, c *api.Call) (any, error) {
		u, err := c.User(o)
		if err != nil {
			return nil, err
		}
		e, err := ReadExpansion(c)
		if err != nil {
			return nil, err
		}
		return ViewUsers(who(u), e), nil
	}
}

func getUserAdjacents(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	e, err := ReadExpansion(c)
	if err != nil {
		return nil, err
	}
	return adjacentsOf(u, e), nil
}

func adjacentsOf(u *org.User, e Expansion) adjacentsView {
	return adjacentsView{
		Superiors:     ViewUsers(u.Superiors(), e),
		Siblings:      ViewUsers(u.Siblings(), e),
		DirectReports: ViewUsers(u.DirectReports(), e),
	}
}

// ViewUsers shows users in their order.
func ViewUsers(users []*org.User, e Expansion) []UserView {
	return wire.ViewAll(users, func(u *org.User) UserView { return view(u, e) })
}

// getUserFavorites lists whom a user works with most: the manager and the peers.
// Nothing in this API changes that.
func getUserFavorites(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	p, err := c.SortedPage()
	if err != nil {
		return nil, err
	}
	e, err := ReadExpansion(c)
	if err != nil {
		return nil, err
	}
	return api.List(c, p, u.Favorites(), func(f *org.User) UserView { return view(f, e) }), nil
}
