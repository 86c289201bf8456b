package timespan

import (
	"math/rand/v2"
	"testing"
)

func TestParseDuration(t *testing.T) {
	for in, want := range map[string]struct {
		d       Duration
		printed string
	}{
		"P1Y2M3DT4H5M6S": {Duration{14, 3*Day + 4*Hour + 5*Minute + 6*Second}, "P1Y2M3DT4H5M6S"},
		"PT0S":           {Duration{}, "PT0S"},
		"P0D":            {Duration{}, "PT0S"},
		"P14M":           {Duration{14, 0}, "P1Y2M"},
		"P2W":            {Duration{0, 14 * Day}, "P14D"},
		"PT90M":          {Duration{0, 90 * Minute}, "PT1H30M"},
		"PT36H":          {Duration{0, 36 * Hour}, "P1DT12H"},
		"PT0.25S":        {Duration{0, 250 * Millisecond}, "PT0.25S"},
		"PT1,000001S":    {Duration{0, Second + 1}, "PT1.000001S"},
		"PT0.5H":         {Duration{0, 30 * Minute}, "PT30M"},
		"P1.5D":          {Duration{0, 36 * Hour}, "P1DT12H"},
		"P1YT1S":         {Duration{12, Second}, "P1YT1S"},
		"P10000Y":        {Duration{120_000, 0}, "P10000Y"},
	} {
		d, err := ParseDuration(in)
		if err != nil || d != want.d || d.String() != want.printed {
			t.Errorf("%s: %+v %s, %v; want %+v %s", in, d, d, err, want.d, want.printed)
		}
	}
	for _, in := range []string{"", "P", "PT", "1D", "p1D", "P1", "P1DT", "P1S", "PT1D", "PT1Y", "P1D1Y", "P1M1Y", "P1D1D", "PT1M1H", "PT1.5M1S",
		"P-1D", "-P1D", "P1.5M", "P0.5Y", "PT1.S", "PT.5S", "PT1.0000001S", "P10001Y", "P99999999999999999999D", "PT9999999999999999S", "P1D ", "PTT1S", "P1DT1HT1S", "P1Y1T1S"} {
		if d, err := ParseDuration(in); err == nil {
			t.Errorf("%q accepted as %v", in, d)
		}
	}
}

func TestDurationAfter(t *testing.T) {
	for _, c := range []struct {
		d    string
		from string
		n    int
		want string
	}{
		{"P1M", "2026-01-31T10:00:00Z", 1, "2026-02-28T10:00:00Z"},
		{"P1M", "2026-01-31T10:00:00Z", 2, "2026-03-31T10:00:00Z"},
		{"P1Y", "2024-02-29T00:00:00Z", 1, "2025-02-28T00:00:00Z"},
		{"P1Y", "2024-02-29T00:00:00Z", 4, "2028-02-29T00:00:00Z"},
		{"P1M", "2026-03-15T10:00:00.5Z", -3, "2025-12-15T10:00:00.5Z"},
		{"P1MT1H", "2026-12-31T23:30:00Z", 2, "2027-03-01T01:30:00Z"},
		{"PT15M", "2026-03-29T00:50:00Z", 3, "2026-03-29T01:35:00Z"},
		{"P1D", "1970-01-02T00:00:00Z", -1, "1970-01-01T00:00:00.000001Z"},
		{"P1M", "1969-12-01T00:00:00Z", 1, "1970-01-01T00:00:00.000001Z"},
	} {
		d, err := ParseDuration(c.d)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.After(MustInstant(c.from), c.n); got.String() != c.want {
			t.Errorf("%d times %s after %s: %v, want %s", c.n, c.d, c.from, got, c.want)
		}
	}
	d, _ := ParseDuration("P10000Y")
	if a, b := d.After(1, 1000), d.After(1, -1000); a <= MustInstant("9999-12-31T23:59:59Z") || b >= MustInstant("0001-01-01T00:00:00Z") {
		t.Errorf("the ends of time are %d and %d", a, b)
	}
	e := Duration{Fixed: 9999 * 366 * Day}
	if a := e.After(1, 1<<40); a <= MustInstant("9999-12-31T23:59:59Z") {
		t.Errorf("the end of time is %d", a)
	}
}

