package sandbox

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// States of a user.
const (
	stateActive   = "active"
	stateInactive = "inactive"
	stateDeleted  = "deleted"
)

// organisation is everything the sandbox knows. Sandbox.mu guards it.
//
// Invariants, kept by insert and replace, which are the only ways in:
//   - a user is in every index of its e-mail, username and jabber id, whatever
//     its state (a deleted user still holds its e-mail address);
//   - a user is in the roster of its state and in the one of all states, each
//     sorted by name and id;
//   - slices and pointers inside a user are replaced, never changed in place,
//     so that an answer may share them after the lock is gone.
type organisation struct {
	hindsight   hindsight
	id          string
	ids         *rand.ChaCha8 // ids of what is created later
	firstUserID string
	jobs        jobs

	users       map[string]*user
	emails      map[string]*user // by lower-case e-mail address
	usernames   map[string]*user // by lower-case username
	jabberIDs   map[string]*user
	externalIDs map[externalID]*user
	rosters     map[string][]*user // by state; "any" holds them all

	divisions  catalog[reference]
	skills     catalog[reference]
	languages  catalog[reference]
	groups     catalog[reference]
	locations  catalog[location]
	presences  catalog[presenceDefinition]
	queues     catalog[queue]
	stations   catalog[station]
	roles      catalog[role]
	domainName string

	customSchemas []*customSchema           // in order of creation
	secondFactors map[string]*secondFactors // by id of the users who have any
	passkeys      map[string]bool           // ids of the credentials that are registered

	origin      origin // of what is not stored
	masks       *activityMasks
	skillGroups []*skillGroup // by name
}

// user is one person. Fields are what the organisation stores; userview.go says
// how they look from outside.
type user struct {
	id, name, email, username, jabberID string
	preferredName, department, title    string
	state                               string
	version                             int32
	division                            *reference
	manager                             *user
	reports                             []*user
	addresses                           []contact
	images                              []image
	pictured                            bool // has the usual pictures, which images would repeat
	acdAutoAnswer                       bool
	biography                           *biography
	employerInfo                        *employerInfo
	certifications, profileSkills       []string
	groups                              []*reference
	locations                           []userLocation
	team                                *reference
	grants                              []grant
	languagePreference                  string
	lastLogin, welcomeSent              time.Time
	stateChanged                        time.Time
	stateReason                         string
	password                            passwordHash
	created                             time.Time // zero: with the organisation

	externalIDs []externalID
	utilization *utilization // nil: the organisation's
	backup      backup
	backedUp    []string // ids of those whose backup this user is

	skills, languages []competence
	queues            []membership

	routing      routingState
	presence     presenceState
	past         []moment // see history.go
	knownSince   int64
	outOfOffice  outOfOffice
	forwarding   callForwarding
	geolocations []geolocation
	phones       phones
}

// catalog is a fixed list of things that users refer to, in listing order.
type catalog[T any] struct {
	list []*T
	byID map[string]*T
}

func (c *catalog[T]) add(id string, item *T) *T {
	if c.byID == nil {
		c.byID = map[string]*T{}
	}
	c.list = append(c.list, item)
	c.byID[id] = item
	return item
}

// user finds the one that {userId} names; deleted ones are gone.
func (c *call) user(o *organisation) (*user, error) {
	u := o.users[c.params["userId"]]
	if u == nil || u.state == stateDeleted {
		return nil, notFound("user", "userId")
	}
	return u, nil
}

// insert adds a new user to every index. Rosters stay sorted.
func (o *organisation) insert(u *user) {
	o.hindsight.rememberNone(u)
	o.users[u.id] = u
	o.index(u)
	o.enrol(u)
	if u.manager != nil {
		u.manager.reports = append(slices.Clone(u.manager.reports), u)
	}
}

// replace makes u what next is, one version later, and moves it to where it now
// belongs in every index. next is a changed copy of u: a write that turns out
// to be invalid half-way just drops its copy.
func (o *organisation) replace(u, next *user) {
	o.hindsight.remember(u)
	o.unindex(u)
	if moved := u.name != next.name || u.state != next.state; moved {
		o.withdraw(u)
		defer o.enrol(u)
	}
	if old := u.manager; old != next.manager {
		if old != nil {
			old.reports = slices.DeleteFunc(slices.Clone(old.reports), func(r *user) bool { return r == u })
		}
		if next.manager != nil {
			next.manager.reports = append(slices.Clone(next.manager.reports), u)
		}
	}
	next.version = u.version + 1
	*u = *next
	o.index(u)
}

func (o *organisation) index(u *user) {
	o.emails[strings.ToLower(u.email)] = u
	o.usernames[strings.ToLower(u.username)] = u
	o.jabberIDs[u.jabberID] = u
}

func (o *organisation) unindex(u *user) {
	delete(o.emails, strings.ToLower(u.email))
	delete(o.usernames, strings.ToLower(u.username))
	delete(o.jabberIDs, u.jabberID)
}

func (o *organisation) enrol(u *user) {
	for _, state := range []string{u.state, anyState} {
		roster := o.rosters[state]
		i, _ := slices.BinarySearchFunc(roster, u, byName)
		o.rosters[state] = slices.Insert(roster, i, u)
	}
}

func (o *organisation) withdraw(u *user) {
	for _, state := range []string{u.state, anyState} {
		roster := o.rosters[state]
		if i, found := slices.BinarySearchFunc(roster, u, byName); found {
			o.rosters[state] = slices.Delete(roster, i, i+1)
		}
	}
}

// byName is the order of every list of users.
func byName(a, b *user) int {
	if d := compareFold(a.name, b.name); d != 0 {
		return d
	}
	return strings.Compare(a.id, b.id)
}

// compareFold compares without regard to case, and without allocating for the
// ASCII letters that nearly all names begin with.
func compareFold(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		x, y := a[i], b[i]
		if x >= 0x80 || y >= 0x80 {
			return strings.Compare(strings.ToLower(a[i:]), strings.ToLower(b[i:]))
		}
		if 'A' <= x && x <= 'Z' {
			x += 'a' - 'A'
		}
		if 'A' <= y && y <= 'Z' {
			y += 'a' - 'A'
		}
		if x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}
