package jsonld

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/piprate/json-gold/ld"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/timespan"
)

func document(t *testing.T, a format.About, columns []format.Column, es ...*entity.Entity) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := New(&b, a, columns, "https://x.example/datasets/a.jsonld")
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

// triples reads a document with another library, without the network.
func triples(t *testing.T, doc []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatalf("%v in\n%s", err, doc)
	}
	o := ld.NewJsonLdOptions("")
	o.Format, o.DocumentLoader = "application/n-quads", nil
	o.ProcessingMode = ld.JsonLd_1_1
	got, err := ld.NewJsonLdProcessor().Normalize(v, o)
	if err != nil {
		t.Fatalf("%v in\n%s", err, doc)
	}
	return got.(string)
}

func TestTriples(t *testing.T) {
	at := timespan.MustInstant("2026-05-01T10:00:00Z")
	a := format.About{Title: "Vélos", Language: "fr", Publisher: "City", LicenceURL: "https://l.example/", Source: "https://s.example/", At: at, Valid: at}
	doc := document(t, a, []format.Column{{Name: "https://v.example/n", Short: "n"}, {Name: "https://v.example/title", Short: "title"}, {Name: "https://v.example/name", Short: "name", Texts: true}},
		&entity.Entity{ID: "title:a", Types: []entity.Name{"https://v.example/T", "https://v.example/U"}, Attrs: []entity.Instance{
			{Name: "https://v.example/n", Kind: entity.Property, Value: []byte("7"), ObservedAt: at},
			{Name: "https://v.example/title", Kind: entity.Property, Value: []byte(`"Sir"`)},
			{Name: "https://v.example/n", Dataset: "urn:d", Kind: entity.Property, Value: []byte("true")},
			{Name: "https://v.example/name", Kind: entity.LanguageProperty, Value: []byte(`{"fr":"Gare","nl":["Station","Halte"],"@none":"S"}`)},
			{Name: "https://v.example/of", Kind: entity.Relationship, Value: []byte(`["n:b","urn:c"]`)},
			{Name: "https://v.example/when", Kind: entity.Property, Value: []byte(`{"@type":"DateTime","@value":"2026-01-01T00:00:00Z"}`)},
			{Name: "https://v.example/nothing", Kind: entity.LanguageProperty, Value: []byte(`{}`)},
			{Name: "https://v.example/tree", Kind: entity.Property, Value: []byte(`{"b":[1,{"@id":"x"}]}`)},
			{Name: query.LocationName, Kind: entity.GeoProperty, Value: []byte(`{"type":"LineString","coordinates":[[3.0,50],[180,-90]]}`)}}},
		&entity.Entity{ID: "urn:b", Types: []entity.Name{"https://v.example/T"}})
	want := `<https://x.example/datasets/a.jsonld> <http://purl.org/dc/terms/created> "2026-05-01T10:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> .
<https://x.example/datasets/a.jsonld> <http://purl.org/dc/terms/license> <https://l.example/> .
<https://x.example/datasets/a.jsonld> <http://purl.org/dc/terms/publisher> "City" .
<https://x.example/datasets/a.jsonld> <http://purl.org/dc/terms/source> <https://s.example/> .
<https://x.example/datasets/a.jsonld> <http://purl.org/dc/terms/title> "Vélos"@fr .
<https://x.example/datasets/a.jsonld> <http://purl.org/dc/terms/valid> "2026-05-01T10:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> .
<title:a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://v.example/T> .
<title:a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://v.example/U> .
<title:a> <https://uri.etsi.org/ngsi-ld/location> "LINESTRING (3 50, 180 -90)"^^<http://www.opengis.net/ont/geosparql#wktLiteral> .
<title:a> <https://uri.etsi.org/ngsi-ld/observedAt> "2026-05-01T10:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> .
<title:a> <https://v.example/n> "7"^^<http://www.w3.org/2001/XMLSchema#integer> .
<title:a> <https://v.example/n> "true"^^<http://www.w3.org/2001/XMLSchema#boolean> .
<title:a> <https://v.example/name> "Gare"@fr .
<title:a> <https://v.example/name> "Halte"@nl .
<title:a> <https://v.example/name> "S" .
<title:a> <https://v.example/name> "Station"@nl .
<title:a> <https://v.example/of> <n:b> .
<title:a> <https://v.example/of> <urn:c> .
<title:a> <https://v.example/title> "Sir" .
<title:a> <https://v.example/tree> "{\"b\":[1,{\"@id\":\"x\"}]}"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON> .
<title:a> <https://v.example/when> "2026-01-01T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> .
<urn:b> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://v.example/T> .
`
	if d := cmp.Diff(want, triples(t, doc)); d != "" {
		t.Errorf("%s\nin\n%s", d, doc)
	}
}

// Whatever a value is, the document is JSON and another library reads it.
func FuzzDocument(f *testing.F) {
	f.Add(uint8(entity.Property), `{"@type":"DateTime","@value":7}`)
	f.Add(uint8(entity.Relationship), `[{"object":"urn:a"}]`)
	f.Add(uint8(entity.LanguageProperty), `{"not a language":"a","":[]}`)
	f.Add(uint8(entity.GeoProperty), `{"type":"Polygon","coordinates":[]}`)
	f.Add(uint8(entity.VocabProperty), `"@vocab"`)
	f.Add(uint8(entity.JSONProperty), `null`)
	f.Fuzz(func(t *testing.T, kind uint8, value string) {
		e := &entity.Entity{ID: "urn:a", Types: []entity.Name{"https://v.example/T"}, Attrs: []entity.Instance{{Name: "https://v.example/n", Kind: entity.Kind(kind), Value: []byte(value)}}}
		var v any
		doc := document(t, format.About{}, nil, e, e)
		if err := json.Unmarshal(doc, &v); err != nil {
			t.Errorf("%v in\n%s", err, doc)
		}
	})
}
