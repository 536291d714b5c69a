package sandbox

import (
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// anyState lists users of all states.
	anyState = "any"
	// maxBulk is the most items a bulk write takes.
	maxBulk = 50
	// maxInactiveListed is how far the list of inactive users reaches.
	maxInactiveListed = 10_000
	// maxIntegrationPage is the longest page with an integration's presences.
	maxIntegrationPage = 100
)

var userStates = []string{stateActive, stateInactive, stateDeleted}

// getUsers lists users by name.
func getUsers(o *organisation, c *call) (any, error) {
	p, err := c.sortedPage()
	if err != nil {
		return nil, err
	}
	state, err := c.enum("state", stateActive, stateInactive, stateDeleted, anyState)
	if err != nil {
		return nil, err
	}
	e, err := c.expansion()
	if err != nil {
		return nil, err
	}
	if e.integrationSource != "" && p.size > maxIntegrationPage {
		return nil, invalid("pageSize", "with integrationPresenceSource it must be at most "+
			strconv.Itoa(maxIntegrationPage))
	}
	// Divided instead of multiplied, because a page number may be huge.
	if state == stateInactive && p.number > maxInactiveListed/p.size {
		return nil, invalid("pageNumber", "inactive users cannot be listed beyond the first "+
			strconv.Itoa(maxInactiveListed))
	}
	matching, err := o.filterUsers(c, state, "jabberId")
	if err != nil {
		return nil, err
	}
	return list(c, p, matching, func(u *user) userView { return u.view(e) }), nil
}

