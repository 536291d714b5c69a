package chats

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/presence"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// chatView is the upstream's ChatItem: a conversation with somebody or in a room.
type chatView struct {
	ID              string        `json:"id"`
	Name            string        `json:"name"`
	Open            bool          `json:"open"`
	Favorite        *chatFavorite `json:"favorite,omitempty"`
	Images          []org.Image   `json:"images,omitempty"`
	DateLastMessage wire.Instant  `json:"dateLastMessage"`
	DateClosed      wire.Instant  `json:"dateClosed,omitzero"`
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
	Source       string                         `json:"source"`
	Organisation *presence.OrganizationPresence `json:"organizationPresence"`
	System       string                         `json:"systemPresence"`
	Message      string                         `json:"message"`
	DateModified wire.Instant                   `json:"dateModified"`
	OutOfOffice  *org.OutOfOffice               `json:"outOfOffice,omitempty"`
}

type chatRoom struct {
	ID               string          `json:"id"`
	Name             string          `json:"name"`
	DateCreated      wire.Instant    `json:"dateCreated"`
	RoomType         string          `json:"roomType"`
	ParticipantLimit int32           `json:"participantLimit"`
	Owners           []org.Reference `json:"owners,omitempty"`
	JID              string          `json:"jid"`
	SelfURI          string          `json:"selfUri"`
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
	partner      *org.User      // nil in a room
	room         *org.Reference // nil between two
	roomType     string
	last, closed time.Time
}

// getUsersChatsMe lists the chats of the user behind the token, the one with the
// newest message first.
func getUsersChatsMe(o *org.Organisation, c *api.Call) (any, error) {
	u, err := c.Me(o)
	if err != nil {
		return nil, err
	}
	excludeClosed, err := c.Bool("excludeClosed", false)
	if err != nil {
		return nil, err
	}
	presence, err := c.Bool("includePresence", false)
	if err != nil {
		return nil, err
	}
	owners, err := c.Bool("includeRoomOwners", false)
	if err != nil {
		return nil, err
	}
	chats := chatsOf(o, u)
	if excludeClosed {
		chats = slices.DeleteFunc(chats, func(chat *chatThread) bool { return !chat.closed.IsZero() })
	}
	slices.SortFunc(chats, func(a, b *chatThread) int { return strings.Compare(a.key(), b.key()) })
	favorites := u.Favorites()
	return api.PageByCursor(c, chatPageSize, chats, (*chatThread).key, func(chat *chatThread) chatView {
		v := chat.view(o, presence, owners)
		if chat.partner != nil && slices.Contains(favorites, chat.partner) {
			v.Favorite = &chatFavorite{ID: chat.partner.ID, ExternalID: chat.partner.JabberID}
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
func chatsOf(o *org.Organisation, u *org.User) []*chatThread {
	var chats []*chatThread
	partners := slices.Concat(u.Siblings(), u.DirectReports())
	if above := u.Superiors(); len(above) > 0 {
		partners = append(partners, above[0])
	}
	for _, partner := range partners {
		pair := []string{u.ID, partner.ID}
		slices.Sort(pair)
		chats = append(chats, chat(o, &chatThread{id: partner.JabberID, partner: partner, roomType: chatOneOnOne}, pair...))
	}
	for _, group := range u.Groups {
		chats = append(chats, chat(o, &chatThread{room: &group.Reference, roomType: chatGroup}, group.ID))
	}
	if u.Team != nil {
		chats = append(chats, chat(o, &chatThread{room: u.Team, roomType: chatAdhoc}, u.Team.ID))
	}
	return chats
}

// chat decides when the last message was and whether the chat is closed: the same
// for everybody who is in it.
func chat(o *org.Organisation, chat *chatThread, members ...string) *chatThread {
	r := o.Origin.Draw("chats", members...)
	chat.last = wire.At(o.Origin.At.Add(-org.DrawDays(r, 1, 60))).Time
	if closed := r.IntN(4) == 0; closed {
		chat.closed = chat.last.Add(time.Hour)
	}
	if chat.room != nil {
		chat.id = wire.SeededID(o.Origin.IDs("rooms", chat.room.ID)) + "@conference." + o.DomainName
	}
	return chat
}

func (chat *chatThread) view(o *org.Organisation, presence, owners bool) chatView {
	v := chatView{
		ID: chat.id, Open: chat.closed.IsZero(), DateLastMessage: wire.At(chat.last), DateClosed: wire.At(chat.closed),
		ChatType: chat.roomType, SelfURI: wire.APIPrefix + "chats/" + chat.id,
	}
	if chat.room != nil {
		v.Name, v.Room = chat.room.Name, chat.roomView(o, owners)
		return v
	}
	u := chat.partner
	v.Name, v.Images = u.Name, u.Pictures()
	v.User = &chatPartner{ID: u.ID, Name: u.Name, SelfURI: u.SelfURI(), JID: u.JabberID, Inactive: u.State != org.StateActive}
	if presence {
		v.User.Presence = presenceOf(u)
	}
	return v
}

// roomView shows the room. The director owns them all.
func (chat *chatThread) roomView(o *org.Organisation, owners bool) *chatRoom {
	id, _, _ := strings.Cut(chat.id, "@")
	room := &chatRoom{
		ID: id, Name: chat.room.Name, DateCreated: wire.At(o.Origin.At.AddDate(-1, 0, 0)), RoomType: chat.roomType,
		ParticipantLimit: chatRoomParticipants, JID: chat.id, SelfURI: wire.APIPrefix + "chats/rooms/" + chat.id,
	}
	if owners {
		room.Owners = []org.Reference{*org.UserLink(o.FirstUserID)}
	}
	return room
}

func presenceOf(u *org.User) *chatPresence {
	definition := presence.InOrganization(u.Presence.Definition)
	p := &chatPresence{
		Source: presence.PurecloudSource, Organisation: &definition, System: u.Presence.Definition.Word(),
		Message: u.Presence.Message, DateModified: wire.At(u.Presence.Since),
	}
	if u.OutOfOffice.Active {
		p.OutOfOffice = presence.OutOfOffice(u)
	}
	return p
}
