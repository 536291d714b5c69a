package main

import (
	"regexp"
	"strings"
	"unicode"
)

// snake is the lower_snake_case of an upstream name: selfUri is self_uri,
// OAuthClient is oauth_client, $schema is schema.
func snake(s string) string {
	s = strings.ReplaceAll(s, "OAuth", "Oauth")
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case r == '-' || r == '.' || r == ' ' || r == '_':
			if b.Len() > 0 && !strings.HasSuffix(b.String(), "_") {
				b.WriteByte('_')
			}
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
		case unicode.IsUpper(r):
			afterLower := i > 0 && (unicode.IsLower(runes[i-1]) || unicode.IsDigit(runes[i-1]))
			endsRun := i > 0 && unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if b.Len() > 0 && (afterLower || endsRun) && !strings.HasSuffix(b.String(), "_") {
				b.WriteByte('_')
			}
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// camel is the PascalCase of a snake_case name.
func camel(s string) string {
	var b strings.Builder
	for _, part := range strings.Split(s, "_") {
		b.WriteString(upperFirst(part))
	}
	return b.String()
}

// lowerCamel is protobuf's default JSON name of a field.
func lowerCamel(s string) string {
	var b strings.Builder
	up := false
	for _, r := range s {
		switch {
		case r == '_':
			up = true
			continue
		case up:
			r = unicode.ToUpper(r)
		}
		up = false
		b.WriteRune(r)
	}
	return b.String()
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// enumValueName is the name of an enum's value: its enum's name in front, as
// values share one scope in C++.
func enumValueName(enumName, upstream string) string {
	v := strings.ToUpper(snake(upstream))
	if v == "" {
		v = "EMPTY"
	}
	return strings.ToUpper(snake(enumName)) + "_" + v
}

// ident is what protobuf takes as a name.
var ident = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func isIdent(s string) bool { return ident.MatchString(s) }
