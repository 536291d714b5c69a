// Package org is the organisation: its people, what they refer to, and what must be
// true of them at all times (invariants.go). It is made up from a seed (seed.go,
// vocabulary.go) and changed by Insert, Replace and the methods that are named
// after what happens, such as Route or ChangeState. It knows nothing of requests:
// whether something may happen is for the areas of the API to say, and the lock is
// the server's. It imports wire.
//
// A file is about what its name says: user.go, people.go (who is above whom),
// profile.go, grants.go, subjects.go, routing.go, presence.go (routing status and presence, which
// change together, and what has ended), telephony.go, hindsight.go (what searches do
// not know yet), origin.go (where data comes from that is not stored).
package org

import (
	"math/rand/v2"
	"slices"

	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// States of a user.
const (
	StateActive   = "active"
	StateInactive = "inactive"
	StateDeleted  = "deleted"
)

// Name is what every organisation is called.
const Name = "Sandbox"

// Organisation is everything the sandbox knows but what an area of the API keeps for
// itself. The server's lock guards it.
//
// Invariants, kept by Insert and Replace, which are the only ways in:
//   - a user is in every index of its e-mail, username and jabber id, whatever
//     its state (a deleted user still holds its e-mail address);
//   - a user is in the roster of its state and in the one of all states, each
//     sorted by name and id;
//   - slices and pointers inside a user are replaced, never changed in place,
//     so that an answer may share them after the lock is gone.
type Organisation struct {
	ID, DomainName string
	FirstUserID    string
	Origin         Origin // of what is not stored

	Users       map[string]*User
	Emails      map[string]*User // by lower-case e-mail address
	Usernames   map[string]*User // by lower-case username
	JabberIDs   map[string]*User
	ExternalIDs map[ExternalID]*User
	Rosters     map[string][]*User // by state; "any" holds them all

	Divisions Catalog[Reference]
	Skills    Catalog[Reference]
	Languages Catalog[Reference]
	Groups    Catalog[Group]
	Locations Catalog[Location]
	Presences Catalog[PresenceDefinition]
	Queues    Catalog[Queue]
	Stations  Catalog[Station]
	Roles     Catalog[Role]
	Clients   Catalog[Client] // whom the settings name

	ids       *rand.ChaCha8 // of what is created later
	hindsight hindsight
}

// NewID is the id of something that is created. The same seed and the same writes
// in the same order give the same ids.
func (o *Organisation) NewID() string { return wire.SeededID(o.ids) }

// HomeDivision is the one that everything belongs to which nobody puts elsewhere.
func (o *Organisation) HomeDivision() *Reference { return o.Divisions.List[0] }

// Insert adds a new user to every index. Rosters stay sorted.
func (o *Organisation) Insert(u *User) {
	o.hindsight.rememberNone(u)
	o.Users[u.ID] = u
	o.index(u)
	o.enrol(u)
	if u.Manager != nil {
		u.Manager.Reports = append(slices.Clone(u.Manager.Reports), u)
	}
}

// Replace makes u what next is, one version later, and moves it to where it now
// belongs in every index. next is a changed copy of u: a write that turns out
// to be invalid half-way just drops its copy.
func (o *Organisation) Replace(u, next *User) {
	o.hindsight.remember(u)
	o.unindex(u)
	if moved := u.Name != next.Name || u.State != next.State; moved {
		o.withdraw(u)
		defer o.enrol(u)
	}
	if old := u.Manager; old != next.Manager {
		if old != nil {
			old.Reports = slices.DeleteFunc(slices.Clone(old.Reports), func(r *User) bool { return r == u })
		}
		if next.Manager != nil {
			next.Manager.Reports = append(slices.Clone(next.Manager.Reports), u)
		}
	}
	next.Version = u.Version + 1
	*u = *next
	o.index(u)
}
