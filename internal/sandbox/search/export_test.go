package search

import (
	"maps"
	"slices"
)

// FieldsToSearchBy are the names of all of them.
func FieldsToSearchBy() []string { return slices.Sorted(maps.Keys(searchFields)) }
