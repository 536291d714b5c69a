package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// attributesOf is the body of a write.
func attributesOf(schema, values string) string {
	return fmt.Sprintf(`{"schemaId":%q,"attributes":%s}`, schema, values)
}

func TestCustomAttributesLive(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	user, schema := org.create("Ada", "ada@example.com"), org.schemaOfEverything()
	path := org.userPath(user, "/customattributes")
	org.do("GET", path+"/"+schema, "").problem(404, "custom.attributes.record.not.found")
	org.remove(path+"/"+schema).problem(404, "custom.attributes.record.not.found")

	first := org.put(path, attributesOf(schema, everyValue)).want(200)
	if first.str("userId") != user || first.str("schema", "id") != schema || first.num("schema", "version") != 1 ||
		first.str("selfUri") != path+"/"+schema || first.num("attributes", "share_number") != 0.5 ||
		first.str("attributes", "likes_tag", 1) != "cake" || len(first.at("attributes").(map[string]any)) != 11 {
		t.Errorf("%s", first.text)
	}
	if got := org.get(path + "/" + schema); got.text != first.text {
		t.Errorf("%s, put was %s", got.text, first.text)
	}
	// PATCH changes what it names, and null removes.
	merged := org.patch(path, attributesOf(schema, `{"nick_text":"Lady","size_enum":null,"home_url":null}`)).want(200)
	if merged.str("attributes", "nick_text") != "Lady" || merged.at("attributes", "size_enum") != nil ||
		merged.num("attributes", "floor_integer") != -2 || len(merged.at("attributes").(map[string]any)) != 9 ||
		merged.str("id") != first.str("id") {
		t.Errorf("%s", merged.text)
	}
	// PUT replaces.
	replaced := org.put(path, attributesOf(schema, `{"nick_text":"Bo","size_enum":null}`)).want(200)
	if got := replaced.at("attributes").(map[string]any); len(got) != 1 || got["nick_text"] != "Bo" || replaced.str("id") != first.str("id") {
		t.Errorf("%s", replaced.text)
	}
	// PATCH also begins.
	other := org.create("Bo", "bo@example.com")
	begun := org.patch(org.userPath(other, "/customattributes"), attributesOf(schema, `{}`)).want(200)
	if begun.str("id") == first.str("id") || begun.at("attributes") == nil {
		t.Errorf("%s", begun.text)
	}
	org.remove(path + "/" + schema).want(204)
	org.do("GET", path+"/"+schema, "").problem(404, "custom.attributes.record.not.found")
	org.get(org.userPath(other, "/customattributes/"+schema))
}

func TestWrongCustomAttributesAreRefused(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	user, schema := org.create("Ada", "ada@example.com"), org.schemaOfEverything()
	path := org.userPath(user, "/customattributes")
	before := org.put(path, attributesOf(schema, everyValue)).want(200)
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
			org := *org
			org.t = t
			org.put(path, attributesOf(schema, c.values)).problem(400, "bad.request", "attributes."+c.field)
			org.patch(path, attributesOf(schema, c.values)).problem(400, "bad.request", "attributes."+c.field)
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
		org.put(path, body).problem(400, "bad.request", field)
		org.patch(path, body).problem(400, "bad.request", field)
	}
	if after := org.get(path + "/" + schema); after.text != before.text {
		t.Errorf("a refused write changed %s to %s", before.text, after.text)
	}
}

func TestValuesAreAsTheyWereSent(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	schema := org.schema("S", `{"i":{"allOf":[{"$ref":"#/definitions/integer"}],"title":"I"},
		"n":{"allOf":[{"$ref":"#/definitions/number"}],"title":"N"},"t":{"allOf":[{"$ref":"#/definitions/text"}],"title":"T"}}`, "")
	path := org.userPath(org.agent(), "/customattributes")
	for _, values := range []string{
		`{"i":9007199254740991,"n":-9007199254740991,"t":""}`, `{"i":0,"n":1e-7,"t":"<a&b> \"é\" 日本"}`, `{"n":2.50}`,
	} {
		if a := org.put(path, attributesOf(schema, values)).want(200); !strings.Contains(a.text, `"attributes":`+values) {
			t.Errorf("%s became %s", values, a.text)
		}
	}
}

