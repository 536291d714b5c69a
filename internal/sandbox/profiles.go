package sandbox

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// profileView is the upstream's UserProfile: the same person with everything that
// expand adds in a member of its own.
type profileView struct {
	ID      string      `json:"id"`
	Name    string      `json:"name"`
	State   string      `json:"state"`
	Version int32       `json:"version"`
	Expands expandsView `json:"expands"`
	SelfURI string      `json:"selfUri"`
}

type expandsView struct {
	RoutingStatus   *routingStatus `json:"routingStatus,omitempty"`
	Presence        *presenceView  `json:"presence,omitempty"`
	IntegrationPres *presenceView  `json:"integrationPresence,omitempty"`
	Conversations   *conversations `json:"conversationSummary,omitempty"`
	OutOfOffice     *outOfOffice   `json:"outOfOffice,omitempty"`
	Geolocation     *geolocation   `json:"geolocation,omitempty"`
	Station         *stationsView  `json:"station,omitempty"`
	Authorization   *authorization `json:"authorization,omitempty"`
}

func (u *user) profile(e expansion) profileView {
	v := u.view(e)
	return profileView{
		ID: u.id, Name: u.name, State: u.state, Version: u.version, SelfURI: u.selfURI() + "/profile",
		Expands: expandsView{
			v.RoutingStatus, v.Presence, v.IntegrationPres, v.Conversations, v.OutOfOffice, v.Geolocation, v.Station, v.Authorization,
		},
	}
}

func getUserProfile(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	e, err := c.expansion()
	if err != nil {
		return nil, err
	}
	return u.profile(e), nil
}

// getProfilesUsers lists the profiles of active users by name.
func getProfilesUsers(o *organisation, c *call) (any, error) {
	p, err := c.sortedPage()
	if err != nil {
		return nil, err
	}
	e, err := c.expansion()
	if err != nil {
		return nil, err
	}
	matching, err := o.filterUsers(c, stateActive, "jid")
	if err != nil {
		return nil, err
	}
	return list(c, p, matching, func(u *user) profileView { return u.profile(e) }), nil
}

// cursorListing is a page of a list that is read from front to back.
type cursorListing struct {
	Entities []userView `json:"entities"`
	Results  int        `json:"results"`
	Cursor   string     `json:"cursor,omitempty"`
	NextURI  string     `json:"nextUri,omitempty"`
	SelfURI  string     `json:"selfUri"`
}

// getUsersQuery lists users by name, a page after the other. The cursor names the
// last user of the page before, so that who comes or goes in between shifts
// nothing; it is good for the same state and order.
func getUsersQuery(o *organisation, c *call) (any, error) {
	size, err := c.pageSize()
	if err != nil {
		return nil, err
	}
	descending, err := c.descending()
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
	roster := o.rosters[state]
	at := func(i int) *user { // in the order asked for
		if descending {
			return roster[len(roster)-1-i]
		}
		return roster[i]
	}
	first := 0
	if cursor := c.query.Get("cursor"); cursor != "" {
		last, err := c.userCursor()
		if err != nil {
			return nil, err
		}
		i, found := slices.BinarySearchFunc(roster, last, byName)
		switch {
		case descending:
			first = len(roster) - i
		case found:
			first = i + 1
		default:
			first = i
		}
	}
	v := cursorListing{Entities: []userView{}, SelfURI: c.cursorURI(size, c.query.Get("cursor"))}
	end := min(first+size, len(roster))
	for i := first; i < end; i++ {
		v.Entities = append(v.Entities, at(i).view(e))
	}
	v.Results = len(v.Entities)
	if end < len(roster) {
		v.Cursor = at(end - 1).cursor()
		v.NextURI = c.cursorURI(size, v.Cursor)
	}
	return v, nil
}

func (u *user) cursor() string {
	return makeCursor(u.id + u.name)
}

