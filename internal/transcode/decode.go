package transcode

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// How the decoder is built
//
// A decoder reads src from the front and writes dst behind what the caller had
// in it. Two positions say how far it is, i in src and n in dst. They are not
// state: each function takes them, consumes one thing and returns them moved, so
// that they stay in registers. i < 0 means that the decoder has failed, err is
// set, and every caller returns at once.
//
//	0 ≤ i ≤ len(src)    src[:i] is consumed
//	0 ≤ n ≤ len(dst)    dst[:n] is written; dst is all of the capacity
//	len(dst)-n ≥ len(src)-i + Slack, which is n-i ≤ room, at every member and
//	every element
//
// The last line is why hardly anything here asks for room: what one member or
// element adds to dst beyond its own length in src is less than Slack, so room
// is checked there, once, and strings are copied in whole words.
//
// A length stands before its content and is known only behind it. So its bytes
// are left free (as many as it took the last time, see hint) and filled in by
// seal, which moves the content in the rare case that they do not suffice.
//
// A decoder remembers which member followed which. The upstream writes its
// objects in one order, so the next name is mostly known before it is read and
// comparing two words confirms it; member is for all other names.
//
// Duplicate members cost nothing until there is one. Then the whole text is read
// again while marks tells where in dst each member starts, and members that were
// overruled are cut out at the end of their object: twice the time, whatever the
// text.
//
// A value that its field cannot hold costs nothing until there is one, either. What
// reads a value finds that out where it used to fail, and hands it to misfit, which
// consumes it, undoes the tag and leaves a note (misfit.go).

// A hint is what a decoder has learned about a place in the contract.
type hint struct {
	next  uint8 // index of the member that followed the last time
	width uint8 // bytes that the length took the last time; 0: not seen yet
}

// A mark says where in dst a member of the current object starts.
type mark struct {
	field *field
	start int
}

type decoder struct {
	src, dst []byte
	room     int    // how much further n may be than i
	hints    []hint // by slot of table or field
	report   *Report
	depth    int
	marking  bool
	excess   bool               // there were more kinds of misfits than are kept
	misfits  []misfit           // what did not fit, each kind once
	free     *field             // the last field of free-form JSON
	marks    []mark             // of all open objects, the innermost last
	repeated [maxDepth + 1]bool // by depth: an object has a member twice, or looks like it
	text     []byte             // a string without its escapes
	err      Error              // Problem is set when the decoder has failed
}

// maxText bounds what is kept for strings without their escapes.
const maxText = 1 << 16

// errDuplicate is no error but the request to read again with marks.
const errDuplicate = "duplicate member"

// decode reads src as the message, or as the value of one field of it, and
// appends the wire form to dst.
func (m *Message) decode(dst, src []byte, r *Report, f *field) ([]byte, error) {
	d, _ := m.compiler.decoders.Get().(*decoder)
	if d == nil {
		d = &decoder{}
	}
	if len(d.hints) < m.slots {
		d.hints = append(d.hints, make([]hint, m.slots-len(d.hints))...)
	}
	if cap(dst)-len(dst) < len(src)+Slack {
		dst = slices.Grow(dst, len(src)+Slack)
	}
	d.src, d.dst, d.report = src, dst[:cap(dst)], r
	d.measure()
	i, n := d.document(m.table, f, len(dst))
	if i < 0 && d.err.Problem == errDuplicate {
		d.err, d.marking, d.depth = Error{}, true, 0
		d.misfits, d.excess = d.misfits[:0], false
		i, n = d.document(m.table, f, len(dst))
	}
	if len(d.misfits) > 0 {
		if i >= 0 {
			d.reportMisfits(m.table, f)
		}
		d.misfits, d.excess = d.misfits[:0], false
	}
	out := d.dst
	d.src, d.dst, d.report, d.depth = nil, nil, nil, 0
	if i < 0 || d.marking || cap(d.text) > maxText {
		// What only unusual texts need is not kept.
		failure := d.err
		d.err, d.marking, d.marks, d.text = Error{}, false, nil, nil
		if i < 0 {
			m.compiler.decoders.Put(d)
			failure.Pointer = locate(m.table, f, src, []int{failure.Offset})[0].pointer
			return dst, &failure
		}
	}
	m.compiler.decoders.Put(d)
	return out[:n], nil
}

