package sandbox

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
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
	predicate func(*user) bool
	textTest  func(text string) bool
	// texts appends what a field of a user holds.
	texts func(u *user, into []string) []string
)

// searchFields are the fields one can search and sort by.
var searchFields = map[string]texts{
	"id":                    one(func(u *user) string { return u.id }),
	"guid":                  one(func(u *user) string { return u.id }),
	"name":                  one(func(u *user) string { return u.name }),
	"preferredName":         one(func(u *user) string { return u.preferredName }),
	"email":                 one(func(u *user) string { return u.email }),
	"username":              one(func(u *user) string { return u.username }),
	"title":                 one(func(u *user) string { return u.title }),
	"department":            one(func(u *user) string { return u.department }),
	"state":                 one(func(u *user) string { return u.state }),
	"version":               one(func(u *user) string { return strconv.Itoa(int(u.version)) }),
	"chat.jabberId":         one(func(u *user) string { return u.jabberID }),
	"divisionId":            one(func(u *user) string { return u.division.ID }),
	"division.id":           one(func(u *user) string { return u.division.ID }),
	"division.name":         one(func(u *user) string { return u.division.Name }),
	"manager":               one(managerID),
	"manager.id":            one(managerID),
	"acdAutoAnswer":         one(func(u *user) string { return strconv.FormatBool(u.acdAutoAnswer) }),
	"languagePreference":    one(func(u *user) string { return u.languagePreference }),
	"dateLastLogin":         one(func(u *user) string { return dateText(u.lastLogin) }),
	"routingStatus.status":  one(func(u *user) string { return u.routing.status }),
	"presence":              one(func(u *user) string { return u.presence.definition.SystemPresence }),
	"addresses":             addressTexts,
	"addresses.address":     addressTexts,
	"primaryContactInfo":    func(u *user, into []string) []string { return contactTexts(u.primaryContacts(), into) },
	"profileSkills":         func(u *user, into []string) []string { return append(into, u.profileSkills...) },
	"certifications":        func(u *user, into []string) []string { return append(into, u.certifications...) },
	"skills":                func(u *user, into []string) []string { return competenceTexts(u.skills, false, into) },
	"routingSkills.name":    func(u *user, into []string) []string { return competenceTexts(u.skills, false, into) },
	"routingSkills.id":      func(u *user, into []string) []string { return competenceTexts(u.skills, true, into) },
	"languages":             func(u *user, into []string) []string { return competenceTexts(u.languages, false, into) },
	"routingLanguages.name": func(u *user, into []string) []string { return competenceTexts(u.languages, false, into) },
	"routingLanguages.id":   func(u *user, into []string) []string { return competenceTexts(u.languages, true, into) },
	"groups":                func(u *user, into []string) []string { return referenceTexts(u.groups, into) },
	"groups.id":             func(u *user, into []string) []string { return referenceTexts(u.groups, into) },
	"locations":             locationTexts,
	"locations.id":          locationTexts,
	"employerInfo.employeeId": one(func(u *user) string {
		if u.employerInfo == nil {
			return ""
		}
		return u.employerInfo.EmployeeID
	}),
	"employerInfo.dateHire": one(func(u *user) string {
		if u.employerInfo == nil {
			return ""
		}
		return u.employerInfo.DateHire
	}),
}

// textFields are where a query string looks when it names no field.
var textFields = []string{"name", "preferredName", "email", "username", "title", "department"}

