package transcode

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// contract returns the table of every message of the contract, by full name.
// Requests with a field mask have no JSON form and are left out.
func contract(t testing.TB) map[string]*Message {
	t.Helper()
	all := map[string]*Message{}
	c := NewCompiler()
	var add func(mds protoreflect.MessageDescriptors)
	add = func(mds protoreflect.MessageDescriptors) {
		for i := range mds.Len() {
			md := mds.Get(i)
			if md.IsMapEntry() {
				continue
			}
			m, err := c.Message(md)
			switch {
			case err == nil:
				all[string(md.FullName())] = m
			case !strings.Contains(err.Error(), "google.protobuf.FieldMask has no JSON form"):
				t.Errorf("%s: %v", md.FullName(), err)
			}
			add(md.Messages())
		}
	}
	pkg := usersv1.File_genesyscloud_users_v1_common_proto.Package()
	protoregistry.GlobalFiles.RangeFilesByPackage(pkg, func(fd protoreflect.FileDescriptor) bool {
		add(fd.Messages())
		return true
	})
	return all
}

// A pair is the same value in two spellings: ours, as the upstream writes it, and
// protojson's, with its names of enum values and without what it refuses.
type pair struct{ ours, theirs strings.Builder }

func (p *pair) both(s string) { p.ours.WriteString(s); p.theirs.WriteString(s) }

func (p *pair) add(q *pair) {
	p.ours.WriteString(q.ours.String())
	p.theirs.WriteString(q.theirs.String())
}

// A generator makes random JSON for message descriptors: all kinds, escapes,
// surrogates, exponents, extremes, null, unknown and duplicate members, space.
type generator struct {
	*rand.Rand
	depth int
	plain bool // only what an ordinary writer writes
	wrong int  // how many percent of the values are odd ones, which may not fit
}

func newGenerator(seed uint64) *generator { return &generator{Rand: rand.New(rand.NewPCG(seed, 7))} }

func (g *generator) chance(percent int) bool { return percent > 0 && g.IntN(100) < percent }

func (g *generator) odd(percent int) bool { return !g.plain && g.chance(percent) }

func (g *generator) space() string {
	if !g.odd(10) {
		return ""
	}
	return strings.Repeat([]string{" ", "\n", "\t", "\r\n"}[g.IntN(4)], 1+g.IntN(3))
}

// object makes an object for a message.
func (g *generator) object(md protoreflect.MessageDescriptor) *pair {
	g.depth++
	defer func() { g.depth-- }()
	p := &pair{}
	p.both("{" + g.space())
	ours, theirs := 0, 0
	member := func(name string, v *pair, inTheirs bool) {
		if ours++; ours > 1 {
			p.ours.WriteString("," + g.space())
		}
		p.ours.WriteString(g.string(name) + g.space() + ":" + g.space() + v.ours.String() + g.space())
		if !inTheirs {
			return
		}
		if theirs++; theirs > 1 {
			p.theirs.WriteString(",")
		}
		fmt.Fprintf(&p.theirs, "%q:%s", name, v.theirs.String())
	}
	order := g.Perm(md.Fields().Len())
	for _, k := range order {
		fd := md.Fields().Get(k)
		if g.chance(min(20+20*g.depth, 95)) && (g.depth != 1 || !g.chance(50)) {
			continue
		}
		if g.odd(3) {
			member("unknown-"+g.word(), g.free(2), false)
		}
		v, isNull := g.field(fd)
		if g.odd(3) { // overruled by what follows
			earlier, _ := g.field(fd)
			member(fd.JSONName(), earlier, false)
		}
		member(fd.JSONName(), v, !isNull)
	}
	p.both("}")
	return p
}

