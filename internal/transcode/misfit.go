package transcode

import (
	"slices"
	"strconv"
	"strings"
)

// A misfit is a value that is JSON but nothing that its field can hold. It never
// costs the message: what can mean only one thing is mended, all else is left out,
// an element of its list and an entry of its map, and both are reported. The
// package's documentation says which is which; mend is the whole of it.
type misfit struct {
	field   *field // or what stands for one: halfCharacter, wholeText
	kind    Kind
	offset  int // of the first
	count   int
	problem string // of the first; it says nothing of the value but its kind
}

// halfCharacter stands for the field of a text that has half a character, which is
// not known where it is found; wholeText for that of free-form JSON that is no
// field's value.
var halfCharacter, wholeText = &field{}, &field{}

// shapes are what the kinds of fields expect.
var shapes = [...]string{
	opString:    "a string",
	opMessage:   "an object",
	opTimestamp: "a string with a time",
	opEnum:      "a string",
	opInt32:     "a number",
	opInt64:     "a number",
	opBool:      "a bool",
	opDouble:    "a number",
	opFloat:     "a number",
	opStruct:    "an object",
	opValue:     "a value",
	opListValue: "a list",
	opList:      "a list",
	opPacked:    "a list",
	opMap:       "an object",
}

// misfit consumes the value at i, which the field cannot hold, and writes it mended
// at n, behind the tag, or takes the tag back. What is not JSON is an error here as
// well. When something failed at i before, that is the problem.
func (d *decoder) misfit(f *field, i, n int) (int, int) {
	problem := errKind
	if d.err.Offset == i && d.err.Problem != "" {
		problem = d.err.Problem
	}
	d.err = Error{}
	end := d.skip(i)
	if end < 0 {
		if d.err.Offset == i && !startsValue(d.at(i)) {
			return d.expected(i, shapes[f.op]), n
		}
		return end, n
	}
	if mended := d.mend(f, i, end, n); mended > n {
		d.note(f, Mended, i, problem)
		return end, mended
	}
	d.note(f, LeftOut, i, problem)
	return end, n - int(f.tagLen)
}

// startsValue tells whether a value may start with a character.
func startsValue(c byte) bool {
	switch c {
	case '"', '{', '[', 't', 'f', 'n':
		return true
	default:
		return startsNumber(c)
	}
}

// mend writes the value in src[i:end] as what it can only mean, and returns where
// that ends; n, if there is no such thing.
func (d *decoder) mend(f *field, i, end, n int) int {
	switch c := d.src[i]; {
	case f.op == opString && c != '{' && c != '[':
		start := n + 1
		return d.seal(start, start+copy(d.dst[start:], d.src[i:end]), 1)
	case f.op == opBool && string(d.src[i:end]) == `"true"`:
		d.dst[n] = 1
		return n + 1
	case f.op == opBool && string(d.src[i:end]) == `"false"`:
		d.dst[n] = 0
		return n + 1
	case f.op == opTimestamp && c == '"':
		text, _ := d.string(i + 1)
		if seconds, nanos, ok := mendTime(text); ok {
			return d.putTimeMessage(n, seconds, nanos)
		}
	}
	return n
}

// freeMisfit consumes the number at i, which double has refused, and writes null in
// its place: free-form JSON keeps its places and keys.
func (d *decoder) freeMisfit(i, n int) (int, int) {
	if d.err.Problem != errRangeFloat {
		return -1, n
	}
	d.err = Error{}
	d.note(d.free, LeftOut, i, errRangeFloat)
	d.dst[n], d.dst[n+1] = freeNull, 0
	return d.skip(i), n + 2
}

// note remembers a misfit. Answers repeat: the search starts with the last kind.
func (d *decoder) note(f *field, kind Kind, i int, problem string) {
	for k := len(d.misfits) - 1; k >= 0; k-- {
		if m := &d.misfits[k]; m.field == f && m.kind == kind {
			m.count++
			return
		}
	}
	if len(d.misfits) >= maxFindings {
		d.excess = true
		return
	}
	if problem == errKind {
		problem = "expected " + shapes[f.op] + ", found " + found(d.src, i)
	}
	d.misfits = append(d.misfits, misfit{f, kind, i, 1, problem})
}

