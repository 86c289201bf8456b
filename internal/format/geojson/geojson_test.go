package geojson_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format/geojson"
	"github.com/beffroi/beffroi/internal/vocab"
)

func TestCollection(t *testing.T) {
	var b bytes.Buffer
	short := func(n entity.Name) string { return string(n[2:]) }
	w, err := geojson.New(&b, geojson.About{Name: `a "name"`, Licence: "http://l", At: 1e6, Synthetic: true}, short)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []*entity.Entity{
		{ID: "urn:a", Types: []entity.Name{"x:A"}, Attrs: []entity.Instance{
			{Name: vocab.Location, Kind: entity.GeoProperty, Value: []byte(`{"type":"Point","coordinates":[3,50]}`)},
			{Name: "x:n", Kind: entity.Property, Value: []byte("10.50"), ObservedAt: 2e6}, {Name: "x:n", Dataset: "urn:d", Kind: entity.Property, Value: []byte("1")}}},
		{ID: "urn:b", Types: []entity.Name{"x:A"}},
	} {
		if err := w.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Type, Name, License, Note, TimeStamp string
		Synthetic                            bool
		Features                             []struct {
			ID         string
			Geometry   *struct{ Coordinates []float64 }
			Properties map[string]any
		}
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatalf("%v in %s", err, b.Bytes())
	}
	if doc.Type != "FeatureCollection" || doc.Name != `a "name"` || !doc.Synthetic || doc.Note == "" || doc.TimeStamp != "1970-01-01T00:00:01Z" || len(doc.Features) != 2 {
		t.Errorf("%+v", doc)
	}
	f := doc.Features[0]
	if f.ID != "urn:a" || f.Geometry.Coordinates[0] != 3 || f.Properties["n"] != 10.5 || f.Properties["observedAt"] != "1970-01-01T00:00:02Z" || f.Properties["type"] != "A" {
		t.Errorf("%+v", f)
	}
	if doc.Features[1].Geometry != nil {
		t.Error("a feature without a place has one")
	}
	if !bytes.Contains(b.Bytes(), []byte("10.50")) {
		t.Error("the literal of a number is lost")
	}
}
