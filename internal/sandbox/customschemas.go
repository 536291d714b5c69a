package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	schemasPath = apiPrefix + "users/customattributes/schemas"
	// schemaDialect is the only JSON Schema that the upstream speaks.
	schemaDialect = "http://json-schema.org/draft-04/schema#"
)

// schemaLimits are the organisation's. The sandbox announces them and keeps them.
var schemaLimits = schemaQuantityLimits{
	MinFieldName: 1, MaxFieldName: 100,
	MinFieldTitle: 1, MaxFieldTitle: 100,
	MinFieldDescription: 0, MaxFieldDescription: 200,
	MinSchemaName: 1, MaxSchemaName: 50,
	MinSchemaDescription: 0, MaxSchemaDescription: 200,
	MaxSchemas: 20, MaxFieldsOfSchema: 50, MaxFields: 500,
	SelfURI: schemasPath + "/limits",
}

// schemaQuantityLimits is the upstream's SchemaQuantityLimits; lengths are in
// characters.
type schemaQuantityLimits struct {
	MinFieldName         int32  `json:"minFieldNameCharacters"`
	MaxFieldName         int32  `json:"maxFieldNameCharacters"`
	MinFieldTitle        int32  `json:"minFieldTitleCharacters"`
	MaxFieldTitle        int32  `json:"maxFieldTitleCharacters"`
	MinFieldDescription  int32  `json:"minFieldDescriptionCharacters"`
	MaxFieldDescription  int32  `json:"maxFieldDescriptionCharacters"`
	MinSchemaName        int32  `json:"minSchemaNameCharacters"`
	MaxSchemaName        int32  `json:"maxSchemaNameCharacters"`
	MinSchemaDescription int32  `json:"minSchemaDescriptionCharacters"`
	MaxSchemaDescription int32  `json:"maxSchemaDescriptionCharacters"`
	MaxSchemas           int    `json:"maxNumberOfSchemasPerOrg"`
	MaxFieldsOfSchema    int    `json:"maxNumberOfFieldsPerSchema"`
	MaxFields            int    `json:"maxNumberOfFieldsPerOrg"`
	SelfURI              string `json:"selfUri"`
}

// customSchema says which attributes users can have besides those of everybody.
// It holds the users' values, which therefore go when it goes.
type customSchema struct {
	id        string
	createdBy *reference
	created   instant
	versions  []*schemaVersion            // version n at index n-1; the last is the current one
	records   map[string]*attributeRecord // by user id
}

// schemaVersion is a schema as it was at one time. It never changes.
type schemaVersion struct {
	schema   *customSchema
	number   int32
	name     string
	enabled  bool
	document *schemaDocument
	fields   map[string]schemaField
}

// schemaDocument is the upstream's JsonSchemaDocument, kept as it was sent.
type schemaDocument struct {
	ID          string                     `json:"id,omitempty"`
	Schema      string                     `json:"$schema"`
	Title       string                     `json:"title,omitempty"`
	Description string                     `json:"description,omitempty"`
	Type        string                     `json:"type,omitempty"`
	Required    []string                   `json:"required,omitempty"`
	Properties  map[string]json.RawMessage `json:"properties"`
	Additional  json.RawMessage            `json:"additionalProperties,omitempty"`
}

// dataSchemaWrite is the upstream's DataSchema in the direction of the server.
type dataSchemaWrite struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"`
	Version    optional[int32] `json:"version"`
	Enabled    optional[bool]  `json:"enabled"`
	JSONSchema *schemaDocument `json:"jsonSchema"`
}

type dataSchemaView struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Version     int32           `json:"version"`
	AppliesTo   []string        `json:"appliesTo"`
	Enabled     bool            `json:"enabled"`
	CreatedBy   *reference      `json:"createdBy,omitempty"`
	DateCreated instant         `json:"dateCreated"`
	JSONSchema  *schemaDocument `json:"jsonSchema"`
	SelfURI     string          `json:"selfUri"`
}

// inventory is the envelope of lists that are never paged.
type inventory[T any] struct {
	Total    int64  `json:"total"`
	Entities []T    `json:"entities"`
	SelfURI  string `json:"selfUri"`
}

func listInventory[S, T any](c *call, all []S, view func(S) T) inventory[T] {
	return inventory[T]{Total: int64(len(all)), Entities: viewAll(all, view), SelfURI: c.path}
}

func getUsersCustomattributesSchemasLimits(*organisation, *call) (any, error) {
	return schemaLimits, nil
}

