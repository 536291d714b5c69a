package transcode

import (
	"strings"
)

// A maskNode is a field mask as a tree: what is to be sent of a message. nil is no
// mask: all that is set.
type maskNode struct {
	field    *field // nil at the root
	named    bool   // a path ends here
	whole    bool   // all that is set of it is sent: a path ends here or above
	children []*maskNode
}

// everything is the path that names the whole message.
const everything = "*"

// newMask makes the tree of a mask's paths.
func newMask(t *table, paths []string) (*maskNode, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	root := &maskNode{}
	for _, path := range paths {
		if path == everything {
			root.named = true
			continue
		}
		node, rest, in := root, path, t
		for more := true; more; {
			var name string
			name, rest, more = strings.Cut(rest, ".")
			if in == nil || in.op != opMessage {
				return nil, &MaskError{clipped(path), "goes into a field that is not a single message"}
			}
			f := in.byProtoName(name)
			if f == nil {
				return nil, &MaskError{clipped(path), "names no field of " + in.name}
			}
			next := node.child(f)
			if next == nil {
				next = &maskNode{field: f}
				node.children = append(node.children, next)
			}
			next.named = next.named || !more
			node, in = next, nil
			if f.op == opMessage {
				in = f.table
			}
		}
	}
	root.spread(false)
	return root, nil
}

// spread tells all that is below a named message that it is whole.
func (m *maskNode) spread(whole bool) {
	m.whole = whole || m.named
	for _, c := range m.children {
		c.spread(m.whole)
	}
}

// child returns the part of the mask that is about a field, or nil.
func (m *maskNode) child(f *field) *maskNode {
	if m == nil {
		return nil
	}
	for _, c := range m.children {
		if c.field == f {
			return c
		}
	}
	return nil
}

// omits tells whether a field that is set is not sent; child is the part of the
// mask that is about it.
func (m *maskNode) omits(f *field, child *maskNode) bool {
	return m != nil && !m.whole && child == nil && !f.baseVersion
}

func (t *table) byProtoName(name string) *field {
	for i := range t.fields {
		if t.fields[i].protoName == name {
			return &t.fields[i]
		}
	}
	return nil
}

func clipped(s string) string { return string(clip([]byte(s))) }
