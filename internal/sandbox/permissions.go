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

// permit refuses a caller that lacks what the operation asks for. A user's token
// has what the user's roles give, in whatever division; a client-credentials
// token has Options.ClientPermissions.
func (s *Sandbox) permit(operation string, who caller) error {
	asked, stated := s.options.Permissions[operation]
	if !stated || len(asked.Names) == 0 {
		return nil
	}
	holds := s.permissionsOf(who)
	var lacking []string
	for _, name := range asked.Names {
		if !holds(name) {
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

func (s *Sandbox) permissionsOf(who caller) func(name string) bool {
	if who.userID == "" {
		held := s.options.ClientPermissions
		return func(name string) bool { return held == nil || slices.ContainsFunc(held, covering(name)) }
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	roles := s.org.users[who.userID].roles()
	return func(name string) bool {
		return slices.ContainsFunc(roles, func(r *role) bool { return slices.ContainsFunc(r.permissions, covering(name)) })
	}
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
