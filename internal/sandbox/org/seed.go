package org

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// This file makes up an organisation from a seed. Everything comes out of two
// generators of the same seed, one for ids and one for choices, in a fixed
// order, so that the same options give the same organisation. People form a
// tree: the first is the director, everybody has at most reportsPerManager
// reports, and only those at the end of it may be inactive or deleted.

const (
	// reportsPerManager is the width of the tree of managers.
	reportsPerManager = 8
	// Of the agents, every inactiveEvery-th is inactive and every deletedEvery-th
	// is deleted.
	inactiveEvery = 17
	deletedEvery  = 23
	// Of all people, every internalEvery-th has an extension and no number, and so
	// has the one before.
	internalEvery = 9
)

// seeder holds the generators while an organisation is made.
type seeder struct {
	*Organisation
	choose *rand.Rand
	now    time.Time
	teams  []*Reference
	bios   []*Biography
}

// New makes up an organisation of so many people.
func New(seed uint64, people int, now time.Time) *Organisation {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	s := seeder{
		Organisation: &Organisation{
			ids:         rand.NewChaCha8(key),
			Users:       make(map[string]*User, people),
			Emails:      make(map[string]*User, people),
			Usernames:   make(map[string]*User, people),
			JabberIDs:   make(map[string]*User, people),
			ExternalIDs: map[ExternalID]*User{},
			Rosters:     map[string][]*User{},
			DomainName:  "example.orgspan.com",
		},
		choose: rand.New(rand.NewPCG(seed, seed^0x9e3779b97f4a7c15)),
		now:    now,
	}
	s.ID = s.NewID()
	s.seedCatalogs()

	everybody := make([]*User, people)
	for i := range everybody {
		everybody[i] = s.person(i, people, everybody)
	}
	s.FirstUserID = everybody[0].ID
	s.enrolAll(everybody)
	s.Origin = Origin{Seed: seed, At: wire.At(now).Time}
	return s.Organisation
}

// enrolAll does at once what insert does one by one.
func (s *seeder) enrolAll(everybody []*User) {
	for _, u := range everybody {
		s.Users[u.ID] = u
		s.index(u)
		if u.Manager != nil {
			u.Manager.Reports = append(u.Manager.Reports, u)
		}
	}
	for _, u := range slices.SortedFunc(slices.Values(everybody), ByName) {
		s.Rosters[u.State] = append(s.Rosters[u.State], u)
		s.Rosters[AnyState] = append(s.Rosters[AnyState], u)
	}
}

// seedCatalogs makes what people refer to.
func (s *seeder) seedCatalogs() {
	for _, name := range divisionNames {
		s.name(&s.Divisions, name, "authorization/divisions/")
	}
	for _, name := range skillNames {
		s.name(&s.Skills, name, "routing/skills/")
	}
	for _, name := range languageNames {
		s.name(&s.Languages, name, "routing/languages/")
	}
	for _, name := range groupNames {
		g := s.refer(name, "groups/")
		s.Groups.add(g.ID, &Group{Reference: *g})
	}
	for _, name := range teamNames {
		s.teams = append(s.teams, s.refer(name, "teams/"))
	}
	for _, system := range PresenceNames {
		id := s.NewID()
		s.Presences.add(id, &PresenceDefinition{
			ID: id, SystemPresence: system, SelfURI: wire.APIPrefix + "presencedefinitions/" + id,
		})
	}
	for _, office := range offices {
		id := s.NewID()
		s.Locations.add(id, &Location{
			ID: id, Name: office.name + " office", State: StateActive, Version: 1,
			Address: &LocationAddress{
				City: office.name, Country: office.country, Street1: office.street, Zipcode: office.zip,
			},
			SelfURI: wire.APIPrefix + "locations/" + id,
		})
	}
	for _, r := range seedRoles {
		s.seedRole(r.name, r.permissions)
	}
	for _, division := range s.Divisions.List {
		for _, name := range queueNames {
			q := &Queue{
				Reference:   *s.refer(division.Name+" "+name, "routing/queues/"),
				Division:    division,
				Description: name + " contacts of " + division.Name,
				Created:     wire.At(s.now.AddDate(-1, 0, -s.choose.IntN(300))),
			}
			s.Queues.add(q.ID, q)
		}
	}
	for _, text := range biographies {
		s.bios = append(s.bios, &Biography{
			Biography: text, Interests: []string{"chess", "cycling"}, Hobbies: []string{"piano"},
			Education: []Education{{School: "State University", FieldOfStudy: "Economics"}},
		})
	}
	byText := func(a, b *Reference) int { return CompareFold(a.Name, b.Name) }
	slices.SortFunc(s.Skills.List, byText)
	slices.SortFunc(s.Languages.List, byText)
	slices.SortFunc(s.Queues.List, func(a, b *Queue) int { return CompareFold(a.Name, b.Name) })
}

