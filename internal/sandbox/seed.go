package sandbox

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
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
)

// seeder holds the generators while an organisation is made.
type seeder struct {
	*organisation
	choose *rand.Rand
	now    time.Time
	teams  []*reference
	bios   []*biography
}

func seedOrganisation(seed uint64, people int, now time.Time) *organisation {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	s := seeder{
		organisation: &organisation{
			ids:         rand.NewChaCha8(key),
			users:       make(map[string]*user, people),
			emails:      make(map[string]*user, people),
			usernames:   make(map[string]*user, people),
			jabberIDs:   make(map[string]*user, people),
			externalIDs: map[externalID]*user{},
			rosters:     map[string][]*user{},
			domainName:  "example.orgspan.com",
		},
		choose: rand.New(rand.NewPCG(seed, seed^0x9e3779b97f4a7c15)),
		now:    now,
	}
	s.id = seededID(s.ids)
	s.seedCatalogs()

	everybody := make([]*user, people)
	for i := range everybody {
		everybody[i] = s.person(i, people, everybody)
	}
	s.firstUserID = everybody[0].id
	s.enrolAll(everybody)
	s.origin = origin{seed: seed, at: at(now).Time}
	s.masks = s.origin.activityMasks()
	s.skillGroups = s.seedSkillGroups()
	return s.organisation
}

// enrolAll does at once what insert does one by one.
func (s *seeder) enrolAll(everybody []*user) {
	for _, u := range everybody {
		s.users[u.id] = u
		s.index(u)
		if u.manager != nil {
			u.manager.reports = append(u.manager.reports, u)
		}
	}
	for _, u := range slices.SortedFunc(slices.Values(everybody), byName) {
		s.rosters[u.state] = append(s.rosters[u.state], u)
		s.rosters[anyState] = append(s.rosters[anyState], u)
	}
}

// seedCatalogs makes what people refer to.
func (s *seeder) seedCatalogs() {
	for _, name := range divisionNames {
		s.name(&s.divisions, name, "authorization/divisions/")
	}
	for _, name := range skillNames {
		s.name(&s.skills, name, "routing/skills/")
	}
	for _, name := range languageNames {
		s.name(&s.languages, name, "routing/languages/")
	}
	for _, name := range groupNames {
		s.name(&s.groups, name, "groups/")
	}
	for _, name := range teamNames {
		s.teams = append(s.teams, s.refer(name, "teams/"))
	}
	for _, system := range presenceNames {
		id := seededID(s.ids)
		s.presences.add(id, &presenceDefinition{
			ID: id, SystemPresence: system, SelfURI: apiPrefix + "presencedefinitions/" + id,
		})
	}
	for _, office := range offices {
		id := seededID(s.ids)
		s.locations.add(id, &location{
			ID: id, Name: office.name + " office", State: stateActive, Version: 1,
			Address: &locationAddress{
				City: office.name, Country: office.country, Street1: office.street, Zipcode: office.zip,
			},
			SelfURI: apiPrefix + "locations/" + id,
		})
	}
	for _, r := range seedRoles {
		s.seedRole(r.name, r.permissions)
	}
	for _, division := range s.divisions.list {
		for _, name := range queueNames {
			q := &queue{
				reference:   *s.refer(division.Name+" "+name, "routing/queues/"),
				division:    division,
				description: name + " contacts of " + division.Name,
				created:     at(s.now.AddDate(-1, 0, -s.choose.IntN(300))),
			}
			s.queues.add(q.ID, q)
		}
	}
	for _, text := range biographies {
		s.bios = append(s.bios, &biography{
			Biography: text, Interests: []string{"chess", "cycling"}, Hobbies: []string{"piano"},
			Education: []education{{School: "State University", FieldOfStudy: "Economics"}},
		})
	}
	byText := func(a, b *reference) int { return compareFold(a.Name, b.Name) }
	slices.SortFunc(s.skills.list, byText)
	slices.SortFunc(s.languages.list, byText)
	slices.SortFunc(s.queues.list, func(a, b *queue) int { return compareFold(a.Name, b.Name) })
}

// refer makes a named thing; path is below the API prefix.
func (s *seeder) refer(name, path string) *reference {
	id := seededID(s.ids)
	return &reference{ID: id, Name: name, SelfURI: apiPrefix + path + id}
}

func (s *seeder) name(c *catalog[reference], name, path string) {
	r := s.refer(name, path)
	c.add(r.ID, r)
}

// seedRole groups permissions (domain:entity:action) into policies.
func (s *seeder) seedRole(name string, permissions []string) {
	r := &role{reference: *s.refer(name, "authorization/roles/"), permissions: permissions}
	for _, permission := range permissions {
		parts := strings.SplitN(permission, ":", 3)
		r.policies = append(r.policies, permissionPolicy{
			ID: seededID(s.ids), Domain: parts[0], EntityName: parts[1], ActionSet: parts[2:],
		})
	}
	s.roles.add(r.ID, r)
}

// person makes the i-th of so many people; the ones before it are already made.
func (s *seeder) person(i, people int, everybody []*user) *user {
	first, last := pick(s, firstNames), pick(s, lastNames)
	u := &user{
		id:       seededID(s.ids),
		name:     first + " " + last,
		state:    stateActive,
		version:  1 + int32(s.choose.IntN(300)),
		pictured: s.choose.IntN(4) > 0,
		division: pick(s, s.divisions.list),
	}
	u.email = mailbox(first, last, i) + "@example.com"
	u.username = u.email
	u.jabberID = seededID(s.ids) + "@" + s.domainName
	if i > 0 {
		u.manager = everybody[(i-1)/reportsPerManager]
		u.department = u.manager.department
	}
	leads := i*reportsPerManager+1 < people
	switch {
	case i == 0:
		u.title, u.department = "Director of Customer Care", "Customer Care"
	case leads && i <= reportsPerManager:
		u.title, u.department = "Operations Manager", departments[i%len(departments)]
	case leads:
		u.title = "Team Lead"
	default:
		u.title = pick(s, agentTitles)
		if i <= reportsPerManager {
			u.department = departments[i%len(departments)]
		}
		switch {
		case i%inactiveEvery == inactiveEvery-1:
			u.state = stateInactive
		case i%deletedEvery == deletedEvery-1:
			u.state = stateDeleted
		}
	}
	s.describe(u, i)
	s.assignRouting(u)
	s.place(u)
	return u
}

