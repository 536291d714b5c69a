package engine

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what of an error is looked at for its meaning.
const (
	maxConsidered = 1 << 10 // bytes of a text
	maxCodes      = 32
)

// stale tells whether an error says that a write was based on a version that is no
// longer the current one; the upstream has no code that it always uses for it. Codes
// come first, and what they leave open is decided by the words of the message, without
// the names that somebody gave to something.
func (b *body) stale() bool {
	for _, code := range b.codes() {
		for _, words := range sentences(code) {
			switch {
			case sayStale(words):
				return true
			case slices.Contains(words, "version") && slices.ContainsFunc(words, otherTrouble.has):
				return false
			}
		}
	}
	message := string(b.Message[:min(len(b.Message), maxConsidered)])
	for _, value := range b.Params {
		if strings.Contains(strings.TrimSpace(string(value)), " ") {
			message = strings.ReplaceAll(message, string(value), " 0 ")
		}
	}
	return slices.ContainsFunc(sentences(message), sayStale)
}

// codes are the error's codes and those of its details. The code of a detail about
// the field version has that word in front.
func (b *body) codes() []string {
	all := []string{string(b.Code)}
	for _, d := range b.Details[:min(len(b.Details), maxCodes)] {
		if d.FieldName == "version" {
			d.ErrorCode = "version." + d.ErrorCode
		}
		all = append(all, string(d.ErrorCode))
	}
	for _, e := range b.Errors[:min(len(b.Errors), maxCodes)] {
		all = append(all, string(e.Code))
	}
	return all
}

// wordSet is a set of words in small letters.
type wordSet map[string]bool

func newWordSet(words string) wordSet {
	set := wordSet{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

func (s wordSet) has(word string) bool { return s[word] }

var (
	versions = newWordSet("version versions")
	// disagree, near to a version, says enough.
	disagree = newWordSet("mismatch mismatches mismatched conflict conflicts conflicting stale outdated")
	agree    = newWordSet("match matches matched matching")
	newest   = newWordSet("current latest newest")
	// denied, in front of agree or newest, makes it a disagreement.
	denied = newWordSet("not no longer must should cannot doesn't didn't don't can't isn't wasn't")
	// contrast, behind a version that was expected, does so, too.
	contrast = newWordSet("but found got actual actually received instead was")
	// otherTrouble, in a code about a version, is not that it is old.
	otherTrouble = newWordSet("unsupported supported required missing found malformed format")
)

// near is how many words apart two words may be to belong together.
const near = 6

// sayStale tells whether the words of one sentence say that a version is not the
// current one.
func sayStale(words []string) bool {
	around := func(at, before, after int, is func(string) bool) bool {
		return slices.ContainsFunc(words[max(0, at-before):min(len(words), at+after+1)], is)
	}
	for i, word := range words {
		said := false
		switch {
		case disagree[word]:
			said = true
		case agree[word]:
			said = around(i, 3, 0, denied.has)
		case newest[word]:
			said = around(i, 0, 2, versions.has) && (around(i, 3, 0, denied.has) || around(i, 0, 4, isNumber))
		case word == "expected":
			said = around(i, 0, 2*near, contrast.has) && around(i, 0, 2*near, isNumber)
		case word == "date":
			said = around(i, 2, 0, func(w string) bool { return w == "out" })
		}
		if said && around(i, near, near, versions.has) {
			return true
		}
	}
	return false
}

func isNumber(word string) bool { return word[0] >= '0' && word[0] <= '9' }

// sentences returns the words of a text's beginning, by sentence and in small
// letters. A word ends at anything but a letter, digit or inner apostrophe, and where
// a capital follows a small letter. What is quoted or in brackets is a value, of
// which it says no more than that: it is the word 0.
func sentences(text string) (all [][]string) {
	text = text[:min(len(text), maxConsidered)]
	var words []string
	var word strings.Builder
	endWord := func() {
		if word.Len() > 0 {
			words = append(words, strings.Trim(word.String(), "'"))
			word.Reset()
		}
	}
	endSentence := func() {
		endWord()
		if len(words) > 0 {
			all, words = append(all, words), nil
		}
	}
	previous := ' '
	for len(text) > 0 {
		r, width := utf8.DecodeRuneInString(text)
		if end := quoted(text, previous); end > 0 {
			endWord()
			words = append(words, "0")
			previous, text = ' ', text[end:]
			continue
		}
		text = text[width:]
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if unicode.IsUpper(r) && unicode.IsLower(previous) {
				endWord()
			}
			word.WriteRune(unicode.ToLower(r))
		case (r == '\'' || r == '’') && unicode.IsLetter(previous):
			word.WriteByte('\'')
		case (r == '.' || r == '!' || r == '?' || r == ';') && (text == "" || text[0] == ' ' || text[0] == '\n'), r == '\n':
			endSentence()
		default:
			endWord()
		}
		previous = r
	}
	endSentence()
	return all
}

// quoted returns where the quotation or bracket ends that begins a text; 0 if none
// does. An apostrophe begins one only behind something that is no letter.
func quoted(text string, previous rune) int {
	var closing string
	switch r, _ := utf8.DecodeRuneInString(text); r {
	case '"', '`':
		closing = string(r)
	case '\'':
		if unicode.IsLetter(previous) || unicode.IsDigit(previous) {
			return 0
		}
		closing = "'"
	case '“':
		closing = "”"
	case '{':
		closing = "}"
	case '[':
		closing = "]"
	default:
		return 0
	}
	_, width := utf8.DecodeRuneInString(text)
	if end := strings.Index(text[width:], closing); end >= 0 {
		return width + end + len(closing)
	}
	return 0
}
