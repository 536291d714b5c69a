package customattributes

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
)

// This file knows the fields of a schema: what its author may say about one
// (compileField) and what a value must then be like (schemaField.wrong).

// The functions below tell why a value, which is not null, is none of its field;
// empty if it is one.

// schemaField is a property of a schema: a core type as the author bounded it.
type schemaField struct {
	core    *coreType
	value   fieldBounds
	item    fieldBounds
	unique  bool     // no item twice
	options []string // of an enum
}

type fieldBounds struct{ least, most float64 }

// compileField reads the definition of a property; path names it in problems. A
// member that its core type does not know is refused, because it would be taken
// for a rule that holds.
func compileField(path string, text json.RawMessage) (schemaField, error) {
	d := fieldDefinition{path: path}
	if json.Unmarshal(text, &d.members) != nil || d.members == nil {
		return schemaField{}, problem.Invalid(path, "it must be an object")
	}
	f := schemaField{}
	for _, step := range []func(*fieldDefinition) error{f.readCore, f.readWords, f.readValue, f.readItems} {
		if err := step(&d); err != nil {
			return schemaField{}, err
		}
	}
	return f, d.rest("the core type " + f.core.name + " knows no such member")
}

func (f *schemaField) readCore(d *fieldDefinition) error {
	var refs []struct {
		Ref string `json:"$ref"`
	}
	switch given, err := d.take("allOf", &refs); {
	case err != nil:
		return err
	case !given:
		return problem.Missing(d.path + ".allOf")
	case len(refs) != 1:
		return problem.Invalid(d.path+".allOf", "it must refer to one core type")
	}
	name, local := strings.CutPrefix(refs[0].Ref, definitions)
	if f.core = coreTypeNamed(name); !local || f.core == nil {
		return problem.Invalid(d.path+".allOf", "it refers to no core type, such as "+definitions+"text")
	}
	return nil
}

// readWords checks what people read of a field.
func (*schemaField) readWords(d *fieldDefinition) error {
	var title, description string
	switch given, err := d.take("title", &title); {
	case err != nil:
		return err
	case !given:
		return problem.Missing(d.path + ".title")
	}
	if _, err := d.take("description", &description); err != nil {
		return err
	}
	if err := api.CheckCharacters(d.path+".title", title, schemaLimits.MinFieldTitle, schemaLimits.MaxFieldTitle); err != nil {
		return err
	}
	return api.CheckCharacters(d.path+".description", description, schemaLimits.MinFieldDescription, schemaLimits.MaxFieldDescription)
}

// readValue reads what bounds the value as a whole.
func (f *schemaField) readValue(d *fieldDefinition) (err error) {
	if f.value, err = f.core.value.read(d, f.core.jsonType == "number"); err != nil || f.core.name != "enum" {
		return err
	}
	given, err := d.take("enum", &f.options)
	field := d.path + ".enum"
	switch {
	case err != nil:
		return err
	case !given:
		return problem.Missing(field)
	case len(f.options) == 0 || len(f.options) > maxOptions:
		return problem.Invalid(field, "it must have between 1 and "+strconv.Itoa(maxOptions)+" values")
	case repeats(f.options):
		return problem.Invalid(field, "it has a value twice")
	}
	longest := f.core.item.most.limits.Max
	for _, option := range f.options {
		if err := api.CheckCharacters(field, option, 1, int32(longest)); err != nil {
			return err
		}
	}
	var shown map[string]json.RawMessage // how each value is shown
	if _, err := d.take("_enumProperties", &shown); err != nil {
		return err
	}
	for option := range shown {
		if !slices.Contains(f.options, option) {
			return problem.Invalid(d.path+"._enumProperties", "it describes what is no value of enum")
		}
	}
	return nil
}

// readItems reads what bounds each item of an array.
func (f *schemaField) readItems(d *fieldDefinition) (err error) {
	if f.core.jsonType != "array" {
		return nil
	}
	if _, err = d.take("uniqueItems", &f.unique); err != nil {
		return err
	}
	items := fieldDefinition{path: d.path + ".items"}
	if _, err = d.take("items", &items.members); err != nil {
		return err
	}
	if f.item, err = f.core.item.read(&items, false); err != nil {
		return err
	}
	return items.rest("the items of a " + f.core.name + " know no such member")
}

// read takes both keywords out of a definition. One that is not there is as wide
// as it can be.
func (b boundary) read(d *fieldDefinition, fractions bool) (fieldBounds, error) {
	if b == (boundary{}) {
		return fieldBounds{}, nil
	}
	read := fieldBounds{least: float64(b.least.limits.Min), most: float64(b.most.limits.Max)}
	if err := b.least.read(d, &read.least, fractions); err != nil {
		return fieldBounds{}, err
	}
	if err := b.most.read(d, &read.most, fractions); err != nil {
		return fieldBounds{}, err
	}
	if read.least > read.most {
		return fieldBounds{}, problem.Invalid(d.path+"."+b.least.keyword, "it is more than "+b.most.keyword)
	}
	return read, nil
}

