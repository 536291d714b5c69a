package sandbox

// outOfOffice is the upstream's OutOfOffice, in both directions. The user it
// belongs to and its address are added when it is shown.
type outOfOffice struct {
	User       *reference `json:"user,omitempty"`
	StartDate  instant    `json:"startDate,omitzero"`
	EndDate    instant    `json:"endDate,omitzero"`
	Active     bool       `json:"active"`
	Indefinite bool       `json:"indefinite"`
	SelfURI    string     `json:"selfUri,omitempty"`
}

func getUserOutofoffice(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	return u.outOfOfficeView(), nil
}

// putUserOutofoffice replaces all of it. An absence that is active and not
// indefinite needs both its ends.
func putUserOutofoffice(o *organisation, c *call, in outOfOffice) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	bounded := in.Active && !in.Indefinite
	switch {
	case bounded && in.StartDate.IsZero():
		return nil, missing("startDate")
	case bounded && in.EndDate.IsZero():
		return nil, missing("endDate")
	case !in.StartDate.IsZero() && !in.EndDate.IsZero() && !in.EndDate.After(in.StartDate.Time):
		return nil, invalid("endDate", "it must be after startDate")
	}
	u.outOfOffice = in
	return u.outOfOfficeView(), nil
}

func (u *user) outOfOfficeView() *outOfOffice {
	v := u.outOfOffice
	v.User = u.link()
	v.SelfURI = u.selfURI() + "/outofoffice"
	return &v
}
