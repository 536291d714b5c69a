package sandbox

import (
	"net/url"
	"time"
)

// call is one request as an action sees it.
type call struct {
	path          string            // escaped, from the leading slash
	params        map[string]string // unescaped path parameters by name
	rawQuery      string
	query         url.Values
	caller        caller
	now           time.Time
	meAsFirstUser bool
	searchDelay   time.Duration // what search does not know of yet is younger
}

// user finds the one that {userId} names; deleted ones are gone.
func (c *call) user(o *organisation) (*user, error) {
	u := o.users[c.params["userId"]]
	if u == nil || u.state == stateDeleted {
		return nil, notFound("user", "userId")
	}
	return u, nil
}

// me is the user behind the token.
func (c *call) me(o *organisation) (*user, error) {
	id := c.caller.userID
	if id == "" {
		if !c.meAsFirstUser {
			return nil, badRequest("This request needs a token with a user behind it; " +
				"a client-credentials token has none.")
		}
		id = o.firstUserID
	}
	u := o.users[id]
	if u == nil || u.state == stateDeleted {
		return nil, notFound("user", "userId")
	}
	return u, nil
}

// mentions are the ids of the users that a call may be about: those of its path,
// and the one behind its token.
func (c *call) mentions(o *organisation) []string {
	ids := []string{c.params["userId"], c.params["subjectId"], c.caller.userID}
	if c.meAsFirstUser {
		ids = append(ids, o.firstUserID)
	}
	return ids
}
