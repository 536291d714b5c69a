package operation

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"google.golang.org/protobuf/types/descriptorpb"
)

// APIPrefix is the start of every path of the upstream's API.
const APIPrefix = "/api/v2/"

// Passthrough is the name of what is called on a path of the upstream's API that is
// none of the contract.
const Passthrough = "passthrough"

// untyped are what stands for an operation there, by their verbs.
var untyped = func() map[string]*Operation {
	all := map[string]*Operation{}
	for verb, level := range map[string]descriptorpb.MethodOptions_IdempotencyLevel{
		http.MethodGet:    descriptorpb.MethodOptions_NO_SIDE_EFFECTS,
		http.MethodHead:   descriptorpb.MethodOptions_NO_SIDE_EFFECTS,
		http.MethodPut:    descriptorpb.MethodOptions_IDEMPOTENT,
		http.MethodDelete: descriptorpb.MethodOptions_IDEMPOTENT,
		http.MethodPost:   descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN,
		http.MethodPatch:  descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN,
	} {
		all[verb] = &Operation{Name: Passthrough, FullMethod: Passthrough, Verb: verb, Index: -1, idempotency: level}
	}
	return all
}()

// Untyped returns what stands for an operation where a call has none of the contract:
// it has a verb and the name Passthrough, and is in no Set. It is nil for a verb that
// the upstream's API does not have. A POST is taken for one that changes something,
// whatever it is.
func Untyped(verb string) *Operation { return untyped[verb] }

// Typed tells an operation of the contract from one that Untyped has returned, which
// has no messages.
func (o *Operation) Typed() bool { return o.method != nil }

// Outside returns an escaped path below APIPrefix, which is none of an operation's, as
// it may be sent: its segments escaped anew, as ids are. It refuses one that a server
// which reads paths less strictly could take for another one: what is in a segment
// may be unescaped once more, or be cut into segments itself; letters may be
// compared without their case or width (Unicode's NFKC), and what stands behind a dot, a
// semicolon or a question mark may be dropped.
// The error says what is wrong without repeating the path.
func (s *Set) Outside(escapedPath string) (string, error) {
	texts := strings.Split(strings.TrimPrefix(escapedPath, "/"), "/")
	var path strings.Builder
	for i, segment := range texts {
		text, err := url.PathUnescape(segment)
		if err != nil {
			return "", errors.New("the path has a broken percent-encoding")
		}
		if len(text) > maxID {
			return "", errors.New("a segment of the path is too long")
		}
		path.WriteByte('/')
		escapeID(&path, text)
		texts[i] = text
	}
	for range maxReadings {
		if err := s.checkReading(texts); err != nil {
			return "", err
		}
		again := readAgain(texts)
		if slices.Equal(again, texts) {
			return path.String(), nil
		}
		texts = again
	}
	return "", errors.New("the path is escaped too often")
}

// maxReadings is how often a path is unescaped to see what it could be taken for.
const maxReadings = 4

// checkReading refuses segments that some server could take for others.
func (s *Set) checkReading(texts []string) error {
	var parts []string
	for _, text := range texts {
		switch {
		case !utf8.ValidString(text):
			return errors.New("the path is not valid UTF-8")
		case strings.ContainsFunc(text, unicode.IsControl):
			return errors.New("the path has a control character")
		}
		for part := range strings.SplitSeq(strings.ReplaceAll(text, `\`, "/"), "/") {
			cut := strings.IndexAny(part, ";?#")
			name := part
			if cut >= 0 {
				name = part[:cut]
			}
			switch name = strings.TrimSpace(name); name {
			case "":
				return errors.New("the path has an empty segment")
			case ".", "..":
				return errors.New(`the path has a segment "." or ".."`)
			}
			parts = append(parts, name)
			if cut >= 0 && part[cut] != ';' && s.paths.resembles(parts) { // the rest could be a query
				return errSpelling
			}
		}
	}
	if s.paths.resembles(parts) {
		return errSpelling
	}
	return nil
}

var errSpelling = errors.New("the path is an operation's in another spelling: write it as /openapi.json has it")

// resembles tells whether segments could be taken for the path of an operation.
func (t *tree) resembles(segments []string) bool {
	if len(segments) == 0 {
		return len(t.operations) > 0
	}
	name, _, _ := strings.Cut(segments[0], ".") // users.json
	for key, next := range t.next {
		if (key == variable || strings.EqualFold(key, name)) && next.resembles(segments[1:]) {
			return true
		}
	}
	return false
}

// readAgain undoes whatever is a percent-encoding in the texts, and what is only another
// way to write a character.
func readAgain(texts []string) []string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = norm.NFKC.String(unescapeLeniently(text))
	}
	return all
}

// unescapeLeniently leaves a percent sign alone that begins no percent-encoding.
func unescapeLeniently(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "%")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		text = after
		if len(after) > 1 {
			if c, err := strconv.ParseUint(after[:2], 16, 8); err == nil {
				b.WriteByte(byte(c))
				text = after[2:]
				continue
			}
		}
		b.WriteByte('%')
	}
}
