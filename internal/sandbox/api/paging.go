package api

import (
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

const (
	// DefaultPageSize is that of a caller who says nothing.
	DefaultPageSize = 25
	// maxPageSize is what the upstream accepts in practice.
	maxPageSize = 500
)

// Page is what a caller asked to see of a list; size and number count from 1.
type Page struct {
	Size, Number int
	Descending   bool
}

// Listing is the envelope of every paged list.
type Listing[T any] struct {
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

// List shows one page of all. Only what is on the page is rendered.
func List[S, T any](c *Call, p Page, all []S, view func(S) T) Listing[T] {
	pages := p.Count(len(all))
	first, last := p.Bounds(len(all))
	entities := make([]T, 0, last-first)
	for i := first; i < last; i++ {
		if p.Descending {
			entities = append(entities, view(all[len(all)-1-i]))
		} else {
			entities = append(entities, view(all[i]))
		}
	}
	l := Listing[T]{
		Entities:   entities,
		PageSize:   p.Size,
		PageNumber: p.Number,
		Total:      int64(len(all)),
		PageCount:  pages,
		FirstURI:   c.pageURI(p.Size, 1),
		LastURI:    c.pageURI(p.Size, max(pages, 1)),
		SelfURI:    c.pageURI(p.Size, p.Number),
	}
	if p.Number < pages {
		l.NextURI = c.pageURI(p.Size, p.Number+1)
	}
	if p.Number > 1 {
		l.PreviousURI = c.pageURI(p.Size, p.Number-1)
	}
	return l
}

// ListAll shows everything on one page, as the answers to bulk writes do.
func ListAll[S, T any](c *Call, all []S, view func(S) T) Listing[T] {
	return List(c, Page{Size: max(len(all), DefaultPageSize), Number: 1}, all, view)
}

// Count is the number of pages that total things fill.
func (p Page) Count(total int) int { return (total + p.Size - 1) / p.Size }

// Bounds are the indexes of the page's first thing and of the one after its last.
func (p Page) Bounds(total int) (first, last int) {
	first = min((p.Number-1)*p.Size, total)
	return first, min(first+p.Size, total)
}

// Page reads pageSize and pageNumber. Zero means the default, because some of
// the vendor's SDKs send zero for what the caller left out.
func (c *Call) Page() (Page, error) {
	size, err := c.Int("pageSize")
	if err != nil {
		return Page{}, err
	}
	number, err := c.Int("pageNumber")
	if err != nil {
		return Page{}, err
	}
	return MakePage(size, number)
}

// PageSize reads the size alone, for lists that are read on from a cursor.
func (c *Call) PageSize() (int, error) {
	size, err := c.Int("pageSize")
	if err != nil {
		return 0, err
	}
	p, err := MakePage(size, 1)
	return p.Size, err
}

// SortedPage is page for an operation that has a sortOrder.
func (c *Call) SortedPage() (Page, error) {
	p, err := c.Page()
	if err != nil {
		return Page{}, err
	}
	p.Descending, err = c.Descending()
	return p, err
}

// MakePage is Page for numbers that came in another way.
func MakePage(size, number int) (Page, error) {
	switch {
	case size < 0 || size > maxPageSize:
		return Page{}, problem.Invalid("pageSize", "it must be between 1 and "+strconv.Itoa(maxPageSize))
	case number < 0 || number > math.MaxInt32: // beyond, the product with the size overflows
		return Page{}, problem.Invalid("pageNumber", "it must be between 1 and "+strconv.Itoa(math.MaxInt32))
	}
	if size == 0 {
		size = DefaultPageSize
	}
	return Page{Size: size, Number: max(number, 1)}, nil
}

// pageURI is the request's own address with another page in it. The other
// parameters stay as they were sent.
func (c *Call) pageURI(size, number int) string {
	uri := c.Path + "?pageSize=" + strconv.Itoa(size) + "&pageNumber=" + strconv.Itoa(number)
	for parameter := range strings.SplitSeq(c.RawQuery, "&") {
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

// Inventory is the envelope of lists that are never paged.
type Inventory[T any] struct {
	Total    int64  `json:"total"`
	Entities []T    `json:"entities"`
	SelfURI  string `json:"selfUri"`
}

// ListInventory shows everything.
func ListInventory[S, T any](c *Call, all []S, view func(S) T) Inventory[T] {
	return Inventory[T]{Total: int64(len(all)), Entities: wire.ViewAll(all, view), SelfURI: c.Path}
}
