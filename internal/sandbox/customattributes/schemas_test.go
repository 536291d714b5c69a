package customattributes_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/customattributes"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

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

func TestASchemaLivesAndKeepsItsVersions(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	me := box.As("sandbox-user-" + box.State.FirstUserID)
	made := me.Post(sandboxtest.SchemasPath, sandboxtest.SchemaBody("Persons", 0, sandboxtest.EveryField, `["nick_text"]`)).Want(200)
	id := made.Str("id")
	if made.Num("version") != 1 || made.At("enabled") != true || made.Str("createdBy", "id") != box.State.FirstUserID ||
		made.Str("appliesTo", 0) != "USER_CUSTOM_ATTRIBUTES" || made.Str("dateCreated") != "2026-08-20T04:35:23.391Z" ||
		made.Str("jsonSchema", "$schema") != customattributes.SchemaDialect || made.Str("jsonSchema", "required", 0) != "nick_text" ||
		made.Num("jsonSchema", "properties", "share_number", "maximum") != 31.3 {
		t.Errorf("%s", made.Text)
	}
	if got := box.Get(sandboxtest.SchemasPath + "/" + id); got.Text != made.Text || got.Str("selfUri") != sandboxtest.SchemasPath+"/"+id {
		t.Errorf("%s, made was %s", got.Text, made.Text)
	}
	box.Clock.Advance(1e9)
	next := box.Put(sandboxtest.SchemasPath+"/"+id, sandboxtest.SchemaBody("People", 1, sandboxtest.EveryField, "")).Want(200)
	if next.Num("version") != 2 || next.Str("name") != "People" || next.Str("dateCreated") != made.Str("dateCreated") {
		t.Errorf("%s", next.Text)
	}
	box.Put(sandboxtest.SchemasPath+"/"+id, sandboxtest.SchemaBody("People", 1, sandboxtest.EveryField, "")).Problem(409, "general.conflict", "version")
	disabled := strings.Replace(sandboxtest.SchemaBody("People", 2, sandboxtest.EveryField, ""), "{", `{"enabled":false,"id":"`+id+`",`, 1)
	box.Put(sandboxtest.SchemasPath+"/"+id, disabled).Want(200)
	if again := box.Put(sandboxtest.SchemasPath+"/"+id, sandboxtest.SchemaBody("People", 3, sandboxtest.EveryField, "")).Want(200); again.At("enabled") != false {
		t.Errorf("a schema is enabled by an update that does not say so: %s", again.Text)
	}
	all := box.Get(sandboxtest.SchemasPath + "/" + id + "/versions")
	var versions []float64
	for i := range all.List("entities") {
		versions = append(versions, all.Num("entities", i, "version"))
	}
	if !slices.Equal(versions, []float64{1, 2, 3, 4}) || all.Num("total") != 4 {
		t.Errorf("versions %v: %s", versions, all.Text)
	}
	if first := box.Get(sandboxtest.SchemasPath + "/" + id + "/versions/1"); first.Text != made.Text {
		t.Errorf("version 1 became %s", first.Text)
	}
	for _, version := range []string{"0", "5", "-1", "x", "4294967297"} {
		box.Do("GET", sandboxtest.SchemasPath+"/"+id+"/versions/"+version, "").Problem(404, "schema.version.not.found")
	}
	other := box.Schema("Others", `{}`, "")
	if list := box.Get(sandboxtest.SchemasPath); list.Num("total") != 2 || !slices.Equal(sandboxtest.Ids(list.List("entities")), []string{id, other}) {
		t.Errorf("%s", list.Text)
	}
	if a := box.Get(sandboxtest.SchemasPath + "/" + other); a.At("createdBy") != nil {
		t.Errorf("made by nobody in particular: %s", a.Text)
	}
	box.Remove(sandboxtest.SchemasPath + "/" + id).Want(204)
	for _, rest := range []string{"", "/versions", "/versions/1"} {
		box.Do("GET", sandboxtest.SchemasPath+"/"+id+rest, "").Problem(404, "schema.not.found")
	}
	box.Remove(sandboxtest.SchemasPath+"/"+id).Problem(404, "schema.not.found")
	box.Put(sandboxtest.SchemasPath+"/"+id, sandboxtest.SchemaBody("People", 4, sandboxtest.EveryField, "")).Problem(404, "schema.not.found")
	box.Schema("people", sandboxtest.EveryField, "") // the name is free again
}

func TestASchemaThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	box.Schema("Taken", `{}`, "")
	field := func(core, members string) string {
		return sandboxtest.SchemaBody("S", 0, `{"f":{"allOf":[{"$ref":"#/definitions/`+core+`"}],"title":"F"`+members+`}}`, "")
	}
	const f = "jsonSchema.properties.f"
	for name, c := range map[string]struct{ body, field string }{
		"no document":                   {`{"name":"S"}`, "jsonSchema"},
		"no name":                       {`{"jsonSchema":{}}`, "name"},
		"a blank name":                  {`{"name":" ","jsonSchema":{}}`, "name"},
		"a long name":                   {sandboxtest.SchemaBody(strings.Repeat("é", 51), 0, `{}`, ""), "name"},
		"a long title for a name":       {`{"jsonSchema":{"title":"` + strings.Repeat("é", 51) + `"}}`, "jsonSchema.title"},
		"a long description":            {`{"name":"S","jsonSchema":{"description":"` + strings.Repeat("x", 201) + `"}}`, "jsonSchema.description"},
		"another dialect":               {`{"name":"S","jsonSchema":{"$schema":"http://json-schema.org/draft-07/schema#"}}`, "jsonSchema.$schema"},
		"a type that is no object":      {`{"name":"S","jsonSchema":{"type":"array"}}`, "jsonSchema.type"},
		"room for other attributes":     {`{"name":"S","jsonSchema":{"additionalProperties":true}}`, "jsonSchema.additionalProperties"},
		"a required field it lacks":     {sandboxtest.SchemaBody("S", 0, `{}`, `["f"]`), "jsonSchema.required"},
		"properties that are a list":    {`{"name":"S","jsonSchema":{"properties":[]}}`, "jsonSchema.properties"},
		"too many fields":               {sandboxtest.SchemaBody("S", 0, wordFields(51), ""), "jsonSchema.properties"},
		"a field without a name":        {sandboxtest.SchemaBody("S", 0, `{"":{}}`, ""), "jsonSchema.properties."},
		"a field that is null":          {sandboxtest.SchemaBody("S", 0, `{"f":null}`, ""), f},
		"a field that is a string":      {sandboxtest.SchemaBody("S", 0, `{"f":"text"}`, ""), f},
		"a field of no core type":       {sandboxtest.SchemaBody("S", 0, `{"f":{"type":"string","title":"F"}}`, ""), f + ".allOf"},
		"a field of two core types":     {sandboxtest.SchemaBody("S", 0, `{"f":{"allOf":[{},{}],"title":"F"}}`, ""), f + ".allOf"},
		"a field of a wrong allOf":      {sandboxtest.SchemaBody("S", 0, `{"f":{"allOf":"text","title":"F"}}`, ""), f + ".allOf"},
		"an unknown core type":          {field("colour", ""), f + ".allOf"},
		"a core type from elsewhere":    {sandboxtest.SchemaBody("S", 0, `{"f":{"allOf":[{"$ref":"text"}],"title":"F"}}`, ""), f + ".allOf"},
		"a field without a title":       {sandboxtest.SchemaBody("S", 0, `{"f":{"allOf":[{"$ref":"#/definitions/text"}]}}`, ""), f + ".title"},
		"a field with an empty title":   {sandboxtest.SchemaBody("S", 0, `{"f":{"allOf":[{"$ref":"#/definitions/text"}],"title":""}}`, ""), f + ".title"},
		"a title that is a number":      {sandboxtest.SchemaBody("S", 0, `{"f":{"allOf":[{"$ref":"#/definitions/text"}],"title":1}}`, ""), f + ".title"},
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
			box := *box
			box.T = t
			box.Post(sandboxtest.SchemasPath, c.body).Problem(400, "bad.request", c.field)
		})
	}
	box.Post(sandboxtest.SchemasPath, sandboxtest.SchemaBody("TAKEN", 0, `{}`, "")).Problem(409, "general.conflict")
	if a := box.Get(sandboxtest.SchemasPath); a.Num("total") != 1 {
		t.Errorf("a refused schema is there: %s", a.Text)
	}
}

func TestASchemaIsNamedByItsTitleWhenItHasNoName(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	a := box.Post(sandboxtest.SchemasPath, `{"jsonSchema":{"title":"Example","additionalProperties":null,"properties":null}}`).Want(200)
	if a.Str("name") != "Example" || a.Str("jsonSchema", "$schema") != customattributes.SchemaDialect || a.At("jsonSchema", "properties") == nil {
		t.Errorf("%s", a.Text)
	}
}

