package main

import (
	"errors"
	"fmt"
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
//
// The files are written anew from it, so whatever a person wrote and the tree
// has no place for would be lost. Reading refuses such a thing instead.
type tree struct {
	files    map[string]string // name -> text
	heads    map[string]string // name -> all above the package statement
	services map[string]string // name -> comment
	rpcs     map[string]oldRPC // upstream id -> ...
	messages map[string]*oldMessage
}

type oldRPC struct {
	service, name, comment string
	request, response      string            // type names
	success                []int             // statuses in the operation option
	permissions            *swaggerPermissions
	options                map[string]string // name -> value, white space folded
}

type oldMessage struct {
	file     string // where it stands
	comment  string
	fields   map[string]*field // by upstream name
	enums    map[string]*oldEnum
	reserved reserved
}

type oldEnum struct {
	comment  string
	fixed    map[int]*enumValue    // 0 and 1, which the upstream does not know
	values   map[string]*enumValue // by upstream string; "" is one like any other
	reserved reserved
}

// reserved is what a message or an enum must not use again.
type reserved struct {
	numbers []span
	names   []string
}

// A span is a range of numbers, both ends included.
type span struct{ from, to int }

func readTree(dir string) (*tree, error) {
	t := &tree{
		files: map[string]string{}, heads: map[string]string{}, services: map[string]string{},
		rpcs: map[string]oldRPC{}, messages: map[string]*oldMessage{},
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var refused []error
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".proto" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		refused = append(refused, t.read(e.Name(), string(text)))
	}
	return t, errors.Join(refused...)
}

func (t *tree) read(name, text string) error {
	file, err := parser.Parse(name, strings.NewReader(text), reporter.NewHandler(nil))
	if err != nil {
		return err
	}
	t.files[name] = text
	r := &reader{file: file, kept: map[ast.Item]bool{}}
	for i, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.PackageNode:
			if i > 0 {
				r.cannotKeep(file.Decls[0]) // the head must be all comment
				continue
			}
			t.heads[name] = text[:file.NodeInfo(d).Start().Offset]
			r.keep(0, d.Start().AsItem())
		case *ast.ImportNode:
		case *ast.OptionNode:
			if !slices.Contains(fileOptions, r.source(d.Name)) {
				r.cannotKeep(d)
			}
		case *ast.ServiceNode:
			t.services[d.Name.Val] = r.comment(d)
			r.service(d, t.rpcs)
		case *ast.MessageNode:
			m := r.message(d)
			m.file = name
			t.messages[d.Name.Val] = m
		default:
			r.cannotKeep(d)
		}
	}
	r.lostComments()
	return errors.Join(r.refused...)
}

// A reader walks one file.
type reader struct {
	file    *ast.FileNode
	kept    map[ast.Item]bool // the comments that the tree has a place for
	refused []error
}

// cannotKeep refuses a node, which it shows by its first line.
func (r *reader) cannotKeep(n ast.Node) {
	first, _, more := strings.Cut(r.source(n), "\n")
	if more {
		first += " ..."
	}
	r.refused = append(r.refused, fmt.Errorf("%s: %s: protosync cannot keep this; take it out, or teach protosync to keep it",
		r.file.NodeInfo(n).Start(), first))
}

// keep marks the comments in a range of the file as kept.
func (r *reader) keep(from, to ast.Item) {
	for i := from; i <= to; i++ {
		r.kept[i] = true
	}
}

func (r *reader) lostComments() {
	items := r.file.Items()
	for i, ok := items.First(); ok; i, ok = items.Next(i) {
		if _, c := r.file.GetItem(i); c.IsValid() && !r.kept[i] {
			r.refused = append(r.refused, fmt.Errorf("%s: protosync cannot keep this comment: put it above an rpc, a message, a field or the like, in // lines of its own", c.Start()))
		}
	}
}

// comment is all that stands in // lines above a node, as it was written, with
// a blank line where there is one.
func (r *reader) comment(n ast.Node) string {
	comments := r.file.NodeInfo(n).LeadingComments()
	var lines []string
	for i := range comments.Len() {
		c := comments.Index(i)
		if !strings.HasPrefix(c.RawText(), "//") {
			continue
		}
		if i > 0 && c.Start().Line > comments.Index(i-1).End().Line+1 {
			lines = append(lines, "")
		}
		lines = append(lines, strings.TrimRight(c.RawText(), " \t\r\n"))
		r.kept[c.AsItem()] = true
	}
	if last := comments.Len() - 1; last >= 0 && r.file.NodeInfo(n).Start().Line > comments.Index(last).End().Line+1 {
		lines = append(lines, "")
	}
	return strings.Join(lines, "\n")
}

