package transcode

import (
	"math"
	"strconv"
)

// Numbers are read in two steps. A short integer or decimal, which is what
// nearly all numbers are, is read here digit by digit and is exact. Everything
// else is measured by the grammar first (RFC 8259, section 6) and then evaluated
// by what suits it: a decimal integer by its digits, so that none is lost in a
// float, and a float by strconv.
//
// Numbers may be quoted, since some writers do so for the sake of JavaScript.

// decimal is a number as it is written: digits before the point, digits behind
// it, exponent.
type decimal struct {
	negative        bool
	whole, fraction []byte
	exponent        int // bounded by maxExponent either way
	text            []byte
}

// maxExponent is beyond the exponent of any number that has a value here, and
// small enough to be added to the length of a text.
const maxExponent = 1 << 40

// startsNumber tells whether a number may start with a character.
func startsNumber(c byte) bool { return c == '-' || c-'0' < 10 }

// number consumes what starts as a number by the grammar of one.
func (d *decoder) number(i int) (decimal, int) {
	src := d.src
	begin := i
	var x decimal
	if d.at(i) == '-' {
		x.negative = true
		i++
	}
	digits := i
	i = skipDigits(src, i)
	if i == digits || src[digits] == '0' && i > digits+1 {
		return x, d.fail(digits, errNumber)
	}
	x.whole = src[digits:i]
	if d.at(i) == '.' {
		digits = i + 1
		if i = skipDigits(src, digits); i == digits {
			return x, d.fail(i, errNumber)
		}
		x.fraction = src[digits:i]
	}
	if c := d.at(i); c == 'e' || c == 'E' {
		i++
		sign := 1
		if c := d.at(i); c == '-' || c == '+' {
			if c == '-' {
				sign = -1
			}
			i++
		}
		digits = i
		if i = skipDigits(src, digits); i == digits {
			return x, d.fail(i, errNumber)
		}
		for _, c := range src[digits:i] {
			x.exponent = min(10*x.exponent+int(c-'0'), maxExponent)
		}
		x.exponent *= sign
	}
	x.text = src[begin:i]
	return x, i
}

func skipDigits(src []byte, i int) int {
	for i < len(src) && src[i]-'0' < 10 {
		i++
	}
	return i
}

// quoted consumes a number in quotes.
func (d *decoder) quoted(i int) (decimal, int) {
	if !startsNumber(d.at(i + 1)) {
		return decimal{}, d.fail(i, errKind)
	}
	x, i := d.number(i + 1)
	if i < 0 {
		return x, i
	}
	if d.at(i) != '"' {
		return x, d.fail(i, errNumber)
	}
	return x, i + 1
}

// integer consumes an integer of 32 or 64 bits.
func (d *decoder) integer(i, size int) (int64, int) {
	src := d.src
	begin := i
	if i < len(src) && src[i] == '-' {
		i++
	}
	digits := i
	var v int64
	for i < len(src) && src[i]-'0' < 10 && i < digits+18 {
		v = 10*v + int64(src[i]-'0')
		i++
	}
	if c := d.at(i); i == digits || src[digits] == '0' && i > digits+1 || c == '.' || c|0x20 == 'e' || c-'0' < 10 {
		return d.unusualInteger(begin, size)
	}
	if digits > begin {
		v = -v
	}
	if size == 32 && v != int64(int32(v)) {
		return 0, d.fail(begin, errRange32)
	}
	return v, i
}

// unusualInteger is integer for all that is not just a few digits.
func (d *decoder) unusualInteger(begin, size int) (int64, int) {
	var (
		x decimal
		i int
	)
	switch c := d.at(begin); {
	case c == '"':
		x, i = d.quoted(begin)
	case startsNumber(c):
		x, i = d.number(begin)
	default:
		return 0, d.fail(begin, errKind)
	}
	if i < 0 {
		return 0, i
	}
	v, problem := x.integer()
	if problem != "" {
		return 0, d.fail(begin, problem)
	}
	switch {
	case size == 32 && v != int64(int32(v)):
		return 0, d.fail(begin, errRange32)
	default:
		return v, i
	}
}

