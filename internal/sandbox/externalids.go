package sandbox

import (
	"net/url"
	"slices"
)

const (
	// maxExternalIDs is how many a user can have.
	maxExternalIDs = 100
	// maxExternalKey bounds a name and a key, in bytes: together they are part of
	// a path.
	maxExternalKey = 256
)

// externalID names a user in somebody else's system. No two users share one,
// whatever their state: like an e-mail address it stays taken by a deleted user.
type externalID struct {
	AuthorityName string `json:"authorityName"`
	ExternalKey   string `json:"externalKey"`
}

type externalIDView struct {
	externalID
	SelfURI string `json:"selfUri"`
}

// postUserExternalid adds one and answers with all that the user then has.
func postUserExternalid(o *organisation, c *call, in externalID) (any, error) {
	u, err := c.user(o)
	switch {
	case err != nil:
		return nil, err
	case in.AuthorityName == "":
		return nil, missing("authorityName")
	case in.ExternalKey == "":
		return nil, missing("externalKey")
	case len(in.AuthorityName) > maxExternalKey:
		return nil, invalid("authorityName", "it is longer than 256 bytes")
	case len(in.ExternalKey) > maxExternalKey:
		return nil, invalid("externalKey", "it is longer than 256 bytes")
	case o.externalIDs[in] != nil:
		return nil, conflict("The external key is already in use under that authority.")
	case len(u.externalIDs) >= maxExternalIDs:
		return nil, badRequest("A user can have no more than 100 external ids.")
	}
	o.externalIDs[in] = u
	u.externalIDs = append(slices.Clone(u.externalIDs), in)
	return u.externalIDViews(), nil
}

func getUserExternalid(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	return u.externalIDViews(), nil
}

// getUserExternalidAuthorityName answers with the oldest id of that authority.
func getUserExternalidAuthorityName(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(u.externalIDs, func(id externalID) bool { return id.AuthorityName == c.params["authorityName"] })
	if i < 0 {
		return nil, notFound("external id", "authorityName")
	}
	return u.externalIDView(u.externalIDs[i]), nil
}

func deleteUserExternalidAuthorityNameExternalKey(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	id := c.externalID()
	if o.externalIDs[id] != u {
		return nil, notFound("external id", "externalKey")
	}
	delete(o.externalIDs, id)
	u.externalIDs = slices.DeleteFunc(slices.Clone(u.externalIDs), func(held externalID) bool { return held == id })
	return noContent{}, nil
}

// getUsersExternalidAuthorityNameExternalKey finds the user of an external id.
func getUsersExternalidAuthorityNameExternalKey(o *organisation, c *call) (any, error) {
	e, err := c.expansion()
	if err != nil {
		return nil, err
	}
	u := o.externalIDs[c.externalID()]
	if u == nil || u.state == stateDeleted {
		return nil, notFound("user", "externalKey")
	}
	return u.view(e), nil
}

func (c *call) externalID() externalID {
	return externalID{c.params["authorityName"], c.params["externalKey"]}
}

func (u *user) externalIDViews() []externalIDView {
	return viewAll(u.externalIDs, u.externalIDView)
}

func (u *user) externalIDView(id externalID) externalIDView {
	return externalIDView{id, u.selfURI() + "/externalid/" + url.PathEscape(id.AuthorityName) + "/" + url.PathEscape(id.ExternalKey)}
}
