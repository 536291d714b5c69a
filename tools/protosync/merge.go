package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// merge settles the contract against the tree: numbers, names, comments and
// rules of what exists are kept, the rest gets the next free number. The report
// has a line for each change; the error joins all that must be refused.
func merge(c *contract, old *tree) ([]string, error) {
	m := &merger{c: c, old: old}
	m.services()
	m.messages()
	if len(m.refused) > 0 {
		return nil, errors.Join(m.refused...)
	}
	return m.report, nil
}

type merger struct {
	c       *contract
	old     *tree
	report  []string
	refused []error
}

func (m *merger) note(format string, args ...any) {
	m.report = append(m.report, fmt.Sprintf(format, args...))
}

func (m *merger) refuse(format string, args ...any) {
	m.refused = append(m.refused, fmt.Errorf(format, args...))
}

func (m *merger) services() {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(m.c.services)) {
		s := m.c.services[name]
		s.comment = cmp.Or(m.old.services[name], undescribed(name))
		for _, r := range s.rpcs {
			seen[r.id] = true
			old, ok := m.old.rpcs[r.id]
			if !ok {
				r.comment = undescribed(r.name)
				m.note("added operation %s.%s (%s %s)", name, r.name, r.verb, r.path)
				continue
			}
			r.name, r.comment = old.name, old.comment
		}
	}
	for _, id := range slices.Sorted(maps.Keys(m.old.rpcs)) {
		if !seen[id] {
			m.note("REMOVED operation %s.%s: clients that call it will get UNIMPLEMENTED", m.old.rpcs[id].service, m.old.rpcs[id].name)
		}
	}
}

