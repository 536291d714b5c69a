package authorization

import (
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// permittedListing is a page of divisions that also tells whether it is about all.
type permittedListing struct {
	api.Listing[divisionView]
	AllDivsPermitted bool `json:"allDivsPermitted"`
}

// getDivisionspermitted lists the divisions of the one that who finds, by page.
func getDivisionspermitted(who whose) func(*org.Organisation, *api.Call) (any, error) {
	return func(o *org.Organisation, c *api.Call) (any, error) {
		subject, err := who(c, o)
		if err != nil {
			return nil, err
		}
		p, err := c.Page()
		if err != nil {
			return nil, err
		}
		permission := c.Query.Get("permission")
		if permission == "" {
			return nil, problem.Missing("permission")
		}
		permitted, all := subject.DivisionsFor(o, permission)
		return permittedListing{api.List(c, p, permitted, func(d *org.Reference) divisionView { return ShowDivision(o, d) }), all}, nil
	}
}

// getAuthorizationDivisionspermittedMe lists them all at once, or those whose name
// begins as asked for.
func getAuthorizationDivisionspermittedMe(o *org.Organisation, c *api.Call) (any, error) {
	subject, err := me(c, o)
	if err != nil {
		return nil, err
	}
	permission, name := c.Query.Get("permission"), c.Query.Get("name")
	if permission == "" {
		return nil, problem.Missing("permission")
	}
	permitted, _ := subject.DivisionsFor(o, permission)
	permitted = slices.DeleteFunc(permitted, func(d *org.Reference) bool {
		return len(d.Name) < len(name) || org.CompareFold(d.Name[:len(name)], name) != 0
	})
	return wire.ViewAll(permitted, func(d *org.Reference) divisionView { return ShowDivision(o, d) }), nil
}

type divisionView struct {
	org.Reference
	Description  string `json:"description"`
	HomeDivision bool   `json:"homeDivision"`
}

// ShowDivision shows a division.
func ShowDivision(o *org.Organisation, d *org.Reference) divisionView {
	return divisionView{*d, "Division " + d.Name, d == o.HomeDivision()}
}
