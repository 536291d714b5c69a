package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bufbuild/protocompile/ast"
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/reporter"
)

// A tree is what the .proto files fixed already, read from their syntax alone:
// nothing needs to be linked, so a tree with a broken import can still be mended.
type tree struct {
	files    map[string]string // name -> text
	headers  map[string]string // name -> comment above the package statement
	services map[string]string // name -> comment
	rpcs     map[string]oldRPC // upstream id -> ...
	messages map[string]*oldMessage
}

type oldRPC struct{ service, name, comment string }

type oldMessage struct {
	comment         string
	fields          map[string]*field // by upstream name
	enums           map[string]*oldEnum
	reservedNumbers []int
	reservedNames   []string
}

type oldEnum struct {
	comment         string
	values          map[string]*enumValue // by upstream string; "" holds none
	fixed           map[string]string     // comments of UNSPECIFIED and UNRECOGNIZED
	reservedNumbers []int
	reservedNames   []string
}

func readTree(dir string) (*tree, error) {
	t := &tree{map[string]string{}, map[string]string{}, map[string]string{}, map[string]oldRPC{}, map[string]*oldMessage{}}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".proto" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if err := t.read(e.Name(), string(text)); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *tree) read(name, text string) error {
	file, err := parser.Parse(name, strings.NewReader(text), reporter.NewHandler(nil))
	if err != nil {
		return err
	}
	t.files[name] = text
	r := reader{file}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.PackageNode:
			t.headers[name] = r.comment(d)
		case *ast.ServiceNode:
			t.services[d.Name.Val] = r.comment(d)
			for _, e := range d.Decls {
				if m, ok := e.(*ast.RPCNode); ok {
					t.rpcs[r.operationID(m)] = oldRPC{d.Name.Val, m.Name.Val, r.comment(m)}
				}
			}
		case *ast.MessageNode:
			t.messages[d.Name.Val] = r.message(d)
		}
	}
	return nil
}

type reader struct{ file *ast.FileNode }

// comment is the text of the // lines right above a node.
func (r reader) comment(n ast.Node) string {
	comments := r.file.NodeInfo(n).LeadingComments()
	var lines []string
	for i := range comments.Len() {
		c := comments.Index(i)
		line := strings.TrimPrefix(strings.TrimPrefix(c.RawText(), "//"), " ")
		if i > 0 && c.Start().Line > comments.Index(i-1).End().Line+1 {
			lines = nil // a blank line between: the comment before is not this node's
		}
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	return strings.Join(lines, "\n")
}

func (r reader) source(n ast.Node) string { return r.file.NodeInfo(n).RawText() }

// operationID is the id in the operation option, by which an RPC is known.
func (r reader) operationID(m *ast.RPCNode) string {
	for _, e := range m.Decls {
		o, ok := e.(*ast.OptionNode)
		if !ok || r.source(o.Name) != "(genesyscloud.api.v1.operation)" {
			continue
		}
		if lit, ok := o.Val.(*ast.MessageLiteralNode); ok {
			for _, f := range lit.Elements {
				if s, ok := f.Val.(ast.StringValueNode); ok && f.Name.Value() == "id" {
					return s.AsString()
				}
			}
		}
	}
	return m.Name.Val
}

func (r reader) message(n *ast.MessageNode) *oldMessage {
	m := &oldMessage{comment: r.comment(n), fields: map[string]*field{}, enums: map[string]*oldEnum{}}
	add := func(node ast.Node, label, typ, name string, number uint64, options *ast.CompactOptionsNode) {
		f := &field{
			jsonName: lowerCamel(name), name: name, label: label, typ: typ,
			number: int(number), comment: r.comment(node),
		}
		for _, o := range optionsOf(options) {
			switch option := r.source(o.Name); {
			case option == "json_name":
				f.jsonName = o.Val.(ast.StringValueNode).AsString()
			case strings.HasPrefix(option, "(buf.validate."), option == "debug_redact":
				f.rules = append(f.rules, option+" = "+r.source(o.Val))
			}
		}
		m.fields[f.jsonName] = f
	}
	for _, decl := range n.Decls {
		switch d := decl.(type) {
		case *ast.FieldNode:
			label := ""
			if d.Label.KeywordNode != nil {
				label = d.Label.Val
			}
			add(d, label, string(d.FldType.AsIdentifier()), d.Name.Val, d.Tag.Val, d.Options)
		case *ast.MapFieldNode:
			add(d, "", "map<string, "+string(d.MapType.ValueType.AsIdentifier())+">", d.Name.Val, d.Tag.Val, d.Options)
		case *ast.EnumNode:
			m.enums[d.Name.Val] = r.enum(d)
		case *ast.ReservedNode:
			numbers, names := r.reserved(d)
			m.reservedNumbers = append(m.reservedNumbers, numbers...)
			m.reservedNames = append(m.reservedNames, names...)
		}
	}
	return m
}

func (r reader) enum(n *ast.EnumNode) *oldEnum {
	e := &oldEnum{comment: r.comment(n), values: map[string]*enumValue{}, fixed: map[string]string{}}
	for _, decl := range n.Decls {
		switch d := decl.(type) {
		case *ast.EnumValueNode:
			number, _ := strconv.Atoi(r.source(d.Number))
			v := &enumValue{name: d.Name.Val, number: number, comment: r.comment(d)}
			known := false
			for _, o := range optionsOf(d.Options) {
				if s, ok := o.Val.(ast.StringValueNode); ok && r.source(o.Name) == "(genesyscloud.api.v1.upstream)" {
					v.upstream, known = s.AsString(), true
				}
			}
			if known {
				e.values[v.upstream] = v
			} else {
				e.fixed[v.name] = v.comment
			}
		case *ast.ReservedNode:
			numbers, names := r.reserved(d)
			e.reservedNumbers = append(e.reservedNumbers, numbers...)
			e.reservedNames = append(e.reservedNames, names...)
		}
	}
	return e
}

func (r reader) reserved(n *ast.ReservedNode) (numbers []int, names []string) {
	for _, rng := range n.Ranges {
		from, _ := strconv.Atoi(r.source(rng.StartVal))
		to := from
		if rng.EndVal != nil {
			to, _ = strconv.Atoi(r.source(rng.EndVal))
		}
		for i := from; i <= to; i++ {
			numbers = append(numbers, i)
		}
	}
	for _, name := range n.Names {
		names = append(names, name.AsString())
	}
	slices.Sort(numbers)
	return numbers, names
}

func optionsOf(n *ast.CompactOptionsNode) []*ast.OptionNode {
	if n == nil {
		return nil
	}
	return n.Options
}
