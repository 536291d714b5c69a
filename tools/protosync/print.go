package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// print writes the files as buf format would, so that formatting never shows up
// as a change.
func (c *contract) print(old *tree) []File {
	owners := c.owners()
	texts := map[string]string{}
	for name, s := range c.services {
		own := []*message{}
		for _, r := range s.rpcs {
			own = append(own, r.request)
			if r.wrapper != nil {
				own = append(own, r.wrapper)
			}
		}
		rest := c.ownedBy(owners, name, own)
		file := snake(name) + ".proto"
		texts[file] = c.file(cmp.Or(old.headers[file], "The "+name+" and the messages that only it uses."), name, owners, s, append(own, rest...))
	}
	if shared := c.ownedBy(owners, common, nil); len(shared) > 0 {
		texts["common.proto"] = c.file(cmp.Or(old.headers["common.proto"], "Messages that more than one service uses."), common, owners, nil, shared)
	}
	for name := range old.files {
		if _, ok := texts[name]; !ok {
			texts[name] = ""
		}
	}
	var files []File
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		files = append(files, File{Name: name, Text: texts[name], Old: old.files[name]})
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

func (c *contract) file(header, owner string, owners map[string]string, s *service, messages []*message) string {
	p := &printer{}
	p.line(`syntax = "proto3";`)
	p.line("")
	p.comment("", header)
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
			use(m.reaches(f))
			if f.behavior != "" {
				set["google/api/field_behavior.proto"] = true
			}
			for _, rule := range f.rules {
				if strings.HasPrefix(rule, "(buf.validate.") {
					set["buf/validate/validate.proto"] = true
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

// comment prints text as // lines. Text of one line is wrapped; text that was
// laid out by hand stays as it is.
func (p *printer) comment(indent, text string) {
	if text == "" {
		return
	}
	lines := strings.Split(text, "\n")
	if len(lines) == 1 {
		lines = wrap(text, 77-len(indent))
	}
	for _, l := range lines {
		p.line("%s", strings.TrimRight(indent+"// "+l, " "))
	}
}

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
	if r.deprecated {
		p.line("    option deprecated = true;")
	}
	http := []string{fmt.Sprintf("%s: %q", strings.ToLower(r.verb), r.path)}
	if r.body != "" {
		http = append(http, fmt.Sprintf("body: %q", r.body))
	}
	if r.responseBody != "" {
		http = append(http, fmt.Sprintf("response_body: %q", r.responseBody))
	}
	if len(http) == 1 {
		p.line("    option (google.api.http) = {%s};", http[0])
	} else {
		p.line("    option (google.api.http) = {")
		for _, h := range http {
			p.line("      %s", h)
		}
		p.line("    };")
	}
	if r.permissions == nil && !r.preview {
		p.line("    option (genesyscloud.api.v1.operation) = {id: %q};", r.id)
	} else {
		p.line("    option (genesyscloud.api.v1.operation) = {")
		p.line("      id: %q", r.id)
		p.permissions(r.permissions)
		if r.preview {
			p.line("      preview: true")
		}
		p.line("    };")
	}
	p.line("  }")
}

func (p *printer) permissions(perm *swaggerPermissions) {
	switch {
	case perm == nil:
	case len(perm.Names) == 0:
		p.line("      permissions: {mode: MODE_NONE}")
	default:
		mode := "MODE_ANY"
		if perm.Type == "ALL" {
			mode = "MODE_ALL"
		}
		p.line("      permissions: {")
		p.line("        mode: %s", mode)
		if len(perm.Names) == 1 {
			p.line("        names: [%q]", perm.Names[0])
		} else {
			p.line("        names: [")
			for i, n := range perm.Names {
				comma := ","
				if i == len(perm.Names)-1 {
					comma = ""
				}
				p.line("          %q%s", n, comma)
			}
			p.line("        ]")
		}
		p.line("      }")
	}
}

func (p *printer) message(m *message) {
	p.comment("", m.comment)
	if len(m.fields)+len(m.enums)+len(m.reservedNumbers) == 0 {
		p.line("message %s {}", m.name)
		return
	}
	p.line("message %s {", m.name)
	p.reserved("  ", m.reservedNumbers, m.reservedNames)
	for i, e := range m.enums {
		if i > 0 || len(m.reservedNumbers) > 0 {
			p.line("")
		}
		p.enum(e)
	}
	for i, f := range m.fields {
		if i == 0 && len(m.enums)+len(m.reservedNumbers) > 0 {
			p.line("")
		}
		p.field(f)
	}
	p.line("}")
}

func (p *printer) reserved(indent string, numbers []int, names []string) {
	if len(numbers) > 0 {
		slices.Sort(numbers)
		texts := make([]string, len(numbers))
		for i, n := range numbers {
			texts[i] = strconv.Itoa(n)
		}
		p.line("%sreserved %s;", indent, strings.Join(texts, ", "))
	}
	if len(names) > 0 {
		slices.Sort(names)
		texts := make([]string, len(names))
		for i, n := range names {
			texts[i] = strconv.Quote(n)
		}
		p.line("%sreserved %s;", indent, strings.Join(texts, ", "))
	}
}

func (p *printer) enum(e *enum) {
	p.comment("  ", cmp.Or(e.comment, e.name+" is the set of values that the contract knows."))
	p.line("  enum %s {", e.name)
	p.reserved("    ", e.reserved, e.reservedNames)
	fixed := e.fixedNames()
	p.line("    %s = 0;", fixed[0])
	p.line("    // The upstream sent a value that this contract does not know.")
	p.line("    %s = 1;", fixed[1])
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
