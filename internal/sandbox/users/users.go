package users

import (
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

const (
	// maxInactiveListed is how far the list of inactive users reaches.
	maxInactiveListed = 10_000
	// maxIntegrationPage is the longest page with an integration's presences.
	maxIntegrationPage = 100
)

// getUsers lists users by name.
func getUsers(o *org.Organisation, c *api.Call) (any, error) {
	p, err := c.SortedPage()
	if err != nil {
		return nil, err
	}
	state, err := c.Enum("state", org.StateActive, org.StateInactive, org.StateDeleted, org.AnyState)
	if err != nil {
		return nil, err
	}
	e, err := ReadExpansion(c)
	if err != nil {
		return nil, err
	}
	if e.IntegrationSource != "" && p.Size > maxIntegrationPage {
		return nil, problem.Invalid("pageSize", "with integrationPresenceSource it must be at most "+
			strconv.Itoa(maxIntegrationPage))
	}
	// Divided instead of multiplied, because a page number may be huge.
	if state == org.StateInactive && p.Number > maxInactiveListed/p.Size {
		return nil, problem.Invalid("pageNumber", "inactive users cannot be listed beyond the first "+
			strconv.Itoa(maxInactiveListed))
	}
	matching, err := filterUsers(o, c, state, "jabberId")
	if err != nil {
		return nil, err
	}
	return api.List(c, p, matching, func(u *org.User) UserView { return view(u, e) }), nil
}

// filterUsers narrows a roster to the ids or jabber ids asked for, if any.
// Unknown ids are left out in silence, as the upstream does. jabberID is what the
// operation calls that parameter.
func filterUsers(o *org.Organisation, c *api.Call, state, jabberID string) ([]*org.User, error) {
	ids, jabberIDs := c.Strings("id"), c.Strings(jabberID)
	index, keys := o.Users, ids
	switch {
	case len(ids) > 0 && len(jabberIDs) > 0:
		return nil, problem.Invalid(jabberID, "it cannot be used together with id")
	case len(ids) == 0 && len(jabberIDs) == 0:
		return o.Rosters[state], nil
	case len(jabberIDs) > 0:
		index, keys = o.JabberIDs, jabberIDs
	}
	found := make([]*org.User, 0, len(keys))
	for _, key := range keys {
		if u := index[key]; u != nil && (state == org.AnyState || u.State == state) {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, org.ByName)
	return slices.Compact(found), nil
}

// getUser shows one user. A deleted one shows only when asked for by state.
func getUser(o *org.Organisation, c *api.Call) (any, error) {
	e, err := ReadExpansion(c)
	if err != nil {
		return nil, err
	}
	state, err := c.Enum("state", org.StateActive, org.StateDeleted)
	if err != nil {
		return nil, err
	}
	u := o.Users[c.Params["userId"]]
	if u == nil || (u.State == org.StateDeleted) != (state == org.StateDeleted) {
		return nil, problem.NotFound("user", "userId")
	}
	return view(u, e), nil
}

// createUser is the body of POST /users.
type createUser struct {
	Name       string        `json:"name"`
	Email      string        `json:"email"`
	DivisionID string        `json:"divisionId"`
	Department string        `json:"department"`
	Title      string        `json:"title"`
	Password   string        `json:"password"`
	State      string        `json:"state"`
	Addresses  []org.Contact `json:"addresses"`
}

// postUsers creates a user, who starts off queue and offline, without skills,
// and as a member of the queues of its division, none of them joined. A division
// that is left out is the home division, unless it is required.
func postUsers(requireDivision bool) func(*org.Organisation, *api.Call, createUser) (any, error) {
	return func(o *org.Organisation, c *api.Call, in createUser) (any, error) {
		if strings.TrimSpace(in.DivisionID) == "" && !requireDivision {
			in.DivisionID = o.HomeDivision().ID
		}
		return create(o, c, in)
	}
}

func create(o *org.Organisation, c *api.Call, in createUser) (any, error) {
	for _, field := range []struct{ name, value string }{{"name", in.Name}, {"email", in.Email}, {"divisionId", in.DivisionID}} {
		if strings.TrimSpace(field.value) == "" {
			return nil, problem.Missing(field.name)
		}
	}
	division := o.Divisions.ByID[in.DivisionID]
	if division == nil {
		return nil, problem.Invalid("divisionId", "there is no such division")
	}
	switch in.State {
	case "":
		in.State = org.StateActive
	case org.StateActive, org.StateInactive:
	default:
		return nil, problem.Invalid("state", "a new user is active or inactive")
	}
	u := &org.User{
		ID:           o.NewID(),
		Name:         in.Name,
		Email:        in.Email,
		Username:     in.Email,
		Division:     division,
		Department:   in.Department,
		Title:        in.Title,
		Addresses:    org.ShowContacts(in.Addresses),
		State:        in.State,
		StateChanged: c.Now,
		Created:      c.Now,
		Version:      1,
	}
	u.JabberID = u.ID + "@" + o.DomainName
	if err := checkProfile(o, nil, u); err != nil {
		return nil, err
	}
	if in.Password != "" {
		hash, err := newPassword("password", in.Password)
		if err != nil {
			return nil, err
		}
		u.Password = hash
	}
	o.Settle(u, c.Now)
	o.Insert(u)
	return view(u, Expansion{}), nil
}

// checkProfile refuses what no user can have. before is nil for a new user.
func checkProfile(o *org.Organisation, before, u *org.User) error {
	switch address, err := mail.ParseAddress(u.Email); {
	case strings.TrimSpace(u.Name) == "":
		return problem.Invalid("name", "it must not be empty")
	case err != nil || address.Address != u.Email:
		return problem.Invalid("email", "it is no e-mail address")
	case strings.TrimSpace(u.Username) == "":
		return problem.Invalid("username", "it must not be empty")
	}
	for _, a := range u.Addresses {
		if !slices.Contains([]string{org.MediaPhone, org.MediaEmail, org.MediaSMS}, a.MediaType) {
			return problem.Invalid("addresses.mediaType", "it must be PHONE, EMAIL or SMS")
		}
		if !slices.Contains(contactTypes, a.Type) {
			return problem.Invalid("addresses.type", "it must be one of "+strings.Join(contactTypes, ", "))
		}
	}
	for _, held := range []struct {
		by  *org.User
		why string
	}{
		{o.Emails[strings.ToLower(u.Email)], "A user with that e-mail address already exists."},
		{o.Usernames[strings.ToLower(u.Username)], "A user with that username already exists."},
		{o.JabberIDs[u.JabberID], "A user with that jabberId already exists."},
	} {
		if held.by != nil && held.by != before {
			return problem.Conflict(held.why)
		}
	}
	return nil
}

var contactTypes = []string{"PRIMARY", "WORK", "WORK2", "WORK3", "WORK4", "HOME", "MOBILE", "MAIN", "OTHER"}

// updateUser is the body of PATCH /users/{userId}.
type updateUser struct {
	Version        wire.Optional[int32]              `json:"version"`
	State          wire.Optional[string]             `json:"state"`
	Name           wire.Optional[string]             `json:"name"`
	Chat           wire.Optional[chat]               `json:"chat"`
	Department     wire.Optional[string]             `json:"department"`
	Email          wire.Optional[string]             `json:"email"`
	Addresses      wire.Optional[[]org.Contact]      `json:"addresses"`
	Title          wire.Optional[string]             `json:"title"`
	Username       wire.Optional[string]             `json:"username"`
	PreferredName  wire.Optional[string]             `json:"preferredName"`
	Manager        wire.Optional[string]             `json:"manager"`
	Images         wire.Optional[[]org.Image]        `json:"images"`
	ProfileSkills  wire.Optional[[]string]           `json:"profileSkills"`
	Locations      wire.Optional[[]org.UserLocation] `json:"locations"`
	Groups         wire.Optional[[]org.Reference]    `json:"groups"`
	AcdAutoAnswer  wire.Optional[bool]               `json:"acdAutoAnswer"`
	Certifications wire.Optional[[]string]           `json:"certifications"`
	Biography      wire.Optional[*org.Biography]     `json:"biography"`
	EmployerInfo   wire.Optional[*org.EmployerInfo]  `json:"employerInfo"`
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
func patchUser(o *org.Organisation, c *api.Call, in updateUser) (any, error) {
	u := o.Users[c.Params["userId"]]
	if u == nil || u.State == org.StateDeleted && !in.State.Given {
		return nil, problem.NotFound("user", "userId")
	}
	if !in.Version.Given || in.Version.Null {
		return nil, problem.Missing("version")
	}
	if in.Version.Value != u.Version {
		return nil, problem.StaleVersion(in.Version.Value, u.Version)
	}
	next := *u
	if in.State.Given {
		if in.changesProfile() {
			return nil, problem.Invalid("state", "it must be the only change besides version")
		}
		if err := checkState(in.State.Value); err != nil {
			return nil, err
		}
		o.ChangeState(&next, in.State.Value, "", c.Now)
		o.Replace(u, &next)
		return view(u, Expansion{}), nil
	}
	if err := applyProfile(o, u, &next, in); err != nil {
		return nil, err
	}
	o.Replace(u, &next)
	return view(u, Expansion{}), nil
}

// applyProfile makes next what in asks for, or says why it cannot be.
func applyProfile(o *org.Organisation, u, next *org.User, in updateUser) error {
	in.Name.Set(&next.Name)
	in.Email.Set(&next.Email)
	if in.Email.Given && !in.Username.Given && strings.EqualFold(u.Username, u.Email) {
		next.Username = next.Email
	}
	in.Username.Set(&next.Username)
	in.PreferredName.Set(&next.PreferredName)
	in.Department.Set(&next.Department)
	in.Title.Set(&next.Title)
	if in.Addresses.Given {
		next.Addresses = org.ShowContacts(in.Addresses.Value)
	}
	in.AcdAutoAnswer.Set(&next.AcdAutoAnswer)
	in.ProfileSkills.Set(&next.ProfileSkills)
	in.Certifications.Set(&next.Certifications)
	in.Biography.Set(&next.Biography)
	in.EmployerInfo.Set(&next.EmployerInfo)
	in.Locations.Set(&next.Locations)
	if in.Images.Given {
		next.Images, next.Pictured = in.Images.Value, false
	}
	if in.Chat.Given && in.Chat.Value.JabberID != "" {
		next.JabberID = in.Chat.Value.JabberID
	}
	if in.Groups.Given {
		next.Groups = nil
		for _, g := range in.Groups.Value {
			known := o.Groups.ByID[g.ID]
			if known == nil {
				return problem.Invalid("groups.id", "there is no such group")
			}
			next.Groups = append(next.Groups, known)
		}
	}
	for i, l := range next.Locations {
		if in.Locations.Given {
			known := o.Locations.ByID[l.ID]
			if known == nil {
				return problem.Invalid("locations.id", "there is no such location")
			}
			next.Locations[i].Definition, next.Locations[i].FloorplanID = known, ""
		}
	}
	if in.Manager.Given {
		manager, err := managerFor(o, u, in.Manager.Value)
		if err != nil {
			return err
		}
		next.Manager = manager
	}
	return checkProfile(o, u, next)
}

// managerFor finds the manager that a user may have; nil for an empty id.
func managerFor(o *org.Organisation, u *org.User, id string) (*org.User, error) {
	if id == "" {
		return nil, nil
	}
	manager := o.Users[id]
	if manager == nil || manager.State == org.StateDeleted {
		return nil, problem.Invalid("manager", "there is no such user")
	}
	for above := manager; above != nil; above = above.Manager {
		if above == u {
			return nil, problem.Invalid("manager", "a user cannot be above themselves")
		}
	}
	return manager, nil
}

// deleteUser answers with an empty object.
func deleteUser(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.User(o)
	if err != nil {
		return nil, err
	}
	next := *u
	o.ChangeState(&next, org.StateDeleted, "", c.Now)
	o.Replace(u, &next)
	return struct{}{}, nil
}

// patchUserItem is an item of PATCH /users/bulk.
type patchUserItem struct {
	ID            string              `json:"id"`
	AcdAutoAnswer wire.Optional[bool] `json:"acdAutoAnswer"`
}

// patchUsersBulk changes all the users it names, or none.
func patchUsersBulk(o *org.Organisation, c *api.Call, in []patchUserItem) (any, error) {
	if len(in) > api.MaxBulk {
		return nil, api.TooManyItems()
	}
	users := make([]*org.User, 0, len(in))
	for _, item := range in {
		if item.ID == "" {
			return nil, problem.Missing("id")
		}
		u := o.Users[item.ID]
		if u == nil || u.State == org.StateDeleted {
			p := problem.Invalid("id", "there is no such user")
			p.Details[0].EntityID, p.Details[0].EntityName = item.ID, "user"
			return nil, p
		}
		users = append(users, u)
	}
	for i, u := range users {
		next := *u
		in[i].AcdAutoAnswer.Set(&next.AcdAutoAnswer)
		o.Replace(u, &next)
	}
	return api.ListAll(c, users, func(u *org.User) UserView { return view(u, Expansion{}) }), nil
}