// document consumes the whole text.
func (d *decoder) document(t *table, f *field, n int) (int, int) {
	i := d.space(0)
	switch {
	case i == len(d.src):
		return d.expected(i, "a value"), n
	case f != nil:
		begin := i
		i, n = d.value(f, i, n)
		if i >= 0 && len(d.misfits) > 0 && d.misfits[0].offset == begin && d.misfits[0].kind == LeftOut {
			return d.expected(begin, shapes[f.op]), n // of the whole nothing would be left
		}
	case t.op != opMessage:
		i, n = d.wellKnown(t, i, n)
	case d.src[i] == '{':
		i, n = d.object(t, i+1, n)
	case d.src[i] == 'n':
		i = d.literal(i, "null")
	default:
		return d.expected(i, shapes[t.op]), n
	}
	if i < 0 {
		return i, n
	}
	if i = d.space(i); i < len(d.src) {
		return d.expected(i, "the end of the text"), n
	}
	return i, n
}

// wellKnown consumes the text of a message whose JSON is not an object of its fields.
func (d *decoder) wellKnown(t *table, i, n int) (int, int) {
	d.free = wholeText
	switch c := d.src[i]; {
	case t.op == opValue:
		return d.freeValue(i, n)
	case c == 'n':
		return d.literal(i, "null"), n
	case t.op == opStruct && c == '{':
		return d.freeObject(i+1, n)
	case t.op == opListValue && c == '[':
		return d.freeList(i+1, n)
	case t.op == opTimestamp:
		return d.timestamp(i, n)
	default:
		return d.expected(i, shapes[t.op]), n
	}
}

// object consumes an object behind its brace and writes the fields of a message.
func (d *decoder) object(t *table, i, n int) (int, int) {
	if d.depth++; d.depth > maxDepth {
		return d.fail(i-1, errTooDeep), n
	}
	start, marks := n, len(d.marks)
	if d.marking {
		d.repeated[d.depth] = false
	}
	if i = d.space(i); d.at(i) == '}' {
		d.depth--
		return i + 1, n
	}
	var seen uint64 // fields by their index; those of a large message share bits
	h := &d.hints[t.slot]
	for {
		var f *field
		if next := int(h.next); next < len(t.fields) {
			f = &t.fields[next]
			// Slices of constant length: the compiler checks them once and then reads
			// whole words.
			if end := i + 16; end > i && end <= len(d.src) &&
				(binary.LittleEndian.Uint64(d.src[i:i+16])&f.mask0^f.key0)|
					(binary.LittleEndian.Uint64(d.src[i+8:i+16])&f.mask1^f.key1) == 0 {
				if f.keyLen <= 16 { // apart from the next: with || it is slower
					i += int(f.keyLen)
					goto known
				}
				if f.hasLongKey(d.src, i) {
					i += int(f.keyLen)
					goto known
				}
			}
		}
		if f, i = d.member(t, i); i < 0 {
			return i, n
		}
		if f == nil {
			if i = d.skip(i); i < 0 {
				return i, n
			}
			goto separator
		}
		h.next = f.index
	known:
		h = &d.hints[f.slot]
		if bit := uint64(1) << (f.index % 64); seen&bit == 0 || d.marking {
			if d.marking {
				d.repeated[d.depth] = d.repeated[d.depth] || seen&bit != 0
				d.marks = append(d.marks, mark{f, n})
			}
			seen |= bit
		} else {
			return d.fail(i, errDuplicate), n
		}
		if n-i > d.room {
			d.grow(i, n)
		}
		// What value would come to for most members: its calls are a tenth of the
		// time of a large text.
		if c := d.at(i); c == '"' && f.op <= opEnum {
			binary.LittleEndian.PutUint64(d.dst[n:n+8], f.tag)
			n += int(f.tagLen)
			switch f.op {
			case opString:
				i, n = d.quotedText(i, n)
			case opTimestamp:
				i, n = d.quotedTime(f, i, n)
			case opEnum:
				i, n = d.enumValue(f, i, n)
			default:
				i, n = d.misfit(f, i, n)
			}
		} else if c == '{' && f.op == opMessage {
			i, n = d.message(f, i, n)
		} else if f.op > opEnum && f.op <= opFloat && c > ' ' && c != 'n' {
			binary.LittleEndian.PutUint64(d.dst[n:n+8], f.tag)
			i, n = d.scalar(f, i, n+int(f.tagLen))
		} else if c == '[' && f.op == opList {
			i, n = d.list(f, i+1, n)
		} else {
			i, n = d.value(f, i, n)
		}
		if i < 0 {
			return i, n
		}
	separator:
		c := d.at(i)
		if c <= ' ' {
			i = d.space(i)
			c = d.at(i)
		}
		if c == ',' {
			i++
			continue
		}
		if c != '}' {
			return d.expected(i, "a comma or the end of the object"), n
		}
		if d.marking {
			if d.repeated[d.depth] {
				n = d.cut(start, n, d.marks[marks:])
			}
			d.marks = d.marks[:marks]
		}
		d.depth--
		return i + 1, n
	}
}

