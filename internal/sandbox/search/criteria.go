package search

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// This file turns search criteria into a function that tells whether a user
// matches. compile walks the tree once, refusing what makes no sense; each
// criterion becomes a predicate over users, most of them a predicate over texts
// (textTest) applied to the named fields. Texts compare without regard to case.
// What is compiled serves one search: it keeps buffers from user to user, so that
// looking at a user allocates nothing.
//
// Criteria of one list combine from left to right: AND narrows what came
// before, OR widens it, NOT takes away. The first one has nothing before it,
// so that there only NOT makes a difference.

// maxDepth and maxPattern bound what one request may make the sandbox do.
const (
	maxDepth   = 10
	maxPattern = 1000
)

// criterion is the upstream's UserSearchCriteria.
type criterion struct {
	Type       string      `json:"type,omitempty"`
	Operator   string      `json:"operator,omitempty"`
	Fields     []string    `json:"fields,omitempty"`
	Value      string      `json:"value,omitempty"`
	Values     []string    `json:"values,omitempty"`
	StartValue string      `json:"startValue,omitempty"`
	EndValue   string      `json:"endValue,omitempty"`
	DateFormat string      `json:"dateFormat,omitempty"`
	Group      []criterion `json:"group,omitempty"`
}

type (
	predicate func(*org.User) bool
	textTest  func(text string) bool
	// texts appends what a field of a user holds.
	texts func(u *org.User, into []string) []string
)

// compile combines a list of criteria; an empty list matches everybody.
func compile(criteria []criterion, depth int) (predicate, error) {
	if depth > maxDepth {
		return nil, problem.Invalid("query.group", "it is nested too deeply")
	}
	all := func(*org.User) bool { return true }
	for i, c := range criteria {
		this, err := c.compile(depth)
		if err != nil {
			return nil, err
		}
		before := all
		switch {
		case c.Operator == "NOT":
			all = func(u *org.User) bool { return before(u) && !this(u) }
		case c.Operator != "" && c.Operator != "AND" && c.Operator != "OR":
			return nil, problem.Invalid("query.operator", "it must be AND, OR or NOT")
		case i == 0:
			all = this
		case c.Operator == "OR":
			all = func(u *org.User) bool { return before(u) || this(u) }
		default:
			all = func(u *org.User) bool { return before(u) && this(u) }
		}
	}
	return all, nil
}

// compile turns one criterion into a predicate. A group stands for the criteria
// in it; a criterion that also has a type needs both to match.
func (c criterion) compile(depth int) (predicate, error) {
	if len(c.Group) == 0 {
		return c.leaf()
	}
	group, err := compile(c.Group, depth+1)
	if err != nil || c.Type == "" {
		return group, err
	}
	leaf, err := c.leaf()
	if err != nil {
		return nil, err
	}
	return func(u *org.User) bool { return group(u) && leaf(u) }, nil
}

func (c criterion) leaf() (predicate, error) {
	switch c.Type {
	case "":
		return nil, problem.Missing("query.type")
	case "MATCH_ALL":
		return func(*org.User) bool { return true }, nil
	case "QUERY_STRING":
		return c.queryString()
	}
	fields, err := c.fields(nil)
	if err != nil {
		return nil, err
	}
	if c.Type == "REQUIRED_FIELDS" {
		filled := make([]predicate, 0, len(fields))
		for _, field := range fields {
			filled = append(filled, anyText([]texts{field}, func(text string) bool { return text != "" }))
		}
		return func(u *org.User) bool {
			return !slices.ContainsFunc(filled, func(p predicate) bool { return !p(u) })
		}, nil
	}
	test, err := c.test()
	if err != nil {
		return nil, err
	}
	return anyText(fields, test), nil
}

// fields finds what the criterion names, or the given defaults.
func (c criterion) fields(absent []string) ([]texts, error) {
	names := c.Fields
	if len(names) == 0 {
		names = absent
	}
	if len(names) == 0 {
		return nil, problem.Missing("query.fields")
	}
	fields := make([]texts, 0, len(names))
	for _, name := range names {
		values, known := searchFields[name]
		if !known {
			return nil, problem.Invalid("query.fields", "one cannot search by "+name)
		}
		fields = append(fields, values)
	}
	return fields, nil
}

