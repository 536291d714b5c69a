package main

import (
	"maps"
	"slices"
	"strings"
)

// The contract as protobuf sees it, before and after numbers are settled.

type contract struct {
	services map[string]*service
	messages map[string]*message
}

type service struct {
	name    string
	comment string
	rpcs    []*rpc
}

type rpc struct {
	id, name    string // the upstream's operationId, our PascalCase name
	comment     string
	verb, path  string // path with the upstream's {variables}
	request     *message
	variables   []*field // the request's fields that stand in the path
	body        *field   // the request's field that is the body, or nil
	response    string   // type name
	wrapper     *message // of a top-level JSON array, else nil
	deprecated  bool
	preview     bool
	permissions *swaggerPermissions
	success     []int  // statuses, in order; nothing where the answer implies them
	idempotency string // a value of idempotency_level
	undecided   bool   // ... which a person must confirm
}

// template is the path with the names of our fields in place of the upstream's.
func (r *rpc) template() string {
	path := r.path
	for _, f := range r.variables {
		path = strings.Replace(path, "{"+f.jsonName+"}", "{"+f.name+"}", 1)
	}
	return path
}

type message struct {
	name     string
	comment  string
	fields   []*field
	enums    []*enum
	reserved reserved
}

type field struct {
	jsonName string // the upstream's name: what identifies the field for ever
	name     string
	label    string // "", "optional", "repeated"
	isMap    bool   // from strings
	typ      string // of one value
	enum     *enum  // the type where it is an enum, which the message declares itself
	number   int    // of a new field: 0 for the next one, or ownNumber
	comment  string
	rules    []string // options as written
	behavior string   // REQUIRED, OUTPUT_ONLY or ""
}

func (f *field) typeText() string {
	if f.isMap {
		return "map<string, " + f.typ + ">"
	}
	return strings.TrimSpace(f.label + " " + f.typ)
}

// reaches names the type of a field's values, or nothing for an enum, which may
// have the name of a message elsewhere.
func (f *field) reaches() string {
	if f.enum != nil {
		return ""
	}
	return f.typ
}

type enum struct {
	name     string
	comment  string
	fixed    [firstEnumNumber]*enumValue // UNSPECIFIED and UNRECOGNIZED
	values   []*enumValue
	reserved reserved
}

// firstEnumNumber is that of the first value which the upstream knows.
const firstEnumNumber = 2

type enumValue struct {
	upstream string
	name     string
	number   int
	comment  string
}

const (
	typeEmpty     = "google.protobuf.Empty"
	typeMask      = "google.protobuf.FieldMask"
	typeStruct    = "google.protobuf.Struct"
	typeValue     = "google.protobuf.Value"
	typeListValue = "google.protobuf.ListValue"
	typeTimestamp = "google.protobuf.Timestamp"
)

// rulePrefix opens the name of a validation rule, markPrefix that of what else
// the contract says of a field.
const (
	rulePrefix = "(buf.validate."
	markPrefix = "(genesyscloud.api.v1.field)"
)

// ownNumber is that of a field which the upstream does not know, far from those
// that it does and that count up from 1.
const ownNumber = 1000

// owners tells which service reaches a message. Those that more than one reaches
// stand in common.proto, since the files of services may not import in a ring,
// and what came there stays there with all that it holds: to move it would break
// those who import it.
func (c *contract) owners(old *tree) map[string]string {
	owner := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.services)) {
		seen := map[string]bool{}
		for _, r := range c.services[name].rpcs {
			c.reach(r.request.name, seen)
			c.reach(r.response, seen)
		}
		for typ := range seen {
			if owner[typ] == "" {
				owner[typ] = name
			} else {
				owner[typ] = common
			}
		}
	}
	settled := map[string]bool{}
	for typ := range owner {
		if m := old.messages[typ]; m != nil && m.file == fileOf(common) {
			c.reach(typ, settled)
		}
	}
	for typ := range settled {
		owner[typ] = common
	}
	return owner
}

// fileOf is the file of a service, or of common.
func fileOf(owner string) string { return snake(owner) + ".proto" }

// reach adds to seen the message of a type, and all that it holds.
func (c *contract) reach(typ string, seen map[string]bool) {
	m := c.messages[typ]
	if m == nil || seen[typ] {
		return
	}
	seen[typ] = true
	for _, f := range m.fields {
		c.reach(f.reaches(), seen)
	}
}

// common owns the messages of several services.
const common = "common"