// message consumes the object at i and writes the field, a message.
func (d *decoder) message(f *field, i, n int) (int, int) {
	binary.LittleEndian.PutUint64(d.dst[n:n+8], f.tag)
	h := &d.hints[f.slot]
	width := max(int(h.width), 1)
	start := n + int(f.tagLen) + width
	if i, n = d.object(f.table, i+1, start); i < 0 {
		return i, n
	}
	l := n - start
	if width == 1 && l < 0x80 {
		d.dst[start-1] = byte(l)
		return i, n
	}
	h.width = uint8(sizeVarint(uint64(l)))
	return i, d.seal(start, n, width)
}

// member consumes a member's name and colon. It returns nil for a name that the
// table does not know, which it reports.
func (d *decoder) member(t *table, i int) (*field, int) {
	if a, b, size, ok := shortString(d.src[i:]); ok && d.at(i+size+2) == ':' {
		if index := t.names.findShort(a, b); index >= 0 {
			return &t.fields[index], i + size + 3
		}
	}
	name, i := d.name(i)
	if i < 0 {
		return nil, i
	}
	if index := t.names.find(name); index >= 0 {
		return &t.fields[index], i
	}
	d.report.add(UnknownMember, t.name, name, nil)
	return nil, i
}

// name consumes a member's name and colon and the space around them. What it
// returns is valid until the next string is read.
func (d *decoder) name(i int) ([]byte, int) {
	i = d.space(i)
	if d.at(i) != '"' {
		return nil, d.expected(i, "the name of a member")
	}
	name, i := d.string(i + 1)
	if i < 0 {
		return nil, i
	}
	if d.at(i) != ':' {
		if i = d.space(i); d.at(i) != ':' {
			return nil, d.expected(i, "a colon")
		}
	}
	return name, i + 1
}

// value consumes the value of a member and writes the field with its tag, or
// nothing for null.
func (d *decoder) value(f *field, i, n int) (int, int) {
	if i >= len(d.src) || d.src[i] <= ' ' {
		i = d.space(i)
	}
	c := d.at(i)
	switch f.op {
	case opList, opPacked:
		if c == '[' {
			return d.list(f, i+1, n)
		}
	case opMap:
		if c == '{' {
			return d.entries(f, i+1, n)
		}
	default:
		return d.single(f, c, i, n)
	}
	if c == 'n' {
		return d.literal(i, "null"), n
	}
	return d.misfit(f, i, n+int(f.tagLen))
}

