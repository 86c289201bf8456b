package csv

import (
	"bytes"
	"encoding/csv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/timespan"
)

func TestFile(t *testing.T) {
	at := timespan.MustInstant("2026-05-01T10:00:00Z")
	var b bytes.Buffer
	w, err := New(&b, format.About{Licence: "CC BY 4.0", At: at, Synthetic: true},
		[]format.Column{{Name: "x:n", Short: "n"}, {Name: query.LocationName, Short: "location"}, {Name: "x:name", Short: "name", Texts: true}, {Name: "x:synthetic", Short: "synthetic"}},
		func(entity.Name) string { return "T" })
	if err != nil {
		t.Fatal(err)
	}
	location := func(s string) entity.Instance {
		return entity.Instance{Name: query.LocationName, Kind: entity.GeoProperty, Value: []byte(s)}
	}
	for _, e := range []*entity.Entity{
		{ID: "urn:a", Types: []entity.Name{"x:T"}, Attrs: []entity.Instance{
			{Name: "x:n", Dataset: "urn:d", Kind: entity.Property, Value: []byte("7")},
			{Name: "x:n", Kind: entity.Property, Value: []byte("-1.50"), ObservedAt: at},
			{Name: "x:name", Kind: entity.LanguageProperty, Value: []byte(`{"fr":"=1+1","en":"One, \"two\""}`)},
			{Name: "x:synthetic", Kind: entity.Property, Value: []byte("true")},
			location(`{"type":"Point","coordinates":[3.25,50]}`)}},
		{ID: "urn:b", Types: []entity.Name{"x:T"}, Attrs: []entity.Instance{
			{Name: "x:n", Kind: entity.Property, Value: []byte(`{"a":[1]}`)},
			{Name: "x:name", Kind: entity.Property, Value: []byte(`"line\nbreak"`)},
			location(`{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,0]]]}`)}},
		{ID: "urn:c", Types: []entity.Name{"x:T"}, Attrs: []entity.Instance{location(`{"type":"MultiPoint","coordinates":[[0,0],[2,4]]}`)}},
		{ID: "urn:d", Types: []entity.Name{"x:T"}},
	} {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"id", "type", "lon", "lat", "geometry", "n", "name_fr", "name_nl", "name_en", "synthetic_attribute", "observedAt", "licence", "synthetic", "exportedAt"},
		{"urn:a", "T", "3.25", "50", "", "-1.50", "'=1+1", "", `One, "two"`, "true", "2026-05-01T10:00:00Z", "CC BY 4.0", "true", "2026-05-01T10:00:00Z"},
		{"urn:b", "T", "1", "1", "POLYGON ((0 0, 2 0, 2 2, 0 0))", `{"a":[1]}`, "line\nbreak", "line\nbreak", "line\nbreak", "", "", "CC BY 4.0", "true", "2026-05-01T10:00:00Z"},
		{"urn:c", "T", "1", "2", "MULTIPOINT ((0 0), (2 4))", "", "", "", "", "", "", "CC BY 4.0", "true", "2026-05-01T10:00:00Z"},
		{"urn:d", "T", "", "", "", "", "", "", "", "", "", "CC BY 4.0", "true", "2026-05-01T10:00:00Z"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// A typed value is what it says, and no more trusted than any other text.
func TestTypedCells(t *testing.T) {
	for in, want := range map[string]string{
		`{"@type":"Date","@value":"2021-07-14"}`:   "2021-07-14",
		`{"@type":"X","@value":"=1+1"}`:            "'=1+1",
		`{"@type":"X","@value":"a","more":1}`:      `{"@type":"X","@value":"a","more":1}`,
		`{"@type":"X","@value":{"a":1}}`:           `{"@type":"X","@value":{"a":1}}`,
		`{"@value":"2021-07-14","@language":"fr"}`: `{"@value":"2021-07-14","@language":"fr"}`,
	} {
		if got := cell(&entity.Instance{Kind: entity.Property, Value: []byte(in)}, ""); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
