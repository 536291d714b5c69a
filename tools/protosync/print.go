package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// print gives the files that differ from the tree, written as buf format would
// write them, so that formatting never shows up as a change.
func (c *contract) print(old *tree) []file {
	owners := c.owners(old)
	texts := map[string]string{}
	for name := range old.files {
		texts[name] = "" // unless it is wanted
	}
	for name, s := range c.services {
		own := []*message{}
		for _, r := range s.rpcs {
			own = append(own, r.request)
			if r.wrapper != nil {
				own = append(own, r.wrapper)
			}
		}
		own = append(own, c.ownedBy(owners, name, own)...)
		file := fileOf(name)
		head := cmp.Or(old.heads[file], defaultHead("The "+name+" and the messages that only it uses."))
		texts[file] = c.file(head, name, owners, s, own)
	}
	if own := c.ownedBy(owners, common, nil); len(own) > 0 {
		file := fileOf(common)
		head := cmp.Or(old.heads[file], defaultHead("Messages that more than one service uses."))
		texts[file] = c.file(head, common, owners, nil, own)
	}
	var files []file
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if texts[name] != old.files[name] {
			files = append(files, file{name, texts[name]})
		}
	}
	return files
}

func (c *contract) ownedBy(owners map[string]string, owner string, but []*message) []*message {
	var own []*message
	for _, name := range slices.Sorted(maps.Keys(c.messages)) {
		if m := c.messages[name]; owners[name] == owner && !slices.Contains(but, m) {
			own = append(own, m)
		}
	}
	return own
}

// fileOptions are those that file writes.
var fileOptions = []string{"go_package", "java_multiple_files", "java_package"}

func defaultHead(about string) string { return "syntax = \"proto3\";\n\n" + remark(about) + "\n" }

// file writes one file of the contract: what stands above its package, the
// service unless it is common, the messages.
func (c *contract) file(head, owner string, owners map[string]string, s *service, messages []*message) string {
	p := &printer{}
	p.b.WriteString(head)
	p.line("package genesyscloud.users.v1;")
	p.line("")
	if imports := c.imports(owner, owners, s, messages); len(imports) > 0 {
		for _, i := range imports {
			p.line("import %q;", i)
		}
		p.line("")
	}
	p.line(`option go_package = "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1;usersv1";`)
	p.line(`option java_multiple_files = true;`)
	p.line(`option java_package = "io.switchboard.genesyscloud.users.v1";`)
	if s != nil {
		p.line("")
		p.service(s)
	}
	for _, m := range messages {
		p.line("")
		p.message(m)
	}
	return p.b.String()
}

