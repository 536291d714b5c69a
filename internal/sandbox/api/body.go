package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
)

// Decode parses a required JSON body. Members that T does not name are ignored,
// as the upstream ignores them.
func Decode[T any](body []byte) (T, error) {
	var in T
	if trimmed := bytes.TrimSpace(body); len(trimmed) == 0 || string(trimmed) == "null" {
		return in, problem.Missing("body")
	}
	if !utf8.Valid(body) {
		return in, problem.BadRequest("The request body is not valid UTF-8.")
	}
	err := json.Unmarshal(body, &in)
	if err == nil {
		return in, nil
	}
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		field := wrong.Field
		if field == "" {
			field = "body"
		}
		return in, problem.Invalid(field, "it cannot be a JSON "+wrong.Value)
	}
	return in, problem.BadRequest("The request body is not valid JSON: " + err.Error() + ".")
}

// MaxBulk is the most items a bulk write takes.
const MaxBulk = 50

// TooManyItems is a bulk write with more.
func TooManyItems() error {
	return problem.Invalid("body", "it must not have more than "+strconv.Itoa(MaxBulk)+" items")
}

// CheckCharacters bounds the characters of a text.
func CheckCharacters(field, text string, least, most int32) error {
	if n := utf8.RuneCountInString(text); n < int(least) || n > int(most) {
		return problem.Invalid(field, "it must have between "+strconv.Itoa(int(least))+" and "+strconv.Itoa(int(most))+" characters")
	}
	return nil
}
