// Package wire is values as the upstream writes them in JSON: moments, numbers with
// a decimal point, members that may be absent, ids, lists that are never null. It
// imports no other room.
package wire

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Instant is a point in time as the upstream writes it: RFC 3339, UTC, with
// milliseconds. The zero instant is left out by the tag omitzero.
type Instant struct{ time.Time }

const instantLayout = "2006-01-02T15:04:05.000Z"

// At cuts t to what an instant shows, so that what is stored is what is seen.
func At(t time.Time) Instant {
	if t.IsZero() {
		return Instant{}
	}
	return Instant{t.UTC().Truncate(time.Millisecond)}
}

func (i Instant) String() string { return i.UTC().Format(instantLayout) }

// MarshalJSON implements json.Marshaler.
func (i Instant) MarshalJSON() ([]byte, error) { return []byte(`"` + i.String() + `"`), nil }

// UnmarshalJSON implements json.Unmarshaler. It takes the ISO 8601 forms that
// the vendor's SDKs send.
func (i *Instant) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	t, err := ParseTime(text)
	if err != nil {
		return &json.UnmarshalTypeError{Value: "string that is no date and time", Type: reflect.TypeFor[Instant]()}
	}
	*i = At(t)
	return nil
}

// ParseTime reads an ISO 8601 date and time; without a zone it is UTC.
func ParseTime(text string) (time.Time, error) {
	var t time.Time
	var err error
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err = time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return t, err
}

// Double is a number that the upstream writes with a decimal point even when it
// is whole, as clients in typed languages expect to see it.
type Double float64

// MarshalJSON implements json.Marshaler.
func (d Double) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(float64(d), 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return []byte(text), nil
}

// Optional tells apart the three things that a member of a PATCH body can be:
// absent (not Given: leave the field alone), null (Null: clear it) and a value.
type Optional[T any] struct {
	Given bool
	Null  bool
	Value T
}

// UnmarshalJSON implements json.Unmarshaler; it runs only for given members.
func (o *Optional[T]) UnmarshalJSON(data []byte) error {
	*o = Optional[T]{Given: true}
	if string(data) == "null" {
		o.Null = true
		return nil
	}
	return json.Unmarshal(data, &o.Value)
}

// Set stores a given value, the zero value for null, and nothing when absent.
func (o Optional[T]) Set(field *T) {
	if o.Given {
		*field = o.Value
	}
}

// Or is a given value, and another when it is absent or null.
func (o Optional[T]) Or(other T) T {
	if o.Given && !o.Null {
		return o.Value
	}
	return other
}
