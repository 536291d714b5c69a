package org

import (
	"slices"
	"strings"
)

// AnyState is the roster of users of all states.
const AnyState = "any"

func (o *Organisation) index(u *User) {
	o.Emails[strings.ToLower(u.Email)] = u
	o.Usernames[strings.ToLower(u.Username)] = u
	o.JabberIDs[u.JabberID] = u
}

func (o *Organisation) unindex(u *User) {
	delete(o.Emails, strings.ToLower(u.Email))
	delete(o.Usernames, strings.ToLower(u.Username))
	delete(o.JabberIDs, u.JabberID)
}

func (o *Organisation) enrol(u *User) {
	for _, state := range []string{u.State, AnyState} {
		roster := o.Rosters[state]
		i, _ := slices.BinarySearchFunc(roster, u, ByName)
		o.Rosters[state] = slices.Insert(roster, i, u)
	}
}

func (o *Organisation) withdraw(u *User) {
	for _, state := range []string{u.State, AnyState} {
		roster := o.Rosters[state]
		if i, found := slices.BinarySearchFunc(roster, u, ByName); found {
			o.Rosters[state] = slices.Delete(roster, i, i+1)
		}
	}
}

// ByName is the order of every list of users.
func ByName(a, b *User) int {
	if d := CompareFold(a.Name, b.Name); d != 0 {
		return d
	}
	return strings.Compare(a.ID, b.ID)
}

// CompareFold compares without regard to case, and without allocating for the
// ASCII letters that nearly all names begin with.
func CompareFold(a, b string) int {
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
