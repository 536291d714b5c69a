package api

import (
	"slices"
	"strconv"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
)

// Int reads an int32 parameter; absent or empty is 0.
func (c *Call) Int(name string) (int, error) {
	text := c.Query.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, problem.Invalid(name, "it must be a whole number")
	}
	return int(n), nil
}

// Bool reads a boolean parameter; absent or empty is the default.
func (c *Call) Bool(name string, absent bool) (bool, error) {
	switch text := c.Query.Get(name); {
	case text == "":
		return absent, nil
	case strings.EqualFold(text, "true"):
		return true, nil
	case strings.EqualFold(text, "false"):
		return false, nil
	default:
		return false, problem.Invalid(name, "it must be true or false")
	}
}

// Strings reads a repeated parameter. The vendor's SDKs either repeat the key
// or join the values with commas, and the upstream takes both.
func (c *Call) Strings(name string) []string {
	var values []string
	for _, joined := range c.Query[name] {
		for value := range strings.SplitSeq(joined, ",") {
			if value = strings.TrimSpace(value); value != "" {
				values = append(values, value)
			}
		}
	}
	return values
}

// Enum reads a parameter that must be one of values; absent or empty is the
// first of them.
func (c *Call) Enum(name string, values ...string) (string, error) {
	text := c.Query.Get(name)
	if text == "" {
		return values[0], nil
	}
	for _, value := range values {
		if strings.EqualFold(text, value) {
			return value, nil
		}
	}
	return "", problem.Invalid(name, "it must be one of "+strings.Join(values, ", "))
}

// Descending reads sortOrder, whose default ASC is not among its own documented
// values: all four spellings are taken.
func (c *Call) Descending() (bool, error) {
	order, err := c.Enum("sortOrder", "ascending", "asc", "descending", "desc")
	return strings.HasPrefix(order, "desc"), err
}

// Enums reads a repeated parameter whose values must be among these; absent is nil.
func (c *Call) Enums(name string, values ...string) ([]string, error) {
	given := c.Strings(name)
	for i, text := range given {
		at := slices.IndexFunc(values, func(value string) bool { return strings.EqualFold(value, text) })
		if at < 0 {
			return nil, problem.Invalid(name, "it must be one of "+strings.Join(values, ", "))
		}
		given[i] = values[at]
	}
	return given, nil
}
