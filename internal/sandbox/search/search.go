package search

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/users"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// searchRequest is the body of a search, and what q64 carries.
type searchRequest struct {
	SortOrder                 string       `json:"sortOrder,omitempty"`
	SortBy                    string       `json:"sortBy,omitempty"`
	PageSize                  int          `json:"pageSize,omitempty"`
	PageNumber                int          `json:"pageNumber,omitempty"`
	Sort                      []searchSort `json:"sort,omitempty"`
	Expand                    []string     `json:"expand,omitempty"`
	Query                     []criterion  `json:"query,omitempty"`
	IntegrationPresenceSource string       `json:"integrationPresenceSource,omitempty"`
	EnforcePermissions        bool         `json:"enforcePermissions,omitempty"`
}

type searchSort struct {
	SortOrder string `json:"sortOrder,omitempty"`
	SortBy    string `json:"sortBy,omitempty"`
}

// searchResponse is the upstream's UsersSearchResponse. Its page addresses hold
// the whole request, base64-encoded, and work with GET.
type searchResponse struct {
	Total        int64            `json:"total"`
	PageCount    int              `json:"pageCount"`
	PageSize     int              `json:"pageSize"`
	PageNumber   int              `json:"pageNumber"`
	PreviousPage string           `json:"previousPage,omitempty"`
	CurrentPage  string           `json:"currentPage,omitempty"`
	NextPage     string           `json:"nextPage,omitempty"`
	Types        []string         `json:"types"`
	Results      []users.UserView `json:"results"`
}

func postUsersSearch(o *org.Organisation, c *api.Call, in searchRequest) (any, error) {
	return search(o, c, in)
}

// getUsersSearch runs the request in q64, with the sections that the expand
// parameter adds.
func getUsersSearch(o *org.Organisation, c *api.Call) (any, error) {
	q64 := c.Query.Get("q64")
	if q64 == "" {
		return nil, problem.Missing("q64")
	}
	body, err := decodeBase64(q64)
	if err != nil {
		return nil, problem.Invalid("q64", "it is not base64")
	}
	in, err := api.Decode[searchRequest](body)
	if err != nil {
		return nil, err
	}
	for _, section := range c.Strings("expand") {
		if !slices.Contains(in.Expand, section) {
			in.Expand = append(in.Expand, section)
		}
	}
	if source := c.Query.Get("integrationPresenceSource"); source != "" {
		in.IntegrationPresenceSource = source
	}
	return search(o, c, in)
}

// decodeBase64 takes both alphabets, with and without padding; a space is a
// plus sign that somebody forgot to escape.
func decodeBase64(text string) ([]byte, error) {
	text = strings.NewReplacer(" ", "+", "-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	return base64.RawStdEncoding.DecodeString(text)
}

// search answers with active users only, unless a criterion is about state.
func search(o *org.Organisation, c *api.Call, in searchRequest) (any, error) {
	p, err := api.MakePage(in.PageSize, in.PageNumber)
	if err != nil {
		return nil, err
	}
	source, err := users.IntegrationSource(in.IntegrationPresenceSource)
	if err != nil {
		return nil, err
	}
	matches, err := compile(in.Query, 0)
	if err != nil {
		return nil, err
	}
	order, err := in.order()
	if err != nil {
		return nil, err
	}
	state := org.StateActive
	if mentions(in.Query, "state") {
		state = org.AnyState
	}
	var found []*org.User
	for _, u := range o.Searchable(state, c.Now, c.SearchDelay) {
		if matches(u) {
			found = append(found, u)
		}
	}
	found = order.sort(found)
	first, last := p.Bounds(len(found))
	answer := searchResponse{
		Total:       int64(len(found)),
		PageCount:   p.Count(len(found)),
		PageSize:    p.Size,
		PageNumber:  p.Number,
		CurrentPage: in.pageURI(p.Size, p.Number),
		Types:       []string{"users"},
		Results:     users.ViewUsers(found[first:last], users.Expansion{Sections: in.Expand, IntegrationSource: source}),
	}
	if p.Number < answer.PageCount {
		answer.NextPage = in.pageURI(p.Size, p.Number+1)
	}
	if p.Number > 1 {
		answer.PreviousPage = in.pageURI(p.Size, p.Number-1)
	}
	return answer, nil
}

func (in searchRequest) pageURI(size, number int) string {
	in.PageSize, in.PageNumber = size, number
	text, err := json.Marshal(in)
	if err != nil { // strings, numbers and lists of them: cannot happen
		return ""
	}
	return wire.APIPrefix + "users/search?q64=" + url.QueryEscape(base64.StdEncoding.EncodeToString(text))
}

// order is how the hits of a search are sorted; without keys they stay in the
// order of the roster, by name.
type order []sortKey

type sortKey struct {
	field texts
	sign  int // -1 is descending
}

// order compiles the sort keys. A SCORE is the same for every hit here.
func (in searchRequest) order() (order, error) {
	keys := in.Sort
	if len(keys) == 0 && (in.SortBy != "" || in.SortOrder != "") {
		keys = []searchSort{{SortBy: in.SortBy, SortOrder: in.SortOrder}}
	}
	var by order
	for _, key := range keys {
		name := key.SortBy
		if name == "" {
			name = "name"
		}
		field, known := searchFields[name]
		if !known {
			return nil, problem.Invalid("sortBy", "one cannot sort by "+name)
		}
		switch key.SortOrder {
		case "", "ASC":
			by = append(by, sortKey{field, 1})
		case "DESC":
			by = append(by, sortKey{field, -1})
		case "SCORE":
		default:
			return nil, problem.Invalid("sortOrder", "it must be ASC, DESC or SCORE")
		}
	}
	return by, nil
}

// sort reads the values to sort by once, since a comparison is made many times.
func (by order) sort(users []*org.User) []*org.User {
	if len(by) == 0 {
		return users
	}
	type row struct {
		u      *org.User
		values []value
	}
	rows := make([]row, len(users))
	values := make([]value, 0, len(users)*len(by))
	var held []string
	for i, u := range users {
		for _, key := range by {
			held = append(key.field(u, held[:0]), "") // nothing sorts as an empty text
			values = append(values, readValue(held[0]))
		}
		rows[i] = row{u, values[len(values)-len(by):]}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		for i, key := range by {
			if d := key.sign * a.values[i].compare(b.values[i]); d != 0 {
				return d
			}
		}
		return 0
	})
	return wire.ViewAll(rows, func(r row) *org.User { return r.u })
}
