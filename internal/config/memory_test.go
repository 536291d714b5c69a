package config

import (
	"strings"
	"testing"
)

func TestTheLargestAnswerFitsIntoTheMemoryTwice(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		says string // empty: it is good
	}{
		{[]string{"--max-response-bytes=64MiB"}, ""},
		{[]string{"--max-inflight-bytes=64MiB"}, ""},
		{[]string{"--max-response-bytes=65MiB"}, `--max-response-bytes "65MiB" is more than half of --max-inflight-bytes "128MiB"; write at most 64MiB`},
		{[]string{"--max-inflight-bytes=1MiB"}, `--max-inflight-bytes "1MiB" is less than twice --max-response-bytes "32MiB"; write at least 64MiB`},
		{[]string{"--max-response-bytes=1GiB", "--max-inflight-bytes=1MiB"}, `write at least 2GiB`},
	} {
		_, _, err := Load(test.args, nil)
		switch {
		case test.says == "" && err != nil:
			t.Errorf("%v: %v", test.args, err)
		case test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)):
			t.Errorf("%v: %v, want %q", test.args, err, test.says)
		}
	}
}
