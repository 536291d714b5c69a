package org

import (
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// The words that seeds are made of. Their order is part of what a seed means.

var firstNames = []string{
	"Aisha", "Amara", "Anders", "André", "Anna", "Bao", "Beatriz", "Ben", "Carlos", "Chiara", "Chloe", "Clara",
	"Daniel", "Deepa", "Diego", "Elena", "Emeka", "Emma", "Erik", "Farah", "Fatima", "Felix", "Grace", "Hana",
	"Hassan", "Helen", "Hugo", "Ines", "Isaac", "Ivo", "Jack", "James", "Jana", "Jorge", "José", "Julia", "Kofi",
	"Lars", "Laura", "Leila", "Liam", "Lucía", "Maria", "Mateo", "Maya", "Mei", "Noah", "Nora", "Olga", "Omar",
	"Paula", "Priya", "Quinn", "Rafael", "Rosa", "Sara", "Sofia", "Tariq", "Tomás", "Uma", "Victor", "Yara",
	"Zoë", "Zuri",
}

var lastNames = []string{
	"Abebe", "Ahmed", "Almeida", "Andersen", "Bauer", "Becker", "Bianchi", "Brown", "Castro", "Chen", "Cohen",
	"Costa", "Dahl", "Diaz", "Dubois", "Eriksen", "Evans", "Fernandes", "Fischer", "García", "Garcia", "Gupta",
	"Haddad", "Hansen", "Hughes", "Ito", "Iwasaki", "Jensen", "Johnson", "Kaya", "Khan", "Kim", "Kowalski", "Kumar",
	"Lee", "Lindqvist", "López", "Martin", "Mensah", "Meyer", "Moreau", "Müller", "Nguyen", "Novak", "O'Connor",
	"Okafor", "Olsen", "Park", "Patel", "Pérez", "Popescu", "Rossi", "Santos", "Sato", "Schmidt", "Silva", "Singh",
	"Smith", "Suzuki", "Tanaka", "Torres", "Walker", "Weber", "Young",
}

var unaccented = strings.NewReplacer("á", "a", "é", "e", "ë", "e", "í", "i", "ó", "o", "ö", "o", "ü", "u")

var (
	departments   = []string{"Support", "Sales", "Billing", "Retention", "Technical Support", "Back Office"}
	agentTitles   = []string{"Customer Service Agent", "Customer Service Agent", "Senior Agent", "Specialist"}
	divisionNames = []string{"Home", "Americas", "APAC", "EMEA"}
	queueNames    = []string{"Billing", "Sales", "Support"}
	groupNames    = []string{"Early shift", "First aid", "Late shift", "Mentors", "Onboarding"}
	teamNames     = []string{"Blue", "Gold", "Green", "Orange", "Red", "Violet"}

	skillNames = []string{
		"Billing", "Cancellations", "Chat", "Claims", "Complaints", "Email", "Escalations", "Fraud", "Renewals",
		"Sales", "Tech/L1", "Tech/L2",
	}
	languageNames = []string{
		"Arabic", "English", "French", "German", "Hindi", "Japanese", "Portuguese", "Spanish",
	}
	profileSkills  = []string{"C++", "Excel", "Mentoring", "Negotiation", "Public speaking", "SQL", "Writing"}
	certifications = []string{"First responder", "ITIL Foundation", "Lean Six Sigma", "Scrum Master"}
	biographies    = []string{
		"Joined from the branch network; knows every form by heart.",
		"Ten years on the telephone.\nStill likes people.",
		"Trains newcomers & keeps the knowledge base tidy.",
	}

	PresenceNames = []string{
		PresenceAvailable, "Away", "Break", "Busy", "Idle", "Meal", "Meeting", PresenceOffline, PresenceOnQueue,
		"Training",
	}
	offQueuePresences = []string{PresenceAvailable, "Away", "Break", "Busy", "Meal", "Meeting", PresenceOffline, "Training"}
)

var offices = []struct {
	name, region, country, street, zip string
	latitude, longitude                wire.Double
}{
	{"Indianapolis", "Indiana", "US", "1 Monument Circle", "46204", 39.768403, -86.158068},
	{"Lisbon", "Lisboa", "PT", "Rua Augusta 100", "1100-053", 38.722252, -9.139337},
	{"Manila", "Metro Manila", "PH", "Roxas Boulevard 7", "1000", 14.599512, 120.984222},
	{"Cape Town", "Western Cape", "ZA", "Long Street 12", "8001", -33.924869, 18.424055},
}

// seedRoles: everybody has the first; agents' comes second.
var seedRoles = []struct {
	name        string
	permissions []string
}{
	{"employee", []string{"directory:user:view", "presence:presence:view", "chat:chat:access"}},
	{"Agent", []string{"routing:queue:join", "routing:queue:view", "conversation:call:add", "conversation:email:accept"}},
	{"Supervisor", []string{"routing:queueMember:manage", "routing:skill:assign", "analytics:userObservation:view"}},
	{UnusedRole, []string{"analytics:userDetail:view", "analytics:userAggregate:view"}},
	{AdminRole, []string{"directory:user:add", "directory:user:edit", "directory:user:delete", "authorization:grant:add"}},
}