func (m *merger) messages() {
	requests := map[string]string{} // message -> its default comment
	for _, s := range m.c.services {
		for _, r := range s.rpcs {
			requests[r.request.name] = r.request.name + " is what " + r.name + " takes."
			if r.wrapper != nil {
				requests[r.wrapper.name] = r.wrapper.name + " is what " + r.name + " answers: the upstream's array as items."
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.c.messages)) {
		msg, old := m.c.messages[name], m.old.messages[name]
		isNew := old == nil
		if isNew {
			old = &oldMessage{}
			if requests[name] == "" {
				m.note("added message %s", name)
			}
		}
		msg.comment = cmp.Or(old.comment, requests[name], undescribed(name))
		m.fields(msg, old, isNew)
		m.enums(msg, old)
		m.collisions(msg)
	}
	for _, name := range slices.Sorted(maps.Keys(m.old.messages)) {
		if m.c.messages[name] == nil {
			m.note("REMOVED message %s: nothing refers to it any longer", name)
		}
	}
}

func (m *merger) fields(msg *message, old *oldMessage, isNew bool) {
	msg.reservedNumbers = slices.Clone(old.reservedNumbers)
	msg.reservedNames = slices.Clone(old.reservedNames)
	next := 1
	for _, n := range msg.reservedNumbers {
		next = max(next, n+1)
	}
	for _, f := range old.fields {
		next = max(next, f.number+1)
	}
	seen := map[string]bool{}
	for _, f := range msg.fields {
		seen[f.jsonName] = true
		o := old.fields[f.jsonName]
		if o == nil {
			if slices.Contains(msg.reservedNames, f.name) {
				m.refuse("%s.%s: the upstream has a field %q again whose name is reserved; give it another name by hand (with json_name = %q), or drop the name from the reserved list",
					msg.name, f.name, f.jsonName, f.jsonName)
			}
			f.number = next
			next++
			if !isNew {
				m.note("added field %s.%s = %d (%s)", msg.name, f.name, f.number, f.typeText())
			}
			continue
		}
		if o.typeText() != f.typeText() {
			m.refuse("%s.%s: the upstream changed its type from %q to %q, which would break every client: reserve %d by hand and let the field come back under a new number and name",
				msg.name, o.name, o.typeText(), f.typeText(), o.number)
		}
		f.name, f.number, f.rules = o.name, o.number, o.rules
		f.comment = cmp.Or(o.comment, f.comment)
	}
	for _, jsonName := range slices.Sorted(maps.Keys(old.fields)) {
		if o := old.fields[jsonName]; !seen[jsonName] {
			msg.reservedNumbers = append(msg.reservedNumbers, o.number)
			msg.reservedNames = append(msg.reservedNames, o.name)
			m.note("REMOVED field %s.%s: number %d is reserved", msg.name, o.name, o.number)
		}
	}
	slices.SortFunc(msg.fields, func(x, y *field) int { return x.number - y.number })
}

// firstEnumNumber follows UNSPECIFIED and UNRECOGNIZED.
const firstEnumNumber = 2

func (m *merger) enums(msg *message, old *oldMessage) {
	for _, e := range msg.enums {
		o := old.enums[e.name]
		isNew := o == nil
		if isNew {
			o = &oldEnum{}
		}
		e.comment = o.comment
		e.reserved = slices.Clone(o.reservedNumbers)
		e.reservedNames = slices.Clone(o.reservedNames)
		next := firstEnumNumber
		for _, n := range e.reserved {
			next = max(next, n+1)
		}
		for _, v := range o.values {
			next = max(next, v.number+1)
		}
		seen := map[string]bool{}
		for _, v := range e.values {
			if seen[v.upstream] {
				m.refuse("%s.%s: the document lists the value %q twice", msg.name, e.name, v.upstream)
			}
			seen[v.upstream] = true
			if known := o.values[v.upstream]; known != nil {
				v.name, v.number, v.comment = known.name, known.number, known.comment
				continue
			}
			v.name, v.number = enumValueName(e.name, v.upstream), next
			next++
			if slices.Contains(e.reservedNames, v.name) {
				// The value came back: a new number, and a name that says so.
				v.name = fmt.Sprintf("%s_%d", v.name, v.number)
			}
			if !isNew {
				m.note("added enum value %s.%s.%s = %d (%q)", msg.name, e.name, v.name, v.number, v.upstream)
			}
		}
		for _, upstream := range slices.Sorted(maps.Keys(o.values)) {
			if v := o.values[upstream]; !seen[upstream] {
				e.reserved = append(e.reserved, v.number)
				e.reservedNames = append(e.reservedNames, v.name)
				m.note("REMOVED enum value %s.%s.%s: number %d is reserved", msg.name, e.name, v.name, v.number)
			}
		}
		slices.SortFunc(e.values, func(x, y *enumValue) int { return x.number - y.number })
	}
}

// collisions refuses two things of one name, which buf would report less clearly.
func (m *merger) collisions(msg *message) {
	names := map[string]string{}
	take := func(name, what string) {
		if was := names[name]; was != "" {
			m.refuse("%s: %s and %s would both be named %s; rename one by hand", msg.name, was, what, name)
		}
		names[name] = what
	}
	for _, f := range msg.fields {
		if f.name == "" || !isIdent(f.name) {
			m.refuse("%s: the property %q gives no usable field name", msg.name, f.jsonName)
		}
		take(f.name, fmt.Sprintf("field %q", f.jsonName))
		if f.isMessage && msg.reaches(f) == "" {
			m.refuse("%s.%s: its type %s is hidden by the enum of that name in the same message; rename the enum by hand", msg.name, f.name, f.typ)
		}
	}
	for _, e := range msg.enums {
		take(e.name, "enum "+e.name)
		for _, fixed := range e.fixedNames() {
			take(fixed, "the value "+fixed)
		}
		for _, v := range e.values {
			take(v.name, fmt.Sprintf("value %q of %s", v.upstream, e.name))
		}
	}
}

func (e *enum) fixedNames() []string {
	prefix := strings.ToUpper(snake(e.name))
	return []string{prefix + "_UNSPECIFIED", prefix + "_UNRECOGNIZED"}
}

// undescribed is the comment of what nobody has described yet. The lint step
// refuses it, so that a new operation does not go out without a word.
func undescribed(name string) string { return Undescribed + " " + name + " is new upstream." }

// Undescribed marks a comment that a person still has to write.
const Undescribed = "UNDESCRIBED:"