func (c *contract) imports(owner string, owners map[string]string, s *service, messages []*message) []string {
	set := map[string]bool{}
	use := func(typ string) {
		switch typ {
		case typeEmpty, typeMask, typeStruct, typeTimestamp:
			set["google/protobuf/"+snakeFile(typ)+".proto"] = true
		case typeValue, typeListValue:
			set["google/protobuf/struct.proto"] = true
		}
		if c.messages[typ] != nil && owners[typ] == common && owner != common {
			set[dir+"/common.proto"] = true
		}
	}
	if s != nil {
		set["google/api/annotations.proto"] = true
		set["genesyscloud/api/v1/options.proto"] = true
		for _, r := range s.rpcs {
			use(r.response)
		}
	}
	for _, m := range messages {
		if len(m.enums) > 0 {
			set["genesyscloud/api/v1/options.proto"] = true
		}
		for _, f := range m.fields {
			use(f.reaches())
			if f.behavior != "" {
				set["google/api/field_behavior.proto"] = true
			}
			for _, rule := range f.rules {
				switch {
				case strings.HasPrefix(rule, rulePrefix):
					set["buf/validate/validate.proto"] = true
				case strings.HasPrefix(rule, markPrefix):
					set["genesyscloud/api/v1/options.proto"] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

func snakeFile(typ string) string {
	return snake(strings.TrimPrefix(typ, "google.protobuf."))
}

type printer struct{ b strings.Builder }

func (p *printer) line(format string, args ...any) {
	fmt.Fprintf(&p.b, format, args...)
	p.b.WriteByte('\n')
}

// comment prints the lines of a comment as they are.
func (p *printer) comment(indent, text string) {
	if text == "" {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		p.line("%s", strings.TrimRight(indent+line, " "))
	}
}

// remark makes a comment of a text of our own.
func remark(text string) string { return "// " + strings.Join(wrap(text, 75), "\n// ") }

func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

func (p *printer) service(s *service) {
	p.comment("", s.comment)
	p.line("service %s {", s.name)
	for i, r := range s.rpcs {
		if i > 0 {
			p.line("")
		}
		p.rpc(r)
	}
	p.line("}")
}

func (p *printer) rpc(r *rpc) {
	p.comment("  ", r.comment)
	p.line("  rpc %s(%s) returns (%s) {", r.name, r.request.name, r.response)
	for _, o := range r.options() {
		p.line("    option %s = %s;", o.name, strings.ReplaceAll(o.value, "\n", "\n    "))
	}
	p.line("  }")
}

type option struct{ name, value string }

// options are what is said of an RPC, in the order of buf format.
func (r *rpc) options() []option {
	var options []option
	if r.deprecated {
		options = append(options, option{optionDeprecated, "true"})
	}
	options = append(options, option{optionIdempotency, r.idempotency})
	http := []string{fmt.Sprintf("%s: %q", strings.ToLower(r.verb), r.template())}
	if r.body != nil {
		http = append(http, fmt.Sprintf("body: %q", r.body.name))
	}
	if r.wrapper != nil {
		http = append(http, fmt.Sprintf("response_body: %q", r.wrapper.fields[0].name))
	}
	operation := []string{fmt.Sprintf("id: %q", r.id)}
	if r.permissions != nil {
		operation = append(operation, r.permissions.text())
	}
	if r.preview {
		operation = append(operation, "preview: true")
	}
	if len(r.success) > 0 {
		statuses := make([]string, len(r.success))
		for i, status := range r.success {
			statuses[i] = strconv.Itoa(status)
		}
		operation = append(operation, "success: "+list(statuses))
	}
	return append(options, option{optionHTTP, literal(http)}, option{optionOperation, literal(operation)})
}

// literal is a message literal of members: one alone that is short stands in
// one line with its braces.
func literal(members []string) string {
	text := strings.Join(members, "\n")
	if len(members) == 1 && !strings.Contains(text, "\n") {
		return "{" + text + "}"
	}
	return "{\n  " + strings.ReplaceAll(text, "\n", "\n  ") + "\n}"
}

func (p *swaggerPermissions) text() string {
	if len(p.Names) == 0 {
		return "permissions: {mode: MODE_NONE}"
	}
	mode := "MODE_ANY"
	if p.Type == "ALL" {
		mode = "MODE_ALL"
	}
	names := make([]string, len(p.Names))
	for i, n := range p.Names {
		names[i] = strconv.Quote(n)
	}
	return "permissions: " + literal([]string{"mode: " + mode, "names: " + list(names)})
}

// list is a list literal: one item alone stands in one line with its brackets.
func list(items []string) string {
	if len(items) == 1 {
		return "[" + items[0] + "]"
	}
	return "[\n  " + strings.Join(items, ",\n  ") + "\n]"
}

func (p *printer) message(m *message) {
	p.comment("", m.comment)
	if len(m.fields)+len(m.enums) == 0 && m.reserved.empty() {
		p.line("message %s {}", m.name)
		return
	}
	p.line("message %s {", m.name)
	first := true
	begin := func() { // a part: the reservations, an enum, the fields
		if !first {
			p.line("")
		}
		first = false
	}
	if !m.reserved.empty() {
		begin()
		p.reserved("  ", m.reserved)
	}
	for _, e := range m.enums {
		begin()
		p.enum(e)
	}
	if len(m.fields) > 0 {
		begin()
	}
	for _, f := range m.fields {
		p.field(f)
	}
	p.line("}")
}

func (r reserved) empty() bool { return len(r.numbers)+len(r.names) == 0 }

func (p *printer) reserved(indent string, r reserved) {
	slices.SortFunc(r.numbers, func(x, y span) int { return x.from - y.from })
	slices.Sort(r.names)
	var numbers, names []string
	for _, s := range r.numbers {
		numbers = append(numbers, s.String())
	}
	for _, n := range r.names {
		names = append(names, strconv.Quote(n))
	}
	for _, list := range [][]string{numbers, names} {
		if len(list) > 0 {
			p.line("%sreserved %s;", indent, strings.Join(list, ", "))
		}
	}
}

func (p *printer) enum(e *enum) {
	p.comment("  ", e.comment)
	p.line("  enum %s {", e.name)
	p.reserved("    ", e.reserved)
	for _, v := range e.fixed {
		p.comment("    ", v.comment)
		p.line("    %s = %d;", v.name, v.number)
	}
	for _, v := range e.values {
		p.comment("    ", v.comment)
		p.line("    %s = %d [(genesyscloud.api.v1.upstream) = %q];", v.name, v.number, v.upstream)
	}
	p.line("  }")
}

func (p *printer) field(f *field) {
	p.comment("  ", f.comment)
	var options []string
	if lowerCamel(f.name) != f.jsonName {
		options = append(options, fmt.Sprintf("json_name = %q", f.jsonName))
	}
	if f.behavior != "" {
		options = append(options, "(google.api.field_behavior) = "+f.behavior)
	}
	options = append(options, f.rules...)
	head := fmt.Sprintf("  %s %s = %d", f.typeText(), f.name, f.number)
	switch len(options) {
	case 0:
		p.line("%s;", head)
	case 1:
		p.line("%s [%s];", head, options[0])
	default:
		p.line("%s [", head)
		for i, o := range options {
			comma := ","
			if i == len(options)-1 {
				comma = ""
			}
			p.line("    %s%s", o, comma)
		}
		p.line("  ];")
	}
}
