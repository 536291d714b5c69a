package org

import (
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// User is one person. Fields are what the organisation stores; how they
// look from outside is up to the areas of the API.
type User struct {
	ID, Name, Email, Username, JabberID string
	PreferredName, Department, Title    string
	State                               string
	Version                             int32
	Division                            *Reference
	Manager                             *User
	Reports                             []*User
	Addresses                           []Contact
	Images                              []Image
	Pictured                            bool // has the usual pictures, which images would repeat
	AcdAutoAnswer                       bool
	Biography                           *Biography
	EmployerInfo                        *EmployerInfo
	Certifications, ProfileSkills       []string
	Groups                              []*Group
	Locations                           []UserLocation
	Team                                *Reference
	Grants                              Grants
	LanguagePreference                  string
	LastLogin, WelcomeSent              time.Time
	StateChanged                        time.Time
	StateReason                         string
	Password                            PasswordHash
	Created                             time.Time // zero: with the organisation

	ExternalIDs []ExternalID
	Utilization *Utilization // nil: the organisation's
	Backup      Backup
	BackedUp    []string // ids of those whose backup this user is

	Skills, Languages []Competence
	Queues            []Membership

	Routing      RoutingState
	Presence     PresenceState
	Past         []Moment // what has ended, oldest first
	KnownSince   int64    // Unix milliseconds; 0: what comes before is made up
	OutOfOffice  OutOfOffice
	Forwarding   CallForwarding
	Geolocations []Geolocation
	Phones       Phones
}

// ExternalID names a user in somebody else's system. No two users share one,
// whatever their state: like an e-mail address it stays taken by a deleted user.
type ExternalID struct {
	AuthorityName string `json:"authorityName"`
	ExternalKey   string `json:"externalKey"`
}

// UserStates are all there are.
var UserStates = []string{StateActive, StateInactive, StateDeleted}

// SelfURI is the address of a user.
func (u *User) SelfURI() string { return wire.APIPrefix + "users/" + u.ID }

// Link is a reference to a user, who is not named in it.
func (u *User) Link() *Reference { return UserLink(u.ID) }

// UserLink is a reference to the user with that id.
func UserLink(id string) *Reference {
	return &Reference{ID: id, SelfURI: wire.APIPrefix + "users/" + id}
}

// Settle gives a new user the state that everybody has from the first day.
func (o *Organisation) Settle(u *User, now time.Time) {
	o.beginHistory(u, now)
	u.Forwarding = CallForwarding{Voicemail: "PURECLOUD", ModifiedDate: wire.At(now)}
	u.LanguagePreference = "en-US"
	o.joinDivision(u)
}