// refer makes a named thing; path is below the API prefix.
func (s *seeder) refer(name, path string) *Reference {
	id := s.NewID()
	return &Reference{ID: id, Name: name, SelfURI: wire.APIPrefix + path + id}
}

func (s *seeder) name(c *Catalog[Reference], name, path string) {
	r := s.refer(name, path)
	c.add(r.ID, r)
}

// seedRole groups permissions (domain:entity:action) into policies.
func (s *seeder) seedRole(name string, permissions []string) {
	r := &Role{Reference: *s.refer(name, "authorization/roles/"), Permissions: permissions}
	for _, permission := range permissions {
		parts := strings.SplitN(permission, ":", 3)
		r.Policies = append(r.Policies, PermissionPolicy{
			ID: s.NewID(), Domain: parts[0], EntityName: parts[1], ActionSet: parts[2:],
		})
	}
	s.Roles.add(r.ID, r)
}

// person makes the i-th of so many people; the ones before it are already made.
func (s *seeder) person(i, people int, everybody []*User) *User {
	first, last := pick(s, firstNames), pick(s, lastNames)
	u := &User{
		ID:       s.NewID(),
		Name:     first + " " + last,
		State:    StateActive,
		Version:  1 + int32(s.choose.IntN(300)),
		Pictured: s.choose.IntN(4) > 0,
		Division: pick(s, s.Divisions.List),
	}
	u.Email = mailbox(first, last, i) + "@example.com"
	u.Username = u.Email
	u.JabberID = s.NewID() + "@" + s.DomainName
	if i > 0 {
		u.Manager = everybody[(i-1)/reportsPerManager]
		u.Department = u.Manager.Department
	}
	leads := i*reportsPerManager+1 < people
	switch {
	case i == 0:
		u.Title, u.Department = "Director of Customer Care", "Customer Care"
	case leads && i <= reportsPerManager:
		u.Title, u.Department = "Operations Manager", departments[i%len(departments)]
	case leads:
		u.Title = "Team Lead"
	default:
		u.Title = pick(s, agentTitles)
		if i <= reportsPerManager {
			u.Department = departments[i%len(departments)]
		}
		switch {
		case i%inactiveEvery == inactiveEvery-1:
			u.State = StateInactive
		case i%deletedEvery == deletedEvery-1:
			u.State = StateDeleted
		}
	}
	s.describe(u, i)
	s.assignRouting(u)
	s.place(u)
	return u
}

// describe fills in who the person is.
func (s *seeder) describe(u *User, i int) {
	line := fmt.Sprintf("%03d55501%02d", 200+s.choose.IntN(700), s.choose.IntN(100))
	phone := Contact{Address: "+1" + line, MediaType: MediaPhone, Type: "WORK", CountryCode: "US"}
	switch extended := s.choose.IntN(3) == 0; {
	case extended:
		phone.Extension = strconv.Itoa(1000 + i%9000)
	case i%internalEvery == internalEvery-1:
		phone = Contact{MediaType: MediaPhone, Type: "WORK", Extension: strconv.Itoa(firstPooled + i%(lastPooled-firstPooled))}
	case i%internalEvery == internalEvery-2:
		phone = Contact{MediaType: MediaPhone, Type: "WORK", Extension: strconv.Itoa(lastPooled + 1 + i%1000)}
	}
	u.Addresses = []Contact{phone.Shown()}
	if s.choose.IntN(5) == 0 {
		u.PreferredName, _, _ = strings.Cut(u.Name, " ")
	}
	u.AcdAutoAnswer = s.choose.IntN(3) == 0
	u.Biography = pick(s, s.bios)
	u.EmployerInfo = &EmployerInfo{
		OfficialName: u.Name, EmployeeID: strconv.Itoa(10_000 + i), EmployeeType: "Full-time",
		DateHire: s.now.AddDate(-s.choose.IntN(12), 0, -1-s.choose.IntN(360)).UTC().Format(time.DateOnly),
	}
	u.ProfileSkills = some(s, profileSkills, 3)
	u.Certifications = some(s, certifications, 2)
	u.Groups = some(s, s.Groups.List, 2)
	u.Team = pick(s, s.teams)
	u.LanguagePreference = pick(s, []string{"en-US", "en-US", "de", "es", "fr", "pt-BR"})
	office := pick(s, s.Locations.List)
	u.Locations = []UserLocation{{
		ID: office.ID, Coordinates: map[string]wire.Double{"x": wire.Double(s.choose.IntN(400)) / 4, "y": wire.Double(s.choose.IntN(400)) / 4},
		Notes: "Desk " + strconv.Itoa(1+s.choose.IntN(200)), Definition: office,
	}}
	u.Grants = append(u.Grants, Grant{Role: s.Roles.List[0], Division: u.Division, Made: wire.At(s.now)})
	for _, r := range s.Roles.List[1:] {
		if grants := r.Name == "Agent" || s.choose.IntN(4) == 0; grants {
			u.Grants = append(u.Grants, Grant{Role: r, Division: u.Division, Made: wire.At(s.now)})
		}
	}
	u.StateChanged = ago(s.now, s.upTo(200*24*time.Hour))
	u.LastLogin = ago(s.now, s.upTo(9*time.Hour))
	if u.State != StateActive {
		u.StateReason = "Leave"
		u.LastLogin = ago(u.StateChanged, s.upTo(24*time.Hour))
	}
	u.Forwarding = CallForwarding{Voicemail: "PURECLOUD", ModifiedDate: wire.At(u.StateChanged)}
}

