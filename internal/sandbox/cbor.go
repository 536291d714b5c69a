package sandbox

import "encoding/binary"

// This file reads as much of CBOR (RFC 8949) as it takes to get a member out of a
// map. Of every function data is what is left to read, and ok tells whether it
// begins as it should. Items of indefinite length, which authenticators do not
// send, and tags are not read.

// Major types.
const (
	cborBytes = 2
	cborText  = 3
	cborArray = 4
	cborMap   = 5
	cborTag   = 6
)

// maxCBORDepth bounds how far items are nested in each other.
const maxCBORDepth = 8

// cborHead reads what every item begins with: its major type and a number, which
// is a value, a length or a count.
func cborHead(data []byte) (kind byte, n uint64, rest []byte, ok bool) {
	if len(data) == 0 {
		return 0, 0, nil, false
	}
	kind, low, data := data[0]>>5, data[0]&0x1f, data[1:]
	if low < 24 {
		return kind, uint64(low), data, true
	}
	size := 1 << (low - 24)
	if low > 27 || len(data) < size {
		return 0, 0, nil, false
	}
	var wide [8]byte
	copy(wide[8-size:], data)
	return kind, binary.BigEndian.Uint64(wide[:]), data[size:], true
}

// cborNext splits data after its first item.
func cborNext(data []byte) (item, rest []byte, ok bool) {
	rest, ok = cborSkip(data, maxCBORDepth)
	return data[:len(data)-len(rest)], rest, ok
}

// cborString is the content of an item that is a string of that kind.
func cborString(item []byte, want byte) (string, bool) {
	kind, n, content, ok := cborHead(item)
	return string(content), ok && kind == want && n == uint64(len(content))
}

func cborSkip(data []byte, depth int) (rest []byte, ok bool) {
	kind, n, data, ok := cborHead(data)
	if !ok || depth == 0 || kind == cborTag {
		return nil, false
	}
	switch kind {
	case cborBytes, cborText:
		if n > uint64(len(data)) {
			return nil, false
		}
		return data[n:], true
	case cborArray, cborMap:
		if n > uint64(len(data)) { // an item is at least a byte
			return nil, false
		}
		if kind == cborMap {
			n *= 2
		}
		for ; n > 0; n-- {
			if data, ok = cborSkip(data, depth-1); !ok {
				return nil, false
			}
		}
	}
	return data, true
}
