package chats_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/chats"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// chatsAs are all chats of a user.
func chatsAs(o *sandboxtest.Sandbox, id, query string) []any {
	o.T.Helper()
	return o.As("sandbox-user-" + id).ReadAll(sandboxtest.ChatsPath + "?" + query)
}

func TestChatsAreTheSameFromBothSides(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 60})
	seen := map[string]string{} // what both sides say, by the pair
	kinds, open := map[any]int{}, map[any]int{}
	for _, id := range sandboxtest.Ids(box.Get("/api/v2/users?pageSize=100").List("entities")) {
		chats := chatsAs(box, id, "")
		for i, chat := range chats {
			kinds[sandboxtest.Walk(chat, "chatType")]++
			open[sandboxtest.Walk(chat, "open")]++
			if i > 0 && sandboxtest.Walk(chat, "dateLastMessage").(string) > sandboxtest.Walk(chats[i-1], "dateLastMessage").(string) {
				t.Error("the newest is not first")
			}
			if (sandboxtest.Walk(chat, "dateClosed") == nil) != (sandboxtest.Walk(chat, "open") == true) {
				t.Errorf("open and closed: %v", chat)
			}
			if sandboxtest.Walk(chat, "user", "presence") != nil || sandboxtest.Walk(chat, "room", "owners") != nil {
				t.Errorf("nobody asked for this: %v", chat)
			}
			what := fmt.Sprint(sandboxtest.Walk(chat, "open"), sandboxtest.Walk(chat, "dateLastMessage"), sandboxtest.Walk(chat, "dateClosed"))
			pair, _ := sandboxtest.Walk(chat, "room", "id").(string)
			if other, ok := sandboxtest.Walk(chat, "user", "id").(string); ok {
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
	box := sandboxtest.New(t, sandbox.Options{Users: 60})
	id := box.Agent()
	all := chatsAs(box, id, "")
	open := slices.DeleteFunc(slices.Clone(all), func(chat any) bool { return sandboxtest.Walk(chat, "open") != true })
	if got := chatsAs(box, id, "excludeClosed=true"); !slices.Equal(sandboxtest.Ids(got), sandboxtest.Ids(open)) || len(open) == len(all) {
		t.Errorf("%d open of %d, want %d", len(got), len(all), len(open))
	}
	if got := chatsAs(box, id, "excludeClosed=false&includePresence=false&includeRoomOwners=false"); fmt.Sprint(got) != fmt.Sprint(all) {
		t.Error("false is not the default")
	}
	favorites := 0
	for _, chat := range chatsAs(box, id, "includePresence=true&includeRoomOwners=True") {
		if other := sandboxtest.Walk(chat, "user", "id"); other != nil {
			presence := box.Get(box.UserPath(other.(string), "?expand=presence")).Str("presence", "presenceDefinition", "systemPresence")
			if sandboxtest.Walk(chat, "user", "presence", "systemPresence") != strings.ReplaceAll(presence, " ", "") {
				t.Errorf("%v, want %s", chat, presence)
			}
		} else if owners, _ := sandboxtest.Walk(chat, "room", "owners").([]any); len(owners) == 0 {
			t.Errorf("a room without owners: %v", chat)
		}
		if sandboxtest.Walk(chat, "favorite") != nil {
			favorites++
		}
	}
	if want := len(box.Get(box.UserPath(id, "/favorites")).List("entities")); favorites != want {
		t.Errorf("%d favourites, want %d", favorites, want)
	}
	me := box.As("sandbox-user-" + id)
	for query, field := range map[string]string{
		"excludeClosed=perhaps": "excludeClosed", "includePresence=perhaps": "includePresence",
		"includeRoomOwners=perhaps": "includeRoomOwners", "after=*": "after",
	} {
		me.Do("GET", sandboxtest.ChatsPath+"?"+query, "").Problem(400, "bad.request", field)
	}
	box.Do("GET", sandboxtest.ChatsPath, "").Problem(400, "bad.request")
}

func TestChatsAreReadOnAfterAKey(t *testing.T) {
	t.Parallel()
	box := sandboxtest.New(t, sandbox.Options{Users: 60})
	first := box.State.FirstUserID
	for i := range 60 { // more than a page of people to chat with
		id := box.Create(fmt.Sprintf("Ada %d", i), fmt.Sprintf("ada%d@example.com", i))
		box.Patch(box.UserPath(id, ""), `{"version":1,"manager":"`+first+`"}`).Want(200)
	}
	me := box.As("sandbox-user-" + first)
	page := me.Get(sandboxtest.ChatsPath + "?includePresence=true")
	if len(page.List("entities")) != chats.ChatPageSize || !strings.Contains(page.Str("nextUri"), "includePresence=true") {
		t.Fatalf("%d on the first page, then %s", len(page.List("entities")), page.Str("nextUri"))
	}
	all := sandboxtest.Ids(chatsAs(box, first, ""))
	if len(all) < 61 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(all) {
		t.Errorf("%d chats, some twice", len(all))
	}
	// Who leaves in between shifts nothing.
	gone := page.Str("entities", 3, "user", "id")
	rest := sandboxtest.Ids(me.Get(page.Str("nextUri")).List("entities"))
	if gone != "" {
		box.Remove(box.UserPath(gone, "")).Want(200)
	}
	if after := sandboxtest.Ids(me.Get(page.Str("nextUri")).List("entities")); !slices.Equal(after, rest) {
		t.Error("the second page has moved")
	}
}