// assignRouting gives skills, languages and queues, and a routing status with
// the presence that belongs to it.
func (s *seeder) assignRouting(u *User) {
	u.Skills = s.competences(s.Skills.List, 5)
	u.Languages = s.competences(s.Languages.List, 3)
	if u.State != StateDeleted {
		s.joinDivision(u)
		for i := range u.Queues {
			if u.State == StateActive && s.choose.IntN(3) > 0 {
				u.Queues[i].Joined = true
				u.Queues[i].Queue.Joined++
			}
		}
	}
	since := ago(s.now, s.upTo(4*time.Hour))
	if u.State != StateActive {
		since = u.StateChanged
	}
	u.Routing = RoutingState{Status: StatusOffQueue, Since: since}
	u.Presence = PresenceState{Definition: s.Presence(PresenceOffline), Since: since}
	if u.State != StateActive {
		return
	}
	switch n := s.choose.IntN(10); {
	case n < 4:
		u.Routing.Status = StatusIdle
	case n < 6:
		u.Routing.Status = StatusInteracting
	default:
		u.Presence.Definition = s.Presence(pick(s, offQueuePresences))
	}
	if u.Routing.Status != StatusOffQueue {
		u.Presence.Definition = s.Presence(PresenceOnQueue)
	}
}

// competences draws up to most of them, in order of name.
func (s *seeder) competences(all []*Reference, most int) []Competence {
	var held []Competence
	for _, what := range some(s, all, most) {
		held = append(held, Competence{What: what, Proficiency: wire.Double(s.choose.IntN(MaxProficiency + 1)), State: StateActive})
	}
	return held
}

// place gives a person a telephone and a whereabouts.
func (s *seeder) place(u *User) {
	st := &Station{
		ID: s.NewID(), Name: "WebRTC " + u.Email, Kind: "inin_webrtc_softphone",
		EdgeGroupID: s.ID, WebRTCAppearances: 1,
	}
	s.Stations.add(st.ID, st)
	if u.State == StateDeleted {
		return
	}
	st.DefaultOf, u.Phones.Preferred = u.ID, st
	if u.State == StateActive && u.Presence.Definition.SystemPresence != PresenceOffline {
		st.Associated, st.AssociatedAt, u.Phones.Associated = u.ID, u.Routing.Since, st
	}
	city := pick(s, offices)
	client := s.NewID()
	u.Geolocations = []Geolocation{{
		ID: client, Type: "PureCloud", Primary: true, Latitude: city.latitude, Longitude: city.longitude,
		Country: city.country, Region: city.region, City: city.name,
		SelfURI: u.SelfURI() + "/geolocations/" + client,
	}}
}

func (s *seeder) upTo(d time.Duration) time.Duration { return time.Duration(s.choose.Int64N(int64(d))) }

func pick[T any](s *seeder, from []T) T { return from[s.choose.IntN(len(from))] }

// some draws between none and most of a list, in the order of the list.
func some[T any](s *seeder, from []T, most int) []T {
	want := s.choose.IntN(most + 1)
	drawn := make([]T, 0, want)
	for i, item := range from {
		if left := len(from) - i; want > len(drawn) && s.choose.IntN(left) < want-len(drawn) {
			drawn = append(drawn, item)
		}
	}
	return drawn
}

// mailbox is the local part of an address: letters and dots in ASCII, with a
// number, because names repeat.
func mailbox(first, last string, i int) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r == '.' {
			return r
		}
		return -1
	}, unaccented.Replace(strings.ToLower(first+"."+last)))
	return plain + strconv.Itoa(i+1)
}

// ago is a moment before now, for seeds.
func ago(now time.Time, d time.Duration) time.Time { return wire.At(now.Add(-d)).Time }