func (k constraint) read(d *fieldDefinition, bound *float64, fractions bool) error {
	if _, err := d.take(k.keyword, bound); err != nil {
		return err
	}
	field, allowed := d.path+"."+k.keyword, fieldBounds{float64(k.limits.Min), float64(k.limits.Max)}
	switch {
	case !allowed.hold(*bound):
		return problem.Invalid(field, "it must be "+allowed.between())
	case !fractions && *bound != math.Trunc(*bound):
		return problem.Invalid(field, "it must be a whole number")
	}
	return nil
}

// fieldDefinition is an object of a schema that is read member by member, so that
// what is left at the end is what nobody knows.
type fieldDefinition struct {
	path    string
	members map[string]json.RawMessage
}

// take reads a member and removes it; null is as good as absent.
func (d *fieldDefinition) take(name string, into any) (given bool, err error) {
	text, given := d.members[name]
	delete(d.members, name)
	if !given || string(text) == "null" {
		return false, nil
	}
	if json.Unmarshal(text, into) != nil {
		return false, problem.Invalid(d.path+"."+name, "it is of the wrong type")
	}
	return true, nil
}

// rest refuses what was not taken.
func (d *fieldDefinition) rest(why string) error {
	unknown := slices.Sorted(maps.Keys(d.members))
	if len(unknown) == 0 {
		return nil
	}
	return problem.Invalid(d.path+"."+unknown[0], why)
}

// narrows tells why f would refuse a value that before takes; empty if it would
// not. Values outlive the version of the schema that they were written by.
func (f schemaField) narrows(before schemaField) string {
	gone := func(option string) bool { return !slices.Contains(f.options, option) }
	switch {
	case f.core != before.core:
		return "a field keeps its core type, " + before.core.name
	case f.value.narrows(before.value), f.item.narrows(before.item), f.unique && !before.unique:
		return "what bounds a field can only be widened"
	case slices.ContainsFunc(before.options, gone):
		return "the values of an enum can only be added to"
	}
	return ""
}

func (b fieldBounds) narrows(before fieldBounds) bool {
	return b.least > before.least || b.most < before.most
}

// between says where a value must be, for the end of a sentence.
func (b fieldBounds) between() string {
	return "between " + strconv.FormatFloat(b.least, 'f', -1, 64) + " and " + strconv.FormatFloat(b.most, 'f', -1, 64)
}

func (b fieldBounds) hold(n float64) bool { return b.least <= n && n <= b.most }

func (b fieldBounds) holdLength(text string) bool {
	return b.hold(float64(utf8.RuneCountInString(text)))
}

func wrongText(f schemaField, value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) != nil || !f.value.holdLength(text) {
		return "it must be a string of " + f.value.between() + " characters"
	}
	return ""
}

func wrongOption(f schemaField, value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) != nil || !slices.Contains(f.options, text) {
		return "it must be one of " + strings.Join(f.options, ", ")
	}
	return ""
}

func wrongTime(f schemaField, value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil && f.core.pattern.MatchString(text) {
		if _, err := time.Parse(f.core.layout, text); err == nil {
			return ""
		}
	}
	return "it must be a " + f.core.name + " that matches " + f.core.pattern.String()
}

func wrongInteger(f schemaField, value json.RawMessage) string {
	var n int64
	if json.Unmarshal(value, &n) != nil || !f.value.hold(float64(n)) {
		return "it must be a whole number " + f.value.between()
	}
	return ""
}

func wrongNumber(f schemaField, value json.RawMessage) string {
	var n float64
	if json.Unmarshal(value, &n) != nil || !f.value.hold(n) {
		return "it must be a number " + f.value.between()
	}
	return ""
}

func wrongChoice(_ schemaField, value json.RawMessage) string {
	var yes bool
	if json.Unmarshal(value, &yes) != nil {
		return "it must be true or false"
	}
	return ""
}

func wrongTags(f schemaField, value json.RawMessage) string {
	var tags []string
	if json.Unmarshal(value, &tags) != nil || !f.value.hold(float64(len(tags))) {
		return "it must be a list of " + f.value.between() + " strings"
	}
	for _, tag := range tags {
		if !f.item.holdLength(tag) {
			return "each string must have " + f.item.between() + " characters"
		}
	}
	if f.unique && repeats(tags) {
		return "it has a string twice"
	}
	return ""
}

// repeats tells whether a list has something twice.
func repeats(list []string) bool {
	sorted := slices.Sorted(slices.Values(list))
	return len(slices.Compact(sorted)) < len(list)
}
