package customattributes_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestCustomAttributesLive(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	user, schema := box.Create("Ada", "ada@example.com"), box.SchemaOfEverything()
	path := box.UserPath(user, "/customattributes")
	box.Do("GET", path+"/"+schema, "").Problem(404, "custom.attributes.record.not.found")
	box.Remove(path+"/"+schema).Problem(404, "custom.attributes.record.not.found")

	first := box.Put(path, sandboxtest.AttributesOf(schema, sandboxtest.EveryValue)).Want(200)
	if first.Str("userId") != user || first.Str("schema", "id") != schema || first.Num("schema", "version") != 1 ||
		first.Str("selfUri") != path+"/"+schema || first.Num("attributes", "share_number") != 0.5 ||
		first.Str("attributes", "likes_tag", 1) != "cake" || len(first.At("attributes").(map[string]any)) != 11 {
		t.Errorf("%s", first.Text)
	}
	if got := box.Get(path + "/" + schema); got.Text != first.Text {
		t.Errorf("%s, put was %s", got.Text, first.Text)
	}
	// PATCH changes what it names, and null removes.
	merged := box.Patch(path, sandboxtest.AttributesOf(schema, `{"nick_text":"Lady","size_enum":null,"home_url":null}`)).Want(200)
	if merged.Str("attributes", "nick_text") != "Lady" || merged.At("attributes", "size_enum") != nil ||
		merged.Num("attributes", "floor_integer") != -2 || len(merged.At("attributes").(map[string]any)) != 9 ||
		merged.Str("id") != first.Str("id") {
		t.Errorf("%s", merged.Text)
	}
	// PUT replaces.
	replaced := box.Put(path, sandboxtest.AttributesOf(schema, `{"nick_text":"Bo","size_enum":null}`)).Want(200)
	if got := replaced.At("attributes").(map[string]any); len(got) != 1 || got["nick_text"] != "Bo" || replaced.Str("id") != first.Str("id") {
		t.Errorf("%s", replaced.Text)
	}
	// PATCH also begins.
	other := box.Create("Bo", "bo@example.com")
	begun := box.Patch(box.UserPath(other, "/customattributes"), sandboxtest.AttributesOf(schema, `{}`)).Want(200)
	if begun.Str("id") == first.Str("id") || begun.At("attributes") == nil {
		t.Errorf("%s", begun.Text)
	}
	box.Remove(path + "/" + schema).Want(204)
	box.Do("GET", path+"/"+schema, "").Problem(404, "custom.attributes.record.not.found")
	box.Get(box.UserPath(other, "/customattributes/"+schema))
}