// describe fills in who the person is.
func (s *seeder) describe(u *user, i int) {
	line := fmt.Sprintf("%03d55501%02d", 200+s.choose.IntN(700), s.choose.IntN(100))
	u.addresses = []contact{{
		Address: "+1" + line, Display: "(" + line[:3] + ") " + line[3:6] + "-" + line[6:],
		MediaType: "PHONE", Type: "WORK", CountryCode: "US",
	}}
	if s.choose.IntN(3) == 0 {
		u.addresses[0].Extension = strconv.Itoa(1000 + i%9000)
	}
	if s.choose.IntN(5) == 0 {
		u.preferredName, _, _ = strings.Cut(u.name, " ")
	}
	u.acdAutoAnswer = s.choose.IntN(3) == 0
	u.biography = pick(s, s.bios)
	u.employerInfo = &employerInfo{
		OfficialName: u.name, EmployeeID: strconv.Itoa(10_000 + i), EmployeeType: "Full-time",
		DateHire: s.now.AddDate(-s.choose.IntN(12), 0, -1-s.choose.IntN(360)).UTC().Format(time.DateOnly),
	}
	u.profileSkills = some(s, profileSkills, 3)
	u.certifications = some(s, certifications, 2)
	u.groups = some(s, s.groups.list, 2)
	u.team = pick(s, s.teams)
	u.languagePreference = pick(s, []string{"en-US", "en-US", "de", "es", "fr", "pt-BR"})
	office := pick(s, s.locations.list)
	u.locations = []userLocation{{
		ID: office.ID, Coordinates: map[string]double{"x": double(s.choose.IntN(400)) / 4, "y": double(s.choose.IntN(400)) / 4},
		Notes: "Desk " + strconv.Itoa(1+s.choose.IntN(200)), Definition: office,
	}}
	u.grants = append(u.grants, grant{role: s.roles.list[0], division: u.division, made: at(s.now)})
	for _, r := range s.roles.list[1:] {
		if grants := r.Name == "Agent" || s.choose.IntN(4) == 0; grants {
			u.grants = append(u.grants, grant{role: r, division: u.division, made: at(s.now)})
		}
	}
	u.stateChanged = ago(s.now, s.upTo(200*24*time.Hour))
	u.lastLogin = ago(s.now, s.upTo(9*time.Hour))
	if u.state != stateActive {
		u.stateReason = "Leave"
		u.lastLogin = ago(u.stateChanged, s.upTo(24*time.Hour))
	}
	u.forwarding = callForwarding{Voicemail: "PURECLOUD", ModifiedDate: at(u.stateChanged)}
}

// assignRouting gives skills, languages and queues, and a routing status with
// the presence that belongs to it.
func (s *seeder) assignRouting(u *user) {
	u.skills = s.competences(s.skills.list, 5)
	u.languages = s.competences(s.languages.list, 3)
	if u.state != stateDeleted {
		s.joinDivision(u)
		for i := range u.queues {
			if u.state == stateActive && s.choose.IntN(3) > 0 {
				u.queues[i].joined = true
				u.queues[i].queue.joined++
			}
		}
	}
	since := ago(s.now, s.upTo(4*time.Hour))
	if u.state != stateActive {
		since = u.stateChanged
	}
	u.routing = routingState{status: statusOffQueue, since: since}
	u.presence = presenceState{definition: s.presence(presenceOffline), since: since}
	if u.state != stateActive {
		return
	}
	switch n := s.choose.IntN(10); {
	case n < 4:
		u.routing.status = statusIdle
	case n < 6:
		u.routing.status = statusInteracting
	default:
		u.presence.definition = s.presence(pick(s, offQueuePresences))
	}
	if u.routing.status != statusOffQueue {
		u.presence.definition = s.presence(presenceOnQueue)
	}
}

// competences draws up to most of them, in order of name.
func (s *seeder) competences(all []*reference, most int) []competence {
	var held []competence
	for _, what := range some(s, all, most) {
		held = append(held, competence{what: what, proficiency: double(s.choose.IntN(maxProficiency + 1)), state: stateActive})
	}
	return held
}

// place gives a person a telephone and a whereabouts.
func (s *seeder) place(u *user) {
	st := &station{
		id: seededID(s.ids), name: "WebRTC " + u.email, kind: "inin_webrtc_softphone",
		edgeGroupID: s.id, webRTCAppearances: 1,
	}
	s.stations.add(st.id, st)
	if u.state == stateDeleted {
		return
	}
	st.defaultOf, u.phones.preferred = u.id, st
	if u.state == stateActive && u.presence.definition.SystemPresence != presenceOffline {
		st.associated, st.associatedAt, u.phones.associated = u.id, u.routing.since, st
	}
	city := pick(s, offices)
	client := seededID(s.ids)
	u.geolocations = []geolocation{{
		ID: client, Type: "PureCloud", Primary: true, Latitude: city.latitude, Longitude: city.longitude,
		Country: city.country, Region: city.region, City: city.name,
		SelfURI: u.selfURI() + "/geolocations/" + client,
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
