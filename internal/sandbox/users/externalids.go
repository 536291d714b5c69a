package users

import (
	"net/url"
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

const (
	// maxExternalIDs is how many a user can have.
	maxExternalIDs = 100
	// maxExternalKey bounds a name and a key, in bytes: together they are part of
	// a path.
	maxExternalKey = 256
)

type externalIDView struct {
	org.ExternalID
	SelfURI string `json:"selfUri"`
}

// postUserExternalid adds one and answers with all that the user then has.
func postUserExternalid(o *org.Organisation, c *api.Call, in org.ExternalID) (any, error) {
	u, err := c.User(o)
	switch {
	case err != nil:
		return nil, err
	case in.AuthorityName == "":
		return nil, problem.Missing("authorityName")
	case in.ExternalKey == "":
		return nil, problem.Missing("externalKey")
	case len(in.AuthorityName) > maxExternalKey:
		return nil, problem.Invalid("authorityName", "it is longer than 256 bytes")
	case len(in.ExternalKey) > maxExternalKey:
		return nil, problem.Invalid("externalKey", "it is longer than 256 bytes")
	case o.ExternalIDs[in] != nil:
		return nil, problem.Conflict("The external key is already in use under that authority.")
	case len(u.ExternalIDs) >= maxExternalIDs:
		return nil, problem.BadRequest("A user can have no more than 100 external ids.")
	}
	o.ExternalIDs[in] = u
	u.ExternalIDs = append(slices.Clone(u.ExternalIDs), in)
	return showExternalIDs(u), nil
}

func getUserExternalid(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	return showExternalIDs(u), nil
}

// getUserExternalidAuthorityName answers with the oldest id of that authority.
func getUserExternalidAuthorityName(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(u.ExternalIDs, func(id org.ExternalID) bool { return id.AuthorityName == c.Params["authorityName"] })
	if i < 0 {
		return nil, problem.NotFound("external id", "authorityName")
	}
	return showExternalID(u, u.ExternalIDs[i]), nil
}

func deleteUserExternalidAuthorityNameExternalKey(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	id := externalIDOf(c)
	if o.ExternalIDs[id] != u {
		return nil, problem.NotFound("external id", "externalKey")
	}
	delete(o.ExternalIDs, id)
	u.ExternalIDs = slices.DeleteFunc(slices.Clone(u.ExternalIDs), func(held org.ExternalID) bool { return held == id })
	return api.NoContent{}, nil
}

// getUsersExternalidAuthorityNameExternalKey finds the user of an external id.
func getUsersExternalidAuthorityNameExternalKey(o *org.Organisation, c *api.Call) (any, error) {
	e, err := ReadExpansion(c)
	if err != nil {
		return nil, err
	}
	u := o.ExternalIDs[externalIDOf(c)]
	if u == nil || u.State == org.StateDeleted {
		return nil, problem.NotFound("user", "externalKey")
	}
	return view(u, e), nil
}

func externalIDOf(c *api.Call) org.ExternalID {
	return org.ExternalID{AuthorityName: c.Params["authorityName"], ExternalKey: c.Params["externalKey"]}
}

func showExternalIDs(u *org.User) []externalIDView {
	return wire.ViewAll(u.ExternalIDs, func(id org.ExternalID) externalIDView { return showExternalID(u, id) })
}

func showExternalID(u *org.User, id org.ExternalID) externalIDView {
	return externalIDView{id, u.SelfURI() + "/externalid/" + url.PathEscape(id.AuthorityName) + "/" + url.PathEscape(id.ExternalKey)}
}
