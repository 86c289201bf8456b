package timespan

import "testing"

func TestInstantRoundTrip(t *testing.T) {
	for in, want := range map[string]string{
		"2026-03-29T12:00:00Z":        "2026-03-29T12:00:00Z",
		"2026-03-29T12:00:00.000Z":    "2026-03-29T12:00:00Z",
		"2026-03-29T12:00:00.120Z":    "2026-03-29T12:00:00.12Z",
		"2026-03-29T12:00:00,5Z":      "2026-03-29T12:00:00.5Z",
		"2026-03-29T12:00:00.000001Z": "2026-03-29T12:00:00.000001Z",
		"0001-01-01T00:00:00Z":        "0001-01-01T00:00:00Z",
	} {
		i, err := ParseInstant(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := i.String(); got != want {
			t.Errorf("%s prints as %s, want %s", in, got, want)
		}
	}
	for _, in := range []string{"", "2026-03-29", "2026-03-29T12:00:00", "2026-03-29T12:00:00+02:00",
		"2026-02-30T12:00:00Z", "2026-03-29T12:00Z", "2026-03-29T12:00:00.1234567Z", "2026-03-29T12:00:00.Z", "2026-03-29T24:00:01Z"} {
		if i, err := ParseInstant(in); err == nil {
			t.Errorf("%q accepted as %v", in, i)
		}
	}
}