// single consumes one value that starts with c and writes it behind the field's
// tag, or nothing for null.
func (d *decoder) single(f *field, c byte, i, n int) (int, int) {
	if c == 'n' && f.op != opValue {
		return d.literal(i, "null"), n
	}
	if f.op == opMessage {
		if c != '{' {
			return d.misfit(f, i, n+int(f.tagLen))
		}
		return d.message(f, i, n)
	}
	binary.LittleEndian.PutUint64(d.dst[n:n+8], f.tag)
	n += int(f.tagLen)
	switch f.op {
	case opString:
		if c != '"' {
			return d.misfit(f, i, n)
		}
		return d.quotedText(i, n)
	case opTimestamp:
		if c != '"' {
			return d.misfit(f, i, n)
		}
		return d.quotedTime(f, i, n)
	case opStruct, opValue, opListValue:
		d.free = f
		start := n + 1
		switch {
		case f.op == opValue:
			i, n = d.freeValue(i, start)
		case f.op == opStruct && c == '{':
			i, n = d.freeObject(i+1, start)
		case f.op == opListValue && c == '[':
			i, n = d.freeList(i+1, start)
		default:
			return d.misfit(f, i, n)
		}
		if i < 0 {
			return i, n
		}
		return i, d.seal(start, n, 1)
	default:
		return d.scalar(f, i, n)
	}
}

// scalar consumes a number, a bool or an enum string and writes it behind the tag,
// or where there is none, as in a packed list.
func (d *decoder) scalar(f *field, i, n int) (int, int) {
	switch f.op {
	case opEnum:
		return d.enumValue(f, i, n)
	case opBool:
		switch d.at(i) {
		case 't':
			d.dst[n] = 1
			return d.literal(i, "true"), n + 1
		case 'f':
			d.dst[n] = 0
			return d.literal(i, "false"), n + 1
		}
	case opInt32:
		if v, end := d.integer(i, 32); end >= 0 {
			return end, d.putVarint(n, uint64(v))
		}
	case opInt64:
		if v, end := d.integer(i, 64); end >= 0 {
			return end, d.putVarint(n, uint64(v))
		}
	case opDouble:
		if v, end := d.double(i); end >= 0 {
			binary.LittleEndian.PutUint64(d.dst[n:], v)
			return end, n + 8
		}
	default: // opFloat
		if v, end := d.float(i); end >= 0 {
			binary.LittleEndian.PutUint32(d.dst[n:], v)
			return end, n + 4
		}
	}
	return d.misfit(f, i, n)
}

// enumValue consumes the upstream's string of an enum value and writes its
// number.
func (d *decoder) enumValue(f *field, i, n int) (int, int) {
	if a, b, size, ok := shortString(d.src[i:]); ok {
		if number := f.enum.names.findShort(a, b); number >= 0 {
			return i + size + 2, d.putVarint(n, uint64(number))
		}
	}
	if d.at(i) != '"' {
		return d.misfit(f, i, n)
	}
	name, end := d.string(i + 1)
	if end < 0 {
		return end, n
	}
	number := f.enum.names.find(name)
	if number < 0 {
		number = unrecognized
		d.report.add(UnknownEnumValue, f.owner.name, f.jsonName, name)
	}
	return end, d.putVarint(n, uint64(number))
}

