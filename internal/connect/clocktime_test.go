package connect

import (
	"testing"
	"time"
)

func TestReadTime(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]timeReading{"time": wall.asSaid, "localTime": wall.onClock, "observed": wall.asObserved}
	for _, tc := range []struct {
		how, in, arrived, want string
	}{
		{"time", "2026-03-02T11:52:00Z", "", "2026-03-02T11:52:00Z"},
		{"time", "2026-03-02T11:52:00.123456789+01:00", "", "2026-03-02T10:52:00.123456789Z"},
		{"time", "2026-03-02 11:52:00-0330", "", "2026-03-02T15:22:00Z"},
		{"time", "2026-03-02T11:52+01", "", "2026-03-02T10:52:00Z"},
		{"time", "2026/03/02 11:52", "", "2026-03-02T10:52:00Z"},
		{"time", "2026-07-02", "", "2026-07-01T22:00:00Z"},
		{"localTime", "2026-03-02T11:52:00.000+00:00", "", "2026-03-02T10:52:00Z"},
		{"localTime", "2026-07-06T11:52:00.000+00:00", "", "2026-07-06T09:52:00Z"},
		// The last Sunday of October, 02:30 comes twice: at 00:30Z and 01:30Z.
		{"localTime", "2026-10-25T02:30:00", "2026-10-25T00:31:00Z", "2026-10-25T00:30:00Z"},
		{"localTime", "2026-10-25T02:30:00", "2026-10-25T01:31:00Z", "2026-10-25T01:30:00Z"},
		{"localTime", "2026-10-25T01:59:59", "2026-10-25T03:00:00Z", "2026-10-24T23:59:59Z"},
		{"localTime", "2026-10-25T03:00:00", "2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z"},
		// The last Sunday of March has no 02:30: an hour after 01:30.
		{"localTime", "2026-03-29T02:30:00", "2026-03-29T03:00:00Z", "2026-03-29T01:30:00Z"},
		{"localTime", "2026-03-29T03:30:00", "2026-03-29T03:00:00Z", "2026-03-29T01:30:00Z"},
		// What was observed does not lie in the future, unless a little.
		{"observed", "2026-06-16T08:41:00+00:00", "2026-06-16T08:42:00Z", "2026-06-16T08:41:00Z"},
		{"observed", "2026-06-16T10:41:00+00:00", "2026-06-16T08:42:00Z", "2026-06-16T08:41:00Z"},
		{"observed", "2026-06-16T08:50:00+00:00", "2026-06-16T08:42:00Z", "2026-06-16T08:50:00Z"},
		{"observed", "2026-06-16T23:00:00Z", "2026-06-16T08:42:00Z", "2026-06-16T23:00:00Z"}, // not by the clock's offset: left as said
		{"observed", "2026-06-16T10:41:00", "2026-06-16T08:42:00Z", "2026-06-16T08:41:00Z"},
		{"time", "2026-02-29T00:00:00Z", "", ""},
		{"time", "2026-03-02T24:00:00Z", "", ""},
		{"time", "2026-13-02", "", ""},
		{"time", "2026-03/02", "", ""},
		{"time", "26-03-02", "", ""},
		{"time", "2026-03-02T11:52:00Zx", "", ""},
		{"time", "2026-03-02T11:52:00.Z", "", ""},
		{"time", "2026-03-02T11:52:00+25:00", "", ""},
		{"time", "soon", "", ""},
		{"time", "", "", ""},
	} {
		arrived := time.Time{}
		if tc.arrived != "" {
			arrived = at0(tc.arrived)
		}
		got, err := readTime(tc.in, ways[tc.how], zone, arrived)
		switch {
		case tc.want == "" && err == nil:
			t.Errorf("%s(%q) is %v, want an error", tc.how, tc.in, got)
		case tc.want != "" && (err != nil || got.UTC().Format(time.RFC3339Nano) != tc.want):
			t.Errorf("%s(%q) arrived %s is %v, %v, want %s", tc.how, tc.in, tc.arrived, got.UTC().Format(time.RFC3339Nano), err, tc.want)
		}
	}
	for in, want := range map[any]string{1772448436.0: "2026-03-02T10:47:16Z", 1772409600000.0: "2026-03-02T00:00:00Z", "1772448436": "2026-03-02T10:47:16Z", int64(0): "1970-01-01T00:00:00Z"} {
		if got, err := readTime(in, wall.asSaid, zone, time.Time{}); err != nil || got.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%v is %v, %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []any{-1.0, 1e16, true, []any{}} {
		if got, err := readTime(in, wall.asSaid, zone, time.Time{}); err == nil {
			t.Errorf("%v is %v, want an error", in, got)
		}
	}
}

func FuzzParseWall(f *testing.F) {
	for _, s := range []string{"2026-03-02T11:52:00.5+01:00", "2026/03/02 11:52", "2026-03-02", "9999-12-31T23:59:59Z"} {
		f.Add(s)
	}
	zone, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := parseWall(s)
		if err != nil {
			return
		}
		// On a clock of the zone, the moment shows the digits that were read,
		// but for the hour that is left out in March.
		got := w.onClock(zone, time.Time{}).In(zone)
		if got.Minute() != w.min && got.Year() > 1900 {
			t.Errorf("%q is %v on the clock", s, got)
		}
	})
}
