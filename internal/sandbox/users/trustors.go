package users

import (
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// trustor is the upstream's Trustor: another organisation that lets a user of this
// one work in it.
type trustor struct {
	ID            string            `json:"id"`
	Enabled       bool              `json:"enabled"`
	DateCreated   wire.Instant      `json:"dateCreated"`
	Organization  *organizationView `json:"organization"`
	Authorization trusteePermission `json:"authorization"`
	SelfURI       string            `json:"selfUri"`
}

type trusteePermission struct {
	Permissions []string `json:"permissions"`
}

// getUserTrustors lists the other organisations that trust a user.
func getUserTrustors(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	p, err := c.Page()
	if err != nil {
		return nil, err
	}
	return api.List(c, p, trustorsOf(o, u), func(t trustor) trustor { return t }), nil
}

// trustorsOf are two partners for every administrator, who have them look and not
// touch.
func trustorsOf(o *org.Organisation, u *org.User) []trustor {
	trustors := []trustor{}
	if !slices.ContainsFunc(u.Subject().Roles(), func(r *org.Role) bool { return r.Name == org.AdminRole }) {
		return trustors
	}
	ids := o.Origin.IDs("trustors")
	for _, name := range partnerNames {
		partner := Organization(o)
		partner.ID, partner.Name, partner.Domain = wire.SeededID(ids), name, "partner."+o.DomainName
		partner.SelfURI = wire.APIPrefix + "organizations/" + partner.ID
		trustors = append(trustors, trustor{
			ID: partner.ID, Enabled: true, DateCreated: wire.At(o.Origin.At.AddDate(0, -6, 0)), Organization: partner,
			Authorization: trusteePermission{[]string{"directory:user:view", "routing:queue:view"}},
			SelfURI:       wire.APIPrefix + "orgauthorization/trustors/" + partner.ID,
		})
	}
	return trustors
}

var partnerNames = []string{"Harbour Insurance", "Northern Rail"}