// field makes a value for a field; null tells that theirs must not have it.
func (g *generator) field(fd protoreflect.FieldDescriptor) (v *pair, null bool) {
	p := &pair{}
	if g.chance(g.wrong) {
		p.both(oddValues[g.IntN(len(oddValues))])
		return p, false
	}
	free := fd.Message() != nil && fd.Message().FullName() == "google.protobuf.Value"
	if g.odd(5) && (!free || fd.IsList() || fd.IsMap()) {
		p.both("null")
		return p, true
	}
	count := g.IntN(4)
	if g.chance(3) {
		count += 20
	}
	if g.depth > 5 {
		count = min(count, 1)
	}
	switch {
	case fd.IsMap():
		p.both("{")
		ours, theirs := 0, 0
		for k := range count {
			if ours++; ours > 1 {
				p.ours.WriteString("," + g.space())
			}
			key := g.text() + "#" + strconv.Itoa(k)
			value := g.single(fd.MapValue())
			free := fd.MapValue().Message() != nil && fd.MapValue().Message().FullName() == "google.protobuf.Value"
			if !free && g.odd(15) {
				p.ours.WriteString(g.string(key) + ":null")
				continue
			}
			if g.odd(10) {
				p.ours.WriteString(g.string(key) + ":" + g.single(fd.MapValue()).ours.String() + ",")
			}
			p.ours.WriteString(g.string(key) + ":" + g.space() + value.ours.String() + g.space())
			if theirs++; theirs > 1 {
				p.theirs.WriteString(",")
			}
			p.theirs.WriteString(plainString(key) + ":" + value.theirs.String())
		}
		p.both("}")
	case fd.IsList():
		p.both("[" + g.space())
		free := fd.Message() != nil && fd.Message().FullName() == "google.protobuf.Value"
		ours, theirs := 0, 0
		for range count {
			if ours++; ours > 1 {
				p.ours.WriteString("," + g.space())
			}
			if !free && g.odd(10) {
				p.ours.WriteString("null" + g.space())
				continue
			}
			v := g.single(fd)
			p.ours.WriteString(v.ours.String() + g.space())
			if theirs++; theirs > 1 {
				p.theirs.WriteString(",")
			}
			p.theirs.WriteString(v.theirs.String())
		}
		p.both("]")
	default:
		return g.single(fd), false
	}
	return p, false
}

// single makes one value.
func (g *generator) single(fd protoreflect.FieldDescriptor) *pair {
	p := &pair{}
	if g.chance(g.wrong) {
		p.both(oddValues[g.IntN(len(oddValues))])
		return p
	}
	switch fd.Kind() {
	case protoreflect.StringKind:
		s := g.text()
		p.ours.WriteString(g.string(s))
		p.theirs.WriteString(plainString(s))
	case protoreflect.BoolKind:
		p.both(strconv.FormatBool(g.chance(50)))
	case protoreflect.Int32Kind:
		p.both(g.integer(int64(int32(g.Uint32())), 32))
	case protoreflect.Int64Kind:
		p.both(g.integer(int64(g.Uint64()), 64))
	case protoreflect.DoubleKind, protoreflect.FloatKind:
		p.both(g.float(fd.Kind() == protoreflect.FloatKind))
	case protoreflect.EnumKind:
		values := fd.Enum().Values()
		vd := values.Get(1 + g.IntN(values.Len()-1))
		if vd.Number() == unrecognized && g.plain {
			vd = values.Get(values.Len() - 1)
		}
		upstream := "no such value " + g.word()
		if vd.Number() != unrecognized {
			upstream = proto.GetExtension(vd.Options(), apiv1.E_Upstream).(string)
		}
		p.ours.WriteString(g.string(upstream))
		fmt.Fprintf(&p.theirs, "%q", vd.Name())
	case protoreflect.MessageKind:
		switch fd.Message().FullName() {
		case "google.protobuf.Timestamp":
			s := g.time()
			p.ours.WriteString(`"` + s + `"`)
			if k := len(s) - 5; s[k] == '+' || s[k] == '-' {
				s = s[:k+3] + ":" + s[k+3:]
			}
			p.theirs.WriteString(`"` + s + `"`)
		case "google.protobuf.Struct":
			return g.freeObject(3)
		case "google.protobuf.ListValue":
			return g.freeList(3)
		case "google.protobuf.Value":
			return g.free(3)
		default:
			return g.object(fd.Message())
		}
	default:
		panic(fd.Kind())
	}
	return p
}

func (g *generator) integer(v int64, size int) string {
	if g.chance(50) {
		v >>= g.IntN(size)
	}
	if g.odd(10) {
		v = []int64{0, 1, -1, math.MaxInt32, math.MinInt32}[g.IntN(5)]
		if size == 64 && g.chance(50) {
			v = []int64{math.MaxInt64, math.MinInt64, 1<<53 + 1, -(1<<53 + 1), 999999999999999999, 1000000000000000000}[g.IntN(6)]
		}
	}
	s := strconv.FormatInt(v, 10)
	switch {
	case g.odd(5):
		s += ".000"
	case g.odd(5):
		s += "E0"
	case g.odd(5) && v%1000 == 0 && v != 0:
		s = strconv.FormatInt(v/1000, 10) + "e+3"
	case g.odd(5) && len(s) > 3 && v > 0:
		s = s[:1] + "." + s[1:] + "e" + strconv.Itoa(len(s)-1)
	case g.odd(5) && v != 0:
		s += "0e-1"
	}
	if g.odd(5) {
		s = `"` + s + `"`
	}
	return s
}

