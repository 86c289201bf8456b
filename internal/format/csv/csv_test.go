package csv_test

import (
	"bytes"
	"testing"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format/csv"
	"github.com/beffroi/beffroi/internal/vocab"
)

func TestTable(t *testing.T) {
	var b bytes.Buffer
	short := func(n entity.Name) string { return string(n[2:]) }
	w, err := csv.New(&b, []entity.Name{"x:n", vocab.Location, "x:t"}, short, csv.Column{Name: "license", Value: "CC0"})
	if err != nil {
		t.Fatal(err)
	}
	prop := func(name, v string) entity.Instance {
		return entity.Instance{Name: entity.Name(name), Kind: entity.Property, Value: []byte(v), ObservedAt: 1e6}
	}
	for _, e := range []*entity.Entity{
		{ID: "urn:a", Types: []entity.Name{"x:A"}, Attrs: []entity.Instance{prop("x:n", "10.50"), prop("x:t", `"say \"hi\", you"`),
			{Name: vocab.Location, Kind: entity.GeoProperty, Value: []byte(`{"type":"LineString","coordinates":[[3,50],[4,51]]}`)}}},
		{ID: "urn:b", Types: []entity.Name{"x:A"}, Attrs: []entity.Instance{prop("x:n", `{"a":[1]}`), prop("x:t", `"=1+1"`)}},
		{ID: "urn:c", Types: []entity.Name{"x:A"}},
	} {
		if err := w.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := "id,type,longitude,latitude,observedAt,n,t,license\n" +
		"urn:a,A,3.5,50.5,1970-01-01T00:00:01Z,10.50,\"say \"\"hi\"\", you\",CC0\n" +
		"urn:b,A,,,1970-01-01T00:00:01Z,\"{\"\"a\"\":[1]}\",'=1+1,CC0\n" +
		"urn:c,A,,,,,,CC0\n"
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
