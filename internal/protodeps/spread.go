package main

import (
	"strings"

	"github.com/bufbuild/protocompile/ast"
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/reporter"
)

// spread writes an option that is a list of messages as one option for each of
// them, which says the same: the parser of protobuf.js, and with it that of
// @grpc/proto-loader, knows no list of messages in an option.
//
//	(x) = {list: [{...}, {...}]}   becomes   (x).list = {...}, (x).list = {...}
func spread(name, text string) (string, error) {
	file, err := parser.Parse(name, strings.NewReader(text), reporter.NewHandler(nil))
	if err != nil {
		return "", err
	}
	s := &spreader{file: file, text: text}
	for _, decl := range file.Decls {
		if err := ast.Walk(decl, &ast.SimpleVisitor{DoVisitCompactOptionsNode: s.options}); err != nil {
			return "", err
		}
	}
	s.b.WriteString(text[s.done:])
	return s.b.String(), nil
}

// A spreader copies text to b as far as done.
type spreader struct {
	file *ast.FileNode
	text string
	done int
	b    strings.Builder
}

func (s *spreader) options(n *ast.CompactOptionsNode) error {
	for _, o := range n.Options {
		field, messages := listOfMessages(o)
		if len(messages) == 0 {
			continue
		}
		start := s.file.NodeInfo(o).Start()
		indent := "\n" + strings.Repeat(" ", start.Col-1)
		s.b.WriteString(s.text[s.done:start.Offset])
		for i, m := range messages {
			if i > 0 {
				s.b.WriteString("," + indent)
			}
			s.b.WriteString(s.source(o.Name) + "." + field + " = {")
			for _, e := range m.Elements {
				s.b.WriteString(indent + "  " + e.Name.Value() + ": " + s.source(e.Val))
			}
			s.b.WriteString(indent + "}")
		}
		s.done = start.Offset + len(s.source(o))
	}
	return nil
}

// listOfMessages gives the only field of an option's value with its elements, if
// it is a list of messages.
func listOfMessages(o *ast.OptionNode) (field string, elements []*ast.MessageLiteralNode) {
	value, ok := o.Val.(*ast.MessageLiteralNode)
	if !ok || len(value.Elements) != 1 {
		return "", nil
	}
	list, ok := value.Elements[0].Val.(*ast.ArrayLiteralNode)
	if !ok {
		return "", nil
	}
	for _, e := range list.Elements {
		m, ok := e.(*ast.MessageLiteralNode)
		if !ok {
			return "", nil
		}
		elements = append(elements, m)
	}
	return value.Elements[0].Name.Value(), elements
}

func (s *spreader) source(n ast.Node) string { return s.file.NodeInfo(n).RawText() }
