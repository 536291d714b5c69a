package transcode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// Strings are read eight bytes at a time. special finds in such a word the first
// byte that is not a plain character of a JSON string: the closing quote, an
// escape, a control character, or a byte of a character beyond ASCII, whose
// encoding is to be checked. What follows depends on that byte and is handled a
// character at a time: runes consumes characters beyond ASCII, escape one escape
// sequence.

const (
	ones  = 0x0101_0101_0101_0101
	highs = 0x8080_8080_8080_8080
)

// special has the high bit of the first byte set that is a quote, a backslash,
// below space or beyond ASCII; bits above that one may be set by mistake (by the
// borrow of a subtraction), lower ones are not. 0: no such byte.
//
// One subtraction finds the quote together with all below space, because flipping
// the bit 2 makes it a space, and a space a quote.
func special(w uint64) uint64 {
	return (w | (w ^ ones*2 - ones*('"'-1)) | (w ^ ones*'\\' - ones)) & highs
}

// firstByte is the index of the byte whose high bit is the lowest of those set; 8
// when none is.
func firstByte(m uint64) int { return bits.TrailingZeros64(m) >> 3 }

// plain is how many of the bytes of two words are plain characters before the
// first that is not. There is no branch in it, because where a string ends is
// hard to predict.
func plain(a, b uint64) int {
	n := firstByte(special(a))
	return n + firstByte(special(b))&-(n>>3)
}

// shortString is the string of up to sixteen plain characters whose quote s starts
// with, as the words of a name. Not ok: it is another string, or no string.
func shortString(s []byte) (a, b uint64, n int, ok bool) {
	if len(s) < 2+shortName || s[0] != '"' {
		return 0, 0, 0, false
	}
	a, b = binary.LittleEndian.Uint64(s[1:]), binary.LittleEndian.Uint64(s[9:])
	n = plain(a, b)
	m := &nameMasks[n&31]
	return a & m[0], b & m[1], n, s[1+n] == '"'
}

// nameMasks blank out what is behind the end of a short name, by its length.
var nameMasks = func() (masks [32][2]uint64) {
	for n := range shortName + 1 {
		masks[n][0], masks[n][1] = nameWords(bytes.Repeat([]byte{0xFF}, n))
	}
	return masks
}()

// quotedText consumes the string at i and writes it behind its length.
func (d *decoder) quotedText(i, n int) (int, int) {
	start := n + 1
	size := copyPlain(d.dst, start, d.src, i+1)
	i, n = i+1+size, start+size
	if i < len(d.src) && d.src[i] == '"' {
		i++
	} else {
		i, n = d.copyText(i, n)
	}
	if size := n - start; size < 0x80 {
		d.dst[start-1] = byte(size)
		return i, n
	}
	return i, d.seal(start, n, 1)
}

// copyText consumes a string behind its quote and writes it, without its quotes
// and escapes.
func (d *decoder) copyText(i, n int) (int, int) {
	src, dst := d.src, d.dst
	for {
		size := copyPlain(dst, n, src, i)
		i, n = i+size, n+size
		if i >= len(src) {
			return d.expected(i, "the end of the string"), n
		}
		switch c := src[i]; {
		case c == '"':
			return i + 1, n
		case c == '\\':
			r, next := d.escape(i)
			if next < 0 {
				return next, n
			}
			if r == utf8.RuneError && hex4(src, i+2) != r {
				d.note(halfCharacter, Mended, i, errSurrogate)
			}
			n += utf8.EncodeRune(dst[n:n+utf8.UTFMax], r)
			i = next
		case c < ' ':
			return d.fail(i, errControl), n
		case c < utf8.RuneSelf: // one of the last bytes of the text
			dst[n] = c
			i, n = i+1, n+1
		default:
			end := runes(src, i)
			if end < 0 {
				return d.fail(-end, errUTF8), n
			}
			n += copy(dst[n:], src[i:end])
			i = end
		}
	}
}

