package geoparquet

import (
	"bytes"
	"encoding/hex"
	"flag"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format/formattest"
)

var update = flag.Bool("update", false, "write the golden file anew")

func file(t *testing.T, es ...*entity.Entity) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := New(&b, formattest.About(), formattest.Columns(), formattest.Short)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read gives a file's rows as texts, its key-value metadata and its columns.
func read(t *testing.T, raw []byte) (f *parquet.File, rows [][]string, columns []string) {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range f.Schema().Fields() {
		columns = append(columns, c.Name())
	}
	for _, g := range f.RowGroups() {
		r := g.Rows()
		defer r.Close()
		for {
			var buf [1]parquet.Row
			n, err := r.ReadRows(buf[:])
			if n == 1 {
				var row []string
				for i, v := range buf[0] {
					switch {
					case v.IsNull():
						row = append(row, "-")
					case i == len(columns)-1:
						row = append(row, hex.EncodeToString(v.ByteArray()))
					default:
						row = append(row, v.String())
					}
				}
				rows = append(rows, row)
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return f, rows, columns
}

func TestFile(t *testing.T) {
	raw := file(t, formattest.Entities()...)
	f, rows, columns := read(t, raw)
	if d := cmp.Diff([]string{"id", "type", "n", "open", "name_fr", "name_nl", "name_en", "a, b", "id_attribute", "observedAt", "others", "geometry"}, columns); d != "" {
		t.Error(d)
	}
	if len(rows) != 8 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, want := range map[int][]string{
		0: {"urn:a:0", "Thing", "0.5", "true", "Évêché", "Kerk", "-", "=1+1", `{"x":[1]}`, "1777629599500000", "-", "01010000000000000000000a400000000000004940"},
		6: {"urn:b", "Thing", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-"},
		7: {"urn:c", "Thing", "-", "-", "-", "-", "-", "-", "-", "1777629599500000", `{"n":"many","n@urn:d":7,"open":1,"name":{"de":"Dom"},"https://v.example/z":9007199254740993}`, "010100000000000000000000000000000000000000"},
	} {
		if d := cmp.Diff(want, rows[i]); d != "" {
			t.Errorf("row %d: %s", i, d)
		}
	}
	for key, want := range map[string]string{
		"geo":   `{"version":"1.1.0","primary_column":"geometry","columns":{"geometry":{"encoding":"WKB","geometry_types":["LineString","MultiLineString","MultiPoint","MultiPolygon","Point","Polygon"],"bbox":[-180,0,180,50]}}}`,
		"title": "Vélos", "publisher": "City", "license": "CC BY 4.0", "licenseUrl": "https://l.example/", "source": "https://s.example/id/dataset/a",
		"timeStamp": "2026-05-01T10:00:00Z", "validAt": "2026-04-01T10:00:00Z", "synthetic": "true", "note": "invented", "units": `{"n":"MTR"}`} {
		if got, _ := f.Lookup(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	name := filepath.Join("testdata", "golden.parquet")
	if *update {
		if err := os.WriteFile(name, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(raw, want) {
		t.Errorf("%s is not what it was; go test ./internal/format/geoparquet -update writes it anew", name)
	}
}

func TestNothing(t *testing.T) {
	f, rows, _ := read(t, file(t))
	if got, _ := f.Lookup("geo"); len(rows) != 0 || got != `{"version":"1.1.0","primary_column":"geometry","columns":{"geometry":{"encoding":"WKB","geometry_types":[]}}}` {
		t.Error(rows, got)
	}
}

// A file of a hundred thousand rows comes in groups, and at no time is more of
// it held than some of them.
func TestConstantMemory(t *testing.T) {
	var held uint64
	var m runtime.MemStats
	live := func() uint64 {
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	out := &formattest.Made{}
	w, err := New(out, formattest.About(), formattest.Columns(), formattest.Short)
	if err != nil {
		t.Fatal(err)
	}
	before := live()
	n := 0
	err = formattest.Fill(watched{w, func() {
		if n++; n%20_000 == 0 {
			held = max(held, live())
		}
	}}, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes written, %d more held", out.Bytes, int64(held)-int64(before))
	if held > before+(8<<20) {
		t.Errorf("%d bytes more are held while the file is written", held-before)
	}
}

type watched struct {
	formattest.Writer
	each func()
}

// Write tells of each entity that is written.
func (w watched) Write(e *entity.Entity) error {
	w.each()
	return w.Writer.Write(e)
}

// Whatever a location and a value are, the file is read again with one row.
func FuzzFile(f *testing.F) {
	f.Add(`{"type":"Point","coordinates":[1e300,0]}`, `7`)
	f.Add(`{"type":"Polygon","coordinates":[]}`, `1e999`)
	f.Add(`{"type":"MultiPolygon","coordinates":[[[[179,0],[-179,0],[180,1],[179,0]]]]}`, `{"a":null}`)
	f.Add(`{"type":"LineString","coordinates":[[0,0],[0,0]]}`, `"\u0000"`)
	f.Fuzz(func(t *testing.T, location, value string) {
		e := formattest.Entity("urn:a", location, entity.Instance{Name: "https://v.example/n", Kind: entity.Property, Value: []byte(value)})
		if _, rows, _ := read(t, file(t, e)); len(rows) != 1 || rows[0][0] != "urn:a" {
			t.Errorf("%v", rows)
		}
	})
}
