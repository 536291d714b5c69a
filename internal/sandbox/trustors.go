package sandbox

import (
	"slices"
)

// trustor is the upstream's Trustor: another organisation that lets a user of this
// one work in it.
type trustor struct {
	ID            string            `json:"id"`
	Enabled       bool              `json:"enabled"`
	DateCreated   instant           `json:"dateCreated"`
	Organization  *organizationView `json:"organization"`
	Authorization trusteePermission `json:"authorization"`
	SelfURI       string            `json:"selfUri"`
}

type trusteePermission struct {
	Permissions []string `json:"permissions"`
}

// getUserTrustors lists the other organisations that trust a user.
func getUserTrustors(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	p, err := c.page()
	if err != nil {
		return nil, err
	}
	return list(c, p, o.trustorsOf(u), func(t trustor) trustor { return t }), nil
}

// trustorsOf are two partners for every administrator, who have them look and not
// touch.
func (o *organisation) trustorsOf(u *user) []trustor {
	trustors := []trustor{}
	if !slices.ContainsFunc(u.roles(), func(r *role) bool { return r.Name == adminRole }) {
		return trustors
	}
	ids := o.origin.ids("trustors")
	for _, name := range partnerNames {
		partner := o.view()
		partner.ID, partner.Name, partner.Domain = seededID(ids), name, "partner."+o.domainName
		partner.SelfURI = apiPrefix + "organizations/" + partner.ID
		trustors = append(trustors, trustor{
			ID: partner.ID, Enabled: true, DateCreated: at(o.origin.at.AddDate(0, -6, 0)), Organization: partner,
			Authorization: trusteePermission{[]string{"directory:user:view", "routing:queue:view"}},
			SelfURI:       apiPrefix + "orgauthorization/trustors/" + partner.ID,
		})
	}
	return trustors
}

// adminRole is the role of those whom partners trust.
const adminRole = "Admin"

var partnerNames = []string{"Harbour Insurance", "Northern Rail"}
