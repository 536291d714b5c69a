package backend

import "strings"

// The request target must hold no byte that RFC 3986 does not allow: a space ends
// it on the request line of HTTP/1.1, and what follows is up to whoever reads it.
// net/http sends a query as it is given, and writes a path with such a byte anew,
// which makes a slash of %2F.
//
// A path is made of what is escaped already, so that a bad one is refused. A query
// comes as the caller sent it: each byte in it that stands for nothing else stands
// for itself, and is escaped.

const (
	upperHex = "0123456789ABCDEF"
	letters  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	// pathBytes are those of pchar (RFC 3986, section 3.3) but the percent sign, and
	// the slash.
	pathBytes  = letters + "0123456789-._~" + "!$&'()*+,;=" + ":@" + "/"
	queryBytes = pathBytes + "?"
)

// byteSet tells of each byte whether it is a member.
type byteSet [256]bool

func setOf(members string) (set byteSet) {
	for i := range len(members) {
		set[members[i]] = true
	}
	return set
}

var inPath, inQuery, isHex = setOf(pathBytes), setOf(queryBytes), setOf(upperHex + "abcdef")

// unfit is the index of the first byte at or behind from that is not of the set
// and no escape; the length of text if there is none.
func unfit(text string, from int, set *byteSet) int {
	for i := from; i < len(text); i++ {
		switch {
		case set[text[i]]:
		case isEscape(text[i:]):
			i += 2
		default:
			return i
		}
	}
	return len(text)
}

func isEscape(text string) bool {
	return len(text) >= 3 && text[0] == '%' && isHex[text[1]] && isHex[text[2]]
}

// isPath tells whether text is an escaped path from its slash on.
func isPath(text string) bool {
	return strings.HasPrefix(text, "/") && unfit(text, 0, &inPath) == len(text)
}

// escapeQuery escapes what must not stand in a query.
func escapeQuery(text string) string {
	i := unfit(text, 0, &inQuery)
	if i == len(text) {
		return text
	}
	out := make([]byte, 0, len(text)+16)
	for from := 0; ; i = unfit(text, from, &inQuery) {
		out = append(out, text[from:i]...)
		if i == len(text) {
			return string(out)
		}
		out = append(out, '%', upperHex[text[i]>>4], upperHex[text[i]&15])
		from = i + 1
	}
}