func TestCustomAttributesOfUnknownSchemasAndUsers(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	user, schema := org.create("Ada", "ada@example.com"), org.schemaOfEverything()
	path := org.userPath(user, "/customattributes")
	org.put(path, attributesOf("nothing", `{}`)).problem(404, "schema.not.found")
	org.patch(path, attributesOf("nothing", `{}`)).problem(404, "schema.not.found")
	org.patch(path+"/bulk", `[`+attributesOf("nothing", `{}`)+`]`).problem(404, "schema.not.found")
	org.do("GET", path+"/nothing", "").problem(404, "schema.not.found")
	org.remove(path+"/nothing").problem(404, "schema.not.found")
	org.do("GET", path+"/bulk?schemaIds=nothing", "").problem(404, "schema.not.found")

	org.put(path, attributesOf(schema, everyValue)).want(200)
	org.remove(org.userPath(user, "")).want(200)
	for _, id := range []string{user, "nobody"} {
		path := org.userPath(id, "/customattributes")
		org.put(path, attributesOf(schema, `{}`)).problem(404, "user.not.found")
		org.patch(path, attributesOf(schema, `{}`)).problem(404, "user.not.found")
		org.patch(path+"/bulk", `[`+attributesOf(schema, `{}`)+`]`).problem(404, "user.not.found")
		org.do("GET", path+"/"+schema, "").problem(404, "user.not.found")
		org.remove(path+"/"+schema).problem(404, "user.not.found")
		org.do("GET", path+"/bulk?schemaIds="+schema, "").problem(404, "user.not.found")
	}
	// Who comes back has them back.
	version := int(org.get(org.userPath(user, "?state=deleted")).num("version"))
	org.patch(org.userPath(user, ""), fmt.Sprintf(`{"version":%d,"state":"active"}`, version)).want(200)
	org.get(path + "/" + schema)
}

func TestBulkChangesAllOrNothing(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	user, one := org.create("Ada", "ada@example.com"), org.schemaOfEverything()
	two, three := org.schema("Two", wordFields(2), ""), org.schema("Three", wordFields(1), "")
	path := org.userPath(user, "/customattributes")
	bulk := func(items ...string) answer { return org.patch(path+"/bulk", `[`+strings.Join(items, ",")+`]`) }

	last := bulk(attributesOf(one, `{"nick_text":"Ada"}`), attributesOf(two, `{"f0_text":"a"}`),
		attributesOf(two, `{"f1_text":"b"}`)).want(200)
	if last.str("schema", "id") != two || last.str("attributes", "f0_text") != "a" || last.str("attributes", "f1_text") != "b" {
		t.Errorf("%s", last.text)
	}
	bulk(attributesOf(one, `{"nick_text":"Eve"}`), attributesOf(two, `{"f9_text":"a"}`)).problem(400, "bad.request", "attributes.f9_text")
	bulk(attributesOf(one, `{"nick_text":null,"car_checkbox":true}`), attributesOf(two, `{"f0_text":null}`)).want(200)

	got := org.get(path + "/bulk?schemaIds=" + two + "," + one + "&schemaIds=" + three + "&schemaIds=" + one)
	if len(got.list()) != 2 || got.str(0, "schema", "id") != two || got.str(1, "schema", "id") != one ||
		got.at(0, "attributes", "f0_text") != nil || got.str(0, "attributes", "f1_text") != "b" ||
		got.at(1, "attributes", "car_checkbox") != true || got.at(1, "attributes", "nick_text") != nil {
		t.Errorf("%s", got.text)
	}
	if a := org.get(path + "/bulk?schemaIds=" + three); a.text != "[]" {
		t.Errorf("%s", a.text)
	}
	org.do("GET", path+"/bulk", "").problem(400, "bad.request", "schemaIds")
	org.do("GET", path+"/bulk?schemaIds="+strings.Repeat("x,", 51), "").problem(400, "bad.request", "schemaIds")
	bulk().problem(400, "bad.request", "body")
	bulk(slices.Repeat([]string{attributesOf(one, `{}`)}, 51)...).problem(400, "bad.request", "body")
	bulk(attributesOf("", `{}`)).problem(400, "bad.request", "schemaId")
}