func getUsersCustomattributesSchemas(o *organisation, c *call) (any, error) {
	return listInventory(c, o.customSchemas, func(s *customSchema) dataSchemaView { return s.current().view() }), nil
}

// postUsersCustomattributesSchemas adds a schema. The version of the body means
// nothing yet; every client sends another one.
func postUsersCustomattributesSchemas(o *organisation, c *call, in dataSchemaWrite) (any, error) {
	if len(o.customSchemas) >= schemaLimits.MaxSchemas {
		return nil, badRequest("An organisation can have no more than " + strconv.Itoa(schemaLimits.MaxSchemas) + " schemas.")
	}
	s := &customSchema{created: at(c.now)}
	if err := o.revise(s, in); err != nil {
		return nil, err
	}
	s.id = seededID(o.ids)
	if u, err := c.me(o); err == nil {
		s.createdBy = u.link()
	}
	o.customSchemas = append(slices.Clone(o.customSchemas), s)
	return s.current().view(), nil
}

func getUsersCustomattributesSchema(o *organisation, c *call) (any, error) {
	s, err := o.customSchema(c.params["schemaId"])
	if err != nil {
		return nil, err
	}
	return s.current().view(), nil
}

// putUsersCustomattributesSchema adds a version to a schema.
func putUsersCustomattributesSchema(o *organisation, c *call, in dataSchemaWrite) (any, error) {
	s, err := o.customSchema(c.params["schemaId"])
	switch {
	case err != nil:
		return nil, err
	case in.ID != "" && in.ID != s.id:
		return nil, invalid("id", "it is not the schema of the path")
	case !in.Version.Given || in.Version.Null:
		return nil, missing("version")
	case in.Version.Value != s.current().number:
		return nil, staleVersion(in.Version.Value, s.current().number)
	}
	if err := o.revise(s, in); err != nil {
		return nil, err
	}
	return s.current().view(), nil
}

// deleteUsersCustomattributesSchema deletes a schema, all its versions and what
// users have of it. Its name is free again.
func deleteUsersCustomattributesSchema(o *organisation, c *call) (any, error) {
	s, err := o.customSchema(c.params["schemaId"])
	if err != nil {
		return nil, err
	}
	o.customSchemas = slices.DeleteFunc(slices.Clone(o.customSchemas), func(other *customSchema) bool { return other == s })
	return noContent{}, nil
}

// getUsersCustomattributesSchemaVersions lists all versions, oldest first.
func getUsersCustomattributesSchemaVersions(o *organisation, c *call) (any, error) {
	s, err := o.customSchema(c.params["schemaId"])
	if err != nil {
		return nil, err
	}
	return listInventory(c, s.versions, (*schemaVersion).view), nil
}

func getUsersCustomattributesSchemaVersion(o *organisation, c *call) (any, error) {
	s, err := o.customSchema(c.params["schemaId"])
	if err != nil {
		return nil, err
	}
	number, err := strconv.ParseInt(c.params["versionId"], 10, 32)
	version := s.version(int32(number))
	if err != nil || version == nil {
		return nil, notFound("schema version", "versionId")
	}
	return version.view(), nil
}

func (o *organisation) customSchema(id string) (*customSchema, error) {
	i := slices.IndexFunc(o.customSchemas, func(s *customSchema) bool { return s.id == id })
	if i < 0 {
		return nil, notFound("schema", "schemaId")
	}
	return o.customSchemas[i], nil
}

func (s *customSchema) current() *schemaVersion { return s.versions[len(s.versions)-1] }

// version is nil when there is none of that number.
func (s *customSchema) version(number int32) *schemaVersion {
	if number < 1 || int(number) > len(s.versions) {
		return nil
	}
	return s.versions[number-1]
}

func (v *schemaVersion) view() dataSchemaView {
	return dataSchemaView{
		ID: v.schema.id, Name: v.name, Version: v.number, AppliesTo: []string{"USER_CUSTOM_ATTRIBUTES"},
		Enabled: v.enabled, CreatedBy: v.schema.createdBy, DateCreated: v.schema.created,
		JSONSchema: v.document, SelfURI: schemasPath + "/" + v.schema.id,
	}
}

