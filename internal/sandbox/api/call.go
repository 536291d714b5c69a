package api

import (
	"net/url"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/access"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
)

// Call is one request as an action sees it.
type Call struct {
	Path          string            // escaped, from the leading slash
	Params        map[string]string // unescaped path parameters by name
	RawQuery      string
	Query         url.Values
	Caller        access.Caller
	Now           time.Time
	MeAsFirstUser bool
	SearchDelay   time.Duration // what search does not know of yet is younger
}

// User finds the one that {userId} names; deleted ones are gone.
func (c *Call) User(o *org.Organisation) (*org.User, error) {
	u := o.Users[c.Params["userId"]]
	if u == nil || u.State == org.StateDeleted {
		return nil, problem.NotFound("user", "userId")
	}
	return u, nil
}

// Me is the user behind the token.
func (c *Call) Me(o *org.Organisation) (*org.User, error) {
	id := c.Caller.UserID
	if id == "" {
		if !c.MeAsFirstUser {
			return nil, problem.BadRequest("This request needs a token with a user behind it; " +
				"a client-credentials token has none.")
		}
		id = o.FirstUserID
	}
	u := o.Users[id]
	if u == nil || u.State == org.StateDeleted {
		return nil, problem.NotFound("user", "userId")
	}
	return u, nil
}

// Mentions are the ids of the users that a call may be about: those of its path,
// and the one behind its token.
func (c *Call) Mentions(o *org.Organisation) []string {
	ids := []string{c.Params["userId"], c.Params["subjectId"], c.Caller.UserID}
	if c.MeAsFirstUser {
		ids = append(ids, o.FirstUserID)
	}
	return ids
}

// Whose finds the user that an operation is about: the one of its path, or "me".
type Whose func(*Call, *org.Organisation) (*org.User, error)