// filterUsers narrows a roster to the ids or jabber ids asked for, if any.
// Unknown ids are left out in silence, as the upstream does. jabberID is what the
// operation calls that parameter.
func (o *organisation) filterUsers(c *call, state, jabberID string) ([]*user, error) {
	ids, jabberIDs := c.strings("id"), c.strings(jabberID)
	index, keys := o.users, ids
	switch {
	case len(ids) > 0 && len(jabberIDs) > 0:
		return nil, invalid(jabberID, "it cannot be used together with id")
	case len(ids) == 0 && len(jabberIDs) == 0:
		return o.rosters[state], nil
	case len(jabberIDs) > 0:
		index, keys = o.jabberIDs, jabberIDs
	}
	found := make([]*user, 0, len(keys))
	for _, key := range keys {
		if u := index[key]; u != nil && (state == anyState || u.state == state) {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, byName)
	return slices.Compact(found), nil
}

// getUser shows one user. A deleted one shows only when asked for by state.
func getUser(o *organisation, c *call) (any, error) {
	e, err := c.expansion()
	if err != nil {
		return nil, err
	}
	state, err := c.enum("state", stateActive, stateDeleted)
	if err != nil {
		return nil, err
	}
	u := o.users[c.params["userId"]]
	if u == nil || (u.state == stateDeleted) != (state == stateDeleted) {
		return nil, notFound("user", "userId")
	}
	return u.view(e), nil
}

// createUser is the body of POST /users.
type createUser struct {
	Name       string    `json:"name"`
	Email      string    `json:"email"`
	DivisionID string    `json:"divisionId"`
	Department string    `json:"department"`
	Title      string    `json:"title"`
	Password   string    `json:"password"`
	State      string    `json:"state"`
	Addresses  []contact `json:"addresses"`
}

// postUsers creates a user, who starts off queue and offline, without skills,
// and as a member of the queues of its division, none of them joined.
func postUsers(o *organisation, c *call, in createUser) (any, error) {
	for field, value := range map[string]string{"name": in.Name, "email": in.Email, "divisionId": in.DivisionID} {
		if strings.TrimSpace(value) == "" {
			return nil, missing(field)
		}
	}
	division := o.divisions.byID[in.DivisionID]
	if division == nil {
		return nil, invalid("divisionId", "there is no such division")
	}
	switch in.State {
	case "":
		in.State = stateActive
	case stateActive, stateInactive:
	default:
		return nil, invalid("state", "a new user is active or inactive")
	}
	u := &user{
		id:           seededID(o.ids),
		name:         in.Name,
		email:        in.Email,
		username:     in.Email,
		division:     division,
		department:   in.Department,
		title:        in.Title,
		addresses:    displayed(in.Addresses),
		state:        in.State,
		stateChanged: c.now,
		created:      c.now,
		version:      1,
	}
	u.jabberID = u.id + "@" + o.domainName
	if err := o.checkProfile(nil, u); err != nil {
		return nil, err
	}
	if in.Password != "" {
		hash, err := hashPassword("password", in.Password)
		if err != nil {
			return nil, err
		}
		u.password = hash
	}
	o.settle(u, c.now)
	o.insert(u)
	return u.view(expansion{}), nil
}

// settle gives a new user the state that everybody has from the first day.
func (o *organisation) settle(u *user, now time.Time) {
	o.beginHistory(u, now)
	u.forwarding = callForwarding{Voicemail: "PURECLOUD", ModifiedDate: at(now)}
	u.languagePreference = "en-US"
	o.joinDivision(u)
}

// checkProfile refuses what no user can have. before is nil for a new user.
func (o *organisation) checkProfile(before, u *user) error {
	switch address, err := mail.ParseAddress(u.email); {
	case strings.TrimSpace(u.name) == "":
		return invalid("name", "it must not be empty")
	case err != nil || address.Address != u.email:
		return invalid("email", "it is no e-mail address")
	case strings.TrimSpace(u.username) == "":
		return invalid("username", "it must not be empty")
	}
	for _, a := range u.addresses {
		if !slices.Contains([]string{"PHONE", "EMAIL", "SMS"}, a.MediaType) {
			return invalid("addresses.mediaType", "it must be PHONE, EMAIL or SMS")
		}
		if !slices.Contains(contactTypes, a.Type) {
			return invalid("addresses.type", "it must be one of "+strings.Join(contactTypes, ", "))
		}
	}
	for _, held := range []struct {
		by  *user
		why string
	}{
		{o.emails[strings.ToLower(u.email)], "A user with that e-mail address already exists."},
		{o.usernames[strings.ToLower(u.username)], "A user with that username already exists."},
		{o.jabberIDs[u.jabberID], "A user with that jabberId already exists."},
	} {
		if held.by != nil && held.by != before {
			return conflict(held.why)
		}
	}
	return nil
}

var contactTypes = []string{"PRIMARY", "WORK", "WORK2", "WORK3", "WORK4", "HOME", "MOBILE", "MAIN", "OTHER"}

// updateUser is the body of PATCH /users/{userId}.
type updateUser struct {
	Version        optional[int32]          `json:"version"`
	State          optional[string]         `json:"state"`
	Name           optional[string]         `json:"name"`
	Chat           optional[chat]           `json:"chat"`
	Department     optional[string]         `json:"department"`
	Email          optional[string]         `json:"email"`
	Addresses      optional[[]contact]      `json:"addresses"`
	Title          optional[string]         `json:"title"`
	Username       optional[string]         `json:"username"`
	PreferredName  optional[string]         `json:"preferredName"`
	Manager        optional[string]         `json:"manager"`
	Images         optional[[]image]        `json:"images"`
	ProfileSkills  optional[[]string]       `json:"profileSkills"`
	Locations      optional[[]userLocation] `json:"locations"`
	Groups         optional[[]reference]    `json:"groups"`
	AcdAutoAnswer  optional[bool]           `json:"acdAutoAnswer"`
	Certifications optional[[]string]       `json:"certifications"`
	Biography      optional[*biography]     `json:"biography"`
	EmployerInfo   optional[*employerInfo]  `json:"employerInfo"`
}

// changesProfile tells whether anything but version and state was given.
func (in *updateUser) changesProfile() bool {
	return in.Name.Given || in.Chat.Given || in.Department.Given || in.Email.Given || in.Addresses.Given ||
		in.Title.Given || in.Username.Given || in.PreferredName.Given || in.Manager.Given || in.Images.Given ||
		in.ProfileSkills.Given || in.Locations.Given || in.Groups.Given || in.AcdAutoAnswer.Given ||
		in.Certifications.Given || in.Biography.Given || in.EmployerInfo.Given
}

// patchUser changes what the body names and nothing else. A change of state
// travels alone; it is also the way back for a deleted user.
func patchUser(o *organisation, c *call, in updateUser) (any, error) {
	u := o.users[c.params["userId"]]
	if u == nil || u.state == stateDeleted && !in.State.Given {
		return nil, notFound("user", "userId")
	}
	if !in.Version.Given || in.Version.Null {
		return nil, missing("version")
	}
	if in.Version.Value != u.version {
		return nil, staleVersion(in.Version.Value, u.version)
	}
	next := *u
	if in.State.Given {
		if in.changesProfile() {
			return nil, invalid("state", "it must be the only change besides version")
		}
		if err := o.changeState(&next, in.State.Value, "", c.now); err != nil {
			return nil, err
		}
		o.replace(u, &next)
		return u.view(expansion{}), nil
	}
	if err := o.applyProfile(u, &next, in); err != nil {
		return nil, err
	}
	o.replace(u, &next)
	return u.view(expansion{}), nil
}

// applyProfile makes next what in asks for, or says why it cannot be.
func (o *organisation) applyProfile(u, next *user, in updateUser) error {
	in.Name.set(&next.name)
	in.Email.set(&next.email)
	if in.Email.Given && !in.Username.Given && strings.EqualFold(u.username, u.email) {
		next.username = next.email
	}
	in.Username.set(&next.username)
	in.PreferredName.set(&next.preferredName)
	in.Department.set(&next.department)
	in.Title.set(&next.title)
	if in.Addresses.Given {
		next.addresses = displayed(in.Addresses.Value)
	}
	in.AcdAutoAnswer.set(&next.acdAutoAnswer)
	in.ProfileSkills.set(&next.profileSkills)
	in.Certifications.set(&next.certifications)
	in.Biography.set(&next.biography)
	in.EmployerInfo.set(&next.employerInfo)
	in.Locations.set(&next.locations)
	if in.Images.Given {
		next.images, next.pictured = in.Images.Value, false
	}
	if in.Chat.Given && in.Chat.Value.JabberID != "" {
		next.jabberID = in.Chat.Value.JabberID
	}
	if in.Groups.Given {
		next.groups = nil
		for _, g := range in.Groups.Value {
			known := o.groups.byID[g.ID]
			if known == nil {
				return invalid("groups.id", "there is no such group")
			}
			next.groups = append(next.groups, known)
		}
	}
	for i, l := range next.locations {
		if in.Locations.Given {
			known := o.locations.byID[l.ID]
			if known == nil {
				return invalid("locations.id", "there is no such location")
			}
			next.locations[i].Definition, next.locations[i].FloorplanID = known, ""
		}
	}
	if in.Manager.Given {
		manager, err := o.managerFor(u, in.Manager.Value)
		if err != nil {
			return err
		}
		next.manager = manager
	}
	return o.checkProfile(u, next)
}

// managerFor finds the manager that a user may have; nil for an empty id.
func (o *organisation) managerFor(u *user, id string) (*user, error) {
	if id == "" {
		return nil, nil
	}
	manager := o.users[id]
	if manager == nil || manager.state == stateDeleted {
		return nil, invalid("manager", "there is no such user")
	}
	for above := manager; above != nil; above = above.manager {
		if above == u {
			return nil, invalid("manager", "a user cannot be above themselves")
		}
	}
	return manager, nil
}

// deleteUser answers with an empty object.
func deleteUser(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	next := *u
	if err := o.changeState(&next, stateDeleted, "", c.now); err != nil {
		return nil, err
	}
	o.replace(u, &next)
	return struct{}{}, nil
}

// patchUserItem is an item of PATCH /users/bulk.
type patchUserItem struct {
	ID            string         `json:"id"`
	AcdAutoAnswer optional[bool] `json:"acdAutoAnswer"`
}

// patchUsersBulk changes all the users it names, or none.
func patchUsersBulk(o *organisation, c *call, in []patchUserItem) (any, error) {
	if len(in) > maxBulk {
		return nil, tooManyItems()
	}
	users := make([]*user, 0, len(in))
	for _, item := range in {
		if item.ID == "" {
			return nil, missing("id")
		}
		u := o.users[item.ID]
		if u == nil || u.state == stateDeleted {
			p := invalid("id", "there is no such user")
			p.Details[0].EntityID, p.Details[0].EntityName = item.ID, "user"
			return nil, p
		}
		users = append(users, u)
	}
	for i, u := range users {
		next := *u
		in[i].AcdAutoAnswer.set(&next.acdAutoAnswer)
		o.replace(u, &next)
	}
	return listAll(c, users, func(u *user) userView { return u.view(expansion{}) }), nil
}

func tooManyItems() error {
	return invalid("body", "it must not have more than "+strconv.Itoa(maxBulk)+" items")
}