func (g *generator) float(single bool) string {
	var v float64
	switch g.IntN(4) {
	case 0:
		v = float64(g.IntN(1000)) / 8
	case 1:
		v = g.NormFloat64() * math.Pow(10, float64(g.IntN(20)-10))
	case 2:
		v = math.Float64frombits(g.Uint64())
		if single {
			v = float64(math.Float32frombits(g.Uint32()))
		}
	default:
		v = float64(g.IntN(2_000_000)-1_000_000) / 1000
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0
	}
	size := 64
	if single {
		v, size = float64(float32(v)), 32
	}
	format := "gfe"[g.IntN(3)]
	if a := math.Abs(v); a > 1e30 || a < 1e-30 {
		format = 'e'
	}
	precision := -1
	if g.odd(30) {
		precision = g.IntN(30)
	}
	s := strconv.FormatFloat(v, format, precision, size)
	if _, err := strconv.ParseFloat(s, size); err != nil {
		return "0"
	}
	if g.odd(3) {
		s = `"` + s + `"`
	}
	return s
}

func (g *generator) time() string {
	t := time.Unix(g.Int64N(maxSeconds-minSeconds-4*86400)+minSeconds+2*86400, 0)
	if g.chance(70) {
		t = time.Unix(1_600_000_000+g.Int64N(400_000_000), 0)
	}
	if g.plain {
		t = t.Add(time.Duration(g.IntN(1000)) * time.Millisecond)
		return t.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	t = t.Add(time.Duration(g.IntN(1_000_000_000)))
	zone := time.UTC
	if g.chance(20) {
		zone = time.FixedZone("", 60*(g.IntN(2*14*60)-14*60))
	}
	layout := "2006-01-02T15:04:05" + []string{"", ".0", ".00", ".000", ".000", ".000", ".0000", ".000000", ".000000000"}[g.IntN(9)] +
		[]string{"Z07:00", "Z0700"}[g.IntN(2)]
	return t.In(zone).Format(layout)
}

func (g *generator) word() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(g.IntN(1000))))
}

var alphabet = []rune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_/.:@&<>+'\"\\\b\f\n\r\t\x00\x1f\x7f\u0080éüßñ€漢字かな\u2028\u2029\ud7ff\ue000\ufffd\ufffe\U0001F680\U00010000\U0010FFFF")

func (g *generator) text() string {
	n := g.IntN(20)
	switch {
	case g.chance(20):
		n = 100 + g.IntN(100)
	case g.odd(2):
		n = 16000 + g.IntN(1000)
	case g.chance(5):
		return ""
	}
	letters := alphabet
	if g.chance(60) {
		letters = alphabet[:75]
	}
	var b strings.Builder
	for range n {
		b.WriteRune(letters[g.IntN(len(letters))])
	}
	return b.String()
}

// string writes a JSON string with more escapes than it needs.
func (g *generator) string(s string) string {
	if !g.odd(30) {
		return plainString(s)
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r >= 0x10000 && g.chance(50):
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04X`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		case r < 0x10000 && g.chance(10):
			fmt.Fprintf(&b, `\u%04x`, r)
		case r == '/' && g.chance(50):
			b.WriteString(`\/`)
		default:
			q := plainString(string(r))
			b.WriteString(q[1 : len(q)-1])
		}
	}
	b.WriteByte('"')
	return b.String()
}

// plainString writes a JSON string by the book, independently of the package.
func plainString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func (g *generator) free(depth int) *pair {
	p := &pair{}
	kind := g.IntN(6)
	if depth == 0 {
		kind = g.IntN(4)
	}
	switch kind {
	case 0:
		p.both("null")
	case 1:
		p.both(strconv.FormatBool(g.chance(50)))
	case 2:
		p.both(strings.Trim(g.float(false), `"`))
	case 3:
		s := g.text()
		p.ours.WriteString(g.string(s))
		p.theirs.WriteString(plainString(s))
	case 4:
		return g.freeObject(depth)
	default:
		return g.freeList(depth)
	}
	return p
}

func (g *generator) freeObject(depth int) *pair {
	p := &pair{}
	p.both("{" + g.space())
	for k := range g.IntN(5) {
		if k > 0 {
			p.both(",")
		}
		key := g.text() + "#" + strconv.Itoa(k)
		if g.odd(10) { // overruled by what follows
			p.ours.WriteString(g.string(key) + g.space() + ":" + g.free(depth-1).ours.String() + ",")
		}
		v := g.free(depth - 1)
		p.ours.WriteString(g.string(key) + ":")
		p.theirs.WriteString(plainString(key) + ":")
		p.add(v)
	}
	p.both(g.space() + "}")
	return p
}

func (g *generator) freeList(depth int) *pair {
	p := &pair{}
	p.both("[" + g.space())
	for k := range g.IntN(5) {
		if k > 0 {
			p.both("," + g.space())
		}
		p.add(g.free(depth - 1))
	}
	p.both("]")
	return p
}