func TestInterval(t *testing.T) {
	a, b, c := MustInstant("2026-01-01T00:00:00Z"), MustInstant("2026-02-01T00:00:00Z"), MustInstant("2026-03-01T00:00:00Z")
	i := Interval{a, b}
	if !i.Contains(a) || i.Contains(b) || i.Contains(0) || (Interval{}).Contains(0) || !(Interval{}).Contains(c) || !(Interval{To: b}).Contains(a) {
		t.Error("an interval begins with From and ends before To")
	}
	if got := (Interval{a, c}).Intersect(Interval{From: b}); got != (Interval{b, c}) {
		t.Errorf("%v", got)
	}
	if got := (Interval{a, b}).Intersect(Interval{b, c}); !got.Empty() || got.Length() != 0 {
		t.Errorf("%v", got)
	}
	if got := i.Length(); got != 31*Day {
		t.Errorf("January has %v", got)
	}
}

func TestWindows(t *testing.T) {
	whole := Interval{MustInstant("2026-01-31T00:00:00Z"), MustInstant("2026-04-15T06:00:00Z")}
	w, err := NewWindows(Duration{Months: 1}, whole)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z", "2026-04-15T06:00:00Z"}
	for k, i := range w.All() {
		if i.From.String() != want[k] || i.To.String() != want[k+1] {
			t.Errorf("window %d is %v to %v", k, i.From, i.To)
		}
	}
	if w.Len() != 3 {
		t.Errorf("%d windows", w.Len())
	}
	one, _ := NewWindows(Duration{}, whole)
	if one.Len() != 1 || one.At(0) != whole || !one.At(1).Empty() {
		t.Error("PT0S is the whole interval")
	}
	for _, i := range []Interval{{}, {From: 5}, {To: 5}, {9, 5}, {5, 5}} {
		if _, err := NewWindows(Duration{Fixed: Hour}, i); err == nil {
			t.Errorf("%v accepted", i)
		}
	}
}

// TestWindowsOfManyMonths looks for an instant in a century of months.
func TestWindowsOfManyMonths(t *testing.T) {
	whole := Interval{MustInstant("1900-01-01T00:00:00Z"), MustInstant("2100-01-01T00:00:00Z")}
	w, err := NewWindows(Duration{Months: 1}, whole)
	if err != nil {
		t.Fatal(err)
	}
	if k, ok := w.Index(MustInstant("2099-12-31T23:59:59Z")); !ok || k != 2399 || w.Len() != 2400 {
		t.Errorf("December 2099 is month %d of %d", k, w.Len())
	}
	if k, ok := w.Index(MustInstant("1900-02-28T12:00:00Z")); !ok || k != 1 {
		t.Errorf("February 1900 is month %d", k)
	}
}

// TestWindowsCoverOnce sees that windows cover the interval without gap or
// overlap, and that Index finds the one that holds an instant.
func TestWindowsCoverOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for range 2000 {
		d := Duration{Months: r.IntN(3) * r.IntN(15), Fixed: Instant(r.IntN(2)) * Instant(r.Int64N(int64(40*Day)))}
		from := Instant(r.Int64N(int64(50*366*Day))) + 1
		whole := Interval{from, from + 1 + Instant(r.Int64N(int64(900*Day)))}
		if d.Months == 0 && d.Fixed < Hour {
			d.Fixed = Hour
		}
		w, err := NewWindows(d, whole)
		if err != nil {
			t.Fatal(err)
		}
		at := whole.From
		for k, i := range w.All() {
			if i.From != at || i.Empty() {
				t.Fatalf("%v in %v: window %d is %v, expected it to begin at %v", d, whole, k, i, at)
			}
			for _, x := range []Instant{i.From, i.To - 1, i.From + (i.To-i.From)/3} {
				if got, ok := w.Index(x); !ok || got != k {
					t.Fatalf("%v in %v: %v is in window %d, not %d", d, whole, x, k, got)
				}
			}
			at = i.To
		}
		if at != whole.To {
			t.Fatalf("%v in %v: the windows end at %v", d, whole, at)
		}
		if _, ok := w.Index(whole.To); ok {
			t.Fatal("the end lies in a window")
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	f.Add("P1Y2M3DT4H5M6.5S")
	f.Add("PT0S")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err != nil {
			return
		}
		if e, err := ParseDuration(d.String()); err != nil || e != d {
			t.Fatalf("%q prints as %s, which is %v, %v", s, d, e, err)
		}
		d.After(MustInstant("2026-01-31T00:00:00Z"), 3)
	})
}

func FuzzParseInstant(f *testing.F) {
	f.Add("2026-03-29T12:00:00.5Z")
	f.Fuzz(func(t *testing.T, s string) {
		i, err := ParseInstant(s)
		if err != nil {
			return
		}
		if j, err := ParseInstant(i.String()); err != nil || j != i {
			t.Fatalf("%q prints as %s, which is %v, %v", s, i, j, err)
		}
	})
}
