package api

import (
	"encoding/base64"
	"net/url"
	"sort"

	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// cursorPage is the envelope of lists that are read on from a place instead of by
// number, so that what comes or goes in between shifts nothing.
type cursorPage[T any] struct {
	Entities    []T    `json:"entities"`
	NextURI     string `json:"nextUri,omitempty"`
	SelfURI     string `json:"selfUri"`
	PreviousURI string `json:"previousUri,omitempty"`
}

// PageByCursor shows what comes after, or before, the thing whose key the caller's
// cursor holds. all is in order of key.
func PageByCursor[S, T any](c *Call, size int, all []S, key func(S) string, view func(S) T) (any, error) {
	after, err := c.Cursor("after")
	if err != nil {
		return nil, err
	}
	before, err := c.Cursor("before")
	if err != nil {
		return nil, err
	}
	if after != "" && before != "" {
		return nil, problem.Invalid("before", "it cannot be used together with after")
	}
	first := 0
	switch {
	case after != "":
		first = sort.Search(len(all), func(i int) bool { return key(all[i]) > after })
	case before != "":
		end := sort.Search(len(all), func(i int) bool { return key(all[i]) >= before })
		first = max(0, end-size)
		size = end - first
	}
	end := min(first+size, len(all))
	p := cursorPage[T]{Entities: wire.ViewAll(all[first:end], view), SelfURI: c.URIWith(nil)}
	if end < len(all) && end > first {
		p.NextURI = c.URIWith(map[string]string{"before": "", "after": MakeCursor(key(all[end-1]))})
	}
	if first > 0 && first < end {
		p.PreviousURI = c.URIWith(map[string]string{"after": "", "before": MakeCursor(key(all[first]))})
	}
	return p, nil
}

// MakeCursor hides a key, so that nobody thinks it means anything.
func MakeCursor(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

// Cursor reads a cursor; absent or empty is the beginning.
func (c *Call) Cursor(name string) (string, error) {
	key, err := base64.RawURLEncoding.DecodeString(c.Query.Get(name))
	if err != nil {
		return "", problem.Invalid(name, "it is not one of ours")
	}
	return string(key), nil
}

// URIWith is the request's own address with other values of some parameters; an
// empty one goes.
func (c *Call) URIWith(changes map[string]string) string {
	query := url.Values{}
	for name, values := range c.Query {
		if _, changed := changes[name]; !changed {
			query[name] = values
		}
	}
	for name, value := range changes {
		if value != "" {
			query.Set(name, value)
		}
	}
	if len(query) == 0 {
		return c.Path
	}
	return c.Path + "?" + query.Encode()
}
