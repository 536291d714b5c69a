package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const chatsPath = "/api/v2/users/chats/me"

// chatsAs are all chats of a user.
func (o *testOrg) chatsAs(id, query string) []any {
	o.t.Helper()
	return o.as(userTokenPrefix + id).readAll(chatsPath + "?" + query)
}

func TestChatsAreTheSameFromBothSides(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 60})
	seen := map[string]string{} // what both sides say, by the pair
	kinds, open := map[any]int{}, map[any]int{}
	for _, id := range ids(org.get("/api/v2/users?pageSize=100").list("entities")) {
		chats := org.chatsAs(id, "")
		for i, chat := range chats {
			kinds[walk(chat, "chatType")]++
			open[walk(chat, "open")]++
			if i > 0 && walk(chat, "dateLastMessage").(string) > walk(chats[i-1], "dateLastMessage").(string) {
				t.Error("the newest is not first")
			}
			if (walk(chat, "dateClosed") == nil) != (walk(chat, "open") == true) {
				t.Errorf("open and closed: %v", chat)
			}
			if walk(chat, "user", "presence") != nil || walk(chat, "room", "owners") != nil {
				t.Errorf("nobody asked for this: %v", chat)
			}
			what := fmt.Sprint(walk(chat, "open"), walk(chat, "dateLastMessage"), walk(chat, "dateClosed"))
			pair, _ := walk(chat, "room", "id").(string)
			if other, ok := walk(chat, "user", "id").(string); ok {
				sides := []string{id, other}
				slices.Sort(sides)
				pair = strings.Join(sides, " ")
				if other == id {
					t.Error("somebody chats with themselves")
				}
			}
			if said, ok := seen[pair]; ok && said != what {
				t.Errorf("%s: %s and %s", pair, said, what)
			}
			seen[pair] = what
		}
	}
	if len(kinds) != 3 || len(open) != 2 {
		t.Errorf("too little variety: %v, %v", kinds, open)
	}
}

func TestChatsShowWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 60})
	id := org.agent()
	all := org.chatsAs(id, "")
	open := slices.DeleteFunc(slices.Clone(all), func(chat any) bool { return walk(chat, "open") != true })
	if got := org.chatsAs(id, "excludeClosed=true"); !slices.Equal(ids(got), ids(open)) || len(open) == len(all) {
		t.Errorf("%d open of %d, want %d", len(got), len(all), len(open))
	}
	if got := org.chatsAs(id, "excludeClosed=false&includePresence=false&includeRoomOwners=false"); fmt.Sprint(got) != fmt.Sprint(all) {
		t.Error("false is not the default")
	}
	favorites := 0
	for _, chat := range org.chatsAs(id, "includePresence=true&includeRoomOwners=True") {
		if other := walk(chat, "user", "id"); other != nil {
			presence := org.get(org.userPath(other.(string), "?expand=presence")).str("presence", "presenceDefinition", "systemPresence")
			if walk(chat, "user", "presence", "systemPresence") != strings.ReplaceAll(presence, " ", "") {
				t.Errorf("%v, want %s", chat, presence)
			}
		} else if owners, _ := walk(chat, "room", "owners").([]any); len(owners) == 0 {
			t.Errorf("a room without owners: %v", chat)
		}
		if walk(chat, "favorite") != nil {
			favorites++
		}
	}
	if want := len(org.get(org.userPath(id, "/favorites")).list("entities")); favorites != want {
		t.Errorf("%d favourites, want %d", favorites, want)
	}
	me := org.as(userTokenPrefix + id)
	for query, field := range map[string]string{
		"excludeClosed=perhaps": "excludeClosed", "includePresence=perhaps": "includePresence",
		"includeRoomOwners=perhaps": "includeRoomOwners", "after=*": "after",
	} {
		me.do("GET", chatsPath+"?"+query, "").problem(400, "bad.request", field)
	}
	org.do("GET", chatsPath, "").problem(400, "bad.request")
}

func TestChatsAreReadOnAfterAKey(t *testing.T) {
	t.Parallel()
	org := newTestOrg(t, Options{Users: 60})
	first := org.sandbox.org.firstUserID
	for i := range 60 { // more than a page of people to chat with
		id := org.create(fmt.Sprintf("Ada %d", i), fmt.Sprintf("ada%d@example.com", i))
		org.patch(org.userPath(id, ""), `{"version":1,"manager":"`+first+`"}`).want(200)
	}
	me := org.as(userTokenPrefix + first)
	page := me.get(chatsPath + "?includePresence=true")
	if len(page.list("entities")) != chatPageSize || !strings.Contains(page.str("nextUri"), "includePresence=true") {
		t.Fatalf("%d on the first page, then %s", len(page.list("entities")), page.str("nextUri"))
	}
	all := ids(org.chatsAs(first, ""))
	if len(all) < 61 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(all) {
		t.Errorf("%d chats, some twice", len(all))
	}
	// Who leaves in between shifts nothing.
	gone := page.str("entities", 3, "user", "id")
	rest := ids(me.get(page.str("nextUri")).list("entities"))
	if gone != "" {
		org.remove(org.userPath(gone, "")).want(200)
	}
	if after := ids(me.get(page.str("nextUri")).list("entities")); !slices.Equal(after, rest) {
		t.Error("the second page has moved")
	}
}
