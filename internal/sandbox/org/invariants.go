package org

import (
	"errors"
	"fmt"
	"strings"
)

// CheckInvariants walks the whole organisation and tells what is not as it must be.
func (o *Organisation) CheckInvariants() error {
	var wrong []error
	report := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	counts := map[string]int{}
	members, joined := map[*Queue]int32{}, map[*Queue]int32{}
	for id, u := range o.Users {
		counts[u.State]++
		if u.ID != id || o.Emails[strings.ToLower(u.Email)] != u || o.Usernames[strings.ToLower(u.Username)] != u ||
			o.JabberIDs[u.JabberID] != u {
			report("%s is not in every index", u.Name)
		}
		if onQueue := u.Presence.Definition.SystemPresence == PresenceOnQueue; onQueue == (u.Routing.Status == StatusOffQueue) {
			report("%s is %s and %s", u.Name, u.Presence.Definition.SystemPresence, u.Routing.Status)
		}
		if u.State != StateActive && (u.Routing.Status != StatusOffQueue || u.Phones.Associated != nil) {
			report("%s is %s and %s", u.Name, u.State, u.Routing.Status)
		}
		if s := u.Phones.Associated; s != nil && s.Associated != u.ID {
			report("%s is at a station of %s", u.Name, s.Associated)
		}
		for m, above := u.Manager, 0; m != nil; m = m.Manager {
			if above++; m == u || above > len(o.Users) {
				report("%s is above themselves", u.Name)
				break
			}
		}
		for _, m := range u.Queues {
			members[m.Queue]++
			if m.Joined {
				joined[m.Queue]++
			}
		}
	}
	if len(o.Emails) != len(o.Users) || len(o.JabberIDs) != len(o.Users) || len(o.Usernames) != len(o.Users) {
		report("%d e-mail addresses, %d usernames and %d jabber ids for %d users",
			len(o.Emails), len(o.Usernames), len(o.JabberIDs), len(o.Users))
	}
	counts[AnyState] = len(o.Users)
	for state, n := range counts {
		roster := o.Rosters[state]
		if len(roster) != n {
			report("the roster %s has %d users, want %d", state, len(roster), n)
		}
		for i, u := range roster {
			if state != AnyState && u.State != state || i > 0 && ByName(roster[i-1], u) >= 0 {
				report("the roster %s is not in order at %d", state, i)
			}
		}
	}
	for _, q := range o.Queues.List {
		if q.Members != members[q] || q.Joined != joined[q] {
			report("%s counts %d members, %d joined, want %d, %d", q.Name, q.Members, q.Joined, members[q], joined[q])
		}
	}
	return errors.Join(wrong...)
}
