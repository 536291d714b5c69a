package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// This file reads the JSON of the control endpoint: every member is known and has
// a value that makes sense, or the whole is refused with words that say what to
// write instead.

// Mistake is a fault that was told wrongly: which field, what it was given, what
// to do.
type Mistake struct {
	Field  string `json:"field"`
	Value  string `json:"value"`
	Remedy string `json:"remedy"`
}

func (m *Mistake) Error() string {
	if m.Field == "" {
		return m.Value + " is not acceptable: " + m.Remedy
	}
	return m.Field + " " + m.Value + " is not acceptable: " + m.Remedy
}

// member is one that an object may have. read gets its full name and its value.
type member struct {
	name string
	read func(field string, text json.RawMessage) error
}

// readObject reads an object of these members and no others.
func readObject(field string, text []byte, members []member) error {
	wrong := &Mistake{field, shorten(text), "write a JSON object"}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return wrong
	}
	var given []string
	for decoder.More() {
		token, err := decoder.Token()
		name, ok := token.(string)
		var value json.RawMessage
		if err != nil || !ok || decoder.Decode(&value) != nil {
			return wrong
		}
		within := strings.TrimPrefix(field+"."+name, ".")
		i := slices.IndexFunc(members, func(m member) bool { return m.name == name })
		switch {
		case i < 0:
			return &Mistake{within, shorten(value), "leave it out; there are " + strings.Join(namesOf(members), ", ")}
		case slices.Contains(given, name):
			return &Mistake{within, shorten(value), "write it once"}
		}
		given = append(given, name)
		if err := members[i].read(within, value); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil || len(bytes.TrimSpace(text[decoder.InputOffset():])) > 0 {
		return wrong
	}
	return nil
}

func namesOf(members []member) []string {
	var names []string
	for _, m := range members {
		names = append(names, m.name)
	}
	return names
}

// part is a member of Faults that is an object.
type part struct {
	member
	trigger *Trigger // nil where the fault is off, or hits nobody in particular
	// show leaves a copy in its place that tells how far it has come, or nothing
	// if it has come to its end.
	show func()
}

// partOf reads an object into a fresh *T; null takes it away.
func partOf[T any, P interface {
	*T
	members() []member
	settle(field string) error
	trigger() *Trigger
}](name string, into **T) part {
	p := part{member: member{name, func(field string, text json.RawMessage) error {
		if string(text) == "null" {
			*into = nil
			return nil
		}
		fresh := P(new(T))
		if err := readObject(field, text, fresh.members()); err != nil {
			return err
		}
		if err := fresh.settle(field); err != nil {
			return err
		}
		*into = fresh
		return nil
	}}}
	if *into != nil {
		p.trigger = P(*into).trigger()
	}
	p.show = func() {
		if p.trigger == nil {
			return
		}
		shown := **into
		P(&shown).trigger().Next = p.trigger.left()
		if *into = &shown; p.trigger.spent() {
			*into = nil
		}
	}
	return p
}

// scalar reads a value that acceptable agrees with; wanted says what to write.
func scalar[T any](name string, into *T, wanted string, acceptable func(T) bool) member {
	return member{name, func(field string, text json.RawMessage) error {
		var value T
		if json.Unmarshal(text, &value) != nil || string(text) == "null" || !acceptable(value) {
			return &Mistake{field, shorten(text), "write " + wanted}
		}
		*into = value
		return nil
	}}
}

func number(name string, into *int, least, most int) member {
	return scalar(name, into, fmt.Sprintf("a whole number from %d to %d", least, most),
		func(n int) bool { return least <= n && n <= most })
}

func share(name string, into *float64) member {
	return scalar(name, into, "a probability above 0 and up to 1, such as 0.1", func(p float64) bool { return 0 < p && p <= 1 })
}

func span(name string, into *Duration, least, most Duration) member {
	return scalar(name, into, fmt.Sprintf("a duration from %s to %s, such as %q", time.Duration(least), time.Duration(most), "1.5s"),
		func(d Duration) bool { return least <= d && d <= most })
}

func truth(name string, into *bool) member {
	return scalar(name, into, "true or false", func(bool) bool { return true })
}

func choice(name string, into *string, values ...string) member {
	return scalar(name, into, `one of "`+strings.Join(values, `", "`)+`"`, func(s string) bool { return slices.Contains(values, s) })
}

// operationList reads what a trigger is about.
func operationList(name string, into *[]string) member {
	return member{name, func(field string, text json.RawMessage) error {
		var list []string
		if json.Unmarshal(text, &list) != nil || len(list) == 0 {
			return &Mistake{field, shorten(text), "write a list of operations, or leave it out for every one"}
		}
		for _, one := range list {
			if !IsOperation(one) {
				return &Mistake{field, fmt.Sprintf("%q", one),
					"write the name of an operation, such as getUser, a path, such as /api/v2/users/*, or login"}
			}
		}
		*into = list
		return nil
	}}
}

// IsOperation tells whether text can stand in Trigger.Operations.
func IsOperation(text string) bool {
	if strings.HasPrefix(text, "/") {
		_, err := path.Match(text, "")
		return err == nil
	}
	return text == loginOperation || slices.ContainsFunc(operationNames(), func(name string) bool { return strings.EqualFold(name, text) })
}

func quoted(d Duration) string { return `"` + time.Duration(d).String() + `"` }

// shorten makes any value fit for a line.
func shorten(text []byte) string {
	const most = 100
	line := strings.Join(strings.Fields(string(bytes.ToValidUTF8(text, []byte("?")))), " ")
	if runes := []rune(line); len(runes) > most {
		line = string(runes[:most]) + "..."
	}
	if line == "" {
		return "nothing"
	}
	return line
}
