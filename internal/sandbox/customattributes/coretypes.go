package customattributes

import (
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// This file knows the core types, of which the fields of a schema are made, and how
// far the author of a schema may bound them. The limits are the platform's defaults.

const (
	// definitions is where a schema finds the core types that its fields refer to.
	definitions = "#/definitions/"
	// maxOptions is how many values an enum can have.
	maxOptions = 50
	// maxWhole is the largest integer that a double holds exactly.
	maxWhole = 1<<53 - 1
)

// coreType is one kind of field.
type coreType struct {
	name        string
	description string
	jsonType    string
	pattern     *regexp.Regexp // of strings that are not free text, else nil
	layout      string         // and how time reads them
	value       boundary       // of the value: its characters, amount or items
	item        boundary       // of each item of an array, each value of an enum
	wrong       func(schemaField, json.RawMessage) string
}

// boundary is the pair of keywords with which an author bounds something. A core
// type that cannot be bounded has the zero value.
type boundary struct{ least, most constraint }

type constraint struct {
	keyword string
	limits  limitRange
}

// limitRange is what the value of a constraint may be. It is the upstream's
// MinLength and MaxLength, which are alike.
type limitRange struct {
	Min int64 `json:"min"`
	Max int64 `json:"max"`
}

func lengths(shortest, longest int64) boundary {
	return boundary{
		constraint{"minLength", limitRange{shortest, longest}},
		constraint{"maxLength", limitRange{max(shortest, 1), longest}},
	}
}

var (
	amounts = boundary{
		constraint{"minimum", limitRange{-maxWhole, maxWhole}},
		constraint{"maximum", limitRange{-maxWhole, maxWhole}},
	}
	itemCounts = boundary{
		constraint{"minItems", limitRange{0, 10}},
		constraint{"maxItems", limitRange{1, 10}},
	}
)

// coreTypes are all there are, in listing order.
var coreTypes = []*coreType{
	{name: "text", description: "A line of text", jsonType: "string", value: lengths(0, 100), wrong: wrongText},
	{name: "longtext", description: "Text of several lines", jsonType: "string", value: lengths(0, 1000), wrong: wrongText},
	{name: "url", description: "An address on the web", jsonType: "string", value: lengths(0, 200), wrong: wrongText},
	{name: "identifier", description: "A key in another system", jsonType: "string", value: lengths(0, 100), wrong: wrongText},
	{name: "enum", description: "One of some given values", jsonType: "string", item: lengths(1, 100), wrong: wrongOption},
	{
		name: "date", description: "A day", jsonType: "string", wrong: wrongTime, layout: time.DateOnly,
		pattern: regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`),
	},
	{
		name: "datetime", description: "A moment in UTC", jsonType: "string", wrong: wrongTime, layout: time.RFC3339,
		pattern: regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$`),
	},
	{name: "integer", description: "A whole number", jsonType: "integer", value: amounts, wrong: wrongInteger},
	{name: "number", description: "A number", jsonType: "number", value: amounts, wrong: wrongNumber},
	{name: "checkbox", description: "Yes or no", jsonType: "boolean", wrong: wrongChoice},
	{name: "tag", description: "Some words", jsonType: "array", value: itemCounts, item: lengths(1, 100), wrong: wrongTags},
}

func coreTypeNamed(name string) *coreType {
	i := slices.IndexFunc(coreTypes, func(t *coreType) bool { return t.name == name })
	if i < 0 {
		return nil
	}
	return coreTypes[i]
}

// coretypeView is the upstream's Coretype. The limits are by keyword.
type coretypeView struct {
	ID                   string                `json:"id"`
	Name                 string                `json:"name"`
	Version              int32                 `json:"version"`
	DateCreated          wire.Instant          `json:"dateCreated"`
	Schema               coretypeSchema        `json:"schema"`
	Current              bool                  `json:"current"`
	ValidationFields     []string              `json:"validationFields"`
	ValidationLimits     map[string]limitRange `json:"validationLimits,omitempty"`
	ItemValidationFields []string              `json:"itemValidationFields"`
	ItemValidationLimits map[string]limitRange `json:"itemValidationLimits,omitempty"`
	SelfURI              string                `json:"selfUri"`
}

type coretypeSchema struct {
	Title       string         `json:"title"`
	Description string         `json:"description"`
	Type        []string       `json:"type"`
	Items       *coretypeItems `json:"items,omitempty"`
	Pattern     string         `json:"pattern,omitempty"`
}

type coretypeItems struct {
	Type string `json:"type"`
}

func getUsersCustomattributesSchemasCoretypes(_ *org.Organisation, c *api.Call) (any, error) {
	return api.ListInventory(c, coreTypes, (*coreType).view), nil
}

func getUsersCustomattributesSchemasCoretype(_ *org.Organisation, c *api.Call) (any, error) {
	t := coreTypeNamed(c.Params["coreTypeName"])
	if t == nil {
		return nil, problem.NotFound("core type", "coreTypeName")
	}
	return t.view(), nil
}

// coreTypesSince is when the platform got its core types.
var coreTypesSince = time.Date(2019, time.June, 1, 0, 0, 0, 0, time.UTC)

func (t *coreType) view() coretypeView {
	v := coretypeView{
		ID: t.name, Name: t.name, Version: 1, DateCreated: wire.At(coreTypesSince), Current: true,
		Schema:  coretypeSchema{Title: t.name, Description: t.description, Type: []string{t.jsonType, "null"}},
		SelfURI: schemasPath + "/coretypes/" + t.name,
	}
	v.ValidationFields, v.ValidationLimits = t.value.view()
	v.ItemValidationFields, v.ItemValidationLimits = t.item.view()
	if t.jsonType != "array" { // the values of an enum have limits that no author moves
		v.ItemValidationFields = []string{}
	}
	if t.item != (boundary{}) {
		v.Schema.Items = &coretypeItems{Type: "string"}
	}
	if t.pattern != nil {
		v.Schema.Pattern = t.pattern.String()
	}
	return v
}

func (b boundary) view() ([]string, map[string]limitRange) {
	if b == (boundary{}) {
		return []string{}, nil
	}
	return []string{b.least.keyword, b.most.keyword},
		map[string]limitRange{b.least.keyword: b.least.limits, b.most.keyword: b.most.limits}
}
