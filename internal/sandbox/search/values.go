package search

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// value is a text to compare by, read once: it may be a number or a date.
type value struct {
	text             string
	number           float64
	instant          time.Time
	isNumber, isDate bool
}

func readValue(text string) value {
	v := value{text: text}
	if text == "" || !strings.Contains("0123456789+-.", text[:1]) {
		return v // as nearly all are
	}
	number, err := strconv.ParseFloat(text, 64)
	v.number, v.isNumber = number, err == nil
	if date, err := wire.ParseTime(text); err == nil {
		v.instant, v.isDate = date, true
	}
	return v
}

// compare compares as numbers where both are, as dates where both are, else as
// texts.
func (v value) compare(other value) int {
	switch {
	case v.isNumber && other.isNumber:
		return cmp.Compare(v.number, other.number)
	case v.isDate && other.isDate:
		return v.instant.Compare(other.instant)
	}
	return org.CompareFold(v.text, other.text)
}
