package beside

import (
	"slices"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/authorization"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// found are the things of a catalog that a call asks for by id or by name. How a name
// is compared differs from list to list.
func found[T any](c *api.Call, all []*T, as func(*T) *org.Reference, fits func(name, asked string) bool) []*T {
	ids, name := c.Strings("id"), c.Query.Get("name")
	return slices.DeleteFunc(slices.Clone(all), func(item *T) bool {
		r := as(item)
		return len(ids) > 0 && !slices.Contains(ids, r.ID) || name != "" && !fits(r.Name, name)
	})
}

func itself(r *org.Reference) *org.Reference { return r }

// begins compares where the name that is asked for is a beginning.
func begins(name, asked string) bool {
	return len(name) >= len(asked) && strings.EqualFold(name[:len(asked)], asked)
}

// matches compares where an asterisk in front or behind stands for anything.
func matches(name, asked string) bool {
	name, asked = strings.ToLower(name), strings.ToLower(asked)
	plain := strings.Trim(asked, "*")
	switch front, behind := strings.HasPrefix(asked, "*"), strings.HasSuffix(asked, "*"); {
	case front && behind:
		return strings.Contains(name, plain)
	case front:
		return strings.HasSuffix(name, plain)
	case behind:
		return strings.HasPrefix(name, plain)
	default:
		return name == plain
	}
}

// page shows a page of what was found.
func page[T, V any](c *api.Call, all []*T, view func(*T) V) (any, error) {
	p, err := c.SortedPage()
	if err != nil {
		return nil, err
	}
	return api.List(c, p, all, view), nil
}

func getAuthorizationDivisions(o *org.Organisation, c *api.Call) (any, error) {
	all := found(c, o.Divisions.List, itself, begins)
	return page(c, all, func(d *org.Reference) any { return authorization.ShowDivision(o, d) })
}

// roleView is the upstream's DomainOrganizationRole.
type roleView struct {
	org.Reference
	Permissions     []string     `json:"permissions"`
	Policies        []policyView `json:"permissionPolicies"`
	RoleNeedsUpdate bool         `json:"roleNeedsUpdate"`
	Default         bool         `json:"default"`
	Base            bool         `json:"base"`
}

// policyView is the upstream's DomainPermissionPolicy.
type policyView struct {
	Domain          string   `json:"domain"`
	EntityName      string   `json:"entityName"`
	ActionSet       []string `json:"actionSet"`
	AllowConditions bool     `json:"allowConditions"`
}

func getAuthorizationRoles(o *org.Organisation, c *api.Call) (any, error) {
	all := found(c, o.Roles.List, func(r *org.Role) *org.Reference { return &r.Reference }, begins)
	return page(c, all, func(r *org.Role) roleView {
		return roleView{Reference: r.Reference, Permissions: r.Permissions, Default: true, Policies: wire.ViewAll(r.Policies, func(p org.PermissionPolicy) policyView {
			return policyView{p.Domain, p.EntityName, p.ActionSet, p.AllowConditions}
		})}
	})
}

// competence is the upstream's RoutingSkill and its Language, which are made alike.
type competence struct {
	ID           string       `json:"id"`
	Name         string       `json:"name"`
	DateModified wire.Instant `json:"dateModified"`
	State        string       `json:"state"`
	Version      string       `json:"version"`
	SelfURI      string       `json:"selfUri"`
}

func competences(o *org.Organisation, c *api.Call, all []*org.Reference) (any, error) {
	return page(c, found(c, all, itself, begins), func(r *org.Reference) competence {
		return competence{r.ID, r.Name, wire.At(o.Origin.At), org.StateActive, "1", r.SelfURI}
	})
}

func getRoutingSkills(o *org.Organisation, c *api.Call) (any, error) {
	return competences(o, c, o.Skills.List)
}

func getRoutingLanguages(o *org.Organisation, c *api.Call) (any, error) {
	return competences(o, c, o.Languages.List)
}

// queueView is the upstream's Queue.
type queueView struct {
	ID                string         `json:"id"`
	Name              string         `json:"name"`
	Division          *org.Reference `json:"division"`
	Description       string         `json:"description,omitempty"`
	DateCreated       wire.Instant   `json:"dateCreated,omitzero"`
	MemberCount       int32          `json:"memberCount"`
	UserMemberCount   int32          `json:"userMemberCount"`
	JoinedMemberCount int32          `json:"joinedMemberCount"`
	SelfURI           string         `json:"selfUri"`
}

func getRoutingQueues(o *org.Organisation, c *api.Call) (any, error) {
	all := found(c, o.Queues.List, func(q *org.Queue) *org.Reference { return &q.Reference }, matches)
	if divisions := c.Strings("divisionId"); len(divisions) > 0 {
		all = slices.DeleteFunc(all, func(q *org.Queue) bool { return !slices.Contains(divisions, q.Division.ID) })
	}
	return page(c, all, func(q *org.Queue) queueView {
		return queueView{q.ID, q.Name, q.Division, q.Description, q.Created, q.Members, q.Members, q.Joined, q.SelfURI}
	})
}

// presenceView is the upstream's OrganizationPresence.
type presenceView struct {
	ID             string            `json:"id"`
	Name           string            `json:"name"`
	LanguageLabels map[string]string `json:"languageLabels"`
	SystemPresence string            `json:"systemPresence"`
	Deactivated    bool              `json:"deactivated"`
	Primary        bool              `json:"primary"`
	SelfURI        string            `json:"selfUri"`
}

// getPresencedefinitions lists the presences that everybody has: one of each kind.
func getPresencedefinitions(o *org.Organisation, c *api.Call) (any, error) {
	return page(c, o.Presences.List, func(p *org.PresenceDefinition) presenceView {
		return presenceView{p.ID, p.SystemPresence, map[string]string{"en_US": p.SystemPresence}, p.SystemPresence, false, true, p.SelfURI}
	})
}
