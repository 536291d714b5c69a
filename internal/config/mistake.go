package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// mistake is a setting that is wrong, told in one line: which one, in the words
// of whoever gave it; what is wrong with it; what to do.
type mistake struct {
	setting string
	// value is what was given, or empty. Not for secrets.
	value string
	// problem continues a sentence that starts with the setting and its value.
	problem string
	remedy  string
	// private keeps the value out of the message.
	private bool
}

func (m *mistake) Error() string {
	var text strings.Builder
	text.WriteString(m.setting)
	if m.value != "" && !m.private {
		text.WriteString(" " + quote(m.value))
	}
	if m.problem != "" {
		text.WriteString(" " + m.problem)
	}
	if m.remedy != "" {
		text.WriteString("; " + m.remedy)
	}
	return oneLine(text.String())
}

// quote makes any value fit for a line: quoted, escaped and not too long.
func quote(value string) string {
	const most = 100
	if runes := []rune(value); len(runes) > most {
		value = string(runes[:most]) + "..."
	}
	return fmt.Sprintf("%q", value)
}

// oneLine makes any text fit for a line.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// suggest names the candidates that a misspelt name may have meant, or returns
// the given text when none comes close.
func suggest(name string, candidates []string, otherwise string) string {
	near := nearest(name, candidates)
	if len(near) == 0 {
		return otherwise
	}
	return "did you mean " + strings.Join(near, " or ") + "?"
}

// nearest returns up to three candidates that are at most three edits, and less
// than half of the name, away; the nearest first.
func nearest(name string, candidates []string) []string {
	limit := min(3, (len(name)-1)/2)
	type near struct {
		name     string
		distance int
	}
	var found []near
	for _, candidate := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(candidate)); d <= limit {
			found = append(found, near{candidate, d})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Compare(a.distance, b.distance) })
	var names []string
	for _, f := range found[:min(3, len(found))] {
		names = append(names, f.name)
	}
	return names
}

// distance is the number of insertions, removals and replacements of a byte
// that make one name of the other (Levenshtein's). Names of very different
// length are far apart, whatever they hold.
func distance(a, b string) int {
	if far := max(len(a), len(b)); far > 100 {
		return far
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
