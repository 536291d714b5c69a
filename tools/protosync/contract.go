package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
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
	id, name           string // the upstream's operationId, our PascalCase name
	comment            string
	verb, path         string // path with {field_name} variables
	body, responseBody string
	request            *message
	wrapper            *message // of a top-level JSON array, else nil
	response           string   // type name
	deprecated         bool
	preview            bool
	permissions        *swaggerPermissions
}

type message struct {
	name            string
	comment         string
	fields          []*field
	enums           []*enum
	reservedNumbers []int
	reservedNames   []string
}

type field struct {
	jsonName string // the upstream's name: what identifies the field for ever
	name     string
	label    string // "", "optional", "repeated"
	typ      string
	number   int
	comment  string
	rules    []string // options as written
	behavior string   // REQUIRED, OUTPUT_ONLY or ""
	// isMessage is set where typ is a message of the contract, not an enum.
	isMessage bool
}

func (f *field) typeText() string { return strings.TrimSpace(f.label + " " + f.typ) }

type enum struct {
	name          string
	comment       string
	values        []*enumValue
	reserved      []int
	reservedNames []string
}

type enumValue struct {
	upstream string
	name     string
	number   int
	comment  string
}

// areas says which service a new operation joins: the first whose fragment is
// in its path. An operation that the contract has stays where it is.
var areas = []struct{ fragment, service string }{
	{"/analytics/", "UserAnalyticsService"},
	{"/authorization/", "UserAuthorizationService"},
	{"/roles", "UserAuthorizationService"},
	{"/trustors", "UserAuthorizationService"},
	{"/development/", "UserDevelopmentService"},
	{"/routing/", "UserRoutingService"},
	{"/routing", "UserRoutingService"}, // routingskills, routingstatus, ...
	{"/queues", "UserRoutingService"},
	{"/skillgroups", "UserRoutingService"},
	{"/station", "UserTelephonyService"},
	{"/callforwarding", "UserTelephonyService"},
	{"/state", "UserPresenceService"},
	{"/outofoffice", "UserPresenceService"},
	{"/geolocations", "UserPresenceService"},
	{"/", "UsersService"},
}

const (
	typeEmpty     = "google.protobuf.Empty"
	typeMask      = "google.protobuf.FieldMask"
	typeStruct    = "google.protobuf.Struct"
	typeValue     = "google.protobuf.Value"
	typeListValue = "google.protobuf.ListValue"
	typeTimestamp = "google.protobuf.Timestamp"
)

// secret matches the properties that must never be printed.
var secret = regexp.MustCompile(`(?i)(password|token|secret|credentialFields)$`)

type builder struct {
	sw  *swagger
	old *tree
	c   *contract
}

// buildContract turns the document's operations with the tag, and every
// definition that they reach, into services and messages without numbers.
func buildContract(sw *swagger, tag string, old *tree) (*contract, error) {
	b := &builder{sw, old, &contract{services: map[string]*service{}, messages: map[string]*message{}}}
	for _, path := range sw.Paths.keys {
		verbs := sw.Paths.values[path]
		for _, verb := range verbs.keys {
			op := verbs.values[verb]
			if tag != "" && !slices.Contains(op.Tags, tag) {
				continue
			}
			if err := b.operation(strings.ToUpper(verb), path, op); err != nil {
				return nil, fmt.Errorf("operation %s (%s %s): %w", op.OperationID, strings.ToUpper(verb), path, err)
			}
		}
	}
	if len(b.c.services) == 0 {
		return nil, fmt.Errorf("the document has no operation with the tag %q", tag)
	}
	for _, s := range b.c.services {
		slices.SortFunc(s.rpcs, func(x, y *rpc) int { return comparePaths(x, y) })
	}
	return b.c, nil
}

// comparePaths sorts by path, a variable before a literal in the same place:
// the gateway prefers what was registered last, and /users/me must win over
// /users/{user_id}.
func comparePaths(x, y *rpc) int {
	key := func(r *rpc) string {
		segments := strings.Split(r.path, "/")
		for i, s := range segments {
			if strings.HasPrefix(s, "{") {
				segments[i] = "\x01" // variables are equal whatever their name
			}
		}
		return strings.Join(segments, "\x00") + "\x00 " + r.verb
	}
	return strings.Compare(key(x), key(y))
}

