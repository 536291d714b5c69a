package sandbox

import "testing"

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
