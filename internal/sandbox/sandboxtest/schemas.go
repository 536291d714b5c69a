package sandboxtest

import (
	"fmt"
)

// EveryField has a field of each core type, everyValue a value for each.
const (
	EveryField = `{
		"nick_text":{"allOf":[{"$ref":"#/definitions/text"}],"title":"Nickname","description":"","minLength":2,"maxLength":5},
		"about_longtext":{"allOf":[{"$ref":"#/definitions/longtext"}],"title":"About"},
		"home_url":{"allOf":[{"$ref":"#/definitions/url"}],"title":"Home page","minLength":0,"maxLength":200},
		"badge_identifier":{"allOf":[{"$ref":"#/definitions/identifier"}],"title":"Badge","maxLength":37},
		"size_enum":{"allOf":[{"$ref":"#/definitions/enum"}],"title":"Size","enum":["S","M","L"],
			"_enumProperties":{"S":{"title":"Small","_disabled":false}}},
		"birth_date":{"allOf":[{"$ref":"#/definitions/date"}],"title":"Birthday"},
		"seen_datetime":{"allOf":[{"$ref":"#/definitions/datetime"}],"title":"Last seen"},
		"floor_integer":{"allOf":[{"$ref":"#/definitions/integer"}],"title":"Floor","minimum":-2,"maximum":24},
		"share_number":{"allOf":[{"$ref":"#/definitions/number"}],"title":"Share","minimum":0.5,"maximum":31.3},
		"car_checkbox":{"allOf":[{"$ref":"#/definitions/checkbox"}],"title":"Has a car"},
		"likes_tag":{"allOf":[{"$ref":"#/definitions/tag"}],"title":"Likes","minItems":1,"maxItems":3,"uniqueItems":true,
			"items":{"minLength":2,"maxLength":20}}
	}`
	EveryValue = `{"nick_text":"Ada","about_longtext":"Likes\nlong walks","home_url":"https://example.com/a?b=1&c=2",
		"badge_identifier":"4711","size_enum":"M","birth_date":"1999-12-31","seen_datetime":"2026-08-20T04:35:23.391Z",
		"floor_integer":-2,"share_number":0.5,"car_checkbox":true,"likes_tag":["tea","cake"]}`
)

// SchemaBody is the body that creates or, with a version, updates a schema.
func SchemaBody(name string, version int, properties, required string) string {
	if required == "" {
		required = "[]"
	}
	return fmt.Sprintf(`{"name":%q,"version":%d,"jsonSchema":{"$schema":"http://json-schema.org/draft-04/schema#",`+
		`"title":%q,"description":"For tests","type":"object","required":%s,"properties":%s}}`, name, version, name, required, properties)
}

// Schema creates one and returns its id.
func (o *Sandbox) Schema(name, properties, required string) string {
	o.T.Helper()
	return o.Post(SchemasPath, SchemaBody(name, 0, properties, required)).Want(200).Str("id")
}

// SchemaOfEverything creates one with every core type and returns its id.
func (o *Sandbox) SchemaOfEverything() string {
	o.T.Helper()
	return o.Schema("Everything", EveryField, "")
}

// AttributesOf is the body of a write.
func AttributesOf(schema, values string) string {
	return fmt.Sprintf(`{"schemaId":%q,"attributes":%s}`, schema, values)
}
