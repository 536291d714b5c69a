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
	m.options() // after the messages, as they hold the names of the fields
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
		names := map[string]string{}
		for _, r := range s.rpcs {
			if was := names[r.name]; was != "" {
				m.refuse("%s: the operations %s and %s would both be named %s; name one otherwise by hand", name, was, r.id, r.name)
			}
			names[r.name] = r.id
			seen[r.id] = true
			old, ok := m.old.rpcs[r.id]
			if !ok {
				r.comment = r.decided(undescribed(r.name))
				m.note("added operation %s.%s (%s %s)", name, r.name, r.verb, r.template())
				continue
			}
			r.comment = cmp.Or(old.comment, undescribed(r.name))
			if level := old.options[optionIdempotency]; level != "" && old.verb() == r.verb {
				r.idempotency = level
			} else {
				r.comment = r.decided(r.comment)
			}
			if old.response != r.response {
				m.refuse("%s.%s: the upstream changed its answer from %q to %q, which would break every client: write the new type into the rpc by hand to accept it",
					name, r.name, old.response, r.response)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(m.old.rpcs)) {
		if !seen[id] {
			m.note("REMOVED operation %s.%s: clients that call it will get UNIMPLEMENTED", m.old.rpcs[id].service, m.old.rpcs[id].name)
		}
	}
}

// options reports where the document says something else of an operation than
// it did: its path, its permissions, its end.
func (m *merger) options() {
	for _, name := range slices.Sorted(maps.Keys(m.c.services)) {
		for _, r := range m.c.services[name].rpcs {
			old, ok := m.old.rpcs[r.id]
			if !ok {
				continue
			}
			now := map[string]string{}
			for _, o := range r.options() {
				now[o.name] = folded(o.value)
			}
			for _, option := range []string{optionHTTP, optionOperation, optionDeprecated, optionIdempotency} {
				if was, is := old.options[option], now[option]; was != is {
					m.note("changed operation %s.%s: %s is %s, was %s", name, r.name, option, cmp.Or(is, "absent"), cmp.Or(was, "absent"))
				}
			}
		}
	}
}

func (m *merger) messages() {
	described := map[string]string{} // messages that need no description by hand
	for _, s := range m.c.services {
		for _, r := range s.rpcs {
			described[r.request.name] = remark(r.request.name + " is what " + r.name + " takes.")
			if r.wrapper != nil {
				described[r.wrapper.name] = remark(r.wrapper.name + " is what " + r.name + " answers: the upstream's array as items.")
			}
		}
	}
	owners := m.c.owners(m.old)
	for _, name := range slices.Sorted(maps.Keys(m.c.messages)) {
		msg, old := m.c.messages[name], m.old.messages[name]
		isNew := old == nil
		if isNew {
			old = &oldMessage{}
			if described[name] == "" {
				m.note("added message %s", name)
			}
		} else if file := fileOf(owners[name]); file != old.file {
			m.note("MOVED message %s from %s to %s: generated code that imports it changes", name, old.file, file)
		}
		msg.comment = cmp.Or(old.comment, described[name], undescribed(name))
		m.fields(msg, old, isNew)
		for _, e := range msg.enums {
			m.enum(msg, e, old.enums[e.name])
		}
		m.collisions(msg)
	}
	for _, name := range slices.Sorted(maps.Keys(m.old.messages)) {
		if m.c.messages[name] == nil {
			m.note("REMOVED message %s: nothing refers to it any longer", name)
		}
	}
}

func (m *merger) fields(msg *message, old *oldMessage, isNew bool) {
	msg.reserved = old.reserved.clone()
	wanted, own := map[string]bool{}, map[string]bool{}
	for _, f := range msg.fields {
		wanted[f.jsonName] = true
		own[f.jsonName] = f.number == ownNumber
	}
	next := old.reserved.after(1)
	for _, f := range old.fields {
		if !own[f.jsonName] {
			next = max(next, f.number+1)
		}
	}
	for _, jsonName := range slices.Sorted(maps.Keys(old.fields)) {
		if o := old.fields[jsonName]; !wanted[jsonName] {
			msg.reserved.add(o.number, o.name)
			m.note("REMOVED field %s.%s: number %d is reserved", msg.name, o.name, o.number)
		}
	}
	for _, f := range msg.fields {
		o := old.fields[f.jsonName]
		if o == nil {
			if slices.Contains(msg.reserved.names, f.name) {
				m.refuse("%s.%s: the upstream has a field %q, whose name is reserved: give it another name by hand (with json_name = %q), or drop the name from the reserved list",
					msg.name, f.name, f.jsonName, f.jsonName)
			}
			if f.number != ownNumber {
				f.number = next
				next++
			}
			if !isNew {
				m.note("added field %s.%s = %d (%s)%s", msg.name, f.name, f.number, f.typeText(), f.marked())
			}
			continue
		}
		if was, is := types(o, f, old); was != is {
			m.refuse("%s.%s: the upstream changed its type from %q to %q, which would break every client: reserve %d by hand and let the field come back under a new number and name",
				msg.name, o.name, was, is, o.number)
		}
		if o.behavior != f.behavior {
			m.note("changed field %s.%s: its behavior is %s, was %s", msg.name, o.name, cmp.Or(f.behavior, "absent"), cmp.Or(o.behavior, "absent"))
		}
		f.name, f.number, f.rules = o.name, o.number, o.rules
		f.comment = cmp.Or(o.comment, f.comment)
	}
	slices.SortFunc(msg.fields, func(x, y *field) int { return x.number - y.number })
}

