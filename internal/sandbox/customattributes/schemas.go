package customattributes

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

const (
	schemasPath = wire.APIPrefix + "users/customattributes/schemas"
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
	createdBy *org.Reference
	created   wire.Instant
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
	ID         string               `json:"id"`
	Name       string               `json:"name"`
	Version    wire.Optional[int32] `json:"version"`
	Enabled    wire.Optional[bool]  `json:"enabled"`
	JSONSchema *schemaDocument      `json:"jsonSchema"`
}

type dataSchemaView struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Version     int32           `json:"version"`
	AppliesTo   []string        `json:"appliesTo"`
	Enabled     bool            `json:"enabled"`
	CreatedBy   *org.Reference  `json:"createdBy,omitempty"`
	DateCreated wire.Instant    `json:"dateCreated"`
	JSONSchema  *schemaDocument `json:"jsonSchema"`
	SelfURI     string          `json:"selfUri"`
}

// customSchemas are the schemas of an organisation, in order of creation.
type customSchemas struct{ list []*customSchema }

func getUsersCustomattributesSchemasLimits(*org.Organisation, *api.Call) (any, error) {
	return schemaLimits, nil
}

func (all *customSchemas) getUsersCustomattributesSchemas(_ *org.Organisation, c *api.Call) (any, error) {
	return api.ListInventory(c, all.list, func(s *customSchema) dataSchemaView { return s.current().view() }), nil
}

// postUsersCustomattributesSchemas adds a schema. The version of the body means
// nothing yet; every client sends another one.
func (all *customSchemas) postUsersCustomattributesSchemas(o *org.Organisation, c *api.Call, in dataSchemaWrite) (any, error) {
	if len(all.list) >= schemaLimits.MaxSchemas {
		return nil, problem.BadRequest("An organisation can have no more than " + strconv.Itoa(schemaLimits.MaxSchemas) + " schemas.")
	}
	s := &customSchema{created: wire.At(c.Now)}
	if err := all.revise(s, in); err != nil {
		return nil, err
	}
	s.id = o.NewID()
	if u, err := c.Me(o); err == nil {
		s.createdBy = u.Link()
	}
	all.list = append(slices.Clone(all.list), s)
	return s.current().view(), nil
}

func (all *customSchemas) getUsersCustomattributesSchema(_ *org.Organisation, c *api.Call) (any, error) {
	s, err := all.find(c.Params["schemaId"])
	if err != nil {
		return nil, err
	}
	return s.current().view(), nil
}

// putUsersCustomattributesSchema adds a version to a schema.
func (all *customSchemas) putUsersCustomattributesSchema(_ *org.Organisation, c *api.Call, in dataSchemaWrite) (any, error) {
	s, err := all.find(c.Params["schemaId"])
	switch {
	case err != nil:
		return nil, err
	case in.ID != "" && in.ID != s.id:
		return nil, problem.Invalid("id", "it is not the schema of the path")
	case !in.Version.Given || in.Version.Null:
		return nil, problem.Missing("version")
	case in.Version.Value != s.current().number:
		return nil, problem.StaleVersion(in.Version.Value, s.current().number)
	}
	if err := all.revise(s, in); err != nil {
		return nil, err
	}
	return s.current().view(), nil
}

// deleteUsersCustomattributesSchema deletes a schema, all its versions and what
// users have of it. Its name is free again.
func (all *customSchemas) deleteUsersCustomattributesSchema(_ *org.Organisation, c *api.Call) (any, error) {
	s, err := all.find(c.Params["schemaId"])
	if err != nil {
		return nil, err
	}
	all.list = slices.DeleteFunc(slices.Clone(all.list), func(other *customSchema) bool { return other == s })
	return api.NoContent{}, nil
}

// getUsersCustomattributesSchemaVersions lists all versions, oldest first.
func (all *customSchemas) getUsersCustomattributesSchemaVersions(_ *org.Organisation, c *api.Call) (any, error) {
	s, err := all.find(c.Params["schemaId"])
	if err != nil {
		return nil, err
	}
	return api.ListInventory(c, s.versions, (*schemaVersion).view), nil
}

