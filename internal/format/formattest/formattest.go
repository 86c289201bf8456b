// Package formattest has entities that are hard to write down: every kind of
// geometry and of value, for the tests of the file formats.
//
// What always holds: the same entities come each time.
package formattest

import (
	"fmt"
	"io"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/timespan"
)

// Short gives the last part of a type's IRI.
func Short(n entity.Name) string { return string(n[strings.LastIndexByte(string(n), '/')+1:]) }

// About is what the files of the tests say of themselves.
func About() format.About {
	return format.About{Title: "Vélos", Language: "fr", Publisher: "City", Licence: "CC BY 4.0", LicenceURL: "https://l.example/", Source: "https://s.example/id/dataset/a",
		At: timespan.MustInstant("2026-05-01T10:00:00Z"), Valid: timespan.MustInstant("2026-04-01T10:00:00Z"), Synthetic: true, Note: "invented"}
}

// Columns are those of Entities.
func Columns() []format.Column {
	return []format.Column{{Name: "https://v.example/n", Short: "n", Type: "number", Unit: "MTR"}, {Name: query.LocationName, Short: "location", Type: "geometry"},
		{Name: "https://v.example/open", Short: "open", Type: "boolean"}, {Name: "https://v.example/name", Short: "name", Type: "texts", Texts: true},
		{Name: "https://v.example/a,b", Short: "a, b", Type: "text"}, {Name: "https://v.example/id", Short: "id", Type: "object"}}
}

// Entity makes one with a location, "" for none.
func Entity(id, location string, attrs ...entity.Instance) *entity.Entity {
	e := &entity.Entity{ID: entity.ID(id), Types: []entity.Name{"https://v.example/Thing"}, Attrs: attrs}
	if location != "" {
		e.Attrs = append(e.Attrs, entity.Instance{Name: query.LocationName, Kind: entity.GeoProperty, Value: []byte(location)})
	}
	return e
}

// Entities has one of each kind of geometry, then one without, then values
// that do not fit their columns.
func Entities() []*entity.Entity {
	at := timespan.MustInstant("2026-05-01T09:59:59.5Z")
	prop := func(name entity.Name, dataset, value string) entity.Instance {
		return entity.Instance{Name: name, Dataset: dataset, Kind: entity.Property, Value: []byte(value), ObservedAt: at}
	}
	var out []*entity.Entity
	for i, g := range []string{
		`{"type":"Point","coordinates":[3.25,50]}`,
		`{"type":"MultiPoint","coordinates":[[0,0],[2,4]]}`,
		`{"type":"LineString","coordinates":[[179,1],[180,2]]}`,
		`{"type":"MultiLineString","coordinates":[[[0,0],[1,1],[2,0]],[[5,5],[6,6]]]}`,
		`{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,2],[2,2],[1,1]]]}`,
		`{"type":"MultiPolygon","coordinates":[[[[-180,0],[-179,0],[-179,1],[-180,0]]],[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,2],[2,2],[1,1]]]]}`,
	} {
		out = append(out, Entity(fmt.Sprintf("urn:a:%d", i), g, prop("https://v.example/n", "", fmt.Sprintf("%d.5", i)), prop("https://v.example/open", "", fmt.Sprint(i%2 == 0)),
			entity.Instance{Name: "https://v.example/name", Kind: entity.LanguageProperty, Value: []byte(`{"fr":"Évêché","nl":"Kerk"}`)},
			prop("https://v.example/a,b", "", `"=1+1"`), prop("https://v.example/id", "", `{"x":[1]}`)))
	}
	return append(out, Entity("urn:b", ""),
		Entity("urn:c", `{"type":"Point","coordinates":[0,0]}`, prop("https://v.example/n", "", `"many"`), prop("https://v.example/n", "urn:d", "7"), prop("https://v.example/open", "", "1"),
			entity.Instance{Name: "https://v.example/name", Kind: entity.LanguageProperty, Value: []byte(`{"de":"Dom"}`)}, prop("https://v.example/z", "", "9007199254740993")))
}

// Writer is what the formats have in common.
type Writer interface {
	Write(e *entity.Entity) error
	Close() error
}

// Made counts what is written and forgets it.
type Made struct{ Bytes int64 }

var _ io.Writer = (*Made)(nil)

// Write counts p.
func (m *Made) Write(p []byte) (int, error) {
	m.Bytes += int64(len(p))
	return len(p), nil
}

// Fill writes n entities with a line each, made one at a time.
func Fill(w Writer, n int) error {
	for i := range n {
		e := Entity(fmt.Sprintf("urn:ngsi-ld:Thing:%06d", i), fmt.Sprintf(`{"type":"LineString","coordinates":[[%d.5,50],[3,%d]]}`, i%180, i%90),
			entity.Instance{Name: "https://v.example/n", Kind: entity.Property, Value: fmt.Appendf(nil, "%d", i)},
			entity.Instance{Name: "https://v.example/a,b", Kind: entity.Property, Value: fmt.Appendf(nil, `"the text of thing %d"`, i)})
		if err := w.Write(e); err != nil {
			return err
		}
	}
	return w.Close()
}
