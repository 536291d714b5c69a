package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

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
		item := sw.Paths.values[path]
		for _, verb := range item.keys {
			if strings.HasPrefix(verb, "x-") || slices.Contains(shared, verb) {
				continue
			}
			var op swaggerOperation
			err := plain(json.Unmarshal(item.values[verb], &op))
			if err == nil && (tag == "" || slices.Contains(op.Tags, tag)) {
				err = b.operation(strings.ToUpper(verb), path, &op)
			}
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", strings.ToUpper(verb), path, err)
			}
		}
	}
	if len(b.c.services) == 0 {
		return nil, fmt.Errorf("the document has no operation with the tag %q", tag)
	}
	for _, s := range b.c.services {
		slices.SortFunc(s.rpcs, comparePaths)
		for _, r := range s.rpcs {
			b.markVersion(r)
		}
	}
	b.c.refuseEmptyTexts()
	b.c.markSensitive()
	return b.c, nil
}

// shared are the members of a path that speak for all its verbs, which the
// vendor does not use.
var shared = []string{"parameters", "$ref"}

// verbs are those that an HTTP annotation has a name for.
var verbs = []string{"GET", "PUT", "POST", "DELETE", "PATCH"}

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
	if !slices.Contains(verbs, verb) {
		return errors.New("the verb is not supported")
	}
	for _, key := range shared {
		if _, ok := b.sw.Paths.values[path].values[key]; ok {
			return fmt.Errorf("%q beside the verbs of a path is not supported", key)
		}
	}
	id := cmp.Or(op.MethodName, op.OperationID)
	if !isIdent(id) {
		return fmt.Errorf("the operationId %q gives no usable RPC name", id)
	}
	// An operation that the contract has keeps its names there, and the permissions
	// that a person has found where the document states none.
	old := b.old.rpcs[id]
	r := &rpc{
		id: id, name: cmp.Or(old.name, upperFirst(id)), verb: verb, path: path,
		deprecated: op.Deprecated, preview: op.Preview, permissions: cmp.Or(op.Permissions, old.permissions),
	}
	r.idempotency, r.undecided = idempotency(verb, path)
	r.request = &message{name: cmp.Or(old.request, r.name+"Request")}
	if err := b.parameters(r, op); err != nil {
		return err
	}
	if err := b.response(r, op); err != nil {
		return err
	}
	r.success = successes(r, op, old.success)
	for _, m := range []*message{r.request, r.wrapper} {
		if m == nil {
			continue
		}
		if b.sw.Definitions.values[m.name] != nil {
			return fmt.Errorf("its message %s would have the name of a definition", m.name)
		}
		if b.c.messages[m.name] != nil {
			return fmt.Errorf("its message %s would have the name of another operation's", m.name)
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

// idempotency is what may be said of repeating a call from its verb (RFC 9110,
// section 9.2) and, where the verb is POST, from its path: the vendor ends those
// that query with /query and has all searches below /search. Of any other POST
// only a person can tell: many create, and some only read.
func idempotency(verb, path string) (level string, undecided bool) {
	switch {
	case verb == "GET", verb == "POST" && query.MatchString(path):
		return "NO_SIDE_EFFECTS", false
	case verb == "PUT", verb == "DELETE":
		return "IDEMPOTENT", false
	default:
		return "IDEMPOTENCY_UNKNOWN", verb == "POST"
	}
}

var query = regexp.MustCompile(`/query$|/search(/|$)`)

// areas says which service a new operation joins: the first whose fragment is
// in its path, else UsersService. An operation that the contract has stays where
// it is.
var areas = []struct{ fragment, service string }{
	{"/analytics/", "UserAnalyticsService"},
	{"/authorization/", "UserAuthorizationService"},
	{"/roles", "UserAuthorizationService"},
	{"/trustors", "UserAuthorizationService"},
	{"/development/", "UserDevelopmentService"},
	{"/routing", "UserRoutingService"}, // also routingskills, routingstatus, ...
	{"/queues", "UserRoutingService"},
	{"/skillgroups", "UserRoutingService"},
	{"/station", "UserTelephonyService"},
	{"/callforwarding", "UserTelephonyService"},
	{"/state", "UserPresenceService"},
	{"/outofoffice", "UserPresenceService"},
	{"/geolocations", "UserPresenceService"},
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
	if slices.Contains(op.Parameters, nil) {
		return errors.New("a parameter is null")
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
			f = &field{jsonName: p.Name, name: snake(p.Name), typ: "string", rules: []string{notEmpty}}
			r.variables = append(r.variables, f)
		case "query":
			f, err = b.query(p)
		case "body":
			if r.body != nil {
				return errors.New("a second body")
			}
			f, err = b.body(p)
			r.body = f
		case "header":
			continue // ours to set, never the caller's
		case "":
			err = fmt.Errorf("parameter reference %q is not supported", p.Ref)
		default:
			err = fmt.Errorf("parameter %s stands in %q, which is not supported", p.Name, p.In)
		}
		if err != nil {
			return err
		}
		r.request.fields = append(r.request.fields, f)
		switch {
		case p.In != "body":
		case f.label == "repeated":
			r.request.fields = append(r.request.fields, emptyList(f))
		case r.verb == "PATCH":
			r.request.fields = append(r.request.fields, &field{
				jsonName: "updateMask", name: "update_mask", typ: typeMask,
				comment: remark("Which fields of the body are sent: those that are unset as null, a list as [], a map as {}. Without it, all that are set. The version that the write is based on is sent without being named."),
			})
		}
	}
	for _, v := range pathVariable.FindAllStringSubmatch(r.path, -1) {
		if !slices.ContainsFunc(r.variables, func(f *field) bool { return f.jsonName == v[1] }) {
			return fmt.Errorf("path variable {%s} has no parameter", v[1])
		}
	}
	return nil
}

var pathVariable = regexp.MustCompile(`\{([^}]*)\}`)

// markVersion marks the version that a change is based on, which the upstream
// holds against the one that it has.
func (b *builder) markVersion(r *rpc) {
	const mark = markPrefix + ".base_version = true"
	if r.body == nil || r.verb != "PATCH" && r.verb != "PUT" || b.c.messages[r.body.typ] == nil {
		return
	}
	for _, f := range b.c.messages[r.body.typ].fields {
		if f.jsonName == "version" && strings.HasPrefix(f.typ, "int") && f.behavior != "OUTPUT_ONLY" && !slices.Contains(f.rules, mark) {
			f.rules = append(f.rules, mark)
		}
	}
}

// refuseEmptyTexts gives the texts that the document requires in a body a rule: an
// optional field that is set to nothing is there, as far as protobuf can tell. A
// message that answers hold, too, has it only where it is the body itself, since
// what the upstream answered must be good enough to send back.
func (c *contract) refuseEmptyTexts() {
	bodies, answered, sent := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, s := range c.services {
		for _, r := range s.rpcs {
			c.reach(r.response, answered)
			if r.body != nil {
				bodies[r.body.typ] = true
				c.reach(r.body.typ, sent)
			}
		}
	}
	for name := range sent {
		if answered[name] && !bodies[name] {
			continue
		}
		for _, f := range c.messages[name].fields {
			if f.behavior == "REQUIRED" && f.typ == "string" && f.label == "optional" {
				f.rules = append(f.rules, notEmpty)
			}
		}
	}
}

const notEmpty = rulePrefix + "field).string.min_len = 1"

// emptyList is the field by which a caller sends an empty list as the body.
func emptyList(body *field) *field {
	return &field{
		jsonName: "emptyList", name: "empty_list", typ: "bool", number: ownNumber,
		comment: remark("Sends an empty list. An empty " + body.name + " alone is refused, since it may have been forgotten."),
		rules:   []string{markPrefix + ".sends_empty_list = true"},
	}
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
	if !p.Required {
		return f, nil
	}
	f.rules = []string{rulePrefix + "field).required = true"}
	switch {
	case f.typ != "string":
	case f.label == "repeated":
		f.rules = append(f.rules, rulePrefix+"field).repeated.items.string.min_len = 1")
	default:
		f.rules = append(f.rules, notEmpty)
	}
	return f, nil
}

// body makes a field of the body. A list has no rule although it is required,
// since an empty one may be meant: emptyList tells.
func (b *builder) body(p *parameter) (*field, error) {
	f := &field{jsonName: p.Name, name: snake(p.Name)}
	s := p.Schema
	if s == nil {
		return nil, fmt.Errorf("body parameter %s has no schema", p.Name)
	}
	if s.Type == "array" {
		f.label, s = "repeated", s.Items
	} else if p.Required {
		f.rules = []string{rulePrefix + "field).required = true"}
	}
	var err error
	if f.typ, err = b.topLevel(s); err != nil {
		return nil, fmt.Errorf("body parameter %s: %w", p.Name, err)
	}
	return f, nil
}

// successes are the statuses with which an operation answers a success. The
// document does not name all of them, so those that a person has added stay.
func successes(r *rpc, op *swaggerOperation, known []int) []int {
	all := slices.Clone(known)
	for _, status := range op.Responses.keys {
		if n, err := strconv.Atoi(status); err == nil && n/100 == 2 {
			all = append(all, n)
		}
	}
	implied := 200
	if r.response == typeEmpty {
		implied = 204
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if slices.Equal(all, []int{implied}) {
		return nil
	}
	return all
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
			if err == nil && s.Ref == "" && t != typeStruct {
				err = fmt.Errorf("an answer of type %s, which is not a message", t)
			}
			r.response = t
			return err
		}
		t, err := b.topLevel(s.Items)
		if err != nil {
			return err
		}
		name := r.name + "Response"
		if old := b.old.rpcs[r.id]; strings.Contains(old.options[optionHTTP], "response_body:") {
			name = old.response
		}
		r.wrapper = &message{name: name, fields: []*field{{
			jsonName: "items", name: "items", label: "repeated", typ: t,
		}}}
		r.response = r.wrapper.name
		return nil
	}
	return nil
}