func TestTheLimitsOfSchemasAreThoseAnnounced(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{RateLimit: 1000})
	limits := box.Get(sandboxtest.SchemasPath + "/limits")
	perSchema, perOrg := int(limits.Num("maxNumberOfFieldsPerSchema")), int(limits.Num("maxNumberOfFieldsPerOrg"))
	for i := range perOrg / perSchema {
		box.Schema(fmt.Sprint("Full ", i), wordFields(perSchema), "")
	}
	box.Post(sandboxtest.SchemasPath, sandboxtest.SchemaBody("One more", 0, wordFields(1), "")).Problem(400, "bad.request", "jsonSchema.properties")
	for i := perOrg / perSchema; i < int(limits.Num("maxNumberOfSchemasPerOrg")); i++ {
		box.Schema(fmt.Sprint("Empty ", i), `{}`, "")
	}
	box.Post(sandboxtest.SchemasPath, sandboxtest.SchemaBody("One more", 0, `{}`, "")).Problem(400, "bad.request")
	last := box.Get(sandboxtest.SchemasPath).Str("entities", 19, "id")
	box.Put(sandboxtest.SchemasPath+"/"+last, sandboxtest.SchemaBody("Empty 19", 1, wordFields(1), "")).Problem(400, "bad.request", "jsonSchema.properties")
	full := box.Get(sandboxtest.SchemasPath).Str("entities", 0, "id")
	box.Put(sandboxtest.SchemasPath+"/"+full, sandboxtest.SchemaBody("Full 0", 1, wordFields(perSchema), "")).Want(200) // its own fields do not count twice
	box.Remove(sandboxtest.SchemasPath + "/" + full).Want(204)
	box.Schema("One more", wordFields(perSchema), "")
}

func TestAnUpdateOfASchemaKeepsWhatUsersHaveValid(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	const before = `"a":{"allOf":[{"$ref":"#/definitions/text"}],"title":"A","minLength":2,"maxLength":5},
		"b":{"allOf":[{"$ref":"#/definitions/enum"}],"title":"B","enum":["x","y"]},
		"c":{"allOf":[{"$ref":"#/definitions/tag"}],"title":"C","items":{"maxLength":9}}`
	id := box.Schema("S", `{`+before+`}`, "")
	path := sandboxtest.SchemasPath + "/" + id
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
			box := *box
			box.T = t
			box.Put(path, sandboxtest.SchemaBody("S", 1, `{`+strings.Replace(before, c.old, c.new, 1)+`}`, "")).Problem(400, "bad.request", c.field)
		})
	}
	const added = `,"d":{"allOf":[{"$ref":"#/definitions/date"}],"title":"D"}`
	box.Put(path, sandboxtest.SchemaBody("S", 1, `{`+before+added+`}`, `["d"]`)).Problem(400, "bad.request", "jsonSchema.required")
	box.Put(path, `{"version":1}`).Problem(400, "bad.request", "jsonSchema")
	box.Put(path, `{"name":"S","jsonSchema":{}}`).Problem(400, "bad.request", "version")
	box.Put(path, `{"id":"x","version":1}`).Problem(400, "bad.request", "id")

	wider := strings.NewReplacer(`"maxLength":5`, `"maxLength":50`, `"minLength":2`, `"minLength":0`, `"x","y"`, `"y","z","x"`).Replace(before)
	box.Put(path, sandboxtest.SchemaBody("S", 1, `{`+wider+added+`}`, `["a"]`)).Want(200)
	box.Put(path, sandboxtest.SchemaBody("S", 2, `{`+wider+added+`}`, `["a","d"]`)).Want(200) // no longer new
	other := box.Schema("Other", `{}`, "")
	box.Put(sandboxtest.SchemasPath+"/"+other, sandboxtest.SchemaBody("s", 1, `{}`, "")).Problem(409, "general.conflict")
}

func TestCoreTypesSayWhatASchemaMaySay(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	all := box.Get(sandboxtest.SchemasPath + "/coretypes")
	names := []string{"text", "longtext", "url", "identifier", "enum", "date", "datetime", "integer", "number", "checkbox", "tag"}
	if !slices.Equal(sandboxtest.Ids(all.List("entities")), names) || all.Num("total") != float64(len(names)) {
		t.Errorf("%s", all.Text)
	}
	for _, name := range names {
		one := box.Get(sandboxtest.SchemasPath + "/coretypes/" + name)
		if one.Str("name") != name || one.Str("selfUri") != sandboxtest.SchemasPath+"/coretypes/"+name || one.At("validationFields") == nil {
			t.Errorf("%s", one.Text)
		}
		// What it says of a constraint holds: the extremes are accepted, and what is
		// beyond them is not.
		for _, keyword := range one.List("validationFields") {
			for limit, beyond := range map[string]float64{"min": -1, "max": 1} {
				n := one.Num("validationLimits", keyword, limit)
				body := func(n float64) string {
					return sandboxtest.SchemaBody(fmt.Sprint(name, keyword, limit), 0, fmt.Sprintf(
						`{"f":{"allOf":[{"$ref":"#/definitions/%s"}],"title":"F",%q:%.0f}}`, name, keyword, n), "")
				}
				id := box.Post(sandboxtest.SchemasPath, body(n)).Want(200).Str("id")
				box.Remove(sandboxtest.SchemasPath + "/" + id).Want(204)
				box.Post(sandboxtest.SchemasPath, body(n+beyond)).Problem(400, "bad.request", fmt.Sprint("jsonSchema.properties.f.", keyword))
			}
		}
	}
	box.Do("GET", sandboxtest.SchemasPath+"/coretypes/colour", "").Problem(404, "core.type.not.found")
}