// userCursor returns enough of the user that the cursor names to be compared.
func (c *call) userCursor() (*user, error) {
	text, err := c.cursor("cursor")
	const id = len("00000000-0000-0000-0000-000000000000")
	if err == nil && len(text) < id {
		err = invalid("cursor", "it is not one of ours")
	}
	if err != nil {
		return nil, err
	}
	return &user{id: text[:id], name: text[id:]}, nil
}

func (c *call) cursorURI(size int, cursor string) string {
	return c.uriWith(map[string]string{"pageSize": strconv.Itoa(size), "cursor": cursor})
}

// getUserFavorites lists whom a user works with most: the manager and the peers.
// Nothing in this API changes that.
func getUserFavorites(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	p, err := c.sortedPage()
	if err != nil {
		return nil, err
	}
	e, err := c.expansion()
	if err != nil {
		return nil, err
	}
	return list(c, p, u.favorites(), func(f *user) userView { return f.view(e) }), nil
}

const maxFavorites = 5

// favorites are by name, as all lists of users.
func (u *user) favorites() []*user {
	favorites := u.siblings()
	favorites = favorites[:min(len(favorites), maxFavorites-1)]
	if above := u.superiors(); len(above) > 0 {
		favorites = append(favorites, above[0])
	}
	slices.SortFunc(favorites, byName)
	return favorites
}

// fieldConfig is the upstream's FieldConfig: what can be said of an entity.
type fieldConfig struct {
	ID            string         `json:"id"`
	Name          string         `json:"name"`
	EntityType    string         `json:"entityType,omitempty"`
	State         string         `json:"state"`
	Sections      []fieldSection `json:"sections"`
	Version       string         `json:"version"`
	SchemaVersion string         `json:"schemaVersion"`
	SelfURI       string         `json:"selfUri"`
}

type fieldSection struct {
	Key       string  `json:"key"`
	State     string  `json:"state"`
	FieldList []field `json:"fieldList"`
}

type field struct {
	Key        string `json:"key"`
	Type       string `json:"type"`
	State      string `json:"state"`
	Required   bool   `json:"required"`
	Repeatable bool   `json:"repeatable"`
}

// getFieldconfig tells which fields the profiles of a kind of entity have. Here
// they are the same for ever.
func getFieldconfig(o *organisation, c *call) (any, error) {
	if c.query.Get("type") == "" {
		return nil, missing("type")
	}
	kind, err := c.enum("type", "person", "group", "org", "externalContact")
	if err != nil {
		return nil, err
	}
	return o.fieldConfig(kind), nil
}

func (o *organisation) fieldConfig(kind string) fieldConfig {
	sections := map[string][]string{
		"person": {"general: name* title department", "contactInfo: email* phones+", "agent: profileSkills+ certifications+ acdAutoAnswer"},
		"group":  {"general: name* description"},
		"org":    {"general: name* domain*"},
	}[kind]
	v := fieldConfig{ID: o.id + "-" + kind, Name: kind, State: stateActive, Sections: []fieldSection{}, Version: "1", SchemaVersion: "1"}
	v.SelfURI = apiPrefix + "fieldconfig?type=" + kind
	if kind != "externalContact" { // which is no entity type of the answer
		v.EntityType = kind
	}
	for _, line := range sections {
		key, fields, _ := strings.Cut(line, ": ")
		section := fieldSection{Key: key, State: stateActive}
		for name := range strings.FieldsSeq(fields) {
			plain := strings.TrimRight(name, "*+")
			section.FieldList = append(section.FieldList, field{
				Key: plain, Type: cmp.Or(map[string]string{"acdAutoAnswer": "boolean", "email": "email", "phones": "phone"}[plain], "text"),
				State: stateActive, Required: strings.HasSuffix(name, "*"), Repeatable: strings.HasSuffix(name, "+"),
			})
		}
		v.Sections = append(v.Sections, section)
	}
	return v
}