// list consumes a list behind its bracket. Each element is written with a tag, or
// all of them behind one.
func (d *decoder) list(f *field, i, n int) (int, int) {
	if d.depth++; d.depth > maxDepth {
		return d.fail(i-1, errTooDeep), n
	}
	packed, begin, start := f.op == opPacked, n, 0
	if packed {
		binary.LittleEndian.PutUint64(d.dst[n:], f.tag)
		n += int(f.tagLen) + 1
		start = n
	}
	if i = d.space(i); d.at(i) == ']' {
		d.depth--
		return i + 1, begin
	}
	for {
		i = d.space(i)
		c := d.at(i)
		if n-i > d.room {
			d.grow(i, n)
		}
		switch {
		case c == '{' && f.elem.op == opMessage:
			i, n = d.message(f.elem, i, n)
		case !packed:
			i, n = d.single(f.elem, c, i, n)
		case c == 'n':
			i = d.literal(i, "null")
		default:
			i, n = d.scalar(f.elem, i, n)
		}
		if i < 0 {
			return i, n
		}
		if i = d.space(i); d.at(i) == ',' {
			i++
			continue
		}
		if d.at(i) != ']' {
			return d.expected(i, "a comma or the end of the list"), n
		}
		d.depth--
		switch {
		case !packed:
			return i + 1, n
		case n == start: // nothing but null
			return i + 1, begin
		default:
			return i + 1, d.seal(start, n, 1)
		}
	}
}

// entries consumes an object behind its brace and writes the entries of a map.
func (d *decoder) entries(f *field, i, n int) (int, int) {
	if d.depth++; d.depth > maxDepth {
		return d.fail(i-1, errTooDeep), n
	}
	begin, nulls := n, false
	if i = d.space(i); d.at(i) == '}' {
		d.depth--
		return i + 1, n
	}
	for {
		if n-i > d.room {
			d.grow(i, n)
		}
		binary.LittleEndian.PutUint64(d.dst[n:], f.tag)
		start := n + int(f.tagLen) + 1
		if i, n = d.entryKey(i, start); i < 0 {
			return i, n
		}
		i = d.space(i)
		value := n
		if i, n = d.single(f.elem, d.at(i), i, n); i < 0 {
			return i, n
		}
		nulls = nulls || n == value
		n = d.seal(start, n, 1)
		if i = d.space(i); d.at(i) == ',' {
			i++
			continue
		}
		if d.at(i) != '}' {
			return d.expected(i, "a comma or the end of the object"), n
		}
		if nulls {
			n = d.dropNulls(f, begin, n)
		}
		d.depth--
		return i + 1, n
	}
}

// entryKey consumes a member's name and colon and writes the key of a map entry.
func (d *decoder) entryKey(i, n int) (int, int) {
	if i = d.space(i); d.at(i) != '"' {
		return d.expected(i, "the name of a member"), n
	}
	d.dst[n] = 0x0A // field 1, length-delimited
	start := n + 2
	if i, n = d.copyText(i+1, start); i < 0 {
		return i, n
	}
	n = d.seal(start, n, 1)
	if i = d.space(i); d.at(i) != ':' {
		return d.expected(i, "a colon"), n
	}
	return i + 1, n
}

// dropNulls cuts the entries without a value, which stand for null, out of a map
// in dst[start:n], with every earlier entry of the same key: the last one wins,
// and it says that there is none.
func (d *decoder) dropNulls(f *field, start, n int) int {
	each := func(visit func(entry, key []byte, null bool)) {
		for at := start; at < n; {
			size, k := binary.Uvarint(d.dst[at+int(f.tagLen):])
			body := at + int(f.tagLen) + k
			end := body + int(size)
			keySize, k := binary.Uvarint(d.dst[body+1:])
			keyEnd := body + 1 + k + int(keySize)
			visit(d.dst[at:end], d.dst[body+1+k:keyEnd], keyEnd == end)
			at = end
		}
	}
	absent := map[string]bool{} // by key, as its last entry has it
	each(func(_, key []byte, null bool) { absent[string(key)] = null })
	to := start
	each(func(entry, key []byte, null bool) {
		if !null && !absent[string(key)] {
			to += copy(d.dst[to:], entry)
		}
	})
	return to
}

