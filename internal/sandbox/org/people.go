package org

import (
	"slices"
)

// Superiors are the manager, the manager's manager and so on.
func (u *User) Superiors() []*User {
	var above []*User
	for m := u.Manager; m != nil && m.State != StateDeleted; m = m.Manager {
		above = append(above, m)
	}
	return above
}

// DirectReports are those whom u manages, by name.
func (u *User) DirectReports() []*User {
	below := make([]*User, 0, len(u.Reports))
	for _, r := range u.Reports {
		if r.State != StateDeleted {
			below = append(below, r)
		}
	}
	slices.SortFunc(below, ByName)
	return below
}

// Siblings have the same manager.
func (u *User) Siblings() []*User {
	if u.Manager == nil || u.Manager.State == StateDeleted {
		return nil
	}
	return slices.DeleteFunc(u.Manager.DirectReports(), func(r *User) bool { return r == u })
}

const maxFavorites = 5

// Favorites are by name, as all lists of users.
func (u *User) Favorites() []*User {
	favorites := u.Siblings()
	favorites = favorites[:min(len(favorites), maxFavorites-1)]
	if above := u.Superiors(); len(above) > 0 {
		favorites = append(favorites, above[0])
	}
	slices.SortFunc(favorites, ByName)
	return favorites
}
