package operation

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// escapeID writes an id as one segment of a path. It escapes all that ECMAScript's
// encodeURIComponent does, more than a path needs (RFC 3986, section 3.3): servers
// do not agree about a bare + or ; in a segment, and the vendor's SDK for
// JavaScript sends the same.
func escapeID(b *strings.Builder, id string) {
	const hex = "0123456789ABCDEF"
	for i := range len(id) {
		c := id[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.!~*'()", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
}

// maxID bounds an id in a path, in bytes. The upstream's ids are UUIDs; external
// keys are the longest that anybody sends.
const maxID = 1024

// FieldError is a fault in a field of the request, found before anything is
// sent. Problem follows the field's name in a sentence and does not repeat the
// value.
type FieldError struct {
	Field   protoreflect.FieldDescriptor
	Problem string
}

func (e *FieldError) Error() string { return fmt.Sprintf("%s %s", e.Field.Name(), e.Problem) }

// checkID keeps an id from making the path another one than its operation's.
// Escaping cannot do that alone: "." and ".." have no escaped form that servers
// agree on, an empty segment is often dropped, and an id that equals a literal
// of the API is a different operation (GetUser with the id "search" is
// GetUsersSearch).
func (s *segment) checkID(id string) error {
	problem := ""
	switch {
	case id == "":
		problem = "must not be empty: it is part of the path"
	case id == "." || id == "..":
		problem = `must not be "." or "..": it would change the path`
	case len(id) > maxID:
		problem = fmt.Sprintf("is %d bytes long; the limit is %d", len(id), maxID)
	case !utf8.ValidString(id):
		problem = "is not valid UTF-8"
	case s.siblings[id]:
		problem = fmt.Sprintf("must not be %q: with that id the path is another operation's", id)
	default:
		for _, r := range id {
			if unicode.IsControl(r) {
				problem = fmt.Sprintf("has the control character %U, which cannot be part of a path", r)
				break
			}
		}
	}
	if problem == "" {
		return nil
	}
	return &FieldError{Field: s.field, Problem: problem}
}
