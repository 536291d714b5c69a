package analytics

import (
	"testing"
	"time"
)

func TestIntervalsOfEveryForm(t *testing.T) {
	t.Parallel()
	lisbon, err := parseZone("Europe/Lisbon") // an hour ahead in August
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"2026-08-01T00:00:00.000Z/2026-08-02T00:00:00.000Z":  "2026-08-01T00:00:00.000Z/2026-08-02T00:00:00.000Z",
		"2026-08-01T02:00:00+02:00/2026-08-01T01:00:00.250Z": "2026-08-01T00:00:00.000Z/2026-08-01T01:00:00.250Z",
		"2026-08-01T02:00:00+0200/2026-08-01T03:00Z":         "2026-08-01T00:00:00.000Z/2026-08-01T03:00:00.000Z",
		"2026-08-01/2026-08-02":                              "2026-07-31T23:00:00.000Z/2026-08-01T23:00:00.000Z",
		"2026-08-01T10/2026-08-01T10:30":                     "2026-08-01T09:00:00.000Z/2026-08-01T09:30:00.000Z",
		"2026-08-01T00:00:00Z/P1DT2H":                        "2026-08-01T00:00:00.000Z/2026-08-02T02:00:00.000Z",
		"P1W/2026-08-08T00:00:00Z":                           "2026-08-01T00:00:00.000Z/2026-08-08T00:00:00.000Z",
		"2026-10-24/P1M":                                     "2026-10-23T23:00:00.000Z/2026-11-24T00:00:00.000Z", // winter comes
		"2026-01-31T00:00:00Z/P1M":                           "2026-01-31T00:00:00.000Z/2026-02-28T00:00:00.000Z",
		"2024-02-29T00:00:00Z/P1Y":                           "2024-02-29T00:00:00.000Z/2025-02-28T00:00:00.000Z",
	} {
		if i, err := parseInterval(text, lisbon); err != nil || i.String() != want {
			t.Errorf("%s is %s, want %s (%v)", text, i, want, err)
		}
	}
}

func TestPartsFollowTheCalendarOfTheZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		interval, granularity, zone string
		want                        []string // starts, and the end
	}{
		{"2026-08-01T00:00:00Z/2026-08-01T01:15:00Z", "PT30M", "", []string{"00:00", "00:30", "01:00", "01:15"}},
		{"2026-08-01T00:00:00Z/2026-08-01T01:00:00Z", "P1D", "", []string{"00:00", "01:00"}},
		{"2026-01-31T00:00:00Z/2026-04-30T00:00:00Z", "P1M", "", []string{"01-31", "02-28", "03-31", "04-30"}},
		// The day on which the clocks go back has 25 hours.
		{"2026-10-31/2026-11-03", "P1D", "America/New_York", []string{"10-31T04:00", "11-01T04:00", "11-02T05:00", "11-03T05:00"}},
	} {
		zone, err := parseZone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		in, err := parseInterval(c.interval, zone)
		if err != nil {
			t.Fatal(err)
		}
		p, err := parsePeriod(c.granularity)
		if err != nil {
			t.Fatal(err)
		}
		parts, err := in.split(p, zone)
		if err != nil || len(parts) != len(c.want) {
			t.Errorf("%s by %s: %d bounds, want %d (%v)", c.interval, c.granularity, len(parts), len(c.want), err)
			continue
		}
		layout := map[int]string{5: "01-02", 11: "01-02T15:04"}[len(c.want[0])]
		if c.granularity != "P1M" && len(c.want[0]) == 5 {
			layout = "15:04"
		}
		for n, bound := range parts {
			if got := time.UnixMilli(bound).UTC().Format(layout); got != c.want[n] {
				t.Errorf("%s by %s: bound %d is %s, want %s", c.interval, c.granularity, n, got, c.want[n])
			}
		}
		for n := range parts.count() {
			part := parts.part(n)
			if parts.find(part.start) != n || parts.find(part.end-1) != n {
				t.Errorf("%s lies in part %d", part, parts.find(part.start))
			}
		}
	}
}
