package users_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// shape tells a phone contact's shape by its members alone.
func shape(contact any) string {
	object, _ := contact.(map[string]any)
	address, display, extension := object["address"], object["display"], object["extension"]
	switch {
	case address != nil && extension == nil && display == address:
		return "number"
	case address != nil && extension != nil && display != nil && display != address && display != extension:
		return "number and extension"
	case address == nil && extension != nil && display == extension:
		return "extension of the pool"
	case address == nil && extension == nil && display != nil:
		return "extension of no pool"
	default:
		return "none"
	}
}

// A phone comes back in one of four shapes, whatever way it came in, and in the
// same one when a client sends back what it has read.
func TestAPhoneComesBackInOneOfFourShapes(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	for i, c := range []struct{ sent, shape, address, display, extension string }{
		{`"address":"+13175550100"`, "number", "+13175550100", "+13175550100", ""},
		{`"address":"+4930123456","display":"mine"`, "number", "+4930123456", "+4930123456", ""},
		{`"address":"+13175550100","extension":"8701"`, "number and extension", "+13175550100", "+13175550100 x8701", "8701"},
		{`"address":"+13175550100","display":"+13175550100","extension":"1200"`, "number and extension", "+13175550100", "+13175550100 x1200", "1200"},
		{`"extension":"1200"`, "extension of the pool", "", "1200", "1200"},
		{`"extension":"8701"`, "extension of no pool", "", "8701", ""},
		{`"display":"8701"`, "extension of no pool", "", "8701", ""},
	} {
		for _, media := range []string{"PHONE", "SMS"} {
			body := fmt.Sprintf(`[{"mediaType":%q,"type":"WORK",%s}]`, media, c.sent)
			made := box.Post("/api/v2/users", fmt.Sprintf(`{"name":"Ada","email":"a%d%s@example.com","divisionId":%q,"addresses":%s}`,
				i, media, box.Division(), body)).Want(200)
			id := box.Create("Bo", fmt.Sprintf("b%d%s@example.com", i, media))
			patched := box.Patch(box.UserPath(id, ""), `{"version":1,"addresses":`+body+`}`).Want(200)
			for _, a := range []sandboxtest.Answer{made, patched, box.Get(box.UserPath(id, ""))} {
				contact := a.At("addresses", 0)
				if got := shape(contact); got != c.shape {
					t.Errorf("%s: %v is of the shape %s, want %s", body, contact, got, c.shape)
				}
				text := func(name string) string { s, _ := sandboxtest.Walk(contact, name).(string); return s }
				if text("address") != c.address || text("display") != c.display || text("extension") != c.extension {
					t.Errorf("%s: %v", body, contact)
				}
				if primary := a.At("primaryContactInfo", 1); media == "PHONE" && fmt.Sprint(primary) != fmt.Sprint(contact) {
					t.Errorf("%s: the primary contact is %v, want %v", body, primary, contact)
				}
			}
			echo := strings.SplitAfter(patched.Text, `"addresses":`)[1]
			echo = echo[:strings.Index(echo, "]")+1]
			if again := box.Patch(box.UserPath(id, ""), `{"version":2,"addresses":`+echo+`}`).Want(200); fmt.Sprint(again.At("addresses")) != fmt.Sprint(patched.At("addresses")) {
				t.Errorf("%s, sent back, becomes %v", echo, again.At("addresses"))
			}
		}
	}
}

// A newcomer meets all four, and nothing else.
func TestSeededPhonesAreOfAllShapes(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{})
	shapes := map[string]int{}
	for _, u := range box.Get("/api/v2/users?pageSize=100&state=any").List("entities") {
		contacts, _ := sandboxtest.Walk(u, "addresses").([]any)
		for i, contact := range contacts {
			shapes[shape(contact)]++
			if i == 0 && fmt.Sprint(sandboxtest.Walk(u, "primaryContactInfo", 1)) != fmt.Sprint(contact) {
				t.Errorf("the primary contact is another one: %v", u)
			}
		}
	}
	if len(shapes) != 4 || shapes["none"] > 0 {
		t.Errorf("shapes %v", maps.Clone(shapes))
	}
}