// topLevel is the type of a whole body, or of an element of a top-level array.
func (b *builder) topLevel(s *schema) (string, error) {
	switch {
	case s == nil:
		return "", errUntypedList
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
	if def.Type != "" && def.Type != "object" || def.Additional != nil || def.AllOf != nil {
		return "", fmt.Errorf("definition %s is not an object with properties, which alone gives a message", name)
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
	case s.Type == "object" && s.Additional.typed() && s.Additional.Type == "array":
		f.isMap, f.typ = true, typeListValue
	case s.Type == "object" && s.Additional.typed():
		f.isMap = true
		err = b.element(m, f, s.Additional.schema)
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
		err = errUntypedList
	case s.Ref != "":
		f.typ, err = b.definition(s.Ref)
	case len(s.Enum) > 0 && s.Type == "string":
		f.enum, err = newEnum(f.name, s.Enum)
		if err == nil {
			f.typ = f.enum.name
			m.enums = append(m.enums, f.enum)
		}
	case s.Type == "object":
		f.typ = typeValue
	default:
		f.typ, err = scalar(s)
	}
	return err
}

var errUntypedList = errors.New("a list without a type of its items")

func scalar(s *schema) (string, error) {
	if s == nil {
		return "", errUntypedList
	}
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

func newEnum(fieldName string, values []any) (*enum, error) {
	e := &enum{name: camel(fieldName)}
	for i, v := range values {
		upstream, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("the value %v of a text is not a text", v)
		}
		if slices.Contains(values[:i], v) {
			return nil, fmt.Errorf("the value %q is listed twice", upstream)
		}
		e.values = append(e.values, &enumValue{upstream: upstream})
	}
	return e, nil
}
