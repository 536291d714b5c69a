package transcode

import (
	"encoding/binary"
	"time"
)

// A Timestamp is seconds (field 1) and nanoseconds (field 2) since 1970 UTC, and
// RFC 3339 in JSON. The form that the upstream writes, 2026-08-20T04:35:23.391Z,
// is three words of eight bytes, read by a few operations on each; all other
// forms are read digit by digit.

// The range of a Timestamp in seconds: years 1 to 9999.
const (
	minSeconds = -62135596800
	maxSeconds = 253402300799
)

// quotedTime consumes the string at i, a time, and writes a Timestamp behind its
// length, which is 22 at the most.
func (d *decoder) quotedTime(i, n int) (int, int) {
	seconds, nanos, end := usualTime(d.src, i+1)
	if end < 0 {
		if seconds, nanos, end = d.unusualTime(i); end < 0 {
			return end, n
		}
	}
	start := n + 1
	if seconds < 1<<28 || seconds >= 1<<35 || nanos < 1<<21 {
		n = d.putTime(start, seconds, nanos)
		d.dst[start-1] = byte(n - start)
		return end, n
	}
	// What putTime would come to for 1978 to 3058 with a fraction: five bytes and
	// four or five. Each word is written whole, and what is too much of it written
	// over.
	binary.LittleEndian.PutUint64(d.dst[start:], 0x80_80_80_80_08|spread(uint64(seconds))<<8)
	fraction, size := 0x80_80_80_10|spread(uint64(nanos))<<8, 11
	if nanos >= 1<<28 {
		fraction, size = fraction|0x80<<32, 12
	}
	binary.LittleEndian.PutUint64(d.dst[start+6:], fraction)
	d.dst[start-1] = byte(size)
	return end, start + size
}

// timestamp consumes a time in quotes and writes the fields of a Timestamp.
func (d *decoder) timestamp(i, n int) (int, int) {
	if d.at(i) != '"' {
		return d.expected(i, "a string with a time"), n
	}
	seconds, nanos, end := d.unusualTime(i)
	if end < 0 {
		return end, n
	}
	return end, d.putTime(n, seconds, nanos)
}

// unusualTime consumes the string at i, a time of any form.
func (d *decoder) unusualTime(i int) (seconds, nanos int64, end int) {
	text, end := d.string(i + 1)
	if end < 0 {
		return 0, 0, end
	}
	seconds, nanos, ok := parseTime(text)
	switch {
	case !ok:
		return 0, 0, d.fail(i, errTime)
	case seconds < minSeconds || seconds > maxSeconds:
		return 0, 0, d.fail(i, errTimeRange)
	}
	return seconds, nanos, end
}

// putTime writes the fields of a Timestamp and returns where they end.
func (d *decoder) putTime(n int, seconds, nanos int64) int {
	if seconds != 0 {
		d.dst[n] = 0x08 // field 1, varint
		n = d.putVarint(n+1, uint64(seconds))
	}
	if nanos != 0 {
		d.dst[n] = 0x10 // field 2, varint
		n = d.putVarint(n+1, uint64(nanos))
	}
	return n
}

// The usual form has zeros for its digits. isDigit has 0xF0 at the digits, so that
// a word without the usual form is digits there and nothing elsewhere.
const (
	usual0, isDigit0 = 0x2D_30_30_2D_30_30_30_30, 0x00_F0_F0_00_F0_F0_F0_F0 // 2026-08-
	usual1, isDigit1 = 0x30_30_3A_30_30_54_30_30, 0xF0_F0_00_F0_F0_00_F0_F0 // 20T04:35
	usual2, isDigit2 = 0x5A_30_30_30_2E_30_30_3A, 0x00_F0_F0_F0_00_F0_F0_00 // :23.391Z
)

// offUsual is not 0 when a word, from which its usual form was subtracted bit by
// bit, has something else than digits and its separators.
func offUsual(w, isDigit uint64) uint64 {
	return (w|(w+isDigit>>4&(ones*6)))&isDigit | w&^(isDigit|isDigit>>4)
}

// usualTime consumes a time of the usual form with the quote behind it. end < 0:
// it has another form, or is not a time.
func usualTime(src []byte, i int) (seconds, nanos int64, end int) {
	if i+25 > len(src) || src[i+24] != '"' {
		return 0, 0, -1
	}
	w0 := binary.LittleEndian.Uint64(src[i:]) ^ usual0
	w1 := binary.LittleEndian.Uint64(src[i+8:]) ^ usual1
	w2 := binary.LittleEndian.Uint64(src[i+16:]) ^ usual2
	if offUsual(w0, isDigit0)|offUsual(w1, isDigit1)|offUsual(w2, isDigit2) != 0 {
		return 0, 0, -1
	}
	// Each byte becomes ten times itself plus the byte behind it.
	w0 = w0*10 + w0>>8
	w1 = w1*10 + w1>>8
	year := w0&0xFF*100 + w0>>16&0xFF
	month, day := w0>>40&0xFF, w1&0xFF
	hour, minute := w1>>24&0xFF, w1>>48&0xFF
	pairs := w2*10 + w2>>8
	second := pairs >> 8 & 0xFF
	nanos = int64(pairs>>32&0xFF*10+w2>>48&0xFF) * 1_000_000
	if month > 12 || hour > 23 || minute > 59 || second > 59 || year-1904 >= 2100-1904 {
		return 0, 0, -1
	}
	// No century without a leap day is among these years.
	m := &months[(year>>1|year)&1][month&15]
	if day-1 >= uint64(m.days) {
		return 0, 0, -1
	}
	days := 365*year + (year-1)/4 + uint64(m.before) + day
	return int64(((days*24+hour)*60+minute)*60+second) - yearZero, nanos, i + 25
}

