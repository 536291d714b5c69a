package presence

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
)

func getUserOutofoffice(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	return OutOfOffice(u), nil
}

// putUserOutofoffice replaces all of it. An absence that is active and not
// indefinite needs both its ends.
func putUserOutofoffice(o *org.Organisation, c *api.Call, in org.OutOfOffice) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	bounded := in.Active && !in.Indefinite
	switch {
	case bounded && in.StartDate.IsZero():
		return nil, problem.Missing("startDate")
	case bounded && in.EndDate.IsZero():
		return nil, problem.Missing("endDate")
	case !in.StartDate.IsZero() && !in.EndDate.IsZero() && !in.EndDate.After(in.StartDate.Time):
		return nil, problem.Invalid("endDate", "it must be after startDate")
	}
	u.OutOfOffice = in
	return OutOfOffice(u), nil
}

// OutOfOffice shows a user's absence.
func OutOfOffice(u *org.User) *org.OutOfOffice {
	v := u.OutOfOffice
	v.User = u.Link()
	v.SelfURI = u.SelfURI() + "/outofoffice"
	return &v
}