// string consumes a string behind its quote and returns what it says: a part of
// src or, when it has escapes, of the decoder's own memory until the next string.
func (d *decoder) string(i int) ([]byte, int) {
	end, escapes := d.skipText(i)
	if end < 0 || !escapes {
		return d.src[i:max(end-1, i)], end
	}
	d.text = d.text[:0]
	for i < end-1 {
		c := d.src[i]
		if c != '\\' {
			d.text = append(d.text, c)
			i++
			continue
		}
		r, next := d.escape(i)
		d.text = utf8.AppendRune(d.text, r)
		i = next
	}
	return d.text, end
}

// skipText consumes a string behind its quote and tells whether it has escapes.
func (d *decoder) skipText(i int) (end int, escapes bool) {
	src := d.src
	for {
		for i+8 <= len(src) {
			if m := special(binary.LittleEndian.Uint64(src[i:])); m != 0 {
				i += firstByte(m)
				break
			}
			i += 8
		}
		if i >= len(src) {
			return d.expected(i, "the end of the string"), escapes
		}
		switch c := src[i]; {
		case c == '"':
			return i + 1, escapes
		case c == '\\':
			if _, i = d.escape(i); i < 0 {
				return i, escapes
			}
			escapes = true
		case c < ' ':
			return d.fail(i, errControl), escapes
		case c < utf8.RuneSelf:
			i++
		default:
			end := runes(src, i)
			if end < 0 {
				return d.fail(-end, errUTF8), escapes
			}
			i = end
		}
	}
}

// runes consumes characters beyond ASCII. It returns -i, where i > 0 because of
// the quote before it, when the bytes at i are not UTF-8.
func runes(src []byte, i int) int {
	for i < len(src) && src[i] >= utf8.RuneSelf {
		// Two and three bytes, the most frequent, are checked here.
		if i+3 <= len(src) {
			a, b, c := src[i], src[i+1], src[i+2]
			if a >= 0xC2 && a < 0xE0 && b&0xC0 == 0x80 {
				i += 2
				continue
			}
			if a > 0xE0 && a < 0xF0 && a != 0xED && b&0xC0 == 0x80 && c&0xC0 == 0x80 {
				i += 3
				continue
			}
		}
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size == 1 {
			return -i
		}
		i += size
	}
	return i
}

// escape consumes one escape sequence, or two that are one character. Half of a
// character, which JSON has and UTF-8 has not, is utf8.RuneError.
func (d *decoder) escape(i int) (rune, int) {
	if i+1 >= len(d.src) {
		return 0, d.expected(len(d.src), "the end of the string")
	}
	switch d.src[i+1] {
	case '"', '\\', '/':
		return rune(d.src[i+1]), i + 2
	case 'b':
		return '\b', i + 2
	case 'f':
		return '\f', i + 2
	case 'n':
		return '\n', i + 2
	case 'r':
		return '\r', i + 2
	case 't':
		return '\t', i + 2
	case 'u':
		r := hex4(d.src, i+2)
		if r < 0 {
			return 0, d.fail(i, errEscape)
		}
		if !utf16.IsSurrogate(r) {
			return r, i + 6
		}
		if i+8 <= len(d.src) && d.src[i+6] == '\\' && d.src[i+7] == 'u' {
			if pair := utf16.DecodeRune(r, hex4(d.src, i+8)); pair != utf8.RuneError {
				return pair, i + 12
			}
		}
		return utf8.RuneError, i + 6
	}
	return 0, d.fail(i, errEscape)
}

// hex4 reads four hexadecimal digits; -1: there are none.
func hex4(src []byte, i int) rune {
	if i+4 > len(src) {
		return -1
	}
	var r rune
	for _, c := range src[i : i+4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

var errNotUTF8 = errors.New("not valid UTF-8")

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string with no more escapes than JSON demands.
func appendString(dst, s []byte) ([]byte, error) {
	dst = append(dst, '"')
	begin, i := 0, 0 // s[begin:i] is plain and not yet appended
	for i < len(s) {
		if i+8 <= len(s) {
			m := special(binary.LittleEndian.Uint64(s[i:]))
			if m == 0 {
				i += 8
				continue
			}
			i += firstByte(m)
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && size == 1 {
				return dst, errNotUTF8
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[begin:i]...)
		i++
		begin = i
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	dst = append(dst, s[begin:]...)
	return append(dst, '"'), nil
}
