package sandbox

import (
	crand "crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// instant is a point in time as the upstream writes it: RFC 3339, UTC, with
// milliseconds. The zero instant is left out by the tag omitzero.
type instant struct{ time.Time }

const instantLayout = "2006-01-02T15:04:05.000Z"

// at cuts t to what an instant shows, so that what is stored is what is seen.
func at(t time.Time) instant {
	if t.IsZero() {
		return instant{}
	}
	return instant{t.UTC().Truncate(time.Millisecond)}
}

func (i instant) String() string { return i.UTC().Format(instantLayout) }

// MarshalJSON implements json.Marshaler.
func (i instant) MarshalJSON() ([]byte, error) { return []byte(`"` + i.String() + `"`), nil }

// UnmarshalJSON implements json.Unmarshaler. It takes the ISO 8601 forms that
// the vendor's SDKs send.
func (i *instant) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	t, err := parseTime(text)
	if err != nil {
		return &json.UnmarshalTypeError{Value: "string that is no date and time", Type: reflect.TypeFor[instant]()}
	}
	*i = at(t)
	return nil
}

// parseTime reads an ISO 8601 date and time; without a zone it is UTC.
func parseTime(text string) (time.Time, error) {
	var t time.Time
	var err error
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err = time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return t, err
}

// double is a number that the upstream writes with a decimal point even when it
// is whole, as clients in typed languages expect to see it.
type double float64

// MarshalJSON implements json.Marshaler.
func (d double) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(float64(d), 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return []byte(text), nil
}

// optional tells apart the three things that a member of a PATCH body can be:
// absent (not Given: leave the field alone), null (Null: clear it) and a value.
type optional[T any] struct {
	Given bool
	Null  bool
	Value T
}

// UnmarshalJSON implements json.Unmarshaler; it runs only for given members.
func (o *optional[T]) UnmarshalJSON(data []byte) error {
	*o = optional[T]{Given: true}
	if string(data) == "null" {
		o.Null = true
		return nil
	}
	return json.Unmarshal(data, &o.Value)
}

// set stores a given value, the zero value for null, and nothing when absent.
func (o optional[T]) set(field *T) {
	if o.Given {
		*field = o.Value
	}
}

// or is a given value, and another when it is absent or null.
func (o optional[T]) or(other T) T {
	if o.Given && !o.Null {
		return o.Value
	}
	return other
}

// randomID is a random UUID for things that no test predicts.
func randomID() string {
	var b [16]byte
	_, _ = crand.Read(b[:]) // documented never to fail
	return formatID(b)
}

// seededID is the next UUID of a sequence that depends on the seed alone.
func seededID(source *rand.ChaCha8) string {
	var b [16]byte
	_, _ = io.ReadFull(source, b[:]) // documented never to fail
	return formatID(b)
}

// formatID writes b as a version 4 UUID.
func formatID(b [16]byte) string {
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