// reportMisfits tells the report of all misfits of the text, which is the message or
// the value of one field of it.
func (d *decoder) reportMisfits(t *table, f *field) {
	if d.report == nil {
		return
	}
	slices.SortFunc(d.misfits, func(a, b misfit) int { return a.offset - b.offset })
	offsets := make([]int, len(d.misfits))
	for k, m := range d.misfits {
		offsets[k] = m.offset
	}
	for k, at := range locate(t, f, d.src, offsets) {
		m := &d.misfits[k]
		finding := Finding{Kind: m.kind, Message: t.name, Pointer: at.pointer, Problem: m.problem, Count: m.count}
		if at.field != nil {
			finding.Message, finding.Field = at.field.owner.name, string(at.field.jsonName)
		}
		d.report.addMisfits(finding)
	}
	d.report.full = d.report.full || d.excess
}

// maxPointer bounds a JSON pointer in bytes.
const maxPointer = 256

// A place is where something stands in a text.
type place struct {
	pointer string
	field   *field // the innermost field of the contract that it is in; nil at the top
}

// A level is an object or list that is open.
type level struct {
	list   bool
	index  int    // of the element
	table  *table // of the members, if the contract knows them
	elem   *field // what each element or entry is, if the contract knows that
	inside *field // the innermost field of the contract around it
	member *field // the current member, if the contract knows it
	named  bool   // the current member's name was read
	value  bool   // and its colon
}

// locate finds what stands at some offsets of a text, given in their order. It reads
// the text once, from its start, so that nothing needs to keep track while all goes
// well; up to the last offset the text must be free of errors. The text is the
// message, or the value of one field of it.
func locate(t *table, f *field, src []byte, offsets []int) []place {
	places := make([]place, 0, len(offsets))
	path := make([]level, 0, 16)
	d := decoder{src: src} // for names
	// here is the field whose value comes next, if the contract knows it.
	here := func() *field {
		if len(path) == 0 {
			return f
		}
		if l := &path[len(path)-1]; l.table != nil {
			return l.member
		}
		return path[len(path)-1].elem
	}
	inside := func() *field {
		if in := here(); in != nil || len(path) == 0 {
			return in
		}
		return path[len(path)-1].inside
	}
	for i := 0; len(places) < len(offsets); {
		end := i + 1
		if i < len(src) && src[i] == '"' {
			for end < len(src) && src[end] != '"' {
				if src[end] == '\\' {
					end++
				}
				end++
			}
			end++
		}
		for len(places) < len(offsets) && (offsets[len(places)] < end || i >= len(src)) {
			places = append(places, place{pointerOf(path), inside()})
		}
		if i >= len(src) {
			break
		}
		top := (*level)(nil)
		if len(path) > 0 {
			top = &path[len(path)-1]
		}
		switch c := src[i]; {
		case c == '{' || c == '[':
			l := level{list: c == '[', inside: inside()}
			switch in := here(); {
			case len(path) == 0 && f == nil && !l.list && t.op == opMessage:
				l.table = t
			case in == nil:
			case l.list && (in.op == opList || in.op == opPacked), !l.list && in.op == opMap:
				l.elem = in.elem
			case !l.list && in.op == opMessage:
				l.table = in.table
			}
			path = append(path, l)
		case top == nil:
		case c == '}' || c == ']':
			path = path[:len(path)-1]
		case c == ',':
			top.index++
			top.member, top.named, top.value = nil, false, false
		case c == ':':
			top.value = true
		case c == '"' && !top.list && !top.value:
			top.named = true
			if top.table != nil {
				name, _ := d.string(i + 1)
				if index := top.table.names.find(name); index >= 0 {
					top.member = &top.table.fields[index]
				}
			}
		}
		i = end
	}
	return places
}

// pointerOf is the pointer to the innermost current member or element.
func pointerOf(path []level) string {
	var b strings.Builder
	for i := range path {
		switch l := &path[i]; {
		case l.list:
			b.WriteByte('/')
			b.WriteString(strconv.Itoa(l.index))
		case l.member != nil:
			b.WriteByte('/')
			b.WriteString(pointerEscapes.Replace(string(l.member.jsonName)))
		case l.named:
			b.WriteString("/*")
		}
		if b.Len() > maxPointer {
			return b.String()[:maxPointer] + "…"
		}
	}
	return b.String()
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")
