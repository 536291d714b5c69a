package wire

import (
	"encoding/json"
	"testing"
	"time"
)

func TestNumbersAndTimesLookLikeTheUpstreams(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal([]any{Double(3), Double(0), Double(-0.5), At(time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.FixedZone("", 3600)))})
	if want := `[3.0,0.0,-0.5,"2026-01-02T02:04:05.006Z"]`; err != nil || string(text) != want {
		t.Errorf("%s, want %s (%v)", text, want, err)
	}
}
