package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/connect"
	"github.com/beffroi/beffroi/internal/problem"
)

func mapping(t *testing.T, path, decoder string) *connect.Mapping {
	t.Helper()
	m, err := connect.Compile([]byte("source: x\nkind: file\npath: " + path + "\n" + decoder + `
entities:
  - id: '"urn:x:" + string(has(item.properties) ? item.properties.n : item.n)'
    type: Vehicle
`))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// run is one reading of a file.
type run struct {
	ids   []string
	parts int
	state []byte
}

// read reads until the end, or until fail parts were taken.
func read(t *testing.T, m *connect.Mapping, state []byte, fail int) (run, error) {
	t.Helper()
	r, err := Open(Options{})(m)
	if err != nil {
		t.Fatal(err)
	}
	out := run{state: state}
	err = r.Read(t.Context(), state, func(p connect.Payload, next []byte) error {
		if fail > 0 && out.parts == fail {
			return errors.New("stopped")
		}
		out.parts++
		mapped := m.Map(p, time.Time{})
		for _, l := range mapped.Letters {
			t.Errorf("part %d: %s", out.parts, l.Reason)
		}
		for _, f := range mapped.Fragments {
			out.ids = append(out.ids, strings.TrimPrefix(string(f.ID), "urn:x:"))
		}
		out.state = next
		return nil
	})
	return out, err
}

func numbers(from, to int) []string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

func check(t *testing.T, what string, got []string, want []string) {
	t.Helper()
	if strings.Join(got, ",") != strings.Join(want, ",") {
		t.Errorf("%s: %d items %.60q…, want %d", what, len(got), strings.Join(got, ","), len(want))
	}
}

func formats() map[string]struct {
	decoder string
	write   func(n int) string
} {
	return map[string]struct {
		decoder string
		write   func(n int) string
	}{
		"csv": {"decoder: csv\ncsv: {delimiter: ';'}", func(n int) string {
			b := "n;text\n"
			for i := range n {
				b += fmt.Sprintf("%d;\"two\nlines; and more\"\n", i)
			}
			return b
		}},
		"csv without header": {"decoder: csv\ncsv: {columns: [n]}", func(n int) string { return strings.Join(numbers(0, n), "\n") + "\n" }},
		"ndjson": {"decoder: ndjson", func(n int) string {
			b := ""
			for i := range n {
				b += fmt.Sprintf("{\"n\":%d}\n\n", i)
			}
			return b
		}},
		"geojson": {"decoder: geojson", func(n int) string {
			var fs []string
			for i := range n {
				fs = append(fs, fmt.Sprintf(`{"type":"Feature","geometry":null,"properties":{"n":%d}}`, i))
			}
			return "\xef\xbb\xbf" + `{"type":"FeatureCollection","name":{"features":1},"features":[` + strings.Join(fs, ",\n") + `]}`
		}},
	}
}

func TestReadInPartsAndResume(t *testing.T) {
	for name, f := range formats() {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			m := mapping(t, path, f.decoder)
			put := func(text string, age time.Duration) {
				t.Helper()
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				when := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).Add(-age)
				if err := os.Chtimes(path, when, when); err != nil {
					t.Fatal(err)
				}
			}
			put(f.write(1200), 0)
			all, err := read(t, m, nil, 0)
			if err != nil || all.parts != 3 {
				t.Errorf("%d parts, %v", all.parts, err)
			}
			check(t, "the whole", all.ids, numbers(0, 1200))

			again, err := read(t, m, all.state, 0)
			if err != nil || again.parts != 0 {
				t.Errorf("an unchanged file gives %d parts, %v", again.parts, err)
			}

			first, err := read(t, m, nil, 1)
			if err == nil {
				t.Error("the failure of take is lost")
			}
			check(t, "until the stop", first.ids, numbers(0, 500))
			rest, err := read(t, m, first.state, 0)
			if err != nil {
				t.Error(err)
			}
			check(t, "after the stop", rest.ids, numbers(500, 1200))

			put(f.write(1210), time.Hour)
			grown, err := read(t, m, all.state, 0)
			if err != nil {
				t.Error(err)
			}
			if name == "geojson" { // features were put in before the end: it is another file
				check(t, "grown", grown.ids, numbers(0, 1210))
			} else {
				check(t, "grown", grown.ids, numbers(1200, 1210))
			}

			put(strings.ReplaceAll(f.write(1300), "1", "7"), time.Hour)
			replaced, err := read(t, m, all.state, 0)
			if err != nil || len(replaced.ids) != 1300 {
				t.Errorf("a replaced file gives %d items, %v", len(replaced.ids), err)
			}

			put(f.write(3), time.Hour)
			shorter, err := read(t, m, all.state, 0)
			if err != nil {
				t.Error(err)
			}
			check(t, "shorter", shorter.ids, numbers(0, 3))
		})
	}
}

func TestCutLastRow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	m := mapping(t, path, "decoder: csv")
	if err := os.WriteFile(path, []byte("n,m\n1,1\n2,"), 0o600); err != nil {
		t.Fatal(err)
	}
	one, err := read(t, m, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("n,m\n1,1\n2,2\n3,3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	two, err := read(t, m, one.state, 0)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "a row that was cut is read anew", two.ids, numbers(1, 4))
}

func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, tc := range map[string]struct {
		path, decoder, want string
	}{
		"not there":         {filepath.Join(dir, "none"), "decoder: csv", "there is none of that name"},
		"a folder":          {dir, "decoder: csv", "is not a file"},
		"a wrong quote":     {put("q.csv", "n\n1\na\"b\n"), "decoder: csv", "the row at byte 4: bare"},
		"no features":       {put("x.geojson", `{"type":"Point"}`), "decoder: geojson", "no member features"},
		"GeoJSON cut short": {put("y.geojson", `{"features":[{"n":1},`), "decoder: geojson", "cannot be read"},
		"GeoJSON, not JSON": {put("z.geojson", `[1]`), "decoder: geojson", "not a JSON object"},
		"features no array": {put("w.geojson", `{"features":{}}`), "decoder: geojson", "not an array"},
		"an endless line":   {put("l.ndjson", strings.Repeat("x", maxLine+1)), "decoder: ndjson", "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Open(Options{})(mapping(t, tc.path, tc.decoder))
			if err != nil {
				t.Fatal(err)
			}
			err = r.Read(t.Context(), nil, func(connect.Payload, []byte) error { return nil })
			var pe *problem.Error
			if !errors.As(err, &pe) || !strings.Contains(pe.Detail, tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte(formats()["ndjson"].write(5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Open(Options{})(mapping(t, path, "decoder: ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = r.Read(ctx, nil, func(connect.Payload, []byte) error { n++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || n != 1 {
		t.Errorf("%d parts, %v", n, err)
	}
}
