package access

import (
	"net/http"
	"slices"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
)

// Requirement is what an operation asks of its caller: permissions
// (domain:entity:action), any of them or all.
type Requirement struct {
	All   bool
	Names []string
}

// Policy says who may do what.
type Policy struct {
	// Asked is what the operations ask of their callers, by the operations' names.
	// What is not in it asks for nothing.
	Asked map[string]Requirement
	// Client is what a client-credentials token may do beside what the client is
	// granted; nil: everything.
	Client []string
}

// Permit refuses a caller that lacks what the operation asks for. granted tells of
// the subject with that id what it is granted, in whatever division.
func (p Policy) Permit(operation string, who Caller, granted func(subjectID string) []string) error {
	asked, stated := p.Asked[operation]
	if !stated || len(asked.Names) == 0 || who.UserID == "" && p.Client == nil {
		return nil
	}
	held := granted(who.UserID)
	if who.UserID == "" {
		held = slices.Concat(p.Client, granted(who.ClientID))
	}
	var lacking []string
	for _, name := range asked.Names {
		if !slices.ContainsFunc(held, covering(name)) {
			lacking = append(lacking, name)
		}
	}
	switch {
	case asked.All && len(lacking) > 0:
		return missingPermissions("missing.permissions", "You are missing the following permission(s)", lacking)
	case len(lacking) == len(asked.Names):
		return missingPermissions("missing.any.permissions", "You must have at least one of the following permissions assigned", lacking)
	}
	return nil
}

// covering tells of permissions whether they give the named one; a * stands for
// every domain, entity or action.
func covering(name string) func(held string) bool {
	wanted := strings.Split(name, ":")
	return func(held string) bool {
		parts := strings.Split(held, ":")
		for i, part := range parts {
			if i >= len(wanted) || part != "*" && part != wanted[i] {
				return false
			}
		}
		return len(parts) == len(wanted)
	}
}

func missingPermissions(code, what string, names []string) *problem.Problem {
	message := "Unable to perform the requested action. " + what + ": "
	list := "[" + strings.Join(names, ", ") + "]"
	return &problem.Problem{
		Status: http.StatusForbidden, Code: code,
		Message:           message + list,
		MessageWithParams: message + "{permissions}",
		MessageParams:     map[string]string{"permissions": list},
	}
}
