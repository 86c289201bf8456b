package geojson

import (
	"bytes"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/timespan"
)

func TestFile(t *testing.T) {
	at := timespan.MustInstant("2026-05-01T10:00:00Z")
	var b bytes.Buffer
	w, err := New(&b, format.About{Title: "A \"title\"", Licence: "CC BY 4.0", LicenceURL: "https://l.example/", At: at, Synthetic: true, Note: "invented"},
		[]format.Column{{Name: "x:n", Short: "n", Unit: "MTR"}, {Name: "x:t", Short: "type"}}, func(n entity.Name) string { return "T" })
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []*entity.Entity{
		{ID: "urn:a", Types: []entity.Name{"x:T"}, Attrs: []entity.Instance{
			{Name: "x:n", Kind: entity.Property, Value: []byte("1.50"), ObservedAt: at},
			{Name: "x:n", Dataset: "urn:d", Kind: entity.Property, Value: []byte("2")},
			{Name: "x:t", Kind: entity.Property, Value: []byte(`"odd"`)},
			{Name: query.LocationName, Kind: entity.GeoProperty, Value: []byte(`{"type":"Point","coordinates":[3.0,50]}`)}}},
		{ID: "urn:b", Types: []entity.Name{"x:T"}, Attrs: []entity.Instance{{Name: query.LocationName, Kind: entity.GeoProperty, Value: []byte(`"{\"type\":\"Point\",\"coordinates\":[4,51]}"`)}}},
		{ID: "urn:c", Types: []entity.Name{"x:T"}},
	} {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := `{"type":"FeatureCollection","title":"A \"title\"","license":"CC BY 4.0","licenseUrl":"https://l.example/","timeStamp":"2026-05-01T10:00:00Z","synthetic":true,"note":"invented","units":{"n":"MTR"},"features":[
{"type":"Feature","id":"urn:a","geometry":{"type":"Point","coordinates":[3.0,50]},"properties":{"type":"T","n":1.50,"n@urn:d":2,"x:t":"odd","observedAt":"2026-05-01T10:00:00Z"}},
{"type":"Feature","id":"urn:b","geometry":{"type":"Point","coordinates":[4,51]},"properties":{"type":"T"}},
{"type":"Feature","id":"urn:c","geometry":null,"properties":{"type":"T"}}
],"numberReturned":3}
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var doc map[string]any
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Error(err)
	}
}
