// Package filter combines tests, as the filters of queries do. It imports no other
// room.
package filter

import (
	"slices"
)

// PassesAll is passed by what passes every test, so by everything if there is none.
func PassesAll[T any](tests []func(T) bool) func(T) bool {
	return func(x T) bool {
		return !slices.ContainsFunc(tests, func(test func(T) bool) bool { return !test(x) })
	}
}

// PassesAny is passed by what passes at least one test, so by nothing if there is
// none.
func PassesAny[T any](tests []func(T) bool) func(T) bool {
	return func(x T) bool {
		return slices.ContainsFunc(tests, func(test func(T) bool) bool { return test(x) })
	}
}
