package flatgeobuf

import (
	"bytes"
	"encoding/binary"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"testing"

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

// table is one of a FlatBuffer, read with nothing but the description of that
// format.
type table struct {
	b  []byte
	at int
}

func u32(b []byte, at int) int { return int(binary.LittleEndian.Uint32(b[at:])) }

// field gives where a field is, 0 if it is not there.
func (t table) field(n int) int {
	vtable := t.at - int(int32(u32(t.b, t.at)))
	if size := int(binary.LittleEndian.Uint16(t.b[vtable:])); 4+2*n >= size {
		return 0
	}
	if o := int(binary.LittleEndian.Uint16(t.b[vtable+4+2*n:])); o > 0 {
		return t.at + o
	}
	return 0
}

func (t table) to(n int) int { f := t.field(n); return f + u32(t.b, f) }

func (t table) text(n int) string {
	at := t.to(n)
	return string(t.b[at+4 : at+4+u32(t.b, at)])
}

// buffers splits a file into its header and its features.
func buffers(t *testing.T, raw []byte) (out []table) {
	t.Helper()
	if string(raw[:8]) != "fgb\x03fgb\x00" {
		t.Fatalf("it begins with %q", raw[:8])
	}
	for raw = raw[8:]; len(raw) > 0; {
		n := 4 + u32(raw, 0)
		out = append(out, table{raw[:n:n], 4 + u32(raw, 4)})
		raw = raw[n:]
	}
	return out
}

func TestFile(t *testing.T) {
	raw := file(t, formattest.Entities()...)
	all := buffers(t, raw)
	if len(all) != 9 {
		t.Fatalf("%d buffers", len(all))
	}
	head := all[0]
	if got := head.text(13); got != `{"title":"Vélos","publisher":"City","license":"CC BY 4.0","licenseUrl":"https://l.example/","source":"https://s.example/id/dataset/a","timeStamp":"2026-05-01T10:00:00Z","validAt":"2026-04-01T10:00:00Z","synthetic":true,"note":"invented","units":{"n":"MTR"}}` {
		t.Error(got)
	}
	if at := head.field(9); at == 0 || binary.LittleEndian.Uint16(head.b[at:]) != 0 || head.field(8) != 0 || head.field(1) != 0 {
		t.Error("the header promises an index, a number of features or a box")
	}
	names := ""
	for i, list := 0, head.to(7); i < u32(head.b, list); i++ {
		at := list + 4 + 4*i
		names += table{head.b, at + u32(head.b, at)}.text(0) + ";"
	}
	if names != "id;type;n;open;name_fr;name_nl;name_en;a, b;id_attribute;observedAt;others;" {
		t.Error(names)
	}
	if g := (table{all[7].b, all[7].to(0)}); g.b[g.field(6)] != collectionType || g.field(1) != 0 || u32(g.b, g.to(7)) != 0 {
		t.Error("a thing that is nowhere has no empty collection")
	}
	name := filepath.Join("testdata", "golden.fgb")
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
		t.Errorf("%s is not what it was; go test ./internal/format/flatgeobuf -update writes it anew", name)
	}
}

// Doubles are at multiples of eight bytes from the prefix on: readers view
// them where they lie.
func TestAlignment(t *testing.T) {
	for i, f := range buffers(t, file(t, formattest.Entities()...))[1:6] {
		g := table{f.b, f.to(0)}
		if at := g.to(1) + 4; at%8 != 0 || len(f.b)%8 != 0 {
			t.Errorf("feature %d: positions at %d of %d", i, at, len(f.b))
		}
	}
}

func TestConstantMemory(t *testing.T) {
	var m runtime.MemStats
	live := func() uint64 {
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	w, err := New(&formattest.Made{}, formattest.About(), formattest.Columns(), formattest.Short)
	if err != nil {
		t.Fatal(err)
	}
	before := live()
	if err := formattest.Fill(w, 100_000); err != nil {
		t.Fatal(err)
	}
	if after := live(); after > before+(1<<20) {
		t.Errorf("%d bytes more are held after 100,000 features", after-before)
	}
	runtime.KeepAlive(w)
}

// Whatever a location and a value are, the file is a header and one feature
// whose geometry lies in it.
func FuzzFile(f *testing.F) {
	f.Add(`{"type":"Point","coordinates":[1e300,0]}`, `7`)
	f.Add(`{"type":"Polygon","coordinates":[]}`, `1e999`)
	f.Add(`{"type":"MultiPolygon","coordinates":[[[[179,0],[-179,0],[180,1],[179,0]]]]}`, `{"a":null}`)
	f.Add(`{"type":"LineString","coordinates":[[0,0],[0,0]]}`, `"\u0000"`)
	f.Fuzz(func(t *testing.T, location, value string) {
		all := buffers(t, file(t, formattest.Entity("urn:a", location, entity.Instance{Name: "https://v.example/n", Kind: entity.Property, Value: []byte(value)})))
		if len(all) != 2 {
			t.Fatalf("%d buffers", len(all))
		}
		f := all[1]
		if at := f.to(1); at+4+u32(f.b, at) > len(f.b) {
			t.Error("the properties end behind the feature")
		}
		g := table{f.b, f.to(0)}
		if at := g.field(1); at != 0 {
			if at = g.to(1); u32(f.b, at)%2 != 0 || at+4+8*u32(f.b, at) > len(f.b) {
				t.Error("the positions end behind the feature")
			}
		}
	})
}
