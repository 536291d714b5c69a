package sandbox

import (
	"bytes"
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
		"with a wide length":     {"\xa1\x68authData\x5b\x00\x00\x00\x00\x00\x00\x00\x03abc", true},
		"under a number":         {"\xa2\x01\x02" + data, true},
		"nested too deep":        {"\xa2\x61n" + strings.Repeat("\x81", 9) + "\x01" + data, false},
		"in a tag":               {"\xa2\x61n\xc1\x01" + data, false},
		"of indefinite length":   {"\xa1\x68authData\x5f\x43abc\xff", false},
		"longer than there is":   {"\xa1\x68authData\x44abc", false},
		"longer than there ever": {"\xa1\x68authData\x5b\xff\xff\xff\xff\xff\xff\xff\xffabc", false},
		"in a list without end":  {"\xa2\x61n\x9b\xff\xff\xff\xff\xff\xff\xff\xff" + data, false},
		"in a map without end":   {"\xbb\xff\xff\xff\xff\xff\xff\xff\xff" + data, false},
		"with half a head":       {"\xa1\x68authData\x59\x00", false},
		"nowhere":                {"", false},
	} {
		got, found := authenticatorData([]byte(c.object))
		if found != c.found || found && string(got) != "abc" {
			t.Errorf("%s: %q %t", name, got, found)
		}
	}
}

func FuzzAuthenticatorData(f *testing.F) {
	f.Add([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x43abc"))
	f.Fuzz(func(t *testing.T, object []byte) {
		if data, ok := authenticatorData(object); ok && !bytes.Contains(object, data) {
			t.Errorf("%q is not in %q", data, object)
		}
	})
}
