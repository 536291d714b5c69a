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
func (d *decoder) quotedTime(f *field, i, n int) (int, int) {
	if i+26 <= len(d.src) && d.src[i+25] == '"' {
		if seconds, millis, ok := usualTime((*[26]byte)(d.src[i : i+26])); ok {
			// What putTime would come to: five bytes of seconds, four or five of
			// nanoseconds. The second word has zeros where nothing is to be seen.
			nanos := millis * 1_000_000
			long := (nanos>>28 + 3) >> 2 // 1: of five bytes
			t := (*[16]byte)(d.dst[n : n+16])
			binary.LittleEndian.PutUint64(t[:], 0x10_00_80_80_80_80_08_0B+long|spread32(seconds)<<16)
			binary.LittleEndian.PutUint64(t[8:], 0x80_80_80|spread32(nanos)|long<<31)
			if millis >= 3 {
				return i + 26, n + 12 + int(long)
			}
			end := d.putTime(n+1, int64(seconds), int64(nanos))
			t[0] = byte(end - n - 1)
			return i + 26, end
		}
	}
	seconds, nanos, end := d.unusualTime(i)
	if end < 0 {
		return d.misfit(f, i, n)
	}
	return end, d.putTimeMessage(n, seconds, nanos)
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

// putTimeMessage writes a Timestamp behind its length and returns where it ends.
func (d *decoder) putTimeMessage(n int, seconds, nanos int64) int {
	end := d.putTime(n+1, seconds, nanos)
	d.dst[n] = byte(end - n - 1)
	return end
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

// The usual form of a time is of this century and has zeros for its other digits.
// A text without its usual form, bit by bit, is digits there and nothing elsewhere;
// offUsual then sets the high bit of each byte that is something else.
const (
	usual0, offUsual0 = 0x2D_30_30_2D_30_30_30_32, 0x7F_76_76_7F_76_76_7F_7F // 2026-08-
	usual1, offUsual1 = 0x30_30_3A_30_30_54_30_30, 0x76_76_7F_76_76_7F_76_76 // 20T04:35
	usual2, offUsual2 = 0x5A_30_30_30_2E_30_30_3A, 0x7F_76_76_76_7F_76_76_7F // :23.391Z
)

// overLimit set the high bit of each number of two digits that is too large.
const (
	overLimit0 = (0x7F - 12) << 40             // month
	overLimit1 = (0x7F-23)<<24 | (0x7F-59)<<48 // hour, minute
	overLimit2 = (0x7F - 59) << 8              // second
	since1970  = 30*365 + 7                    // days until 2000
)

// usualTime reads a time of the usual form between quotes. Not ok: it has another
// form, or is not a time.
func usualTime(s *[26]byte) (seconds, millis uint64, ok bool) {
	w0 := binary.LittleEndian.Uint64(s[1:]) ^ usual0
	w1 := binary.LittleEndian.Uint64(s[9:]) ^ usual1
	w2 := binary.LittleEndian.Uint64(s[17:]) ^ usual2
	off := w0 | w1 | w2 | (w0 + offUsual0) | (w1 + offUsual1) | (w2 + offUsual2)
	// Each byte becomes ten times itself plus the byte behind it, 99 at the most.
	last := w2 >> 48 & 0xFF
	w0 = w0*10 + w0>>8
	w1 = w1*10 + w1>>8
	w2 = w2*10 + w2>>8
	if (off|(w0+overLimit0)|(w1+overLimit1)|(w2+overLimit2))&highs != 0 {
		return 0, 0, false
	}
	year, month, day := w0>>16&0xFF, w0>>40&0xFF, w1&0xFF-1
	// No century without a leap day is among these years.
	m := &months[(year&3<<4|month)&63]
	if day >= uint64(m.days) {
		return 0, 0, false
	}
	days := since1970 + 365*year + (year+3)>>2 + uint64(m.before) + day
	seconds = days*86400 + w1>>24&0xFF*3600 + w1>>48&0xFF*60 + w2>>8&0xFF
	return seconds, w2>>32&0xFF*10 + last, true
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

// mendTime reads a time that parseTime does not take and that can still be only one:
// a leap second, which becomes the second behind it as in POSIX time; a small t or
// z or a space, which RFC 3339 allows as well; more digits than nanoseconds have,
// which are cut.
func mendTime(s []byte) (seconds, nanos int64, ok bool) {
	const whole, nine, zone = len("2026-08-20T04:35:23"), len(".123456789"), len("+01:00")
	if len(s) <= whole {
		return 0, 0, false
	}
	var room [whole + nine + zone]byte
	t, rest := append(room[:0], s[:whole]...), s[whole:]
	if t[10] == 't' || t[10] == ' ' {
		t[10] = 'T'
	}
	leap := string(t[17:]) == "60"
	if leap {
		copy(t[17:], "59")
	}
	if rest[0] == '.' {
		end := skipDigits(rest, 1)
		t, rest = append(t, rest[:min(end, nine)]...), rest[end:]
	}
	if len(rest) > zone {
		return 0, 0, false
	}
	if string(rest) == "z" {
		rest = []byte("Z")
	}
	seconds, nanos, ok = parseTime(append(t, rest...))
	if leap {
		seconds++
	}
	return seconds, nanos, ok && seconds >= minSeconds && seconds <= maxSeconds
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
// itself, by the month and what is left of the year when divided by four. Month 0
// has none.
var months = func() (table [64]struct{ before, days uint16 }) {
	for year := range int64(4) {
		for m := int64(1); m <= 12; m++ {
			at := year<<4 | m
			table[at].days = uint16(daysIn(2000+year, m))
			table[at].before = table[at-1].before + table[at-1].days
		}
	}
	return table
}()

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
