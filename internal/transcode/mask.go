package transcode

import (
	"strings"
)

// A maskNode is a field mask as a tree: a message's fields that are to be sent
// although unset. nil is an empty mask.
type maskNode struct {
	field    *field // nil at the root
	leaf     bool   // the field itself is named, so what is below it is covered
	children []*maskNode
}

// newMask makes the tree of a mask's paths.
func newMask(t *table, paths []string) (*maskNode, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	root := &maskNode{}
	for _, path := range paths {
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
			next.leaf = next.leaf || !more
			node, in = next, nil
			if f.op == opMessage {
				in = f.table
			}
		}
	}
	return root, nil
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

func (t *table) byProtoName(name string) *field {
	for i := range t.fields {
		if t.fields[i].protoName == name {
			return &t.fields[i]
		}
	}
	return nil
}

func clipped(s string) string { return string(clip([]byte(s))) }