func TestWrongCustomAttributesAreRefused(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	user, schema := box.Create("Ada", "ada@example.com"), box.SchemaOfEverything()
	path := box.UserPath(user, "/customattributes")
	before := box.Put(path, sandboxtest.AttributesOf(schema, sandboxtest.EveryValue)).Want(200)
	for name, c := range map[string]struct{ values, field string }{
		"an unknown field":           {`{"hair_text":"red"}`, "hair_text"},
		"a text that is a number":    {`{"nick_text":5}`, "nick_text"},
		"a text that is too short":   {`{"nick_text":"a"}`, "nick_text"},
		"a text that is too long":    {`{"nick_text":"abcdef"}`, "nick_text"},
		"a long text of a list":      {`{"about_longtext":["a"]}`, "about_longtext"},
		"a longer identifier":        {`{"badge_identifier":"` + strings.Repeat("x", 38) + `"}`, "badge_identifier"},
		"an address that is too big": {`{"home_url":"https://example.com/` + strings.Repeat("x", 200) + `"}`, "home_url"},
		"an unknown option":          {`{"size_enum":"XL"}`, "size_enum"},
		"an option in small letters": {`{"size_enum":"m"}`, "size_enum"},
		"a day that never was":       {`{"birth_date":"2023-02-29"}`, "birth_date"},
		"a moment for a day":         {`{"birth_date":"2023-02-28T00:00:00Z"}`, "birth_date"},
		"a day without zeros":        {`{"birth_date":"2023-2-8"}`, "birth_date"},
		"a day for a moment":         {`{"seen_datetime":"2026-08-20"}`, "seen_datetime"},
		"a moment of another zone":   {`{"seen_datetime":"2026-08-20T04:35:23+02:00"}`, "seen_datetime"},
		"a moment that never was":    {`{"seen_datetime":"2026-08-20T25:35:23.391Z"}`, "seen_datetime"},
		"a fraction":                 {`{"floor_integer":1.5}`, "floor_integer"},
		"a number in quotes":         {`{"floor_integer":"1"}`, "floor_integer"},
		"a floor that is too low":    {`{"floor_integer":-3}`, "floor_integer"},
		"a floor that is too high":   {`{"floor_integer":25}`, "floor_integer"},
		"a number beyond all":        {`{"floor_integer":99999999999999999999}`, "floor_integer"},
		"a share that is too small":  {`{"share_number":0.49}`, "share_number"},
		"a share that is too large":  {`{"share_number":31.31}`, "share_number"},
		"a box that says yes":        {`{"car_checkbox":"yes"}`, "car_checkbox"},
		"no tags":                    {`{"likes_tag":[]}`, "likes_tag"},
		"too many tags":              {`{"likes_tag":["aa","bb","cc","dd"]}`, "likes_tag"},
		"a tag twice":                {`{"likes_tag":["tea","cake","tea"]}`, "likes_tag"},
		"a tag that is too short":    {`{"likes_tag":["t"]}`, "likes_tag"},
		"a tag that is null":         {`{"likes_tag":["tea",null]}`, "likes_tag"},
		"tags that are a string":     {`{"likes_tag":"tea"}`, "likes_tag"},
		"an object":                  {`{"nick_text":{}}`, "nick_text"},
	} {
		t.Run(name, func(t *testing.T) {
			box := *box
			box.T = t
			box.Put(path, sandboxtest.AttributesOf(schema, c.values)).Problem(400, "bad.request", "attributes."+c.field)
			box.Patch(path, sandboxtest.AttributesOf(schema, c.values)).Problem(400, "bad.request", "attributes."+c.field)
		})
	}
	for body, field := range map[string]string{
		`{"attributes":{}}`:                                                   "schemaId",
		`{"schemaId":"` + schema + `"}`:                                       "attributes",
		`{"schemaId":"` + schema + `","attributes":null}`:                     "attributes",
		`{"schemaId":"` + schema + `","attributes":[]}`:                       "attributes",
		`{"schemaId":"` + schema + `","schemaVersion":2,"attributes":{}}`:     "schemaVersion",
		`{"schemaId":"` + schema + `","schemaVersion":-1,"attributes":{}}`:    "schemaVersion",
		`{"schemaId":"` + schema + `","schemaVersion":"one","attributes":{}}`: "schemaVersion",
	} {
		box.Put(path, body).Problem(400, "bad.request", field)
		box.Patch(path, body).Problem(400, "bad.request", field)
	}
	if after := box.Get(path + "/" + schema); after.Text != before.Text {
		t.Errorf("a refused write changed %s to %s", before.Text, after.Text)
	}
}

func TestValuesAreAsTheyWereSent(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	schema := box.Schema("S", `{"i":{"allOf":[{"$ref":"#/definitions/integer"}],"title":"I"},
		"n":{"allOf":[{"$ref":"#/definitions/number"}],"title":"N"},"t":{"allOf":[{"$ref":"#/definitions/text"}],"title":"T"}}`, "")
	path := box.UserPath(box.Agent(), "/customattributes")
	for _, values := range []string{
		`{"i":9007199254740991,"n":-9007199254740991,"t":""}`, `{"i":0,"n":1e-7,"t":"<a&b> \"é\" 日本"}`, `{"n":2.50}`,
	} {
		if a := box.Put(path, sandboxtest.AttributesOf(schema, values)).Want(200); !strings.Contains(a.Text, `"attributes":`+values) {
			t.Errorf("%s became %s", values, a.Text)
		}
	}
}

