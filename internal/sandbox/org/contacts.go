package org

import (
	"strconv"

	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// Contact is a way to reach somebody. It is kept as it is shown (see Shown).
type Contact struct {
	Address     string `json:"address,omitempty"`
	Display     string `json:"display,omitempty"`
	MediaType   string `json:"mediaType,omitempty"`
	Type        string `json:"type,omitempty"`
	Extension   string `json:"extension,omitempty"`
	CountryCode string `json:"countryCode,omitempty"`
	Integration string `json:"integration,omitempty"`
}

// Media of contacts.
const (
	MediaPhone = "PHONE"
	MediaEmail = "EMAIL"
	MediaSMS   = "SMS"
)

// The extensions that belong to the organisation's pool.
const (
	firstPooled = 1000
	lastPooled  = 4999
)

// Shown is what the upstream makes of a contact that somebody wrote. What can be
// called has one of four shapes:
//
//	                                 address  display             extension
//	a number                         number   the same            -
//	a number and an extension        number   of both             extension
//	an extension of the pool         -        the extension       extension
//	an extension of no pool          -        the extension       -
//
// The display that was sent means nothing, unless it is all there is: so does the
// last shape come back from a client that read it.
func (c Contact) Shown() Contact {
	if c.MediaType == MediaEmail {
		c.Display = c.Address
		return c
	}
	if c.Address == "" && c.Extension == "" {
		c.Extension = c.Display
	}
	switch {
	case c.Extension == "":
		c.Display = c.Address
	case c.Address != "":
		c.Display = c.Address + " x" + c.Extension
	default:
		c.Display = c.Extension
		if n, err := strconv.Atoi(c.Extension); err != nil || n < firstPooled || n > lastPooled {
			c.Extension = ""
		}
	}
	return c
}

// ShowContacts shows all.
func ShowContacts(contacts []Contact) []Contact { return wire.ViewAll(contacts, Contact.Shown) }

// PrimaryContacts are the login address and the first telephone.
func (u *User) PrimaryContacts() []Contact {
	contacts := []Contact{{Address: u.Email, MediaType: MediaEmail, Type: "PRIMARY"}}
	for _, a := range u.Addresses {
		if a.MediaType == MediaPhone {
			return append(contacts, a)
		}
	}
	return contacts
}
