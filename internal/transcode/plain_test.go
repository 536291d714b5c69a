package transcode

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// Every byte value at every place of a text that is otherwise plain, in buffers of
// every length around the step of sixteen bytes.
func TestPlainCharactersAreCopiedUpToTheFirstOther(t *testing.T) {
	t.Parallel()
	for size := range 67 {
		for at := range size {
			for c := range 256 {
				src := bytes.Repeat([]byte{'x'}, size)
				src[at] = byte(c)
				dst := bytes.Repeat([]byte{0xEE}, size+3)
				n := copyPlain(dst[:size+1], 1, src, 0)
				plain := c >= ' ' && c < 0x80 && c != '"' && c != '\\'
				want := size &^ 15 // whole steps
				if !plain {
					want = min(want, at)
				}
				if n != want || !bytes.Equal(dst[1:1+n], src[:n]) || dst[0] != 0xEE || dst[size+1] != 0xEE || dst[size+2] != 0xEE {
					t.Fatalf("%d bytes with %#x at %d: copied %d, want %d: %x", size, c, at, n, want, dst)
				}
			}
		}
	}
	if n := copyPlain(make([]byte, 20), 5, bytes.Repeat([]byte{'x'}, 40), 0); n != 0 {
		t.Errorf("copied %d into room for 15", n)
	}
}

// The quick way to read a time and the one that reads digit by digit agree on all
// days of the quick one's century and those beside it, and on every text that is a
// time but for one byte.
func TestUsualTimesAreReadLikeAllOthers(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	quick := 0
	check := func(text string) {
		t.Helper()
		seconds, nanos, ok := parseTime([]byte(text))
		s, ms, quickly := usualTime((*[26]byte)([]byte(`"` + text + `"`)))
		if quickly {
			quick++
			if !ok || int64(s) != seconds || int64(ms)*1_000_000 != nanos {
				t.Fatalf("%s: %d.%03d, want %d.%09d (%t)", text, s, ms, seconds, nanos, ok)
			}
		}
	}
	const layout = "2006-01-02T15:04:05.000Z"
	days := 0
	for day := time.Date(1999, 12, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2101; day = day.AddDate(0, 0, 1) {
		check(day.Format(layout))
		check(day.Add(time.Duration(random.Int64N(int64(24 * time.Hour)))).Format(layout))
		if day.Year() >= 2000 && day.Year() < 2100 {
			days++
		}
	}
	if quick != 2*days {
		t.Errorf("%d times were read quickly, want %d", quick, 2*days)
	}
	for _, text := range []string{"2026-08-20T04:35:23.391Z", "2024-02-29T23:59:59.999Z", "2099-12-31T00:00:00.000Z"} {
		for at := range len(text) {
			for c := range 256 {
				check(text[:at] + string([]byte{byte(c)}) + text[at+1:])
			}
		}
	}
	for _, field := range []struct{ at, limit int }{{5, 100}, {8, 100}, {11, 100}, {14, 100}, {17, 100}} {
		for v := range field.limit {
			const text = "2026-08-20T04:35:23.391Z"
			check(text[:field.at] + fmt.Sprintf("%02d", v) + text[field.at+2:])
		}
	}
}
