package verifiers

import (
	"strings"
	"testing"
)

func TestAuthenticatorDataIsFoundBesideWhateverElse(t *testing.T) {
	t.Parallel()
	const data = "\x68authData\x43abc"
	for name, c := range map[string]struct {
		object string
		found  bool
	}{
		"alone":                  {"\xa1" + data, true},
		"after nested items":     {"\xa2\x67attStmt\xa2\x63alg\x26\x63x5c\x82\x42ab\xf5" + data, true},
		"before a wide number":   {"\xa2" + data + "\x61n\x1b\x00\x00\x00\x00\x00\x00\x00\x01", true},
		"with something behind":  {"\xa1" + data + "\x00", false},
		"as a text":              {"\xa1\x68authData\x63abc", false},
		"longer than there is":   {"\xa1\x68authData\x44abc", false},
		"longer than there ever": {"\xa1\x68authData\x5b\xff\xff\xff\xff\xff\xff\xff\xffabc", false},
		"in a list without end":  {"\xa2\x61n\x9b\xff\xff\xff\xff\xff\xff\xff\xff" + data, false},
		"in a map without end":   {"\xbb\xff\xff\xff\xff\xff\xff\xff\xff" + data, false},
		"in no map":              {"\x81" + data, false},
		"nowhere":                {"", false},
	} {
		got, found := authenticatorData([]byte(c.object))
		if found != c.found || found && string(got) != "abc" {
			t.Errorf("%s: %q %t", name, got, found)
		}
	}
}

func TestCodesAreThoseOfRFC6238(t *testing.T) {
	t.Parallel()
	const digits = "1234567890"
	for _, c := range []struct {
		algorithm, secret string
		at                int64
		code              string
	}{
		{"SHA1", strings.Repeat(digits, 2), 59, "94287082"},
		{"SHA1", strings.Repeat(digits, 2), 1111111109, "07081804"},
		{"SHA1", strings.Repeat(digits, 2), 20000000000, "65353130"},
		{"SHA256", strings.Repeat(digits, 4)[:32], 59, "46119246"},
		{"SHA512", strings.Repeat(digits, 7)[:64], 59, "90693936"},
	} {
		made := totp{algorithm: c.algorithm, secret: []byte(c.secret), digits: 8}
		if got := made.code(c.at / 30); got != c.code {
			t.Errorf("%s at %d: %s, want %s", c.algorithm, c.at, got, c.code)
		}
	}
}

// CodesOf tells the code of each step, as an authenticator app does.
func CodesOf(algorithm string, secret []byte, digits int, period int64) func(step int64) string {
	return (&totp{algorithm: algorithm, secret: secret, digits: digits, period: period}).code
}