func (b *builder) operation(verb, path string, op *swaggerOperation) error {
	id := op.MethodName
	if id == "" {
		id = op.OperationID
	}
	if id == "" {
		return fmt.Errorf("has no operationId")
	}
	r := &rpc{
		id: id, name: upperFirst(id), verb: verb, path: path,
		deprecated: op.Deprecated, preview: op.Preview, permissions: op.Permissions,
	}
	r.request = &message{name: r.name + "Request"}
	if err := b.parameters(r, op); err != nil {
		return err
	}
	if err := b.response(r, op); err != nil {
		return err
	}
	for _, m := range []*message{r.request, r.wrapper} {
		if m == nil {
			continue
		}
		if b.sw.Definitions.values[m.name] != nil {
			return fmt.Errorf("its message %s would have the name of a definition", m.name)
		}
		b.c.messages[m.name] = m
	}
	name := b.serviceOf(id, path)
	s := b.c.services[name]
	if s == nil {
		s = &service{name: name}
		b.c.services[name] = s
	}
	s.rpcs = append(s.rpcs, r)
	return nil
}

func (b *builder) serviceOf(id, path string) string {
	if old, ok := b.old.rpcs[id]; ok {
		return old.service
	}
	for _, a := range areas {
		if strings.Contains(path, a.fragment) {
			return a.service
		}
	}
	return "UsersService"
}

// parameters fills the request: path variables in the order of the path, then
// the query, then the body and, for a PATCH of one object, the update mask.
func (b *builder) parameters(r *rpc, op *swaggerOperation) error {
	place := func(p *parameter) int {
		switch p.In {
		case "path":
			return strings.Index(r.path, "{"+p.Name+"}")
		case "query":
			return len(r.path)
		default:
			return len(r.path) + 1
		}
	}
	params := slices.Clone(op.Parameters)
	slices.SortStableFunc(params, func(x, y *parameter) int { return place(x) - place(y) })
	for _, p := range params {
		var f *field
		var err error
		switch p.In {
		case "path":
			if place(p) < 0 {
				return fmt.Errorf("path parameter %s is not in the path", p.Name)
			}
			f = &field{jsonName: p.Name, name: snake(p.Name), typ: "string", rules: []string{"(buf.validate.field).string.min_len = 1"}}
			r.path = strings.Replace(r.path, "{"+p.Name+"}", "{"+f.name+"}", 1)
		case "query":
			f, err = b.query(p)
		case "body":
			f, err = b.body(p)
			if err == nil {
				r.body = f.name
			}
		case "header":
			continue // ours to set, never the caller's
		default:
			err = fmt.Errorf("parameter %s stands in %q, which is not supported", p.Name, p.In)
		}
		if err != nil {
			return err
		}
		r.request.fields = append(r.request.fields, f)
		if p.In == "body" && r.verb == "PATCH" && f.label == "" {
			r.request.fields = append(r.request.fields, &field{
				jsonName: "updateMask", name: "update_mask", typ: typeMask,
				comment: "Fields of the body to send although they are unset: a scalar or message as null, a list as [], a map as {}. Set fields are sent without being named.",
			})
		}
	}
	return nil
}

// query makes a field of a query parameter. Listed values stay strings: the
// upstream extends them freely, and not even its defaults are always among them.
func (b *builder) query(p *parameter) (*field, error) {
	f := &field{jsonName: p.Name, name: snake(p.Name)}
	s := &p.schema
	if s.Type == "array" {
		f.label, s = "repeated", s.Items
	} else {
		f.label = "optional"
	}
	var err error
	if f.typ, err = scalar(s); err != nil {
		return nil, fmt.Errorf("query parameter %s: %w", p.Name, err)
	}
	if p.Required {
		f.rules = []string{"(buf.validate.field).required = true"}
	}
	return f, nil
}

// body makes a field of the body. A required list may still be empty: that is
// how a list is cleared.
func (b *builder) body(p *parameter) (*field, error) {
	f := &field{jsonName: p.Name, name: snake(p.Name)}
	s := p.Schema
	if s == nil {
		return nil, fmt.Errorf("body parameter %s has no schema", p.Name)
	}
	if s.Type == "array" {
		f.label, s = "repeated", s.Items
	} else if p.Required {
		f.rules = []string{"(buf.validate.field).required = true"}
	}
	var err error
	f.typ, err = b.topLevel(s)
	return f, err
}

func (b *builder) response(r *rpc, op *swaggerOperation) error {
	r.response = typeEmpty
	for _, status := range op.Responses.keys {
		s := op.Responses.values[status].Schema
		if !strings.HasPrefix(status, "2") || s == nil {
			continue
		}
		if s.Type != "array" {
			t, err := b.topLevel(s)
			r.response = t
			return err
		}
		t, err := b.topLevel(s.Items)
		if err != nil {
			return err
		}
		r.wrapper = &message{name: r.name + "Response", fields: []*field{{
			jsonName: "items", name: "items", label: "repeated", typ: t,
		}}}
		r.response, r.responseBody = r.wrapper.name, "items"
		return nil
	}
	return nil
}

// topLevel is the type of a whole body, or of an element of a top-level array.
func (b *builder) topLevel(s *schema) (string, error) {
	switch {
	case s.Ref != "":
		return b.definition(s.Ref)
	case s.Type == "object":
		return typeStruct, nil
	default:
		return scalar(s)
	}
}