func TestCustomAttributesOfUnknownSchemasAndUsers(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	user, schema := box.Create("Ada", "ada@example.com"), box.SchemaOfEverything()
	path := box.UserPath(user, "/customattributes")
	box.Put(path, sandboxtest.AttributesOf("nothing", `{}`)).Problem(404, "schema.not.found")
	box.Patch(path, sandboxtest.AttributesOf("nothing", `{}`)).Problem(404, "schema.not.found")
	box.Patch(path+"/bulk", `[`+sandboxtest.AttributesOf("nothing", `{}`)+`]`).Problem(404, "schema.not.found")
	box.Do("GET", path+"/nothing", "").Problem(404, "schema.not.found")
	box.Remove(path+"/nothing").Problem(404, "schema.not.found")
	box.Do("GET", path+"/bulk?schemaIds=nothing", "").Problem(404, "schema.not.found")

	box.Put(path, sandboxtest.AttributesOf(schema, sandboxtest.EveryValue)).Want(200)
	box.Remove(box.UserPath(user, "")).Want(200)
	for _, id := range []string{user, "nobody"} {
		path := box.UserPath(id, "/customattributes")
		box.Put(path, sandboxtest.AttributesOf(schema, `{}`)).Problem(404, "user.not.found")
		box.Patch(path, sandboxtest.AttributesOf(schema, `{}`)).Problem(404, "user.not.found")
		box.Patch(path+"/bulk", `[`+sandboxtest.AttributesOf(schema, `{}`)+`]`).Problem(404, "user.not.found")
		box.Do("GET", path+"/"+schema, "").Problem(404, "user.not.found")
		box.Remove(path+"/"+schema).Problem(404, "user.not.found")
		box.Do("GET", path+"/bulk?schemaIds="+schema, "").Problem(404, "user.not.found")
	}
	// Who comes back has them back.
	version := int(box.Get(box.UserPath(user, "?state=deleted")).Num("version"))
	box.Patch(box.UserPath(user, ""), fmt.Sprintf(`{"version":%d,"state":"active"}`, version)).Want(200)
	box.Get(path + "/" + schema)
}

func TestBulkChangesAllOrNothing(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	user, one := box.Create("Ada", "ada@example.com"), box.SchemaOfEverything()
	two, three := box.Schema("Two", wordFields(2), ""), box.Schema("Three", wordFields(1), "")
	path := box.UserPath(user, "/customattributes")
	bulk := func(items ...string) sandboxtest.Answer {
		return box.Patch(path+"/bulk", `[`+strings.Join(items, ",")+`]`)
	}

	last := bulk(sandboxtest.AttributesOf(one, `{"nick_text":"Ada"}`), sandboxtest.AttributesOf(two, `{"f0_text":"a"}`),
		sandboxtest.AttributesOf(two, `{"f1_text":"b"}`)).Want(200)
	if last.Str("schema", "id") != two || last.Str("attributes", "f0_text") != "a" || last.Str("attributes", "f1_text") != "b" {
		t.Errorf("%s", last.Text)
	}
	bulk(sandboxtest.AttributesOf(one, `{"nick_text":"Eve"}`), sandboxtest.AttributesOf(two, `{"f9_text":"a"}`)).Problem(400, "bad.request", "attributes.f9_text")
	bulk(sandboxtest.AttributesOf(one, `{"nick_text":null,"car_checkbox":true}`), sandboxtest.AttributesOf(two, `{"f0_text":null}`)).Want(200)

	got := box.Get(path + "/bulk?schemaIds=" + two + "," + one + "&schemaIds=" + three + "&schemaIds=" + one)
	if len(got.List()) != 2 || got.Str(0, "schema", "id") != two || got.Str(1, "schema", "id") != one ||
		got.At(0, "attributes", "f0_text") != nil || got.Str(0, "attributes", "f1_text") != "b" ||
		got.At(1, "attributes", "car_checkbox") != true || got.At(1, "attributes", "nick_text") != nil {
		t.Errorf("%s", got.Text)
	}
	if a := box.Get(path + "/bulk?schemaIds=" + three); a.Text != "[]" {
		t.Errorf("%s", a.Text)
	}
	box.Do("GET", path+"/bulk", "").Problem(400, "bad.request", "schemaIds")
	box.Do("GET", path+"/bulk?schemaIds="+strings.Repeat("x,", 51), "").Problem(400, "bad.request", "schemaIds")
	bulk().Problem(400, "bad.request", "body")
	bulk(slices.Repeat([]string{sandboxtest.AttributesOf(one, `{}`)}, 51)...).Problem(400, "bad.request", "body")
	bulk(sandboxtest.AttributesOf("", `{}`)).Problem(400, "bad.request", "schemaId")
}