func (r *reader) source(n ast.Node) string { return r.file.NodeInfo(n).RawText() }

// Options of RPCs. The document decides all but the idempotency, which it does
// not know.
const (
	optionDeprecated  = "deprecated"
	optionIdempotency = "idempotency_level"
	optionHTTP        = "(google.api.http)"
	optionOperation   = "(genesyscloud.api.v1.operation)"
)

func (r *reader) service(n *ast.ServiceNode, rpcs map[string]oldRPC) {
	for _, decl := range n.Decls {
		m, ok := decl.(*ast.RPCNode)
		if !ok {
			r.cannotKeep(decl)
			continue
		}
		old := oldRPC{
			service: n.Name.Val, name: m.Name.Val, comment: r.comment(m),
			request:  string(m.Input.MessageType.AsIdentifier()),
			response: string(m.Output.MessageType.AsIdentifier()),
			options:  map[string]string{},
		}
		if m.Input.Stream != nil || !isIdent(old.request) { // every RPC has a request of its own
			r.cannotKeep(m.Input)
		}
		if m.Output.Stream != nil {
			r.cannotKeep(m.Output)
		}
		id := old.name
		for _, e := range m.Decls {
			o, ok := e.(*ast.OptionNode)
			if !ok {
				r.cannotKeep(e)
				continue
			}
			name := r.source(o.Name)
			switch name {
			case optionDeprecated, optionIdempotency, optionHTTP:
			case optionOperation:
				id = operationID(o, id)
				old.success = successesIn(o)
				old.permissions = permissionsIn(o)
			default:
				r.cannotKeep(o)
			}
			old.options[name] = folded(r.source(o.Val))
		}
		rpcs[id] = old
	}
}

// verb is the verb in the HTTP option.
func (o oldRPC) verb() string {
	verb, _, _ := strings.Cut(strings.TrimLeft(o.options[optionHTTP], "{ "), ":")
	return strings.ToUpper(verb)
}

// operationID is the id in the operation option, by which an RPC is known.
func operationID(o *ast.OptionNode, otherwise string) string {
	if lit, ok := o.Val.(*ast.MessageLiteralNode); ok {
		for _, f := range lit.Elements {
			if s, ok := f.Val.(ast.StringValueNode); ok && f.Name.Value() == "id" {
				return s.AsString()
			}
		}
	}
	return otherwise
}

// successesIn are the statuses in the operation option.
func successesIn(o *ast.OptionNode) []int {
	var statuses []int
	add := func(v ast.ValueNode) {
		if n, ok := v.(ast.IntValueNode); ok {
			if status, ok := n.AsUint64(); ok {
				statuses = append(statuses, int(status))
			}
		}
	}
	for _, v := range members(o.Val, "success") {
		add(v)
	}
	return statuses
}

// permissionsIn are those in the operation option, or nil.
func permissionsIn(o *ast.OptionNode) *swaggerPermissions {
	stated := members(o.Val, "permissions")
	if len(stated) == 0 {
		return nil
	}
	p := &swaggerPermissions{Type: "ANY"}
	for _, mode := range members(stated[0], "mode") {
		if name, ok := mode.(ast.IdentValueNode); ok && name.AsIdentifier() == "MODE_ALL" {
			p.Type = "ALL"
		}
	}
	for _, name := range members(stated[0], "names") {
		if text, ok := name.(ast.StringValueNode); ok {
			p.Names = append(p.Names, text.AsString())
		}
	}
	return p
}

// members are the values that a message literal gives to one field, be they in a
// list or one by one.
func members(v ast.ValueNode, field string) []ast.ValueNode {
	lit, ok := v.(*ast.MessageLiteralNode)
	if !ok {
		return nil
	}
	var values []ast.ValueNode
	for _, f := range lit.Elements {
		if f.Name.Value() != field {
			continue
		}
		if list, ok := f.Val.(*ast.ArrayLiteralNode); ok {
			values = append(values, list.Elements...)
			continue
		}
		values = append(values, f.Val)
	}
	return values
}

// folded is the text of an option's value in one line.
func folded(s string) string { return strings.Join(strings.Fields(s), " ") }

