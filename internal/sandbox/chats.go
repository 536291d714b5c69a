package sandbox

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// chatView is the upstream's ChatItem: a conversation with somebody or in a room.
type chatView struct {
	ID              string        `json:"id"`
	Name            string        `json:"name"`
	Open            bool          `json:"open"`
	Favorite        *chatFavorite `json:"favorite,omitempty"`
	Images          []image       `json:"images,omitempty"`
	DateLastMessage instant       `json:"dateLastMessage"`
	DateClosed      instant       `json:"dateClosed,omitzero"`
	User            *chatPartner  `json:"user,omitempty"`
	Room            *chatRoom     `json:"room,omitempty"`
	ChatType        string        `json:"chatType"`
	SelfURI         string        `json:"selfUri"`
}

type chatFavorite struct {
	ID         string `json:"id"`
	ExternalID string `json:"externalId"`
}

type chatPartner struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	SelfURI  string        `json:"selfUri"`
	JID      string        `json:"jid"`
	Inactive bool          `json:"inactive"`
	Presence *chatPresence `json:"presence,omitempty"`
}

type chatPresence struct {
	Source       string               `json:"source"`
	Organisation *organisationalState `json:"organizationPresence"`
	System       string               `json:"systemPresence"`
	Message      string               `json:"message"`
	DateModified instant              `json:"dateModified"`
	OutOfOffice  *outOfOffice         `json:"outOfOffice,omitempty"`
}

type chatRoom struct {
	ID               string      `json:"id"`
	Name             string      `json:"name"`
	DateCreated      instant     `json:"dateCreated"`
	RoomType         string      `json:"roomType"`
	ParticipantLimit int32       `json:"participantLimit"`
	Owners           []reference `json:"owners,omitempty"`
	JID              string      `json:"jid"`
	SelfURI          string      `json:"selfUri"`
}

const (
	// chatPageSize is fixed: the operation has no parameter for it.
	chatPageSize         = 25
	chatRoomParticipants = 200

	chatOneOnOne = "oneOnOne"
	chatGroup    = "group"
	chatAdhoc    = "adhoc"
)

// chatThread is what is known of a chat from either side of it.
type chatThread struct {
	id           string
	partner      *user      // nil in a room
	room         *reference // nil between two
	roomType     string
	last, closed time.Time
}

// getUsersChatsMe lists the chats of the user behind the token, the one with the
// newest message first.
func getUsersChatsMe(o *organisation, c *call) (any, error) {
	u, err := c.me(o)
	if err != nil {
		return nil, err
	}
	excludeClosed, err := c.bool("excludeClosed", false)
	if err != nil {
		return nil, err
	}
	presence, err := c.bool("includePresence", false)
	if err != nil {
		return nil, err
	}
	owners, err := c.bool("includeRoomOwners", false)
	if err != nil {
		return nil, err
	}
	chats := o.chatsOf(u)
	if excludeClosed {
		chats = slices.DeleteFunc(chats, func(chat *chatThread) bool { return !chat.closed.IsZero() })
	}
	slices.SortFunc(chats, func(a, b *chatThread) int { return strings.Compare(a.key(), b.key()) })
	favorites := u.favorites()
	return pageByCursor(c, chatPageSize, chats, (*chatThread).key, func(chat *chatThread) chatView {
		v := chat.view(o, presence, owners)
		if chat.partner != nil && slices.Contains(favorites, chat.partner) {
			v.Favorite = &chatFavorite{ID: chat.partner.id, ExternalID: chat.partner.jabberID}
		}
		return v
	})
}

// key sorts the newest first.
func (chat *chatThread) key() string {
	return fmt.Sprintf("%016x", math.MaxInt64-chat.last.UnixMilli()) + chat.id
}

// chatsOf are with everybody around u, in the rooms of u's groups, and in that of
// u's team.
func (o *organisation) chatsOf(u *user) []*chatThread {
	var chats []*chatThread
	partners := slices.Concat(u.siblings(), u.directReports())
	if above := u.superiors(); len(above) > 0 {
		partners = append(partners, above[0])
	}
	for _, partner := range partners {
		pair := []string{u.id, partner.id}
		slices.Sort(pair)
		chats = append(chats, o.chat(&chatThread{id: partner.jabberID, partner: partner, roomType: chatOneOnOne}, pair...))
	}
	for _, group := range u.groups {
		chats = append(chats, o.chat(&chatThread{room: group, roomType: chatGroup}, group.ID))
	}
	if u.team != nil {
		chats = append(chats, o.chat(&chatThread{room: u.team, roomType: chatAdhoc}, u.team.ID))
	}
	return chats
}

// chat decides when the last message was and whether the chat is closed: the same
// for everybody who is in it.
func (o *organisation) chat(chat *chatThread, members ...string) *chatThread {
	r := o.origin.draw("chats", members...)
	chat.last = at(o.origin.at.Add(-drawDays(r, 1, 60))).Time
	if closed := r.IntN(4) == 0; closed {
		chat.closed = chat.last.Add(time.Hour)
	}
	if chat.room != nil {
		chat.id = seededID(o.origin.ids("rooms", chat.room.ID)) + "@conference." + o.domainName
	}
	return chat
}

func (chat *chatThread) view(o *organisation, presence, owners bool) chatView {
	v := chatView{
		ID: chat.id, Open: chat.closed.IsZero(), DateLastMessage: at(chat.last), DateClosed: at(chat.closed),
		ChatType: chat.roomType, SelfURI: apiPrefix + "chats/" + chat.id,
	}
	if chat.room != nil {
		v.Name, v.Room = chat.room.Name, chat.roomView(o, owners)
		return v
	}
	u := chat.partner
	v.Name, v.Images = u.name, u.pictures()
	v.User = &chatPartner{ID: u.id, Name: u.name, SelfURI: u.selfURI(), JID: u.jabberID, Inactive: u.state != stateActive}
	if presence {
		v.User.Presence = u.chatPresence()
	}
	return v
}

// roomView shows the room. The director owns them all.
func (chat *chatThread) roomView(o *organisation, owners bool) *chatRoom {
	id, _, _ := strings.Cut(chat.id, "@")
	room := &chatRoom{
		ID: id, Name: chat.room.Name, DateCreated: at(o.origin.at.AddDate(-1, 0, 0)), RoomType: chat.roomType,
		ParticipantLimit: chatRoomParticipants, JID: chat.id, SelfURI: apiPrefix + "chats/rooms/" + chat.id,
	}
	if owners {
		room.Owners = []reference{*userLink(o.firstUserID)}
	}
	return room
}

func (u *user) chatPresence() *chatPresence {
	definition := u.presence.definition.organisational()
	p := &chatPresence{
		Source: purecloudSource, Organisation: &definition, System: u.presence.definition.word(),
		Message: u.presence.message, DateModified: at(u.presence.since),
	}
	if u.outOfOffice.Active {
		p.OutOfOffice = u.outOfOfficeView()
	}
	return p
}

// word is the system presence where the upstream writes it without spaces.
func (p *presenceDefinition) word() string { return strings.ReplaceAll(p.SystemPresence, " ", "") }
