package search

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
)

// queryString understands the everyday part of the Lucene syntax: words and
// "quoted phrases", * and ? inside words, field:word, + (must) and - (must not)
// before them. Without any + one of the words is enough.
func (c criterion) queryString() (predicate, error) {
	if strings.TrimSpace(c.Value) == "" {
		return nil, problem.Missing("query.value")
	}
	if len(c.Value) > maxPattern {
		return nil, problem.Invalid("query.value", "the query string is too long")
	}
	var must, may, not []predicate
	for _, word := range splitQuery(c.Value) {
		sign := word[0]
		if sign == '+' || sign == '-' {
			word = word[1:]
		}
		p, err := c.queryWord(word)
		if err != nil {
			return nil, err
		}
		switch sign {
		case '+':
			must = append(must, p)
		case '-':
			not = append(not, p)
		default:
			may = append(may, p)
		}
	}
	return func(u *org.User) bool {
		holds := func(p predicate) bool { return p(u) }
		fails := func(p predicate) bool { return !p(u) }
		return !slices.ContainsFunc(not, holds) && !slices.ContainsFunc(must, fails) &&
			(len(may) == 0 || len(must) > 0 || slices.ContainsFunc(may, holds))
	}, nil
}

func (c criterion) queryWord(word string) (predicate, error) {
	if field, rest, found := strings.Cut(word, ":"); found && searchFields[field] != nil {
		c.Fields, word = []string{field}, rest
	}
	fields, err := c.fields(textFields)
	if err != nil {
		return nil, err
	}
	word = strings.Trim(word, `"`)
	switch {
	case word == "":
		return nil, problem.Invalid("query.value", "it has an empty word")
	case strings.ContainsAny(word, "*?"):
		pattern := strings.NewReplacer(`\*`, `\S*`, `\?`, `\S`).Replace(regexp.QuoteMeta(word))
		re, err := regexp.Compile(`(?i)(?:^|\s)` + pattern + `(?:\s|$)`)
		if err != nil {
			return nil, problem.Invalid("query.value", "it has a word that cannot be read")
		}
		return anyText(fields, re.MatchString), nil
	case strings.Contains(word, " "):
		return anyText(fields, inLowerCase([]string{word}, bytes.Contains)), nil
	default:
		return anyText(fields, func(text string) bool { return hasTerm(text, word) }), nil
	}
}

// splitQuery splits at spaces outside quotes and drops signs on their own.
func splitQuery(text string) []string {
	quoted := false
	words := strings.FieldsFunc(text, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ' ' || r == '\t' || r == '\n')
	})
	return slices.DeleteFunc(words, func(w string) bool { return w == "+" || w == "-" })
}

// hasTerm tells whether want is the text or one of its words.
func hasTerm(text, want string) bool {
	if strings.EqualFold(text, want) {
		return true
	}
	for word := range strings.FieldsFuncSeq(text, betweenWords) {
		if strings.EqualFold(word, want) {
			return true
		}
	}
	return false
}

func betweenWords(r rune) bool {
	return strings.ContainsRune(" \t\r\n,;:/()@&+\"", r)
}