// definition adds the message of a definition, with all that it reaches.
func (b *builder) definition(ref string) (string, error) {
	name, ok := strings.CutPrefix(ref, "#/definitions/")
	def := b.sw.Definitions.values[name]
	if !ok || def == nil {
		return "", fmt.Errorf("reference %q leads nowhere", ref)
	}
	if !isIdent(name) || !unicode.IsUpper(rune(name[0])) {
		return "", fmt.Errorf("definition %q is not usable as a message name", name)
	}
	if b.c.messages[name] != nil {
		return name, nil
	}
	m := &message{name: name}
	b.c.messages[name] = m // before the fields: messages refer to themselves
	for _, jsonName := range def.Properties.keys {
		s := def.Properties.values[jsonName]
		f := &field{jsonName: jsonName, name: snake(jsonName)}
		if err := b.property(m, f, s); err != nil {
			return "", fmt.Errorf("definition %s, property %s: %w", name, jsonName, err)
		}
		switch {
		case s.ReadOnly:
			f.behavior = "OUTPUT_ONLY"
		case slices.Contains(def.Required, jsonName):
			f.behavior = "REQUIRED"
		}
		if secret.MatchString(jsonName) && strings.Contains(f.typ, "string") {
			f.rules = append(f.rules, "debug_redact = true")
		}
		m.fields = append(m.fields, f)
	}
	return name, nil
}

func (b *builder) property(m *message, f *field, s *schema) error {
	var err error
	switch {
	case s.Ref != "":
		err = b.element(m, f, s)
	case s.Type == "array":
		f.label = "repeated"
		err = b.element(m, f, s.Items)
	case s.Type == "object" && s.Additional != nil && s.Additional.Type == "array":
		f.typ = "map<string, " + typeListValue + ">"
	case s.Type == "object" && s.Additional != nil:
		err = b.element(m, f, s.Additional)
		f.typ = "map<string, " + f.typ + ">"
	case s.Type == "object":
		f.typ = typeValue
	default:
		err = b.element(m, f, s)
		if err == nil && f.typ != typeTimestamp {
			f.label = "optional"
		}
	}
	return err
}

// element sets the type of a field to that of one value: alone, in a list or in
// a map.
func (b *builder) element(m *message, f *field, s *schema) error {
	var err error
	switch {
	case s == nil:
		err = fmt.Errorf("a list without a type of its items")
	case s.Ref != "":
		f.typ, err = b.definition(s.Ref)
		f.isMessage = true
	case len(s.Enum) > 0 && s.Type == "string":
		e := newEnum(f.name, s.Enum)
		m.enums = append(m.enums, e)
		f.typ = e.name
	case s.Type == "object":
		f.typ = typeValue
	default:
		f.typ, err = scalar(s)
	}
	return err
}

func scalar(s *schema) (string, error) {
	switch s.Type + "/" + s.Format {
	case "integer/int32", "integer/":
		return "int32", nil
	case "integer/int64":
		return "int64", nil
	case "number/float":
		return "float", nil
	case "number/double", "number/":
		return "double", nil
	case "boolean/":
		return "bool", nil
	case "string/date-time":
		return typeTimestamp, nil
	}
	if s.Type == "string" { // date, interval, uri, ...: as the upstream writes them
		return "string", nil
	}
	return "", fmt.Errorf("type %q with format %q is not supported", s.Type, s.Format)
}

func newEnum(fieldName string, values []string) *enum {
	e := &enum{name: camel(fieldName)}
	for _, v := range values {
		e.values = append(e.values, &enumValue{upstream: v})
	}
	return e
}

// owners tells which service reaches a message. Those that more than one reaches
// stand in common.proto, since the files of services may not import in a ring.
func (c *contract) owners() map[string]string {
	owner := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.services)) {
		seen := map[string]bool{}
		var visit func(string)
		visit = func(typ string) {
			m := c.messages[typ]
			if m == nil || seen[typ] {
				return
			}
			seen[typ] = true
			if owner[typ] == "" {
				owner[typ] = name
			} else if owner[typ] != name {
				owner[typ] = common
			}
			for _, f := range m.fields {
				visit(m.reaches(f))
			}
		}
		for _, r := range c.services[name].rpcs {
			visit(r.request.name)
			visit(r.response)
		}
	}
	return owner
}

// common owns the messages of several services.
const common = "common"

// reaches names the type of a field's values, or nothing for an enum of the
// message's own, which may have the name of a message elsewhere.
func (m *message) reaches(f *field) string {
	typ := strings.TrimSuffix(strings.TrimPrefix(f.typ, "map<string, "), ">")
	if slices.ContainsFunc(m.enums, func(e *enum) bool { return e.name == typ }) {
		return ""
	}
	return typ
}