func TestCustomAttributesBelongToAVersionOfTheirSchema(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	field := func(name string) string {
		return `"` + name + `":{"allOf":[{"$ref":"#/definitions/text"}],"title":"T"}`
	}
	schema := box.Schema("S", `{`+field("a")+`}`, "")
	path := box.UserPath(box.Agent(), "/customattributes")
	box.Put(path, sandboxtest.AttributesOf(schema, `{"a":"1"}`)).Want(200)
	box.Put(sandboxtest.SchemasPath+"/"+schema, sandboxtest.SchemaBody("S", 1, `{`+field("a")+`,`+field("b")+`}`, "")).Want(200)
	box.Put(sandboxtest.SchemasPath+"/"+schema, sandboxtest.SchemaBody("S", 2, `{`+field("a")+`,`+field("b")+`}`, `["b"]`)).Want(200)
	if a := box.Get(path + "/" + schema); a.Num("schema", "version") != 1 {
		t.Errorf("a value moved to another version by itself: %s", a.Text)
	}
	box.Patch(path, sandboxtest.AttributesOf(schema, `{"a":"2"}`)).Problem(400, "bad.request", "attributes.b")
	for version, body := range map[int]string{1: `{"a":"3"}`, 2: `{"b":"4"}`} {
		a := box.Put(path, fmt.Sprintf(`{"schemaId":%q,"schemaVersion":%d,"attributes":%s}`, schema, version, body)).Want(200)
		if a.Num("schema", "version") != float64(version) {
			t.Errorf("%s", a.Text)
		}
	}
	box.Put(path, `{"schemaId":"`+schema+`","schemaVersion":1,"attributes":{"b":"5"}}`).Problem(400, "bad.request", "attributes.b")
	if a := box.Put(path, sandboxtest.AttributesOf(schema, `{"b":"6"}`)).Want(200); a.Num("schema", "version") != 3 {
		t.Errorf("%s", a.Text)
	}
	box.Patch(path, sandboxtest.AttributesOf(schema, `{"b":null}`)).Problem(400, "bad.request", "attributes.b")
}

func TestADisabledSchemaTakesNoNewUsers(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	schema := box.Schema("S", wordFields(1), "")
	has, hasNot := box.Create("Ada", "ada@example.com"), box.Create("Bo", "bo@example.com")
	box.Put(box.UserPath(has, "/customattributes"), sandboxtest.AttributesOf(schema, `{"f0_text":"a"}`)).Want(200)
	box.Put(sandboxtest.SchemasPath+"/"+schema, `{"enabled":false,`+sandboxtest.SchemaBody("S", 1, wordFields(1), "")[1:]).Want(200)
	box.Put(box.UserPath(hasNot, "/customattributes"), sandboxtest.AttributesOf(schema, `{}`)).Problem(400, "bad.request", "schemaId")
	box.Patch(box.UserPath(has, "/customattributes"), sandboxtest.AttributesOf(schema, `{"f0_text":"b"}`)).Want(200)
	box.Put(sandboxtest.SchemasPath+"/"+schema, `{"enabled":true,`+sandboxtest.SchemaBody("S", 2, wordFields(1), "")[1:]).Want(200)
	box.Put(box.UserPath(hasNot, "/customattributes"), sandboxtest.AttributesOf(schema, `{}`)).Want(200)
}

func TestValuesGoWithTheirSchema(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	schema := box.Schema("S", wordFields(1), "")
	path := box.UserPath(box.Agent(), "/customattributes")
	box.Put(path, sandboxtest.AttributesOf(schema, `{"f0_text":"a"}`)).Want(200)
	box.Remove(sandboxtest.SchemasPath + "/" + schema).Want(204)
	box.Do("GET", path+"/"+schema, "").Problem(404, "schema.not.found")
	again := box.Schema("S", wordFields(1), "")
	box.Do("GET", path+"/"+again, "").Problem(404, "custom.attributes.record.not.found")
}
