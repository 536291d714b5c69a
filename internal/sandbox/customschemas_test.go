package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// everyField has a field of each core type, everyValue a value for each.
const (
	everyField = `{
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
	everyValue = `{"nick_text":"Ada","about_longtext":"Likes\nlong walks","home_url":"https://example.com/a?b=1&c=2",
		"badge_identifier":"4711","size_enum":"M","birth_date":"1999-12-31","seen_datetime":"2026-08-20T04:35:23.391Z",
		"floor_integer":-2,"share_number":0.5,"car_checkbox":true,"likes_tag":["tea","cake"]}`
)

// schemaBody is the body that creates or, with a version, updates a schema.
func schemaBody(name string, version int, properties, required string) string {
	if required == "" {
		required = "[]"
	}
	return fmt.Sprintf(`{"name":%q,"version":%d,"jsonSchema":{"$schema":"http://json-schema.org/draft-04/schema#",`+
		`"title":%q,"description":"For tests","type":"object","required":%s,"properties":%s}}`, name, version, name, required, properties)
}

// wordFields are so many fields of core type text.
func wordFields(count int) string {
	fields := map[string]any{}
	for i := range count {
		fields[fmt.Sprintf("f%d_text", i)] = map[string]any{
			"allOf": []map[string]string{{"$ref": "#/definitions/text"}}, "title": fmt.Sprint("Field ", i),
		}
	}
	text, _ := json.Marshal(fields)
	return string(text)
}

// schema creates one and returns its id.
func (o *testOrg) schema(name, properties, required string) string {
	o.t.Helper()
	return o.post(schemasPath, schemaBody(name, 0, properties, required)).want(200).str("id")
}

func (o *testOrg) schemaOfEverything() string {
	o.t.Helper()
	return o.schema("Everything", everyField, "")
}

func TestASchemaLivesAndKeepsItsVersions(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	me := org.as(userTokenPrefix + org.sandbox.org.firstUserID)
	made := me.post(schemasPath, schemaBody("Persons", 0, everyField, `["nick_text"]`)).want(200)
	id := made.str("id")
	if made.num("version") != 1 || made.at("enabled") != true || made.str("createdBy", "id") != org.sandbox.org.firstUserID ||
		made.str("appliesTo", 0) != "USER_CUSTOM_ATTRIBUTES" || made.str("dateCreated") != "2026-08-20T04:35:23.391Z" ||
		made.str("jsonSchema", "$schema") != schemaDialect || made.str("jsonSchema", "required", 0) != "nick_text" ||
		made.num("jsonSchema", "properties", "share_number", "maximum") != 31.3 {
		t.Errorf("%s", made.text)
	}
	if got := org.get(schemasPath + "/" + id); got.text != made.text || got.str("selfUri") != schemasPath+"/"+id {
		t.Errorf("%s, made was %s", got.text, made.text)
	}
	org.clock.advance(1e9)
	next := org.put(schemasPath+"/"+id, schemaBody("People", 1, everyField, "")).want(200)
	if next.num("version") != 2 || next.str("name") != "People" || next.str("dateCreated") != made.str("dateCreated") {
		t.Errorf("%s", next.text)
	}
	org.put(schemasPath+"/"+id, schemaBody("People", 1, everyField, "")).problem(409, "general.conflict", "version")
	disabled := strings.Replace(schemaBody("People", 2, everyField, ""), "{", `{"enabled":false,"id":"`+id+`",`, 1)
	org.put(schemasPath+"/"+id, disabled).want(200)
	if again := org.put(schemasPath+"/"+id, schemaBody("People", 3, everyField, "")).want(200); again.at("enabled") != false {
		t.Errorf("a schema is enabled by an update that does not say so: %s", again.text)
	}
	all := org.get(schemasPath + "/" + id + "/versions")
	var versions []float64
	for i := range all.list("entities") {
		versions = append(versions, all.num("entities", i, "version"))
	}
	if !slices.Equal(versions, []float64{1, 2, 3, 4}) || all.num("total") != 4 {
		t.Errorf("versions %v: %s", versions, all.text)
	}
	if first := org.get(schemasPath + "/" + id + "/versions/1"); first.text != made.text {
		t.Errorf("version 1 became %s", first.text)
	}
	for _, version := range []string{"0", "5", "-1", "x", "4294967297"} {
		org.do("GET", schemasPath+"/"+id+"/versions/"+version, "").problem(404, "schema.version.not.found")
	}
	other := org.schema("Others", `{}`, "")
	if list := org.get(schemasPath); list.num("total") != 2 || !slices.Equal(ids(list.list("entities")), []string{id, other}) {
		t.Errorf("%s", list.text)
	}
	if a := org.get(schemasPath + "/" + other); a.at("createdBy") != nil {
		t.Errorf("made by nobody in particular: %s", a.text)
	}
	org.remove(schemasPath + "/" + id).want(204)
	for _, rest := range []string{"", "/versions", "/versions/1"} {
		org.do("GET", schemasPath+"/"+id+rest, "").problem(404, "schema.not.found")
	}
	org.remove(schemasPath+"/"+id).problem(404, "schema.not.found")
	org.put(schemasPath+"/"+id, schemaBody("People", 4, everyField, "")).problem(404, "schema.not.found")
	org.schema("people", everyField, "") // the name is free again
}

func TestASchemaThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	org.schema("Taken", `{}`, "")
	field := func(core, members string) string {
		return schemaBody("S", 0, `{"f":{"allOf":[{"$ref":"#/definitions/`+core+`"}],"title":"F"`+members+`}}`, "")
	}
	const f = "jsonSchema.properties.f"
	for name, c := range map[string]struct{ body, field string }{
		"no document":                   {`{"name":"S"}`, "jsonSchema"},
		"no name":                       {`{"jsonSchema":{}}`, "name"},
		"a blank name":                  {`{"name":" ","jsonSchema":{}}`, "name"},
		"a long name":                   {schemaBody(strings.Repeat("é", 51), 0, `{}`, ""), "name"},
		"a long title for a name":       {`{"jsonSchema":{"title":"` + strings.Repeat("é", 51) + `"}}`, "jsonSchema.title"},
		"a long description":            {`{"name":"S","jsonSchema":{"description":"` + strings.Repeat("x", 201) + `"}}`, "jsonSchema.description"},
		"another dialect":               {`{"name":"S","jsonSchema":{"$schema":"http://json-schema.org/draft-07/schema#"}}`, "jsonSchema.$schema"},
		"a type that is no object":      {`{"name":"S","jsonSchema":{"type":"array"}}`, "jsonSchema.type"},
		"room for other attributes":     {`{"name":"S","jsonSchema":{"additionalProperties":true}}`, "jsonSchema.additionalProperties"},
		"a required field it lacks":     {schemaBody("S", 0, `{}`, `["f"]`), "jsonSchema.required"},
		"properties that are a list":    {`{"name":"S","jsonSchema":{"properties":[]}}`, "jsonSchema.properties"},
		"too many fields":               {schemaBody("S", 0, wordFields(51), ""), "jsonSchema.properties"},
		"a field without a name":        {schemaBody("S", 0, `{"":{}}`, ""), "jsonSchema.properties."},
		"a field that is null":          {schemaBody("S", 0, `{"f":null}`, ""), f},
		"a field that is a string":      {schemaBody("S", 0, `{"f":"text"}`, ""), f},
		"a field of no core type":       {schemaBody("S", 0, `{"f":{"type":"string","title":"F"}}`, ""), f + ".allOf"},
		"a field of two core types":     {schemaBody("S", 0, `{"f":{"allOf":[{},{}],"title":"F"}}`, ""), f + ".allOf"},
		"a field of a wrong allOf":      {schemaBody("S", 0, `{"f":{"allOf":"text","title":"F"}}`, ""), f + ".allOf"},
		"an unknown core type":          {field("colour", ""), f + ".allOf"},
		"a core type from elsewhere":    {schemaBody("S", 0, `{"f":{"allOf":[{"$ref":"text"}],"title":"F"}}`, ""), f + ".allOf"},
		"a field without a title":       {schemaBody("S", 0, `{"f":{"allOf":[{"$ref":"#/definitions/text"}]}}`, ""), f + ".title"},
		"a field with an empty title":   {schemaBody("S", 0, `{"f":{"allOf":[{"$ref":"#/definitions/text"}],"title":""}}`, ""), f + ".title"},
		"a title that is a number":      {schemaBody("S", 0, `{"f":{"allOf":[{"$ref":"#/definitions/text"}],"title":1}}`, ""), f + ".title"},
		"a long field description":      {field("text", `,"description":"`+strings.Repeat("x", 201)+`"`), f + ".description"},
		"a text that is too long":       {field("text", `,"maxLength":101`), f + ".maxLength"},
		"a text of no length":           {field("text", `,"maxLength":0`), f + ".maxLength"},
		"a negative length":             {field("text", `,"minLength":-1`), f + ".minLength"},
		"half a character":              {field("text", `,"minLength":1.5`), f + ".minLength"},
		"a length in words":             {field("text", `,"minLength":"one"`), f + ".minLength"},
		"lengths the wrong way round":   {field("text", `,"minLength":6,"maxLength":5`), f + ".minLength"},
		"a text with a maximum":         {field("text", `,"maximum":5`), f + ".maximum"},
		"a text with a pattern":         {field("text", `,"pattern":"a*"`), f + ".pattern"},
		"a number with a length":        {field("number", `,"maxLength":5`), f + ".maxLength"},
		"a checkbox with options":       {field("checkbox", `,"enum":["yes"]`), f + ".enum"},
		"a date with a minimum":         {field("date", `,"minimum":1`), f + ".minimum"},
		"a fraction bounds an integer":  {field("integer", `,"minimum":0.5`), f + ".minimum"},
		"an integer beyond the largest": {field("integer", `,"maximum":9007199254740993`), f + ".maximum"},
		"an enum without values":        {field("enum", ``), f + ".enum"},
		"an enum of no values":          {field("enum", `,"enum":[]`), f + ".enum"},
		"an enum with a value twice":    {field("enum", `,"enum":["a","a"]`), f + ".enum"},
		"an enum of numbers":            {field("enum", `,"enum":[1]`), f + ".enum"},
		"an enum with a long value":     {field("enum", `,"enum":["`+strings.Repeat("x", 101)+`"]`), f + ".enum"},
		"an enum with too many values": {
			field("enum", `,"enum":["`+strings.Join(strings.Fields(fmt.Sprint(make([]int, 51))), `","`)+`"]`), f + ".enum",
		},
		"an enum that shows no value of it": {field("enum", `,"enum":["a"],"_enumProperties":{"b":{}}`), f + "._enumProperties"},
		"a tag with too many items":         {field("tag", `,"maxItems":11`), f + ".maxItems"},
		"a tag with long items":             {field("tag", `,"items":{"maxLength":101}`), f + ".items.maxLength"},
		"a tag with items of a type":        {field("tag", `,"items":{"type":"string"}`), f + ".items.type"},
		"a tag with items that are a list":  {field("tag", `,"items":[]`), f + ".items"},
		"a tag that is unique in words":     {field("tag", `,"uniqueItems":"yes"`), f + ".uniqueItems"},
		"a text with items":                 {field("text", `,"items":{}`), f + ".items"},
	} {
		t.Run(name, func(t *testing.T) {
			org := *org
			org.t = t
			org.post(schemasPath, c.body).problem(400, "bad.request", c.field)
		})
	}
	org.post(schemasPath, schemaBody("TAKEN", 0, `{}`, "")).problem(409, "general.conflict")
	if a := org.get(schemasPath); a.num("total") != 1 {
		t.Errorf("a refused schema is there: %s", a.text)
	}
}

func TestASchemaIsNamedByItsTitleWhenItHasNoName(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	a := org.post(schemasPath, `{"jsonSchema":{"title":"Example","additionalProperties":null,"properties":null}}`).want(200)
	if a.str("name") != "Example" || a.str("jsonSchema", "$schema") != schemaDialect || a.at("jsonSchema", "properties") == nil {
		t.Errorf("%s", a.text)
	}
}

func TestTheLimitsOfSchemasAreThoseAnnounced(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{RateLimit: 1000})
	limits := org.get(schemasPath + "/limits")
	perSchema, perOrg := int(limits.num("maxNumberOfFieldsPerSchema")), int(limits.num("maxNumberOfFieldsPerOrg"))
	for i := range perOrg / perSchema {
		org.schema(fmt.Sprint("Full ", i), wordFields(perSchema), "")
	}
	org.post(schemasPath, schemaBody("One more", 0, wordFields(1), "")).problem(400, "bad.request", "jsonSchema.properties")
	for i := perOrg / perSchema; i < int(limits.num("maxNumberOfSchemasPerOrg")); i++ {
		org.schema(fmt.Sprint("Empty ", i), `{}`, "")
	}
	org.post(schemasPath, schemaBody("One more", 0, `{}`, "")).problem(400, "bad.request")
	last := org.get(schemasPath).str("entities", 19, "id")
	org.put(schemasPath+"/"+last, schemaBody("Empty 19", 1, wordFields(1), "")).problem(400, "bad.request", "jsonSchema.properties")
	full := org.get(schemasPath).str("entities", 0, "id")
	org.put(schemasPath+"/"+full, schemaBody("Full 0", 1, wordFields(perSchema), "")).want(200) // its own fields do not count twice
	org.remove(schemasPath + "/" + full).want(204)
	org.schema("One more", wordFields(perSchema), "")
}

func TestAnUpdateOfASchemaKeepsWhatUsersHaveValid(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	const before = `"a":{"allOf":[{"$ref":"#/definitions/text"}],"title":"A","minLength":2,"maxLength":5},
		"b":{"allOf":[{"$ref":"#/definitions/enum"}],"title":"B","enum":["x","y"]},
		"c":{"allOf":[{"$ref":"#/definitions/tag"}],"title":"C","items":{"maxLength":9}}`
	id := org.schema("S", `{`+before+`}`, "")
	path := schemasPath + "/" + id
	for name, c := range map[string]struct{ old, new, field string }{
		"a field goes":              {`"a":{`, `"z":{`, "jsonSchema.properties.a"},
		"a field changes its type":  {"definitions/text", "definitions/longtext", "jsonSchema.properties.a"},
		"a text gets shorter":       {`"maxLength":5`, `"maxLength":4`, "jsonSchema.properties.a"},
		"a text must be longer":     {`"minLength":2`, `"minLength":3`, "jsonSchema.properties.a"},
		"an enum loses a value":     {`"x","y"`, `"x","z"`, "jsonSchema.properties.b"},
		"an item gets shorter":      {`"maxLength":9`, `"maxLength":8`, "jsonSchema.properties.c"},
		"items must be distinct":    {`"title":"C"`, `"title":"C","uniqueItems":true`, "jsonSchema.properties.c"},
		"a field is of no use":      {`"title":"C"`, `"title":""`, "jsonSchema.properties.c.title"},
		"there are too many tags":   {`"title":"C"`, `"title":"C","maxItems":12`, "jsonSchema.properties.c.maxItems"},
		"there are fewer tags":      {`"title":"C"`, `"title":"C","maxItems":9`, "jsonSchema.properties.c"},
		"there must be more tags":   {`"title":"C"`, `"title":"C","minItems":1`, "jsonSchema.properties.c"},
		"an enum becomes something": {"definitions/enum", "definitions/any", "jsonSchema.properties.b.allOf"},
	} {
		t.Run(name, func(t *testing.T) {
			org := *org
			org.t = t
			org.put(path, schemaBody("S", 1, `{`+strings.Replace(before, c.old, c.new, 1)+`}`, "")).problem(400, "bad.request", c.field)
		})
	}
	const added = `,"d":{"allOf":[{"$ref":"#/definitions/date"}],"title":"D"}`
	org.put(path, schemaBody("S", 1, `{`+before+added+`}`, `["d"]`)).problem(400, "bad.request", "jsonSchema.required")
	org.put(path, `{"version":1}`).problem(400, "bad.request", "jsonSchema")
	org.put(path, `{"name":"S","jsonSchema":{}}`).problem(400, "bad.request", "version")
	org.put(path, `{"id":"x","version":1}`).problem(400, "bad.request", "id")

	wider := strings.NewReplacer(`"maxLength":5`, `"maxLength":50`, `"minLength":2`, `"minLength":0`, `"x","y"`, `"y","z","x"`).Replace(before)
	org.put(path, schemaBody("S", 1, `{`+wider+added+`}`, `["a"]`)).want(200)
	org.put(path, schemaBody("S", 2, `{`+wider+added+`}`, `["a","d"]`)).want(200) // no longer new
	other := org.schema("Other", `{}`, "")
	org.put(schemasPath+"/"+other, schemaBody("s", 1, `{}`, "")).problem(409, "general.conflict")
}

func TestCoreTypesSayWhatASchemaMaySay(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	all := org.get(schemasPath + "/coretypes")
	names := []string{"text", "longtext", "url", "identifier", "enum", "date", "datetime", "integer", "number", "checkbox", "tag"}
	if !slices.Equal(ids(all.list("entities")), names) || all.num("total") != float64(len(names)) {
		t.Errorf("%s", all.text)
	}
	for _, name := range names {
		one := org.get(schemasPath + "/coretypes/" + name)
		if one.str("name") != name || one.str("selfUri") != schemasPath+"/coretypes/"+name || one.at("validationFields") == nil {
			t.Errorf("%s", one.text)
		}
		// What it says of a constraint holds: the extremes are accepted, and what is
		// beyond them is not.
		for _, keyword := range one.list("validationFields") {
			for limit, beyond := range map[string]float64{"min": -1, "max": 1} {
				n := one.num("validationLimits", keyword, limit)
				body := func(n float64) string {
					return schemaBody(fmt.Sprint(name, keyword, limit), 0, fmt.Sprintf(
						`{"f":{"allOf":[{"$ref":"#/definitions/%s"}],"title":"F",%q:%.0f}}`, name, keyword, n), "")
				}
				id := org.post(schemasPath, body(n)).want(200).str("id")
				org.remove(schemasPath + "/" + id).want(204)
				org.post(schemasPath, body(n+beyond)).problem(400, "bad.request", fmt.Sprint("jsonSchema.properties.f.", keyword))
			}
		}
	}
	org.do("GET", schemasPath+"/coretypes/colour", "").problem(404, "core.type.not.found")
}
