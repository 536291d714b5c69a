package sandbox

import (
	"math"
	"net/url"
	"strconv"
	"strings"
)

const (
	defaultPageSize = 25
	// maxPageSize is what the upstream accepts in practice.
	maxPageSize = 500
)

// page is what a caller asked to see of a list; size and number count from 1.
type page struct {
	size, number int
	descending   bool
}

// listing is the envelope of every paged list.
type listing[T any] struct {
	Entities    []T    `json:"entities"`
	PageSize    int    `json:"pageSize"`
	PageNumber  int    `json:"pageNumber"`
	Total       int64  `json:"total"`
	FirstURI    string `json:"firstUri,omitempty"`
	NextURI     string `json:"nextUri,omitempty"`
	PreviousURI string `json:"previousUri,omitempty"`
	LastURI     string `json:"lastUri,omitempty"`
	SelfURI     string `json:"selfUri,omitempty"`
	PageCount   int    `json:"pageCount"`
}

// list shows one page of all. Only what is on the page is rendered.
func list[S, T any](c *call, p page, all []S, view func(S) T) listing[T] {
	pages := p.count(len(all))
	first, last := p.bounds(len(all))
	entities := make([]T, 0, last-first)
	for i := first; i < last; i++ {
		if p.descending {
			entities = append(entities, view(all[len(all)-1-i]))
		} else {
			entities = append(entities, view(all[i]))
		}
	}
	l := listing[T]{
		Entities:   entities,
		PageSize:   p.size,
		PageNumber: p.number,
		Total:      int64(len(all)),
		PageCount:  pages,
		FirstURI:   c.pageURI(p.size, 1),
		LastURI:    c.pageURI(p.size, max(pages, 1)),
		SelfURI:    c.pageURI(p.size, p.number),
	}
	if p.number < pages {
		l.NextURI = c.pageURI(p.size, p.number+1)
	}
	if p.number > 1 {
		l.PreviousURI = c.pageURI(p.size, p.number-1)
	}
	return l
}

// listAll shows everything on one page, as the answers to bulk writes do.
func listAll[S, T any](c *call, all []S, view func(S) T) listing[T] {
	return list(c, page{size: max(len(all), defaultPageSize), number: 1}, all, view)
}

// count is the number of pages that total things fill.
func (p page) count(total int) int { return (total + p.size - 1) / p.size }

// bounds are the indexes of the page's first thing and of the one after its last.
func (p page) bounds(total int) (first, last int) {
	first = min((p.number-1)*p.size, total)
	return first, min(first+p.size, total)
}

// page reads pageSize and pageNumber. Zero means the default, because some of
// the vendor's SDKs send zero for what the caller left out.
func (c *call) page() (page, error) {
	size, err := c.int("pageSize")
	if err != nil {
		return page{}, err
	}
	number, err := c.int("pageNumber")
	if err != nil {
		return page{}, err
	}
	return makePage(size, number)
}

// pageSize reads the size alone, for lists that are read on from a cursor.
func (c *call) pageSize() (int, error) {
	size, err := c.int("pageSize")
	if err != nil {
		return 0, err
	}
	p, err := makePage(size, 1)
	return p.size, err
}

// sortedPage is page for an operation that has a sortOrder.
func (c *call) sortedPage() (page, error) {
	p, err := c.page()
	if err != nil {
		return page{}, err
	}
	p.descending, err = c.descending()
	return p, err
}

func makePage(size, number int) (page, error) {
	switch {
	case size < 0 || size > maxPageSize:
		return page{}, invalid("pageSize", "it must be between 1 and "+strconv.Itoa(maxPageSize))
	case number < 0 || number > math.MaxInt32: // beyond, the product with the size overflows
		return page{}, invalid("pageNumber", "it must be between 1 and "+strconv.Itoa(math.MaxInt32))
	}
	if size == 0 {
		size = defaultPageSize
	}
	return page{size: size, number: max(number, 1)}, nil
}

// pageURI is the request's own address with another page in it. The other
// parameters stay as they were sent.
func (c *call) pageURI(size, number int) string {
	uri := c.path + "?pageSize=" + strconv.Itoa(size) + "&pageNumber=" + strconv.Itoa(number)
	for parameter := range strings.SplitSeq(c.rawQuery, "&") {
		name, _, _ := strings.Cut(parameter, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if name != "" && name != "pageSize" && name != "pageNumber" {
			uri += "&" + parameter
		}
	}
	return uri
}

// int reads an int32 parameter; absent or empty is 0.
func (c *call) int(name string) (int, error) {
	text := c.query.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, invalid(name, "it must be a whole number")
	}
	return int(n), nil
}

// bool reads a boolean parameter; absent or empty is the default.
func (c *call) bool(name string, absent bool) (bool, error) {
	switch text := c.query.Get(name); {
	case text == "":
		return absent, nil
	case strings.EqualFold(text, "true"):
		return true, nil
	case strings.EqualFold(text, "false"):
		return false, nil
	default:
		return false, invalid(name, "it must be true or false")
	}
}

// strings reads a repeated parameter. The vendor's SDKs either repeat the key
// or join the values with commas, and the upstream takes both.
func (c *call) strings(name string) []string {
	var values []string
	for _, joined := range c.query[name] {
		for value := range strings.SplitSeq(joined, ",") {
			if value = strings.TrimSpace(value); value != "" {
				values = append(values, value)
			}
		}
	}
	return values
}

// enum reads a parameter that must be one of values; absent or empty is the
// first of them.
func (c *call) enum(name string, values ...string) (string, error) {
	text := c.query.Get(name)
	if text == "" {
		return values[0], nil
	}
	for _, value := range values {
		if strings.EqualFold(text, value) {
			return value, nil
		}
	}
	return "", invalid(name, "it must be one of "+strings.Join(values, ", "))
}

// descending reads sortOrder, whose default ASC is not among its own documented
// values: all four spellings are taken.
func (c *call) descending() (bool, error) {
	order, err := c.enum("sortOrder", "ascending", "asc", "descending", "desc")
	return strings.HasPrefix(order, "desc"), err
}
