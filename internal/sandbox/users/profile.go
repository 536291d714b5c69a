package users

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// getUserProfileskills lists what a person says of themselves, as they said it.
func getUserProfileskills(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	return wire.OrEmpty(u.ProfileSkills), nil
}

// putUserProfileskills replaces the list, which is a change of the user.
func putUserProfileskills(o *org.Organisation, c *api.Call, in []string) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	next := *u
	next.ProfileSkills = in
	o.Replace(u, &next)
	return wire.OrEmpty(in), nil
}

// postUserInvite notes when the invitation went out. One that is outstanding
// goes out again only by force.
func postUserInvite(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	force, err := c.Bool("force", false)
	if err != nil {
		return nil, err
	}
	if force || u.WelcomeSent.IsZero() {
		u.WelcomeSent = wire.At(c.Now).Time
	}
	return api.NoContent{}, nil
}

// Bounds of a password, in characters.
const (
	minPassword = 8
	maxPassword = 256
)

// newPassword is what is kept of a password that may be one; field names it.
func newPassword(field, password string) (org.PasswordHash, error) {
	if err := api.CheckCharacters(field, password, minPassword, maxPassword); err != nil {
		return org.PasswordHash{}, err
	}
	return org.HashPassword(password)
}

// changePassword is the body of both password operations.
type changePassword struct {
	NewPassword string `json:"newPassword"`
	OldPassword string `json:"oldPassword"`
}

// postUserPassword is an administrator's reset.
func postUserPassword(o *org.Organisation, c *api.Call, in changePassword) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	return setPassword(u, in.NewPassword)
}

// postUsersMePassword is a person's own change, which takes the old password.
func postUsersMePassword(o *org.Organisation, c *api.Call, in changePassword) (any, error) {
	u, err := c.Me(o)
	if err != nil {
		return nil, err
	}
	if in.OldPassword == "" {
		return nil, problem.Missing("oldPassword")
	}
	switch right, err := u.Password.Matches(in.OldPassword); {
	case err != nil:
		return nil, err
	case !right:
		return nil, problem.Invalid("oldPassword", "it is not the present password")
	}
	return setPassword(u, in.NewPassword)
}

func setPassword(u *org.User, password string) (any, error) {
	if password == "" {
		return nil, problem.Missing("newPassword")
	}
	hash, err := newPassword("newPassword", password)
	if err != nil {
		return nil, err
	}
	u.Password = hash
	return api.NoContent{}, nil
}
