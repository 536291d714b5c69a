package operation

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// template is a path template as the contract uses them: literal segments and
// variables that are one whole segment each. The rest of the grammar in
// google/api/http.proto (wildcards, nested fields, verbs) has no place upstream
// and is refused.
type template []segment

// segment is a literal or, where field is set, a variable.
type segment struct {
	literal string
	field   protoreflect.FieldDescriptor
	// siblings are the literals that other operations have in this place: an id
	// of that text would be a different call.
	siblings map[string]bool
}

func parseTemplate(text string, input protoreflect.MessageDescriptor) (template, error) {
	rest, ok := strings.CutPrefix(text, "/")
	if !ok {
		return nil, fmt.Errorf("its path %q does not begin with a slash", text)
	}
	var t template
	for s := range strings.SplitSeq(rest, "/") {
		name, isVariable := strings.CutPrefix(s, "{")
		if !isVariable {
			if s == "" || strings.ContainsAny(s, "{}*:%?#") {
				return nil, fmt.Errorf("its path %q has the segment %q, which is neither a plain literal nor {field}", text, s)
			}
			t = append(t, segment{literal: s})
			continue
		}
		name, ok := strings.CutSuffix(name, "}")
		fd := input.Fields().ByName(protoreflect.Name(name))
		switch {
		case !ok || fd == nil:
			return nil, fmt.Errorf("its path %q has the variable %s, which is not a field of %s", text, s, input.FullName())
		case fd.Kind() != protoreflect.StringKind || fd.IsList():
			return nil, fmt.Errorf("its path variable %s is not a single string", s)
		case t.has(fd):
			return nil, fmt.Errorf("its path %q has the variable %s twice", text, s)
		}
		t = append(t, segment{field: fd})
	}
	return t, nil
}

func (t template) has(fd protoreflect.FieldDescriptor) bool {
	return slices.ContainsFunc(t, func(s segment) bool { return s.field == fd })
}

// BindPath sets the path variables of a request from an escaped path, exactly
// as they were sent: a router that has decoded the path already cannot tell
// a%2Fb from a%252Fb. The path must be one that fits the template.
func (o *Operation) BindPath(m protoreflect.Message, escapedPath string) error {
	rest := strings.TrimPrefix(escapedPath, "/")
	if strings.Count(rest, "/")+1 != len(o.path) {
		return errors.New("the path does not fit the operation " + o.Name)
	}
	for i := range o.path {
		s := &o.path[i]
		var part string
		if part, rest, _ = strings.Cut(rest, "/"); s.field == nil {
			continue
		}
		id, err := url.PathUnescape(part)
		if err != nil {
			return &FieldError{Field: s.field, Problem: "has a broken percent-encoding in the path"}
		}
		m.Set(s.field, protoreflect.ValueOfString(id))
	}
	return nil
}

// tree is all templates of a contract, to find what a path fits and what stands
// beside a variable.
type tree struct {
	next       map[string]*tree
	operations map[string]*Operation // that end here, by verb
}

// variable is the key of a variable in a tree; no literal can be empty.
const variable = ""

func newTree() *tree { return &tree{map[string]*tree{}, map[string]*Operation{}} }

func (t *tree) add(o *Operation) {
	for _, s := range o.path {
		if t.next[s.literal] == nil {
			t.next[s.literal] = newTree()
		}
		t = t.next[s.literal]
	}
	t.operations[o.Verb] = o
}

// find returns where an escaped path ends, a literal before a variable, and there
// is the verb; any verb, if that is empty. Nil if there is no such place.
func (t *tree) find(verb, path string) *tree {
	segment, rest, more := strings.Cut(path, "/")
	for _, key := range [...]string{segment, variable} {
		switch next := t.next[key]; {
		case next == nil:
		case more:
			if end := next.find(verb, rest); end != nil {
				return end
			}
		case next.operations[verb] != nil, verb == "" && len(next.operations) > 0:
			return next
		}
	}
	return nil
}

// setSiblings notes beside each variable of the path which literals stand there
// in other templates, whatever their verb.
func (t *tree) setSiblings(path template) {
	for i, s := range path {
		if s.field != nil {
			path[i].siblings = map[string]bool{}
			for literal := range t.next {
				if literal != variable {
					path[i].siblings[literal] = true
				}
			}
		}
		t = t.next[s.literal]
	}
}

// CheckPrecedence makes sure that of two operations of one verb that fit the
// same path, the one with the literal comes later in All: the gateway prefers
// what was registered last, and a literal must win over a variable.
func (s *Set) CheckPrecedence() error {
	for i, earlier := range s.all {
		for _, later := range s.all[i+1:] {
			if earlier.Verb == later.Verb && earlier.path.hiddenBy(later.path) {
				return fmt.Errorf("%s (%s) would hide %s (%s): its service must come first", later.Name, later.Template, earlier.Name, earlier.Template)
			}
		}
	}
	return nil
}

// hiddenBy tells whether every path that fits both templates would go to the
// other one although t has a literal before the other has.
func (t template) hiddenBy(other template) bool {
	if len(t) != len(other) {
		return false
	}
	hidden, decided := false, false
	for i := range t {
		a, b := t[i], other[i]
		switch {
		case a.field == nil && b.field == nil && a.literal != b.literal:
			return false // no path fits both
		case !decided && (a.field == nil) != (b.field == nil):
			hidden, decided = a.field == nil, true
		}
	}
	return hidden
}