// parseTime reads RFC 3339 with up to nine digits of a second's fraction. The
// offset may lack its colon.
func parseTime(s []byte) (seconds, nanos int64, ok bool) {
	if len(s) < len("2026-08-20T04:35:23Z") {
		return 0, 0, false
	}
	year, month, day := digits(s[0:4]), digits(s[5:7]), digits(s[8:10])
	hour, minute, second := digits(s[11:13]), digits(s[14:16]), digits(s[17:19])
	if year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 ||
		s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, 0, false
	}
	seconds = ((daysSince1970(year, month, day)*24+hour)*60+minute)*60 + second
	s = s[19:]
	if s[0] == '.' {
		size := skipDigits(s, 1) - 1
		if size < 1 || size > 9 {
			return 0, 0, false
		}
		nanos = digits(s[1 : 1+size])
		for range 9 - size {
			nanos *= 10
		}
		s = s[1+size:]
	}
	if len(s) == 1 && s[0] == 'Z' {
		return seconds, nanos, true
	}
	// ±hh:mm or ±hhmm
	colon := 0
	if len(s) == 6 && s[3] == ':' {
		colon = 1
	}
	if len(s) != 5+colon || s[0] != '+' && s[0] != '-' {
		return 0, 0, false
	}
	hours, minutes := digits(s[1:3]), digits(s[3+colon:])
	if hours < 0 || hours > 23 || minutes < 0 || minutes > 59 {
		return 0, 0, false
	}
	offset := (hours*60 + minutes) * 60
	if s[0] == '-' {
		offset = -offset
	}
	return seconds - offset, nanos, true
}

// digits reads a number of digits only; -1: it is not one.
func digits(s []byte) int64 {
	var v int64
	for _, c := range s {
		if c-'0' > 9 {
			return -1
		}
		v = 10*v + int64(c-'0')
	}
	return v
}

var monthDays = [16]uint8{1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}

func daysIn(year, month int64) int64 {
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		return 29
	}
	return int64(monthDays[month&15])
}

// months has what precedes each month of a year in days, and how many it has
// itself: of a leap year, then of another. Month 0 has none.
var months = func() (table [2][16]struct{ before, days uint16 }) {
	for i, year := range []int64{2000, 2001} {
		for m := int64(1); m <= 12; m++ {
			table[i][m].days = uint16(daysIn(year, m))
			table[i][m].before = table[i][m-1].before + table[i][m-1].days
		}
	}
	return table
}()

// yearZero is what usualTime counts the start of 1970 as, in seconds.
const yearZero = (365*1970 + 1969/4 + 1) * 24 * 60 * 60

// daysSince1970 counts the days of the Gregorian calendar. Its years start in
// March here, so that the day that comes and goes is the last one.
func daysSince1970(year, month, day int64) int64 {
	if month < 3 {
		year, month = year-1, month+12
	}
	// 719468 days are from 1 March of the year 0 to 1970; year is -1 at least, and
	// the divisions are of what is positive.
	y := year + 400
	return 365*y + y/4 - y/100 + y/400 + (153*(month-3)+2)/5 + day - 1 - 719468 - 146097
}

// appendTime appends the time in quotes: in UTC, with milliseconds, or with six
// or nine digits where three would lose something.
func appendTime(dst []byte, seconds, nanos int64) []byte {
	t := time.Unix(seconds, 0).UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	// By hand, because AppendFormat reads its format anew each time.
	dst = append(dst, '"')
	dst = appendDigits(dst, year, 4)
	dst = appendDigits(append(dst, '-'), int(month), 2)
	dst = appendDigits(append(dst, '-'), day, 2)
	dst = appendDigits(append(dst, 'T'), hour, 2)
	dst = appendDigits(append(dst, ':'), minute, 2)
	dst = appendDigits(append(dst, ':'), second, 2)
	dst = append(dst, '.')
	switch {
	case nanos%1_000 != 0:
		dst = appendDigits(dst, int(nanos), 9)
	case nanos%1_000_000 != 0:
		dst = appendDigits(dst, int(nanos/1_000), 6)
	default:
		dst = appendDigits(dst, int(nanos/1_000_000), 3)
	}
	return append(dst, 'Z', '"')
}

// appendDigits appends the last size digits of v, of which there are nine at the
// most.
func appendDigits(dst []byte, v, size int) []byte {
	var digits [9]byte
	for i := size - 1; i >= 0; i-- {
		digits[i] = byte('0' + v%10)
		v /= 10
	}
	return append(dst, digits[:size]...)
}
