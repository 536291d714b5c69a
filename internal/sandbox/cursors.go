package sandbox

import (
	"encoding/base64"
	"net/url"
	"sort"
)

// cursorPage is the envelope of lists that are read on from a place instead of by
// number, so that what comes or goes in between shifts nothing.
type cursorPage[T any] struct {
	Entities    []T    `json:"entities"`
	NextURI     string `json:"nextUri,omitempty"`
	SelfURI     string `json:"selfUri"`
	PreviousURI string `json:"previousUri,omitempty"`
}

// pageByCursor shows what comes after, or before, the thing whose key the caller's
// cursor holds. all is in order of key.
func pageByCursor[S, T any](c *call, size int, all []S, key func(S) string, view func(S) T) (any, error) {
	after, err := c.cursor("after")
	if err != nil {
		return nil, err
	}
	before, err := c.cursor("before")
	if err != nil {
		return nil, err
	}
	if after != "" && before != "" {
		return nil, invalid("before", "it cannot be used together with after")
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
	p := cursorPage[T]{Entities: viewAll(all[first:end], view), SelfURI: c.uriWith(nil)}
	if end < len(all) && end > first {
		p.NextURI = c.uriWith(map[string]string{"before": "", "after": makeCursor(key(all[end-1]))})
	}
	if first > 0 && first < end {
		p.PreviousURI = c.uriWith(map[string]string{"after": "", "before": makeCursor(key(all[first]))})
	}
	return p, nil
}

func makeCursor(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

// cursor reads a cursor; absent or empty is the beginning.
func (c *call) cursor(name string) (string, error) {
	key, err := base64.RawURLEncoding.DecodeString(c.query.Get(name))
	if err != nil {
		return "", invalid(name, "it is not one of ours")
	}
	return string(key), nil
}

// uriWith is the request's own address with other values of some parameters; an
// empty one goes.
func (c *call) uriWith(changes map[string]string) string {
	query := url.Values{}
	for name, values := range c.query {
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
		return c.path
	}
	return c.path + "?" + query.Encode()
}