// compile combines a list of criteria; an empty list matches everybody.
func compile(criteria []criterion, depth int) (predicate, error) {
	if depth > maxDepth {
		return nil, invalid("query.group", "it is nested too deeply")
	}
	all := func(*user) bool { return true }
	for i, c := range criteria {
		this, err := c.compile(depth)
		if err != nil {
			return nil, err
		}
		before := all
		switch {
		case c.Operator == "NOT":
			all = func(u *user) bool { return before(u) && !this(u) }
		case c.Operator != "" && c.Operator != "AND" && c.Operator != "OR":
			return nil, invalid("query.operator", "it must be AND, OR or NOT")
		case i == 0:
			all = this
		case c.Operator == "OR":
			all = func(u *user) bool { return before(u) || this(u) }
		default:
			all = func(u *user) bool { return before(u) && this(u) }
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
	return func(u *user) bool { return group(u) && leaf(u) }, nil
}

func (c criterion) leaf() (predicate, error) {
	switch c.Type {
	case "":
		return nil, missing("query.type")
	case "MATCH_ALL":
		return func(*user) bool { return true }, nil
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
		return func(u *user) bool {
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
		return nil, missing("query.fields")
	}
	fields := make([]texts, 0, len(names))
	for _, name := range names {
		values, known := searchFields[name]
		if !known {
			return nil, invalid("query.fields", "one cannot search by "+name)
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
		return nil, missing("query.value")
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
		return nil, invalid("query.type", c.Type+" is no type of criterion")
	}
}

// between is inclusive at both ends; one of them may be open.
func (c criterion) between() (textTest, error) {
	if c.StartValue == "" && c.EndValue == "" {
		return nil, missing("query.startValue")
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
		return value{}, invalid("query.dateFormat", text+" is no date in the format "+c.DateFormat)
	}
	return readValue(dateText(t)), nil
}

// value is a text to compare by, read once: it may be a number or a date.
type value struct {
	text             string
	number           float64
	instant          time.Time
	isNumber, isDate bool
}

func readValue(text string) value {
	v := value{text: text}
	if text == "" || !strings.Contains("0123456789+-.", text[:1]) {
		return v // as nearly all are
	}
	number, err := strconv.ParseFloat(text, 64)
	v.number, v.isNumber = number, err == nil
	if date, err := parseTime(text); err == nil {
		v.instant, v.isDate = date, true
	}
	return v
}

// compare compares as numbers where both are, as dates where both are, else as
// texts.
func (v value) compare(other value) int {
	switch {
	case v.isNumber && other.isNumber:
		return cmp.Compare(v.number, other.number)
	case v.isDate && other.isDate:
		return v.instant.Compare(other.instant)
	}
	return compareFold(v.text, other.text)
}

// hasTerm tells whether want is the text or one of its words.
func hasTerm(text, want string) bool {
	if strings.EqualFold(text, want) {
		return true
	}
	for word := range strings.FieldsFuncSeq(text, betweenWords) {
		if strings.EqualFold(word, want) {
			return true
		}
	}
	return false
}

func betweenWords(r rune) bool {
	return strings.ContainsRune(" \t\r\n,;:/()@&+\"", r)
}

// anyPattern matches whole texts against regular expressions, which Go runs in
// time linear to the text.
func anyPattern(patterns []string) (textTest, error) {
	compiled := make([]*regexp.Regexp, 0, len(patterns))
	for _, pattern := range patterns {
		if len(pattern) > maxPattern {
			return nil, invalid("query.value", "the regular expression is too long")
		}
		re, err := regexp.Compile(`(?is)^(?:` + pattern + `)$`)
		if err != nil {
			return nil, invalid("query.value", "it is no regular expression")
		}
		compiled = append(compiled, re)
	}
	return func(text string) bool {
		return slices.ContainsFunc(compiled, func(re *regexp.Regexp) bool { return re.MatchString(text) })
	}, nil
}

// queryString understands the everyday part of the Lucene syntax: words and
// "quoted phrases", * and ? inside words, field:word, + (must) and - (must not)
// before them. Without any + one of the words is enough.
func (c criterion) queryString() (predicate, error) {
	if strings.TrimSpace(c.Value) == "" {
		return nil, missing("query.value")
	}
	if len(c.Value) > maxPattern {
		return nil, invalid("query.value", "the query string is too long")
	}
	var must, may, not []predicate
	for _, word := range splitQuery(c.Value) {
		sign := word[0]
		if sign == '+' || sign == '-' {
			word = word[1:]
		}
		p, err := c.queryWord(word)
		if err != nil {
			return nil, err
		}
		switch sign {
		case '+':
			must = append(must, p)
		case '-':
			not = append(not, p)
		default:
			may = append(may, p)
		}
	}
	return func(u *user) bool {
		holds := func(p predicate) bool { return p(u) }
		fails := func(p predicate) bool { return !p(u) }
		return !slices.ContainsFunc(not, holds) && !slices.ContainsFunc(must, fails) &&
			(len(may) == 0 || len(must) > 0 || slices.ContainsFunc(may, holds))
	}, nil
}

func (c criterion) queryWord(word string) (predicate, error) {
	if field, rest, found := strings.Cut(word, ":"); found && searchFields[field] != nil {
		c.Fields, word = []string{field}, rest
	}
	fields, err := c.fields(textFields)
	if err != nil {
		return nil, err
	}
	word = strings.Trim(word, `"`)
	switch {
	case word == "":
		return nil, invalid("query.value", "it has an empty word")
	case strings.ContainsAny(word, "*?"):
		pattern := strings.NewReplacer(`\*`, `\S*`, `\?`, `\S`).Replace(regexp.QuoteMeta(word))
		re, err := regexp.Compile(`(?i)(?:^|\s)` + pattern + `(?:\s|$)`)
		if err != nil {
			return nil, invalid("query.value", "it has a word that cannot be read")
		}
		return anyText(fields, re.MatchString), nil
	case strings.Contains(word, " "):
		return anyText(fields, inLowerCase([]string{word}, bytes.Contains)), nil
	default:
		return anyText(fields, func(text string) bool { return hasTerm(text, word) }), nil
	}
}

// splitQuery splits at spaces outside quotes and drops signs on their own.
func splitQuery(text string) []string {
	quoted := false
	words := strings.FieldsFunc(text, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ' ' || r == '\t' || r == '\n')
	})
	return slices.DeleteFunc(words, func(w string) bool { return w == "+" || w == "-" })
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
	return func(u *user) bool {
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
	folded := viewAll(wanted, func(want string) []byte { return []byte(strings.ToLower(want)) })
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

func one(value func(*user) string) texts {
	return func(u *user, into []string) []string { return append(into, value(u)) }
}

func managerID(u *user) string {
	if u.manager == nil {
		return ""
	}
	return u.manager.id
}

func dateText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return at(t).String()
}

func addressTexts(u *user, into []string) []string { return contactTexts(u.addresses, into) }

func contactTexts(contacts []contact, into []string) []string {
	for _, c := range contacts {
		into = append(into, c.Address)
	}
	return into
}

func competenceTexts(all []competence, ids bool, into []string) []string {
	for _, k := range all {
		if ids {
			into = append(into, k.what.ID)
		} else {
			into = append(into, k.what.Name)
		}
	}
	return into
}

func referenceTexts(all []*reference, into []string) []string {
	for _, r := range all {
		into = append(into, r.ID)
	}
	return into
}

func locationTexts(u *user, into []string) []string {
	for _, l := range u.locations {
		into = append(into, l.ID)
	}
	return into
}
