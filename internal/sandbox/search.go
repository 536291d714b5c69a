package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
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
	Total        int64      `json:"total"`
	PageCount    int        `json:"pageCount"`
	PageSize     int        `json:"pageSize"`
	PageNumber   int        `json:"pageNumber"`
	PreviousPage string     `json:"previousPage,omitempty"`
	CurrentPage  string     `json:"currentPage,omitempty"`
	NextPage     string     `json:"nextPage,omitempty"`
	Types        []string   `json:"types"`
	Results      []userView `json:"results"`
}

func postUsersSearch(o *organisation, c *call, in searchRequest) (any, error) {
	return o.search(c, in)
}

// getUsersSearch runs the request in q64, with the sections that the expand
// parameter adds.
func getUsersSearch(o *organisation, c *call) (any, error) {
	q64 := c.query.Get("q64")
	if q64 == "" {
		return nil, missing("q64")
	}
	body, err := decodeBase64(q64)
	if err != nil {
		return nil, invalid("q64", "it is not base64")
	}
	in, err := decode[searchRequest](body)
	if err != nil {
		return nil, err
	}
	for _, section := range c.strings("expand") {
		if !slices.Contains(in.Expand, section) {
			in.Expand = append(in.Expand, section)
		}
	}
	if source := c.query.Get("integrationPresenceSource"); source != "" {
		in.IntegrationPresenceSource = source
	}
	return o.search(c, in)
}

// decodeBase64 takes both alphabets, with and without padding; a space is a
// plus sign that somebody forgot to escape.
func decodeBase64(text string) ([]byte, error) {
	text = strings.NewReplacer(" ", "+", "-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	return base64.RawStdEncoding.DecodeString(text)
}

// search answers with active users only, unless a criterion is about state.
func (o *organisation) search(c *call, in searchRequest) (any, error) {
	p, err := makePage(in.PageSize, in.PageNumber)
	if err != nil {
		return nil, err
	}
	source, err := integrationSource(in.IntegrationPresenceSource)
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
	state := stateActive
	if mentions(in.Query, "state") {
		state = anyState
	}
	var found []*user
	for _, u := range o.searchable(state, c) {
		if matches(u) {
			found = append(found, u)
		}
	}
	found = order.sort(found)
	first, last := p.bounds(len(found))
	answer := searchResponse{
		Total:       int64(len(found)),
		PageCount:   p.count(len(found)),
		PageSize:    p.size,
		PageNumber:  p.number,
		CurrentPage: in.pageURI(p.size, p.number),
		Types:       []string{"users"},
		Results:     viewUsers(found[first:last], expansion{sections: in.Expand, integrationSource: source}),
	}
	if p.number < answer.PageCount {
		answer.NextPage = in.pageURI(p.size, p.number+1)
	}
	if p.number > 1 {
		answer.PreviousPage = in.pageURI(p.size, p.number-1)
	}
	return answer, nil
}

func (in searchRequest) pageURI(size, number int) string {
	in.PageSize, in.PageNumber = size, number
	text, err := json.Marshal(in)
	if err != nil { // strings, numbers and lists of them: cannot happen
		return ""
	}
	return apiPrefix + "users/search?q64=" + url.QueryEscape(base64.StdEncoding.EncodeToString(text))
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
			return nil, invalid("sortBy", "one cannot sort by "+name)
		}
		switch key.SortOrder {
		case "", "ASC":
			by = append(by, sortKey{field, 1})
		case "DESC":
			by = append(by, sortKey{field, -1})
		case "SCORE":
		default:
			return nil, invalid("sortOrder", "it must be ASC, DESC or SCORE")
		}
	}
	return by, nil
}

// sort reads the values to sort by once, since a comparison is made many times.
func (by order) sort(users []*user) []*user {
	if len(by) == 0 {
		return users
	}
	type row struct {
		u      *user
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
	return viewAll(rows, func(r row) *user { return r.u })
}
