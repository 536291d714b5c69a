package search_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/faults"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// found are the ids of the users that an exact search finds.
func found(o *sandboxtest.Sandbox, field, value string) []string {
	o.T.Helper()
	return sandboxtest.Ids(o.Search(fmt.Sprintf(`{"query":[{"type":"EXACT","fields":[%q],"value":%q}]}`, field, value)).Want(200).List("results"))
}

func TestSearchLearnsOfWritesLater(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Faults: faults.Faults{SearchDelay: faults.Duration(10 * time.Second)}})
	id := box.Agent()
	before := box.Get(box.UserPath(id, ""))
	everybody := box.Search(`{"query":[]}`).Num("total")
	skill := box.State.Skills.List[0]

	created := box.Create("Zuri Zyx", "zuri@example.com")
	box.Patch(box.UserPath(id, ""), fmt.Sprintf(`{"version":%d,"title":"Boss","name":"Aaa Aaa"}`, int(before.Num("version")))).Want(200)
	box.Post(box.UserPath(id, "/routingskills"), `{"id":"`+skill.ID+`","proficiency":1}`)
	box.Clock.Advance(5 * time.Second)
	if got := box.Get(box.UserPath(id, "")).Str("title"); got != "Boss" {
		t.Errorf("by id the title is %s", got)
	}
	box.Get(box.UserPath(created, ""))
	if len(found(box, "email", "zuri@example.com")) != 0 || len(found(box, "title", "Boss")) != 0 {
		t.Error("search knows at once")
	}
	if got := box.Search(`{"query":[]}`).Num("total"); got != everybody {
		t.Errorf("%v users are found, want %v", got, everybody)
	}
	hit := box.Search(fmt.Sprintf(`{"query":[{"type":"EXACT","fields":["id"],"value":%q}]}`, id))
	if hit.Str("results", 0, "name") != before.Str("name") || hit.Num("results", 0, "version") != before.Num("version") {
		t.Errorf("search shows %s", hit.Text)
	}

	box.Remove(box.UserPath(created, "")).Want(200)
	box.Clock.Advance(5 * time.Second)
	if len(found(box, "title", "Boss")) != 1 || len(found(box, "name", "Aaa Aaa")) != 1 {
		t.Error("search never learns")
	}
	// The deletion is 5 s old: until then the new one was there.
	if len(found(box, "email", "zuri@example.com")) != 1 {
		t.Error("search learned of the deletion before the creation")
	}
	box.Clock.Advance(5 * time.Second)
	if len(found(box, "email", "zuri@example.com")) != 0 {
		t.Error("search never learns of a deletion")
	}
}

func TestASearchThatLearnsLateIsInOrder(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Faults: faults.Faults{SearchDelay: faults.Duration(time.Minute)}})
	before := sandboxtest.Ids(box.Search(`{"query":[],"pageSize":100}`).List("results"))
	for i, id := range before {
		if i%3 == 0 {
			version := int(box.Get(box.UserPath(id, "")).Num("version"))
			box.Patch(box.UserPath(id, ""), fmt.Sprintf(`{"version":%d,"name":"Zz %d"}`, version, len(before)-i)).Want(200)
		}
	}
	if after := sandboxtest.Ids(box.Search(`{"query":[],"pageSize":100}`).List("results")); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("got  %v\nwant %v", after, before)
	}
}
