package server

import (
	"net/url"
	"slices"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/contract"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
)

// route is one operation and what it does.
type route struct {
	contract.Operation
	action   *api.Action // nil: not simulated yet
	segments []string
}

// router finds the route of a request. It looks at the escaped path, so that an
// id may hold an escaped slash, and it never redirects, cleans or guesses: what
// does not match a template segment by segment is not there.
type router struct {
	byLength map[int][]route // most literal template first
}

func newRouter(all []contract.Operation, actions api.Operations) router {
	r := router{byLength: map[int][]route{}}
	for _, op := range all {
		row := route{op, actions[op.Name], strings.Split(op.Template, "/")}
		r.byLength[len(row.segments)] = append(r.byLength[len(row.segments)], row)
	}
	for _, rows := range r.byLength {
		// A literal beats a parameter at the first segment where two templates
		// differ: /users/me is not the user called "me".
		slices.SortStableFunc(rows, func(a, b route) int {
			for i := range a.segments {
				if pa, pb := contract.IsParameter(a.segments[i]), contract.IsParameter(b.segments[i]); pa != pb {
					if pb {
						return -1
					}
					return 1
				}
			}
			return 0
		})
	}
	return r
}

// find returns the route for a method and an escaped path, and the unescaped path
// parameters. The problem it returns is 404 when no template fits the path, 405
// when some do, but none with that method.
func (r router) find(method, escapedPath string) (route, map[string]string, error) {
	segments := strings.Split(escapedPath, "/")
	var allowed []string
	for _, row := range r.byLength[len(segments)] {
		if !row.matches(segments) {
			continue
		}
		if row.Method == method {
			params, err := row.parameters(segments)
			return row, params, err
		}
		if !slices.Contains(allowed, row.Method) {
			allowed = append(allowed, row.Method)
		}
	}
	if allowed == nil {
		return route{}, nil, problem.NoSuchPath(escapedPath)
	}
	slices.Sort(allowed)
	return route{}, nil, problem.WrongMethod(method, allowed)
}

func (r route) matches(segments []string) bool {
	for i, want := range r.segments {
		if contract.IsParameter(want) {
			if segments[i] == "" {
				return false
			}
		} else if segments[i] != want {
			return false
		}
	}
	return true
}

func (r route) parameters(segments []string) (map[string]string, error) {
	params := map[string]string{}
	for i, name := range r.segments {
		if !contract.IsParameter(name) {
			continue
		}
		value, err := url.PathUnescape(segments[i])
		if err != nil {
			return nil, problem.Invalid(strings.Trim(name, "{}"), "it is not properly escaped")
		}
		params[strings.Trim(name, "{}")] = value
	}
	return params, nil
}
