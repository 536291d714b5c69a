package org

// Catalog is a fixed list of things that users refer to, in listing order.
type Catalog[T any] struct {
	List []*T
	ByID map[string]*T
}

func (c *Catalog[T]) add(id string, item *T) *T {
	if c.ByID == nil {
		c.ByID = map[string]*T{}
	}
	c.List = append(c.List, item)
	c.ByID[id] = item
	return item
}