// cut removes from dst[start:n], an object, the members that a later one of the
// same name overrules. Its two kilobytes of stack must not become part of the
// frame of object, which is on the stack once a level: a new goroutine would
// spend more time on making its stack larger than on the text.
//
//go:noinline
func (d *decoder) cut(start, n int, marks []mark) int {
	var last [maxFields]int // by field: 1 + index of its last mark
	for k, m := range marks {
		last[m.field.index] = k + 1
	}
	to := start
	for k, m := range marks {
		if last[m.field.index] != k+1 {
			continue
		}
		end := n
		if k+1 < len(marks) {
			end = marks[k+1].start
		}
		to += copy(d.dst[to:], d.dst[m.start:end])
	}
	return to
}

// seal writes the length of dst[start:n] into the width bytes before it, and
// moves it when the length takes more or fewer. It returns where it then ends.
func (d *decoder) seal(start, n, width int) int {
	l := n - start
	if width == 1 && l < 0x80 {
		d.dst[start-1] = byte(l)
		return n
	}
	need := sizeVarint(uint64(l))
	if need > width && len(d.dst)-n < Slack {
		d.grow(0, n)
	}
	if need != width {
		copy(d.dst[start-width+need:], d.dst[start:n])
	}
	binary.PutUvarint(d.dst[start-width:], uint64(l))
	return n + need - width
}

// grow makes room behind dst[:n] for the rest of src.
func (d *decoder) grow(i, n int) {
	d.dst = slices.Grow(d.dst[:n], 2*(len(d.src)-i)+4*Slack)
	d.dst = d.dst[:cap(d.dst)]
	d.measure()
}

// measure makes room what the invariant demands.
func (d *decoder) measure() { d.room = len(d.dst) - len(d.src) - Slack }

// putVarint writes v and returns where it ends.
func (d *decoder) putVarint(n int, v uint64) int {
	if v < 0x80 {
		d.dst[n] = byte(v)
		return n + 1
	}
	if v >= 1<<56 {
		return n + binary.PutUvarint(d.dst[n:], v)
	}
	size := sizeVarint(v)
	w := spread(v) | 0x8080_8080_8080_8080&(1<<(8*(size-1))-1)
	binary.LittleEndian.PutUint64(d.dst[n:], w)
	return n + size
}

// spread puts the seven-bit groups of up to 56 bits into the bytes of a word:
// first halves, then quarters, then eighths.
func spread(v uint64) uint64 {
	v = v&0x0000_0000_0FFF_FFFF | v&0x00FF_FFFF_F000_0000<<4
	v = v&0x0000_3FFF_0000_3FFF | v&0x0FFF_C000_0FFF_C000<<2
	return v&0x007F_007F_007F_007F | v&0x3F80_3F80_3F80_3F80<<1
}

// spread32 is spread for up to 32 bits, with constants that fit into instructions.
func spread32(v uint64) uint64 {
	low := v&0x3FFF | v&0x0FFF_C000<<2
	return low&0x007F_007F | low&0x3F80_3F80<<1 | v>>28<<32
}

// sizeVarint is the number of bytes of a varint.
func sizeVarint(v uint64) int {
	return (9*bits.Len64(v) + 64) / 64
}

// at returns the byte at a position, or 0 at the end of the text.
func (d *decoder) at(i int) byte {
	if i < len(d.src) {
		return d.src[i]
	}
	return 0
}

// space consumes white space.
func (d *decoder) space(i int) int {
	for i < len(d.src) && d.src[i] <= ' ' {
		switch d.src[i] {
		case ' ', '\t', '\n', '\r':
			i++
		default:
			return i
		}
	}
	return i
}

// literal consumes the word whose first letter is there.
func (d *decoder) literal(i int, word string) int {
	if hasPrefix(d.src[i:], word) {
		return i + len(word)
	}
	return d.expected(i, word)
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}
