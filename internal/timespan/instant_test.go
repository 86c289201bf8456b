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
	for i, want := range map[Instant]string{
		0:                               "0001-01-01T00:00:00Z",
		-1:                              "1969-12-31T23:59:59.999999Z",
		253402300799999999:              "9999-12-31T23:59:59.999999Z",
		253402300800000000:              "10000-01-01T00:00:00Z",
		Instant(1774785600_000_000 + 7): "2026-03-29T12:00:00.000007Z",
	} {
		if got := string(i.Append([]byte("at "))); got != "at "+want {
			t.Errorf("%d prints as %s, want at %s", int64(i), got, want)
		}
	}
	for _, in := range []string{"", "2026-03-29", "2026-03-29T12:00:00", "2026-03-29T12:00:00+02:00",
		"2026-02-30T12:00:00Z", "2026-03-29T12:00Z", "2026-03-29T12:00:00.1234567Z", "2026-03-29T12:00:00.Z", "2026-03-29T24:00:01Z"} {
		if i, err := ParseInstant(in); err == nil {
			t.Errorf("%q accepted as %v", in, i)
		}
	}
}