func TestCustomAttributesBelongToAVersionOfTheirSchema(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	field := func(name string) string {
		return `"` + name + `":{"allOf":[{"$ref":"#/definitions/text"}],"title":"T"}`
	}
	schema := org.schema("S", `{`+field("a")+`}`, "")
	path := org.userPath(org.agent(), "/customattributes")
	org.put(path, attributesOf(schema, `{"a":"1"}`)).want(200)
	org.put(schemasPath+"/"+schema, schemaBody("S", 1, `{`+field("a")+`,`+field("b")+`}`, "")).want(200)
	org.put(schemasPath+"/"+schema, schemaBody("S", 2, `{`+field("a")+`,`+field("b")+`}`, `["b"]`)).want(200)
	if a := org.get(path + "/" + schema); a.num("schema", "version") != 1 {
		t.Errorf("a value moved to another version by itself: %s", a.text)
	}
	org.patch(path, attributesOf(schema, `{"a":"2"}`)).problem(400, "bad.request", "attributes.b")
	for version, body := range map[int]string{1: `{"a":"3"}`, 2: `{"b":"4"}`} {
		a := org.put(path, fmt.Sprintf(`{"schemaId":%q,"schemaVersion":%d,"attributes":%s}`, schema, version, body)).want(200)
		if a.num("schema", "version") != float64(version) {
			t.Errorf("%s", a.text)
		}
	}
	org.put(path, `{"schemaId":"`+schema+`","schemaVersion":1,"attributes":{"b":"5"}}`).problem(400, "bad.request", "attributes.b")
	if a := org.put(path, attributesOf(schema, `{"b":"6"}`)).want(200); a.num("schema", "version") != 3 {
		t.Errorf("%s", a.text)
	}
	org.patch(path, attributesOf(schema, `{"b":null}`)).problem(400, "bad.request", "attributes.b")
}

func TestADisabledSchemaTakesNoNewUsers(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	schema := org.schema("S", wordFields(1), "")
	has, hasNot := org.create("Ada", "ada@example.com"), org.create("Bo", "bo@example.com")
	org.put(org.userPath(has, "/customattributes"), attributesOf(schema, `{"f0_text":"a"}`)).want(200)
	org.put(schemasPath+"/"+schema, `{"enabled":false,`+schemaBody("S", 1, wordFields(1), "")[1:]).want(200)
	org.put(org.userPath(hasNot, "/customattributes"), attributesOf(schema, `{}`)).problem(400, "bad.request", "schemaId")
	org.patch(org.userPath(has, "/customattributes"), attributesOf(schema, `{"f0_text":"b"}`)).want(200)
	org.put(schemasPath+"/"+schema, `{"enabled":true,`+schemaBody("S", 2, wordFields(1), "")[1:]).want(200)
	org.put(org.userPath(hasNot, "/customattributes"), attributesOf(schema, `{}`)).want(200)
}

func TestValuesGoWithTheirSchema(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{})
	schema := org.schema("S", wordFields(1), "")
	path := org.userPath(org.agent(), "/customattributes")
	org.put(path, attributesOf(schema, `{"f0_text":"a"}`)).want(200)
	org.remove(schemasPath + "/" + schema).want(204)
	org.do("GET", path+"/"+schema, "").problem(404, "schema.not.found")
	again := org.schema("S", wordFields(1), "")
	org.do("GET", path+"/"+again, "").problem(404, "custom.attributes.record.not.found")
}