// integer evaluates the number when it is one of 64 bits.
func (x *decimal) integer() (int64, string) {
	// The number is all digits, times ten to the power of scale. Trailing zeros
	// go to the scale, so that it is negative only for what has a fraction.
	all := len(x.whole) + len(x.fraction)
	digit := func(k int) byte {
		if k < len(x.whole) {
			return x.whole[k] - '0'
		}
		return x.fraction[k-len(x.whole)] - '0'
	}
	first := 0
	for first < all && digit(first) == 0 {
		first++
	}
	if first == all {
		return 0, ""
	}
	end := all
	for digit(end-1) == 0 {
		end--
	}
	scale := x.exponent - len(x.fraction) + all - end
	switch {
	case scale < 0:
		return 0, errFraction
	case end-first+scale > 19:
		return 0, errRange64
	}
	var v uint64 // 19 digits fit
	for k := first; k < end; k++ {
		v = 10*v + uint64(digit(k))
	}
	for range scale {
		v *= 10
	}
	switch {
	case x.negative && v <= 1<<63:
		return -int64(v), ""
	case !x.negative && v < 1<<63:
		return int64(v), ""
	}
	return 0, errRange64
}

// exactPowers are the powers of ten that a float64 holds exactly. A product or
// quotient of two exact numbers is correctly rounded.
var exactPowers = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// double consumes a number and returns the bits of the float64 next to it.
func (d *decoder) double(i int) (uint64, int) {
	src := d.src
	begin := i
	if i < len(src) && src[i] == '-' {
		i++
	}
	digits := i
	var v uint64
	for i < len(src) && src[i]-'0' < 10 && i < digits+16 {
		v = 10*v + uint64(src[i]-'0')
		i++
	}
	whole, fraction := i-digits, 0
	if d.at(i) == '.' {
		i++
		point := i
		for i < len(src) && src[i]-'0' < 10 && i < point+16 {
			v = 10*v + uint64(src[i]-'0')
			i++
		}
		if fraction = i - point; fraction == 0 {
			return d.unusualDouble(begin)
		}
	}
	if c := d.at(i); whole == 0 || src[digits] == '0' && whole > 1 || whole+fraction > 18 || v > 1<<53 || c|0x20 == 'e' || c-'0' < 10 {
		return d.unusualDouble(begin)
	}
	x := float64(v) / exactPowers[fraction]
	if digits > begin {
		x = -x
	}
	return math.Float64bits(x), i
}

// unusualDouble is double for all that is not just a few digits.
func (d *decoder) unusualDouble(i int) (uint64, int) {
	v, i := d.parseFloat(i, 64)
	return math.Float64bits(v), i
}

// float consumes a number and returns the bits of the float32 next to it.
func (d *decoder) float(i int) (uint32, int) {
	v, i := d.parseFloat(i, 32)
	return math.Float32bits(float32(v)), i
}

// parseFloat consumes a number, or the string of one that JSON has no number
// for.
func (d *decoder) parseFloat(begin, size int) (float64, int) {
	if c := d.at(begin); startsNumber(c) {
		x, i := d.number(begin)
		return d.evaluate(x, begin, i, size)
	} else if c != '"' {
		return 0, d.fail(begin, errKind)
	}
	for _, s := range [...]struct {
		text  string
		value float64
	}{{`"NaN"`, math.NaN()}, {`"Infinity"`, math.Inf(1)}, {`"-Infinity"`, math.Inf(-1)}} {
		if hasPrefix(d.src[begin:], s.text) {
			return s.value, begin + len(s.text)
		}
	}
	x, i := d.quoted(begin)
	return d.evaluate(x, begin, i, size)
}

func (d *decoder) evaluate(x decimal, begin, i, size int) (float64, int) {
	if i < 0 {
		return 0, i
	}
	v, err := strconv.ParseFloat(string(x.text), size)
	if err != nil {
		return 0, d.fail(begin, errRangeFloat)
	}
	return v, i
}
