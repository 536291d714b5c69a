package org

import (
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// Station is a telephone. It serves one user at a time and is the default of
// one at most; both are user ids, empty when there is none.
type Station struct {
	ID, Name, Kind        string
	EdgeGroupID           string
	Associated, DefaultOf string
	WebRTCAppearances     int32
	AssociatedAt          time.Time
}

// Phones are the stations of one user.
type Phones struct {
	Associated, Preferred, Last *Station
}

// Release ends the association of user id, if there is one, and remembers it.
func (p *Phones) Release(id string) {
	if s := p.Associated; s != nil && s.Associated == id {
		s.Associated, s.AssociatedAt = "", time.Time{}
		p.Associated, p.Last = nil, s
	}
}

// Dismiss gives the default station of user id back, if there is one.
func (p *Phones) Dismiss(id string) {
	if s := p.Preferred; s != nil && s.DefaultOf == id {
		s.DefaultOf = ""
		p.Preferred = nil
	}
}

// CallForwarding is the upstream's CallForwarding. The user it belongs to and
// its address are added when it is shown.
type CallForwarding struct {
	User         *Reference   `json:"user,omitempty"`
	Enabled      bool         `json:"enabled"`
	PhoneNumber  string       `json:"phoneNumber,omitempty"`
	Calls        []CallRoute  `json:"calls"`
	Voicemail    string       `json:"voicemail,omitempty"`
	ModifiedDate wire.Instant `json:"modifiedDate,omitzero"`
	SelfURI      string       `json:"selfUri,omitempty"`
}

// CallRoute is where a call rings at the same time.
type CallRoute struct {
	Targets []callTarget `json:"targets"`
}

type callTarget struct {
	Type  string `json:"type,omitempty"`
	Value string `json:"value,omitempty"`
}
