package transcode

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// op is what is done with the value of a field. The first ones are kinds of one
// value and fit a singular field, an element of a list and a value of a map
// alike; the last three are the shapes around them.
type op uint8

const (
	opString op = iota
	opMessage
	opTimestamp
	opEnum
	opInt32
	opInt64
	opBool
	opDouble
	opFloat
	opStruct
	opValue
	opListValue

	opList   // of field.elem, each with its own tag
	opPacked // of field.elem, all behind one tag and length
	opMap    // of string to field.elem, each an entry message
)

// A table is all there is to know of a message type.
type table struct {
	name   string // full name
	op     op     // opMessage, or a well-known type's opTimestamp, opStruct, ...
	fields []field
	names  lookup // JSON name -> index into fields
	dense  []*field
	sparse map[uint64]*field
	slot   int // where decoders keep the hint of the first member
}

// denseNumbers is the field number up to which a table is indexed directly.
const denseNumbers = 512

// byNumber finds a field by its number, or returns nil.
func (t *table) byNumber(number uint64) *field {
	if number < uint64(len(t.dense)) {
		return t.dense[number]
	}
	return t.sparse[number]
}

// A field is one field of a message, or the pseudo field that stands for an
// element of a list or a value of a map. It is a cache line long: a large text
// goes through hundreds of fields, and the calls between two texts push them out
// of the cache.
type field struct {
	// The first bytes of `"name":` as two little-endian words, with masks that
	// blank out what is behind the colon. With these a decoder confirms in a few
	// instructions that the expected member comes next. No text matches the words
	// of a name that is too long for keyLen.
	key0, mask0 uint64
	key1, mask1 uint64
	tag         uint64 // encoded tag, little endian
	tagLen      uint8  // 0: none of its own, as a list that is not packed or an element of one that is
	keyLen      uint8  // of all of `"name":`
	op          op
	index       uint8  // in table.fields; which bit of a message's set of seen fields
	slot        int32  // where decoders keep the hint of the member behind this one
	table       *table // opMessage
	*details
}

// hasLongKey tells whether a key that is longer than two words, which were found,
// goes on at src[i+16:].
func (f *field) hasLongKey(src []byte, i int) bool {
	if end := i + 32; f.keyLen <= 32 && end > i && end <= len(src) {
		return (binary.LittleEndian.Uint64(src[i+16:i+24])&f.mask2^f.key2)|
			(binary.LittleEndian.Uint64(src[i+24:i+32])&f.mask3^f.key3) == 0
	}
	return hasPrefix(src[i+16:], f.keyRest)
}

// details are what fewer members need.
type details struct {
	keyRest     string // of the key, behind the two words of the field
	key2, mask2 uint64 // the third word
	key3, mask3 uint64 // the fourth
	enum        *enum  // opEnum
	elem        *field // opList, opPacked, opMap

	owner       *table
	number      uint64
	jsonName    []byte // never changed
	protoName   string
	key         string // `"name":`, as it is written
	baseVersion bool   // sent whenever it is set, whatever a mask names
}

// An enum is the table of an enum type.
type enum struct {
	name    string           // full name
	names   lookup           // upstream string -> number
	strings map[int32]string // number -> JSON string with its quotes
}

// unrecognized is the number of the enum value that stands for a string of the
// upstream which the contract does not know.
const unrecognized = 1

// A lookup maps a fixed set of strings to small numbers: an open hash table whose
// multiplier was chosen so that hardly anything collides. A string is hashed and,
// when it is short, compared as two words.
type lookup struct {
	multiplier uint64
	shift      uint8
	slots      []lookupSlot // a power of two of them, at most half full
}

type lookupSlot struct {
	a, b  uint64 // the words of a short name; all ones for a long one
	name  string
	value int32 // -1: the slot is free
}

// shortName is how many bytes two words hold.
const shortName = 16

func newLookup(names []string, values []int32) lookup {
	size := 4
	for size < 2*len(names) {
		size *= 2
	}
	best := lookup{}
	fewest := len(names) + 1
	// A fixed sequence of odd multipliers: the same contract compiles to the
	// same tables.
	for m, try := uint64(0x9E3779B97F4A7C15), 0; try < 200 && fewest > 0; try++ {
		l := lookup{multiplier: m | 1, shift: uint8(64 - bits.TrailingZeros(uint(size))), slots: make([]lookupSlot, size)}
		for at := range l.slots {
			l.slots[at].value = -1
		}
		collisions := 0
		for i, name := range names {
			a, b := nameWords([]byte(name))
			at := l.start(a, b)
			for l.slots[at].value >= 0 {
				collisions++
				at = (at + 1) & (size - 1)
			}
			if len(name) > shortName {
				a, b = math.MaxUint64, math.MaxUint64
			}
			l.slots[at] = lookupSlot{a, b, name, values[i]}
		}
		if collisions < fewest {
			best, fewest = l, collisions
		}
		m = m*6364136223846793005 + 1442695040888963407
	}
	return best
}

// nameWords are the bytes of a short name with zeros behind them, or the first and
// last eight bytes of a long one.
func nameWords(name []byte) (a, b uint64) {
	if n := len(name); n > shortName {
		return binary.LittleEndian.Uint64(name), binary.LittleEndian.Uint64(name[n-8:])
	}
	var padded [shortName]byte
	copy(padded[:], name)
	return binary.LittleEndian.Uint64(padded[:]), binary.LittleEndian.Uint64(padded[8:])
}

// start returns the slot where the search for a name starts.
func (l *lookup) start(a, b uint64) int {
	return int((a ^ bits.RotateLeft64(b, 23)) * l.multiplier >> l.shift)
}

// find returns the number of a name, or -1.
func (l *lookup) find(name []byte) int32 {
	for at := l.start(nameWords(name)); ; at = (at + 1) & (len(l.slots) - 1) {
		if s := &l.slots[at]; s.value < 0 || s.name == string(name) {
			return s.value
		}
	}
}

// findShort is find for a name of up to sixteen ASCII characters, given as its
// words.
func (l *lookup) findShort(a, b uint64) int32 {
	for at := l.start(a, b); ; at = (at + 1) & (len(l.slots) - 1) {
		if s := &l.slots[at]; s.value < 0 || s.a == a && s.b == b {
			return s.value
		}
	}
}
