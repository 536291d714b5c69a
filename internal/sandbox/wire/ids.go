package wire

import (
	crand "crypto/rand"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"strings"
)

// RandomID is a random UUID for things that no test predicts.
func RandomID() string {
	var b [16]byte
	_, _ = crand.Read(b[:]) // documented never to fail
	return FormatID(b)
}

// SeededID is the next UUID of a sequence that depends on the seed alone.
func SeededID(source *rand.ChaCha8) string {
	var b [16]byte
	_, _ = io.ReadFull(source, b[:]) // documented never to fail
	return FormatID(b)
}

// FormatID writes b as a version 4 UUID.
func FormatID(b [16]byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[0:8], b[0:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:36], b[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// ParseID reads the bits of an id, as formatID writes them.
func ParseID(text string) (b [16]byte, ok bool) {
	digits := strings.ReplaceAll(text, "-", "")
	if len(digits) != 2*len(b) {
		return b, false
	}
	_, err := hex.Decode(b[:], []byte(digits))
	return b, err == nil && FormatID(b) == text
}
