package access

import (
	"testing"
	"time"
)

func TestTheTokensRememberedAreBounded(t *testing.T) {
	t.Parallel()
	tk := Tokens{Lifetime: time.Hour}
	now := time.Now()
	first := tk.issue("a", now)
	for range maxTokens {
		tk.issue("b", now)
	}
	if _, ok := tk.Check(first, now); ok || len(tk.issued) != maxTokens || len(tk.order) != maxTokens {
		t.Errorf("%d tokens are remembered, in an order of %d", len(tk.issued), len(tk.order))
	}
	last := tk.issue("c", now.Add(time.Hour))
	if _, ok := tk.Check(last, now.Add(time.Hour)); !ok || len(tk.issued) != 1 {
		t.Errorf("expired tokens stay: %d", len(tk.issued))
	}
}

func TestTheWindowsRememberedAreBounded(t *testing.T) {
	t.Parallel()
	l := Limits{}
	now := time.Now()
	for i := range maxWindows + 10 {
		l.Add(string(rune(i)), now)
	}
	if len(l.windows) > maxWindows {
		t.Errorf("%d windows are remembered", len(l.windows))
	}
}

func TestPermissionsMayHaveStars(t *testing.T) {
	t.Parallel()
	for held, want := range map[string]bool{
		"routing:queue:view": true, "routing:queue:*": true, "routing:*:*": true, "*:*:*": true, "*:queue:view": true,
		"routing:queue:edit": false, "routing:*": false, "*": false, "routing:queue:view:*": false, "": false,
	} {
		if got := covering("routing:queue:view")(held); got != want {
			t.Errorf("%q covers it: %t", held, got)
		}
	}
}
