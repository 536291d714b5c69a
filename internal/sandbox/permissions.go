package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// Requirement is what an operation asks of its caller: permissions
// (domain:entity:action), any of them or all.
type Requirement struct {
	All   bool
	Names []string
}

// policy says who may do what.
type policy struct {
	// asked is what the operations ask of their callers, by the operations' names.
	// What is not in it asks for nothing.
	asked map[string]Requirement
	// client is what a client-credentials token may do; nil: everything.
	client []string
}

// permit refuses a caller that lacks what the operation asks for. A user's token
// has what of tells of the user, in whatever division.
func (p policy) permit(operation string, who caller, of func(userID string) []string) error {
	asked, stated := p.asked[operation]
	if !stated || len(asked.Names) == 0 || who.userID == "" && p.client == nil {
		return nil
	}
	held := p.client
	if who.userID != "" {
		held = of(who.userID)
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

func missingPermissions(code, what string, names []string) *problem {
	message := "Unable to perform the requested action. " + what + ": "
	list := "[" + strings.Join(names, ", ") + "]"
	return &problem{
		Status: http.StatusForbidden, Code: code,
		Message:           message + list,
		MessageWithParams: message + "{permissions}",
		MessageParams:     map[string]string{"permissions": list},
	}
}
