package users

import (
	"slices"
	"strconv"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
)

// cursorListing is a page of a list that is read from front to back.
type cursorListing struct {
	Entities []UserView `json:"entities"`
	Results  int        `json:"results"`
	Cursor   string     `json:"cursor,omitempty"`
	NextURI  string     `json:"nextUri,omitempty"`
	SelfURI  string     `json:"selfUri"`
}

// getUsersQuery lists users by name, a page after the other. The cursor names the
// last user of the page before, so that who comes or goes in between shifts
// nothing; it is good for the same state and order.
func getUsersQuery(o *org.Organisation, c *api.Call) (any, error) {
	size, err := c.PageSize()
	if err != nil {
		return nil, err
	}
	descending, err := c.Descending()
	if err != nil {
		return nil, err
	}
	state, err := c.Enum("state", org.StateActive, org.StateInactive, org.StateDeleted, org.AnyState)
	if err != nil {
		return nil, err
	}
	e, err := ReadExpansion(c)
	if err != nil {
		return nil, err
	}
	roster := o.Rosters[state]
	at := func(i int) *org.User { // in the order asked for
		if descending {
			return roster[len(roster)-1-i]
		}
		return roster[i]
	}
	first := 0
	if cursor := c.Query.Get("cursor"); cursor != "" {
		last, err := userCursor(c)
		if err != nil {
			return nil, err
		}
		i, found := slices.BinarySearchFunc(roster, last, org.ByName)
		switch {
		case descending:
			first = len(roster) - i
		case found:
			first = i + 1
		default:
			first = i
		}
	}
	v := cursorListing{Entities: []UserView{}, SelfURI: cursorURI(c, size, c.Query.Get("cursor"))}
	end := min(first+size, len(roster))
	for i := first; i < end; i++ {
		v.Entities = append(v.Entities, view(at(i), e))
	}
	v.Results = len(v.Entities)
	if end < len(roster) {
		v.Cursor = cursorAfter(at(end - 1))
		v.NextURI = cursorURI(c, size, v.Cursor)
	}
	return v, nil
}

func cursorAfter(u *org.User) string {
	return api.MakeCursor(u.ID + u.Name)
}

// userCursor returns enough of the user that the cursor names to be compared.
func userCursor(c *api.Call) (*org.User, error) {
	text, err := c.Cursor("cursor")
	const id = len("00000000-0000-0000-0000-000000000000")
	if err == nil && len(text) < id {
		err = problem.Invalid("cursor", "it is not one of ours")
	}
	if err != nil {
		return nil, err
	}
	return &org.User{ID: text[:id], Name: text[id:]}, nil
}

func cursorURI(c *api.Call, size int, cursor string) string {
	return c.URIWith(map[string]string{"pageSize": strconv.Itoa(size), "cursor": cursor})
}