// revise adds what in asks for as the next version of s, which may have none yet,
// or says why it cannot be.
func (o *organisation) revise(s *customSchema, in dataSchemaWrite) error {
	if in.JSONSchema == nil {
		return missing("jsonSchema")
	}
	next := &schemaVersion{
		schema: s, number: int32(len(s.versions)) + 1, name: in.Name, enabled: true, document: in.JSONSchema,
	}
	field := "name"
	if next.name == "" { // the title is the name for clients that know one only
		next.name, field = in.JSONSchema.Title, "jsonSchema.title"
	}
	if strings.TrimSpace(next.name) == "" {
		return missing("name")
	}
	if err := checkCharacters(field, next.name, schemaLimits.MinSchemaName, schemaLimits.MaxSchemaName); err != nil {
		return err
	}
	if err := next.compile(); err != nil {
		return err
	}
	if len(s.versions) > 0 {
		if err := next.supersedes(s.current()); err != nil {
			return err
		}
		next.enabled = s.current().enabled
	}
	if in.Enabled.Given && !in.Enabled.Null {
		next.enabled = in.Enabled.Value
	}
	fields := len(next.fields)
	for _, other := range o.customSchemas {
		if other == s {
			continue
		}
		fields += len(other.current().fields)
		if strings.EqualFold(other.current().name, next.name) {
			return conflict("A schema with that name already exists.")
		}
	}
	if fields > schemaLimits.MaxFields {
		return invalid("jsonSchema.properties", "the organisation can have no more than "+
			strconv.Itoa(schemaLimits.MaxFields)+" fields")
	}
	s.versions = append(slices.Clone(s.versions), next)
	return nil
}

// compile checks the document and fills in what it may leave out.
func (v *schemaVersion) compile() error {
	d := v.document
	switch {
	case d.Schema != "" && d.Schema != schemaDialect:
		return invalid("jsonSchema.$schema", "it must be "+schemaDialect)
	case d.Type != "" && d.Type != "object":
		return invalid("jsonSchema.type", "it must be object")
	case string(d.Additional) == "true":
		return invalid("jsonSchema.additionalProperties", "attributes must be in the schema")
	case len(d.Properties) > schemaLimits.MaxFieldsOfSchema:
		return invalid("jsonSchema.properties", "it must not have more than "+
			strconv.Itoa(schemaLimits.MaxFieldsOfSchema)+" fields")
	}
	d.Schema = schemaDialect
	if string(d.Additional) == "null" {
		d.Additional = nil
	}
	if d.Properties == nil {
		d.Properties = map[string]json.RawMessage{}
	}
	err := checkCharacters("jsonSchema.description", d.Description, schemaLimits.MinSchemaDescription, schemaLimits.MaxSchemaDescription)
	if err != nil {
		return err
	}
	v.fields = make(map[string]schemaField, len(d.Properties))
	for _, name := range slices.Sorted(maps.Keys(d.Properties)) {
		path := "jsonSchema.properties." + name
		if err := checkCharacters(path, name, schemaLimits.MinFieldName, schemaLimits.MaxFieldName); err != nil {
			return err
		}
		if v.fields[name], err = compileField(path, d.Properties[name]); err != nil {
			return err
		}
	}
	for _, name := range d.Required {
		if _, known := v.fields[name]; !known {
			return invalid("jsonSchema.required", "the schema has no field "+name)
		}
	}
	return nil
}

// supersedes refuses a version that would make values invalid which users have:
// fields stay and get no narrower, and a new one cannot be required yet.
func (v *schemaVersion) supersedes(before *schemaVersion) error {
	for _, name := range slices.Sorted(maps.Keys(before.fields)) {
		path := "jsonSchema.properties." + name
		field, stays := v.fields[name]
		if !stays {
			return invalid(path, "a field cannot be taken away")
		}
		if why := field.narrows(before.fields[name]); why != "" {
			return invalid(path, why)
		}
	}
	for _, name := range v.document.Required {
		if _, known := before.fields[name]; !known {
			return invalid("jsonSchema.required", "the new field "+name+" must be optional at first")
		}
	}
	return nil
}

// check refuses attributes that are not those of the schema. None is null.
func (v *schemaVersion) check(attributes map[string]json.RawMessage) error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		field, known := v.fields[name]
		if !known {
			return invalid("attributes."+name, "the schema has no such field")
		}
		if why := field.core.wrong(field, attributes[name]); why != "" {
			return invalid("attributes."+name, why)
		}
	}
	for _, name := range v.document.Required {
		if _, given := attributes[name]; !given {
			return missing("attributes." + name)
		}
	}
	return nil
}

// checkCharacters bounds the characters of a text.
func checkCharacters(field, text string, least, most int32) error {
	if n := utf8.RuneCountInString(text); n < int(least) || n > int(most) {
		return invalid(field, "it must have between "+strconv.Itoa(int(least))+" and "+strconv.Itoa(int(most))+" characters")
	}
	return nil
}