// marked tells the reader of a report what was guessed of a field.
func (f *field) marked() string {
	for _, rule := range f.rules {
		if _, level, ok := strings.Cut(rule, markPrefix+".sensitivity = "); ok {
			return ", marked as " + level
		}
	}
	return ""
}

// types are the old and the new type of a field, to be compared. An enum takes
// the name that it has in the tree.
func types(o, f *field, old *oldMessage) (was, is string) {
	wasEnum, isEnum := old.enums[o.typ] != nil, f.enum != nil
	if wasEnum && isEnum {
		f.enum.name, f.typ = o.typ, o.typ
	}
	was, is = o.typeText(), f.typeText()
	if was == is && wasEnum != isEnum { // a message and an enum of one name
		is += " of another kind"
	}
	return was, is
}

func (m *merger) enum(msg *message, e *enum, old *oldEnum) {
	isNew := old == nil
	if isNew {
		old = &oldEnum{}
	}
	e.comment = cmp.Or(old.comment, remark(e.name+" is the set of values that the contract knows."))
	for i, v := range e.defaults() {
		if known := old.fixed[i]; known != nil {
			v.name, v.comment = known.name, cmp.Or(known.comment, v.comment)
		}
		e.fixed[i] = v
	}
	e.reserved = old.reserved.clone()
	next := old.reserved.after(firstEnumNumber)
	for _, v := range old.values {
		next = max(next, v.number+1)
	}
	wanted := map[string]bool{}
	for _, v := range e.values {
		wanted[v.upstream] = true
	}
	for _, upstream := range slices.Sorted(maps.Keys(old.values)) {
		if v := old.values[upstream]; !wanted[upstream] {
			e.reserved.add(v.number, v.name)
			m.note("REMOVED enum value %s.%s.%s: number %d is reserved", msg.name, e.name, v.name, v.number)
		}
	}
	for _, v := range e.values {
		if known := old.values[v.upstream]; known != nil {
			v.name, v.number, v.comment = known.name, known.number, known.comment
			continue
		}
		v.name, v.number = enumValueName(e.name, v.upstream), next
		next++
		if !isIdent(v.name) {
			m.refuse("%s.%s: the value %q gives no usable name; name it by hand", msg.name, e.name, v.upstream)
		}
		if slices.Contains(e.reserved.names, v.name) {
			// The value came back: a new number, and a name that says so.
			v.name = fmt.Sprintf("%s_%d", v.name, v.number)
		}
		if !isNew {
			m.note("added enum value %s.%s.%s = %d (%q)", msg.name, e.name, v.name, v.number, v.upstream)
		}
	}
	slices.SortFunc(e.values, func(x, y *enumValue) int { return x.number - y.number })
}

// defaults are UNSPECIFIED and UNRECOGNIZED as the tool would write them.
func (e *enum) defaults() [firstEnumNumber]*enumValue {
	prefix := strings.ToUpper(snake(e.name))
	return [firstEnumNumber]*enumValue{
		{number: 0, name: prefix + "_UNSPECIFIED"},
		{number: 1, name: prefix + "_UNRECOGNIZED", comment: remark("The upstream sent a value that this contract does not know.")},
	}
}

// collisions refuses two things of one name, which buf would report less clearly.
func (m *merger) collisions(msg *message) {
	names := map[string]string{}
	take := func(name, what string) {
		if was := names[name]; was != "" {
			m.refuse("%s: %s and %s would both be named %s; name one otherwise by hand", msg.name, was, what, name)
		}
		names[name] = what
	}
	for _, f := range msg.fields {
		if f.name == "" || !isIdent(f.name) {
			m.refuse("%s: the property %q gives no usable field name", msg.name, f.jsonName)
		}
		take(f.name, fmt.Sprintf("field %q", f.jsonName))
		if f.enum == nil && slices.ContainsFunc(msg.enums, func(e *enum) bool { return e.name == f.typ }) {
			m.refuse("%s.%s: its type %s is hidden by the enum of that name in the same message; name the enum otherwise by hand", msg.name, f.name, f.typ)
		}
	}
	for _, e := range msg.enums {
		take(e.name, "enum "+e.name)
		for _, v := range e.fixed {
			take(v.name, "the value "+v.name)
		}
		for _, v := range e.values {
			take(v.name, fmt.Sprintf("value %q of %s", v.upstream, e.name))
		}
	}
}

// undescribed is the comment of what nobody has described yet. The lint step
// refuses it, so that a new operation does not go out without a word.
func undescribed(name string) string { return remark(Undescribed + " " + name + " is new upstream.") }

// decided is the comment of an RPC, with a mark where nobody has decided yet how
// it may be repeated. The lint step refuses that, too.
func (r *rpc) decided(comment string) string {
	if !r.undecided || strings.Contains(comment, Undecided) {
		return comment
	}
	return comment + "\n" + remark(Undecided+" does "+r.name+" only read? Then its idempotency_level is NO_SIDE_EFFECTS.")
}

// Undecided marks a comment whose RPC a person still has to judge.
const Undecided = "UNDECIDED:"

// Undescribed marks a comment that a person still has to write.
const Undescribed = "UNDESCRIBED:"
