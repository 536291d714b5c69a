package engine

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What says that a write was based on an old version is ABORTED, which callers
// answer with a read and another write; what only sounds like it must not be.
func TestStaleVersionsAreTold(t *testing.T) {
	t.Parallel()
	patch := contract(t).ByName("PatchUser")
	messages := map[string]bool{
		// As clients of the upstream report them.
		"The version given does not match the current version":                                       true,
		"The version number of the modified resource must match the version number in the database.": true,
		"The version 3 does not match the current version 5.":                                        true,
		"version mismatch":                              true,
		"Version conflict":                              true,
		"VERSION_MISMATCH":                              true,
		"versionMismatch":                               true,
		"Stale version":                                 true,
		"The version is outdated.":                      true,
		"The version is out of date":                    true,
		"The version is out-of-date":                    true,
		"Versions do not match":                         true,
		"The versions didn't match":                     true,
		"The versions didn’t match":                     true,
		"Resource version doesn't match":                true,
		"Expected version 3, but found 5":               true,
		"Expected version [3] but was [5]":              true,
		"expectedVersion: 3, actualVersion: 4":          true,
		"3 is not the current version":                  true,
		"3 is no longer the latest version.":            true,
		"You sent version 3. The current version is 5.": true,
		"Your update failed.\nVersion mismatch.":        true,
		"Conversion is fine; the version conflicts":     true,

		"Conversion failed":                                         false,
		"Conversion failed: the formats do not match":               false,
		"Inversion conflict":                                        false,
		"The conversion does not match what was expected":           false,
		"Diversion of calls conflicts with the schedule":            false,
		"subversions mismatch":                                      false,
		"This version of the API does not support the field":        false,
		"The current version of the API does not support the field": false,
		"version is required":                                       false,
		"A value for version is required.":                          false,
		"The value of version is not valid: it is no number.":       false,
		"Expected an integer for version":                           false,
		"The expected version is missing":                           false,
		"The password does not match. See version 2 of the guide":   false,
		"The name does not match the pattern that the organisation's administrator chose, see its newest version": false,
		`A group with the name "version mismatch" exists already`:                                                 false,
		"A group with the name 'version conflict' exists already":                                                 false,
		"A group with the name [stale version] exists already":                                                    false,
		"A group with the name {stale version} exists already":                                                    false,
		"A group with the name “stale version” exists already":                                                    false,
		"The schedule conflicts with another":                                                                     false,
		"Mismatch of the extension":                                                                               false,
		"Reversion of the mismatch":                                                                               false,
		"bad":                                                                                                     false,
		"":                                                                                                        false,
		strings.Repeat("x ", 600) + "version mismatch":                                                            false, // beyond what is looked at
		strings.Repeat(`"`, 5000):                                                                                 false,
	}
	for message, stale := range messages {
		body := fmt.Sprintf(`{"message":%q,"code":"bad.request"}`, message)
		if got := status.Code(upstreamError(patch, http.StatusBadRequest, body)); got == codes.Aborted != stale {
			t.Errorf("%q is %v", message, got)
		}
	}

	for body, stale := range map[string]bool{
		`"code":"version.mismatch"`:         true,
		`"code":"general.version.conflict"`: true,
		`"code":"VersionMismatch"`:          true,
		`"code":"VERSION_CONFLICT"`:         true,
		`"code":"versions.do.not.match"`:    true,
		`"code":"stale.version"`:            true,
		`"code":"general.conflict","details":[{"errorCode":"version.mismatch","fieldName":"version"}]`:                                     true,
		`"code":"bad.request","details":[{"errorCode":"invalid.value","fieldName":"name"},{"errorCode":"mismatch","fieldName":"version"}]`: true,
		`"code":"bad.request","errors":[{"code":"version.mismatch","message":"no"}]`:                                                       true,
		`"code":"bad.request","details":[{"errorCode":"invalid.value","fieldName":"version"}]`:                                             false,
		`"code":"conversion.mismatch"`: false,
		`"code":"conversion.failed"`:   false,
		`"code":"general.conflict"`:    false,
		`"code":"version.required"`:    false,
		`"code":"mismatch"`:            false,
		// A code that says what else is wrong with a version outweighs the words.
		`"code":"version.not.supported","message":"The version does not match the current version"`: false,
		// Values are no words of the upstream's.
		`"code":"general.conflict","message":"The name version mismatch is taken","messageParams":{"name":"version mismatch"}`:     false,
		`"code":"general.conflict","message":"The version 3 of x does not match 4","messageParams":{"a":"3","b":"4","c":"x"}`:      true,
		`"code":"general.conflict","message":"Mismatch of version","messageParams":{"field":"version","other":"a b","none":"c d"}`: true,
	} {
		if got := status.Code(upstreamError(patch, http.StatusBadRequest, `{`+body+`}`)); got == codes.Aborted != stale {
			t.Errorf("%s is %v", body, got)
		}
	}
}

// What a stale version means for the code depends on status and operation.
func TestOnlyWritesCanBeStale(t *testing.T) {
	t.Parallel()
	ops := contract(t)
	for _, c := range []struct {
		status    int
		operation string
		message   string
		want      codes.Code
	}{
		{400, "PatchUser", "version mismatch", codes.Aborted},
		{400, "GetUser", "version mismatch", codes.InvalidArgument},
		{408, "PatchUser", "version mismatch", codes.Aborted},
		{408, "PatchUser", "slow", codes.DeadlineExceeded},
		{408, "GetUser", "version mismatch", codes.DeadlineExceeded},
		{409, "PatchUser", "version mismatch", codes.Aborted},
		{409, "PatchUser", "Conversion failed", codes.Aborted},
		{409, "PostUsers", "version mismatch", codes.Aborted},
		{409, "PostUsers", "Conversion failed: mismatch", codes.AlreadyExists},
		{409, "PostUsersSearch", "busy", codes.Aborted}, // a query creates nothing
		{400, "PostUsersSearch", "version mismatch", codes.InvalidArgument},
		{422, "PatchUser", "version mismatch", codes.InvalidArgument},
		{500, "PatchUser", "version mismatch", codes.Internal},
	} {
		body := fmt.Sprintf(`{"message":%q,"code":"some.code"}`, c.message)
		if got := status.Code(upstreamError(ops.ByName(c.operation), c.status, body)); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// The words of any text are found without a crash, none with what parts words in it.
func FuzzSentences(f *testing.F) {
	for _, text := range []string{"", "'", `"`, "don't 'quote' \"this\"", "{", "[]", "“x”", "a.b. C", "\xff\xfe", "Ünïcödé"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, words := range sentences(text) {
			if len(words) == 0 {
				t.Error("an empty sentence")
			}
			for _, word := range words {
				if word == "" || strings.ContainsAny(word, " .\n\t\"") {
					t.Errorf("the word %q of %q", word, text)
				}
			}
			sayStale(words)
		}
	})
}
