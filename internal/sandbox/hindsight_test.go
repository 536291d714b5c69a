package sandbox

import (
	"fmt"
	"testing"
	"time"
)

// found are the ids of the users that an exact search finds.
func (o *testOrg) found(field, value string) []string {
	o.t.Helper()
	return ids(o.search(fmt.Sprintf(`{"query":[{"type":"EXACT","fields":[%q],"value":%q}]}`, field, value)).want(200).list("results"))
}

func TestSearchLearnsOfWritesLater(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Faults: Faults{SearchDelay: Duration(10 * time.Second)}})
	id := org.agent()
	before := org.get(org.userPath(id, ""))
	everybody := org.search(`{"query":[]}`).num("total")
	skill := org.sandbox.org.skills.list[0]

	created := org.create("Zuri Zyx", "zuri@example.com")
	org.patch(org.userPath(id, ""), fmt.Sprintf(`{"version":%d,"title":"Boss","name":"Aaa Aaa"}`, int(before.num("version")))).want(200)
	org.post(org.userPath(id, "/routingskills"), `{"id":"`+skill.ID+`","proficiency":1}`)
	org.clock.advance(5 * time.Second)
	if got := org.get(org.userPath(id, "")).str("title"); got != "Boss" {
		t.Errorf("by id the title is %s", got)
	}
	org.get(org.userPath(created, ""))
	if len(org.found("email", "zuri@example.com")) != 0 || len(org.found("title", "Boss")) != 0 {
		t.Error("search knows at once")
	}
	if got := org.search(`{"query":[]}`).num("total"); got != everybody {
		t.Errorf("%v users are found, want %v", got, everybody)
	}
	hit := org.search(fmt.Sprintf(`{"query":[{"type":"EXACT","fields":["id"],"value":%q}]}`, id))
	if hit.str("results", 0, "name") != before.str("name") || hit.num("results", 0, "version") != before.num("version") {
		t.Errorf("search shows %s", hit.text)
	}

	org.remove(org.userPath(created, "")).want(200)
	org.clock.advance(5 * time.Second)
	if len(org.found("title", "Boss")) != 1 || len(org.found("name", "Aaa Aaa")) != 1 {
		t.Error("search never learns")
	}
	// The deletion is 5 s old: until then the new one was there.
	if len(org.found("email", "zuri@example.com")) != 1 {
		t.Error("search learned of the deletion before the creation")
	}
	org.clock.advance(5 * time.Second)
	if len(org.found("email", "zuri@example.com")) != 0 {
		t.Error("search never learns of a deletion")
	}
}

func TestSearchForgetsWhatItNoLongerNeeds(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Faults: Faults{SearchDelay: Duration(10 * time.Second)}})
	id := org.agent()
	status := `{"status":"OFF_QUEUE"}`
	for range 100 {
		org.put(org.userPath(id, "/routingstatus"), status)
		org.clock.advance(5 * time.Second)
	}
	if got := len(org.sandbox.org.hindsight.looks); got > 10 {
		t.Errorf("%d looks are remembered", got)
	}
	org.behave(`{"searchDelay":"0s"}`)
	org.put(org.userPath(id, "/routingstatus"), status)
	if got := len(org.sandbox.org.hindsight.looks); got != 0 {
		t.Errorf("%d looks are remembered without a delay", got)
	}
}

func TestASearchThatLearnsLateIsInOrder(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Faults: Faults{SearchDelay: Duration(time.Minute)}})
	before := ids(org.search(`{"query":[],"pageSize":100}`).list("results"))
	for i, id := range before {
		if i%3 == 0 {
			version := int(org.get(org.userPath(id, "")).num("version"))
			org.patch(org.userPath(id, ""), fmt.Sprintf(`{"version":%d,"name":"Zz %d"}`, version, len(before)-i)).want(200)
		}
	}
	if after := ids(org.search(`{"query":[],"pageSize":100}`).list("results")); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("got  %v\nwant %v", after, before)
	}
}
