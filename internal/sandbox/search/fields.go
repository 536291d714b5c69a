package search

import (
	"cmp"
	"strconv"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// searchFields are the fields one can search and sort by.
var searchFields = map[string]texts{
	"id":                    one(func(u *org.User) string { return u.ID }),
	"guid":                  one(func(u *org.User) string { return u.ID }),
	"name":                  one(func(u *org.User) string { return u.Name }),
	"preferredName":         one(func(u *org.User) string { return u.PreferredName }),
	"email":                 one(func(u *org.User) string { return u.Email }),
	"username":              one(func(u *org.User) string { return u.Username }),
	"title":                 one(func(u *org.User) string { return u.Title }),
	"department":            one(func(u *org.User) string { return u.Department }),
	"state":                 one(func(u *org.User) string { return u.State }),
	"version":               one(func(u *org.User) string { return strconv.Itoa(int(u.Version)) }),
	"chat.jabberId":         one(func(u *org.User) string { return u.JabberID }),
	"divisionId":            one(func(u *org.User) string { return u.Division.ID }),
	"division.id":           one(func(u *org.User) string { return u.Division.ID }),
	"division.name":         one(func(u *org.User) string { return u.Division.Name }),
	"manager":               one(managerID),
	"manager.id":            one(managerID),
	"acdAutoAnswer":         one(func(u *org.User) string { return strconv.FormatBool(u.AcdAutoAnswer) }),
	"languagePreference":    one(func(u *org.User) string { return u.LanguagePreference }),
	"dateLastLogin":         one(func(u *org.User) string { return dateText(u.LastLogin) }),
	"routingStatus.status":  one(func(u *org.User) string { return u.Routing.Status }),
	"presence":              one(func(u *org.User) string { return u.Presence.Definition.SystemPresence }),
	"addresses":             addressTexts,
	"addresses.address":     addressTexts,
	"primaryContactInfo":    func(u *org.User, into []string) []string { return contactTexts(u.PrimaryContacts(), into) },
	"profileSkills":         func(u *org.User, into []string) []string { return append(into, u.ProfileSkills...) },
	"certifications":        func(u *org.User, into []string) []string { return append(into, u.Certifications...) },
	"skills":                func(u *org.User, into []string) []string { return competenceTexts(u.Skills, false, into) },
	"routingSkills.name":    func(u *org.User, into []string) []string { return competenceTexts(u.Skills, false, into) },
	"routingSkills.id":      func(u *org.User, into []string) []string { return competenceTexts(u.Skills, true, into) },
	"languages":             func(u *org.User, into []string) []string { return competenceTexts(u.Languages, false, into) },
	"routingLanguages.name": func(u *org.User, into []string) []string { return competenceTexts(u.Languages, false, into) },
	"routingLanguages.id":   func(u *org.User, into []string) []string { return competenceTexts(u.Languages, true, into) },
	"groups":                func(u *org.User, into []string) []string { return groupTexts(u.Groups, into) },
	"groups.id":             func(u *org.User, into []string) []string { return groupTexts(u.Groups, into) },
	"locations":             locationTexts,
	"locations.id":          locationTexts,
	"employerInfo.employeeId": one(func(u *org.User) string {
		if u.EmployerInfo == nil {
			return ""
		}
		return u.EmployerInfo.EmployeeID
	}),
	"employerInfo.dateHire": one(func(u *org.User) string {
		if u.EmployerInfo == nil {
			return ""
		}
		return u.EmployerInfo.DateHire
	}),
}

// textFields are where a query string looks when it names no field.
var textFields = []string{"name", "preferredName", "email", "username", "title", "department"}

func one(value func(*org.User) string) texts {
	return func(u *org.User, into []string) []string { return append(into, value(u)) }
}

func managerID(u *org.User) string {
	if u.Manager == nil {
		return ""
	}
	return u.Manager.ID
}

func dateText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return wire.At(t).String()
}

func addressTexts(u *org.User, into []string) []string { return contactTexts(u.Addresses, into) }

func contactTexts(contacts []org.Contact, into []string) []string {
	for _, c := range contacts {
		into = append(into, cmp.Or(c.Address, c.Display)) // an extension has no address
	}
	return into
}

func competenceTexts(all []org.Competence, ids bool, into []string) []string {
	for _, k := range all {
		if ids {
			into = append(into, k.What.ID)
		} else {
			into = append(into, k.What.Name)
		}
	}
	return into
}

func groupTexts(all []*org.Group, into []string) []string {
	for _, g := range all {
		into = append(into, g.ID)
	}
	return into
}

func locationTexts(u *org.User, into []string) []string {
	for _, l := range u.Locations {
		into = append(into, l.ID)
	}
	return into
}
