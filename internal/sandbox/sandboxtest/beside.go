package sandboxtest

import (
	"maps"
	"slices"
)

// withBeside are facts of operations that are none of the contract, as the vendor's
// SDKs declare them; the facts in the folder, which have some of their models, know
// nothing of those.
func withBeside(known *Facts) *Facts {
	text := func(name string) FactField { return FactField{Name: name, Type: "string"} }
	number := func(name string) FactField { return FactField{Name: name, Type: "int32"} }
	truth := func(name string) FactField { return FactField{Name: name, Type: "bool"} }
	moment := func(name string) FactField { return FactField{Name: name, Type: "date-time"} }
	models := maps.Clone(known.Models)
	maps.Copy(models, map[string][]FactField{
		"Language": {text("id"), text("name"), moment("dateModified"), text("state"), text("version"), text("selfUri")},
		"OrganizationPresence": {
			text("id"), text("name"), {Name: "languageLabels", Type: "string", Map: true}, text("systemPresence"),
			truth("deactivated"), truth("primary"), moment("createdDate"), moment("modifiedDate"), text("selfUri"),
		},
		"VoicemailUserPolicy": {truth("enabled"), number("alertTimeoutSeconds"), moment("modifiedDate"), truth("sendEmailNotifications")},
		"Queue":               slices.DeleteFunc(slices.Clone(known.Models["UserQueue"]), func(f FactField) bool { return f.Name == "joined" }),
	})
	message := func(name string) FactField { return FactField{Type: "message", Message: name} }
	list := func(of string) FactField {
		models[of+"EntityListing"] = []FactField{
			{Name: "entities", Repeated: true, Type: "message", Message: of},
			number("pageSize"), number("pageNumber"), {Name: "total", Type: "int64"}, number("pageCount"),
			text("firstUri"), text("lastUri"), text("nextUri"), text("previousUri"), text("selfUri"),
		}
		return message(of + "EntityListing")
	}
	beside := &Facts{Operations: map[string]FactOperation{}, Models: models}
	for path, response := range map[string]FactField{
		"/api/v2/organizations/me":                message("Organization"),
		"/api/v2/authorization/products":          list("DomainOrganizationProduct"),
		"/api/v2/authorization/divisions":         list("AuthzDivision"),
		"/api/v2/authorization/divisions/home":    message("AuthzDivision"),
		"/api/v2/authorization/roles":             list("DomainOrganizationRole"),
		"/api/v2/voicemail/userpolicies/{userId}": message("VoicemailUserPolicy"),
		"/api/v2/routing/skills":                  list("RoutingSkill"),
		"/api/v2/routing/languages":               list("Language"),
		"/api/v2/routing/queues":                  list("Queue"),
		"/api/v2/presencedefinitions":             list("OrganizationPresence"),
	} {
		beside.Operations[path] = FactOperation{Method: "GET", Path: path, Response: response}
	}
	const move = "/api/v2/authorization/divisions/{divisionId}/objects/{objectType}"
	beside.Operations[move] = FactOperation{Method: "POST", Path: move, Response: FactField{Type: "void"}}
	return beside
}
