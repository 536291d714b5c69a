package beside

import (
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/authorization"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/users"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

func getOrganizationsMe(o *org.Organisation, _ *api.Call) (any, error) {
	return users.Organization(o), nil
}

type product struct {
	ID string `json:"id"`
}

// getAuthorizationProducts lists what the organisation has bought, on one page.
func getAuthorizationProducts(_ *org.Organisation, _ *api.Call) (any, error) {
	all := []product{{"communicate"}, {"engage"}}
	return struct {
		Entities   []product `json:"entities"`
		PageSize   int       `json:"pageSize"`
		PageNumber int       `json:"pageNumber"`
		Total      int       `json:"total"`
		PageCount  int       `json:"pageCount"`
	}{all, len(all), 1, len(all), 1}, nil
}

func getAuthorizationDivisionsHome(o *org.Organisation, _ *api.Call) (any, error) {
	return authorization.ShowDivision(o, o.HomeDivision()), nil
}

// postAuthorizationDivisionObject moves users into a division, all or none. They stay
// members of their queues.
func postAuthorizationDivisionObject(o *org.Organisation, c *api.Call, in []string) (any, error) {
	division := o.Divisions.ByID[c.Params["divisionId"]]
	switch kind := c.Params["objectType"]; {
	case division == nil:
		return nil, problem.NotFound("division", "divisionId")
	case kind != "USER":
		return nil, problem.NotSimulated("postAuthorizationDivisionObject for objects other than users")
	}
	if slices.ContainsFunc(in, func(id string) bool { return o.Users[id] == nil || o.Users[id].State == org.StateDeleted }) {
		return nil, problem.Invalid("body", "there is no such user")
	}
	for _, id := range in {
		if u := o.Users[id]; u.Division != division {
			next := *u
			next.Division = division
			o.Replace(u, &next)
		}
	}
	return api.NoContent{}, nil
}

// voicemailPolicy is the upstream's VoicemailUserPolicy.
type voicemailPolicy struct {
	Enabled                bool         `json:"enabled"`
	AlertTimeoutSeconds    int          `json:"alertTimeoutSeconds"`
	ModifiedDate           wire.Instant `json:"modifiedDate"`
	SendEmailNotifications bool         `json:"sendEmailNotifications"`
}

// getVoicemailUserpolicy shows what everybody begins with: nothing here changes it.
func getVoicemailUserpolicy(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	made := u.Created
	if made.IsZero() {
		made = o.Origin.At
	}
	return voicemailPolicy{Enabled: true, AlertTimeoutSeconds: 20, ModifiedDate: wire.At(made), SendEmailNotifications: true}, nil
}