// test compiles the value side of a criterion.
func (c criterion) test() (textTest, error) {
	wanted := c.Values
	if c.Value != "" {
		wanted = append([]string{c.Value}, wanted...)
	}
	if c.Type == "RANGE" {
		return c.between()
	}
	if len(wanted) == 0 {
		return nil, problem.Missing("query.value")
	}
	switch c.Type {
	case "EXACT":
		return anyOf(wanted, strings.EqualFold), nil
	case "STARTS_WITH":
		return inLowerCase(wanted, bytes.HasPrefix), nil
	case "CONTAINS":
		return inLowerCase(wanted, bytes.Contains), nil
	case "TERM", "TERMS":
		return anyOf(wanted, hasTerm), nil
	case "REGEX":
		return anyPattern(wanted)
	case "LESS_THAN", "LESS_THAN_EQUAL_TO", "GREATER_THAN", "GREATER_THAN_EQUAL_TO":
		return c.compared(wanted[0])
	default:
		return nil, problem.Invalid("query.type", c.Type+" is no type of criterion")
	}
}

// between is inclusive at both ends; one of them may be open.
func (c criterion) between() (textTest, error) {
	if c.StartValue == "" && c.EndValue == "" {
		return nil, problem.Missing("query.startValue")
	}
	start, err := c.bound(c.StartValue)
	if err != nil {
		return nil, err
	}
	end, err := c.bound(c.EndValue)
	if err != nil {
		return nil, err
	}
	return func(text string) bool {
		v := readValue(text)
		return text != "" && (start.text == "" || v.compare(start) >= 0) && (end.text == "" || v.compare(end) <= 0)
	}, nil
}

func (c criterion) compared(value string) (textTest, error) {
	bound, err := c.bound(value)
	if err != nil {
		return nil, err
	}
	return func(text string) bool {
		if text == "" {
			return false
		}
		switch d := readValue(text).compare(bound); c.Type {
		case "LESS_THAN":
			return d < 0
		case "LESS_THAN_EQUAL_TO":
			return d <= 0
		case "GREATER_THAN":
			return d > 0
		default:
			return d >= 0
		}
	}, nil
}

// bound brings a value into the form that the fields have. A dateFormat is a
// pattern of letters, such as yyyy-MM-dd.
func (c criterion) bound(text string) (value, error) {
	if c.DateFormat == "" || text == "" {
		return readValue(text), nil
	}
	layout := strings.NewReplacer("yyyy", "2006", "MM", "01", "dd", "02", "HH", "15", "mm", "04", "ss", "05",
		"SSS", "000", "XXX", "Z07:00", "X", "Z07", "'", "").Replace(c.DateFormat)
	t, err := time.Parse(layout, text)
	if err != nil {
		return value{}, problem.Invalid("query.dateFormat", text+" is no date in the format "+c.DateFormat)
	}
	return readValue(dateText(t)), nil
}

// anyPattern matches whole texts against regular expressions, which Go runs in
// time linear to the text.
func anyPattern(patterns []string) (textTest, error) {
	compiled := make([]*regexp.Regexp, 0, len(patterns))
	for _, pattern := range patterns {
		if len(pattern) > maxPattern {
			return nil, problem.Invalid("query.value", "the regular expression is too long")
		}
		re, err := regexp.Compile(`(?is)^(?:` + pattern + `)$`)
		if err != nil {
			return nil, problem.Invalid("query.value", "it is no regular expression")
		}
		compiled = append(compiled, re)
	}
	return func(text string) bool {
		return slices.ContainsFunc(compiled, func(re *regexp.Regexp) bool { return re.MatchString(text) })
	}, nil
}

// mentions tells whether any criterion is about a field.
func mentions(criteria []criterion, field string) bool {
	return slices.ContainsFunc(criteria, func(c criterion) bool {
		return slices.Contains(c.Fields, field) || mentions(c.Group, field) ||
			c.Type == "QUERY_STRING" && strings.Contains(c.Value, field+":")
	})
}

func anyText(fields []texts, test textTest) predicate {
	var held []string
	return func(u *org.User) bool {
		for _, field := range fields {
			if held = field(u, held[:0]); slices.ContainsFunc(held, test) {
				return true
			}
		}
		return false
	}
}

func anyOf(wanted []string, match func(text, want string) bool) textTest {
	return func(text string) bool {
		return slices.ContainsFunc(wanted, func(want string) bool { return match(text, want) })
	}
}

// inLowerCase matches when any of wanted does, both sides in lower case.
func inLowerCase(wanted []string, match func(text, want []byte) bool) textTest {
	var lower []byte
	folded := wire.ViewAll(wanted, func(want string) []byte { return []byte(strings.ToLower(want)) })
	return func(text string) bool {
		lower = appendLower(lower[:0], text)
		return slices.ContainsFunc(folded, func(want []byte) bool { return match(lower, want) })
	}
}

// appendLower is strings.ToLower into a buffer, without another copy of ASCII.
func appendLower(into []byte, text string) []byte {
	start := len(into)
	for i := range len(text) {
		c := text[i]
		if c >= utf8.RuneSelf {
			return append(into[:start], strings.ToLower(text)...)
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		into = append(into, c)
	}
	return into
}