func (r *reader) message(n *ast.MessageNode) *oldMessage {
	m := &oldMessage{comment: r.comment(n), fields: map[string]*field{}, enums: map[string]*oldEnum{}}
	for _, decl := range n.Decls {
		switch d := decl.(type) {
		case *ast.FieldNode:
			f := r.field(d, d.Name.Val, d.Tag.Val, d.Options)
			if d.Label.KeywordNode != nil {
				f.label = d.Label.Val
			}
			f.typ = string(d.FldType.AsIdentifier())
			m.fields[f.jsonName] = f
		case *ast.MapFieldNode:
			if d.MapType.KeyType.Val != "string" {
				r.cannotKeep(d)
			}
			f := r.field(d, d.Name.Val, d.Tag.Val, d.Options)
			f.isMap, f.typ = true, string(d.MapType.ValueType.AsIdentifier())
			m.fields[f.jsonName] = f
		case *ast.EnumNode:
			m.enums[d.Name.Val] = r.enum(d)
		case *ast.ReservedNode:
			r.reserved(d, &m.reserved)
		default:
			r.cannotKeep(d)
		}
	}
	return m
}

// field reads what fields and maps have in common.
func (r *reader) field(n ast.Node, name string, number uint64, options *ast.CompactOptionsNode) *field {
	f := &field{jsonName: lowerCamel(name), name: name, number: int(number), comment: r.comment(n)}
	for _, o := range optionsOf(options) {
		switch option := r.source(o.Name); {
		case option == "json_name":
			if s, ok := o.Val.(ast.StringValueNode); ok {
				f.jsonName = s.AsString()
			} else {
				r.cannotKeep(o)
			}
		case option == "(google.api.field_behavior)":
			f.behavior = r.source(o.Val)
		case strings.HasPrefix(option, rulePrefix), strings.HasPrefix(option, markPrefix), !strings.HasPrefix(option, "("):
			f.rules = append(f.rules, option+" = "+r.source(o.Val))
			r.keep(o.Start().AsItem(), o.End().AsItem())
		default:
			r.cannotKeep(o)
		}
	}
	return f
}

func (r *reader) enum(n *ast.EnumNode) *oldEnum {
	e := &oldEnum{comment: r.comment(n), fixed: map[int]*enumValue{}, values: map[string]*enumValue{}}
	for _, decl := range n.Decls {
		switch d := decl.(type) {
		case *ast.EnumValueNode:
			number, ok := d.Number.AsInt64()
			v := &enumValue{name: d.Name.Val, number: int(number), comment: r.comment(d)}
			known := false
			for _, o := range optionsOf(d.Options) {
				if s, ok := o.Val.(ast.StringValueNode); ok && r.source(o.Name) == "(genesyscloud.api.v1.upstream)" {
					v.upstream, known = s.AsString(), true
				} else {
					r.cannotKeep(o)
				}
			}
			switch {
			case known:
				e.values[v.upstream] = v
			case ok && number >= 0 && number < firstEnumNumber:
				e.fixed[v.number] = v
			default:
				r.cannotKeep(d)
			}
		case *ast.ReservedNode:
			r.reserved(d, &e.reserved)
		default:
			r.cannotKeep(d)
		}
	}
	return e
}

func (r *reader) reserved(n *ast.ReservedNode, to *reserved) {
	for _, rng := range n.Ranges {
		if rng.Max != nil {
			r.cannotKeep(rng)
			continue
		}
		from, _ := rng.StartVal.AsInt64()
		end := from
		if rng.EndVal != nil {
			end, _ = rng.EndVal.AsInt64()
		}
		to.numbers = append(to.numbers, span{int(from), int(end)})
	}
	for _, name := range n.Names {
		to.names = append(to.names, name.AsString())
	}
}

// add reserves one number with its name.
func (r *reserved) add(number int, name string) {
	r.numbers = append(r.numbers, span{number, number})
	r.names = append(r.names, name)
}

func (r reserved) clone() reserved {
	return reserved{slices.Clone(r.numbers), slices.Clone(r.names)}
}

// after is the first number from first on that lies above all reserved ones.
func (r reserved) after(first int) int {
	for _, s := range r.numbers {
		first = max(first, s.to+1)
	}
	return first
}

func (s span) String() string {
	if s.from == s.to {
		return strconv.Itoa(s.from)
	}
	return fmt.Sprintf("%d to %d", s.from, s.to)
}

func optionsOf(n *ast.CompactOptionsNode) []*ast.OptionNode {
	if n == nil {
		return nil
	}
	return n.Options
}