func (all *customSchemas) getUsersCustomattributesSchemaVersion(_ *org.Organisation, c *api.Call) (any, error) {
	s, err := all.find(c.Params["schemaId"])
	if err != nil {
		return nil, err
	}
	number, err := strconv.ParseInt(c.Params["versionId"], 10, 32)
	version := s.version(int32(number))
	if err != nil || version == nil {
		return nil, problem.NotFound("schema version", "versionId")
	}
	return version.view(), nil
}

func (all *customSchemas) find(id string) (*customSchema, error) {
	i := slices.IndexFunc(all.list, func(s *customSchema) bool { return s.id == id })
	if i < 0 {
		return nil, problem.NotFound("schema", "schemaId")
	}
	return all.list[i], nil
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
func (all *customSchemas) revise(s *customSchema, in dataSchemaWrite) error {
	if in.JSONSchema == nil {
		return problem.Missing("jsonSchema")
	}
	next := &schemaVersion{
		schema: s, number: int32(len(s.versions)) + 1, name: in.Name, enabled: true, document: in.JSONSchema,
	}
	field := "name"
	if next.name == "" { // the title is the name for clients that know one only
		next.name, field = in.JSONSchema.Title, "jsonSchema.title"
	}
	if strings.TrimSpace(next.name) == "" {
		return problem.Missing("name")
	}
	if err := api.CheckCharacters(field, next.name, schemaLimits.MinSchemaName, schemaLimits.MaxSchemaName); err != nil {
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
	for _, other := range all.list {
		if other == s {
			continue
		}
		fields += len(other.current().fields)
		if strings.EqualFold(other.current().name, next.name) {
			return problem.Conflict("A schema with that name already exists.")
		}
	}
	if fields > schemaLimits.MaxFields {
		return problem.Invalid("jsonSchema.properties", "the organisation can have no more than "+
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
		return problem.Invalid("jsonSchema.$schema", "it must be "+schemaDialect)
	case d.Type != "" && d.Type != "object":
		return problem.Invalid("jsonSchema.type", "it must be object")
	case string(d.Additional) == "true":
		return problem.Invalid("jsonSchema.additionalProperties", "attributes must be in the schema")
	case len(d.Properties) > schemaLimits.MaxFieldsOfSchema:
		return problem.Invalid("jsonSchema.properties", "it must not have more than "+
			strconv.Itoa(schemaLimits.MaxFieldsOfSchema)+" fields")
	}
	d.Schema = schemaDialect
	if string(d.Additional) == "null" {
		d.Additional = nil
	}
	if d.Properties == nil {
		d.Properties = map[string]json.RawMessage{}
	}
	err := api.CheckCharacters("jsonSchema.description", d.Description, schemaLimits.MinSchemaDescription, schemaLimits.MaxSchemaDescription)
	if err != nil {
		return err
	}
	v.fields = make(map[string]schemaField, len(d.Properties))
	for _, name := range slices.Sorted(maps.Keys(d.Properties)) {
		path := "jsonSchema.properties." + name
		if err := api.CheckCharacters(path, name, schemaLimits.MinFieldName, schemaLimits.MaxFieldName); err != nil {
			return err
		}
		if v.fields[name], err = compileField(path, d.Properties[name]); err != nil {
			return err
		}
	}
	for _, name := range d.Required {
		if _, known := v.fields[name]; !known {
			return problem.Invalid("jsonSchema.required", "the schema has no field "+name)
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
			return problem.Invalid(path, "a field cannot be taken away")
		}
		if why := field.narrows(before.fields[name]); why != "" {
			return problem.Invalid(path, why)
		}
	}
	for _, name := range v.document.Required {
		if _, known := before.fields[name]; !known {
			return problem.Invalid("jsonSchema.required", "the new field "+name+" must be optional at first")
		}
	}
	return nil
}

// check refuses attributes that are not those of the schema. None is null.
func (v *schemaVersion) check(attributes map[string]json.RawMessage) error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		field, known := v.fields[name]
		if !known {
			return problem.Invalid("attributes."+name, "the schema has no such field")
		}
		if why := field.core.wrong(field, attributes[name]); why != "" {
			return problem.Invalid("attributes."+name, why)
		}
	}
	for _, name := range v.document.Required {
		if _, given := attributes[name]; !given {
			return problem.Missing("attributes." + name)
		}
	}
	return nil
}
